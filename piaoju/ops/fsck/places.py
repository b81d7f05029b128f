"""Every number is where its movements brought it, each movement began where the one before ended, and the ledger was told.

Numbers are looked at in pieces: between two neighbouring ends of any movement or segment of a code, all numbers have had
the same life. So what came to a place less what went is what is there, at every level, without another count.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from piaoju.ops.fsck.difference import Difference, differing

_PIECES = """
edge AS (
    SELECT DISTINCT medium, bill_code, n FROM (
        SELECT medium, bill_code, span FROM stock_movement UNION ALL SELECT medium, bill_code, span FROM stock_segment
    ) AS r, LATERAL (VALUES (lower(span)), (upper(span))) AS ends(n)
), cut AS (
    SELECT medium, bill_code, n AS low, lead(n) OVER (PARTITION BY medium, bill_code ORDER BY n) AS high FROM edge
), piece AS (
    SELECT * FROM cut WHERE high IS NOT NULL
)
"""
_PIECE = "bill_code || ' ' || low || '-' || high - 1"
_NOWHERE = "'0::0:none'"


def _place(prefix: str) -> str:
    return f"{prefix}level || ':' || {prefix}region_code || ':' || {prefix}unit_id || ':' || {prefix}state"


# `id + 0`: the history of a number is found by its span, never by walking the key backwards.
_PLACES = f"""
WITH {_PIECES}, last AS (
    SELECT p.*, (SELECT max(m.id + 0) FROM stock_movement AS m
                 WHERE m.bill_code = p.bill_code AND m.span @> p.low AND m.medium = p.medium) AS id FROM piece AS p
)
SELECT {_PIECE}, moved, there FROM (
    SELECT l.bill_code, low, high, coalesce({_place("m.to_")}, {_NOWHERE}) AS moved, coalesce({_place("s.")}, {_NOWHERE}) AS there
    FROM last AS l LEFT JOIN stock_movement AS m ON m.id = l.id
    LEFT JOIN stock_segment AS s ON s.bill_code = l.bill_code AND s.span @> l.low AND s.medium = l.medium
) AS compared WHERE moved <> there ORDER BY 1
"""

_LEAPS = f"""
WITH {_PIECES}, lived AS (
    SELECT p.bill_code, p.low, p.high, m.id, {_place("m.from_")} AS began,
           lag({_place("m.to_")}) OVER (PARTITION BY p.medium, p.bill_code, p.low ORDER BY m.id) AS ended
    FROM piece AS p JOIN stock_movement AS m ON m.bill_code = p.bill_code AND m.span @> p.low AND m.medium = p.medium
)
SELECT {_PIECE}, id, began, coalesce(ended, {_NOWHERE}) FROM lived WHERE began <> coalesce(ended, {_NOWHERE}) ORDER BY 1, id
"""

_TOLD = """
WITH happened AS (
    SELECT to_unit_id AS unit_id, at, 2 AS kind, bill_code, lower(span) AS number, upper(span) - lower(span) AS sheets
    FROM stock_movement WHERE kind = 'allotted'
    UNION ALL SELECT from_unit_id, at, 6, bill_code, lower(span), upper(span) - lower(span)
    FROM stock_movement WHERE kind = 'returned' AND from_level = 4
    UNION ALL SELECT to_unit_id, at, 7, bill_code, lower(span), upper(span) - lower(span)
    FROM stock_movement WHERE kind = 'voided' AND to_level = 4
    UNION ALL SELECT unit_id, voided_at, 7, bill_code, bill_number, 1 FROM stock_voidednumber
    UNION ALL SELECT unit_id, requested_at, 1, bill_code, id, sheets FROM stock_requisition WHERE level = 4
    UNION ALL SELECT to_unit_id, at, 1, bill_code, 0, sum(upper(span) - lower(span)) FROM stock_movement
    WHERE kind = 'allotted' AND (source = 'stock_on_demand' OR starts_with(source, 'top_up:')) GROUP BY to_unit_id, at, bill_code
), told AS (
    SELECT unit_id, at, kind::int, bill_code, bill_number AS number, sheets FROM ledger_fact WHERE kind IN (1, 2, 6, 7)
), each_once AS (
    SELECT unit_id, at, kind, bill_code COLLATE "C" AS bill_code, number, sum(sheets) AS sheets
    FROM happened GROUP BY 1, 2, 3, 4, 5
)
SELECT bill_code || '-' || lpad(number::text, 10, '0'),
       (ARRAY['申领', '发放', '', '', '', '退回', '作废'])[kind], coalesce(h.sheets::text, '无'), coalesce(t.sheets::text, '无')
FROM each_once AS h FULL JOIN told AS t USING (unit_id, at, kind, bill_code, number)
WHERE h.sheets IS DISTINCT FROM t.sheets ORDER BY 1
"""


def examine(connection: Any) -> Iterator[Difference]:
    """Numbers that are not where they went, movements out of nothing, facts without their movement and the other way round."""
    yield from differing(
        connection, "numbers", "place_not_as_moved", _PLACES, "流转记录应在 {}，号段表在 {}（级次:财政部门:单位:状态）"
    )
    yield from differing(
        connection, "numbers", "movement_from_elsewhere", _LEAPS, "流转 {} 从 {} 起，而号码此前在 {}"
    )
    yield from differing(connection, "numbers", "stock_not_as_booked", _TOLD, "{}份数：库存 {}，记账 {}")
