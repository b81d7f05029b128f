"""How the pages of stock write numbers, places, states and people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from piaoju.identity.types import OperatorActor
from piaoju.journeys import premises, stock_places, stock_reading
from piaoju.manage import texts
from piaoju.standard import bill_types
from piaoju.stock.types import DisposalState, Medium, MovementRow, RequisitionState, SegmentState

SEGMENT_STATES: Mapping[Any, tuple[str, str]] = {
    SegmentState.HELD.value: ("在库", "done"),
    SegmentState.IN_USE.value: ("已发放", "going"),
    SegmentState.LOST.value: ("已报遗失", "stuck"),
    SegmentState.VOIDED.value: ("已作废", "void"),
    SegmentState.DESTROYED.value: ("已销毁", "void"),
}
REQUISITION_STATES: Mapping[Any, tuple[str, str]] = {
    RequisitionState.SUBMITTED.value: ("待审核", "wait"),
    RequisitionState.APPROVED.value: ("待发放", "going"),
    RequisitionState.ALLOTTED.value: ("已发放", "done"),
    RequisitionState.REFUSED.value: ("审核未通过", "stuck"),
    RequisitionState.WITHDRAWN.value: ("已撤回", "void"),
}
DISPOSAL_STATES: Mapping[Any, tuple[str, str]] = {
    DisposalState.SUBMITTED.value: ("待审批", "wait"),
    DisposalState.APPROVED.value: ("已批准", "done"),
    DisposalState.REFUSED.value: ("未批准", "stuck"),
}
MEDIA = tuple((str(medium.value), str(medium.label)) for medium in Medium)
CRUMB = ("号码", "/manage/stock/segments")


class Ranged(Protocol):
    """Anything with a first and a last number."""

    @property
    def first_number(self) -> int: ...

    @property
    def last_number(self) -> int: ...


def span(row: Ranged) -> str:
    """A range of numbers as printed on bills."""
    return f"{row.first_number:010d}–{row.last_number:010d}"


def bill_name(code: str) -> str:
    """A bill type's name, or its code where it has none of ours."""
    kind = bill_types.bill_type(code)
    return kind.name if kind else code


def typed(code: str) -> str:
    """A bill type as people choose it: code and name."""
    return f"{code} {bill_name(code)}" if bill_types.bill_type(code) else code


def bill_type_options(codes: Iterable[str] | None = None) -> list[tuple[str, str]]:
    """Bill types to choose from: these, or all there are."""
    return [(code, typed(code)) for code in sorted(codes if codes is not None else (kind.code for kind in bill_types.BILL_TYPES))]


def person(by: str) -> str:
    """Who acted, without the kind of account: a job and a command say what they are."""
    kind, _, name = by.partition(":")
    return {"operator": name, "job": f"系统作业 {name}", "command": f"命令 {name}"}.get(kind, by)


def sheets(value: int) -> str:
    return f"{texts.number(value)} 份"


def years() -> list[tuple[str, str]]:
    """The years whose codes may be asked for."""
    this = stock_places.today(premises.office()).year
    return [(str(this), f"{this} 年"), (str(this + 1), f"{this + 1} 年")]


def history(movements: Iterable[MovementRow]) -> list[dict[str, str]]:
    """Movements as lines of a table, with the names of both places."""
    office = premises.office()
    return [
        {
            "at": texts.instant(one.at), "kind": str(one.kind.label), "span": span(one), "sheets": texts.number(one.sheets),
            "origin": f"{stock_reading.name_of(office, one.origin)} {one.origin.state.label if one.origin.level else ''}".strip(),
            "to": f"{stock_reading.name_of(office, one.to)} {one.to.state.label}", "by": person(one.by),
            "remark": one.remark,
        }
        for one in movements
    ]  # fmt: skip


def own_units(actor: OperatorActor, act: Any) -> list[tuple[str, str]]:
    """The units this person acts for, to choose from."""
    office = premises.office()
    day = stock_places.today(office)
    return [(code, stock_places.unit_at_stock(code, day).name) for code in stock_reading.own_units(actor, act)]


def own_departments(actor: OperatorActor, act: Any) -> list[tuple[str, str]]:
    """The finance departments this person acts for, to choose from."""
    return [(one.region_code, one.name) for one in stock_reading.own_departments(premises.office(), actor, act)]
