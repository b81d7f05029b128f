"""收费项目与标准."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponseBase

from piaoju.identity import rights
from piaoju.identity.rights import Act
from piaoju.identity.types import OperatorActor
from piaoju.journeys import premises, set_standard
from piaoju.kit.listing import Asked, Found
from piaoju.manage import forms, frame, lists
from piaoju.manage.registry import reach
from piaoju.registry import queries
from piaoju.registry.errors import ItemUnknown
from piaoju.standard import money

Values = dict[str, Any]
_ITEMS = ("登记", ("收费项目", "/manage/items"))


def _rows(actor: OperatorActor, asked: Asked) -> Found[Any]:
    return queries.items_page(asked, reach.today())


def _price(e4: int | None) -> str:
    return "" if e4 is None else money.format_price(e4)


ITEMS = lists.ListPage(
    name="items", title="收费项目", noun="个", help="items", crumbs=("登记",), rows=_rows, key=lambda row: row.code, sort="code",
    columns=(
        lists.code("code", "项目编码"),
        lists.text("name", "项目名称", wide=True, phone="name", link=lambda row: f"/manage/items/{row.code}/standard"),
        lists.text("measure", "计量单位"),
        lists.text("bill_types", "票据种类"),
        lists.text("minimum_e4", "标准下限（元）", value=lambda row: _price(row.minimum_e4)),
        lists.text("maximum_e4", "标准上限（元）", value=lambda row: _price(row.maximum_e4)),
        lists.text("basis_document", "依据文件", wide=True),
        lists.count("units", "核准单位"),
    ),
    filters=(
        lists.CodeFilter("code", "项目编码"),
        lists.TextFilter("name", "项目名称"),
        lists.TextFilter("bill_types", "票据种类"),
        lists.TextFilter("basis_document", "依据文件"),
        lists.CountFilter("units", "核准单位", usual=False),
    ),
    empty="还没有收费项目",
    make=("登记收费项目", "/manage/items/new"), make_if=lambda actor: rights.may_anywhere(actor, Act.SET_STANDARD),
)  # fmt: skip


@frame.view(Act.READ_REGISTRY)
def items(request: HttpRequest) -> HttpResponseBase:
    """收费项目."""
    return lists.answer(request, reach.fitted(ITEMS, frame.actor_of(request), Act.SET_STANDARD))


class StandardForm(forms.Form):
    minimum = forms.text("标准下限（元）", hint="不设下限不填；最多四位小数", longest=20, must=False, keyboard="decimal")
    maximum = forms.text("标准上限（元）", hint="不设上限不填", longest=20, must=False, keyboard="decimal")
    basis_document = forms.text("依据文件", hint="文件名称和文号")
    on = forms.day("起算日期", hint="今天或以后")


class ItemForm(StandardForm):
    code = forms.code("项目编码", longest=50)
    name = forms.text("项目名称", longest=200)
    measure = forms.text("计量单位", hint="如 次、项、学期", longest=20, must=False)
    bill_types = forms.text("适用票据种类", hint="四位种类代码，几个之间用空格隔开")
    field_order = ("code", "name", "measure", "bill_types", "minimum", "maximum", "basis_document", "on")


@frame.view(Act.SET_STANDARD, methods=("GET", "POST"))
def register(request: HttpRequest) -> HttpResponseBase:
    """登记收费项目: the province's list."""
    actor = frame.actor_of(request)
    reach.province(request, Act.SET_STANDARD)

    def save(values: Values, once: str) -> forms.Done:
        set_standard.register_item(
            premises.office(), actor, code=values["code"], name=values["name"], measure=values["measure"] or "",
            bill_types=queries.split_codes(values["bill_types"]), minimum_e4=_e4(values["minimum"]),
            maximum_e4=_e4(values["maximum"]), basis_document=values["basis_document"], valid_from=values["on"],
        )  # fmt: skip
        return forms.Done(f"已登记项目 {values['code']}", "/manage/items")

    page = forms.Page("登记收费项目", button="登记收费项目", crumbs=_ITEMS, help="items")
    return forms.ask(request, ItemForm, page, save, initial={"on": reach.today()})


@frame.view(Act.SET_STANDARD, methods=("GET", "POST"))
def standard(request: HttpRequest, code: str) -> HttpResponseBase:
    """调整收费标准 from a day on."""
    actor = frame.actor_of(request)
    reach.province(request, Act.SET_STANDARD, missing=ItemUnknown)
    if not queries.item_known(code):
        raise ItemUnknown

    def save(values: Values, once: str) -> forms.Done:
        set_standard.set_standard(
            premises.office(), actor, code, minimum_e4=_e4(values["minimum"]), maximum_e4=_e4(values["maximum"]),
            basis_document=values["basis_document"], on=values["on"],
        )  # fmt: skip
        return forms.Done(f"项目 {code} 的标准从 {values['on']} 起调整", "/manage/items")

    page = forms.Page(
        f"调整项目 {code} 的标准", button="调整标准", crumbs=_ITEMS, help="items", note="以前开出的票据按当时的标准，不变。"
    )
    return forms.ask(request, StandardForm, page, save, initial={"on": reach.today()})


def _e4(text: str | None) -> int | None:
    return money.parse_e4(text) if text else None
