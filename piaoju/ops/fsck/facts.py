"""Bills against the ledger's facts, line by line, and every key, document and public row against its bill."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from piaoju.ops.fsck.difference import Difference, differing

_PLACE = "bill_code || '-' || lpad(bill_number::text, 10, '0') AS subject"
_KEYS = "unit_id, issued_at, bill_code, bill_number"

_BOOKED = """
WITH bill AS (
    SELECT unit_id, issued_at AS at, bill_code, bill_number, region_code, bill_type_code, total_fen, digest, actor,
           CASE WHEN reverses_code IS NULL THEN 3 ELSE 4 END AS kind FROM issuing_bill
), fact AS (
    SELECT unit_id, at, bill_code, bill_number, region_code, bill_type_code, amount_fen, digest, actor, kind
    FROM ledger_fact WHERE kind IN (3, 4)
)
SELECT {place}, CASE
    WHEN b.kind IS NULL THEN '有记账行，没有票据'
    WHEN f.kind IS NULL THEN '有票据，没有记账行'
    ELSE concat_ws('；',
        CASE WHEN b.total_fen <> f.amount_fen THEN '金额（分）：票据 ' || b.total_fen || '，记账 ' || f.amount_fen END,
        CASE WHEN b.digest <> f.digest THEN '摘要不同' END,
        CASE WHEN b.kind <> f.kind THEN '正票与红票不同' END,
        CASE WHEN b.region_code <> f.region_code THEN '行政区划不同' END,
        CASE WHEN b.bill_type_code <> f.bill_type_code THEN '票据种类不同' END,
        CASE WHEN b.actor <> f.actor THEN '经办主体不同' END) END
FROM bill AS b FULL JOIN fact AS f USING (unit_id, at, bill_code, bill_number)
WHERE b.kind IS NULL OR f.kind IS NULL
   OR (b.total_fen, b.digest, b.kind, b.region_code, b.bill_type_code, b.actor)
      IS DISTINCT FROM (f.amount_fen, f.digest, f.kind::int, f.region_code, f.bill_type_code, f.actor)
ORDER BY 1
""".replace("{place}", _PLACE)

_ITEMS = """
WITH line AS (
    SELECT unit_id, issued_at AS at, bill_code, bill_number, item_code, sum(amount_fen) AS fen
    FROM issuing_bill_line GROUP BY 1, 2, 3, 4, 5
), item AS (
    SELECT unit_id, at, bill_code, bill_number, i.code AS item_code, i.fen
    FROM ledger_fact, unnest(item_codes, item_fens) AS i(code, fen) WHERE kind IN (3, 4)
)
SELECT {place}, item_code, coalesce(l.fen::text, '无'), coalesce(i.fen::text, '无')
FROM line AS l FULL JOIN item AS i USING (unit_id, at, bill_code, bill_number, item_code)
WHERE l.fen IS DISTINCT FROM i.fen ORDER BY 1, 2
""".replace("{place}", _PLACE)

_SUMS = """
SELECT {place}, b.total_fen, coalesce(l.fen, 0)
FROM issuing_bill AS b LEFT JOIN (
    SELECT unit_id, issued_at, bill_code, bill_number, sum(amount_fen) AS fen, array_agg(DISTINCT region_code) AS regions,
           array_agg(DISTINCT total_fen) AS totals FROM issuing_bill_line
    GROUP BY 1, 2, 3, 4) AS l USING (unit_id, issued_at, bill_code, bill_number)
WHERE b.total_fen IS DISTINCT FROM coalesce(l.fen, 0) OR l.regions <> ARRAY[b.region_code] OR l.totals <> ARRAY[b.total_fen]
ORDER BY 1
""".replace("{place}", _PLACE)

_LONE = """
SELECT {place} FROM {one} AS a WHERE NOT EXISTS (
    SELECT FROM {other} AS b WHERE ({a}) = ({b})) ORDER BY 1
"""

_PUBLISHED = """
SELECT {place}, concat_ws('、',
    CASE WHEN p.total_fen <> b.total_fen THEN '金额' END, CASE WHEN p.check_code <> b.check_code THEN '校验码' END,
    CASE WHEN p.digest <> b.digest THEN '摘要' END, CASE WHEN p.region_code <> b.region_code THEN '行政区划' END,
    CASE WHEN (p.kind = 'red') <> (b.reverses_code IS NOT NULL) THEN '正红' END)
FROM issuing_bill AS b JOIN verification_published_bill AS p USING (unit_id, issued_at, bill_code, bill_number)
WHERE (p.total_fen, p.check_code, p.digest, p.region_code, p.kind = 'red')
   IS DISTINCT FROM (b.total_fen, b.check_code, b.digest, b.region_code, b.reverses_code IS NOT NULL) ORDER BY 1
""".replace("{place}", _PLACE)

_COMPANIONS = (
    ("issuing_bill_document", "签名原文"),
    ("issuing_bill_number", "票据号码键"),
    ("issuing_business_key", "业务流水号键"),
    ("verification_published_bill", "查验信息"),
)


def examine(connection: Any) -> Iterator[Difference]:
    """Bills, lines, keys, documents, public rows and facts that do not agree with each other."""
    yield from differing(connection, "facts", "bill_not_as_booked", _BOOKED, "{}")
    yield from differing(connection, "facts", "item_not_as_booked", _ITEMS, "收费项目 {} 金额（分）：明细 {}，记账 {}")
    yield from differing(connection, "facts", "lines_do_not_add_up", _SUMS, "票面金额（分）{}，明细合计 {}")
    for table, name in _COMPANIONS:
        yield from _lone(connection, "issuing_bill", table, f"有票据，没有{name}")
        yield from _lone(connection, table, "issuing_bill", f"有{name}，没有票据")
    yield from _lone(connection, "issuing_bill_layout", "issuing_bill", "有版式文件，没有票据")
    yield from _lone(connection, "issuing_bill_line", "issuing_bill", "有明细，没有票据")
    yield from differing(connection, "facts", "published_not_as_issued", _PUBLISHED, "查验信息与票据不同：{}")


def _lone(connection: Any, one: str, other: str, detail: str) -> Iterator[Difference]:
    statement = _LONE.format(place=_PLACE, one=one, other=other, a=_prefixed("a"), b=_prefixed("b"))
    yield from differing(connection, "facts", "row_without_its_counterpart", statement, detail)


def _prefixed(alias: str) -> str:
    return ", ".join(f"{alias}.{column}" for column in _KEYS.split(", "))
