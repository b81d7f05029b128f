"""Bills that are asked for: rows, exact count and sums of one snapshot; and their places, chunk by chunk.

Re-exported by `queries`.
"""

from __future__ import annotations

from dataclasses import replace

from django.db import connection

from piaoju.kit.listing import Asked, Condition, Found, Position, Source, Whole, find, read_cursor
from piaoju.reporting.predicates import LEFT_FEN, ON_PAPER, line_predicate, predicate
from piaoju.reporting.types import BillPlaceRow, BillRow, BillsChunk, BillsPage, BillsQuestion, PlacesChunk, Reach

NEWEST_FIRST = BillsPage()
PLACES_MAX = 10_000  # of one chunk
_KEY = ("issued_at", "unit_id", "bill_code", "bill_number")
_PLACE = {"unit_id": "b.unit_id", "issued_at": "b.issued_at", "bill_code": "b.bill_code", "bill_number": "b.bill_number"}
_LINE_OF = (
    "FROM issuing_bill_line AS l WHERE l.unit_id = b.unit_id AND l.issued_at = b.issued_at "
    "AND l.bill_code = b.bill_code AND l.bill_number = b.bill_number"
)
_FIELDS = {
    **_PLACE,
    "bill_type_code": "b.bill_type_code",
    "bill_name": "coalesce((SELECT t.name FROM registry_billtype AS t WHERE t.code = b.bill_type_code), b.bill_type_code)",
    "region_code": "b.region_code",
    "unit_code": "(SELECT u.code FROM registry_unit AS u WHERE u.id = b.unit_id)",
    "unit_name": """(SELECT r.name FROM registry_unitrecord AS r WHERE r.unit_id = b.unit_id
        ORDER BY r.valid_from <= (b.issued_at AT TIME ZONE 'Asia/Shanghai')::date DESC, r.valid_from DESC, r.id DESC LIMIT 1)""",
    "check_code": "b.check_code",
    "business_number": "b.business_number",
    "payment_code": "b.payment_code",
    "payer_type": "b.payer_type",
    "payer_name": "b.payer_name",
    "total_fen": "b.total_fen",
    "handler": "b.handler",
    "checker": "b.checker",
    "actor": "b.actor",
    "reverses_code": "b.reverses_code",
    "reverses_number": "b.reverses_number",
    "digest": "b.digest",
    "first_item": f"""coalesce((SELECT coalesce(i.name, l.item_code) FROM (SELECT l.item_code {_LINE_OF}
        ORDER BY l.line_number LIMIT 1) AS l LEFT JOIN registry_chargeitem AS i ON i.code = l.item_code), '')""",
    "lines": f"(SELECT count(*) {_LINE_OF})",
    "red_fen": f"CASE WHEN b.reverses_code IS NULL THEN coalesce(b.total_fen - {LEFT_FEN}, 0) ELSE 0 END",
    "converted": ON_PAPER,
}
_SUMS = {
    "total_fen": "coalesce(sum(b.total_fen), 0)",
    "red_sheets": "count(*) FILTER (WHERE b.reverses_code IS NOT NULL)",
    "red_fen": "coalesce(-sum(b.total_fen) FILTER (WHERE b.reverses_code IS NOT NULL), 0)",
}
_SOURCE = Source(table="issuing_bill AS b", fields=_FIELDS, key=_KEY, sums=_SUMS)
_PLACES = Source(table="issuing_bill AS b", fields={**_PLACE, "total_fen": "b.total_fen"}, key=_KEY)


def bills(question: BillsQuestion, reach: Reach, page: BillsPage = NEWEST_FIRST) -> Found[BillRow]:
    """One page of the bills that are meant and may be seen, with exact count and sums of the whole result.

    Sums: total_fen over all, red_sheets and red_fen (positive) of the red ones among them, and line_fen of the lines that
    are asked for, if any are. One statement, hence one snapshot, named with its instant. Raises FieldUnknown.
    """
    scope, values = predicate(question, reach)
    source, extra = _with_lines(question)
    asked = Asked((), page.sort, page.descending, page.position, page.limit)
    with connection.cursor() as cursor:
        found = find(cursor, source, asked, BillRow, scope=scope, scope_values=values, sum_values=extra)
    return found


def bill(bill_code: str, bill_number: int, reach: Reach) -> BillRow | None:
    """The bill of this code and number, if it exists and may be seen."""
    question = BillsQuestion((Condition("bill_code", "eq", (bill_code,)), Condition("bill_number", "eq", (bill_number,))))
    scope, values = predicate(question, reach)
    with connection.cursor() as cursor:
        found = find(cursor, _SOURCE, Asked(limit=1), BillRow, scope=scope, scope_values=values, whole=Whole(0))
    return next(iter(found.rows), None)


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
        found = find(cursor, _SOURCE, asked, BillRow, scope=scope, scope_values=values, whole=Whole(0))
    return BillsChunk(tuple(found.rows), read_cursor(found.next_cursor) if found.next_cursor else None)


def _place(*, total_fen: int, **place: object) -> BillPlaceRow:
    return BillPlaceRow(**place)  # type: ignore[arg-type]  # the names are the source's


def _with_lines(question: BillsQuestion) -> tuple[Source, list[object]]:
    """The source, with the sum of the lines that are asked for."""
    line = line_predicate(question)
    if line is None:
        return _SOURCE, []
    text = f"coalesce(sum((SELECT sum(l.amount_fen) FROM issuing_bill_line AS l WHERE {line[0]})), 0)"
    return replace(_SOURCE, sums={**_SUMS, "line_fen": text}), line[1]
