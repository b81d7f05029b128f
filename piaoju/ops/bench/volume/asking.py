"""The questions that are measured: asked of the one query layer with keys drawn from the rows, timed inside the database."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection

from piaoju.kit.clock import SHANGHAI, local
from piaoju.kit.listing import Condition
from piaoju.reporting import queries as reporting
from piaoju.reporting.types import BillsQuestion, Portion, Reach, TotalsQuestion

Question = Callable[["Drawn"], Any]


@dataclass(frozen=True, slots=True)
class Drawn:
    """A line that exists, and its bill: what a question asks about."""

    unit_code: str
    region_code: str
    item_code: str
    amount_fen: int
    total_fen: int
    payer_name: str
    issued_at: datetime
    bill_code: str
    bill_number: int


@dataclass(slots=True)
class Asked:
    """What one question took at one size, in milliseconds inside the database, and the plan of its last time.

    `milliseconds`: the answer, that is rows, exact count and sums, when what it reads is in memory; `cold`: the same when
    it was asked the first time; `shown`: with the names and other words of the page's rows.
    """

    name: str
    bills: int
    milliseconds: list[float] = field(default_factory=list)
    cold: list[float] = field(default_factory=list)
    shown: list[float] = field(default_factory=list)
    hits: list[int] = field(default_factory=list)
    plan: list[str] = field(default_factory=list)

    def at(self, part: float) -> float:
        """The milliseconds that this part of all answers took at most."""
        return part_of(self.milliseconds, part)


def part_of(milliseconds: list[float], part: float) -> float:
    """What this part of them is at most."""
    ordered = sorted(milliseconds)
    return ordered[min(len(ordered) - 1, math.ceil(part * len(ordered)) - 1)]


def _within_month(drawn: Drawn, *conditions: Condition) -> BillsQuestion:
    first = local(drawn.issued_at).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    following = (first + timedelta(days=32)).replace(day=1)
    return BillsQuestion((*conditions, Condition("issued_at", "ge", (first,)), Condition("issued_at", "lt", (following,))))


def _is(name: str, value: Any) -> Condition:
    return Condition(name, "eq", (value,))


def _near(drawn: Drawn) -> Condition:
    return Condition("line_fen", "between", (drawn.amount_fen * 9 // 10, drawn.amount_fen * 11 // 10))


def _bills(question: BillsQuestion, reach: Reach) -> int:
    return reporting.bills(question, reach).whole.count


_ALL = Reach.everything()
_GOVERNING = Reach((Portion(governing_code="BENCH007"),))
SEARCHES: dict[str, Question] = {
    "项目 + 金额 =，一个月": lambda d: _bills(_within_month(d, _is("item", d.item_code), _is("line_fen", d.amount_fen)), _ALL),
    "项目 + 金额范围 + 单位，一个月": lambda d: _bills(
        _within_month(d, _is("item", d.item_code), _near(d)), Reach.of_unit(d.unit_code)
    ),
    "项目 + 金额范围 + 县，一个月": lambda d: _bills(
        _within_month(d, _is("item", d.item_code), _near(d), Condition("region_code", "under", (d.region_code,))), _ALL
    ),
    "项目 + 金额 =，全部历史": lambda d: _bills(BillsQuestion((_is("item", d.item_code), _is("line_fen", d.amount_fen))), _ALL),
    "票面金额 =，一个月": lambda d: _bills(_within_month(d, _is("total_fen", d.total_fen)), _ALL),
    "交款人全名，一个月": lambda d: _bills(_within_month(d, _is("payer_name", d.payer_name)), _ALL),
    "交款人两个字 + 单位，一个月": lambda d: _bills(
        _within_month(d, Condition("payer_name", "contains", (d.payer_name[1:],))), Reach.of_unit(d.unit_code)
    ),
    "交款人两个字，一个月": lambda d: _bills(_within_month(d, Condition("payer_name", "contains", (d.payer_name[1:],))), _ALL),
    "代码 + 号码": lambda d: _bills(BillsQuestion((_is("bill_code", d.bill_code), _is("bill_number", d.bill_number))), _ALL),
    "单位，一个月，最新在前": lambda d: _bills(_within_month(d), Reach.of_unit(d.unit_code)),
    "县，一个月，最新在前": lambda d: _bills(_within_month(d, Condition("region_code", "under", (d.region_code,))), _ALL),
    "全省，全部历史，最新在前": lambda d: _bills(BillsQuestion(), _ALL),
}


def totals(first: date, last: date) -> dict[str, Question]:
    """Totals of an arbitrary period of most of the days in [first, last): both ends within a day."""
    low = datetime(first.year, first.month, 15, 10, 13, 7, tzinfo=SHANGHAI)
    high = datetime(last.year, last.month, last.day, tzinfo=SHANGHAI) - timedelta(days=10, hours=8, seconds=57)
    return {
        "单位 × 票据种类": lambda d: reporting.totals(TotalsQuestion(low, high, ("bill_type",)), Reach.of_unit(d.unit_code)),
        "单位 × 全部项目": lambda d: reporting.totals(TotalsQuestion(low, high, ("item",)), Reach.of_unit(d.unit_code)),
        "县 × 票据种类": lambda d: reporting.totals(
            TotalsQuestion(low, high, ("bill_type",), region_code=d.region_code), _ALL
        ),
        "县 × 全部项目": lambda d: reporting.totals(TotalsQuestion(low, high, ("item",), region_code=d.region_code), _ALL),
        "全省 × 一个项目": lambda d: reporting.totals(TotalsQuestion(low, high, item_code=d.item_code), _ALL),
        "全省 × 全部项目": lambda d: reporting.totals(TotalsQuestion(low, high, ("item",)), _ALL),
        "全省 × 市": lambda d: reporting.totals(TotalsQuestion(low, high, ("city",)), _ALL),
        "全省 × 行业": lambda d: reporting.totals(TotalsQuestion(low, high, ("industry",)), _ALL),
        "全省 × 主管部门": lambda d: reporting.totals(TotalsQuestion(low, high, ("governing",)), _ALL),
        "一个主管部门": lambda d: reporting.totals(TotalsQuestion(low, high, ("bill_type",)), _GOVERNING),
    }


def drawn(first: date, last: date, many: int, chance: Callable[[int], int]) -> list[Drawn]:
    """So many lines of months in [first, last), each as likely as its unit is large; `chance(n)` is below n."""
    found: list[Drawn] = []
    days = (last - first).days
    with connection.cursor() as cursor:
        while len(found) < many:
            at = first + timedelta(days=chance(days))
            cursor.execute(_DRAW, (at, f"{at} {8 + chance(9):02}:{chance(60):02}+08"))
            found += [Drawn(*row) for row in cursor.fetchall()]
    return found[:many]


_DRAW = """
SELECT u.code, b.region_code, l.item_code, l.amount_fen, b.total_fen, b.payer_name, b.issued_at, b.bill_code, b.bill_number
FROM (SELECT * FROM issuing_bill WHERE issued_at >= %s AND issued_at >= %s AND reverses_code IS NULL AND actor = 'client:bench'
      ORDER BY issued_at LIMIT 1) AS b
JOIN issuing_bill_line AS l USING (unit_id, issued_at, bill_code, bill_number) JOIN registry_unit AS u ON u.id = b.unit_id
LIMIT 1
"""


def ask(name: str, bills: int, question: Question, about: list[Drawn]) -> Asked:
    """The question, asked about each of these twice."""
    asked = Asked(name, bills)
    for again in (False, True):
        for one in about:
            with _statements() as statements:
                answer = question(one)
            told = sum(statement.milliseconds for statement in statements if statement.is_answer)
            if not again:
                asked.cold.append(told)
                continue
            asked.milliseconds.append(told)
            asked.shown.append(sum(statement.milliseconds for statement in statements))
            asked.hits.append(answer if isinstance(answer, int) else len(answer.rows))
            asking = max((one for one in statements if one.is_answer), key=lambda one: len(one.sql))
    asked.plan = _plan(asking.sql, asking.params)
    return asked


@dataclass(frozen=True, slots=True)
class _Statement:
    sql: str
    params: Any
    milliseconds: float

    @property
    def is_answer(self) -> bool:
        """Not the words of rows that were found already."""
        return "first_item" not in self.sql


@contextmanager
def _statements() -> Iterator[list[_Statement]]:
    ran: list[_Statement] = []

    def run(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        begun = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            ran.append(_Statement(sql, params, (time.perf_counter() - begun) * 1000))

    with connection.execute_wrapper(run):
        yield ran


def _plan(sql: str, params: Any) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF) {sql}", params)
        return [row[0] for row in cursor.fetchall()]
