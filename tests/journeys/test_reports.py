"""The one query layer on bills that were issued: what is asked is what is found, counted and summed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from datetime import datetime, timedelta
from typing import Any

import pytest
from typer.testing import CliRunner

from piaoju.journeys import answer_reports
from piaoju.kit.clock import system_clock
from piaoju.kit.errors import PiaojuError
from piaoju.kit.listing import Comparison, Condition, FieldUnknown, Value, read_cursor
from piaoju.ops import cli, session
from piaoju.ops.demonstration import founding
from piaoju.reporting import queries as reporting
from piaoju.reporting.types import BillsPage, BillsQuestion, Portion, Reach, TotalsQuestion
from tests import offices
from tests.offices import HOSPITAL, Installed, body, line

Run = Callable[..., list[dict[str, Any]]]
COUNTY = "12510524MD2000095F"
AMOUNTS = ("10.00", "12.30", "3000.00", "0.01", "99999.99")


@pytest.fixture(scope="module")
def issued(module_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    """Five bills of the hospital, payers of two names, and two bills of a county's hospital."""
    folder = tmp_path_factory.mktemp("office")
    with offices.found(module_database, folder, units=(HOSPITAL, COUNTY), departments=("510000", "510524")) as installed:
        names = ("王小明", "王小明", "李伟芳", "100%_'\\", "欧阳伟芳")
        orders = [
            body(f"R{n}", amount, payer={"type": "person", "name": name})
            for n, (amount, name) in enumerate(zip(AMOUNTS, names, strict=True))
        ]
        outcomes = installed.issue(*orders) + installed.issue(county("K1", "5.00"), county("K2", "6.00"), unit_code=COUNTY)
        assert all(hasattr(outcome, "answer") for outcome in outcomes), outcomes
        yield installed


def county(business_number: str, amount: str) -> dict[str, Any]:
    """A settlement bill of what the county's unit may charge."""
    unit = next(unit for unit in founding.plan().units if unit.code == COUNTY)
    item = next(item for bill_type, item in unit.grants if bill_type == "0401")
    return body(business_number, amount, lines=[line(amount, item_code=item)])


def asked(*conditions: tuple[str, Comparison, Value], reach: Reach | None = None) -> tuple[int, int, list[int]]:
    """Count, sum, and the totals of the rows."""
    question = BillsQuestion(tuple(Condition(name, how, (value,)) for name, how, value in conditions))
    found = reporting.bills(question, reach or Reach.everything())
    assert found.whole.count == len(found.rows)
    return found.whole.count, found.whole.sums["total_fen"], sorted(row.total_fen for row in found.rows)


@pytest.mark.parametrize(
    ("conditions", "fens"),
    [
        ([("total_fen", "eq", 1230)], [1230]),
        ([("total_fen", "ge", 300000)], [300000, 9999999]),
        ([("total_fen", "absolute_le", 1)], [1]),
        ([("payer_name", "eq", "王小明")], [1000, 1230]),
        ([("payer_name", "contains", "伟芳")], [300000, 9999999]),
        ([("payer_name", "contains", "%")], [1]),
        ([("payer_name", "contains", "_'\\")], [1]),
        ([("payer_pinyin", "eq", "wxm")], [1000, 1230]),
        ([("payer_pinyin", "eq", "WangXiaoMing")], [1000, 1230]),
        ([("payer_pinyin", "eq", "ouyangweifang")], [9999999]),
        ([("payer_pinyin", "eq", "wx")], []),
        ([("payer_pinyin", "eq", "w.m")], []),
        ([("payer_name", "starts", "李")], [300000, 500, 600]),
        ([("unit_code", "eq", COUNTY)], [500, 600]),
        ([("unit_code", "eq", "missing")], []),
        ([("region_code", "under", "510500")], [500, 600]),
        ([("region_code", "eq", "510500")], []),
        ([("status", "eq", "issued"), ("line_fen", "eq", 500)], [500]),
        ([("status", "eq", "reversed")], []),
        ([("kind", "eq", "red")], []),
        ([("channel", "eq", "command")], [1, 500, 600, 1000, 1230, 300000, 9999999]),
        ([("business_number", "eq", "R1")], [1230]),
        ([("industry", "eq", "medical"), ("total_fen", "le", 600)], [1]),
        ([("industry", "eq", "other"), ("total_fen", "le", 550)], [500]),
        ([("industry", "eq", "education")], []),
    ],
)
def test_what_is_found_is_exactly_what_was_asked(issued: Installed, conditions: list[Any], fens: list[int]) -> None:
    assert asked(*conditions) == (len(fens), sum(fens), sorted(fens))


def test_a_reach_shows_its_own_and_nothing_else(issued: Installed) -> None:
    assert asked(reach=Reach())[0] == 0
    assert asked(reach=Reach.of_unit(COUNTY))[2] == [500, 600]
    assert asked(reach=Reach((Portion(region_code="510524"),)))[2] == [500, 600]
    assert asked(reach=Reach((Portion(region_code="510000"),)))[0] == 7
    assert asked(reach=Reach((Portion(unit_code=COUNTY, bill_types=frozenset({"0601"})),)))[0] == 0
    both = Reach((Portion(unit_code=COUNTY), Portion(region_code="510524")))
    assert asked(reach=both)[2] == [500, 600]


def test_pages_cut_by_key_give_every_bill_once(issued: Installed) -> None:
    question, position = BillsQuestion(), None
    seen: list[int] = []
    while True:
        found = reporting.bills(question, Reach.everything(), BillsPage("total_fen", True, position, 2))
        assert found.whole.count == 7
        seen += [row.total_fen for row in found.rows]
        if not found.next_cursor:
            break
        position = read_cursor(found.next_cursor)
    assert seen == [9999999, 300000, 1230, 1000, 600, 500, 1]
    places: list[Any] = []
    after = None
    while True:
        chunk = reporting.places(question, Reach.everything(), order=BillsPage("total_fen", False), after=after, limit=3)
        places += chunk.places
        after = chunk.after
        if after is None:
            break
    assert len(places) == len(set(places)) == 7


def test_the_list_and_the_totals_are_the_same_figures(issued: Installed) -> None:
    now = system_clock()
    for reach in (Reach.everything(), Reach.of_unit(COUNTY), Reach((Portion(region_code="510500"),))):
        found = reporting.bills(BillsQuestion(), reach)
        for by in ((), ("unit",), ("city",), ("county", "day"), ("industry",), ("governing", "bill_type"), ("operator",)):
            total = reporting.totals(TotalsQuestion(now - timedelta(days=1), now + timedelta(days=1), by), reach)
            assert (total.sum.issued_sheets, total.sum.issued_fen) == (found.whole.count, found.whole.sums["total_fen"])
            assert sum(line.figures.issued_fen for line in total.rows) == total.sum.issued_fen


def test_the_dimensions_are_named_as_they_were_on_the_day(issued: Installed) -> None:
    now = system_clock()
    question = TotalsQuestion(now - timedelta(days=1), now + timedelta(days=1), ("city", "industry", "unit"))
    rows = {line.keys: line.figures.issued_sheets for line in reporting.totals(question, Reach.everything()).rows}
    issuing = {keys: sheets for keys, sheets in rows.items() if sheets}
    assert issuing == {("", "medical", HOSPITAL): 5, ("510500", "other", COUNTY): 2}


@pytest.mark.parametrize(
    "condition",
    [
        Condition("nonsense", "eq", ("1",)), Condition("total_fen", "eq", ("1",)), Condition("total_fen", "eq", (True,)),
        Condition("total_fen", "contains", (1,)), Condition("total_fen", "between", (1,)),
        Condition("total_fen", "eq", (2**63,)), Condition("payer_name", "eq", ("a\0",)),
        Condition("issued_at", "ge", (datetime(2026, 11, 1),)),  # noqa: DTZ001 - the fault
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused(issued: Installed, condition: Condition) -> None:
    with pytest.raises(FieldUnknown):
        reporting.bills(BillsQuestion((condition,)), Reach.everything())


def test_lines_are_asked_of_one_and_the_same_line(issued: Installed) -> None:
    items = offices.settlement_items()
    lines = [line("7.00", item_code=items[0]), line("8.00", item_code=items[1])]
    (outcome,) = issued.issue(body("L1", lines=lines))
    assert hasattr(outcome, "answer"), outcome
    both = BillsQuestion((Condition("item", "eq", (items[0],)), Condition("line_fen", "eq", (800,))))
    assert reporting.bills(both, Reach.everything()).whole.count == 0
    one = BillsQuestion((Condition("item", "eq", (items[1],)), Condition("line_fen", "eq", (800,))))
    found = reporting.bills(one, Reach.everything())
    assert (found.whole.count, found.whole.sums["total_fen"], found.whole.sums["line_fen"]) == (1, 1500, 800)


@pytest.fixture
def command(issued: Installed, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command on this office; its lines as JSON, the last one the result."""
    monkeypatch.setattr(session, "opened", lambda data: nullcontext())

    def run(*words: str) -> list[dict[str, Any]]:
        ran = CliRunner().invoke(cli.app, [*words, "--json"], catch_exceptions=False)
        assert ran.exit_code == 0, ran.output
        return [json.loads(line) for line in ran.output.splitlines()]

    return run


def test_the_commands_tell_the_same_figures_as_the_query_layer_and_the_call(issued: Installed, command: Run) -> None:
    now = system_clock()
    low, high = (now - timedelta(days=1)).isoformat(), (now + timedelta(days=1)).isoformat()
    *bills, last = command("search", "--from", low, "--to", high, "--limit", "200")
    *rows, total = command("totals", "--from", low, "--to", high, "--by", "unit,day")
    called = answer_reports.bills({"issued_from": low, "issued_to": high}, Reach.everything())
    found = reporting.bills(BillsQuestion(), Reach.everything())
    assert len(bills) == last["result"]["count"] == called["count"] == found.whole.count
    assert last["result"]["total"] == called["total"] == total["result"]["sum"]["net"]["amount"]
    assert sum(row["net"]["sheets"] for row in rows) == found.whole.count
    before = issued.count("SELECT count(*) FROM identity_auditrecord WHERE act = 'read_bills' AND actor = 'command:read_bills'")
    assert before == 1


def test_a_line_that_was_not_read_whole_finds_nothing_by_command(command: Run) -> None:
    with pytest.raises(PiaojuError) as refused:
        command("search", "今天", "100.001")
    assert refused.value.code_value == "line_unread"
    *bills, last = command("search", "今天", "3千以上", "李伟芳")
    assert last["result"]["count"] == 1
    assert bills[0]["payer"]["name"] == "李**" or "＊" in bills[0]["payer"]["name"] or "*" in bills[0]["payer"]["name"]


@pytest.mark.parametrize(
    "given",
    [
        {"totl": "1"}, {"total": "1.234"}, {"total": "１"}, {"kind": "blue"}, {"issued_from": "2026-11-01"}, {"limit": "0"},
        {"limit": "201"}, {"sort": "payer"}, {"payer_name": ""}, {"payer_name": "x" * 201}, {"cursor": "forged"},
    ],
)  # fmt: skip
def test_a_call_with_an_unknown_or_unreadable_parameter_is_refused(issued: Installed, given: dict[str, str]) -> None:
    with pytest.raises(PiaojuError):
        answer_reports.bills(given, Reach.everything())
