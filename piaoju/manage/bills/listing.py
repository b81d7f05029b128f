"""票据查询: every bill that a person may see, by exact conditions or one line of words, with exact count and sums."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponseBase

from piaoju.identity import rights
from piaoju.identity.rights import Act
from piaoju.identity.types import OperatorActor
from piaoju.journeys import premises, scopes
from piaoju.kit.clock import local_date
from piaoju.kit.listing import Asked, Found
from piaoju.manage import frame, lists, texts
from piaoju.manage.bills import words
from piaoju.registry import queries as registry
from piaoju.reporting import queries as reporting
from piaoju.reporting.types import (
    CHANNEL_LABELS,
    KIND_LABELS,
    STATUS_LABELS,
    BillRow,
    BillsPage,
    BillsQuestion,
    Said,
)
from piaoju.standard import bill_types, codes

STATES = {
    "issued": (STATUS_LABELS["issued"], "done"), "partly_reversed": (STATUS_LABELS["partly_reversed"], "back"),
    "reversed": (STATUS_LABELS["reversed"], "back"), "converted": (STATUS_LABELS["converted"], "turned"),
    "booked": (STATUS_LABELS["booked"], "done"),
}  # fmt: skip
RULES = (
    "票据归开票当日单位所在的区划、主管部门和行业；区划按开票当日的上级归属。以后划转、变更的，过去的票据不随之改变。",
    "红票是另一张票，金额为负，计入冲红当日；原票仍计入开具当日。跨年冲红计入冲红的年度。",
)


def rows(actor: OperatorActor, asked: Asked) -> Found[BillRow]:
    """The bills this person may see, as the list asks for them."""
    sort: Any = asked.sort or "issued_at"
    page = BillsPage(sort, asked.descending, asked.position, asked.limit)
    found = reporting.bills(BillsQuestion(asked.conditions), scopes.reach(actor, Act.READ_BILLS), page)
    sums = {**found.whole.sums, "red_fen": -found.whole.sums["red_fen"]}
    return replace(found, whole=replace(found.whole, sums=sums))


def read(actor: OperatorActor, line: str) -> Said:
    """A line of words as conditions of this list."""
    return reporting.read_line(line, local_date(premises.office().clock()))


def number(row: BillRow) -> str:
    return codes.number_text(row.bill_number)


def key(row: BillRow) -> str:
    return f"{row.bill_code}-{number(row)}"


def _items(row: BillRow) -> str:
    if row.reverses_number is not None:
        return f"冲 {codes.number_text(row.reverses_number)}"
    return row.first_item if row.lines < 2 else f"{row.first_item}等 {row.lines} 项"


def _payer(row: BillRow) -> str:
    return texts.masked_name(row.payer_name) if row.payer_type == 1 else row.payer_name


def _who(row: BillRow) -> str:
    return CHANNEL_LABELS.get(row.channel, row.channel)


_BILL_TYPES = tuple((kind.code, f"{kind.code} {kind.name}") for kind in bill_types.BILL_TYPES)
BILLS = lists.ListPage(
    name="bills",
    title="票据查询",
    noun="张",
    help="bills",
    crumbs=("票据",),
    rows=rows,
    key=key,
    word=lambda key: key.partition("-")[2],
    columns=(
        lists.code("bill_number", "票据号码", value=number, link=lambda row: words.address(row.bill_code, row.bill_number)),
        lists.code("bill_code", "票据代码", sortable=False, phone="hidden"),
        lists.text("bill_name", "票据名称", tag=lambda row: "红票" if row.kind == "red" else "", sortable=False, phone="hidden"),
        lists.text("payer_name", "交款人", value=_payer, sortable=False, phone="name"),
        lists.text("items", "收费项目", value=_items, sortable=False, wide=True),
        lists.text("unit_name", "开票单位", sortable=False),
        lists.text("channel", "渠道", value=_who, sortable=False, phone="hidden"),
        lists.instant("issued_at", "开票时间"),
        lists.yuan("total_fen", "票面金额", total="total_fen"),
        lists.state("status", "状态", STATES, sortable=False),
    ),
    filters=(
        lists.InstantFilter("issued_at", "开票时间"),
        lists.ChoiceFilter("bill_type", "票据种类", _BILL_TYPES),
        lists.TextFilter("item_name", "收费项目名称"),
        lists.YuanFilter("total_fen", "票面金额"),
        lists.NameFilter("payer_name", "交款人", usual=False),
        lists.CodeOnlyFilter("payer_pinyin", "交款人拼音", usual=False),
        lists.BranchFilter("item", "收费项目编码", usual=False),
        lists.YuanFilter("line_fen", "明细金额", usual=False),
        lists.ChoiceFilter("status", "状态", tuple(STATUS_LABELS.items()), usual=False),
        lists.ChoiceFilter("kind", "正红", tuple(KIND_LABELS.items()), usual=False),
        lists.CodeOnlyFilter("bill_code", "票据代码", usual=False),
        lists.CountFilter("bill_number", "票据号码", usual=False),
        lists.CodeFilter("business_number", "业务流水号", usual=False),
        lists.CodeOnlyFilter("payment_code", "缴款码", usual=False),
        lists.UnderFilter("region_code", "行政区划", usual=False),
        lists.CodeOnlyFilter("unit_code", "统一社会信用代码", usual=False),
        lists.TextFilter("unit_name", "开票单位", usual=False),
        lists.CodeOnlyFilter("governing_code", "主管部门代码", usual=False),
        lists.ChoiceFilter("industry", "行业类型", tuple(registry.INDUSTRY_LABELS.items()), usual=False),
        lists.ChoiceFilter("mode", "接入方式", tuple(registry.MODE_LABELS.items()), usual=False),
        lists.ChoiceFilter("channel", "渠道", tuple(CHANNEL_LABELS.items()), usual=False),
        lists.CodeOnlyFilter("operator", "操作员或客户端", usual=False),
        lists.NameFilter("handler", "开票人", usual=False),
        lists.NameFilter("checker", "复核人", usual=False),
    ),
    sort="-issued_at",
    acts=(lists.BulkAct("打印与下载", "/manage/downloads/new", may=lambda who: rights.may_anywhere(who, Act.DOWNLOAD_BILLS)),),
    apart=lists.Apart("其中红票", lambda row: row.kind == "red", "red_sheets", "red_fen"),
    views=(lists.View("红票", "kind=red"), lists.View("已冲红", "status=reversed"), lists.View("已换开", "status=converted")),
    empty="还没有票据。开具后马上出现在这里",
    reads=read,
    export_page="/manage/bills/export",
    notes=RULES,
)


@frame.view(Act.READ_BILLS)
def bills(request: HttpRequest) -> HttpResponseBase:
    return lists.answer(request, BILLS)
