"""The auditor's own counting: bills, lines, facts and totals of one slice of time, each derived anew and compared.

Separate from the totals that pages read, on purpose (docs/decisions): what is checked is not asked to check itself. Each
comparison is one statement, hence one snapshot; what is being written counts on both sides or on neither.
Re-exported by `queries`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from django.db import connection

from piaoju.kit.clock import local, midnight

LISTED_MAX = 50  # of one comparison of one slice; more of the same fault is one fault
SliceKind = Literal["hours", "day", "tenday", "month"]


@dataclass(frozen=True, slots=True)
class Slice:
    """A half-open stretch of whole hours, one day, one 旬, or one month, in Asia/Shanghai."""

    kind: SliceKind
    low: datetime
    high: datetime


@dataclass(frozen=True, slots=True)
class Found:
    """One difference: what kind, of what, and both counts in words."""

    code: str
    subject: str
    detail: str


@dataclass(frozen=True, slots=True)
class AuditState:
    """核对: how many differences are open, when the present hours were last looked at, and since when all of history was."""

    differences: int
    hours_checked_at: datetime | None
    all_checked_since: datetime | None  # the oldest look at any day or month; none: the first round is not done


_BILLS = """
WITH bill AS (
    SELECT unit_id, region_code, bill_type_code, CASE WHEN reverses_code IS NULL THEN 3 ELSE 4 END AS kind,
           count(*) AS sheets, sum(total_fen) AS fen
    FROM issuing_bill WHERE issued_at >= %(low)s AND issued_at < %(high)s GROUP BY 1, 2, 3, 4
), fact AS (
    SELECT unit_id, region_code, bill_type_code, kind::int AS kind, sum(sheets) AS sheets, sum(amount_fen) AS fen
    FROM ledger_fact WHERE at >= %(low)s AND at < %(high)s AND kind IN (3, 4) GROUP BY 1, 2, 3, 4
)
SELECT concat_ws(' ', '单位', unit_id, region_code, bill_type_code, CASE kind WHEN 3 THEN '开具' ELSE '冲红' END),
       coalesce(bill.sheets, 0), coalesce(bill.fen, 0), coalesce(fact.sheets, 0), coalesce(fact.fen, 0)
FROM bill FULL JOIN fact USING (unit_id, region_code, bill_type_code, kind)
WHERE (coalesce(bill.sheets, 0), coalesce(bill.fen, 0)) <> (coalesce(fact.sheets, 0), coalesce(fact.fen, 0))
ORDER BY 1 LIMIT %(most)s
"""
_LINES = """
WITH line AS (
    SELECT l.unit_id, l.item_code, sum(l.amount_fen) AS fen,
           count(*) FILTER (WHERE (l.region_code, l.total_fen) <> (b.region_code, b.total_fen)) AS astray FROM issuing_bill AS b
    JOIN issuing_bill_line AS l USING (unit_id, issued_at, bill_code, bill_number)
    WHERE b.issued_at >= %(low)s AND b.issued_at < %(high)s AND l.issued_at >= %(low)s AND l.issued_at < %(high)s GROUP BY 1, 2
), item AS (
    SELECT unit_id, i.code AS item_code, sum(i.fen) AS fen FROM ledger_fact, unnest(item_codes, item_fens) AS i(code, fen)
    WHERE at >= %(low)s AND at < %(high)s AND kind IN (3, 4) GROUP BY 1, 2
)
SELECT concat_ws(' ', '单位', unit_id, '项目', item_code), coalesce(line.fen, 0), coalesce(item.fen, 0), coalesce(line.astray, 0)
FROM line FULL JOIN item USING (unit_id, item_code)
WHERE coalesce(line.fen, 0) <> coalesce(item.fen, 0) OR line.astray > 0 ORDER BY 1 LIMIT %(most)s
"""
# Which cells there are: of units (1), regions (2) and all (3), of bills or of items, with bill type or of every type. Hours,
# days and 旬 (4) are compared with the facts, longer ones with their parts below.
_KEPT = {
    "hours": ("1::smallint", "(2, false, true), (3, false, true), (3, true, false)"),
    "day": ("2::smallint", "(1, false, true), (2, false, true), (3, false, true), (3, true, true), (3, true, false)"),
    "tenday": ("4::smallint", "(1, true, true), (2, false, true), (2, true, true), (3, false, true), (3, true, false)"),
}
_EACH = """
    SELECT unit_id, {bucket} AS bucket, region_code, bill_type_code, kind, item.code AS item, sum(sheets) AS sheets,
           sum(item.fen) AS fen
    FROM {source}, LATERAL (SELECT '' COLLATE "C" AS code, amount_fen AS fen
        UNION ALL SELECT i.code, i.fen FROM unnest(item_codes, item_fens) AS i(code, fen)) AS item
    WHERE {instant} >= %(low)s AND {instant} < %(high)s GROUP BY 1, 2, 3, 4, 5, 6"""
_CELLS = """
    SELECT scope, CASE scope WHEN 1 THEN unit_id ELSE 0 END AS unit_id,
           CASE scope WHEN 3 THEN '' COLLATE "C" ELSE region_code END AS region_code, bucket,
           CASE WHEN typed THEN bill_type_code ELSE '' COLLATE "C" END AS bill_type_code, kind, item, sheets, fen
    FROM {source} JOIN (VALUES {{kept}}) AS k(scope, items, typed) ON items = (item <> '')"""
_TOTALS = f"""
WITH fact AS ({_EACH.format(source="ledger_fact", instant="at", bucket="ledger_bucket({grain}, at)")}
), waiting AS ({_EACH.format(source="ledger_delta", instant="hour", bucket="ledger_bucket({grain}, hour)")}
), wanted AS (
    SELECT scope, unit_id, region_code, bucket, bill_type_code, kind, item, sum(sheets) AS sheets, sum(fen) AS fen
    FROM ({_CELLS.format(source="fact")}) AS cells GROUP BY 1, 2, 3, 4, 5, 6, 7
), held AS (
    SELECT scope, unit_id, region_code, bucket, bill_type_code, kind, item, sum(sheets) AS sheets, sum(fen) AS fen FROM (
        SELECT scope::int AS scope, unit_id, region_code, bucket, bill_type_code, kind, item_code AS item, sheets,
               amount_fen AS fen
        FROM ledger_total WHERE grain = {{grain}} AND scope IN (1, 2, 3) AND bucket >= %(low)s AND bucket < %(high)s
        UNION ALL {_CELLS.format(source="waiting")}
    ) AS parts GROUP BY 1, 2, 3, 4, 5, 6, 7
)
SELECT concat_ws(' ', (ARRAY['单位', '区划', '全部'])[scope], nullif(unit_id, 0), nullif(region_code, ''),
           to_char(bucket AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD HH24'), nullif(bill_type_code, ''), 'kind=' || kind,
           nullif(item, '')),
       coalesce(wanted.sheets, 0), coalesce(wanted.fen, 0), coalesce(held.sheets, 0), coalesce(held.fen, 0)
FROM wanted FULL JOIN held USING (scope, unit_id, region_code, bucket, bill_type_code, kind, item)
WHERE (coalesce(wanted.sheets, 0), coalesce(wanted.fen, 0)) <> (coalesce(held.sheets, 0), coalesce(held.fen, 0))
ORDER BY 1 LIMIT %(most)s
"""
# Longer cells against the shorter ones that they are made of, which were compared before. All are folded by one statement.
_PARTS = {
    "month": "(1, false, 3, 2, true, true), (1, true, 3, 4, true, true), (2, false, 3, 2, true, true), "
    "(2, true, 3, 4, true, true), (3, false, 3, 2, true, true), (3, true, 3, 2, true, true), (3, true, 3, 2, false, false)",
    "quarter": "(2, false, 5, 3, true, true), (2, true, 5, 3, false, true), (3, false, 5, 3, true, true), "
    "(3, true, 5, 3, false, false)",
    "year": "(2, false, 6, 3, true, true), (2, true, 6, 3, false, true), (3, false, 6, 3, true, true), "
    "(3, true, 6, 3, false, false)",
}
_LONGER = """
WITH kept AS (SELECT scope::smallint AS scope, items, longer::smallint AS longer, made_of::smallint AS made_of, typed, of_typed
    FROM (VALUES {parts}) AS k(scope, items, longer, made_of, typed, of_typed)
), wanted AS (
    SELECT k.scope, k.longer, unit_id, region_code, ledger_bucket(k.longer, bucket) AS bucket,
           CASE WHEN typed THEN bill_type_code ELSE '' COLLATE "C" END AS bill_type_code, item_code, kind,
           sum(sheets) AS sheets, sum(amount_fen) AS fen
    FROM kept AS k JOIN ledger_total AS t ON t.scope = k.scope AND t.grain = k.made_of AND (t.item_code <> '') = k.items
        AND (t.bill_type_code <> '') = k.of_typed AND t.bucket >= %(low)s AND t.bucket < %(high)s
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
), held AS (
    SELECT t.scope, t.grain AS longer, unit_id, region_code, bucket, bill_type_code, item_code, kind, sheets, amount_fen AS fen
    FROM kept AS k JOIN ledger_total AS t ON t.scope = k.scope AND t.grain = k.longer AND (t.item_code <> '') = k.items
        AND (t.bill_type_code <> '') = k.typed AND t.bucket >= %(low)s AND t.bucket < %(high)s
)
SELECT concat_ws(' ', (ARRAY['单位', '区划', '全部'])[scope], nullif(unit_id, 0), nullif(region_code, ''),
           (ARRAY['', '', '月', '', '季', '年'])[longer], nullif(bill_type_code, ''), 'kind=' || kind, nullif(item_code, '')),
       coalesce(wanted.sheets, 0), coalesce(wanted.fen, 0), coalesce(held.sheets, 0), coalesce(held.fen, 0)
FROM wanted FULL JOIN held USING (scope, longer, unit_id, region_code, bucket, bill_type_code, item_code, kind)
WHERE (coalesce(wanted.sheets, 0), coalesce(wanted.fen, 0)) <> (coalesce(held.sheets, 0), coalesce(held.fen, 0))
ORDER BY 1 LIMIT %(most)s
"""
# What is closed of a day, by what units were on it, against the facts.
_CLOSED = """
WITH named AS (
    SELECT c.dimension, f.bill_type_code, f.kind, f.sheets, f.amount_fen, coalesce(CASE c.dimension
        WHEN 'industry' THEN r.industry WHEN 'governing' THEN r.governing_department_id ELSE r.connection_mode END, '') AS label
    FROM reporting_closedtime AS c JOIN ledger_fact AS f ON f.at >= %(low)s AND f.at < %(high)s
    LEFT JOIN registry_unitrecord AS r ON r.unit_id = f.unit_id AND r.valid_from <= (%(low)s AT TIME ZONE 'Asia/Shanghai')::date
        AND (r.valid_to IS NULL OR (%(low)s AT TIME ZONE 'Asia/Shanghai')::date < r.valid_to)
    WHERE c.grain = 2 AND c.bucket = %(low)s  -- a fact that came late has opened the day again
        AND c.sheets = (SELECT sum(sheets) FROM ledger_fact WHERE at >= %(low)s AND at < %(high)s)
), wanted AS (
    SELECT dimension, label, bill_type_code, kind, sum(sheets) AS sheets, sum(amount_fen) AS fen FROM named GROUP BY 1, 2, 3, 4
), held AS (
    SELECT dimension, label, bill_type_code, kind, sheets, amount_fen AS fen FROM reporting_grouptotal
    WHERE grain = 2 AND bucket = %(low)s AND dimension IN (SELECT dimension FROM named)
)
SELECT concat_ws(' ', '日结', dimension, label, bill_type_code, 'kind=' || kind),
       coalesce(wanted.sheets, 0), coalesce(wanted.fen, 0), coalesce(held.sheets, 0), coalesce(held.fen, 0)
FROM wanted FULL JOIN held USING (dimension, label, bill_type_code, kind)
WHERE (coalesce(wanted.sheets, 0), coalesce(wanted.fen, 0)) <> (coalesce(held.sheets, 0), coalesce(held.fen, 0))
ORDER BY 1 LIMIT %(most)s
"""
# What is closed of a month, against the closed days it was added up from: as long as no fact has come late.
_CLOSED_MONTH = """
WITH month AS (
    SELECT dimension FROM reporting_closedtime AS c WHERE grain = 3 AND bucket = %(low)s AND c.sheets = (
        SELECT sum(sheets) FROM ledger_fact WHERE at >= %(low)s AND at < %(high)s)
    AND c.sheets = (SELECT sum(d.sheets) FROM reporting_closedtime AS d
        WHERE d.dimension = c.dimension AND d.grain = 2 AND d.bucket >= %(low)s AND d.bucket < %(high)s)
), wanted AS (
    SELECT dimension, label, bill_type_code, kind, sum(sheets) AS sheets, sum(amount_fen) AS fen
    FROM reporting_grouptotal JOIN month USING (dimension)
    WHERE grain = 2 AND bucket >= %(low)s AND bucket < %(high)s GROUP BY 1, 2, 3, 4
), held AS (
    SELECT dimension, label, bill_type_code, kind, sheets, amount_fen AS fen
    FROM reporting_grouptotal JOIN month USING (dimension)
    WHERE grain = 3 AND bucket = %(low)s
)
SELECT concat_ws(' ', '月结', dimension, label, bill_type_code, 'kind=' || kind),
       coalesce(wanted.sheets, 0), coalesce(wanted.fen, 0), coalesce(held.sheets, 0), coalesce(held.fen, 0)
FROM wanted FULL JOIN held USING (dimension, label, bill_type_code, kind)
WHERE (coalesce(wanted.sheets, 0), coalesce(wanted.fen, 0)) <> (coalesce(held.sheets, 0), coalesce(held.fen, 0))
ORDER BY 1 LIMIT %(most)s
"""
_SAID = {
    "bills_not_as_booked": "票据 {} 张 {} 分，记账 {} 张 {} 分",
    "lines_not_as_booked": "明细 {} 分，记账 {} 分；所记票据区划、金额与票据不符的 {} 行",
    "hours_not_as_booked": "按记账行应为 {} 份 {} 分，按小时汇总为 {} 份 {} 分",
    "days_not_as_booked": "按记账行应为 {} 份 {} 分，按日汇总为 {} 份 {} 分",
    "tendays_not_as_booked": "按记账行应为 {} 份 {} 分，按旬汇总为 {} 份 {} 分",
    "month_not_its_days": "各日（旬）合计 {} 份 {} 分，按月汇总为 {} 份 {} 分",
    "closed_not_as_booked": "按记账行应为 {} 份 {} 分，日结为 {} 份 {} 分",
    "closed_month_not_its_days": "各日日结合计 {} 份 {} 分，月结为 {} 份 {} 分",
    "longer_not_its_parts": "各月合计 {} 份 {} 分，按季（年）汇总为 {} 份 {} 分",
}


def differences(one: Slice) -> list[Found]:
    """What does not add up in this slice; nothing, if everything does."""
    match one.kind:
        case "month":
            return list(_of_month(one))
        case "tenday":
            return list(_asked("tendays_not_as_booked", _against_facts("tenday"), one))
        case "day":
            found = [*_asked("days_not_as_booked", _against_facts("day"), one), *_asked("closed_not_as_booked", _CLOSED, one)]
        case _:
            found = []
    return [
        *_asked("bills_not_as_booked", _BILLS, one),
        *_asked("lines_not_as_booked", _LINES, one),
        *_asked("hours_not_as_booked", _against_facts("hours"), one),
        *found,
    ]


def _of_month(one: Slice) -> Iterator[Found]:
    """A month by its days; its quarter is looked at with the quarter's first month, its year with January."""
    yield from _asked("month_not_its_days", _LONGER.format(parts=_PARTS["month"]), one)
    yield from _asked("closed_month_not_its_days", _CLOSED_MONTH, one)
    first = local(one.low)
    for name, months in (("quarter", 3), ("year", 12)):
        if (first.month - 1) % months == 0:
            longer = Slice("month", one.low, midnight(_after(first, months)))
            yield from _asked("longer_not_its_parts", _LONGER.format(parts=_PARTS[name]), longer)


def _after(first: datetime, months: int) -> date:
    """The first day of the month so many months later."""
    months += first.month - 1
    return date(first.year + months // 12, months % 12 + 1, 1)


def _against_facts(kind: str) -> str:
    grain, kept = _KEPT[kind]
    return _TOTALS.format(grain=grain, kept=kept)


def _asked(code: str, text: str, one: Slice) -> Iterator[Found]:
    values = {"low": one.low, "high": one.high, "most": LISTED_MAX}
    day = local(one.low).strftime("%Y-%m" if one.kind == "month" else "%Y-%m-%d")
    for subject, *counts in _rows(text, values):
        yield Found(code, f"{subject} {day}", _SAID[code].format(*counts))


# Days, 旬 and months since there are facts (months from the year's first), those looked at longest ago first; the present day
# is looked at by its hours.
_NEXT = """
WITH span AS (SELECT date_trunc('day', min(at), 'Asia/Shanghai') AS first FROM ledger_fact),
slices AS (
    SELECT 'day' AS kind, d AS low, d + interval '1 day' AS high FROM span,
           generate_series(first, %(now)s - interval '1 minute', interval '1 day') AS d
    UNION ALL
    SELECT 'tenday', low, ledger_bucket(4::smallint, low + CASE WHEN extract(day FROM low AT TIME ZONE 'Asia/Shanghai') < 21
        THEN interval '10 days' ELSE interval '12 days' END)
    FROM (SELECT DISTINCT ledger_bucket(4::smallint, d) AS low FROM span,
              generate_series(first, %(now)s - interval '1 minute', interval '1 day') AS d) AS tenday
    UNION ALL
    SELECT 'month', (m::timestamp) AT TIME ZONE 'Asia/Shanghai', (m::timestamp + interval '1 month') AT TIME ZONE 'Asia/Shanghai'
    FROM span, generate_series(date_trunc('year', first AT TIME ZONE 'Asia/Shanghai'),
                               %(now)s AT TIME ZONE 'Asia/Shanghai', interval '1 month') AS m
)
SELECT s.kind, s.low, s.high FROM slices s LEFT JOIN reporting_auditslice a ON a.kind = s.kind AND a.low = s.low
WHERE a.checked_at IS NULL OR a.checked_at < %(before)s
ORDER BY a.checked_at NULLS FIRST, s.low DESC LIMIT 1
"""


def next_slice(now: datetime, before: datetime) -> Slice | None:
    """The day, 旬 or month that was looked at longest ago, if that is before an instant; none: everything was."""
    rows = _rows(_NEXT, {"now": now, "before": before})
    return Slice(*rows[0]) if rows else None


def _rows(text: str, values: dict[str, Any]) -> Sequence[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(text, values)
        rows: Sequence[tuple[Any, ...]] = cursor.fetchall()
    return rows
