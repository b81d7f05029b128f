"""Bills that are asked for: rows, exact count and sums of one snapshot; and their places, chunk by chunk.

Re-exported by `queries`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.db import connection

from piaoju.kit.listing import Asked, Condition, Found, Position, Source, Whole, find, read_cursor
from piaoju.reporting.predicates import STANDING, line_predicate, predicate, predicate_of_lines
from piaoju.reporting.types import BillPlaceRow, BillRow, BillsChunk, BillsPage, BillsQuestion, PlacesChunk, Reach
from piaoju.reporting.wholes import known_by_the_ledger

NEWEST_FIRST = BillsPage()
PLACES_MAX = 10_000  # of one chunk
_KEY = ("issued_at", "unit_id", "bill_code", "bill_number")
_PLACE = {"unit_id": "b.unit_id", "issued_at": "b.issued_at", "bill_code": "b.bill_code", "bill_number": "b.bill_number"}
_SOURCE = Source(
    table="issuing_bill AS b",
    fields={**_PLACE, "total_fen": "b.total_fen", "standing": STANDING},
    key=_KEY,
    sums={
        "total_fen": "coalesce(sum(b.total_fen), 0)",
        "red_sheets": "count(*) FILTER (WHERE b.total_fen < 0)",
        "red_fen": "coalesce(-sum(b.total_fen) FILTER (WHERE b.total_fen < 0), 0)",
    },
)
_PLACES = replace(_SOURCE, fields={**_PLACE, "total_fen": "b.total_fen"}, sums={})
# What is asked of lines is told by lines: each knows its bill's place, region and total, and all of it is in their index.
_HIT = """hit AS MATERIALIZED (
    SELECT b.unit_id, b.issued_at, b.bill_code, b.bill_number, min(b.total_fen) AS total_fen, sum(b.amount_fen) AS line_fen
    FROM issuing_bill_line AS b WHERE {said} GROUP BY 1, 2, 3, 4)"""
# What never changes about the bills of a page, for all of them at once; the instants spare the months in which none of them is.
_OWN = (
    "bill_type_code", "region_code", "check_code", "business_number", "payment_code", "payer_type", "payer_name", "handler",
    "checker", "actor", "reverses_code", "reverses_number", "digest",
)  # fmt: skip
_NAMES = ("bill_name", "unit_code", "unit_name", "first_item", "lines")
_DETAILS = f"""
SELECT {", ".join(f"b.{name}" for name in _OWN)}, coalesce(t.name, b.bill_type_code), u.code,
    coalesce(r.name, (SELECT n.name FROM registry_unitrecord AS n WHERE n.unit_id = k.unit_id
        ORDER BY n.valid_from <= k.day DESC, n.valid_from DESC, n.id DESC LIMIT 1)), coalesce(l.first_item, ''), l.lines
FROM (SELECT *, (issued_at AT TIME ZONE 'Asia/Shanghai')::date AS day
    FROM unnest(%s::bigint[], %s::timestamptz[], %s::text[], %s::bigint[]) WITH ORDINALITY
    AS k (unit_id, issued_at, bill_code, bill_number, place)) AS k
JOIN issuing_bill AS b ON b.unit_id = k.unit_id AND b.issued_at = k.issued_at AND b.bill_code = k.bill_code
    AND b.bill_number = k.bill_number AND b.issued_at BETWEEN %s AND %s
JOIN registry_unit AS u ON u.id = k.unit_id
LEFT JOIN registry_billtype AS t ON t.code = b.bill_type_code
LEFT JOIN registry_unitrecord AS r ON r.unit_id = k.unit_id AND r.valid_from <= k.day
    AND (r.valid_to IS NULL OR k.day < r.valid_to)
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
    asked = Asked((), page.sort, page.descending, page.position, page.limit)
    of_lines = predicate_of_lines(question, reach)
    if of_lines is not None:
        given: dict[str, Any] = {"first_values": of_lines[1]}
        source = replace(
            _SOURCE, table="hit AS b", first=_HIT.format(said=of_lines[0]),
            sums={**_SOURCE.sums, "line_fen": "coalesce(sum(b.line_fen), 0)"},
        )  # fmt: skip
    else:
        scope, values = predicate(question, reach)
        source, extra = _with_lines(question)
        whole_as = known_by_the_ledger(question, reach)
        given = {"scope": scope, "scope_values": values, "sum_values": extra, "whole_as": whole_as}
    with connection.cursor() as cursor:
        found = find(cursor, source, asked, _plain, **given)
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
    return replace(_SOURCE, sums={**_SOURCE.sums, "line_fen": text}), line[1]


def _detailed(rows: Sequence[dict[str, Any]]) -> list[BillRow]:
    """The rows with what else they hold and the names of what they are about."""
    if not rows:
        return []
    instants = [row["issued_at"] for row in rows]
    keys = [[row[name] for row in rows] for name in ("unit_id", "issued_at", "bill_code", "bill_number")]
    span = (min(instants), max(instants))
    with connection.cursor() as cursor:
        cursor.execute(_DETAILS, [*keys, *span, *span])
        details = cursor.fetchall()
    found = []
    for row, detail in zip(rows, details, strict=True):
        own = dict(row)
        left_fen, on_paper = own.pop("standing") or (own["total_fen"], 0)
        rest = dict(zip((*_OWN, *_NAMES), detail, strict=True))
        found.append(BillRow(**own, **rest, red_fen=own["total_fen"] - left_fen, converted=bool(on_paper)))
    return found
