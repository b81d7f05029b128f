"""行政区划: the tree of today, local extension codes, moves."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponseBase

from piaoju.identity import rights
from piaoju.identity.rights import Act
from piaoju.identity.types import OperatorActor
from piaoju.journeys import move_region, premises
from piaoju.kit.listing import Asked, Found
from piaoju.manage import forms, frame, lists
from piaoju.manage.registry import reach, words
from piaoju.registry import queries

Values = dict[str, Any]
_REGIONS = ("登记", ("行政区划", "/manage/regions"))


def _rows(actor: OperatorActor, asked: Asked) -> Found[Any]:
    return queries.regions_page(reach.sight(actor), asked, reach.today())


REGIONS = lists.ListPage(
    name="regions", title="行政区划", noun="个", help="regions", crumbs=("登记",), rows=_rows, key=lambda row: row.code,
    sort="code",
    columns=(
        lists.code("code", "代码", link=lambda row: f"/manage/regions/{row.code}/move"),
        lists.text("name", "名称", wide=True, phone="name", tag=lambda row: "本地扩展" if row.local else ""),
        lists.text("level", "级次", value=lambda row: words.LEVELS[row.level]),
        lists.text("parent_name", "上级"),
        lists.text("finance_name", "财政部门", wide=True),
        lists.count("units", "本级单位"),
        lists.day("moved_on", "归入上级的日期"),
    ),
    filters=(
        lists.TextFilter("name", "名称"),
        lists.CodeFilter("code", "代码"),
        lists.CodeFilter("parent_code", "上级代码"),
        lists.CountFilter("units", "本级单位", usual=False),
    ),
    empty="这里没有你能查看的行政区划",
    make=("登记本地扩展代码", "/manage/regions/local"), make_if=lambda actor: rights.may_anywhere(actor, Act.MOVE_REGION),
)  # fmt: skip


@frame.view(Act.READ_REGISTRY)
def regions(request: HttpRequest) -> HttpResponseBase:
    """行政区划."""
    return lists.answer(request, reach.fitted(REGIONS, frame.actor_of(request), Act.MOVE_REGION))


class LocalForm(forms.Form):
    code = forms.code("扩展代码", hint="6 位或 9 位数字，不与国标代码重复", longest=9)
    name = forms.text("名称", hint="如 绵阳高新区", longest=60)
    short_name = forms.text("简称", hint="两三个字", longest=20)
    parent_code = forms.code("上级代码", longest=9)
    basis_document = forms.text("依据文件", hint="设立文件的名称和文号")


@frame.view(Act.MOVE_REGION, methods=("GET", "POST"))
def local(request: HttpRequest) -> HttpResponseBase:
    """登记本地扩展代码."""
    actor = frame.actor_of(request)

    def save(values: Values, once: str) -> forms.Done:
        move_region.register_local(
            premises.office(), actor, values["code"], values["name"], values["short_name"], values["parent_code"],
            values["basis_document"],
        )  # fmt: skip
        return forms.Done(f"已登记 {values['name']}", "/manage/regions")

    own = reach.own_regions(actor, Act.MOVE_REGION)
    page = forms.Page("登记本地扩展代码", button="登记扩展代码", crumbs=_REGIONS, help="regions")
    return forms.ask(request, LocalForm, page, save, initial={"parent_code": own[0] if own else ""})


class MoveForm(forms.Form):
    parent_code = forms.code("新的上级代码", longest=9)
    on = forms.day("从哪天起", hint="今天或以后")
    basis_document = forms.text("依据文件", hint="批准文件的名称和文号")


@frame.view(Act.MOVE_REGION, methods=("GET", "POST"))
def move(request: HttpRequest, code: str) -> HttpResponseBase:
    """划转: from a day on a region stands under another one."""
    actor = frame.actor_of(request)
    reach.region(request, code, Act.MOVE_REGION)
    here = queries.region(code, reach.today())

    def save(values: Values, once: str) -> forms.Done:
        move_region.move(premises.office(), actor, code, values["parent_code"], values["on"], values["basis_document"])
        return forms.Done(f"{here.name} 从 {values['on']} 起划转", "/manage/regions")

    page = forms.Page(
        f"划转 {here.name}", button=f"划转 {here.name}", crumbs=_REGIONS, help="regions",
        effect="从这一天起，它和下属单位归新的上级管辖和统计；以前的数字仍记在原上级。要由两个上级共同的上级办理。",
        facts=(("代码", code), ("名称", here.name), ("现在的上级", f"{here.parent_name} {here.parent_code}")),
    )  # fmt: skip
    return forms.ask(request, MoveForm, page, save)
