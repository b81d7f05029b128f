"""Every number of every segment is used once, voided, waiting for its signature, just being used, or still free."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from piaoju.ops.fsck.difference import Difference, differing

_SEGMENT = """
    SELECT s.id, s.unit_id, s.medium, s.bill_code, s.span, lower(s.span) AS low, upper(s.span) - 1 AS high,
           c.next_number, c.last_number, c.bill_code AS counted_code, c.medium AS counted_medium
    FROM stock_segment AS s LEFT JOIN stock_counter AS c ON c.unit_id = s.unit_id AND c.segment_id = s.id
    WHERE s.state = 'in_use'
"""
_ELECTRONIC = f"{_SEGMENT} AND s.medium = 'electronic'"
_USES = """
    SELECT unit_id, bill_code, bill_number, '票据' AS what FROM issuing_bill
    UNION ALL SELECT unit_id, bill_code, bill_number, '作废' FROM stock_voidednumber
    UNION ALL SELECT unit_id, bill_code, bill_number, '待签' FROM issuing_intent
    UNION ALL SELECT unit_id, bill_code, generate_series(first_number, last_number), '取号' FROM stock_taking
"""
_NUMBER = "bill_code || '-' || lpad(bill_number::text, 10, '0') AS subject"

_COUNTERS = f"""
SELECT bill_code || ' ' || low || '-' || high, coalesce(next_number::text, '无'), coalesce(last_number::text, '无')
FROM ({_SEGMENT}) AS s
WHERE next_number IS NULL OR last_number <> high OR next_number NOT BETWEEN low AND high + 1
   OR counted_code <> bill_code OR counted_medium <> medium ORDER BY 1
"""

_LONE_COUNTERS = """
SELECT c.bill_code || ' ' || c.next_number || '-' || c.last_number, c.unit_id FROM stock_counter AS c
WHERE NOT EXISTS (SELECT FROM stock_segment AS s
                  WHERE s.id = c.segment_id AND s.unit_id = c.unit_id AND s.state = 'in_use') ORDER BY 1
"""

# Only a segment whose uses do not fill it up to its counter is walked number by number.
_GAPS = f"""
WITH segment AS ({_ELECTRONIC}), uses AS ({_USES}), short AS (
    SELECT s.* FROM segment AS s
    WHERE s.next_number - s.low <> (
        SELECT count(DISTINCT u.bill_number) FROM uses AS u
        WHERE u.unit_id = s.unit_id AND u.bill_code = s.bill_code AND u.bill_number >= s.low
          AND u.bill_number < s.next_number)
)
SELECT {_NUMBER}, '号码已取出，没有票据、作废、待签或取号' FROM short AS s,
    LATERAL generate_series(s.low, s.next_number - 1) AS n(bill_number)
WHERE NOT EXISTS (SELECT FROM uses AS u WHERE u.unit_id = s.unit_id AND u.bill_code = s.bill_code
                  AND u.bill_number = n.bill_number)
ORDER BY 1
"""

_STRAY = f"""
WITH segment AS ({_ELECTRONIC}), uses AS ({_USES})
SELECT {_NUMBER}, what || CASE WHEN s.id IS NULL THEN '的号码不在本单位的任何号段内'
                               ELSE '的号码尚未取出（下一号码 ' || s.next_number || '）' END
FROM (SELECT u.*, s.id, s.next_number FROM uses AS u LEFT JOIN segment AS s
      ON s.unit_id = u.unit_id AND s.bill_code = u.bill_code AND s.span @> u.bill_number) AS s
WHERE s.id IS NULL OR bill_number >= s.next_number ORDER BY 1
"""

_TWICE = f"""
SELECT {_NUMBER}, string_agg(what, '、' ORDER BY what) FROM ({_USES}) AS u
GROUP BY bill_code, bill_number HAVING count(*) > 1 ORDER BY 1
"""


def examine(connection: Any) -> Iterator[Difference]:
    """Numbers that are in no place, in two places, or in the wrong one."""
    yield from differing(
        connection,
        "numbers",
        "counter_not_in_segment",
        _COUNTERS,
        "号码计数与号段不符：下一号码 {}，终止号 {}",
    )
    yield from differing(
        connection, "numbers", "counter_without_segment", _LONE_COUNTERS, "号码计数没有在用的号段（单位编号 {}）"
    )
    yield from differing(connection, "numbers", "number_missing", _GAPS, "{}")
    yield from differing(connection, "numbers", "number_out_of_place", _STRAY, "{}")
    yield from differing(connection, "numbers", "number_used_twice", _TWICE, "同一号码用了不止一次：{}")
