"""Verbs that record bills, inside someone's transaction.

`cursor` is anything with .execute(sql, parameters); nothing is fetched here, so a psycopg cursor may be in pipeline mode.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import accumulate
from typing import Any

import psycopg

from piaoju.issuing.batch_actions import (
    advance_check,
    copy_rows,
    empty_file,
    empty_rows,
    end_batch,
    keep_batch,
    keep_chunks,
    mark_chunk,
    mark_rows,
    move_batch,
    pause_batch,
    tell_rows,
)
from piaoju.issuing.parcel import Text
from piaoju.issuing.reversal_asking import (
    add_reversal_application,
    lock_reversal_application,
    settle_reversal_application,
)
from piaoju.issuing.sequels import add_prints, record_paper, record_sequel, record_sequel_if_first
from piaoju.issuing.types import BillPlace, IntentRow, RecordedBill
from piaoju.issuing.window_writing import (
    add_deliveries,
    claim_delivery,
    drop_draft,
    drop_template,
    keep_draft,
    keep_template,
    lock_draft,
    return_draft,
    set_review_rule,
    settle_delivery,
    submit_draft,
    withdraw_draft,
)
from piaoju.kit import arrays

__all__ = [
    "add_deliveries", "add_prints", "add_reversal_application", "advance_check", "claim_delivery", "copy_rows",
    "drop_draft", "drop_template", "empty_file", "empty_rows", "end_batch", "fulfil_intents", "keep_batch",
    "keep_chunks", "keep_draft", "keep_intents", "keep_template", "keep_texts", "lock_draft",
    "lock_reversal_application", "mark_chunk", "mark_rows", "move_batch", "pause_batch", "record_bills",
    "record_layouts", "record_paper", "record_sequel", "record_sequel_if_first", "return_draft", "set_review_rule",
    "settle_delivery", "settle_reversal_application", "submit_draft", "tell_rows", "withdraw_draft",
]  # fmt: skip

# Everything about the bills of a group in one statement: what is sent, planned and waited for once costs a bill least.
_RECORD_SQL = """
    WITH new AS MATERIALIZED (
        SELECT * FROM unnest(%s::bigint[], %s::timestamptz[], %s::text[], %s::bigint[], %s::text[], %s::text[], %s::text[],
            %s::text[], %s::smallint[], %s::text[], %s::bytea[], %s::bytea[], %s::bigint[], %s::text[], %s::text[],
            %s::text[], %s::text[], %s::text[], %s::bytea[], %s::bytea[], %s::int[], %s::int[], %s::text[], %s::bigint[])
            WITH ORDINALITY
        AS b (unit_id, issued_at, bill_code, bill_number, bill_type_code, region_code, check_code, business_number,
            payer_type, payer_name, payer_code_index, private_sealed, total_fen, pay_mode, payment_code, handler, checker,
            actor, digest, request_digest, body_from, body_bytes, reverses_code, reverses_number, place)
    ), key AS (
        INSERT INTO issuing_business_key (unit_id, business_number, request_digest, issued_at, bill_code, bill_number)
        SELECT unit_id, business_number, request_digest, issued_at, bill_code, bill_number FROM new
    ), number AS (
        INSERT INTO issuing_bill_number (unit_id, bill_code, bill_number, issued_at)
        SELECT unit_id, bill_code, bill_number, issued_at FROM new
    ), waiting AS (
        INSERT INTO issuing_waitinglayout (unit_id, bill_code, bill_number, issued_at)
        SELECT unit_id, bill_code, bill_number, issued_at FROM new
    ), document AS (
        INSERT INTO issuing_bill_document (unit_id, issued_at, bill_code, bill_number, body)
        SELECT unit_id, issued_at, bill_code, bill_number, substring(%s::bytea FROM body_from FOR body_bytes) FROM new
    ), bill AS (
        INSERT INTO issuing_bill (unit_id, issued_at, bill_code, bill_number, bill_type_code, region_code, check_code,
            business_number, payer_type, payer_name, payer_code_index, private_sealed, total_fen, pay_mode, payment_code,
            handler, checker, actor, digest, reverses_code, reverses_number)
        SELECT unit_id, issued_at, bill_code, bill_number, bill_type_code, region_code, check_code, business_number,
            payer_type, payer_name, payer_code_index, private_sealed, total_fen, pay_mode, payment_code, handler, checker,
            actor, digest, reverses_code, reverses_number FROM new
    )
    INSERT INTO issuing_bill_line (unit_id, issued_at, bill_code, bill_number, line_number, item_code, quantity_e4,
        standard_e4, amount_fen, region_code, total_fen)
    SELECT unit_id, issued_at, bill_code, bill_number, line_number, item_code, quantity_e4, standard_e4, amount_fen,
        region_code, total_fen
    FROM new JOIN unnest(%s::bigint[], %s::smallint[], %s::text[], %s::bigint[], %s::bigint[], %s::bigint[])
        AS l (place, line_number, item_code, quantity_e4, standard_e4, amount_fen) USING (place)
"""


def record_bills(cursor: Any, bills: Sequence[RecordedBill]) -> None:
    """Write these bills down: facts, lines, documents and the two permanent keys."""
    lines = [line for b in bills for line in b.lines]
    sizes = [len(b.body) for b in bills]
    cursor.execute(
        _RECORD_SQL,
        (
            arrays.numbers([b.unit_id for b in bills]), arrays.instants([b.issued_at for b in bills]),
            arrays.texts([b.bill_code for b in bills]), arrays.numbers([b.bill_number for b in bills]),
            arrays.texts([b.bill_type_code for b in bills]), arrays.texts([b.region_code for b in bills]),
            arrays.texts([b.check_code for b in bills]), arrays.texts([b.business_number for b in bills]),
            arrays.numbers([b.payer_type for b in bills]), arrays.texts([b.payer_name for b in bills]),
            arrays.octets([b.payer_code_index for b in bills]), arrays.octets([b.private_sealed for b in bills]),
            arrays.numbers([b.total_fen for b in bills]), arrays.texts([b.pay_mode for b in bills]),
            arrays.texts([b.payment_code for b in bills]), arrays.texts([b.handler for b in bills]),
            arrays.texts([b.checker for b in bills]), arrays.texts([b.actor for b in bills]),
            arrays.octets([b.digest for b in bills]), arrays.octets([b.request_digest for b in bills]),
            # Bodies go as one piece, as they are: in an array they would be written out in hexadecimal.
            arrays.numbers([end - size + 1 for size, end in zip(sizes, accumulate(sizes), strict=True)]),
            arrays.numbers(sizes), arrays.texts([b.reverses and b.reverses[0] for b in bills]),
            arrays.numbers([b.reverses and b.reverses[1] for b in bills]), b"".join([b.body for b in bills]),
            arrays.numbers([place for place, b in enumerate(bills, 1) for _ in b.lines]),
            arrays.numbers([number for b in bills for number in range(1, len(b.lines) + 1)]),
            arrays.texts([line[0] for line in lines]), arrays.numbers([line[1] for line in lines]),
            arrays.numbers([line[2] for line in lines]), arrays.numbers([line[3] for line in lines]),
        ),
    )  # fmt: skip


def keep_texts(cursor: Any, texts: Sequence[Text]) -> None:
    """Keep these texts for ever, once; documents may then have their marks."""
    cursor.execute(
        """INSERT INTO issuing_kepttext (mark, text) SELECT * FROM unnest(%s::bytea[], %s::bytea[])
           ON CONFLICT (mark) DO NOTHING""",
        (arrays.octets([one.mark for one in texts]), arrays.octets([one.text for one in texts])),
    )


def record_layouts(
    cursor: Any, layouts: Mapping[BillPlace, bytes], sealed_at: datetime, font_digest: bytes
) -> list[BillPlace]:
    """Keep these sealed OFDs; where a bill has one already that one stays. Which were kept now."""
    places, sizes = list(layouts), [len(body) for body in layouts.values()]
    # A cursor that sends values beside the statement, not in its text: bodies go as they are.
    with psycopg.Cursor(cursor.connection) as own:
        own.execute(
            """
            WITH new AS (
                SELECT * FROM unnest(%s::bigint[], %s::timestamptz[], %s::text[], %s::bigint[], %s::int[], %s::int[])
                    WITH ORDINALITY AS n (unit_id, issued_at, bill_code, bill_number, body_from, body_bytes, place)
            ), waiting AS (
                DELETE FROM issuing_waitinglayout w USING new
                WHERE w.unit_id = new.unit_id AND w.bill_code = new.bill_code AND w.bill_number = new.bill_number
            ), kept AS (
                INSERT INTO issuing_bill_layout (unit_id, issued_at, bill_code, bill_number, sealed_at, font_digest, body)
                SELECT unit_id, issued_at, bill_code, bill_number, %s, %s, substring(%s::bytea FROM body_from FOR body_bytes)
                FROM new ON CONFLICT DO NOTHING RETURNING unit_id, bill_code, bill_number
            )
            SELECT new.place FROM new JOIN kept USING (unit_id, bill_code, bill_number)
            """,
            (
                arrays.numbers([p.unit_id for p in places]), arrays.instants([p.issued_at for p in places]),
                arrays.texts([p.bill_code for p in places]), arrays.numbers([p.bill_number for p in places]),
                arrays.numbers([end - size + 1 for size, end in zip(sizes, accumulate(sizes), strict=True)]),
                arrays.numbers(sizes), sealed_at, font_digest, b"".join(layouts.values()),
            ),
        )  # fmt: skip
        return [places[place - 1] for (place,) in own.fetchall()]


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


def fulfil_intents(cursor: Any, intents: Sequence[tuple[int, str, str, int]]) -> None:
    """These intents (unit id, business number, bill code, number) are done: recorded, or their numbers voided.

    A row can be fetched for each that was still there; one made anew since, with another number, is another intent.
    """
    cursor.execute(
        """
        DELETE FROM issuing_intent i USING unnest(%s::bigint[], %s::text[], %s::text[], %s::bigint[]) AS w (u, b, c, n)
        WHERE i.unit_id = w.u AND i.business_number = w.b AND i.bill_code = w.c AND i.bill_number = w.n RETURNING i.unit_id
        """,
        (
            arrays.numbers([intent[0] for intent in intents]), arrays.texts([intent[1] for intent in intents]),
            arrays.texts([intent[2] for intent in intents]), arrays.numbers([intent[3] for intent in intents]),
        ),
    )
