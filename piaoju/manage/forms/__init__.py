"""The one form component. Declare the fields; errors, drafts, double sending and the page follow.

    class UnitForm(forms.Form):
        code = forms.code("统一社会信用代码", hint="18 位", longest=18)
        name = forms.text("单位名称", longest=200)
        industry = forms.choice("行业类型", Industry.choices)
        opened = forms.day("启用日期", must=False)
        limit_fen = forms.yuan("限额")                      # its value is in fen
        pages = forms.number("份数", least=1, most=1_000_000)
        secret_password = forms.secret("初始口令")           # secrets' names begin with secret_: never kept, never shown
        file = forms.file("单位清单", hint=".xlsx 或 .csv", largest_bytes=10 * 2**20)

    @frame.view(Act.REGISTER_UNIT, methods=("GET", "POST"))
    def register(request):
        actor = frame.actor_of(request)
        def save(values, once):                             # `once`: the same for the same opened form, however often it is sent
            unit = register_unit.register(premises.office(), actor, **values)
            return forms.Done(f"已登记 {unit.name}", f"/manage/units/{unit.code}")
        page = forms.Page("登记单位", button="登记单位", crumbs=("登记", ("单位", "/manage/units")), help="units")
        return forms.ask(request, UnitForm, page, save)     # initial={...} for a form that changes something

`save` raises what the journey raises. Refused and Conflict come back above the form with what was typed still in it; an error's
pointer "/name" points at the field of that name. `Page.effect` says what an act that cannot be undone will do,
`Page.facts` what it is about. A form without fields is a question to be confirmed: `forms.Form` itself.
"""

from __future__ import annotations

from piaoju.manage.forms.asked import Done, Page, ask
from piaoju.manage.forms.fields import Form, area, choice, choices, code, day, file, number, secret, text, tick, yuan

__all__ = [
    "Done", "Form", "Page", "area", "ask", "choice", "choices", "code", "day", "file", "number", "secret", "text", "tick", "yuan",
]  # fmt: skip
