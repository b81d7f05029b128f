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

# Which cells there are: by unit, region and all; by hour, day and month; items by hour only of all, who has longer ones too.
_CELLS = """
    SELECT scope, grain, CASE WHEN scope = 1 THEN unit_id ELSE 0 END AS unit_id,
           CASE WHEN scope = 3 THEN '' COLLATE "C" ELSE region_code END AS region_code,
           ledger_bucket(grain::smallint, hour) AS bucket,
           bill_type_code, item_code, kind, sum(sheets) AS sheets, sum(fen) AS fen
    FROM ({hours}) AS h, generate_series(1, 3) AS s(scope), generate_series(1, 6) AS g(grain)
    WHERE CASE WHEN item_code = '' THEN grain < 4 WHEN scope = 3 THEN true ELSE grain IN (2, 3) END
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
"""

_DIFFERENT = f"""
WITH wanted AS ({_CELLS.format(hours=_BOOKED)}), held AS (
    SELECT scope, grain, unit_id, region_code, bucket, bill_type_code, item_code, kind, sum(sheets) AS sheets,
           sum(fen) AS fen
    FROM (SELECT scope, grain, unit_id, region_code, bucket, bill_type_code, item_code, kind, sheets,
                 amount_fen AS fen FROM ledger_total
          UNION ALL {_CELLS.format(hours=_NOT_FOLDED)}) AS both_parts
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
)
SELECT concat_ws(' ', (ARRAY['单位', '区划', '全部'])[scope], nullif(unit_id, 0), region_code,
                 (ARRAY['小时', '日', '月', '旬', '季', '年'])[grain],
                 to_char(bucket AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD HH24"时"'),
                 bill_type_code, nullif(item_code, ''), 'kind=' || kind),
       coalesce(wanted.sheets, 0), coalesce(wanted.fen, 0), coalesce(held.sheets, 0), coalesce(held.fen, 0)
FROM wanted FULL JOIN held USING (scope, grain, unit_id, region_code, bucket, bill_type_code, item_code, kind)
WHERE (coalesce(wanted.sheets, 0), coalesce(wanted.fen, 0)) <> (coalesce(held.sheets, 0), coalesce(held.fen, 0))
ORDER BY 1
"""


def examine(connection: Any) -> Iterator[Difference]:
    """Totals that are not what the facts add up to."""
    yield from differing(
        connection, "totals", "total_not_as_booked", _DIFFERENT,
        "按记账行应为 {} 份 {} 分，统计汇总为 {} 份 {} 分",
    )  # fmt: skip
