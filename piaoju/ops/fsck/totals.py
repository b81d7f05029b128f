"""The rollup with what is not folded yet, recounted cell by cell from the facts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from piaoju.ops.fsck.difference import Difference, differing

_HOURS = """
    SELECT unit_id, {hour} AS hour, region_code, bill_type_code, item_code, kind, sum(sheets) AS sheets, sum(fen) AS fen
    FROM {source}, LATERAL (
        SELECT '' COLLATE "C" AS item_code, amount_fen AS fen
        UNION ALL SELECT code, i.fen FROM unnest(item_codes, item_fens) AS i(code, fen)) AS item
    GROUP BY 1, 2, 3, 4, 5, 6
"""
_BOOKED = _HOURS.format(source="ledger_fact", hour="date_trunc('hour', at, 'Asia/Shanghai')")
_NOT_FOLDED = _HOURS.format(source="ledger_delta", hour="hour")

# Which cells there are: scope (unit, region, all), of items or of bills, grain, with bill type or of every type.
_KEPT = """(VALUES
    (1, false, 2, true), (1, false, 3, true), (1, true, 4, true), (1, true, 3, true),
    (2, false, 1, true), (2, false, 2, true), (2, false, 3, true), (2, false, 4, true), (2, false, 5, true), (2, false, 6, true),
    (2, true, 4, true), (2, true, 3, true), (2, true, 5, false), (2, true, 6, false),
    (3, false, 1, true), (3, false, 2, true), (3, false, 3, true), (3, false, 4, true), (3, false, 5, true), (3, false, 6, true),
    (3, true, 2, true), (3, true, 3, true), (3, true, 1, false), (3, true, 2, false), (3, true, 3, false), (3, true, 4, false),
    (3, true, 5, false), (3, true, 6, false)) AS k(scope, items, grain, typed)"""
_CELLS = """
    SELECT scope, grain, CASE WHEN scope = 1 THEN unit_id ELSE 0 END AS unit_id,
           CASE WHEN scope = 3 THEN '' COLLATE "C" ELSE region_code END AS region_code,
           ledger_bucket(grain::smallint, hour) AS bucket,
           CASE WHEN typed THEN bill_type_code ELSE '' COLLATE "C" END AS bill_type_code, item_code, kind,
           sum(sheets) AS sheets, sum(fen) AS fen
    FROM ({hours}) AS h JOIN {kept} ON items = (item_code <> '')
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
"""

_DIFFERENT = f"""
WITH wanted AS ({_CELLS.format(hours=_BOOKED, kept=_KEPT)}), held AS (
    SELECT scope, grain, unit_id, region_code, bucket, bill_type_code, item_code, kind, sum(sheets) AS sheets,
           sum(fen) AS fen
    FROM (SELECT scope, grain, unit_id, region_code, bucket, bill_type_code, item_code, kind, sheets,
                 amount_fen AS fen FROM ledger_total
          UNION ALL {_CELLS.format(hours=_NOT_FOLDED, kept=_KEPT)}) AS both_parts
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
)
SELECT concat_ws(' ', (ARRAY['单位', '区划', '全部'])[scope], nullif(unit_id, 0), region_code,
                 (ARRAY['小时', '日', '月', '旬', '季', '年'])[grain],
                 to_char(bucket AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD HH24"时"'),
                 nullif(bill_type_code, ''), nullif(item_code, ''), 'kind=' || kind),
       coalesce(wanted.sheets, 0), coalesce(wanted.fen, 0), coalesce(held.sheets, 0), coalesce(held.fen, 0)
FROM wanted FULL JOIN held USING (scope, grain, unit_id, region_code, bucket, bill_type_code, item_code, kind)
WHERE (coalesce(wanted.sheets, 0), coalesce(wanted.fen, 0)) <> (coalesce(held.sheets, 0), coalesce(held.fen, 0))
ORDER BY 1
"""


# What units were, closed for days and months that are over (日结), against the facts; a fact that came late opens them again.
_CLOSED = """
WITH time AS (
    SELECT c.dimension, c.grain, c.bucket, CASE c.grain WHEN 2 THEN (c.bucket AT TIME ZONE 'Asia/Shanghai' + interval '1 day')
        ELSE (c.bucket AT TIME ZONE 'Asia/Shanghai' + interval '1 month') END AT TIME ZONE 'Asia/Shanghai' AS until, c.sheets
    FROM reporting_closedtime AS c
), day AS (
    SELECT unit_id, date_trunc('day', at, 'Asia/Shanghai') AS bucket, bill_type_code, kind, sum(sheets) AS sheets,
           sum(amount_fen) AS fen
    FROM ledger_fact GROUP BY 1, 2, 3, 4
), whole AS (
    SELECT t.dimension, t.grain, t.bucket, t.until FROM time AS t JOIN day AS d ON d.bucket >= t.bucket AND d.bucket < t.until
    GROUP BY 1, 2, 3, 4, t.sheets HAVING sum(d.sheets) = t.sheets
), named AS (
    SELECT w.dimension, w.grain, w.bucket, d.bill_type_code, d.kind, d.sheets, d.fen, coalesce((
        SELECT CASE w.dimension WHEN 'industry' THEN r.industry WHEN 'governing' THEN r.governing_department_id
            ELSE r.connection_mode END
        FROM registry_unitrecord AS r WHERE r.unit_id = d.unit_id
        ORDER BY r.valid_from <= (d.bucket AT TIME ZONE 'Asia/Shanghai')::date DESC, r.valid_from DESC, r.id DESC LIMIT 1), '')
        AS label
    FROM whole AS w JOIN day AS d ON d.bucket >= w.bucket AND d.bucket < w.until
), wanted AS (
    SELECT dimension, grain, bucket, label, bill_type_code, kind, sum(sheets) AS sheets, sum(fen) AS fen
    FROM named GROUP BY 1, 2, 3, 4, 5, 6
), held AS (
    SELECT dimension, grain, bucket, label, bill_type_code, kind, sheets, amount_fen AS fen
    FROM reporting_grouptotal JOIN whole USING (dimension, grain, bucket)
)
SELECT concat_ws(' ', '日结', dimension, (ARRAY['', '日', '月'])[grain],
                 to_char(bucket AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD'), label, bill_type_code, 'kind=' || kind),
       coalesce(wanted.sheets, 0), coalesce(wanted.fen, 0), coalesce(held.sheets, 0), coalesce(held.fen, 0)
FROM wanted FULL JOIN held USING (dimension, grain, bucket, label, bill_type_code, kind)
WHERE (coalesce(wanted.sheets, 0), coalesce(wanted.fen, 0)) <> (coalesce(held.sheets, 0), coalesce(held.fen, 0))
ORDER BY 1
"""


def examine(connection: Any) -> Iterator[Difference]:
    """Totals that are not what the facts add up to."""
    yield from differing(
        connection, "totals", "total_not_as_booked", _DIFFERENT,
        "按记账行应为 {} 份 {} 分，统计汇总为 {} 份 {} 分",
    )  # fmt: skip
    yield from differing(
        connection, "totals", "closed_not_as_booked", _CLOSED,
        "按记账行应为 {} 份 {} 分，日结（月结）为 {} 份 {} 分",
    )  # fmt: skip
