"""即领即开: an online unit that runs out draws from its department while it issues; others are told to requisition."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from piaoju.journeys import return_numbers
from piaoju.journeys.group_writer import GroupWriter
from piaoju.journeys.issue import Issued, Outcome
from piaoju.stock import queries
from piaoju.stock.types import Medium, MovementKind, Place, SegmentState
from tests import offices
from tests.journeys.asking import code_of, issued, ledger_sum
from tests.journeys.stock_office import (
    CITY,
    COLLEGE,
    DEPARTMENTS,
    UNITS,
    People,
    code,
    differences,
    figures,
    held,
    item,
    segments,
)
from tests.offices import Installed, body, line, order


@pytest.fixture
def levels(database: str, data_folder: Any) -> Iterator[Installed]:
    with offices.found(database, data_folder, units=UNITS, departments=DEPARTMENTS) as made:
        profile = dataclasses.replace(made.office.profile, stock_on_demand_sheets=7)
        made = dataclasses.replace(made, office=dataclasses.replace(made.office, profile=profile))
        for row in segments(made, COLLEGE, "0401"):  # a unit that keeps no numbers of its own
            return_numbers.return_numbers(
                made.office, People(made).keeper(COLLEGE), row.id, row.first_number, row.last_number, "改为即领即开"
            )
        yield made


def bill(name: str, amount: str = "1.00") -> dict[str, Any]:
    return body(name, lines=[line(amount, item_code=item(COLLEGE, "0401"))])


def issue(levels: Installed, *bills: dict[str, Any]) -> list[Outcome]:
    return levels.issue(*bills, unit_code=COLLEGE)


def test_a_clock_behind_the_last_bill_refuses_on_a_segment_just_drawn_too(levels: Installed) -> None:
    filled = issue(levels, *(bill(f"C{n}") for n in range(7)))  # the segment drawn for them is used up
    assert all(isinstance(outcome, Issued) for outcome in filled)
    slow = levels.with_clock(lambda: datetime.now(UTC) - timedelta(minutes=5))
    (outcome,) = issue(slow, bill("C7"))
    assert code_of(outcome) == "clock_behind"
    assert ledger_sum(levels) == (7, 700)


def test_an_online_unit_without_numbers_issues_and_the_ledger_knows_where_they_came_from(levels: Installed) -> None:
    since, before = levels.office.clock(), held(levels, CITY, "0401")
    outcomes = issue(levels, *(bill(f"D{n}") for n in range(10)))
    numbers = [int(issued(outcome)["number"]) for outcome in outcomes]
    assert numbers == list(range(numbers[0], numbers[0] + 10))
    assert held(levels, CITY, "0401") == before - 10  # what the group needed, since that is more than 7
    issue(levels, bill("D10"))
    assert held(levels, CITY, "0401") == before - 17
    told = figures(levels, since)
    assert (told.requisitioned_sheets, told.allotted_sheets, told.issued_sheets) == (17, 17, 11)
    life = queries.life_of(Medium.ELECTRONIC, code(levels, "0401"), numbers[0])
    assert life.movements[-1].kind == MovementKind.ALLOTTED and life.movements[-1].source == "stock_on_demand"
    assert differences() == []


def test_numbers_that_are_left_are_used_before_more_are_drawn(levels: Installed) -> None:
    issue(levels, bill("E1"))
    before = held(levels, CITY, "0401")
    outcomes = issue(levels, *(bill(f"E{n}") for n in range(2, 11)))
    assert all(isinstance(outcome, Issued) for outcome in outcomes)
    assert held(levels, CITY, "0401") == before - 7  # six were left, nine were wanted
    assert ledger_sum(levels) == (10, 1000)
    assert differences() == []


def test_an_order_that_a_rule_refuses_draws_nothing(levels: Installed) -> None:
    before = held(levels, CITY, "0401")
    (outcome,) = issue(levels, body("F1", lines=[line("1.00", item_code="999999999")]))
    assert code_of(outcome) == "item_not_granted"
    assert held(levels, CITY, "0401") == before
    assert levels.count("SELECT count(*) FROM stock_movement WHERE source = 'stock_on_demand'") == 0


def test_a_repeat_in_one_group_draws_for_one_bill(levels: Installed) -> None:
    first, again, other = issue(levels, bill("G1"), bill("G1"), bill("G1", "2.00"))
    assert issued(first) == issued(again)
    assert code_of(other) == "business_number_reused"
    assert ledger_sum(levels) == (1, 100)
    assert differences() == []


def test_a_unit_with_a_front_server_requisitions(levels: Installed) -> None:
    levels.run("UPDATE registry_unitrecord SET connection_mode = 'front'")
    (outcome,) = issue(levels, bill("H1"))
    assert code_of(outcome) == "stock_exhausted"
    assert ledger_sum(levels) == (0, 0)


def test_an_empty_department_is_told_and_nothing_is_written(levels: Installed) -> None:
    office, officer = levels.office, People(levels).officer(CITY)
    for row in queries.segments_at(Place.department(2, CITY)):
        if row.code.bill_type_code == "0401":
            return_numbers.return_numbers(office, officer, row.id, row.first_number, row.last_number, "上交")
    (outcome,) = issue(levels, bill("I1"))
    assert code_of(outcome) == "stock_exhausted"
    assert segments(levels, COLLEGE, "0401") == []
    assert differences() == []


def test_two_writers_draw_for_48_clients_at_once_and_no_number_is_lost(levels: Installed) -> None:
    writers = [GroupWriter(levels.office, levels.url, threads=2) for _ in range(2)]
    answers: dict[str, set[bytes]] = {}
    lock = threading.Lock()

    def client(number: int) -> None:
        for turn in range(4):
            name = f"W{number % 40}-{turn}"
            outcome = writers[number % 2].issue(order(bill(name), COLLEGE))
            if isinstance(outcome, Issued):
                with lock:
                    answers.setdefault(name, set()).add(outcome.answer)

    clients = [threading.Thread(target=client, args=(n,)) for n in range(48)]
    for thread in clients:
        thread.start()
    for thread in clients:
        thread.join()
    for writer in writers:
        writer.close()
    assert len(answers) == 160 and all(len(same) == 1 for same in answers.values())
    assert ledger_sum(levels) == (160, 16_000)
    assert {row.place.state for row in segments(levels, COLLEGE, "0401")} == {SegmentState.IN_USE}
    assert differences() == []
