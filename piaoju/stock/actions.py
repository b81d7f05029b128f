"""Verbs that move numbers, inside someone's transaction.

`cursor` is anything with .execute(sql, parameters). Locks are taken in the order of (unit, segment), once, and late.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from piaoju.kit import arrays
from piaoju.stock.errors import StockExhausted
from piaoju.stock.moving import give, lock_stocks, move, open_numbers, open_range
from piaoju.stock.requests import (
    announce_loss,
    decide,
    fulfil_requisition,
    lock_disposal,
    lock_requisition,
    review,
    set_requisition_limit,
    set_top_up,
    submit_disposal,
    submit_requisition,
    withdraw,
    write_off,
)
from piaoju.stock.types import Numbers, OpenSegment, TakenNumbers

__all__ = [
    "LOCK_SQL",
    "abandoned_takings",
    "advance_counters",
    "announce_loss",
    "decide",
    "drawn_segments",
    "end_takings",
    "fulfil_requisition",
    "give",
    "keep_takings",
    "lock_disposal",
    "lock_paper",
    "lock_parameters",
    "lock_requisition",
    "lock_stocks",
    "move",
    "open_numbers",
    "open_range",
    "review",
    "set_requisition_limit",
    "set_top_up",
    "submit_disposal",
    "submit_requisition",
    "take_number",
    "void_numbers",
    "withdraw",
    "write_off",
]

LOCK_SQL = """
    SELECT c.unit_id, c.segment_id, c.bill_code, c.next_number, c.last_number, c.last_used_at
    FROM stock_counter c
    JOIN unnest(%s::bigint[], %s::text[]) AS w (u, b)
      ON c.unit_id = w.u AND c.bill_code = w.b
    WHERE c.next_number <= c.last_number AND c.medium = 'electronic'
    ORDER BY c.unit_id, c.segment_id
    FOR UPDATE OF c
"""


def lock_parameters(wanted: Iterable[tuple[int, str]]) -> tuple[str, str]:
    """The parameters of LOCK_SQL for these (unit id, bill code) pairs."""
    pairs = set(wanted)
    return arrays.numbers([unit_id for unit_id, _ in pairs]), arrays.texts([bill_code for _, bill_code in pairs])


def take_number(segments: Sequence[OpenSegment]) -> int:
    """领用一个号码: the next number of the oldest open segment. Raises StockExhausted."""
    for segment in segments:
        if segment.left > 0:
            return segment.take()
    raise StockExhausted


def lock_paper(cursor: Any, unit_id: int, bill_type_code: str) -> list[OpenSegment]:
    """空白纸票 of a unit for one bill type, locked until the transaction's end, the oldest first."""
    cursor.execute(
        """
        SELECT c.unit_id, c.segment_id, c.bill_code, c.next_number, c.last_number, c.last_used_at FROM stock_counter c
        JOIN stock_segment s ON s.id = c.segment_id
        WHERE c.unit_id = %s AND c.medium = 'paper' AND s.bill_type_code = %s AND c.next_number <= c.last_number
        ORDER BY c.unit_id, c.segment_id FOR UPDATE OF c
        """,
        (unit_id, bill_type_code),
    )
    return [OpenSegment(*row) for row in cursor.fetchall()]


def drawn_segments(cursor: Any, unit_id: int, drawn: Sequence[Numbers]) -> list[OpenSegment]:
    """The counters of segments that this transaction has just allotted; nobody else can have them yet, so none is locked."""
    cursor.execute(
        """
        SELECT c.unit_id, c.segment_id, c.bill_code, c.next_number, c.last_number, c.last_used_at FROM stock_counter c
        JOIN unnest(%s::text[], %s::bigint[], %s::bigint[]) AS w (b, f, l)
          ON c.bill_code = w.b AND c.next_number = w.f AND c.last_number = w.l
        WHERE c.unit_id = %s AND c.medium = 'electronic' ORDER BY c.segment_id
        """,
        ([n.code.bill_code for n in drawn], [n.first for n in drawn], [n.last for n in drawn], unit_id),
    )
    return [OpenSegment(*row) for row in cursor.fetchall()]


def advance_counters(cursor: Any, used: Sequence[OpenSegment], at: datetime) -> None:
    """Write down where each locked counter now stands."""
    cursor.execute(_ADVANCE_SQL, (at, *_positions(used)))


def keep_takings(cursor: Any, used: Sequence[OpenSegment], at: datetime) -> list[TakenNumbers]:
    """The same, and leave word that this connection has what was taken."""
    cursor.execute(
        f"""
        WITH taken AS ({_ADVANCE_SQL} RETURNING c.unit_id, c.segment_id, c.bill_code, w.n - w.t, w.n - 1)
        INSERT INTO stock_taking (unit_id, segment_id, bill_code, first_number, last_number, taken_at, backend_pid,
            backend_start)
        SELECT taken.*, clock_timestamp(), pid, backend_start FROM taken, pg_stat_get_activity(pg_backend_pid())
        """,
        (at, *_positions(used)),
    )
    return [segment.taken_numbers for segment in used]


_ADVANCE_SQL = """
    UPDATE stock_counter c SET next_number = w.n, last_used_at = greatest(c.last_used_at, w.at)
    FROM (SELECT *, %s::timestamptz AS at FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[])
          AS w (u, s, n, t)) AS w
    WHERE c.unit_id = w.u AND c.segment_id = w.s
"""


def _positions(used: Sequence[OpenSegment]) -> tuple[str, str, str, str]:
    return (
        arrays.numbers([s.unit_id for s in used]), arrays.numbers([s.segment_id for s in used]),
        arrays.numbers([s.next_number for s in used]), arrays.numbers([s.taken for s in used]),
    )  # fmt: skip


def end_takings(cursor: Any, taken: Sequence[TakenNumbers]) -> None:
    """These numbers are used or voided, in this transaction. A row can be fetched for each taking that was still there."""
    cursor.execute(
        """
        DELETE FROM stock_taking t USING unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS w (u, s, f)
        WHERE t.unit_id = w.u AND t.segment_id = w.s AND t.first_number = w.f RETURNING t.unit_id
        """,
        (
            arrays.numbers([t.unit_id for t in taken]), arrays.numbers([t.segment_id for t in taken]),
            arrays.numbers([t.first_number for t in taken]),
        ),
    )  # fmt: skip


def abandoned_takings(cursor: Any, limit: int) -> list[TakenNumbers]:
    """Takings whose connection is gone: nobody will use these numbers any more. Locked until the transaction's end.

    A connection is known by its process number and its start; a later one may have inherited the number. Whose start this
    role may not see is taken for the same.
    """
    cursor.execute(
        """
        SELECT t.unit_id, t.segment_id, t.bill_code, t.first_number, t.last_number FROM stock_taking t
        WHERE NOT EXISTS (SELECT FROM pg_stat_activity a WHERE a.pid = t.backend_pid
                          AND coalesce(a.backend_start = t.backend_start, true))
        ORDER BY t.unit_id, t.segment_id, t.first_number LIMIT %s FOR UPDATE OF t SKIP LOCKED
        """,
        (limit,),
    )
    return [TakenNumbers(*row) for row in cursor.fetchall()]


def void_numbers(cursor: Any, numbers: Sequence[tuple[int, str, int]], at: datetime, reason: str) -> None:
    """作废号码: say why these numbers (unit id, bill code, number) carry no bill."""
    cursor.execute(
        """
        INSERT INTO stock_voidednumber (unit_id, bill_code, bill_number, voided_at, reason)
        SELECT u, c, n, %s, %s FROM unnest(%s::bigint[], %s::text[], %s::bigint[]) AS w (u, c, n)
        """,
        (at, reason, [u for u, _, _ in numbers], [c for _, c, _ in numbers], [n for _, _, n in numbers]),
    )
