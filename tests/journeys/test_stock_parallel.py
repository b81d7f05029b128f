"""200 acts at once, in an order nobody chose, many of them failing half-way: no number twice, none lost, at any level."""

from __future__ import annotations

import dataclasses
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection, connections

from piaoju.journeys import (
    allot,
    report_loss,
    requisition,
    return_numbers,
    review_requisition,
    stock_disposal,
    void_range,
)
from piaoju.journeys.issue import Issued
from piaoju.kit.errors import PiaojuError
from piaoju.stock import actions as stock
from piaoju.stock import moving, queries
from piaoju.stock.errors import RequisitionOpen
from piaoju.stock.models import Requisition
from piaoju.stock.types import Medium, Place
from tests import offices
from tests.journeys.asking import ledger_sum
from tests.journeys.stock_office import (
    CITY,
    CLINIC,
    COLLEGE,
    COUNTY,
    DEPARTMENTS,
    PROVINCE,
    UNITS,
    People,
    asked,
    code,
    connection_sum,
    differences,
    held,
    item,
    segments,
)
from tests.offices import Installed, body, line

ACTS, TURNS, AT_ONCE = 200, 2, 40  # the embedded server has 60 connections
TYPES = {CLINIC: ("0601", "0602"), COLLEGE: ("0206", "0401")}


class Broke(Exception):
    """A fault in the middle of an act: the process had an error, or its connection was cut."""


@pytest.fixture
def levels(database: str, data_folder: Any) -> Iterator[Installed]:
    with offices.found(database, data_folder, units=UNITS, departments=DEPARTMENTS) as made:
        profile = dataclasses.replace(made.office.profile, first_requisition_sheets=50_000_000, stock_on_demand_sheets=7)
        yield dataclasses.replace(made, office=dataclasses.replace(made.office, profile=profile))


class Acts:
    """What people do all day. Each act is drawn by its own thread's dice."""

    def __init__(self, levels: Installed) -> None:
        self.levels, self.office, self.people = levels, levels.office, People(levels)
        self.keepers = {unit: self.people.keeper(unit) for unit in UNITS}
        self.officers = {region: self.people.officer(region) for region in DEPARTMENTS}
        self.region = {CLINIC: COUNTY, COLLEGE: CITY}

    def draw(self, dice: random.Random) -> Callable[[random.Random], None]:
        return dice.choice([
            self.requisition, self.requisition, self.requisition, self.give_back, self.give_back, self.give_back,
            self.from_above, self.distribute, self.upwards, self.lose, self.void, self.issue,
        ])  # fmt: skip

    def requisition(self, dice: random.Random) -> None:
        unit = dice.choice(UNITS)
        wanted = asked(dice.randint(1, 90), dice.choice(TYPES[unit]))
        try:
            number = requisition.submit_for_unit(self.office, self.keepers[unit], unit, wanted)
        except RequisitionOpen:
            self.finish(dice, self.region[unit])
            return
        if dice.random() < 0.1:
            requisition.withdraw(self.office, self.keepers[unit], number)
        else:
            self.finish(dice, self.region[unit], number)

    def finish(self, dice: random.Random, region: str, number: int = 0) -> None:
        """Another person goes on with this requisition, or with one that someone left when he broke off."""
        if not number:
            waiting = Requisition.objects.filter(supplier_region_code=region, state__in=["submitted", "approved"])
            number = dice.choice([row.pk for row in waiting] or [0])
        if queries.requisition(number).state == "submitted":
            sheets = dice.randint(1, queries.requisition(number).sheets)
            review_requisition.approve(self.office, self.officers[region], number, sheets)
        allot.allot(self.office, self.officers[region], number)

    def give_back(self, dice: random.Random) -> None:
        unit, number, first, last = self.some_free(dice)
        return_numbers.return_numbers(self.office, self.keepers[unit], number, first, last, "多余")

    def lose(self, dice: random.Random) -> None:
        unit, number, first, last = self.some_free(dice)
        case = report_loss.report_loss(self.office, self.keepers[unit], number, first, last, "遗失")
        if dice.random() < 0.5:
            stock_disposal.refuse(self.office, self.officers[self.region[unit]], case, "找到了")
        else:
            report_loss.announce(self.office, self.keepers[unit], case, "日报", self.office.clock().date())
            stock_disposal.approve(self.office, self.officers[self.region[unit]], case)

    def void(self, dice: random.Random) -> None:
        unit, number, first, last = self.some_free(dice)
        case = void_range.request_void(self.office, self.keepers[unit], number, first, last, "停用")
        stock_disposal.approve(self.office, self.officers[self.region[unit]], case)

    def from_above(self, dice: random.Random) -> None:
        wanted = asked(dice.randint(1, 200), dice.choice(("0601", "0602")))
        try:
            number = requisition.submit_for_department(self.office, self.officers[COUNTY], COUNTY, wanted)
        except RequisitionOpen:
            number = 0
        self.finish(dice, CITY, number)

    def distribute(self, dice: random.Random) -> None:
        giver, taker = dice.choice([(PROVINCE, CITY), (CITY, COUNTY)])
        wanted = asked(dice.randint(1, 300), dice.choice(("0601", "0602")))
        allot.distribute(self.office, self.officers[giver], giver, taker, wanted)

    def upwards(self, dice: random.Random) -> None:
        region, level = dice.choice([(CITY, 2), (COUNTY, 3)])
        row = dice.choice(queries.segments_at(Place.department(level, region)))
        first = dice.randint(row.first_number, row.last_number)
        last = min(row.last_number, first + dice.randint(0, 80))
        return_numbers.return_numbers(self.office, self.officers[region], row.id, first, last, "多余")

    def issue(self, dice: random.Random) -> None:
        named = f"P{dice.getrandbits(60)}"
        bill = body(named, lines=[line("1.00", item_code=item(COLLEGE, "0401"))])
        (outcome,) = self.levels.issue(bill, unit_code=COLLEGE)
        if not isinstance(outcome, Issued):
            raise outcome

    def some_free(self, dice: random.Random) -> tuple[str, int, int, int]:
        """A unit, one of its segments, and some numbers that were free a moment ago."""
        unit = dice.choice(UNITS)
        rows = [row for kind in TYPES[unit] for row in segments(self.levels, unit, kind) if row.left]
        row = dice.choice(rows)
        first = dice.randint(row.next_number or row.first_number, row.last_number)
        return unit, row.id, first, min(row.last_number, first + dice.randint(0, 40))


def test_200_acts_at_once_with_failures_lose_no_number_and_give_none_twice(
    levels: Installed, monkeypatch: pytest.MonkeyPatch
) -> None:
    seed = int(os.environ.get("PIAOJU_TEST_SEED", "0")) or int.from_bytes(os.urandom(4))
    print(f"PIAOJU_TEST_SEED={seed}")
    acts, outcomes, gate = Acts(levels), Counter[str](), threading.Semaphore(AT_ONCE)
    start, dice_of = threading.Barrier(ACTS), threading.local()
    opened = {kind: connection_sum("kind = 'opened'", "electronic", code(levels, kind)) for kind in ("0601", "0602", "0401")}
    _break_sometimes(monkeypatch, dice_of)

    def act(number: int) -> None:
        dice = random.Random(seed * 1000 + number)
        dice_of.dice = dice
        start.wait()
        with gate:
            for _ in range(TURNS):
                chosen = acts.draw(dice)
                try:
                    chosen(dice)
                    outcomes[f"{chosen.__name__} done"] += 1
                except PiaojuError as refusal:
                    outcomes[f"refused {refusal.code_value}"] += 1
                except Broke:
                    outcomes["broke by a fault"] += 1
                except OperationalError as fault:
                    outcomes["broke by a cut" if "terminating connection" in str(fault) else f"unexpected {fault}"] += 1
                    connections.close_all()
            connections.close_all()

    threads = [threading.Thread(target=act, args=(number,)) for number in range(ACTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    monkeypatch.undo()
    print(sorted(outcomes.items()))
    assert sum(outcomes.values()) == ACTS * TURNS  # every act ended in one of the ways that were expected
    assert [name for name in outcomes if name.startswith("unexpected")] == []  # no deadlock among them
    wanted = ("requisition", "from_above", "give_back", "distribute", "upwards", "lose", "void", "issue")
    assert {f"{name} done" for name in wanted} <= set(outcomes)
    assert outcomes["broke by a fault"] > TURNS and outcomes["broke by a cut"] > TURNS
    assert differences() == []
    for kind, sheets in opened.items():
        assert sum(b.have for b in queries.balances(Medium.ELECTRONIC, code(levels, kind))) == sheets
    assert {held(levels, region) >= 0 for region in DEPARTMENTS} == {True}
    assert ledger_sum(levels)[0] == levels.count("SELECT count(*) FROM issuing_bill")


def _break_sometimes(monkeypatch: pytest.MonkeyPatch, dice_of: threading.local) -> None:
    """One movement in nine breaks right after its history was written; every third of those by a cut connection."""
    write_down = moving._write_down

    def breaks(cursor: Any, *rest: Any) -> None:
        write_down(cursor, *rest)
        dice = getattr(dice_of, "dice", None)
        if dice is None or dice.random() > 1 / 9:
            return
        if dice.random() < 1 / 3:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        raise Broke

    monkeypatch.setattr(moving, "_write_down", breaks)


PIECES = 30


def test_returns_side_by_side_wait_for_each_other_and_become_one_piece_of_stock(levels: Installed) -> None:
    acts, broken = Acts(levels), list[str]()
    first = segments(levels, CLINIC, "0601")[0].first_number
    held_before = held(levels, COUNTY)
    ready = threading.Barrier(PIECES)

    def give_back(number: int) -> None:
        low = first + 10 * number
        ready.wait()
        try:
            for _ in range(200):
                rows = segments(levels, CLINIC, "0601")
                row = next(row for row in rows if row.first_number <= low <= row.last_number)
                try:
                    return return_numbers.return_numbers(levels.office, acts.keepers[CLINIC], row.id, low, low + 9, "多余")
                except PiaojuError:
                    continue  # another cut the segment in between
        except OperationalError as fault:
            broken.append(str(fault))
        finally:
            connection.close()

    threads = [threading.Thread(target=give_back, args=(number,)) for number in range(PIECES)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert broken == []  # no deadlock
    assert held(levels, COUNTY) == held_before + 10 * PIECES
    assert differences() == []
    inside = "SELECT count(*) FROM stock_segment WHERE state = 'held' AND bill_code = %s AND span && int8range(%s, %s)"
    assert levels.count(inside, code(levels), first, first + 10 * PIECES) == 1


def test_a_return_waits_for_whoever_is_just_taking_these_numbers_and_is_then_refused(levels: Installed) -> None:
    keeper, row = People(levels).keeper(CLINIC), segments(levels, CLINIC, "0601")[0]
    refusals = list[str]()

    def give_back() -> None:
        try:
            return_numbers.return_numbers(levels.office, keeper, row.id, row.first_number, row.last_number, "多余")
        except PiaojuError as refusal:
            refusals.append(refusal.code_value)
        finally:
            connection.close()

    with psycopg.connect(levels.url) as issuing:
        issuing.execute(stock.LOCK_SQL, stock.lock_parameters([(row.place.unit_id, code(levels))]))
        issuing.execute("UPDATE stock_counter SET next_number = next_number + 1 WHERE segment_id = %s", (row.id,))
        returning = threading.Thread(target=give_back)
        returning.start()
        while not levels.count("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"):
            assert returning.is_alive()
            time.sleep(0.01)
    returning.join()
    assert refusals == ["numbers_in_use"]
    levels.run("UPDATE stock_counter SET next_number = next_number - 1 WHERE segment_id = %s", row.id)
    assert differences() == []
