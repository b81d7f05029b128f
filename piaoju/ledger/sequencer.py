"""The sequencer: gives committed leaves their dense place in the log, and signs the log's head.

It runs behind the commits. Killed at any instant it loses nothing and leaves no gap: a pending row becomes
a leaf in one statement, tiles are rebuilt, and a checkpoint is a row before it is a file.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from piaoju.crypto import merkle, sm2
from piaoju.crypto.merkle import Node, Sums
from piaoju.crypto.signers import Signer
from piaoju.ledger import checkpoint_text, rules, tree
from piaoju.ledger.errors import LogInconsistent
from piaoju.ledger.types import FACT, Checkpoint, Connection, Fact, FactKind

_LOCK = "hashtextextended('piaoju sequencer', 0)"

# LATERAL … LIMIT 1: a key look-up for each row, whatever the planner believes about an ever-changing table.
_PENDING = """
SELECT p.id, p.unit_id, p.at, p.source, p.source_id, p.hash, f.*
FROM (SELECT * FROM ledger_pending_leaf ORDER BY id LIMIT %s) AS p
LEFT JOIN LATERAL (
    SELECT kind, region_code, bill_type_code, bill_code, bill_number, sheets, amount_fen, item_codes, item_fens,
           actor, digest
    FROM ledger_fact
    WHERE p.source = 'fact' AND unit_id = p.unit_id AND at = p.at
      AND kind = CASE p.source WHEN 'fact' THEN split_part(p.source_id, ':', 1)::smallint END
      AND bill_code = split_part(p.source_id, ':', 2)
      AND bill_number = CASE p.source WHEN 'fact' THEN split_part(p.source_id, ':', 3)::bigint END
    LIMIT 1
) AS f ON true
ORDER BY p.id
"""

_APPEND = """
WITH placed AS (
    SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bytea[], %s::bigint[], %s::bigint[],
                         %s::bigint[], %s::bigint[])
                  AS t(id, unit_id, position, hash, issued_sheets, issued_fen, red_sheets, red_fen)
), gone AS (
    DELETE FROM ledger_pending_leaf AS p USING placed
    WHERE p.id = placed.id AND p.unit_id = placed.unit_id
    RETURNING placed.position, p.unit_id, p.at, p.source, p.source_id, placed.hash, placed.issued_sheets,
              placed.issued_fen, placed.red_sheets, placed.red_fen
)
INSERT INTO ledger_leaf (position, unit_id, at, source, source_id, hash, issued_sheets, issued_fen, red_sheets,
                         red_fen)
SELECT * FROM gone ORDER BY position
"""


def sequence(connection: Connection, limit: int = 2_000) -> int:
    """Give up to `limit` pending leaves the next places in the log and return how many.

    Of several sequencers one works, the others return 0. Were the lock ever lost, the key of the leaves and
    the trigger that refuses a gap would refuse the second writer.
    """
    with _my_turn(connection) as mine, connection.cursor() as cursor:
        if not mine:
            return 0
        cursor.execute(_PENDING, (limit,))
        pending = cursor.fetchall()
        if not pending:
            return 0
        size = _size(cursor)
        leaves = [_leaf(row) for row in pending]
        cursor.execute(
            _APPEND,
            (
                [row[0] for row in pending],
                [row[1] for row in pending],
                list(range(size, size + len(leaves))),
                [leaf.hash for leaf in leaves],
                *([leaf.sums[at] for leaf in leaves] for at in range(4)),
            ),
        )
        return len(leaves)


def sign_checkpoint(
    connection: Connection,
    folder: Path,
    *,
    origin: str,
    signer: Signer,
    key_ref: str,
    public_key: bytes,
    at: datetime,
) -> Checkpoint | None:
    """Write the tiles in DATA/log, sign the log's head and publish it; None when nothing is new.

    The new head must contain the last signed one, or nothing is signed.
    """
    with _my_turn(connection) as mine, connection.cursor() as cursor:
        if not mine:
            return None
        size, last = _size(cursor), _last_checkpoint(cursor)
        if size == last.size:
            _publish(folder, last)
            return None
        log = tree.Tree(folder, tree.leaves_in(connection))
        log.extend(_published_size(folder, last.size), size)
        head = log.root(size)
        path = log.consistency_path(last.size, size) if last.size <= size else ()
        if not merkle.verify_consistency(last.size, size, last.root, head, path):
            raise LogInconsistent
        at = at.astimezone(UTC).replace(microsecond=0)
        content = checkpoint_text.body(origin, size, head, at)
        (signature,) = signer.sign([sm2.digest_for(content, public_key)], key_ref)
        checkpoint = Checkpoint(
            size,
            head,
            at,
            checkpoint_text.signed(content, origin, public_key, signature),
        )
        cursor.execute(
            "INSERT INTO ledger_checkpoint (size, at, root, sums, text) VALUES (%s, %s, %s, %s, %s)",
            (size, at, head.hash, head.sums.to_bytes(), checkpoint.text),
        )
        _publish(folder, checkpoint)
        return checkpoint


@contextmanager
def _my_turn(connection: Connection) -> Iterator[bool]:
    """Whether this session is the only one in the log; the lock ends with the session at the latest."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_try_advisory_lock({_LOCK})")
        mine = bool(cursor.fetchone()[0])
    try:
        yield mine
    finally:
        if mine:
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT pg_advisory_unlock({_LOCK})")


def _leaf(row: Any) -> Node:
    _, unit_id, at, source, source_id, digest, kind, *rest = row
    if source != FACT:
        return Node(bytes(digest), merkle.NOTHING)
    if kind is None:
        raise LogInconsistent(f"待入日志的一笔找不到原始记录（单位 {unit_id}，{source_id}）；请运行 piaoju fsck")
    fact = fact_of((unit_id, at, kind, *rest))
    return merkle.leaf(rules.event_of(fact), rules.sums_of(kind, fact.sheets, fact.amount_fen))


def fact_of(row: Any) -> Fact:
    """The fact of a stored row: unit_id, at, kind, region, type, code, number, sheets, fen, items, actor, digest."""
    (
        unit_id,
        at,
        kind,
        region,
        bill_type,
        code,
        number,
        sheets,
        fen,
        codes,
        fens,
        actor,
        digest,
    ) = row
    items = tuple(zip(codes, fens, strict=True))
    return Fact(
        unit_id,
        at,
        FactKind(kind),
        region,
        bill_type,
        code,
        number,
        sheets,
        fen,
        items,
        actor,
        bytes(digest),
    )


def _size(cursor: Any) -> int:
    cursor.execute("SELECT coalesce(max(position) + 1, 0) FROM ledger_leaf")
    return int(cursor.fetchone()[0])


def _last_checkpoint(cursor: Any) -> Checkpoint:
    cursor.execute("SELECT size, root, sums, at, text FROM ledger_checkpoint ORDER BY size DESC LIMIT 1")
    row = cursor.fetchone()
    if row is None:
        return Checkpoint(0, merkle.EMPTY, datetime.fromtimestamp(0, UTC), "")
    return checkpoint_of(row)


def checkpoint_of(row: Any) -> Checkpoint:
    """The checkpoint of a stored row: size, root, sums, at, text."""
    size, digest, sums, at, text = row
    return Checkpoint(size, Node(bytes(digest), Sums.from_bytes(bytes(sums))), at, text)


def _published_size(folder: Path, at_most: int) -> int:
    """Up to where the tiles in the folder are complete; 0 when it cannot be known, and they are written anew."""
    try:
        published = checkpoint_text.parse((folder / tree.CHECKPOINT_FILE).read_text("utf-8")).size
    except (OSError, ValueError):
        return 0
    return published if published <= at_most else 0


def _publish(folder: Path, checkpoint: Checkpoint) -> None:
    """DATA/log/checkpoint is the last signed head."""
    path = folder / tree.CHECKPOINT_FILE
    content = checkpoint.text.encode()
    if content and (not path.exists() or path.read_bytes() != content):
        tree.write_whole(path, content)
