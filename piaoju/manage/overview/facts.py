"""记账明细: the facts of one kind that a figure of the overview is the sum of."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase

from piaoju.identity.rights import Act
from piaoju.identity.types import OperatorActor
from piaoju.journeys import scopes
from piaoju.kit.listing import Asked, Found
from piaoju.ledger.types import FACT_KIND_LABELS, FactKind
from piaoju.manage import frame, lists
from piaoju.registry import queries as registry
from piaoju.reporting import queries as reporting
from piaoju.reporting.types import BillsQuestion
from piaoju.standard import bill_types, codes

_KINDS = tuple((kind.name, FACT_KIND_LABELS[kind]) for kind in FactKind)
_BILL_TYPES = tuple((kind.code, f"{kind.code} {kind.name}") for kind in bill_types.BILL_TYPES)


def _rows(actor: OperatorActor, asked: Asked) -> Found[reporting.FactRow]:
    kinds = [FactKind[str(one.values[0])] for one in asked.conditions if one.field == "kind"] or list(FactKind)
    question = BillsQuestion(tuple(one for one in asked.conditions if one.field != "kind"))
    return reporting.facts(question, kinds, scopes.reach(actor, Act.READ_TOTALS), asked)


def _numbers(row: reporting.FactRow) -> str:
    first = codes.number_text(row.bill_number)
    if row.kind == FactKind.requisitioned:
        return "还没有号码"
    return first if row.sheets == 1 else f"{first}–{codes.number_text(row.bill_number + row.sheets - 1)}"


FACTS = lists.ListPage(
    name="facts", title="记账明细", noun="条", help="overview", crumbs=("总览",), rows=_rows,
    key=lambda row: f"{row.kind}-{row.bill_code}-{row.bill_number}-{row.issued_at.isoformat()}",
    columns=(
        lists.instant("issued_at", "时刻"),
        lists.text("kind", "种类", value=lambda row: row.kind_label, sortable=False),
        lists.text("unit_name", "开票单位", sortable=False, wide=True, phone="name"),
        lists.code("bill_type", "票据种类", sortable=False),
        lists.code("bill_code", "票据代码", sortable=False),
        lists.code("numbers", "票据号码", value=_numbers, sortable=False),
        lists.count("sheets", "份数", total="sheets", sortable=False, phone="figure"),
        lists.yuan("amount_fen", "金额", total="amount_fen", sortable=False),
    ),
    filters=(
        lists.InstantFilter("issued_at", "时刻"),
        lists.ChoiceFilter("kind", "种类", _KINDS),
        lists.ChoiceFilter("bill_type", "票据种类", _BILL_TYPES),
        lists.UnderFilter("region_code", "行政区划"),
        lists.CodeOnlyFilter("unit_code", "统一社会信用代码", usual=False),
        lists.CodeOnlyFilter("governing_code", "主管部门代码", usual=False),
        lists.ChoiceFilter("industry", "行业类型", tuple(registry.INDUSTRY_LABELS.items()), usual=False),
        lists.ChoiceFilter("mode", "接入方式", tuple(registry.MODE_LABELS.items()), usual=False),
    ),
    sort="-issued_at",
    empty="还没有记账。开具、冲红、申领和发放后出现在这里",
)  # fmt: skip


@frame.view(Act.READ_TOTALS)
def facts(request: HttpRequest) -> HttpResponseBase:
    return lists.answer(request, FACTS)
