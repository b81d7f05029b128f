"""停开与恢复: the stop switch of whoever supervises."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponseBase

from piaoju.identity import rights
from piaoju.identity.rights import Act
from piaoju.identity.types import OperatorActor
from piaoju.journeys import premises, suspend_issuing
from piaoju.kit.listing import Asked, Found
from piaoju.manage import forms, frame, lists
from piaoju.manage.registry import reach, words
from piaoju.registry import queries

Values = dict[str, Any]
_STOPS = ("登记", ("停开", "/manage/suspensions"))
_SCOPES = dict(words.SCOPES)


def _rows(actor: OperatorActor, asked: Asked) -> Found[Any]:
    return queries.suspensions_page(reach.sight(actor), asked, reach.today())


SUSPENSIONS = lists.ListPage(
    name="suspensions", title="停开", noun="次", help="suspensions", crumbs=("登记",), rows=_rows, key=lambda row: str(row.id),
    sort="-suspended_at",
    columns=(
        lists.text("scope", "范围", value=lambda row: _SCOPES[row.scope], phone="name"),
        lists.code(
            "scope_code", "代码",
            link=lambda row: f"/manage/suspensions/lift?scope={row.scope}&code={row.scope_code}" if not row.lifted_at else "",
        ),
        lists.text("reason", "原因", wide=True),
        lists.instant("suspended_at", "停开时间"),
        lists.text("suspended_by", "经办", value=lambda row: words.who(row.suspended_by)),
        lists.instant("lifted_at", "恢复时间"),
        lists.state("state", "状态", words.STOP_STATES),
    ),
    filters=(
        lists.ChoiceFilter("state", "状态", words.choices(words.STOP_STATES)),
        lists.ChoiceFilter("scope", "范围", words.SCOPES),
        lists.CodeFilter("scope_code", "代码"),
        lists.TextFilter("reason", "原因", usual=False),
        lists.InstantFilter("suspended_at", "停开时间", usual=False),
    ),
    views=(lists.View("停开中", "state=in_force"),),
    empty="没有停开。停开后，60 秒内所有渠道都不能开具，已开出的票据不变",
    make=("停开", "/manage/suspensions/new"), make_if=lambda actor: rights.may_anywhere(actor, Act.SUSPEND_ISSUING),
)  # fmt: skip


@frame.view(Act.READ_REGISTRY)
def suspensions(request: HttpRequest) -> HttpResponseBase:
    """停开."""
    return lists.answer(request, reach.fitted(SUSPENSIONS, frame.actor_of(request), Act.SUSPEND_ISSUING))


class StopForm(forms.Form):
    scope = forms.choice("范围", words.SCOPES)
    code = forms.code("代码", hint="单位、区划、种类或项目的代码；全部停开时不填", longest=50, must=False)
    reason = forms.text("原因", hint="会告诉被拒绝的人", longest=200)


@frame.view(Act.SUSPEND_ISSUING, methods=("GET", "POST"))
def suspend(request: HttpRequest) -> HttpResponseBase:
    """停开."""
    actor = frame.actor_of(request)

    def save(values: Values, once: str) -> forms.Done:
        suspend_issuing.suspend_by(premises.office(), actor, values["scope"], values["code"] or "", values["reason"])
        return forms.Done("已停开", "/manage/suspensions")

    page = forms.Page(
        "停开", button="停开", crumbs=_STOPS, help="suspensions",
        effect="从下一次提交起，这一范围的票据在页面、接口和命令上都不能开具，直到恢复。已开出的票据不变。",
    )  # fmt: skip
    initial = {"scope": request.GET.get("scope", "unit")[:12], "code": request.GET.get("code", "")[:50]}
    return forms.ask(request, StopForm, page, save, initial=initial)


@frame.view(Act.SUSPEND_ISSUING, methods=("GET", "POST"))
def lift(request: HttpRequest) -> HttpResponseBase:
    """恢复: the stop that the address names."""
    actor = frame.actor_of(request)
    scope, code = request.GET.get("scope", "")[:12], request.GET.get("code", "")[:50]

    def save(values: Values, once: str) -> forms.Done:
        suspend_issuing.lift_by(premises.office(), actor, scope, code)
        return forms.Done("已恢复", "/manage/suspensions")

    page = forms.Page(
        "恢复开具", button="恢复开具", crumbs=_STOPS, help="suspensions",
        facts=(("范围", _SCOPES.get(scope, scope)), ("代码", code)),
        effect="这一范围的停开全部解除，立即可以开具。",
    )  # fmt: skip
    return forms.ask(request, forms.Form, page, save)
