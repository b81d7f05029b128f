"""Bills that are asked for: rows, exact count and sums of one snapshot; and their places, chunk by chunk.

Re-exported by `queries`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.db import connection

from piaoju.kit.listing import Asked, Condition, Found, Position, Source, Whole, find, read_cursor
from piaoju.reporting.predicates import STANDING, line_predicate, predicate
from piaoju.reporting.types import BillPlaceRow, BillRow, BillsChunk, BillsPage, BillsQuestion, PlacesChunk, Reach
from piaoju.reporting.wholes import known_by_the_ledger

NEWEST_FIRST = BillsPage()
PLACES_MAX = 10_000  # of one chunk
_KEY = ("issued_at", "unit_id", "bill_code", "bill_number")
_PLACE = {"unit_id": "b.unit_id", "issued_at": "b.issued_at", "bill_code": "b.bill_code", "bill_number": "b.bill_number"}
_OWN = (
    "bill_type_code", "region_code", "check_code", "business_number", "payment_code", "payer_type", "payer_name", "total_fen",
    "handler", "checker", "actor", "reverses_code", "reverses_number", "digest",
)  # fmt: skip
_SUMS = {
    "total_fen": "coalesce(sum(b.total_fen), 0)",
    "red_sheets": "count(*) FILTER (WHERE b.reverses_code IS NOT NULL)",
    "red_fen": "coalesce(-sum(b.total_fen) FILTER (WHERE b.reverses_code IS NOT NULL), 0)",
}
_SOURCE = Source(
    table="issuing_bill AS b",
    fields={**_PLACE, **{name: f"b.{name}" for name in _OWN}, "standing": STANDING},
    key=_KEY,
    sums=_SUMS,
)
_PLACES = Source(table="issuing_bill AS b", fields={**_PLACE, "total_fen": "b.total_fen"}, key=_KEY)
# What never changes about the bills of a page, for all of them at once; the instants spare the months in which none of them is.
_DETAILS = """
SELECT k.place, coalesce(t.name, ''), u.code, r.name, coalesce(l.first_item, ''), l.lines
FROM unnest(%s::bigint[], %s::timestamptz[], %s::text[], %s::bigint[], %s::text[]) WITH ORDINALITY
    AS k (unit_id, issued_at, bill_code, bill_number, bill_type_code, place)
JOIN registry_unit AS u ON u.id = k.unit_id
LEFT JOIN registry_billtype AS t ON t.code = k.bill_type_code
CROSS JOIN LATERAL (
    SELECT r.name FROM registry_unitrecord AS r WHERE r.unit_id = k.unit_id
    ORDER BY r.valid_from <= (k.issued_at AT TIME ZONE 'Asia/Shanghai')::date DESC, r.valid_from DESC, r.id DESC LIMIT 1) AS r
CROSS JOIN LATERAL (
    SELECT count(*) AS lines, (array_agg(coalesce(i.name, l.item_code) ORDER BY l.line_number))[1] AS first_item
    FROM issuing_bill_line AS l LEFT JOIN registry_chargeitem AS i ON i.code = l.item_code
    WHERE l.unit_id = k.unit_id AND l.issued_at = k.issued_at AND l.bill_code = k.bill_code AND l.bill_number = k.bill_number
        AND l.issued_at BETWEEN %s AND %s) AS l
ORDER BY k.place
"""


def bills(question: BillsQuestion, reach: Reach, page: BillsPage = NEWEST_FIRST) -> Found[BillRow]:
    """One page of the bills that are meant and may be seen, with exact count and sums of the whole result.

    Sums: total_fen over all, red_sheets and red_fen (positive) of the red ones among them, and line_fen of the lines that
    are asked for, if any are. Rows, count, sums and how each bill stands come from one statement, hence one snapshot, which
    is named with its instant. Raises FieldUnknown.
    """
    scope, values = predicate(question, reach)
    source, extra = _with_lines(question)
    asked = Asked((), page.sort, page.descending, page.position, page.limit)
    whole_as = known_by_the_ledger(question, reach)
    with connection.cursor() as cursor:
        found = find(cursor, source, asked, _plain, scope=scope, scope_values=values, sum_values=extra, whole_as=whole_as)
    return Found(
        _detailed(found.rows), found.whole, found.first_ordinal, found.next_cursor, found.previous_cursor, found.snapshot,
        found.as_of,
    )  # fmt: skip


def bill(bill_code: str, bill_number: int, reach: Reach) -> BillRow | None:
    """The bill of this code and number, if it exists and may be seen."""
    question = BillsQuestion((Condition("bill_code", "eq", (bill_code,)), Condition("bill_number", "eq", (bill_number,))))
    scope, values = predicate(question, reach)
    with connection.cursor() as cursor:
        found = find(cursor, _SOURCE, Asked(limit=1), _plain, scope=scope, scope_values=values, whole=Whole(0))
    return next(iter(_detailed(found.rows)), None)


def places(
    question: BillsQuestion,
    reach: Reach,
    *,
    order: BillsPage = NEWEST_FIRST,
    after: Position | None = None,
    limit: int = 1_000,
) -> PlacesChunk:
    """The next places of a result, in order, after those that were handed out before.

    Bills issued while somebody goes on asking are left out by a condition on `issued_at` (lt the first answer's `as_of`).
    """
    scope, values = predicate(question, reach)
    asked = Asked((), order.sort, order.descending, after, min(limit, PLACES_MAX))
    with connection.cursor() as cursor:
        found = find(cursor, _PLACES, asked, _place, scope=scope, scope_values=values, whole=Whole(0))
    return PlacesChunk(tuple(found.rows), read_cursor(found.next_cursor) if found.next_cursor else None)


def rows(question: BillsQuestion, reach: Reach, *, order: BillsPage, after: Position | None, limit: int) -> BillsChunk:
    """The next bills of a result, in order, after those that were handed out before: for files. Nothing is counted."""
    scope, values = predicate(question, reach)
    asked = Asked((), order.sort, order.descending, after, min(limit, PLACES_MAX))
    with connection.cursor() as cursor:
        found = find(cursor, _SOURCE, asked, _plain, scope=scope, scope_values=values, whole=Whole(0))
    return BillsChunk(tuple(_detailed(found.rows)), read_cursor(found.next_cursor) if found.next_cursor else None)


def _plain(**row: Any) -> dict[str, Any]:
    return row


def _place(*, total_fen: int, **place: object) -> BillPlaceRow:
    return BillPlaceRow(**place)  # type: ignore[arg-type]  # the names are the source's


def _with_lines(question: BillsQuestion) -> tuple[Source, list[Any]]:
    """The source, with the sum of the lines that are asked for."""
    line = line_predicate(question)
    if line is None:
        return _SOURCE, []
    text = f"coalesce(sum((SELECT sum(l.amount_fen) FROM issuing_bill_line AS l WHERE {line[0]})), 0)"
    return replace(_SOURCE, sums={**_SUMS, "line_fen": text}), line[1]


def _detailed(rows: Sequence[dict[str, Any]]) -> list[BillRow]:
    """The rows with the names of what they are about."""
    if not rows:
        return []
    instants = [row["issued_at"] for row in rows]
    keys = [[row[name] for row in rows] for name in ("unit_id", "issued_at", "bill_code", "bill_number", "bill_type_code")]
    with connection.cursor() as cursor:
        cursor.execute(_DETAILS, [*keys, min(instants), max(instants)])
        details = cursor.fetchall()
    found = []
    for row, (_, bill_name, unit_code, unit_name, first_item, lines) in zip(rows, details, strict=True):
        own = dict(row)
        left_fen, on_paper = own.pop("standing") or (own["total_fen"], 0)
        found.append(
            BillRow(
                **own, bill_name=bill_name or own["bill_type_code"], unit_code=unit_code, unit_name=unit_name,
                first_item=first_item, lines=lines, red_fen=own["total_fen"] - left_fen, converted=bool(on_paper),
            )
        )  # fmt: skip
    return found
