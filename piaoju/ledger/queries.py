"""The nouns of the ledger: totals of any period, the log's head, and where a fact stands in the log."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from django.db import connection as default_connection

from piaoju.ledger import rules
from piaoju.ledger.adding import FIGURE_NAMES, FIGURES_SQL, cut_of_units, figures_as, sum_as, totals, totals_of
from piaoju.ledger.errors import NotInLog
from piaoju.ledger.rules import Grain
from piaoju.ledger.sequencer import checkpoint_of, fact_of
from piaoju.ledger.tree import Tree, leaves_in
from piaoju.ledger.types import FACT, Checkpoint, Connection, ConsistencyProof, FactKind, InclusionProof

__all__ = [
    "FIGURES_SQL", "FIGURE_NAMES", "Grain", "checkpoint", "consistency_proof", "cut_of_units", "figures_as",
    "inclusion_proof", "leaf_position", "sum_as", "totals", "totals_of",
]  # fmt: skip


def leaf_position(
    unit_id: int,
    at: datetime,
    kind: FactKind,
    bill_code: str,
    bill_number: int,
    *,
    connection: Connection | None = None,
) -> int | None:
    """The fact's place in the log, or None while it waits for one (a few seconds at most)."""
    with (connection or default_connection).cursor() as cursor:
        cursor.execute(
            "SELECT position FROM ledger_leaf WHERE unit_id = %s AND at = %s AND source = %s AND source_id = %s",
            (unit_id, at, FACT, rules.fact_source_id(kind, bill_code, bill_number)),
        )
        row = cursor.fetchone()
    return None if row is None else int(row[0])


def checkpoint(size: int | None = None, *, connection: Connection | None = None) -> Checkpoint | None:
    """The last signed checkpoint, or the first one that holds `size` leaves; None if there is none."""
    where, order = ("TRUE", "DESC") if size is None else ("size >= %s", "ASC")
    with (connection or default_connection).cursor() as cursor:
        cursor.execute(
            f"SELECT size, root, sums, at, text FROM ledger_checkpoint WHERE {where} ORDER BY size {order} LIMIT 1",
            () if size is None else (size,),
        )
        row = cursor.fetchone()
    return None if row is None else checkpoint_of(row)


def inclusion_proof(folder: Path, position: int, size: int, *, connection: Connection | None = None) -> InclusionProof:
    """That a leaf is in the log of `size` leaves (a checkpoint's); `folder` is DATA/log."""
    if not 0 <= position < size:
        raise NotInLog
    database = connection or default_connection
    leaves = leaves_in(database)
    log = Tree(folder, leaves)
    try:
        (leaf,) = leaves(position, position + 1)
        path, root = log.inclusion_path(position, size), log.root(size)
    except LookupError as error:
        raise NotInLog from error
    return InclusionProof(position, size, _event(database, position), leaf, path, root)


def consistency_proof(folder: Path, old_size: int, new_size: int, *, connection: Connection | None = None) -> ConsistencyProof:
    """That the log of `old_size` leaves is a beginning of the log of `new_size`; `folder` is DATA/log."""
    if not 0 <= old_size <= new_size:
        raise NotInLog
    log = Tree(folder, leaves_in(connection or default_connection))
    try:
        path = log.consistency_path(old_size, new_size)
        return ConsistencyProof(old_size, new_size, log.root(old_size), log.root(new_size), path)
    except LookupError as error:
        raise NotInLog from error


def _event(connection: Connection, position: int) -> bytes | None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT f.unit_id, f.at, kind, region_code, bill_type_code, bill_code, bill_number, sheets, amount_fen, "
            "item_codes, item_fens, actor, digest FROM ledger_leaf AS l JOIN ledger_fact AS f "
            "ON f.unit_id = l.unit_id AND f.at = l.at AND kind || ':' || bill_code || ':' || bill_number = source_id "
            "WHERE l.position = %s AND l.source = %s",
            (position, FACT),
        )
        row = cursor.fetchone()
    return None if row is None else rules.event_of(fact_of(row))
