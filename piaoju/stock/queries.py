"""Where numbers are, where they were, and what is asked for."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import connection
from django.db.models import Q

from piaoju.stock import models
from piaoju.stock.errors import DisposalUnknown, NumberUnknown, RequisitionUnknown, SegmentUnknown
from piaoju.stock.lists import (
    DisposalListRow,
    MovementListRow,
    RequisitionListRow,
    SegmentListRow,
    disposals_page,
    movements_page,
    requisitions_page,
    segments_page,
)
from piaoju.stock.rows import SEGMENT_COLUMNS, SEGMENT_TABLES, disposal_row, movement_row, requisition_row, segment_row
from piaoju.stock.types import (
    NOWHERE,
    Balance,
    Code,
    DisposalRow,
    Level,
    Medium,
    MovementRow,
    NumberLife,
    Place,
    RequisitionRow,
    SegmentRow,
    SegmentState,
    StockRow,
    TopUpRow,
    Usage,
)

__all__ = [
    "DisposalListRow",
    "MovementListRow",
    "RequisitionListRow",
    "SegmentListRow",
    "balances",
    "disposal",
    "disposals_open",
    "disposals_page",
    "kept_since",
    "left_of_code",
    "life_of",
    "movements_from",
    "movements_page",
    "place_at",
    "requisition",
    "requisition_limit_set",
    "requisitions_open",
    "requisitions_page",
    "segment",
    "segments_at",
    "segments_page",
    "stock_of",
    "top_ups_due",
    "unit_of",
    "usage",
]
_MOVEMENTS_SHOWN_MAX = 500


def next_papers(unit_id: int, bill_type_code: str) -> list[tuple[str, int, int]]:
    """The next blank sheet of each paper segment of a unit for one bill type: code, number, how many are left."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT c.bill_code, c.next_number, c.last_number - c.next_number + 1 FROM stock_counter c
            JOIN stock_segment s ON s.id = c.segment_id
            WHERE c.unit_id = %s AND c.medium = 'paper' AND s.bill_type_code = %s AND c.next_number <= c.last_number
            ORDER BY c.segment_id
            """,
            (unit_id, bill_type_code),
        )
        return [(code, number, left) for code, number, left in cursor.fetchall()]


def unit_of(bill_code: str, bill_number: int) -> int | None:
    """The id of the unit that has, or had last, this electronic number; or none."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT unit_id FROM stock_segment WHERE bill_code = %s AND span @> %s::bigint AND medium = 'electronic'",
            (bill_code, bill_number),
        )
        row = cursor.fetchone()
    return row[0] or None if row else None


def stock_of(unit_id: int) -> list[StockRow]:
    """Every electronic segment a unit may issue from and what is left of it, oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT s.bill_type_code, s.bill_code, lower(s.span), upper(s.span) - 1, c.next_number,
                   c.last_number - c.next_number + 1
            FROM stock_segment s JOIN stock_counter c ON c.unit_id = s.unit_id AND c.segment_id = s.id
            WHERE s.unit_id = %s AND s.medium = 'electronic' ORDER BY s.bill_code, s.id
            """,
            (unit_id,),
        )
        return [StockRow(*row) for row in cursor.fetchall()]


def segment(segment_id: int) -> SegmentRow:
    """One segment as it is now. Raises SegmentUnknown."""
    found = _segments("s.id = %s", (segment_id,))
    if not found:
        raise SegmentUnknown
    return found[0]


def segments_at(place: Place, code: Code | None = None) -> list[SegmentRow]:
    """The segments in exactly this place, by number."""
    sql = "s.level = %s AND s.region_code = %s AND s.unit_id = %s AND s.state = %s"
    if code is None:
        return _segments(sql, place.row)
    return _segments(f"{sql} AND s.medium = %s AND s.bill_code = %s", (*place.row, str(code.medium), code.bill_code))


def life_of(medium: Medium, bill_code: str, number: int) -> NumberLife:
    """The whole life of one number, oldest movement first. Raises NumberUnknown."""
    found = _segments("s.medium = %s AND s.bill_code = %s AND s.span @> %s::bigint", (str(medium), bill_code, number))
    if not found:
        raise NumberUnknown
    here = found[0]
    voided = models.VoidedNumber.objects.filter(bill_code=bill_code, bill_number=number).first()
    if medium != Medium.ELECTRONIC:
        voided = None
    return NumberLife(
        code=here.code,
        number=number,
        place=here.place,
        movements=tuple(_movements_of(medium, bill_code, number)),
        taken=here.next_number is not None and number < here.next_number,
        voided_at=voided.voided_at if voided else None,
        void_reason=voided.reason if voided else "",
    )


def place_at(medium: Medium, bill_code: str, number: int, at: datetime) -> Place:
    """Where a number was at an instant; NOWHERE before its code was opened."""
    last = None
    for movement in _movements_of(medium, bill_code, number):
        if movement.at <= at:
            last = movement
    return last.to if last else NOWHERE


def movements_from(source: str) -> list[MovementRow]:
    """What moved because of one paper ("requisition:12"), in order."""
    return [movement_row(row) for row in models.Movement.objects.filter(source=source).order_by("id")[:_MOVEMENTS_SHOWN_MAX]]


def usage(unit_id: int, medium: Medium, bill_type_code: str) -> Usage:
    """What a unit has of a bill type, what it used, and what of that is not written off; in sheets, of all years."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT coalesce(sum(c.last_number - c.next_number + 1), 0), coalesce(sum(c.next_number - lower(s.span)), 0)
            FROM stock_segment s JOIN stock_counter c ON c.unit_id = s.unit_id AND c.segment_id = s.id
            WHERE s.unit_id = %s AND s.medium = %s AND s.bill_type_code = %s
            """,
            (unit_id, str(medium), bill_type_code),
        )
        left, used = (int(value) for value in cursor.fetchone())
        cursor.execute(
            """
            SELECT coalesce(sum(upper(span) - lower(span)), 0) FROM stock_writeoff
            WHERE unit_id = %s AND medium = %s AND bill_type_code = %s
            """,
            (unit_id, str(medium), bill_type_code),
        )
        written = int(cursor.fetchone()[0])
    return Usage(left, used, max(0, used - written))


def requisition_limit_set(unit_id: int, medium: Medium, bill_type_code: str, on: date) -> int | None:
    """限量: what the finance department set for a unit, in sheets; none where it follows from the unit's use."""
    row = models.RequisitionLimit.objects.filter(
        _holds(on), unit_id=unit_id, medium=medium, bill_type_code=bill_type_code
    ).first()
    return row.requisition_limit_sheets if row else None


def top_ups_due(on: date, codes: Mapping[str, str]) -> list[TopUpRow]:
    """The standing arrangements whose unit has less than its threshold; `codes`: this year's code of each bill type."""
    with connection.cursor() as cursor:
        cursor.execute(_TOP_UPS_DUE, {"on": on, "types": list(codes), "codes": list(codes.values())})
        return [TopUpRow(row[0], row[1], Medium(row[2]), *row[3:]) for row in cursor.fetchall()]


_TOP_UPS_DUE = """
SELECT t.id, t.unit_id, t.medium, t.bill_type_code, t.threshold_sheets, t.top_up_sheets, t.valid_from, t.valid_to, t.set_by
FROM stock_topup t JOIN unnest(%(types)s::text[], %(codes)s::text[]) AS this_year (bill_type, code)
  ON this_year.bill_type = t.bill_type_code
WHERE t.valid_from <= %(on)s AND (t.valid_to IS NULL OR t.valid_to > %(on)s) AND t.threshold_sheets > (
    SELECT coalesce(sum(c.last_number - c.next_number + 1), 0) FROM stock_counter c
    WHERE c.unit_id = t.unit_id AND c.bill_code = this_year.code AND c.medium = t.medium)
ORDER BY t.id
"""


def left_of_code(unit_id: int, code: Code) -> int:
    """Sheets of one code that a unit may still use."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT coalesce(sum(last_number - next_number + 1), 0) FROM stock_counter
            WHERE unit_id = %s AND bill_code = %s AND medium = %s
            """,
            (unit_id, code.bill_code, str(code.medium)),
        )
        return int(cursor.fetchone()[0])


def requisition(requisition_id: int) -> RequisitionRow:
    """Raises RequisitionUnknown."""
    row = models.Requisition.objects.filter(pk=requisition_id).first()
    if row is None:
        raise RequisitionUnknown
    return requisition_row(row)


def requisitions_open(region_codes: Collection[str], not_by_person_id: int) -> int:
    """How many requisitions wait for a step of these finance departments, by someone other than this person."""
    rows = models.Requisition.objects.filter(supplier_region_code__in=region_codes, state__in=["submitted", "approved"])
    return rows.exclude(requested_person_id=not_by_person_id).count()


def disposals_open(region_codes: Collection[str], not_by_person_id: int) -> int:
    """How many voids, losses and destructions wait for a decision of these departments, by someone other than this person."""
    rows = models.Disposal.objects.filter(region_code__in=region_codes, state="submitted")
    return rows.exclude(requested_person_id=not_by_person_id).count()


def disposal(disposal_id: int) -> DisposalRow:
    """Raises DisposalUnknown."""
    row = models.Disposal.objects.filter(pk=disposal_id).first()
    if row is None:
        raise DisposalUnknown
    return disposal_row(row)


def kept_since(segment: SegmentRow) -> datetime:
    """From when the retention time of a segment counts: its last use, or since it is where it is."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT last_used_at FROM stock_counter WHERE unit_id = %s AND segment_id = %s", (segment.place.unit_id, segment.id)
        )
        row = cursor.fetchone()
    return row[0] if row and row[0] else segment.since


def balances(medium: Medium, bill_code: str) -> list[Balance]:
    """What came to, went from, and is at each place of a code; by place. Counted from the movements and the segments."""
    with connection.cursor() as cursor:
        cursor.execute(_BALANCES, {"medium": str(medium), "code": bill_code})
        return [
            Balance(
                Place(Level(row[0]), row[1], row[2], SegmentState(row[3])), Code(medium, bill_code[2:6], bill_code),
                int(row[4]), int(row[5]), int(row[6]),
            )
            for row in cursor.fetchall()
        ]  # fmt: skip


_BALANCES = """
WITH moved AS (
    SELECT to_level AS level, to_region_code AS region, to_unit_id AS unit, to_state AS state,
           upper(span) - lower(span) AS came, 0::bigint AS went, 0::bigint AS have
    FROM stock_movement WHERE medium = %(medium)s AND bill_code = %(code)s
    UNION ALL
    SELECT from_level, from_region_code, from_unit_id, from_state, 0, upper(span) - lower(span), 0
    FROM stock_movement WHERE medium = %(medium)s AND bill_code = %(code)s AND from_level > 0
    UNION ALL
    SELECT level, region_code, unit_id, state, 0, 0, upper(span) - lower(span)
    FROM stock_segment WHERE medium = %(medium)s AND bill_code = %(code)s
)
SELECT level, region, unit, state, sum(came), sum(went), sum(have) FROM moved GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
"""


def _movements_of(medium: Medium, bill_code: str, number: int) -> list[MovementRow]:
    rows = models.Movement.objects.filter(medium=medium, bill_code=bill_code, span__contains=number).order_by("id")
    return [movement_row(row) for row in rows]


def _segments(condition: str, values: Sequence[Any]) -> list[SegmentRow]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {SEGMENT_COLUMNS} FROM {SEGMENT_TABLES} WHERE {condition} ORDER BY s.bill_code, lower(s.span)", values
        )
        return [segment_row(row) for row in cursor.fetchall()]


def _holds(on: date) -> Q:
    return Q(valid_from__lte=on) & (Q(valid_to=None) | Q(valid_to__gt=on))
