"""Numbers go from one place to another: cut out of their segment, put into the new place, written into the history.

Order of locks, for everyone: a requisition or disposal, then a unit's numbers of a code, then its counters (by segment), then
the departments' stocks (by medium, code and region). Issuing takes counters and then stocks; it cuts no segment, so it needs
no lock on the unit's numbers.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from psycopg import errors as database_errors

from piaoju.standard.codes import NUMBER_MAX
from piaoju.stock import rules
from piaoju.stock.errors import DestructionOfUsable, NumbersElsewhere, NumbersInUse, NumbersTooMany, SegmentOverlaps
from piaoju.stock.types import NOWHERE, Code, Ground, MovementKind, Numbers, Place, SegmentState

_AT = "medium = %s AND bill_code = %s AND level = %s AND region_code = %s AND unit_id = %s AND state = %s"
_SPAN = "int8range(%s, %s, '[]')"


def open_numbers(cursor: Any, code: Code, sheets: int, province: Place, ground: Ground) -> Numbers:
    """赋码: the next numbers of a code come into the province's stock. Raises NumbersTooMany, SegmentOverlaps."""
    lock_stocks(cursor, code, [province])
    cursor.execute(
        "SELECT coalesce(max(upper(span)), 1) FROM stock_segment WHERE medium = %s AND bill_code = %s",
        (str(code.medium), code.bill_code),
    )
    first: int = cursor.fetchone()[0]
    return open_range(cursor, Numbers(code, first, first + sheets - 1), province, ground)


def open_range(cursor: Any, numbers: Numbers, province: Place, ground: Ground) -> Numbers:
    """赋码: exactly these numbers, as the printer delivered them. Raises NumbersTooMany, SegmentOverlaps."""
    if numbers.last > NUMBER_MAX or numbers.first < 1:
        raise NumbersTooMany
    lock_stocks(cursor, numbers.code, [province])
    try:
        _put(cursor, numbers, province, ground)
    except Exception as error:
        if isinstance(error.__cause__ or error, database_errors.ExclusionViolation):
            raise SegmentOverlaps from error
        raise
    _write_down(cursor, MovementKind.OPENED, numbers, NOWHERE, province, ground)
    _join(cursor, numbers, province)
    return numbers


def give(cursor: Any, kind: MovementKind, code: Code, sheets: int, origin: Place, to: Place, ground: Ground) -> list[Numbers]:
    """分发、发放: so many sheets out of a department's stock. Raises DepartmentStockExhausted."""
    lock_stocks(cursor, code, [origin, to])
    parts = [Numbers(code, first, last) for first, last in rules.parts_to_allot(_spans(cursor, code, origin), sheets)]
    for numbers in parts:
        move(cursor, kind, numbers, origin, to, ground)
    return parts


def move(cursor: Any, kind: MovementKind, numbers: Numbers, origin: Place, to: Place, ground: Ground) -> None:
    """These very numbers, which lie in one segment. Raises NumbersElsewhere, NumbersInUse, DestructionOfUsable."""
    counted = origin.state == SegmentState.IN_USE
    if counted:
        _lock_counters(cursor, numbers.code, origin.unit_id)
    lock_stocks(cursor, numbers.code, [origin, to])
    cursor.execute(
        "SELECT id, lower(span), upper(span) - 1, since, placed_by FROM stock_segment "
        f"WHERE {_AT} AND span @> {_SPAN} FOR UPDATE",
        (str(numbers.code.medium), numbers.code.bill_code, *origin.row, numbers.first, numbers.last),
    )
    found = cursor.fetchone()
    if found is None:
        raise NumbersElsewhere
    segment_id, low, high, since, placed_by = found
    if counted and to.state == SegmentState.DESTROYED:
        _refuse_usable(cursor, origin.unit_id, segment_id, whole=(low, high) == (numbers.first, numbers.last))
    elif counted:
        _refuse_used(cursor, origin.unit_id, segment_id, numbers)
    before = Ground(since, placed_by)
    if numbers.first > low:
        _shorten(cursor, segment_id, low, numbers.first - 1, origin)
    else:
        _take_out(cursor, segment_id, origin)
    if numbers.last < high:
        _put(cursor, Numbers(numbers.code, numbers.last + 1, high), origin, before)
    _put(cursor, numbers, to, ground)
    _write_down(cursor, kind, numbers, origin, to, ground)
    if to.state == SegmentState.HELD:
        _join(cursor, numbers, to)


def lock_stocks(cursor: Any, code: Code, places: Iterable[Place]) -> None:
    """One movement at a time for each department's stock of a code; in one order for everyone, held until the commit."""
    for region_code in sorted({place.region_code for place in places if not place.unit_id}):
        key = f"piaoju stock {code.medium} {code.bill_code} {region_code}"
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (key,))


def _spans(cursor: Any, code: Code, origin: Place) -> list[tuple[int, int]]:
    cursor.execute(
        f"SELECT lower(span), upper(span) - 1 FROM stock_segment WHERE {_AT} ORDER BY 1 LIMIT %s",
        (str(code.medium), code.bill_code, *origin.row, 10 * rules.PARTS_MAX),
    )
    return [(first, last) for first, last in cursor.fetchall()]


def _lock_counters(cursor: Any, code: Code, unit_id: int) -> None:
    # First the whole, since segments are cut and made: counters alone could be others by the time they are locked.
    key = f"piaoju stock {code.medium} {code.bill_code} unit {unit_id}"
    cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (key,))
    cursor.execute(
        "SELECT 1 FROM stock_counter WHERE unit_id = %s AND bill_code = %s AND medium = %s ORDER BY segment_id FOR UPDATE",
        (unit_id, code.bill_code, str(code.medium)),
    )


def _refuse_used(cursor: Any, unit_id: int, segment_id: int, numbers: Numbers) -> None:
    cursor.execute("SELECT next_number FROM stock_counter WHERE unit_id = %s AND segment_id = %s", (unit_id, segment_id))
    found = cursor.fetchone()
    if found is None or numbers.first < found[0]:
        raise NumbersInUse


def _refuse_usable(cursor: Any, unit_id: int, segment_id: int, *, whole: bool) -> None:
    cursor.execute(
        "SELECT next_number > last_number FROM stock_counter WHERE unit_id = %s AND segment_id = %s", (unit_id, segment_id)
    )
    found = cursor.fetchone()
    if not whole or found is None or not found[0]:
        raise DestructionOfUsable


def _shorten(cursor: Any, segment_id: int, low: int, high: int, origin: Place) -> None:
    """What lies before stays where it is, under the same segment: its bills and takings name it."""
    cursor.execute(f"UPDATE stock_segment SET span = {_SPAN} WHERE id = %s", (low, high, segment_id))
    if origin.state == SegmentState.IN_USE:
        cursor.execute(
            "UPDATE stock_counter SET last_number = %s, next_number = least(next_number, %s) "
            "WHERE unit_id = %s AND segment_id = %s",
            (high, high + 1, origin.unit_id, segment_id),
        )


def _take_out(cursor: Any, segment_id: int, origin: Place) -> None:
    """Nothing lies before: the segment is put together anew in its parts. What happened stays in the movements."""
    if origin.state == SegmentState.IN_USE:
        cursor.execute("DELETE FROM stock_counter WHERE unit_id = %s AND segment_id = %s", (origin.unit_id, segment_id))
    cursor.execute("DELETE FROM stock_segment WHERE id = %s", (segment_id,))


def _put(cursor: Any, numbers: Numbers, place: Place, ground: Ground) -> None:
    code = numbers.code
    cursor.execute(
        f"""
        INSERT INTO stock_segment (medium, bill_type_code, bill_code, span, level, region_code, unit_id, state, since, placed_by)
        VALUES (%s, %s, %s, {_SPAN}, %s, %s, %s, %s, %s, %s) RETURNING id
        """,
        (
            str(code.medium), code.bill_type_code, code.bill_code, numbers.first, numbers.last, *place.row, ground.at,
            ground.by,
        ),
    )  # fmt: skip
    if place.state == SegmentState.IN_USE:
        segment_id = cursor.fetchone()[0]
        cursor.execute(
            """
            INSERT INTO stock_counter (unit_id, segment_id, bill_code, next_number, last_number, medium, last_used_at)
            VALUES (%s, %s, %s, %s, %s, %s, (SELECT max(last_used_at) FROM stock_counter WHERE unit_id = %s AND medium = %s))
            """,
            # It knows when the unit's last bill was: a clock that lies behind is seen on a fresh segment too.
            (
                place.unit_id, segment_id, code.bill_code, numbers.first, numbers.last, str(code.medium), place.unit_id,
                str(code.medium),
            ),
        )  # fmt: skip


def _join(cursor: Any, numbers: Numbers, place: Place) -> None:
    """What lies side by side in one stock becomes one segment again, so that stock does not crumble."""
    code = numbers.code
    cursor.execute(
        f"""
        SELECT id, lower(span), upper(span) - 1 FROM stock_segment
        WHERE {_AT} AND span && int8range(%s, %s, '[]') ORDER BY 2 FOR UPDATE
        """,
        (str(code.medium), code.bill_code, *place.row, max(1, numbers.first - 1), numbers.last + 1),
    )
    found = cursor.fetchall()
    if len(found) < 2:
        return
    kept, *others = [row[0] for row in found]
    cursor.execute("DELETE FROM stock_segment WHERE id = ANY(%s)", (others,))
    cursor.execute(f"UPDATE stock_segment SET span = {_SPAN} WHERE id = %s", (found[0][1], found[-1][2], kept))


def _write_down(cursor: Any, kind: MovementKind, numbers: Numbers, origin: Place, to: Place, ground: Ground) -> None:
    code = numbers.code
    cursor.execute(
        f"""
        INSERT INTO stock_movement (kind, medium, bill_type_code, bill_code, span, from_level, from_region_code, from_unit_id,
                                    from_state, to_level, to_region_code, to_unit_id, to_state, at, by, source, remark)
        VALUES (%s, %s, %s, %s, {_SPAN}, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        """,
        (
            str(kind), str(code.medium), code.bill_type_code, code.bill_code, numbers.first, numbers.last, *origin.row,
            *to.row, ground.at, ground.by, ground.source, ground.remark,
        ),
    )  # fmt: skip
