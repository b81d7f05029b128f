"""What happened to bills after they were issued, worked out anew: red bills, what is left, paper, and their facts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from piaoju.ops.fsck.difference import Difference, differing

_PLACE = "bill_code || '-' || lpad(bill_number::text, 10, '0') AS subject"

# A red bill and the sequel of its original say the same; neither is there without the other.
_RED = f"""
WITH red AS (
    SELECT unit_id, bill_code, bill_number, issued_at, reverses_code, reverses_number, -total_fen AS fen FROM issuing_bill
    WHERE reverses_code IS NOT NULL
), told AS (
    SELECT unit_id, red_code AS bill_code, red_number AS bill_number, at, bill_code AS reverses_code,
           bill_number AS reverses_number, reversed_fen AS fen
    FROM issuing_sequel WHERE kind = 'reversed'
)
SELECT {_PLACE}, CASE WHEN t.fen IS NULL THEN '有红票，原票没有这一后续事项' WHEN r.fen IS NULL THEN '有冲红事项，没有红票'
    ELSE '红票为 ' || r.reverses_code || '-' || r.reverses_number || ' ' || r.fen || ' 分，后续事项为 ' || t.reverses_code
         || '-' || t.reverses_number || ' ' || t.fen || ' 分' END
FROM red AS r FULL JOIN told AS t USING (unit_id, bill_code, bill_number)
WHERE (r.issued_at, r.reverses_code, r.reverses_number, r.fen) IS DISTINCT FROM (t.at, t.reverses_code, t.reverses_number, t.fen)
ORDER BY 1
"""

# The whole story of each bill, from its beginning: no gap, what is left, and whether a sheet of paper is out.
_STORY = f"""
SELECT {_PLACE}, ordinal, left_fen, coalesce(worked_out::text, '无'), on_paper, paper_out FROM (
    SELECT s.*, row_number() OVER story AS place, b.total_fen - sum(s.reversed_fen) OVER story AS worked_out,
           sum(CASE s.kind WHEN 'converted' THEN 1 WHEN 'paper_voided' THEN -1 ELSE 0 END) OVER story AS paper_out
    FROM issuing_sequel AS s LEFT JOIN issuing_bill AS b
        ON (b.unit_id, b.issued_at, b.bill_code, b.bill_number) = (s.unit_id, s.issued_at, s.bill_code, s.bill_number)
       AND b.reverses_code IS NULL
    WINDOW story AS (PARTITION BY s.unit_id, s.bill_code, s.bill_number ORDER BY s.ordinal)
) AS s
WHERE ordinal <> place OR left_fen IS DISTINCT FROM worked_out OR worked_out < 0 OR paper_out <> on_paper::int ORDER BY 1, 2
"""

_LINES = f"""
WITH taken AS (
    SELECT unit_id, issued_at, bill_code, bill_number, l.line AS line_number, sum(l.fen) AS fen
    FROM issuing_sequel, unnest(line_numbers, line_fens) AS l(line, fen) GROUP BY 1, 2, 3, 4, 5
)
SELECT {_PLACE}, line_number, t.fen, coalesce(l.amount_fen, 0)
FROM taken AS t LEFT JOIN issuing_bill_line AS l USING (unit_id, issued_at, bill_code, bill_number, line_number)
WHERE t.fen > coalesce(l.amount_fen, -1) ORDER BY 1, 2
"""

# What of each item was taken from a bill is what its red bills say of that item.
_ITEMS = f"""
WITH told AS (
    SELECT s.unit_id, s.at AS issued_at, s.red_code AS bill_code, s.red_number AS bill_number, b.item_code, sum(l.fen) AS fen
    FROM issuing_sequel AS s, unnest(s.line_numbers, s.line_fens) AS l(line, fen), issuing_bill_line AS b
    WHERE (b.unit_id, b.issued_at, b.bill_code, b.bill_number, b.line_number)
        = (s.unit_id, s.issued_at, s.bill_code, s.bill_number, l.line)
    GROUP BY 1, 2, 3, 4, 5
), red AS (
    SELECT l.unit_id, l.issued_at, l.bill_code, l.bill_number, item_code, -sum(amount_fen) AS fen
    FROM issuing_bill_line AS l JOIN issuing_bill AS b USING (unit_id, issued_at, bill_code, bill_number)
    WHERE b.reverses_code IS NOT NULL GROUP BY 1, 2, 3, 4, 5
)
SELECT {_PLACE}, item_code, coalesce(r.fen::text, '无'), coalesce(t.fen::text, '无')
FROM red AS r FULL JOIN told AS t USING (unit_id, issued_at, bill_code, bill_number, item_code)
WHERE coalesce(r.fen, 0) <> coalesce(t.fen, 0) ORDER BY 1, 2
"""

_PUBLISHED = f"""
SELECT {_PLACE}, coalesce(p.reverses_code || '-' || p.reverses_number, '无'), s.bill_code || '-' || s.bill_number
FROM issuing_sequel AS s JOIN LATERAL (
    SELECT v.bill_code AS subject_code, v.bill_number AS subject_number, v.reverses_code, v.reverses_number, v.reversal_reason
    FROM verification_published_bill AS v
    WHERE v.bill_code = s.red_code AND v.bill_number = s.red_number AND v.issued_at = s.at AND v.unit_id = s.unit_id
) AS p ON true
WHERE (p.reverses_code, p.reverses_number, p.reversal_reason) IS DISTINCT FROM (s.bill_code, s.bill_number, s.reason) ORDER BY 1
""".replace(_PLACE, "p.subject_code || '-' || lpad(p.subject_number::text, 10, '0') AS subject")

# Paper: its sequel, its number, and its fact (5 converted, named by the bill; 7 voided, named by the paper).
_SHEETS = """
SELECT s.paper_code || ' ' || lpad(s.paper_number::text, 10, '0'), concat_ws('；',
    CASE WHEN s.kind = 'converted' AND p.ordinal IS NULL THEN '换开没有纸票记录' END,
    CASE WHEN s.kind = 'paper_voided' AND c.paper_number IS NULL THEN '作废的不是换开的那张纸票' END,
    CASE WHEN f.at IS NULL THEN '没有记账行' END)
FROM issuing_sequel AS s
LEFT JOIN issuing_paper_bill AS p ON (p.unit_id, p.paper_code, p.paper_number, p.bill_code, p.bill_number, p.ordinal)
    = (s.unit_id, s.paper_code, s.paper_number, s.bill_code, s.bill_number, s.ordinal)
LEFT JOIN issuing_sequel AS c ON (c.unit_id, c.bill_code, c.bill_number, c.ordinal, c.kind, c.paper_code, c.paper_number)
    = (s.unit_id, s.bill_code, s.bill_number, s.ordinal - 1, 'converted', s.paper_code, s.paper_number)
LEFT JOIN ledger_fact AS f ON f.unit_id = s.unit_id AND f.at = s.at AND (f.kind, f.bill_code, f.bill_number)
    IN ((5, s.bill_code, s.bill_number), (7, s.paper_code, s.paper_number))
   AND (f.kind = 5) = (s.kind = 'converted')
WHERE s.kind <> 'reversed' AND (f.at IS NULL OR s.kind = 'converted' AND p.ordinal IS NULL
    OR s.kind = 'paper_voided' AND c.paper_number IS NULL) ORDER BY 1
"""

_PUBLISHED_PAPER = """
SELECT coalesce(s.paper_code, p.paper_code) || ' ' || lpad(coalesce(s.paper_number, p.paper_number)::text, 10, '0')
FROM (SELECT * FROM issuing_sequel WHERE kind <> 'reversed') AS s
FULL JOIN verification_published_paper AS p USING (unit_id, bill_code, bill_number, ordinal)
WHERE (s.paper_code, s.paper_number, s.on_paper, s.at) IS DISTINCT FROM (p.paper_code, p.paper_number, p.in_force, p.at)
ORDER BY 1
"""

_LONE_FACTS = """
SELECT bill_code || '-' || lpad(bill_number::text, 10, '0') FROM ledger_fact AS f
WHERE kind = 5 AND NOT EXISTS (SELECT FROM issuing_sequel AS s WHERE s.unit_id = f.unit_id AND s.at = f.at
    AND s.kind = 'converted' AND s.bill_code = f.bill_code AND s.bill_number = f.bill_number) ORDER BY 1
"""

_PAPER_NUMBERS = """
WITH segment AS (
    SELECT s.unit_id, s.bill_code, s.span, lower(s.span) AS low, c.next_number
    FROM stock_segment AS s JOIN stock_counter AS c ON c.unit_id = s.unit_id AND c.segment_id = s.id
    WHERE s.state = 'in_use' AND s.medium = 'paper'
)
SELECT s.bill_code || ' ' || lpad(n::text, 10, '0'), '纸票号码已取出，没有换开的票据'
FROM segment AS s, LATERAL generate_series(s.low, s.next_number - 1) AS n
WHERE NOT EXISTS (SELECT FROM issuing_paper_bill AS p
                  WHERE p.unit_id = s.unit_id AND p.paper_code = s.bill_code AND p.paper_number = n)
UNION ALL
SELECT p.paper_code || ' ' || lpad(p.paper_number::text, 10, '0'), '换开用的纸票号码尚未取出，或不在本单位的纸票号段内'
FROM issuing_paper_bill AS p WHERE NOT EXISTS (SELECT FROM stock_segment AS s
    LEFT JOIN segment AS g ON g.unit_id = s.unit_id AND g.bill_code = s.bill_code AND g.span = s.span
    WHERE s.medium = 'paper' AND s.unit_id = p.unit_id AND s.bill_code = p.paper_code AND s.span @> p.paper_number
      AND p.paper_number < coalesce(g.next_number, upper(s.span)))
ORDER BY 1
"""


def examine(connection: Any) -> Iterator[Difference]:
    """Reversals and paper that do not agree with bills, facts and numbers, or take more than there is."""
    yield from differing(connection, "facts", "reversal_not_as_recorded", _RED, "{}")
    yield from differing(
        connection, "facts", "sequel_out_of_order", _STORY,
        "第 {} 项：记录余 {} 分，应余 {} 分；记录{}在纸票上，推算 {} 张",
    )  # fmt: skip
    yield from differing(connection, "facts", "line_over_reversed", _LINES, "第 {} 行共冲红 {} 分，原有 {} 分")
    yield from differing(connection, "facts", "red_lines_not_as_taken", _ITEMS, "收费项目 {} 金额（分）：红票 {}，后续事项 {}")
    yield from differing(connection, "facts", "reversal_not_as_published", _PUBLISHED, "查验所示原票 {}，应为 {}，或冲红原因不同")
    yield from differing(connection, "facts", "paper_not_as_recorded", _SHEETS, "{}")
    yield from differing(connection, "facts", "paper_not_as_published", _PUBLISHED_PAPER, "查验所示的换开与后续事项不同")
    yield from differing(connection, "facts", "conversion_without_sequel", _LONE_FACTS, "有换开的记账行，没有后续事项")
    yield from differing(connection, "numbers", "paper_number_out_of_place", _PAPER_NUMBERS, "{}")
