"""What was posted is moved into the rollup: deltas become rows of every scope and grain that is kept, in one statement."""

from __future__ import annotations

from collections.abc import Iterator

from piaoju.ledger import rules
from piaoju.ledger.rules import Grain, Scope
from piaoju.ledger.types import Connection, Cursor

# What the deltas come to by the finest bucket that is needed; longer ones are added up from these, not from the deltas again.
_ITEM = "gone, unnest(item_codes, item_fens) AS item(code, fen)"
_SUMS = "sum(sheets) AS sheets, sum(amount_fen) AS amount_fen"
_STEPS = f"""
unit_item AS MATERIALIZED (
    SELECT unit_id, region_code, ledger_bucket({Grain.ten_days:d}::smallint, hour) AS bucket, bill_type_code,
           item.code AS item_code, kind, sum(sheets) AS sheets, sum(item.fen) AS amount_fen
    FROM {_ITEM} GROUP BY 1, 2, 3, 4, 5, 6
), region_item AS MATERIALIZED (
    SELECT 0 AS unit_id, region_code, bucket, bill_type_code, item_code, kind, {_SUMS} FROM unit_item GROUP BY 2, 3, 4, 5, 6
), hour_item AS MATERIALIZED (
    SELECT hour AS bucket, bill_type_code, item.code AS item_code, kind, sum(sheets) AS sheets, sum(item.fen) AS amount_fen
    FROM {_ITEM} GROUP BY 1, 2, 3, 4
), day_item AS MATERIALIZED (
    SELECT 0 AS unit_id, '' COLLATE "C" AS region_code, ledger_bucket({Grain.day:d}::smallint, bucket) AS bucket, bill_type_code,
           item_code, kind, {_SUMS}
    FROM hour_item GROUP BY 3, 4, 5, 6
), unit_bill AS MATERIALIZED (
    SELECT unit_id, region_code, ledger_bucket({Grain.day:d}::smallint, hour) AS bucket, bill_type_code,
           '' COLLATE "C" AS item_code, kind, {_SUMS}
    FROM gone GROUP BY 1, 2, 3, 4, 6
), region_bill AS MATERIALIZED (
    SELECT 0 AS unit_id, region_code, hour AS bucket, bill_type_code, '' COLLATE "C" AS item_code, kind, {_SUMS}
    FROM gone GROUP BY 2, 3, 4, 6
), all_bill AS MATERIALIZED (
    SELECT unit_id, '' COLLATE "C" AS region_code, bucket, bill_type_code, item_code, kind, {_SUMS}
    FROM region_bill GROUP BY 1, 3, 4, 5, 6
)"""
_SOURCES = {
    (Scope.unit, False): "unit_bill", (Scope.region, False): "region_bill", (Scope.everyone, False): "all_bill",
    (Scope.unit, True): "unit_item", (Scope.region, True): "region_item", (Scope.everyone, True): "day_item",
}  # fmt: skip
_ROWS = """
    SELECT {scope}::smallint AS scope, grain, unit_id, region_code, ledger_bucket(grain, bucket) AS bucket,
           {bill_type} COLLATE "C" AS bill_type_code, item_code, kind, sum(sheets) AS sheets, sum(amount_fen) AS amount_fen
    FROM {source}, (VALUES {grains}) AS kept(grain) GROUP BY 2, 3, 4, 5, 6, 7, 8"""
_HOURS_OF_ALL_ITEMS = "(SELECT 0 AS unit_id, '' COLLATE \"C\" AS region_code, * FROM hour_item) AS hour_item"


def _rows() -> Iterator[str]:
    for (scope, items), grains in rules.GRAINS.items():
        yield _rows_of(scope, "bill_type_code", _SOURCES[scope, items], grains)
    for scope, grains in rules.UNTYPED.items():
        typeless, source = f"'{rules.EVERY_TYPE}'", _SOURCES[scope, True]
        yield _rows_of(scope, typeless, source, [grain for grain in grains if grain != Grain.hour])
        if Grain.hour in grains:
            yield _rows_of(scope, typeless, _HOURS_OF_ALL_ITEMS, [Grain.hour])


def _rows_of(scope: Scope, bill_type: str, source: str, grains: list[Grain] | tuple[Grain, ...]) -> str:
    named = ", ".join(f"({grain:d}::smallint)" for grain in grains)
    return _ROWS.format(scope=int(scope), bill_type=bill_type, source=source, grains=named)


_FOLD = f"""
WITH turn AS MATERIALIZED (SELECT pg_try_advisory_xact_lock(hashtextextended('piaoju fold', 0)) AS mine),
gone AS (
    DELETE FROM ledger_delta WHERE id <= (  -- not a list of numbers: nobody has counted these rows, and the plan would be a guess
        SELECT max(id) FROM (SELECT id FROM ledger_delta WHERE (SELECT mine FROM turn) ORDER BY id LIMIT %s) AS first)
    RETURNING unit_id, hour, region_code, bill_type_code, kind, sheets, amount_fen, item_codes, item_fens
), {_STEPS}, folded AS (
    INSERT INTO ledger_total AS total
           (scope, grain, unit_id, region_code, bucket, bill_type_code, item_code, kind, sheets, amount_fen)
    SELECT * FROM ({" UNION ALL ".join(_rows())}) AS every
    ORDER BY scope, item_code = '', grain, bucket, unit_id, region_code, bill_type_code, item_code, kind
    ON CONFLICT (scope, grain, bucket, unit_id, region_code, bill_type_code, item_code, kind)
    DO UPDATE SET sheets = total.sheets + excluded.sheets, amount_fen = total.amount_fen + excluded.amount_fen
)
SELECT count(*) FROM gone
"""


def fold(connection: Connection, limit: int = 20_000) -> int:
    """Move up to `limit` deltas into the rollup and return how many; totals are the same before and after.

    One statement: a reader sees a delta or its fold, never both or neither. Of several folders one works,
    the others return 0.
    """
    with connection.cursor() as cursor:
        cursor.execute(_FOLD, (limit,))
        return int(cursor.fetchone()[0])


def hold_folding(cursor: Cursor) -> None:
    """Until the caller's transaction ends the rollup stays as it is; waits for a fold that is under way."""
    cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('piaoju fold', 0))")
