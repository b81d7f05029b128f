"""Generated questions, each answered by the query layer and by a plain scan: the same bills in the same order, count and sums."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, get_args

import psycopg
import pytest

from piaoju.kit.listing import Comparison, Condition, read_cursor
from tests.simulation.plain_scan import (
    ACTORS,
    AMOUNTS,
    END,
    ITEM_NAMES,
    ITEMS,
    NAMES,
    START,
    UNITS,
    PlainBill,
    bills_by_chance,
    lay_places,
    lines_asked,
    post_facts,
    scan,
    write,
)

if TYPE_CHECKING:
    from piaoju.reporting.types import Reach

BILLS, QUESTIONS, QUESTIONS_SLOW = 260, 500, 10_000


@pytest.fixture(scope="module")
def bills(module_database: str) -> Iterator[list[PlainBill]]:
    found = bills_by_chance(random.Random(20261124), BILLS)
    with psycopg.connect(module_database, autocommit=True) as connection:
        lay_places(connection)
        write(connection, found)
        post_facts(connection, found)
    yield found


def condition(rng: random.Random, bills: Sequence[PlainBill]) -> Condition:
    """One condition on any field, by a value that exists or one beside it."""
    from piaoju.reporting.fields import FIELDS

    name = rng.choice([name for name in FIELDS if name in _VALUES])
    comparison: Comparison = rng.choice(FIELDS[name].comparisons)
    one = rng.choice(bills)
    values = [_VALUES[name](rng, one) for _ in range(2 if comparison == "between" else 1)]
    if comparison in ("contains", "starts", "under") and isinstance(values[0], str) and values[0]:
        begin = 0 if comparison != "contains" else rng.randrange(len(values[0]))
        values[0] = values[0][begin : begin + rng.randint(1, 3)] if rng.random() < 0.7 else values[0]
    return Condition(name, comparison, tuple(sorted(values) if comparison == "between" else values))


def _fen(rng: random.Random, exact: int) -> int:
    return rng.choice([exact, exact + 1, exact - 1, -exact, *AMOUNTS, 0, 2**62, -(2**62)])


def _instant(rng: random.Random, exact: datetime) -> datetime:
    return rng.choice([exact, exact + timedelta(microseconds=1), START + (END - START) * rng.random()])


_VALUES: dict[str, Any] = {
    "issued_at": lambda rng, one: _instant(rng, one.issued_at),
    "bill_code": lambda rng, one: rng.choice([one.bill_code, "51999926"]),
    "bill_number": lambda rng, one: one.bill_number + rng.choice([0, 0, 1, 20, -20]),
    "bill_type": lambda rng, one: one.bill_type,
    "kind": lambda rng, one: rng.choice(["normal", "red", "nonsense"]),
    "status": lambda rng, one: one.status,
    "total_fen": lambda rng, one: _fen(rng, one.total_fen),
    "item": lambda rng, one: rng.choice([*ITEMS, "103", "999", ""]),
    "item_name": lambda rng, one: rng.choice([*ITEM_NAMES, "床", "费", "没有"]),
    "line_fen": lambda rng, one: _fen(rng, rng.choice(one.lines)[1]),
    "payer_name": lambda rng, one: rng.choice([one.payer_name, *NAMES, "伟芳", "没有此人", ""]),
    "business_number": lambda rng, one: rng.choice([one.business_number, "B1", "b1"]),
    "unit_code": lambda rng, one: rng.choice([*UNITS.values(), "missing"]),
    "unit_name": lambda rng, one: rng.choice([one.record["unit_name"], "新", "单位"]),
    "region_code": lambda rng, one: rng.choice(["510000", "510100", "510300", "510104", "510302", "599999"]),
    "governing_code": lambda rng, one: rng.choice(["G1", "G2", "G3"]),
    "industry": lambda rng, one: rng.choice(["medical", "education", "other", "association"]),
    "operator": lambda rng, one: rng.choice([*ACTORS, "client:"]),
    "channel": lambda rng, one: rng.choice(["client", "operator", "command", "cl%"]),
    "handler": lambda rng, one: rng.choice(["甲", "乙", "甲乙", "丙"]),
}


def reach_by_chance(rng: random.Random) -> Reach:
    from piaoju.reporting.types import Portion, Reach

    portions = [
        Portion(),
        Portion(unit_code=rng.choice([*UNITS.values(), "missing"])),
        Portion(region_code=rng.choice(["510000", "510100", "510300", "510104"])),
        Portion(governing_code=rng.choice(["G1", "G2"])),
        Portion(region_code="510300", bill_types=frozenset({"0601"})),
    ]
    return Reach(tuple(rng.sample(portions, rng.choice([0, 1, 1, 1, 1, 2, 3]))))


def compare(rng: random.Random, bills: Sequence[PlainBill]) -> int:
    """One question, both ways; how many bills were found."""
    from piaoju.reporting import queries as reporting
    from piaoju.reporting.types import BillsPage, BillsQuestion, Reach

    conditions = tuple(condition(rng, bills) for _ in range(rng.choice([0, 1, 1, 2, 2, 3, 4])))
    reach = reach_by_chance(rng) if rng.random() < 0.6 else Reach.everything()
    sort, down = rng.choice(["issued_at", "total_fen", "bill_number"]), rng.random() < 0.5
    expected = sorted(
        scan(bills, conditions, reach),
        key=lambda b: (getattr(b, sort), b.issued_at, b.unit_id, b.bill_code, b.bill_number),
        reverse=down,
    )
    limit, question = rng.choice([1, 7, 200]), BillsQuestion(conditions)
    seen: list[tuple[Any, ...]] = []
    position = None
    for _ in range(3):
        found = reporting.bills(question, reach, BillsPage(sort, down, position, limit))
        assert found.whole.count == len(expected), (conditions, reach)
        assert found.whole.sums["total_fen"] == sum(one.total_fen for one in expected), (conditions, reach)
        assert found.whole.sums["red_fen"] == -sum(one.total_fen for one in expected if one.reverses), (conditions, reach)
        if "line_fen" in found.whole.sums:
            assert found.whole.sums["line_fen"] == sum(sum(lines_asked(one, conditions)) for one in expected), conditions
        seen += [(row.bill_code, row.bill_number, row.status, row.red_fen, row.unit_name) for row in found.rows]
        if not found.next_cursor:
            break
        position = read_cursor(found.next_cursor)
    wanted = [(b.bill_code, b.bill_number, b.status, b.red_fen, b.record["unit_name"]) for b in expected[: 3 * limit]]
    assert seen == wanted, (conditions, reach, sort, down)
    return len(expected)


def test_generated_questions_find_what_a_plain_scan_finds(bills: list[PlainBill]) -> None:
    _compare_many(bills, QUESTIONS, 1)


@pytest.mark.slow
def test_ten_thousand_generated_questions_find_what_a_plain_scan_finds(bills: list[PlainBill]) -> None:
    _compare_many(bills, QUESTIONS_SLOW, 2)


def _compare_many(bills: list[PlainBill], many: int, seed: int) -> None:
    rng = random.Random(seed)
    hits = [compare(rng, bills) for _ in range(many)]
    assert sum(hit > 0 for hit in hits) > many // 4, "hardly any question found anything"
    assert sum(hit == 0 for hit in hits) > many // 20, "hardly any question found nothing"


def test_every_field_and_every_comparison_is_among_the_generated_questions(bills: list[PlainBill]) -> None:
    from piaoju.reporting.fields import FIELDS

    rng = random.Random(3)
    asked = {(one.field, one.comparison) for one in (condition(rng, bills) for _ in range(8_000))}
    left = {(name, how) for name, field in FIELDS.items() for how in field.comparisons} - asked
    # Payers by pinyin are asked in tests/journeys/test_reports.py, beside names that people typed.
    plain = {"payment_code", "mode", "checker", "reverses_code", "reverses_number", "payer_pinyin"}
    assert {name for name, _ in left} <= plain, left
    assert {how for _, how in asked} <= set(get_args(Comparison))


@pytest.mark.parametrize(
    ("typed", "fen"),
    [
        ("100", 10000), ("１００", 10000), ("1,000.10", 100010), ("−1", -100), ("－１．５", -150), ("¥0.01", 1),
        ("10000000000000", 10**15),
    ],
)  # fmt: skip
def test_amounts_are_read_exactly_however_they_are_typed(typed: str, fen: int) -> None:
    from piaoju.manage import typed as read

    assert read.fen(typed) == fen


@pytest.mark.parametrize(
    "typed", ["100.001", "1e3", "0x10", "十元", "1.", "--1", "1 000", "99999999999999999999", "NaN", "１.２３４"]
)
def test_an_amount_that_is_not_exact_is_refused_and_not_rounded(typed: str) -> None:
    from piaoju.manage import typed as read

    with pytest.raises(read.Unreadable):
        read.fen(typed)


@pytest.mark.parametrize("seed", range(3))
def test_totals_of_generated_questions_equal_a_walk_where_counties_and_units_changed(
    bills: list[PlainBill], module_database: str, seed: int
) -> None:
    from tests.simulation import plain_totals

    with psycopg.connect(module_database, autocommit=True) as connection:
        assert plain_totals.compare_many(connection, random.Random(seed), 60) > 20
