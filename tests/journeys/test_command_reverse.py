"""`piaoju reverse`: what the page of a bill does, by command.

Never twice by a command typed twice, never by one person above the limit.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree

from piaoju.identity.types import Role
from tests import offices
from tests.journeys import commanding
from tests.journeys.asking import issued
from tests.journeys.commanding import Run
from tests.journeys.signing_in import enrol
from tests.offices import Installed, body, line

Bills = dict[str, tuple[str, str]]


@pytest.fixture(scope="module")
def site(module_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    with offices.found(module_database, tmp_path_factory.mktemp("office")) as installed:
        for username, role in (("clerk", Role.HANDLER), ("checker", Role.CHECKER), ("keeper", Role.UNIT_KEEPER)):
            enrol(installed, username, role=role)
        yield installed


@pytest.fixture(scope="module")
def bills(site: Installed) -> Bills:
    """All are issued before the first command: each command is given a later clock, and no bill may be issued behind one."""
    amounts = {"parts": ("30.00", "7.00"), "large": ("10000.01",), "own": ("20000.00",), "left": ("1.00",)}
    outcomes = site.issue(*(body(name, lines=[line(one) for one in each]) for name, each in amounts.items()))
    found = map(issued, outcomes)
    return {name: (one["code"], one["number"]) for name, one in zip(amounts, found, strict=True)}


@pytest.fixture
def run(site: Installed, bills: Bills, monkeypatch: pytest.MonkeyPatch) -> Run:
    return commanding.runner(site, monkeypatch)


def reversed_fen(site: Installed, one: tuple[str, str]) -> list[int]:
    """The red bills of a bill, as the database has them."""
    numbers = f"reverses_code = '{one[0]}' AND reverses_number = {int(one[1])}"
    return site.column(f"SELECT total_fen FROM issuing_bill WHERE {numbers} ORDER BY bill_number")


def test_a_part_then_the_rest_and_nothing_beyond(site: Installed, bills: Bills, run: Run, tmp_path: Path) -> None:
    one = bills["parts"]
    words = ("reverse", *one, "--reason", "退费", "--out", str(tmp_path))
    part = run("clerk", *words, "--line", "1=10.00")
    assert part["outcome"] == "issued"
    assert etree.parse(part["files"]["xml"]).find(".//TotalAmount").text == "-10.00"
    assert {path.suffix for path in tmp_path.iterdir()} == {".xml", ".ofd", ".pdf"}
    assert run("clerk", *words, "--line", "1=10.00") == part | {"outcome": "unchanged"}
    assert run("clerk", *words, "--line", "1=10.00", "--once", "2")["number"] != part["number"]
    assert run("clerk", *words, "--line", "2", "--line", "1=11.00", exits=1) == {"refused": "reversal_over_left"}
    assert run("clerk", *words)["outcome"] == "issued"
    assert reversed_fen(site, one) == [-1_000, -1_000, -1_700]
    assert run("clerk", *words, "--once", "3", exits=1) == {"refused": "already_reversed"}


def test_above_the_limit_one_asks_and_another_approves_or_refuses(
    site: Installed, bills: Bills, run: Run, tmp_path: Path
) -> None:
    one = bills["large"]
    words = ("reverse", *one, "--reason", "退费", "--out", str(tmp_path))
    asked = run("clerk", *words)
    assert asked["outcome"] == "submitted"
    assert run("clerk", *words) == asked
    number = str(asked["application"])
    assert run("clerk", "reversal", "approve", number, exits=4) == {"refused": "act_not_permitted"}
    assert run("checker", "reversal", "refuse", number, "--remark", "再核对")["outcome"] == "refused"
    assert reversed_fen(site, one) == []
    assert run("clerk", *words, exits=1) == {"refused": "reversal_step_over"}
    number = str(run("clerk", *words, "--once", "2")["application"])
    assert run("checker", "reversal", "approve", number, "--out", str(tmp_path))["outcome"] == "issued"
    assert run("checker", "reversal", "approve", number, exits=1) == {"refused": "reversal_step_over"}
    assert reversed_fen(site, one) == [-1_000_001]


def test_whoever_asked_does_not_approve_though_the_role_would_let_them(
    site: Installed, bills: Bills, run: Run, tmp_path: Path
) -> None:
    one = bills["own"]
    number = str(run("keeper", "reverse", *one, "--reason", "退费", "--out", str(tmp_path))["application"])
    assert run("keeper", "reversal", "approve", number, exits=4) == {"refused": "same_person"}
    assert reversed_fen(site, one) == []


def test_what_cannot_be_read_or_is_not_there_or_is_not_permitted_is_refused(site: Installed, bills: Bills, run: Run) -> None:
    code, number = bills["left"]
    for bad in ("0", "x", "1=", "1=abc", "=1", "99999"):
        refused = run("clerk", "reverse", code, number, "--reason", "退费", "--line", bad, exits=1)
        assert refused["refused"] in ("reversal_arguments_unreadable", "reversal_line_invalid"), bad
    assert run("clerk", "reverse", code, number, "--reason", "退费", "--line", "1=-1", exits=1) == {
        "refused": "reversal_over_left"
    }
    assert run("clerk", "reverse", code, "12", "--reason", "退费", exits=1) == {"refused": "reversal_arguments_unreadable"}
    assert run("clerk", "reverse", code, "9999999999", "--reason", "退费", exits=1) == {"refused": "bill_not_found"}
    assert run("clerk", "reverse", code, number, "--reason", " ", exits=1) == {"refused": "reversal_reason_missing"}
    assert run("checker", "reverse", code, number, "--reason", "退费", exits=4) == {"refused": "act_not_permitted"}
    assert reversed_fen(site, (code, number)) == []
