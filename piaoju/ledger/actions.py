"""The verbs of the ledger: post facts, fold what they add up to, give leaves their place in the log."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from piaoju.kit import partitions
from piaoju.ledger.types import Connection, Cursor, Fact

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
    INSERT INTO ledger_delta (unit_id, hour, region_code, bill_type_code, item_code, kind, sheets, amount_fen)
    SELECT unit_id, date_trunc('hour', at, 'Asia/Shanghai'), region_code, bill_type_code, item.code, kind, sum(item.sheets),
           sum(item.fen)
    FROM fact, LATERAL (SELECT '' COLLATE "C" AS code, sheets, amount_fen AS fen
                        UNION ALL
                        SELECT code, sheets, fen FROM unnest(item_codes, item_fens) AS i(code, fen)) AS item
    GROUP BY 1, 2, 3, 4, 5, 6
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
            raise ValueError(
                "an item appears twice in one fact: add its lines up first"
            )
        codes.append(_BETWEEN.join(items))
        fens.append(",".join(map(str, items.values())))
    cursor.execute(
        _POST,
        (
            _numbers([fact.unit_id for fact in facts]),
            _texts([fact.at.isoformat() for fact in facts]),
            _numbers([int(fact.kind) for fact in facts]),
            _texts([fact.bill_code for fact in facts]),
            _numbers([fact.bill_number for fact in facts]),
            _texts([fact.region_code for fact in facts]),
            _texts([fact.bill_type_code for fact in facts]),
            _numbers([fact.sheets for fact in facts]),
            _numbers([fact.amount_fen for fact in facts]),
            _texts(codes),
            _texts(fens),
            _texts([fact.actor for fact in facts]),
            _texts(["\\x" + fact.digest.hex() for fact in facts]),
        ),
    )


def ensure_partitions(
    connection: Connection, first_month: date, months: int = partitions.MONTHS_AHEAD
) -> None:
    """Make the month partitions of the ledger that are missing; for every start and every night."""
    with connection.cursor() as cursor:
        cursor.execute(
            partitions.ensure_partitions_sql(PARTITIONED, first_month, months)
        )


def _numbers(numbers: Iterable[int]) -> str:
    """An array literal: ten times as fast as letting the driver adapt a list."""
    return "{" + ",".join(map(str, numbers)) + "}"


def _texts(texts: Sequence[str]) -> str:
    """An array literal of quoted texts."""
    joined = "".join(texts)
    if "\\" in joined or '"' in joined:
        texts = [text.replace("\\", "\\\\").replace('"', '\\"') for text in texts]
    return '{"' + '","'.join(texts) + '"}'
