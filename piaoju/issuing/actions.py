"""Verbs that record bills, inside someone's transaction.

`cursor` is anything with .execute(sql, parameters); nothing is fetched, so a psycopg cursor may be in pipeline mode. One
statement a table, whatever the number of bills.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from piaoju.issuing.types import BillPlace, IntentRow, RecordedBill
from piaoju.kit import arrays

_BILL_SQL = """
    INSERT INTO issuing_bill (unit_id, issued_at, bill_code, bill_number, bill_type_code, region_code, check_code,
        business_number, payer_type, payer_name, payer_code_index, private_sealed, total_fen, pay_mode, payment_code,
        handler, checker, actor, digest)
    SELECT * FROM unnest(%s::bigint[], %s::timestamptz[], %s::text[], %s::bigint[], %s::text[], %s::text[], %s::text[],
        %s::text[], %s::smallint[], %s::text[], %s::bytea[], %s::bytea[], %s::bigint[], %s::text[], %s::text[],
        %s::text[], %s::text[], %s::text[], %s::bytea[])
"""
_LINE_SQL = """
    INSERT INTO issuing_bill_line (unit_id, issued_at, bill_code, bill_number, line_number, item_code, quantity_e4,
        standard_e4, amount_fen)
    SELECT * FROM unnest(%s::bigint[], %s::timestamptz[], %s::text[], %s::bigint[], %s::smallint[], %s::text[],
        %s::bigint[], %s::bigint[], %s::bigint[])
"""
_DOCUMENT_SQL = """
    INSERT INTO issuing_bill_document (unit_id, issued_at, bill_code, bill_number, body)
    SELECT * FROM unnest(%s::bigint[], %s::timestamptz[], %s::text[], %s::bigint[], %s::bytea[])
"""
_KEY_SQL = """
    INSERT INTO issuing_business_key (unit_id, business_number, request_digest, issued_at, bill_code, bill_number)
    SELECT * FROM unnest(%s::bigint[], %s::text[], %s::bytea[], %s::timestamptz[], %s::text[], %s::bigint[])
"""
_NUMBER_SQL = """
    INSERT INTO issuing_bill_number (unit_id, bill_code, bill_number, issued_at)
    SELECT * FROM unnest(%s::bigint[], %s::text[], %s::bigint[], %s::timestamptz[])
"""


_WAITING_SQL = """
    INSERT INTO issuing_waitinglayout (unit_id, bill_code, bill_number, issued_at)
    SELECT * FROM unnest(%s::bigint[], %s::text[], %s::bigint[], %s::timestamptz[])
"""


def record_bills(cursor: Any, bills: Sequence[RecordedBill]) -> None:
    """Write these bills down: facts, lines, documents and the two permanent keys."""
    units = arrays.numbers([b.unit_id for b in bills])
    ats = arrays.instants([b.issued_at for b in bills])
    codes = arrays.texts([b.bill_code for b in bills])
    numbers = arrays.numbers([b.bill_number for b in bills])
    business_numbers = arrays.texts([b.business_number for b in bills])
    digests = arrays.octets([b.request_digest for b in bills])
    cursor.execute(_KEY_SQL, (units, business_numbers, digests, ats, codes, numbers))
    cursor.execute(_NUMBER_SQL, (units, codes, numbers, ats))
    cursor.execute(_WAITING_SQL, (units, codes, numbers, ats))
    cursor.execute(
        _BILL_SQL,
        (
            units, ats, codes, numbers,
            arrays.texts([b.bill_type_code for b in bills]), arrays.texts([b.region_code for b in bills]),
            arrays.texts([b.check_code for b in bills]), business_numbers,
            arrays.numbers([b.payer_type for b in bills]), arrays.texts([b.payer_name for b in bills]),
            arrays.octets([b.payer_code_index for b in bills]), arrays.octets([b.private_sealed for b in bills]),
            arrays.numbers([b.total_fen for b in bills]), arrays.texts([b.pay_mode for b in bills]),
            arrays.texts([b.payment_code for b in bills]), arrays.texts([b.handler for b in bills]),
            arrays.texts([b.checker for b in bills]), arrays.texts([b.actor for b in bills]),
            arrays.octets([b.digest for b in bills]),
        ),
    )  # fmt: skip
    _record_lines(cursor, bills)
    cursor.execute(_DOCUMENT_SQL, (units, ats, codes, numbers, arrays.octets([b.body for b in bills])))


def _record_lines(cursor: Any, bills: Sequence[RecordedBill]) -> None:
    owners = [b for b in bills for _ in b.lines]
    lines = [line for b in bills for line in b.lines]
    cursor.execute(
        _LINE_SQL,
        (
            arrays.numbers([b.unit_id for b in owners]), arrays.instants([b.issued_at for b in owners]),
            arrays.texts([b.bill_code for b in owners]), arrays.numbers([b.bill_number for b in owners]),
            arrays.numbers([n for b in bills for n in range(1, len(b.lines) + 1)]),
            arrays.texts([line[0] for line in lines]), arrays.numbers([line[1] for line in lines]),
            arrays.numbers([line[2] for line in lines]), arrays.numbers([line[3] for line in lines]),
        ),
    )  # fmt: skip


def record_layout(cursor: Any, place: BillPlace, sealed_at: datetime, font_digest: bytes, body: bytes) -> None:
    """Keep the sealed OFD of a bill; a second one for the same bill changes nothing."""
    cursor.execute(
        """
        INSERT INTO issuing_bill_layout (unit_id, issued_at, bill_code, bill_number, sealed_at, font_digest, body)
        VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
        """,
        (place.unit_id, place.issued_at, place.bill_code, place.bill_number, sealed_at, font_digest, body),
    )
    cursor.execute(
        "DELETE FROM issuing_waitinglayout WHERE unit_id = %s AND bill_code = %s AND bill_number = %s",
        (place.unit_id, place.bill_code, place.bill_number),
    )


def keep_intents(cursor: Any, intents: Sequence[IntentRow]) -> None:
    """Write down what is about to be signed outside."""
    cursor.execute(
        """
        INSERT INTO issuing_intent (unit_id, business_number, request_digest, bill_code, bill_number, intended_at,
            request_body, original)
        SELECT * FROM unnest(%s::bigint[], %s::text[], %s::bytea[], %s::text[], %s::bigint[], %s::timestamptz[],
            %s::bytea[], %s::bytea[])
        """,
        (
            arrays.numbers([i.unit_id for i in intents]), arrays.texts([i.business_number for i in intents]),
            arrays.octets([i.request_digest for i in intents]), arrays.texts([i.bill_code for i in intents]),
            arrays.numbers([i.bill_number for i in intents]), arrays.instants([i.intended_at for i in intents]),
            arrays.octets([i.request_body for i in intents]), arrays.octets([i.original for i in intents]),
        ),
    )  # fmt: skip


def fulfil_intents(cursor: Any, keys: Sequence[tuple[int, str]]) -> int:
    """These intents are done (their bills are being recorded, or their numbers voided); how many were still there."""
    cursor.execute(
        """
        DELETE FROM issuing_intent i USING unnest(%s::bigint[], %s::text[]) AS w (u, b)
        WHERE i.unit_id = w.u AND i.business_number = w.b
        """,
        ([unit_id for unit_id, _ in keys], [business_number for _, business_number in keys]),
    )
    done: int = cursor.rowcount
    return done
