"""核准: which unit may charge what, on which bill type, until when."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect

from piaoju.identity import rights
from piaoju.identity.rights import Act
from piaoju.identity.types import OperatorActor
from piaoju.journeys import grant_authorization, premises
from piaoju.kit.listing import Asked, Condition, Found
from piaoju.manage import forms, frame, lists
from piaoju.manage.registry import reach, words
from piaoju.registry import queries
from piaoju.registry.errors import AuthorizationUnknown

Values = dict[str, Any]
_CRUMBS = ("登记", ("核准", "/manage/authorizations"))
_ENDED_AT_ONCE_MAX = 200


def _rows(actor: OperatorActor, asked: Asked) -> Found[Any]:
    return queries.authorizations_page(reach.sight(actor), asked, reach.today())


AUTHORIZATIONS = lists.ListPage(
    name="authorizations", title="核准", noun="项", help="authorizations", crumbs=("登记",), rows=_rows,
    key=lambda row: str(row.id), sort="unit_code",
    columns=(
        lists.text("unit_name", "单位名称", link=lambda row: f"/manage/units/{row.unit_code}", wide=True, phone="name"),
        lists.code("unit_code", "统一社会信用代码"),
        lists.code("bill_type_code", "票据种类"),
        lists.code("item_code", "项目编码"),
        lists.text("item_name", "项目名称", wide=True),
        lists.text("basis_document", "依据文件"),
        lists.day("valid_from", "启用日期"),
        lists.day("valid_to", "终止日期"),
        lists.state("state", "状态", words.VALIDITY_STATES),
    ),
    filters=(
        lists.CodeFilter("unit_code", "统一社会信用代码"),
        lists.CodeFilter("item_code", "项目编码"),
        lists.CodeFilter("bill_type_code", "票据种类"),
        lists.ChoiceFilter("state", "状态", words.choices(words.VALIDITY_STATES)),
        lists.TextFilter("unit_name", "单位名称", usual=False),
        lists.TextFilter("item_name", "项目名称", usual=False),
        lists.TextFilter("basis_document", "依据文件", usual=False),
        lists.DayFilter("valid_to", "终止日期", usual=False),
    ),
    acts=(
        lists.BulkAct(
            "终止核准", "/manage/authorizations/end", irreversible=True,
            may=lambda actor: rights.may_anywhere(actor, Act.GRANT_AUTHORIZATION),
        ),
    ),
    empty="还没有核准。打开一个单位，登记它可以收的项目",
    make=("登记核准", "/manage/authorizations/new"), make_if=lambda actor: rights.may_anywhere(actor, Act.GRANT_AUTHORIZATION),
)  # fmt: skip


@frame.view(Act.READ_REGISTRY)
def authorizations(request: HttpRequest) -> HttpResponseBase:
    """核准."""
    return lists.answer(request, AUTHORIZATIONS)


class GrantForm(forms.Form):
    unit_code = forms.code("开票单位代码", hint="统一社会信用代码，18 位", longest=18)
    bill_type_code = forms.code("票据种类", hint="四位种类代码", longest=4)
    items = forms.area("收费项目", hint="项目编码，几个之间用空格或换行隔开")
    basis_document = forms.text("依据文件", hint="收费依据文件的名称和文号")
    valid_from = forms.day("启用日期")
    valid_to = forms.day("终止日期", hint="这一天起不能再收；长期有效不填", must=False)


@frame.view(Act.GRANT_AUTHORIZATION, methods=("GET", "POST"))
def grant(request: HttpRequest) -> HttpResponseBase:
    """登记核准."""
    actor = frame.actor_of(request)

    def save(values: Values, once: str) -> forms.Done:
        new = grant_authorization.grant(
            premises.office(), actor, values["unit_code"], values["bill_type_code"], queries.split_codes(values["items"]),
            basis_document=values["basis_document"], valid_from=values["valid_from"], valid_to=values["valid_to"],
        )  # fmt: skip
        return forms.Done(f"新核准 {new} 项", f"/manage/authorizations?unit_code={values['unit_code']}")

    page = forms.Page("登记核准", button="登记核准", crumbs=_CRUMBS, help="authorizations", note="已经核准的项目不会重复。")
    initial = {"unit_code": request.GET.get("unit_code", "")[:18], "valid_from": reach.today()}
    return forms.ask(request, GrantForm, page, save, initial=initial)


class EndForm(forms.Form):
    on = forms.day("从哪天起", hint="今天或以后")


@frame.view(Act.GRANT_AUTHORIZATION, methods=("GET", "POST"))
def end(request: HttpRequest) -> HttpResponseBase:
    """终止核准 of the chosen rows: the list sends them, this page says what will happen and asks."""
    actor = frame.actor_of(request)
    if request.method == "POST" and ("chosen" in request.POST or "whole" in request.POST):
        chosen = lists.chosen(request, AUTHORIZATIONS)
        keys = chosen.keys or tuple(str(row.id) for row in _rows(actor, _first(chosen.asked)).rows)
        response = HttpResponseRedirect(f"/manage/authorizations/end?numbers={'.'.join(keys[:_ENDED_AT_ONCE_MAX])}")
        response.status_code = 303
        return response
    numbers = [int(part) for part in request.GET.get("numbers", "").split(".")[:_ENDED_AT_ONCE_MAX] if _is_number(part)]
    rows = _rows(actor, Asked((Condition("id", "in", tuple(numbers)),), limit=_ENDED_AT_ONCE_MAX)).rows
    if not rows:
        raise AuthorizationUnknown
    by_unit: defaultdict[str, list[int]] = defaultdict(list)
    for row in rows:
        by_unit[row.unit_code].append(row.id)

    def save(values: Values, once: str) -> forms.Done:
        ended = sum(
            grant_authorization.end(premises.office(), actor, code, ids, on=values["on"]) for code, ids in by_unit.items()
        )
        return forms.Done(f"已终止 {ended} 项核准", "/manage/authorizations")

    page = forms.Page(
        "终止核准", button=f"终止 {len(rows)} 项核准", crumbs=_CRUMBS, help="authorizations",
        note=f"一次最多终止 {_ENDED_AT_ONCE_MAX} 项，其余的请再办一次。" if len(rows) == _ENDED_AT_ONCE_MAX else "",
        effect=f"将终止 {len(by_unit)} 家单位的 {len(rows)} 项核准：从所选日期起不能再开这些项目，已开出的票据不变。",
        facts=[(row.unit_name, f"{row.bill_type_code} {row.item_name}") for row in rows[:20]],
    )  # fmt: skip
    return forms.ask(request, EndForm, page, save, initial={"on": reach.today()})


def _is_number(part: str) -> bool:
    return part.isascii() and part.isdecimal() and len(part) < 19


def _first(asked: Asked) -> Asked:
    return Asked(asked.conditions, asked.sort, asked.descending, limit=_ENDED_AT_ONCE_MAX)
