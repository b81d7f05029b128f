"""Long lists of the stock: each a source and a row. Names of units and departments are the registry's, read as of a day."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar

from django.db import connection

from piaoju.kit.listing import Asked, Found, Source, find
from piaoju.registry.types import Sight

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class SegmentListRow:
    """One segment, whose it is, and what is left of it."""

    id: int
    medium: str
    bill_type_code: str
    bill_code: str
    first_number: int
    last_number: int
    next_number: int | None
    sheets: int
    left_sheets: int
    level: int
    region_code: str
    unit_code: str
    holder: str
    state: str
    since: datetime
    placed_by: str


@dataclass(frozen=True, slots=True)
class RequisitionListRow:
    id: int
    medium: str
    bill_type_code: str
    bill_code: str
    level: int
    unit_code: str
    holder: str
    supplier: str
    sheets: int
    approved_sheets: int | None
    state: str
    requested_at: datetime
    requested_by: str
    reviewed_by: str
    allotted_at: datetime | None


@dataclass(frozen=True, slots=True)
class MovementListRow:
    id: int
    kind: str
    medium: str
    bill_type_code: str
    bill_code: str
    first_number: int
    last_number: int
    sheets: int
    origin: str
    destination: str
    at: datetime
    by: str
    source: str
    remark: str


@dataclass(frozen=True, slots=True)
class DisposalListRow:
    id: int
    kind: str
    medium: str
    bill_type_code: str
    bill_code: str
    first_number: int
    last_number: int
    sheets: int
    holder: str
    unit_code: str
    state: str
    reason: str
    requested_at: datetime
    requested_by: str
    decided_at: datetime | None
    decided_by: str


def segments_page(sight: Sight, asked: Asked, on: date) -> Found[SegmentListRow]:
    """Every segment in sight, whatever its state."""
    source = Source(
        table=f"""stock_segment s LEFT JOIN stock_counter c ON c.unit_id = s.unit_id AND c.segment_id = s.id
            {_holder('s', on)}""",
        fields={
            "id": "s.id", **_code("s"), **_range("s"), "next_number": "c.next_number", "left_sheets": _LEFT, "level": "s.level",
            "region_code": "s.region_code", **_HOLDER, "state": "s.state", "since": "s.since", "placed_by": "s.placed_by",
        },
        key=("id",),
        sums={"sheets": "coalesce(sum(upper(s.span) - lower(s.span)), 0)", "left_sheets": f"coalesce(sum({_LEFT}), 0)"},
        order={"next_number": "coalesce(c.next_number, 0)"},
        under={"region_code": f"s.region_code IN ({_BELOW.format(on=on)})"},
    )  # fmt: skip
    return _ask(source, asked, SegmentListRow, *_seen(sight, "s.region_code", "s.unit_id"))


def requisitions_page(sight: Sight, asked: Asked, on: date) -> Found[RequisitionListRow]:
    """Requisitions of holders in sight, and those that departments in sight are to decide."""
    source = Source(
        table=f"""stock_requisition s {_holder('s', on)}
            JOIN registry_financedepartment p ON p.region_id = s.supplier_region_code""",
        fields={
            "id": "s.id", **_code("s"), "level": "s.level", **_HOLDER, "supplier": "p.name", "sheets": "s.sheets",
            "approved_sheets": "s.approved_sheets", "state": "s.state", "requested_at": "s.requested_at",
            "requested_by": "s.requested_by", "reviewed_by": "s.reviewed_by", "allotted_at": "s.allotted_at",
        },
        key=("id",),
        sums={"sheets": "coalesce(sum(s.sheets), 0)", "approved_sheets": "coalesce(sum(s.approved_sheets), 0)"},
        order={"approved_sheets": "coalesce(s.approved_sheets, -1)", "allotted_at": "coalesce(s.allotted_at, '-infinity')"},
    )  # fmt: skip
    scope, values = _seen(sight, "s.region_code", "s.unit_id")
    if not sight.everything:
        scope, values = f"({scope}) OR s.supplier_region_code = ANY(%s)", [*values, list(sight.region_codes)]
    return _ask(source, asked, RequisitionListRow, scope, values)


def movements_page(sight: Sight, asked: Asked, on: date) -> Found[MovementListRow]:
    """The history: movements that began or ended at a holder in sight."""
    source = Source(
        table=f"stock_movement m {_holder('m', on, 'from_')} {_holder('m', on, 'to_')}",
        fields={
            "id": "m.id", "kind": "m.kind", **_code("m"), **_range("m"),
            "origin": "CASE WHEN m.from_level = 0 THEN '赋码' ELSE coalesce(from_r.name, from_f.name, '') END",
            "destination": "coalesce(to_r.name, to_f.name, '')", "at": "m.at", "by": "m.by", "source": "m.source",
            "remark": "m.remark",
        },
        key=("id",),
        sums={"sheets": "coalesce(sum(upper(m.span) - lower(m.span)), 0)"},
    )  # fmt: skip
    began, began_values = _seen(sight, "m.from_region_code", "m.from_unit_id")
    ended, ended_values = _seen(sight, "m.to_region_code", "m.to_unit_id")
    return _ask(source, asked, MovementListRow, f"({began}) OR ({ended})", [*began_values, *ended_values])


def disposals_page(sight: Sight, asked: Asked, on: date) -> Found[DisposalListRow]:
    """Voids, losses and destructions of holders in sight."""
    source = Source(
        table=f"stock_disposal s {_holder('s', on)}",
        fields={
            "id": "s.id", "kind": "s.kind", **_code("s"), **_range("s"), **_HOLDER, "state": "s.state", "reason": "s.reason",
            "requested_at": "s.requested_at", "requested_by": "s.requested_by", "decided_at": "s.decided_at",
            "decided_by": "s.decided_by",
        },
        key=("id",),
        sums={"sheets": "coalesce(sum(upper(s.span) - lower(s.span)), 0)"},
        order={"decided_at": "coalesce(s.decided_at, '-infinity')"},
    )  # fmt: skip
    return _ask(source, asked, DisposalListRow, *_seen(sight, "s.region_code", "s.unit_id"))


_LEFT = """CASE s.state WHEN 'held' THEN upper(s.span) - lower(s.span)
    WHEN 'in_use' THEN c.last_number - c.next_number + 1 ELSE 0 END"""
_HOLDER = {"unit_code": "coalesce(u.code, '')", "holder": "coalesce(r.name, f.name, '')"}
# A unit's region and those below, as of a day of the program's; the region asked for is a parameter.
_BELOW = """WITH RECURSIVE down(code) AS (SELECT %s::text UNION SELECT p.region_id FROM registry_regionparent p
    JOIN down ON p.parent_id = down.code WHERE p.valid_from <= DATE '{on}' AND (p.valid_to IS NULL OR p.valid_to > DATE '{on}'))
    SELECT code FROM down"""


def _code(alias: str) -> dict[str, str]:
    return {name: f"{alias}.{name}" for name in ("medium", "bill_type_code", "bill_code")}


def _range(alias: str) -> dict[str, str]:
    return {
        "first_number": f"lower({alias}.span)",
        "last_number": f"upper({alias}.span) - 1",
        "sheets": f"upper({alias}.span) - lower({alias}.span)",
    }


def _holder(alias: str, on: date, prefix: str = "") -> str:
    """Joins that name whoever has numbers: the unit by its record of the day, else the finance department."""
    return f"""
        LEFT JOIN registry_unit {prefix}u ON {prefix}u.id = {alias}.{prefix}unit_id
        LEFT JOIN registry_unitrecord {prefix}r ON {prefix}r.unit_id = {prefix}u.id AND {prefix}r.valid_from <= DATE '{on}'
            AND ({prefix}r.valid_to IS NULL OR {prefix}r.valid_to > DATE '{on}')
        LEFT JOIN registry_financedepartment {prefix}f ON {prefix}f.region_id = {alias}.{prefix}region_code"""


def _seen(sight: Sight, region: str, unit: str) -> tuple[str, list[Any]]:
    """What this person may see: what stands at a department in sight, or with a unit of its own."""
    if sight.everything:
        return "true", []
    units = f"{unit} IN (SELECT id FROM registry_unit WHERE code = ANY(%s))"
    return f"{region} = ANY(%s) OR {units}", [list(sight.region_codes), list(sight.unit_codes)]


def _ask(source: Source, asked: Asked, row: Callable[..., Row], scope: str, values: list[Any]) -> Found[Row]:
    with connection.cursor() as cursor:
        return find(cursor, source, asked, row, scope=scope, scope_values=values)
