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
    """What one question took at one size, in milliseconds inside the database, and the plan of its last time."""

    name: str
    bills: int
    milliseconds: list[float] = field(default_factory=list)
    hits: list[int] = field(default_factory=list)
    plan: list[str] = field(default_factory=list)

    def at(self, part: float) -> float:
        """The milliseconds that this part of all answers took at most."""
        ordered = sorted(self.milliseconds)
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
    """Totals of an arbitrary period inside [first, last): both ends within a day."""
    low = datetime(first.year, first.month, 15, 10, 13, 7, tzinfo=SHANGHAI)
    high = datetime(last.year, last.month, 1, tzinfo=SHANGHAI) - timedelta(days=10, hours=8, seconds=57)
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
FROM (SELECT * FROM issuing_bill WHERE issued_at >= %s AND issued_at >= %s AND reverses_code IS NULL
      ORDER BY issued_at LIMIT 1) AS b
JOIN issuing_bill_line AS l USING (unit_id, issued_at, bill_code, bill_number) JOIN registry_unit AS u ON u.id = b.unit_id
LIMIT 1
"""


def ask(name: str, bills: int, question: Question, about: list[Drawn]) -> Asked:
    """The question, asked about each of these; the first time does not count, since nothing is planned or read yet."""
    asked = Asked(name, bills)
    question(about[0])
    statements: list[tuple[str, Any]] = []
    for one in about:
        with _timed(asked, statements):
            answer = question(one)
        asked.hits.append(answer if isinstance(answer, int) else len(answer.rows))
    asked.plan = _plan(*max(statements[-2:], key=lambda one: len(one[0])))  # the question itself, not the names of its rows
    return asked


@contextmanager
def _timed(asked: Asked, statements: list[tuple[str, Any]]) -> Iterator[None]:
    spent = 0.0

    def run(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        nonlocal spent
        begun = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            spent += time.perf_counter() - begun
            if "registry_" not in sql[:200]:
                statements.append((sql, params))

    with connection.execute_wrapper(run):
        yield
    asked.milliseconds.append(spent * 1000)


def _plan(sql: str, params: Any) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF) {sql}", params)
        return [row[0] for row in cursor.fetchall()]
