"""冲红: a red bill names its original, every figure follows, and never more is taken back than there is."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import psycopg
import pytest
from django.db import connection

from piaoju.crypto.signers import Signer
from piaoju.issuing import queries as issuing
from piaoju.journeys import bill_now, fetch_file, verify_bill
from piaoju.journeys.group_writer import GroupWriter
from piaoju.journeys.issue import Issued, Outcome
from piaoju.ledger import queries as ledger
from piaoju.ops.demonstration import founding
from piaoju.ops.fsck import facts, numbers, sequels
from piaoju.standard import bill_xml
from piaoju.standard.verdict.consistency import bill_problems
from piaoju.verification.types import Question, Source
from tests.journeys.asking import code_of, issued
from tests.offices import HOSPITAL, Installed, body, line, reversal, settlement_items


def three_lines(number: str) -> dict[str, Any]:
    items = settlement_items()
    lines = [line("30.00", "3", items[0]), line("0.50", "1", items[-1]), line("10.00", "1", items[0])]
    return body(number, lines=lines)


def grants() -> tuple[tuple[str, str], ...]:
    """What the hospital may charge, and on which bill type."""
    (unit,) = [unit for unit in founding.plan().units if unit.code == HOSPITAL]
    return tuple(unit.grants)


def bill(installed: Installed, number: str, **changes: Any) -> dict[str, Any]:
    (outcome,) = installed.issue(three_lines(number) | changes)
    return issued(outcome)


def now(installed: Installed, one: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(
        bill_now.by_number(installed.office, installed.unit_id, one["code"], int(one["number"]))
    )
    return found


def sums(installed: Installed) -> tuple[int, int, int, int]:
    at = datetime.now(UTC)
    found = ledger.totals(at - timedelta(days=2), at + timedelta(days=2)).sum
    return found.issued_sheets, found.issued_fen, found.red_sheets, found.red_fen


def added(before: tuple[int, ...], after: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(b - a for a, b in zip(before, after, strict=True))


def reverse(installed: Installed, one: dict[str, Any], number: str, **more: Any) -> Outcome:
    (outcome,) = installed.issue_orders(reversal(installed, one, number, **more))
    return outcome


def test_a_whole_reversal_is_a_red_bill_and_every_figure_follows(shared: Installed) -> None:
    before = sums(shared)
    one = bill(shared, "W1")
    red = issued(reverse(shared, one, "W1-red"))
    assert (red["kind"], red["total"], red["reverses"]) == ("red", "-40.50", {"code": one["code"], "number": one["number"]})
    assert [entry["amount"] for entry in red["lines"]] == ["-30.00", "-0.50", "-10.00"]
    assert [entry["quantity"] for entry in red["lines"]] == ["-3", "-1", "-1"]
    assert int(red["number"]) > int(one["number"]) and red["remark"] == "冲红原因：金额开错"
    assert added(before, sums(shared)) == (1, 4050, 1, 4050)
    original = now(shared, one)
    assert (original["status"], original["reversed"]) == ("reversed", True)
    assert original["reversed_by"] == [{"code": red["code"], "number": red["number"]}]
    assert now(shared, red)["status"] == "issued" and now(shared, red)["kind"] == "red"


def test_the_red_bill_verifies_by_itself_and_the_public_sees_the_reversal(shared: Installed) -> None:
    one = bill(shared, "V1")
    red = issued(reverse(shared, one, "V1-red"))
    place = bill_now.place(shared.unit_id, red["code"], int(red["number"]))
    document = bill_xml.read_document(fetch_file.xml_of(shared.office, place))
    assert bill_problems(document.bill) == []
    assert document.bill.reverses == (one["code"], int(one["number"]))
    at = datetime.now(UTC)
    asked = Question(one["code"], int(one["number"]), one["check_code"], datetime.fromisoformat(one["issued_at"]).date(), 4050)
    answer = verify_bill.verify(asked, Source(b"a" * 32, b"b" * 32), at, demonstration=True)
    assert answer.state == "reversed" and answer.bill is not None
    assert [(r.bill_number, r.total_fen, r.reason) for r in answer.bill.reversed_by] == [(int(red["number"]), -4050, "金额开错")]


def test_the_same_request_again_gets_the_same_red_bill_and_another_content_conflicts(shared: Installed) -> None:
    one, other = bill(shared, "R1"), bill(shared, "R2")
    first = reverse(shared, one, "R1-red")
    again = reverse(shared, one, "R1-red")
    assert isinstance(first, Issued) and isinstance(again, Issued)
    assert (first.created, again.created, again.answer) == (True, False, first.answer)
    assert code_of(reverse(shared, other, "R1-red")) == "business_number_reused"
    assert code_of(reverse(shared, one, "R1-red", reason="退费")) == "business_number_reused"
    assert code_of(reverse(shared, other, "R1")) == "business_number_reused"  # one space for bills and reversals
    (outcome,) = shared.issue(body("R1-red"))
    assert code_of(outcome) == "business_number_reused"


def test_lines_are_reversed_one_by_one_until_nothing_is_left(shared: Installed) -> None:
    one = bill(shared, "L1")
    first = issued(reverse(shared, one, "L1-a", lines=[{"line": 1, "quantity": "1"}]))
    assert (first["total"], first["lines"][0]["quantity"], first["lines"][0]["standard"]) == ("-10.00", "-1", "10.00")
    assert now(shared, one)["status"] == "partly_reversed"
    second = issued(reverse(shared, one, "L1-b", lines=[{"line": 1, "amount": "5.50"}, {"line": 2}]))
    assert second["total"] == "-6.00"
    assert [(entry["quantity"], entry["amount"]) for entry in second["lines"]] == [(None, "-5.50"), ("-1", "-0.50")]
    assert code_of(reverse(shared, one, "L1-c", lines=[{"line": 1, "amount": "14.51"}])) == "reversal_over_left"
    assert code_of(reverse(shared, one, "L1-d", lines=[{"line": 2}])) == "already_reversed"
    rest = issued(reverse(shared, one, "L1-e"))
    assert rest["total"] == "-24.50"
    assert now(shared, one)["status"] == "reversed" and len(now(shared, one)["reversed_by"]) == 3
    assert code_of(reverse(shared, one, "L1-f")) == "already_reversed"
    assert issuing.sequels_of(bill_now.place(shared.unit_id, one["code"], int(one["number"])))[-1].left_fen == 0


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ([{"line": 4}], "reversal_line_invalid"),
        ([{"line": 0}], "reversal_line_invalid"),
        ([{"line": 1}, {"line": 1}], "reversal_line_invalid"),
        ([{"line": 1, "quantity": "4"}], "reversal_over_left"),
        ([{"line": 1, "quantity": "0"}], "reversal_over_left"),
        ([{"line": 1, "quantity": "1", "amount": "9.00"}], "amount_mismatch"),
        ([{"line": 1, "amount": "-1.00"}], "reversal_over_left"),
        ([{"line": 1, "amount": "30.01"}], "reversal_over_left"),
    ],
)
def test_what_no_line_holds_is_refused(shared: Installed, lines: list[dict[str, Any]], code: str) -> None:
    one = bill(shared, f"X-{lines}"[:50])
    before = sums(shared)
    assert code_of(reverse(shared, one, f"XR-{lines}"[:50], lines=lines)) == code
    assert sums(shared) == before


def test_a_red_bill_cannot_be_reversed(shared: Installed) -> None:
    red = issued(reverse(shared, bill(shared, "RR"), "RR-red"))
    assert code_of(reverse(shared, red, "RR-red-red")) == "red_bill_not_reversible"


def test_reversals_of_one_bill_in_one_group_are_decided_one_after_the_other(shared: Installed) -> None:
    one = bill(shared, "G1")
    outcomes = shared.issue_orders(
        reversal(shared, one, "G1-a", lines=[{"line": 1}]),
        reversal(shared, one, "G1-b", lines=[{"line": 1}]),
        reversal(shared, one, "G1-a", lines=[{"line": 1}]),
        reversal(shared, one, "G1-c", lines=[{"line": 3}]),
    )
    assert issued(outcomes[0]) == issued(outcomes[2])
    assert code_of(outcomes[1]) == "already_reversed"
    assert issued(outcomes[3])["total"] == "-10.00"
    assert now(shared, one)["status"] == "partly_reversed"


def test_two_reversals_in_one_group_count_what_was_reversed_before_once(shared: Installed) -> None:
    one = bill(shared, "G2")
    issued(reverse(shared, one, "G2-a", lines=[{"line": 1, "amount": "20.00"}]))
    outcomes = shared.issue_orders(
        reversal(shared, one, "G2-b", lines=[{"line": 1, "amount": "6.00"}]),
        reversal(shared, one, "G2-c", lines=[{"line": 1, "amount": "4.00"}]),
    )
    assert [issued(outcome)["total"] for outcome in outcomes] == ["-6.00", "-4.00"]


def test_of_many_who_reverse_at_once_one_succeeds_and_the_others_are_told(shared: Installed) -> None:
    before = sums(shared)
    writers = [GroupWriter(shared.office, shared.url) for _ in range(3)]  # as three processes
    try:
        for turn in range(6):
            one = bill(shared, f"M{turn}")
            start, outcomes = threading.Barrier(6), list[Outcome]()

            def ask(person: int, one: dict[str, Any] = one, turn: int = turn, start: threading.Barrier = start) -> None:
                asked = reversal(shared, one, f"M{turn}-{person}")
                start.wait()
                outcomes.append(writers[person % 3].issue(asked))  # noqa: B023 - joined below
                connection.close()

            people = [threading.Thread(target=ask, args=(person,)) for person in range(6)]
            for person in people:
                person.start()
            for person in people:
                person.join()
            assert sorted("red" if isinstance(o, Issued) else code_of(o) for o in outcomes) == ["already_reversed"] * 5 + ["red"]
    finally:
        for writer in writers:
            writer.close()
    assert added(before, sums(shared)) == (6, 6 * 4050, 6, 6 * 4050)
    assert [d.detail for part in (facts, numbers) for d in part.examine(connection)] == []


def test_the_database_itself_refuses_to_take_more_than_there_is(shared: Installed) -> None:
    one = bill(shared, "D1")
    issued(reverse(shared, one, "D1-a", lines=[{"line": 1}]))
    place = bill_now.place(shared.unit_id, one["code"], int(one["number"]))
    columns = ("unit_id, bill_code, bill_number, ordinal, issued_at, kind, at, reversed_fen, left_fen, on_paper, line_numbers, "
               "line_fens, line_quantities_e4, red_code, red_number, paper_code, paper_number, reason, actor")  # fmt: skip
    for changes in (
        "1::int, issued_at, kind, at, reversed_fen, left_fen, on_paper, line_numbers, line_fens",  # the same place twice
        "3::int, issued_at, kind, at, reversed_fen, left_fen - reversed_fen, on_paper, line_numbers, line_fens",  # a gap
        "2::int, issued_at, kind, at, reversed_fen, left_fen, on_paper, line_numbers, line_fens",  # it takes, and leaves all
        "2::int, issued_at, kind, at, 1, left_fen - 1, on_paper, ARRAY[1], ARRAY[1]",  # a line that is spent
        "2::int, issued_at, kind, at, 1, left_fen - 1, on_paper, ARRAY[2], ARRAY[1]",  # without a red bill
        "2::int, issued_at, kind, at, 1, left_fen - 2, on_paper, ARRAY[2], ARRAY[1]",
    ):
        with pytest.raises((psycopg.errors.CheckViolation, psycopg.errors.UniqueViolation)):
            shared.run(
                f"INSERT INTO issuing_sequel ({columns}) SELECT unit_id, bill_code, bill_number, {changes}, "
                "line_quantities_e4, red_code, red_number, paper_code, paper_number, reason, actor FROM issuing_sequel "
                "WHERE unit_id = %s AND bill_code = %s AND bill_number = %s", place.unit_id, place.bill_code, place.bill_number,
            )  # fmt: skip
    with pytest.raises(psycopg.errors.RestrictViolation):
        shared.run("UPDATE issuing_sequel SET left_fen = 0 WHERE bill_number = %s", place.bill_number)


class Outside:
    """A signer outside this process that is away when it is told to be."""

    in_process = False

    def __init__(self, inner: Signer) -> None:
        self.inner, self.is_away = inner, False

    def sign(self, digests: Sequence[bytes], key_ref: str) -> list[bytes]:
        if self.is_away:
            raise ConnectionError("the signer is away")
        return self.inner.sign(digests, key_ref)


def test_with_a_signer_outside_a_reversal_carries_on_with_its_number_unless_the_bill_changed(shared: Installed) -> None:
    signer = Outside(shared.office.signer)
    outside = shared.with_signer(signer)
    for number, other in (("O1", False), ("O2", True)):
        one = bill(shared, number)
        signer.is_away = True
        with pytest.raises(ConnectionError):
            reverse(outside, one, f"{number}-red")
        signer.is_away = False
        kept = shared.count("SELECT bill_number FROM issuing_intent WHERE business_number = %s", f"{number}-red")
        assert kept > 0
        if other:
            issued(reverse(outside, one, f"{number}-line", lines=[{"line": 2}]))
        red = issued(reverse(outside, one, f"{number}-red"))
        assert (int(red["number"]) == kept, red["total"]) == ((False, "-40.00") if other else (True, "-40.50"))
        assert now(shared, one)["status"] == "reversed"
    assert shared.count("SELECT count(*) FROM issuing_intent") == 0
    assert [d.detail for part in (facts, numbers, sequels) for d in part.examine(connection)] == []


def test_who_paid_which_part_is_negated_with_the_whole_and_left_out_of_a_part(shared: Installed) -> None:
    items = [code for kind, code in grants() if kind == "0601"][:2]
    asked = body(
        "MED", bill_type="0601", lines=[line("20.00", item_code=items[0]), line("5.00", item_code=items[1])],
        extension={"gender": "男", "fund_pay_amount": "15.00", "own_pay_amount": "10.00"},
        aux_lines=[{"name": "葡萄糖", "quantity": "2", "standard": "2.5", "amount": "5.00", "related_item_code": items[1]}],
    )  # fmt: skip
    for number, lines in (("MED-1", None), ("MED-2", [{"line": 2}])):
        (outcome,) = shared.issue(asked | {"business_number": number})
        red = issued(reverse(shared, issued(outcome), f"{number}-red", **({"lines": lines} if lines else {})))
        if lines:
            assert (red["extension"], red["aux_lines"], red["total"]) == ({"gender": "男"}, [], "-5.00")
            continue
        assert red["extension"] == {"gender": "男", "fund_pay_amount": "-15.00", "own_pay_amount": "-10.00"}
        assert [(aux["quantity"], aux["amount"]) for aux in red["aux_lines"]] == [("-2", "-5.00")]
        place = bill_now.place(shared.unit_id, red["code"], int(red["number"]))
        assert fetch_file.at_place(shared.office, place, "pdf").startswith(b"%PDF")
        assert bill_problems(bill_xml.read_document(fetch_file.xml_of(shared.office, place)).bill) == []
