"""Measures the lists at the size they are promised for, and writes docs/lists.md with figures and query plans.

    .venv/bin/python docs/measure_lists.py        a few minutes, some 600 MB in a temporary folder

1,000,000 bills of one unit and 39,000 units of a province, in the real tables, asked through the same functions as the pages.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from piaoju.ops import engine
from tests import database as databases

BILLS, UNITS, RUNS = 1_000_000, 39_000, 20
DAY = date(2026, 11, 23)

_BILLS_SQL = """
INSERT INTO issuing_bill (unit_id, issued_at, bill_code, bill_number, bill_type_code, region_code, check_code, business_number,
    payer_type, payer_name, total_fen, pay_mode, payment_code, handler, checker, reverses_code, reverses_number, actor, digest)
SELECT 1, timestamptz '2026-11-01 08:00+08' + n * interval '1.7 seconds', '51060126', n, '0601', '510000', 'abc123', 'B' || n, 1,
    '张' || (n %% 5000), CASE WHEN n %% 50 = 0 THEN -(n %% 90000) - 1 ELSE n %% 90000 + 1 END, '', '', '甲', '乙',
    CASE WHEN n %% 50 = 0 THEN '51060126' END, CASE WHEN n %% 50 = 0 THEN n - 1 END, 'client:x', sha256('\\x00'::bytea)
FROM generate_series(1, %s) n
"""
_UNITS_SQL = """
WITH made AS (
    INSERT INTO registry_unit (code, valid_from)
    SELECT 'U' || lpad(n::text, 17, '0'), date '2019-01-01' FROM generate_series(1, %s) n RETURNING id, code),
regions AS (SELECT array_agg(code ORDER BY code) AS codes FROM registry_region WHERE level = 3)
INSERT INTO registry_unitrecord (unit_id, name, region_id, finance_department_id, industry, connection_mode, recipient_name,
    recipient_account, recipient_bank, contact_name, contact_phone_tail, valid_from, recorded_at, recorded_by)
SELECT m.id, '演示单位' || m.id || (ARRAY['学校', '医院', '协会', '局'])[m.id %% 4 + 1], r.codes[m.id %% 183 + 1], '510000',
    (ARRAY['education', 'medical', 'association', 'other'])[m.id %% 4 + 1], 'online', '', '', '', '', '',
    date '2019-01-01', now(), 'measure'
FROM made m, regions r
"""


def main() -> None:
    folder, _ = databases.make_folder()
    fault = databases.set_django_up(folder)
    if fault is not None:
        raise fault
    with (
        engine.running(folder, database_url="") as server,
        databases.migrated_template(server, folder) as template,
        databases.fresh(server, template),
    ):
        page = _measured()
    databases.remove(folder)
    (Path(__file__).parent / "lists.md").write_text(page, encoding="utf-8")


def _measured() -> str:
    from django.db import connection

    from piaoju.ops.demonstration import founding
    from piaoju.registry import actions as registry

    plan = founding.plan()
    registry.register_regions(plan.regions)
    registry.register_finance_departments(plan.finance_departments)
    with connection.cursor() as cursor:
        cursor.execute(_UNITS_SQL, [UNITS])
        cursor.execute(_BILLS_SQL, [BILLS])
        cursor.execute("VACUUM ANALYZE")
    rows = [*_bills(), *_units()]
    load = os.getloadavg()[0]
    told = [
        "# Lists at their promised size",
        "",
        "Made by `docs/measure_lists.py`: 1,000,000 bills of one unit and 39,000 units, in the real tables of the embedded",
        "PostgreSQL, asked through `kit.listing`: rows, exact count and sums in one statement.",
        f"{os.cpu_count()} cores, load average {load:.1f} while measuring; {RUNS} runs each, milliseconds.",
        "No test asserts these figures: the plans are what to look at.",
        "",
        "| list | question | rows found | median | p95 |",
        "|---|---|---|---|---|",
        *[f"| {name} | {words} | {count:,} | {median:.0f} | {p95:.0f} |" for name, words, count, median, p95, _ in rows],
        "",
        "## Plans",
    ]
    for name, words, _, _, _, plan_text in rows:
        told += ["", f"### {name}: {words}", "", "```", plan_text, "```"]
    return "\n".join(told) + "\n"


_FIELDS = ("unit_id", "issued_at", "bill_code", "bill_number", "bill_type_code", "payer_name", "total_fen")
Measured = tuple[str, str, int, float, float, str]


def _bills() -> list[Measured]:
    from django.db import connection

    from piaoju.kit.listing import Asked, Condition, Found, Source, Whole, find, read_cursor

    source = Source(
        table="issuing_bill",
        fields={name: name for name in _FIELDS},
        key=("issued_at", "bill_code", "bill_number"),
        sums={"total_fen": "coalesce(sum(total_fen), 0)", "red_sheets": "count(*) FILTER (WHERE total_fen < 0)"},
    )

    def asked(*conditions: Condition, whole: Whole | None = None, position: Any = None) -> Callable[[], Found[Any]]:
        def run() -> Found[Any]:
            with connection.cursor() as cursor:
                question = Asked(conditions, "issued_at", True, position, 50)
                return find(cursor, source, question, dict, scope="unit_id = %s", scope_values=[1], whole=whole)

        return run

    first = asked()()
    deep = first
    for _ in range(40):
        deep = asked(position=read_cursor(deep.next_cursor))()
    known = Whole(BILLS, {"total_fen": 0, "red_sheets": 0})
    name = "1,000,000 bills"
    return [
        _row(name, "all, newest first, counted and summed", asked()),
        _row(name, "all, newest first, count and sums known from the ledger", asked(whole=known)),
        _row(name, "page 41 by its cursor", asked(position=read_cursor(deep.next_cursor))),
        _row(name, "total ≥ 500.00", asked(Condition("total_fen", "ge", (50_000,)))),
        _row(name, "payer contains 张12", asked(Condition("payer_name", "contains", ("张12",)))),
        _row(name, "one payer, exactly", asked(Condition("payer_name", "eq", ("张123",)))),
    ]


def _units() -> list[Measured]:
    from piaoju.kit.listing import Asked, Condition, Found, read_cursor
    from piaoju.registry import queries as registry
    from piaoju.registry.types import Sight

    everything = Sight(everything=True)

    def asked(*conditions: Condition, sight: Sight = everything, position: Any = None) -> Callable[[], Found[Any]]:
        return lambda: registry.units_page(sight, Asked(conditions, "code", False, position, 50), DAY + timedelta(days=0))

    deep = asked()()
    for _ in range(40):
        deep = asked(position=read_cursor(deep.next_cursor))()
    city = Sight(region_codes=frozenset(registry.region_subtree({"510700"}, DAY)))
    name = "39,000 units"
    return [
        _row(name, "all, by code", asked()),
        _row(name, "page 41 by its cursor", asked(position=read_cursor(deep.next_cursor))),
        _row(name, "name contains 医院", asked(Condition("name", "contains", ("医院",)))),
        _row(name, "region with all below it", asked(Condition("region_code", "under", ("510700",)))),
        _row(name, "what a city's supervisor sees", asked(sight=city)),
    ]


def _row(name: str, words: str, ask: Callable[[], Any]) -> Measured:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    found, spent = ask(), []
    for _ in range(RUNS):
        begun = time.perf_counter()
        found = ask()
        spent.append((time.perf_counter() - begun) * 1000)
    with CaptureQueriesContext(connection) as captured:
        ask()
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) " + captured[-1]["sql"].replace("%", "%%"), [])
        plan = "\n".join(line[0][:180] for line in cursor.fetchall()[:40])
    spent.sort()
    sys.stderr.write(f"{name}: {words}: {statistics.median(spent):.0f} ms\n")
    return name, words, found.whole.count, statistics.median(spent), spent[int(len(spent) * 0.95) - 1], plan


if __name__ == "__main__":
    main()
