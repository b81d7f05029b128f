"""Verbs that move numbers, inside someone's transaction.

`cursor` is anything with .execute(sql, parameters). Locks are taken in the order of (unit, segment), once, and late.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from psycopg import errors as database_errors

from piaoju.stock.errors import SegmentOverlaps, StockExhausted
from piaoju.stock.types import OpenSegment

LOCK_SQL = """
    SELECT c.unit_id, c.segment_id, c.bill_code, c.next_number, c.last_number, c.last_used_at
    FROM stock_counter c
    JOIN (SELECT DISTINCT u, b FROM unnest(%s::bigint[], %s::text[]) AS w (u, b)) w
      ON c.unit_id = w.u AND c.bill_code = w.b
    WHERE c.next_number <= c.last_number
    ORDER BY c.unit_id, c.segment_id
    FOR UPDATE OF c
"""


def lock_parameters(wanted: Iterable[tuple[int, str]]) -> tuple[list[int], list[str]]:
    """The parameters of LOCK_SQL for these (unit id, bill code) pairs."""
    pairs = sorted(set(wanted))
    return [unit_id for unit_id, _ in pairs], [bill_code for _, bill_code in pairs]


def take_number(segments: Sequence[OpenSegment]) -> tuple[OpenSegment, int]:
    """领用一个号码: the next number of the oldest open segment. Raises StockExhausted."""
    for segment in segments:
        if segment.left > 0:
            number = segment.next_number
            segment.next_number += 1
            return segment, number
    raise StockExhausted


def advance_counters(cursor: Any, used: Sequence[OpenSegment], at: datetime) -> None:
    """Write down where each locked counter now stands."""
    cursor.execute(
        """
        UPDATE stock_counter c SET next_number = w.n, last_used_at = greatest(c.last_used_at, %s)
        FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS w (u, s, n)
        WHERE c.unit_id = w.u AND c.segment_id = w.s
        """,
        (at, [s.unit_id for s in used], [s.segment_id for s in used], [s.next_number for s in used]),
    )


def allot_segment(
    cursor: Any, *, unit_id: int, bill_type_code: str, bill_code: str, first: int, last: int, at: datetime, by: str
) -> None:
    """发放: give a unit the numbers [first, last] of a bill code. Raises SegmentOverlaps."""
    try:
        cursor.execute(
            """
            WITH segment AS (
                INSERT INTO stock_segment (unit_id, bill_type_code, bill_code, span, allotted_at, allotted_by)
                VALUES (%s, %s, %s, int8range(%s, %s, '[]'), %s, %s) RETURNING id
            )
            INSERT INTO stock_counter (unit_id, segment_id, bill_code, next_number, last_number)
            SELECT %s, id, %s, %s, %s FROM segment
            """,
            (unit_id, bill_type_code, bill_code, first, last, at, by, unit_id, bill_code, first, last),
        )
    except Exception as error:
        if isinstance(error.__cause__ or error, database_errors.ExclusionViolation):
            raise SegmentOverlaps from error
        raise


def void_numbers(cursor: Any, numbers: Sequence[tuple[int, str, int]], at: datetime, reason: str) -> None:
    """作废号码: say why these numbers (unit id, bill code, number) carry no bill."""
    cursor.execute(
        """
        INSERT INTO stock_voidednumber (unit_id, bill_code, bill_number, voided_at, reason)
        SELECT u, c, n, %s, %s FROM unnest(%s::bigint[], %s::text[], %s::bigint[]) AS w (u, c, n)
        """,
        (at, reason, [u for u, _, _ in numbers], [c for _, c, _ in numbers], [n for _, _, n in numbers]),
    )


def next_free_number(cursor: Any, bill_code: str) -> int:
    """The first number of a code after all that were ever allotted. One allotment of a code at a time."""
    cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('piaoju allot ' || %s, 0))", (bill_code,))
    cursor.execute("SELECT coalesce(max(upper(span)), 1) FROM stock_segment WHERE bill_code = %s", (bill_code,))
    number: int = cursor.fetchone()[0]
    return number
