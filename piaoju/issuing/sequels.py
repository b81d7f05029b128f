"""后续事项, written and read: what happens to a bill after it was issued."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from piaoju.issuing.types import BillPlace, Sequel
from piaoju.kit import arrays

SEQUELS_SQL = """
    SELECT s.unit_id, s.bill_code, s.bill_number, s.ordinal, s.issued_at, s.kind, s.at, s.reversed_fen, s.left_fen,
           s.on_paper, s.line_numbers, s.line_fens, s.line_quantities_e4, s.red_code, s.red_number, s.paper_code,
           s.paper_number, s.reason, s.actor
    FROM issuing_sequel s
    JOIN unnest(%s::bigint[], %s::text[], %s::bigint[]) AS w (u, c, n)
      ON s.unit_id = w.u AND s.bill_code = w.c AND s.bill_number = w.n
    ORDER BY s.unit_id, s.bill_code, s.bill_number, s.ordinal
"""
_INSERT_SQL = """
    INSERT INTO issuing_sequel (unit_id, bill_code, bill_number, ordinal, issued_at, kind, at, reversed_fen, left_fen,
        on_paper, line_numbers, line_fens, line_quantities_e4, red_code, red_number, paper_code, paper_number, reason, actor)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""


def parameters(places: Sequence[BillPlace]) -> tuple[str, str, str]:
    """The parameters of SEQUELS_SQL for these bills."""
    return (
        arrays.numbers([place.unit_id for place in places]), arrays.texts([place.bill_code for place in places]),
        arrays.numbers([place.bill_number for place in places]),
    )  # fmt: skip


def sequel_of(row: Any) -> Sequel:
    """A row of SEQUELS_SQL as a value."""
    values: list[Any] = [*row[:10], tuple(zip(*row[10:13], strict=True)), *row[13:]]
    return Sequel(*values)


def record_sequel(cursor: Any, one: Sequel) -> None:
    """Write down what happened; the constraint sequel_once speaks when somebody was first. Nothing is fetched."""
    cursor.execute(_INSERT_SQL, _row(one))


def record_sequel_if_first(cursor: Any, one: Sequel) -> bool:
    """The same, and whether nobody was first."""
    cursor.execute(f"{_INSERT_SQL} ON CONFLICT DO NOTHING RETURNING ordinal", _row(one))
    return cursor.fetchone() is not None


def record_paper(cursor: Any, one: Sequel) -> None:
    """The paper of a conversion; a number carries one bill, for ever."""
    cursor.execute(
        """
        INSERT INTO issuing_paper_bill (unit_id, paper_code, paper_number, bill_code, bill_number, ordinal, at)
        VALUES (%s, %s, %s, %s, %s, %s, %s)
        """,
        (one.unit_id, one.paper_code, one.paper_number, one.bill_code, one.bill_number, one.ordinal, one.at),
    )


def add_prints(cursor: Any, places: Sequence[BillPlace], form: str, at: datetime, actor: str) -> dict[tuple[str, int], int]:
    """One print more of each of these bills; which it is, by (code, number). The first of a bill is 1.

    Bills printed by two at once are counted one after the other.
    """
    unit_ids, codes, numbers = parameters(places)
    # One lock a bill, in one order: two who print the same bills must not count the same print.
    cursor.execute(
        """SELECT count(pg_advisory_xact_lock(key)) FROM (
               SELECT DISTINCT hashtextextended('print ' || u || ' ' || c || ' ' || n, 0) AS key
               FROM unnest(%s::bigint[], %s::text[], %s::bigint[]) AS w (u, c, n) ORDER BY key) AS locks""",
        (unit_ids, codes, numbers),
    )
    cursor.execute(
        """INSERT INTO issuing_print (unit_id, issued_at, bill_code, bill_number, ordinal, at, form, actor)
           SELECT u, i, c, n, 1 + coalesce(printed.times, 0), %s, %s, %s
           FROM (SELECT DISTINCT * FROM unnest(%s::bigint[], %s::timestamptz[], %s::text[], %s::bigint[]) AS w (u, i, c, n)) AS w
           CROSS JOIN LATERAL (SELECT max(ordinal) AS times FROM issuing_print AS p WHERE p.unit_id = u AND p.issued_at = i
               AND p.bill_code = c AND p.bill_number = n) AS printed
           RETURNING bill_code, bill_number, ordinal""",
        (at, form, actor, unit_ids, arrays.instants([place.issued_at for place in places]), codes, numbers),
    )
    return {(code, number): ordinal for code, number, ordinal in cursor.fetchall()}


def _row(one: Sequel) -> tuple[Any, ...]:
    return (
        one.unit_id, one.bill_code, one.bill_number, one.ordinal, one.issued_at, str(one.kind), one.at, one.reversed_fen,
        one.left_fen, one.on_paper, [line[0] for line in one.lines], [line[1] for line in one.lines],
        [line[2] for line in one.lines], one.red_code, one.red_number, one.paper_code, one.paper_number, one.reason,
        one.actor,
    )  # fmt: skip
