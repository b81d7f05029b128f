"""Random histories of bills against a small model: issue, reverse (whole, by line, by money), convert, void paper, in any order.

Several reverse one bill at once. Whatever was answered, the bill, its lines, the ledger, the public and the recount of fsck say
what the model says; original and reversals together are never below zero.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from django.db import connection

from piaoju.identity.types import OperatorActor, Role
from piaoju.issuing import queries
from piaoju.journeys import bill_now, convert_to_paper
from piaoju.journeys.group_writer import GroupWriter
from piaoju.journeys.issue import Issued, Outcome
from piaoju.kit.errors import PiaojuError
from piaoju.ledger import queries as ledger
from piaoju.ops.fsck import facts, numbers, sequels, totals
from piaoju.stock import queries as stock
from tests.journeys.test_after_issue import PAPER, hold_paper
from tests.offices import Installed, body, line, order, reversal

STEPS, SEEDS = 60, (1, 2, 3)
REFUSALS = {"already_reversed", "reversal_over_left", "paper_not_voided", "second_person_needed"}


@dataclass
class Modelled:
    """A bill as the model has it: what is left of each line, in fen, and whether it is on paper."""

    shown: dict[str, Any]
    left: list[int]
    total: int
    on_paper: bool = False
    reds: int = 0

    @property
    def status(self) -> str:
        if self.reds and not sum(self.left):
            return "reversed"
        return "partly_reversed" if self.reds else "converted" if self.on_paper else "issued"


@dataclass
class Model:
    """All bills, and what they come to."""

    bills: list[Modelled] = field(default_factory=list)
    issued: int = 0
    issued_fen: int = 0
    red: int = 0
    red_fen: int = 0
    converted: int = 0
    voided: int = 0  # sheets of paper

    def take(self, bill: Modelled, asked: dict[int, int | None] | None) -> int:
        """What a reversal takes: of these lines so much, or all; -1 where it must be refused."""
        wanted = {n: None for n, left in enumerate(bill.left) if left} if asked is None else asked
        parts = {n: bill.left[n] if fen is None else fen for n, fen in wanted.items()}
        if bill.on_paper or not sum(bill.left) or any(not 0 < fen <= bill.left[n] for n, fen in parts.items()):
            return -1
        for n, fen in parts.items():
            bill.left[n] -= fen
        bill.reds += 1
        self.red, self.red_fen = self.red + 1, self.red_fen + sum(parts.values())
        return sum(parts.values())


@pytest.fixture(scope="module")
def office(module_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    from tests import offices

    folder: Path = tmp_path_factory.mktemp("office")
    with offices.found(module_database, folder) as installed:
        hold_paper(installed, 500)
        yield installed


@pytest.mark.parametrize("seed", SEEDS)
def test_every_history_comes_to_what_the_model_says(office: Installed, seed: int) -> None:
    rng, model, before = random.Random(seed), Model(), figures()
    clerk = office.operator(Role.HANDLER, person="clerk")
    writers = [GroupWriter(office.office, office.url, threads=1) for _ in range(2)]  # as two processes
    try:
        for step in range(STEPS):
            bill = rng.choice(model.bills) if model.bills and rng.random() < 0.65 else None
            if bill is None:
                issue(office, writers[0], model, rng, f"S{seed}-{step}")
            elif rng.random() < 0.35:
                paper(office, clerk, model, bill)
            else:
                reverse(office, writers, model, bill, rng, f"R{seed}-{step}")
    finally:
        for writer in writers:
            writer.close()
    after = {name: value - before[name] for name, value in figures().items()}
    assert after | {"voided_sheets": 0} == {
        "issued_sheets": model.issued, "issued_fen": model.issued_fen, "red_sheets": model.red, "red_fen": model.red_fen,
        "converted_sheets": model.converted, "voided_sheets": 0,
    }  # fmt: skip
    assert after["voided_sheets"] >= model.voided  # and the numbers of reversals that came second
    for bill in model.bills:
        compare(office, bill)
    assert [d.detail for part in (facts, sequels, numbers, totals) for d in part.examine(connection)] == []
    assert model.red > 10 and model.converted > 1 and any(bill.status == "reversed" for bill in model.bills)


def issue(office: Installed, writer: GroupWriter, model: Model, rng: random.Random, number: str) -> None:
    fens = [rng.randint(1, 5_000) for _ in range(rng.randint(1, 4))]
    lines = [line(f"{fen / 100:.2f}") for fen in fens]
    outcome = writer.issue(order(body(number, lines=lines)))
    assert isinstance(outcome, Issued), outcome
    model.bills.append(Modelled(msgspec.json.decode(outcome.answer), list(fens), sum(fens)))
    model.issued, model.issued_fen = model.issued + 1, model.issued_fen + sum(fens)


def paper(office: Installed, clerk: OperatorActor, model: Model, bill: Modelled) -> None:
    place = (bill.shown["code"], int(bill.shown["number"]))
    try:
        if bill.on_paper:
            convert_to_paper.void_paper(office.office, clerk, *place, "收回")
            model.voided += 1
        else:
            ((_, top, _),) = stock.next_papers(office.unit_id, "0401")
            convert_to_paper.convert(office.office, clerk, *place, PAPER, top)
            model.converted += 1
            assert not bill.reds, "a bill that was reversed came on paper"
        bill.on_paper = not bill.on_paper
    except PiaojuError as refusal:
        assert refusal.code_value == "not_convertible" and bill.reds


def reverse(
    office: Installed, writers: list[GroupWriter], model: Model, bill: Modelled, rng: random.Random, number: str
) -> None:
    """One asks, or three at once. Who of them was first is known by the order of the bill's story."""
    asks = [some_lines(bill, rng) for _ in range(rng.choice([1, 1, 3]))]
    orders = [
        reversal(office, bill.shown, f"{number}-{at}", **({"lines": asked_json(asked)} if asked is not None else {}))
        for at, asked in enumerate(asks)
    ]
    outcomes: dict[int, Outcome] = {}

    def ask(at: int) -> None:
        outcomes[at] = writers[at % len(writers)].issue(orders[at])
        connection.close()

    people = [threading.Thread(target=ask, args=(at,)) for at in range(len(orders))]
    for person in people:
        person.start()
    for person in people:
        person.join()
    done = {at: msgspec.json.decode(o.answer) for at, o in outcomes.items() if isinstance(o, Issued)}
    story = [one.red_number for one in queries.sequels_of(place_of(office, bill)) if one.red_number]
    for at in sorted(done, key=lambda at: story.index(int(done[at]["number"]))):
        taken = model.take(bill, asks[at])
        assert taken > 0, "more was reversed than there was"
        assert done[at]["total"] == f"-{taken // 100}.{taken % 100:02d}"
    for at, outcome in outcomes.items():
        if isinstance(outcome, PiaojuError):
            assert outcome.code_value in REFUSALS, outcome.detail
            copy = Modelled(bill.shown, list(bill.left), bill.total, bill.on_paper, bill.reds)
            assert Model().take(copy, asks[at]) < 0, f"refused, though there was enough: {outcome.code_value} {outcome.detail}"


def some_lines(bill: Modelled, rng: random.Random) -> dict[int, int | None] | None:
    if rng.random() < 0.3:
        return None
    chosen = rng.sample(range(len(bill.left)), rng.randint(1, len(bill.left)))
    return {n: rng.choice([None, rng.randint(1, max(1, bill.left[n] + 1))]) for n in chosen}


def asked_json(asked: dict[int, int | None]) -> list[dict[str, Any]]:
    return [{"line": n + 1} | ({} if fen is None else {"amount": f"{fen // 100}.{fen % 100:02d}"}) for n, fen in asked.items()]


def place_of(office: Installed, bill: Modelled) -> Any:
    return bill_now.place(office.unit_id, bill.shown["code"], int(bill.shown["number"]))


def compare(office: Installed, bill: Modelled) -> None:
    now = msgspec.json.decode(bill_now.by_number(office.office, office.unit_id, bill.shown["code"], int(bill.shown["number"])))
    assert (now["status"], len(now["reversed_by"]), now["converted"]) == (bill.status, bill.reds, bill.on_paper)
    story = queries.sequels_of(place_of(office, bill))
    assert (story[-1].left_fen if story else bill.total) == sum(bill.left) >= 0
    assert now["total"] == bill.shown["total"], "the original is never edited"


def figures() -> dict[str, int]:
    at = datetime.now(UTC)
    found = ledger.totals(at - timedelta(days=2), at + timedelta(days=2)).sum
    names = ("issued_sheets", "issued_fen", "red_sheets", "red_fen", "converted_sheets", "voided_sheets")
    return {name: getattr(found, name) for name in names}
