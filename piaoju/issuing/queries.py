"""Nouns that read bills."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db import connection

from piaoju.issuing import sequels
from piaoju.issuing.batch_queries import (
    BatchListRow,
    batch,
    batch_body,
    batch_content,
    batch_progress,
    batches_of,
    batches_page,
    batches_to_sweep,
    batches_under_way,
    fault_counts,
    fit_rows,
    open_chunks,
    read_rows,
)
from piaoju.issuing.reversal_asking import (
    ReversalListRow,
    open_reversal_of,
    prints_of,
    reversal_application,
    reversal_applications_page,
    reversal_of_business_number,
    reversals_waiting,
)
from piaoju.issuing.sequels import SEQUELS_SQL
from piaoju.issuing.types import BillPlace, IntentRow, Sequel
from piaoju.issuing.window_reading import (
    DeliveryListRow,
    DraftListRow,
    deliveries_page,
    delivery,
    delivery_due,
    draft,
    draft_of_business_number,
    drafts_of_issued,
    drafts_open,
    drafts_page,
    drafts_to_review,
    last_bill_of,
    private_of,
    review_rule,
    reviews_page,
    template,
    templates,
)
from piaoju.kit import arrays

__all__ = [
    "DOCUMENT_SQL", "INTENTS_SQL", "KEYS_SQL", "SEQUELS_SQL", "BatchListRow", "DeliveryListRow", "DraftListRow",
    "ReversalListRow", "batch", "batch_body", "batch_content", "batch_progress", "batches_of", "batches_page",
    "batches_to_sweep", "batches_under_way", "deliveries_page", "delivery", "delivery_due", "draft", "draft_of_business_number",
    "drafts_of_issued", "drafts_open", "drafts_page", "drafts_to_review", "fault_counts", "fit_rows", "intent_row",
    "intents_before", "last_bill_of", "layout_of", "layouts_of", "open_chunks", "open_reversal_of", "parcel_of",
    "parcels_of", "place_of_business_number", "place_of_number", "prints_of", "private_of", "read_rows",
    "region_code_of", "reversal_application", "reversal_applications_page", "reversal_of_business_number",
    "reversals_waiting", "review_rule", "reviews_page", "sequel_parameters", "sequels_by_row", "sequels_of", "template",
    "templates", "text_of_mark", "unsealed",
]  # fmt: skip
sequel_parameters = sequels.parameters

# For the group writer, which reads on its own connection.
KEYS_SQL = """
    SELECT k.unit_id, k.business_number, k.request_digest, k.issued_at, k.bill_code, k.bill_number
    FROM issuing_business_key k
    JOIN unnest(%s::bigint[], %s::text[]) AS w (u, b) ON k.unit_id = w.u AND k.business_number = w.b
"""
DOCUMENT_SQL = """
    SELECT body FROM issuing_bill_document
    WHERE unit_id = %s AND issued_at = %s AND bill_code = %s AND bill_number = %s
"""
INTENTS_SQL = """
    SELECT i.unit_id, i.business_number, i.request_digest, i.bill_code, i.bill_number, i.intended_at, i.request_body,
           i.original
    FROM issuing_intent i
    JOIN unnest(%s::bigint[], %s::text[]) AS w (u, b) ON i.unit_id = w.u AND i.business_number = w.b
"""


@lru_cache(maxsize=4096)  # a text never changes; an unknown mark raises, and is asked for again
def text_of_mark(mark: bytes) -> bytes:
    """The text that a mark in a document stands for (parcel.unpack). Raises LookupError."""
    rows = _rows("SELECT text FROM issuing_kepttext WHERE mark = %s", (mark,))
    if not rows:
        raise LookupError(f"no kept text {mark.hex()}")
    return bytes(rows[0][0])


def place_of_number(unit_id: int, bill_code: str, bill_number: int) -> BillPlace | None:
    """Where the bill with this number is, or none."""
    rows = _rows(
        "SELECT issued_at FROM issuing_bill_number WHERE unit_id = %s AND bill_code = %s AND bill_number = %s",
        (unit_id, bill_code, bill_number),
    )
    return BillPlace(unit_id, rows[0][0], bill_code, bill_number) if rows else None


def place_of_business_number(unit_id: int, business_number: str) -> tuple[BillPlace, bytes] | None:
    """Where the bill of this business number is, and the digest of the request that made it; or none."""
    rows = _rows(KEYS_SQL, ([unit_id], [business_number]))
    if not rows:
        return None
    _, _, digest, issued_at, bill_code, bill_number = rows[0]
    return BillPlace(unit_id, issued_at, bill_code, bill_number), bytes(digest)


def sequels_of(place: BillPlace) -> list[Sequel]:
    """后续事项 of a bill, in order."""
    return sequels_by_row(_rows(SEQUELS_SQL, sequels.parameters([place])))


def sequels_by_row(rows: Any) -> list[Sequel]:
    """Rows of SEQUELS_SQL as values."""
    return [sequels.sequel_of(row) for row in rows]


def region_code_of(place: BillPlace) -> str:
    """The unit's region as of the day of issue."""
    rows = _rows(
        """SELECT region_code FROM issuing_bill
           WHERE unit_id = %s AND issued_at = %s AND bill_code = %s AND bill_number = %s""",
        (place.unit_id, place.issued_at, place.bill_code, place.bill_number),
    )
    code: str = rows[0][0]
    return code


def parcel_of(place: BillPlace) -> bytes:
    """The encrypted parcel (signed XML and answer) of a recorded bill."""
    rows = _rows(DOCUMENT_SQL, (place.unit_id, place.issued_at, place.bill_code, place.bill_number))
    return bytes(rows[0][0])


def layout_of(place: BillPlace) -> bytes | None:
    """The encrypted sealed OFD of a bill, or none while it is not sealed yet."""
    rows = _rows(
        """SELECT body FROM issuing_bill_layout
           WHERE unit_id = %s AND issued_at = %s AND bill_code = %s AND bill_number = %s""",
        (place.unit_id, place.issued_at, place.bill_code, place.bill_number),
    )
    return bytes(rows[0][0]) if rows else None


def parcels_of(places: Sequence[BillPlace]) -> dict[tuple[str, int], bytes]:
    """The parcels of these bills by code and number, in one question; a bill that is not there is not in the answer."""
    return _bodies("issuing_bill_document", places)


def layouts_of(places: Sequence[BillPlace]) -> dict[tuple[str, int], bytes]:
    """The sealed OFDs of those of these bills that have one, by code and number, in one question."""
    return _bodies("issuing_bill_layout", places)


def _bodies(table: str, places: Sequence[BillPlace]) -> dict[tuple[str, int], bytes]:
    rows = _rows(
        f"""SELECT d.bill_code, d.bill_number, d.body
            FROM unnest(%s::bigint[], %s::timestamptz[], %s::text[], %s::bigint[]) AS w (u, i, c, n)
            CROSS JOIN LATERAL (SELECT * FROM {table} AS t WHERE t.unit_id = w.u AND t.issued_at = w.i
                AND t.bill_code = w.c AND t.bill_number = w.n) AS d""",
        (
            arrays.numbers([p.unit_id for p in places]), arrays.instants([p.issued_at for p in places]),
            arrays.texts([p.bill_code for p in places]), arrays.numbers([p.bill_number for p in places]),
        ),
    )  # fmt: skip
    return {(code, number): bytes(body) for code, number, body in rows}


def unsealed(limit: int) -> list[BillPlace]:
    """Bills whose OFD is not sealed yet, newest first: one that cannot be sealed sinks, and holds up nobody."""
    rows = _rows(
        """SELECT unit_id, issued_at, bill_code, bill_number FROM issuing_waitinglayout
           ORDER BY issued_at DESC LIMIT %s""",
        (limit,),
    )
    return [BillPlace(*row) for row in rows]


def unsealed_of(places: Sequence[BillPlace]) -> list[BillPlace]:
    """Those of these bills whose OFD is not sealed yet."""
    rows = _rows(
        """SELECT unit_id, bill_code, bill_number FROM issuing_waitinglayout
           JOIN unnest(%s::bigint[], %s::text[], %s::bigint[]) AS w (unit_id, bill_code, bill_number)
           USING (unit_id, bill_code, bill_number)""",
        sequels.parameters(places),
    )
    waiting = set(rows)
    return [place for place in places if (place.unit_id, place.bill_code, place.bill_number) in waiting]


def intents_before(before: datetime, limit: int) -> list[IntentRow]:
    """待签 taken before an instant, oldest first."""
    rows = _rows(
        """SELECT unit_id, business_number, request_digest, bill_code, bill_number, intended_at, request_body, original
           FROM issuing_intent WHERE intended_at < %s ORDER BY intended_at LIMIT %s""",
        (before, limit),
    )
    return [intent_row(row) for row in rows]


def intent_row(row: Any) -> IntentRow:
    """A row of INTENTS_SQL as a value."""
    unit_id, business_number, digest, bill_code, bill_number, at, body, original = row
    return IntentRow(
        unit_id, business_number, bytes(digest), bill_code, bill_number, at, bytes(body), bytes(original)
    )


def _rows(sql: str, parameters: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        rows: list[Any] = cursor.fetchall()
    return rows
