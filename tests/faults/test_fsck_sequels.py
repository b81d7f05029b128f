"""Reversals and paper examined by code of their own: what is sound has no difference, each planted change is named."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection

from piaoju.journeys import convert_to_paper, premises, reverse_by_person
from piaoju.ops.fsck import facts, guards, numbers, sequels
from piaoju.standard.reversal_request import AskedLine
from piaoju.stock import queries as stock
from tests.journeys.test_after_issue import PAPER, bill, clerk, hold_paper
from tests.offices import Installed
from tests.rooms.ledger_samples import connect, tamper


@pytest.fixture(scope="module")
def office(module_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    """A bill reversed in two parts, one converted, voided, and converted again, one untouched."""
    from tests import offices

    folder: Path = tmp_path_factory.mktemp("office")
    with offices.found(module_database, folder) as installed:
        premises.open_writer(installed.url, threads=1)
        hold_paper(installed, 20)
        parted, papered, _ = bill(installed, "F1"), bill(installed, "F2"), bill(installed, "F3")
        reverse_by_person.reverse_bill(installed.office, clerk(installed), *parted, "退费", [AskedLine(1, 10_000)], seen=0)
        reverse_by_person.reverse_bill(installed.office, clerk(installed), *parted, "退费", [AskedLine(2)], seen=1)
        for turn in range(2):
            ((_, top, _),) = stock.next_papers(installed.unit_id, "0401")
            convert_to_paper.convert(installed.office, clerk(installed), *papered, PAPER, top)
            if not turn:
                convert_to_paper.void_paper(installed.office, clerk(installed), *papered, "卡纸")
        yield installed
        premises.close_writer()


def found() -> set[str]:
    return {d.code for part in (facts, sequels, numbers, guards) for d in part.examine(connection)}


RED = "UPDATE issuing_sequel SET {} WHERE kind = 'reversed' AND ordinal = {}"
PLANTED = {
    "what is left": ("issuing_sequel", RED.format("left_fen = left_fen + 1", 2), {"sequel_out_of_order"}),
    "what was reversed": (
        "issuing_sequel", RED.format("reversed_fen = reversed_fen + 1", 2),
        {"sequel_out_of_order", "reversal_not_as_recorded"},
    ),
    "a line that was reversed": (
        "issuing_sequel", RED.format("line_fens = ARRAY[line_fens[1] + 5000]", 1),
        {"line_over_reversed", "red_lines_not_as_taken"},
    ),
    "a sequel taken away": (
        "issuing_sequel", "DELETE FROM issuing_sequel WHERE kind = 'reversed' AND ordinal = 2", {"reversal_not_as_recorded"},
    ),
    "a sequel in the middle taken away": (
        "issuing_sequel", "DELETE FROM issuing_sequel WHERE kind = 'paper_voided'", {"sequel_out_of_order"},
    ),
    "the reason that the public sees": (
        "verification_published_bill", "UPDATE verification_published_bill SET reversal_reason = '别的' WHERE kind = 'red'",
        {"reversal_not_as_published"},
    ),
    "a sheet of paper": (
        "issuing_paper_bill", "UPDATE issuing_paper_bill SET paper_number = paper_number + 7 WHERE ordinal = 3",
        {"paper_not_as_recorded", "paper_number_out_of_place"},
    ),
    "the paper that the public sees": (
        "verification_published_paper", "UPDATE verification_published_paper SET in_force = NOT in_force WHERE ordinal = 3",
        {"paper_not_as_published"},
    ),
    "the fact of a conversion": ("ledger_fact", "DELETE FROM ledger_fact WHERE kind = 5", {"paper_not_as_recorded"}),
    "a fact without a conversion": (
        "ledger_fact", "UPDATE ledger_fact SET bill_number = bill_number + 9 WHERE kind = 5",
        {"paper_not_as_recorded", "conversion_without_sequel"},
    ),
}  # fmt: skip


def test_what_is_sound_has_no_difference_and_each_planted_change_is_named(office: Installed) -> None:
    """One after the other in one database, each undone: a fresh one for each would cost a minute."""
    assert found() == set()
    for name, (table, statement, expected) in PLANTED.items():
        with connect(office.url) as own:
            own.execute(f"CREATE TABLE planted_{table} AS SELECT * FROM {table}")
            own.execute("ALTER TABLE issuing_paper_bill DROP CONSTRAINT IF EXISTS paper_bill_of_a_sequel")
            tamper(own, table, statement)
        named = found()
        with connect(office.url) as own:
            tamper(own, table, f"DELETE FROM {table}")
            tamper(own, table, f"INSERT INTO {table} SELECT * FROM planted_{table}")
            own.execute(f"DROP TABLE planted_{table}")
        assert expected <= named, (name, named)
    assert found() == set()
