"""The verbs of the ledger: post facts, fold what they add up to, give leaves their place in the log."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from piaoju.crypto import merkle
from piaoju.kit import arrays, partitions
from piaoju.ledger.folding import fold, hold_folding
from piaoju.ledger.sequencer import sequence, sign_checkpoint
from piaoju.ledger.types import FACT, Connection, Cursor, Fact

__all__ = [
    "append_leaf",
    "ensure_partitions",
    "fold",
    "hold_folding",
    "post",
    "sequence",
    "sign_checkpoint",
]

PARTITIONED = ("ledger_fact",)
_BETWEEN = "\x1f"

# Facts, what they add to totals, and their pending leaves: the database derives the last two from the rows it
# has just written, so they cannot disagree, and one statement does for one fact or for a batch of thousands.
_POST = """
WITH fact AS (
    INSERT INTO ledger_fact (unit_id, at, kind, bill_code, bill_number, region_code, bill_type_code, sheets,
                             amount_fen, item_codes, item_fens, actor, digest)
    SELECT u, t, k, c, n, r, b, s, a, string_to_array(ic, E'\\x1f'), string_to_array(ia, ',')::bigint[], w, d
    FROM unnest(%s::bigint[], %s::timestamptz[], %s::smallint[], %s::text[], %s::bigint[], %s::text[],
                %s::text[], %s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::bytea[])
         AS f(u, t, k, c, n, r, b, s, a, ic, ia, w, d)
    RETURNING unit_id, at, kind, bill_code, bill_number, region_code, bill_type_code, sheets, amount_fen,
              item_codes, item_fens
), delta AS (
    INSERT INTO ledger_delta (unit_id, hour, region_code, bill_type_code, kind, sheets, amount_fen, item_codes, item_fens)
    SELECT unit_id, date_trunc('hour', at, 'Asia/Shanghai'), region_code, bill_type_code, kind, sheets, amount_fen,
           item_codes, item_fens
    FROM fact
)
INSERT INTO ledger_pending_leaf (unit_id, at, source, source_id)
SELECT unit_id, at, 'fact', kind || ':' || bill_code || ':' || bill_number FROM fact
"""


def post(cursor: Cursor, facts: Sequence[Fact]) -> None:
    """Write facts, what they add to totals and their pending leaves, in the caller's transaction.

    One statement, nothing fetched, so the cursor may be in pipeline mode. The constraints speak when the
    statement runs: the same fact twice is an IntegrityError.
    """
    if not facts:
        return
    codes: list[str] = []
    fens: list[str] = []
    for fact in facts:
        items = dict(fact.items)
        if len(items) != len(fact.items):
            raise ValueError("an item appears twice in one fact: add its lines up first")
        codes.append(_BETWEEN.join(items))
        fens.append(",".join(map(str, items.values())))
    cursor.execute(
        _POST,
        (
            arrays.numbers([fact.unit_id for fact in facts]),
            arrays.instants([fact.at for fact in facts]),
            arrays.numbers([int(fact.kind) for fact in facts]),
            arrays.texts([fact.bill_code for fact in facts]),
            arrays.numbers([fact.bill_number for fact in facts]),
            arrays.texts([fact.region_code for fact in facts]),
            arrays.texts([fact.bill_type_code for fact in facts]),
            arrays.numbers([fact.sheets for fact in facts]),
            arrays.numbers([fact.amount_fen for fact in facts]),
            arrays.texts(codes),
            arrays.texts(fens),
            arrays.texts([fact.actor for fact in facts]),
            arrays.octets([fact.digest for fact in facts]),
        ),
    )


def append_leaf(
    cursor: Cursor,
    unit_id: int,
    at: datetime,
    source: str,
    source_id: str,
    event: bytes,
) -> None:
    """Leave a leaf of another room (an audit record) to the log, in the caller's transaction.

    Only the hash of the event is kept: the room that owns the event can always show it.
    """
    if source == FACT:
        raise ValueError("facts come into the log through post()")
    cursor.execute(
        "INSERT INTO ledger_pending_leaf (unit_id, at, source, source_id, hash) VALUES (%s, %s, %s, %s, %s)",
        (unit_id, at, source, source_id, merkle.leaf(event).hash),
    )


def ensure_partitions(connection: Connection, first_month: date, months: int = partitions.MONTHS_AHEAD) -> None:
    """Make the month partitions of the ledger that are missing; for every start and every night."""
    with connection.cursor() as cursor:
        cursor.execute(partitions.ensure_partitions_sql(PARTITIONED, first_month, months))
