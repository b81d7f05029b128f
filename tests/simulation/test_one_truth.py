"""Random histories of two units: whatever happened, every surface shows the figure that a recount of the rows shows.

List footer, export, call, command, totals, overview, region page and unit page, while bills are written for another unit and
totals are folded behind the commits; a county moves, a year ends.
"""

from __future__ import annotations

import html
import json
import random
import re
import threading
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from piaoju.kit.clock import SHANGHAI, local_date

if TYPE_CHECKING:
    from tests.offices import Installed

HISTORIES, HISTORIES_SLOW = 10, 1_000
HOSPITAL, COUNTY_UNIT, OTHER = "12510000MD200001XY", "12510524MD2000095F", "12510000MD2000036R"
COUNTY, CITIES = "510524", ("510500", "510100")
PAPER = "51040199"
Figure = tuple[int, int, int]  # normal bills, red bills, fen of both


@dataclass(slots=True)
class World:
    """Two units whose history is made, a third that others write for, and a clock that only goes on."""

    installed: Installed
    rng: random.Random
    at: datetime
    ends: datetime  # no month is prepared after it
    bills: list[dict[str, Any]] = field(default_factory=list)
    moves: list[tuple[date, str]] = field(default_factory=list)  # from this day on the county lies under this city
    serial: int = 0
    sheet: int = 101
    turn: threading.Lock = field(default_factory=threading.Lock)

    def clock(self) -> datetime:
        self.at += timedelta(milliseconds=1)
        return self.at

    def number(self) -> str:
        self.serial += 1
        return f"T{self.serial}"

    def city(self, on: date) -> str:
        return next(city for day, city in reversed(self.moves) if day <= on)


@pytest.fixture(scope="module")
def world(module_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    from piaoju.journeys import premises
    from tests import offices
    from tests.journeys import stock_office

    units = (HOSPITAL, COUNTY_UNIT, OTHER)
    departments = ("510000", COUNTY)
    begin = datetime.now(UTC)
    with offices.found(module_database, tmp_path_factory.mktemp("office"), units=units, departments=departments) as founded:
        made = World(founded, random.Random(11), begin, begin + timedelta(days=100), moves=[(date(2000, 1, 1), CITIES[0])])
        made.installed = founded.with_clock(made.clock)
        premises.open_office(made.installed.office)
        stock_office.paper(made.installed, HOSPITAL, "0401", PAPER, 900)
        yield made


@pytest.fixture
def behind(world: World) -> Iterator[None]:
    """Totals are folded all the time, and bills are written for the third unit whenever nobody compares."""
    from piaoju.ledger import actions as ledger

    over, faults, chance = threading.Event(), [], random.Random(12)  # of its own: histories do not depend on who is faster

    def fold() -> None:
        with psycopg.connect(world.installed.url, autocommit=True) as connection:
            while not over.wait(0.01):
                ledger.fold(connection, limit=7)

    def write() -> None:
        while not over.wait(0.05):
            with world.turn:
                outcome = world.installed.issue(_body(world, OTHER, chance), unit_code=OTHER)[0]
                if not hasattr(outcome, "answer"):
                    faults.append(outcome)

    crew = [threading.Thread(target=work) for work in (fold, write)]
    for one in crew:
        one.start()
    yield
    over.set()
    for one in crew:
        one.join()
    assert not faults, faults[0]


def test_every_surface_shows_what_a_recount_shows(world: World, behind: None, monkeypatch: pytest.MonkeyPatch) -> None:
    _live(world, monkeypatch, HISTORIES)


@pytest.mark.slow
def test_a_thousand_histories_show_the_same_everywhere(world: World, behind: None, monkeypatch: pytest.MonkeyPatch) -> None:
    _live(world, monkeypatch, HISTORIES_SLOW)


def _live(world: World, monkeypatch: pytest.MonkeyPatch, histories: int) -> None:
    from piaoju.ops import session
    from tests.journeys.asking import issued
    from tests.offices import reversal

    monkeypatch.setattr(session, "opened", lambda data: nullcontext())
    with world.turn:
        while len({one["unit_code"] for one in world.bills}) < 2:
            _issue(world)
        _convert(world)
        _issue(world)
        issued(world.installed.issue_orders(reversal(world.installed, world.bills[-1], world.number()))[0])
        assert {one for one, _ in _standing(world)} == {"converted", "reversed"}
    seen: set[str] = set()
    for place in range(histories):
        with world.turn:
            seen |= {_act(world, ("move", "reverse", "convert", "return", "wait")[place % 5])}
            seen |= {_act(world) for _ in range(world.rng.randint(1, 5))}
            if place == min(histories // 2, 20):  # before so many moves that the year has ended by itself
                _new_year(world)
            _compare(world)
    with psycopg.connect(world.installed.url) as connection:
        in_part = connection.execute("SELECT FROM issuing_sequel WHERE kind = 'reversed' AND left_fen > 0").fetchall()
    assert in_part, "nothing was reversed in part"
    assert seen >= {"issue", "reverse", "move", "convert", "return"}, seen
    assert _recount(world, datetime(2026, 1, 1, tzinfo=UTC), world.at, "", "")[1] > 0, "nothing was reversed"


def _standing(world: World) -> list[tuple[str, int]]:
    with psycopg.connect(world.installed.url) as connection:
        return connection.execute("SELECT kind, count(*) FROM issuing_sequel GROUP BY kind").fetchall()


# --- what happens


def _act(world: World, act: str = "") -> str:
    act = act or world.rng.choice(["issue"] * 4 + ["reverse"] * 3 + ["convert", "move", "return", "wait"])
    {"issue": _issue, "reverse": _reverse, "convert": _convert, "move": _move, "return": _give_back, "wait": _wait}[act](world)
    return act


def _wait(world: World) -> None:
    if world.at > world.ends:
        return
    world.at += timedelta(minutes=world.rng.randint(1, 200))


def _body(world: World, unit_code: str, rng: random.Random) -> dict[str, Any]:
    from piaoju.ops.demonstration import founding
    from tests.offices import body, line

    unit = next(unit for unit in founding.plan().units if unit.code == unit_code)
    items = sorted({item for bill_type, item in unit.grants if bill_type == "0401"})
    lines = [
        line(f"{rng.randint(1, 20_000) / 100:.2f}", item_code=rng.choice(items))
        for _ in range(rng.randint(1, 3))
    ]
    return body(world.number(), lines=lines, payer={"type": "person", "name": rng.choice(["=1+1", "李明", "-5"])})


def _issue(world: World) -> None:
    from tests.journeys.asking import issued

    unit = world.rng.choice([HOSPITAL, COUNTY_UNIT])
    (outcome,) = world.installed.issue(_body(world, unit, world.rng), unit_code=unit)
    world.bills.append(issued(outcome))


def _reverse(world: World) -> None:
    from piaoju.kit.errors import PiaojuError
    from piaoju.standard.request_body import InvalidRequest
    from tests.offices import reversal

    if not world.bills:
        return
    one = world.rng.choice(world.bills)
    more: dict[str, Any] = {}
    if world.rng.random() < 0.5:
        place = world.rng.randrange(len(one["lines"]))
        half = Decimal(one["lines"][place]["amount"]) / 2
        more = {"lines": [{"line": place + 1, "amount": f"{max(half, Decimal('0.01')):.2f}"}]}
    try:
        world.installed.issue_orders(reversal(world.installed, one, world.number(), **more))
    except InvalidRequest:
        raise
    except PiaojuError:
        return  # nothing is left of it, or it is on paper


def _convert(world: World) -> None:
    from piaoju.identity.types import Role
    from piaoju.journeys import convert_to_paper
    from piaoju.kit.errors import PiaojuError

    clerk = world.installed.operator(Role.HANDLER, person="clerk")
    ours = [one for one in world.bills if one["unit_code"] == HOSPITAL]
    if not ours:
        return
    one = world.rng.choice(ours)
    try:
        convert_to_paper.convert(world.installed.office, clerk, one["code"], int(one["number"]), PAPER, world.sheet)
    except PiaojuError:
        return
    world.sheet += 1


def _move(world: World) -> None:
    from piaoju.identity.types import Role
    from piaoju.journeys import move_region

    if world.at > world.ends:
        return
    world.at += timedelta(days=1)
    today = local_date(world.at)
    there = next(city for city in CITIES if city != world.city(today))
    officer = world.installed.operator(Role.SUPERVISOR)
    move_region.move(world.installed.office, officer, COUNTY, there, today, "批准文件")
    world.moves.append((today, there))


def _give_back(world: World) -> None:
    from piaoju.identity.types import Role
    from piaoju.journeys import return_numbers
    from tests.journeys.stock_office import segments

    keeper = world.installed.operator(Role.UNIT_KEEPER)
    (segment, *_) = [row for row in segments(world.installed, HOSPITAL, "0602") if row.left]
    last = segment.last_number
    return_numbers.return_numbers(world.installed.office, keeper, segment.id, last - 2, last, "多领")


def _new_year(world: World) -> None:
    from django.db import transaction

    from piaoju.journeys import found_stock

    world.at = max(world.at, datetime(local_date(world.at).year + 1, 1, 2, 9, tzinfo=SHANGHAI).astimezone(UTC))
    granted = dict.fromkeys((HOSPITAL, COUNTY_UNIT, OTHER), frozenset({"0401"}))
    from django.db import connection

    with transaction.atomic(), connection.cursor() as cursor:
        found_stock.found_stock(cursor, world.installed.office, granted)


# --- what is shown


def _compare(world: World) -> None:
    """One period and one place, asked of every surface and recounted."""
    begin = datetime(2026, 11, 1, tzinfo=UTC)
    low, high = sorted(begin + (world.at - begin) * world.rng.random() for _ in range(2))
    if world.rng.random() < 0.5:
        low, high = begin, world.at + timedelta(hours=1)
    low, high = low.replace(microsecond=0), high.replace(microsecond=0) + timedelta(seconds=1)
    unit = world.rng.choice(["", "", "", HOSPITAL, COUNTY_UNIT])
    region = "" if unit else world.rng.choice(["", "510000", *CITIES, *CITIES, *CITIES, COUNTY])
    expected = _recount(world, low, high, unit, region)
    shown = dict(_shown(world, low, high, unit, region))
    assert len(shown) >= 8
    assert {name: figure for name, figure in shown.items() if figure != expected} == {}, (expected, low, high, unit, region)


def _recount(world: World, low: datetime, high: datetime, unit: str, region: str) -> Figure:
    with psycopg.connect(world.installed.url) as connection:
        rows = connection.execute(
            "SELECT u.code, b.issued_at, b.region_code, b.total_fen FROM issuing_bill b JOIN registry_unit u ON u.id = b.unit_id"
        ).fetchall()
    meant = []
    for code, at, standing, fen in rows:
        above = {standing, "510000"} | ({world.city(local_date(at))} if standing == COUNTY else set())
        if low <= at < high and unit in ("", code) and (not region or region in above):
            meant.append(fen)
    return sum(fen >= 0 for fen in meant), sum(fen < 0 for fen in meant), sum(meant)


def _shown(world: World, low: datetime, high: datetime, unit: str, region: str) -> Iterator[tuple[str, Figure]]:
    from piaoju.identity.types import Role
    from piaoju.journeys import answer_reports, see_overview
    from piaoju.kit.listing import Condition
    from piaoju.reporting import queries as reporting
    from piaoju.reporting.types import BillsQuestion, Reach, TotalsQuestion

    conditions = [Condition("issued_at", "ge", (low,)), Condition("issued_at", "lt", (high,))]
    conditions += [Condition("unit_code", "eq", (unit,))] if unit else []
    conditions += [Condition("region_code", "under", (region,))] if region else []
    found = reporting.bills(BillsQuestion(tuple(conditions)), Reach.everything())
    yield "bills", _whole(found.whole.count, found.whole.sums["red_sheets"], found.whole.sums["total_fen"])
    officer = world.installed.operator(Role.SUPERVISOR)
    given = {"issued_at": _typed(low), "issued_at_to": _typed(high - timedelta(seconds=1)), "unit_code": unit,
             "region_code": region, "per": "20"}  # fmt: skip
    yield "list footer", _footer(_page(officer, given))
    yield "export", _exported(world, officer, tuple(conditions), high)
    names = {"unit_code": unit, "region_code": region}
    named = {name: value for name, value in names.items() if value}
    period = {"issued_from": low.isoformat(), "issued_to": high.isoformat()}
    red = answer_reports.bills({**period, **named, "kind": "red"}, Reach.everything())["count"]
    called = answer_reports.bills({**period, **named}, Reach.everything())
    yield "call", _whole(called["count"], red, _fen(called["total"]))
    yield "command search", _searched(_command("search", low, high, unit, region), red)
    yield "command totals", _told(_command("totals", low, high, unit, region)["sum"])
    question = TotalsQuestion(low, high, unit_code=unit, region_code=region)
    yield "totals", _figure(reporting.totals(question, Reach.everything()).sum)
    for by in (("city",), ("unit", "day"), ("item",), ("industry", "month"), ("operator",)):
        parts = reporting.totals(TotalsQuestion(low, high, by, unit_code=unit, region_code=region), Reach.everything())
        yield f"totals by {by}", _figure(parts.sum)
        if by != ("item",):
            total = [sum(column) for column in zip(*(_figure(line.figures) for line in parts.rows), strict=True)] or [0, 0, 0]
            yield f"rows of totals by {by}", (total[0], total[1], total[2])
    place = see_overview.where(world.installed.office, officer, region or "510000", unit)
    yield "overview", _figure(see_overview.figures(officer, place, TotalsQuestion(low, high)).sum)


def _whole(count: int, red: int, fen: int) -> Figure:
    return count - red, red, fen


def _figure(figures: Any) -> Figure:
    return figures.issued_sheets, figures.red_sheets, figures.net_fen


def _fen(yuan: str) -> int:
    return int(Decimal(yuan.replace("−", "-").replace(",", "")) * 100)


def _typed(at: datetime) -> str:
    return at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")


def _page(actor: Any, given: dict[str, str]) -> str:
    from django.test import RequestFactory

    from piaoju.manage.bills import listing

    request: Any = RequestFactory().get("/manage/bills", {name: value for name, value in given.items() if value})
    request.actor = actor
    response: Any = listing.bills(request)
    assert response.status_code == 200, response.content.decode()
    return html.unescape(response.content.decode())


def _footer(page: str) -> Figure:
    if "没有符合全部条件的结果" in page:
        return 0, 0, 0
    line = page[page.index("全部结果合计") :]
    count = re.findall(r"全部结果合计 ([\d,]+) 张", line)[0]
    red = re.findall(r"^[^<]*其中红票 ([\d,]+) 张", line) or ["0"]
    fen = re.findall(r'data-label="票面金额">([^<]+)<', line)[0]
    return _whole(int(count.replace(",", "")), int(red[0].replace(",", "")), _fen(fen))


def _exported(world: World, actor: Any, conditions: tuple[Any, ...], high: datetime) -> Figure:
    """What stands in a file's rows. This clock is ahead of the database's, so the file's end is that of the question."""
    from msgspec.structs import replace

    from piaoju.journeys import export_bills, export_rows
    from piaoju.journeys.snapshot import one_snapshot
    from piaoju.reporting.errors import NoBills

    asked = export_bills.Wanted(conditions, "", "issued_at", False, "csv")
    try:
        with one_snapshot():
            question = export_bills._frozen(world.installed.office, actor, asked, "")
            rows = list(export_bills._rows(replace(question, as_of=high)))
    except NoBills:
        return 0, 0, 0
    fens = [row[export_rows._TOTAL_AT] for row in rows]
    assert (len(fens), sum(fens)) == (question.count, question.total_fen), "the file's head"
    return sum(fen >= 0 for fen in fens), sum(fen < 0 for fen in fens), sum(fens)


def _command(name: str, low: datetime, high: datetime, unit: str, region: str) -> Any:
    from typer.testing import CliRunner

    from piaoju.ops import cli

    words = [name, "--from", low.isoformat(), "--to", high.isoformat(), "--json"]
    words += ["--unit", unit] if unit else []
    words += ["--region", region] if region else []
    ran = CliRunner().invoke(cli.app, words, catch_exceptions=False)
    assert ran.exit_code == 0, ran.output
    return json.loads(ran.output.splitlines()[-1])["result"]


def _searched(result: dict[str, Any], red: int) -> Figure:
    return _whole(result["count"], red, _fen(result["total"]))


def _told(said: dict[str, Any]) -> Figure:
    return said["issued"]["sheets"], said["red"]["sheets"], _fen(said["net"]["amount"])
