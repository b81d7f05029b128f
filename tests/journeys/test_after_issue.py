"""What a person does with a bill that was issued: a reversal that needs another person, paper, prints."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from django.db import connection

from piaoju.identity.errors import ActNotPermitted, SamePerson
from piaoju.identity.types import OperatorActor, Role
from piaoju.issuing import queries
from piaoju.issuing.errors import (
    AlreadyConverted,
    AlreadyReversed,
    BillChangedMeanwhile,
    BillNotFound,
    NotConvertible,
    NotOnPaper,
    PaperExhausted,
    PaperNotVoided,
    PaperNumberDiffers,
    ReversalOpen,
    ReversalReasonMissing,
    ReversalStepOver,
    ReversalUnknown,
    SecondPersonNeeded,
)
from piaoju.journeys import (
    allot,
    bill_now,
    convert_to_paper,
    open_numbers,
    premises,
    print_bill,
    report_loss,
    requisition,
    reverse_by_person,
    review_requisition,
    verify_bill,
)
from piaoju.journeys.issue import Issued
from piaoju.journeys.reverse_by_person import Applied
from piaoju.ledger import queries as ledger
from piaoju.ops.fsck import facts, numbers
from piaoju.public import answers
from piaoju.standard import bill_types
from piaoju.standard.money import parse_yuan
from piaoju.standard.reversal_request import AskedLine
from piaoju.stock import queries as stock
from piaoju.stock.types import Medium, Place
from piaoju.verification.types import Question, Source
from tests.journeys.asking import code_of, issued
from tests.journeys.stock_office import asked
from tests.offices import HOSPITAL, Installed, body, line, reversal
from tests.standard.bills import bill_of

PAPER = "51040199"


@pytest.fixture(scope="module")
def office(module_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    """The hospital with its writer at work, and a hundred sheets of paper."""
    from tests import offices

    folder: Path = tmp_path_factory.mktemp("office")
    with offices.found(module_database, folder) as installed:
        premises.open_writer(installed.url, threads=1)
        hold_paper(installed, 100)
        yield installed
        premises.close_writer()


def hold_paper(installed: Installed, sheets: int) -> None:
    paper = asked(sheets, "0401", medium=Medium.PAPER, paper_code=PAPER)
    officer, other = (installed.operator(Role.SUPERVISOR, person=name) for name in ("", "b"))
    open_numbers.open_numbers(installed.office, officer, "510000", paper, first=101)
    number = requisition.submit_for_unit(installed.office, installed.operator(Role.UNIT_KEEPER), HOSPITAL, paper)
    review_requisition.approve(installed.office, officer, number, sheets)
    allot.allot(installed.office, other, number)


def bill(office: Installed, number: str, amount: str = "30.00", **changes: Any) -> tuple[str, int]:
    (outcome,) = office.issue(body(number, lines=[line(amount, "3"), line("0.50")]) | changes)
    found = issued(outcome)
    return found["code"], int(found["number"])


def clerk(office: Installed, person: str = "clerk") -> OperatorActor:
    return office.operator(Role.HANDLER, person=person)


def checker(office: Installed, person: str = "checker") -> OperatorActor:
    return office.operator(Role.CHECKER, person=person)


def status(office: Installed, one: tuple[str, int]) -> str:
    import msgspec

    return str(msgspec.json.decode(bill_now.by_number(office.office, office.unit_id, *one))["status"])


def public(office: Installed, one: tuple[str, int]) -> tuple[str, str]:
    """What a stranger with the bill in hand is told: the state, and the sheet of paper."""
    import msgspec

    bill = msgspec.json.decode(bill_now.by_number(office.office, office.unit_id, *one))
    fen, day = parse_yuan(bill["total"]), datetime.fromisoformat(bill["issued_at"]).date()
    question = Question(bill["code"], one[1], bill["check_code"], day, fen)
    source = Source(b"a" * 32, b"b" * 32)
    answer = verify_bill.verify(question, source, datetime.now(UTC), demonstration=True)
    return str(answer.state), answers.verdict(question, answer, None, datetime.now(UTC)).paper


def sums() -> dict[str, int]:
    at = datetime.now(UTC)
    found = ledger.totals(at - timedelta(days=2), at + timedelta(days=2)).sum
    return {name: getattr(found, f"{name}_sheets") for name in ("issued", "red", "converted", "voided")}


def test_below_the_limit_one_person_reverses_and_a_page_sent_twice_is_one_red_bill(office: Installed) -> None:
    one, before = bill(office, "P1"), sums()
    asked_ = (office.office, clerk(office), *one, "退费", [AskedLine(1, amount_fen=1000)])
    first = reverse_by_person.reverse_bill(*asked_, seen=0, once="0123456789abcdef")
    again = reverse_by_person.reverse_bill(*asked_, seen=0, once="0123456789abcdef")
    assert isinstance(first, Issued) and isinstance(again, Issued) and first.answer == again.answer
    assert sums() == before | {"red": before["red"] + 1} and status(office, one) == "partly_reversed"
    with pytest.raises(BillChangedMeanwhile):  # another content, from a page that did not show the first
        reverse_by_person.reverse_bill(office.office, clerk(office, "other"), *one, "退费", [AskedLine(2)], seen=0)
    assert isinstance(reverse_by_person.reverse_bill(office.office, clerk(office), *one, "退费", seen=1), Issued)
    with pytest.raises(AlreadyReversed):
        reverse_by_person.reverse_bill(office.office, clerk(office), *one, "退费", seen=2)


def test_above_the_limit_another_person_decides_never_the_same(office: Installed) -> None:
    one, before = bill(office, "Q1", "12000.00"), sums()
    keeper = office.operator(Role.UNIT_KEEPER, person="both")
    applied = reverse_by_person.reverse_bill(office.office, keeper, *one, "重复开具", seen=0, once="aaaaaaaaaaaaaaaa")
    assert applied == reverse_by_person.reverse_bill(office.office, keeper, *one, "重复开具", seen=0, once="a" * 16)
    assert isinstance(applied, Applied) and sums() == before and status(office, one) == "issued"
    with pytest.raises(ReversalOpen):
        reverse_by_person.reverse_bill(office.office, clerk(office), *one, "退费", seen=0)
    with pytest.raises(SamePerson):
        reverse_by_person.approve(office.office, keeper, applied.application_id)
    second_account = office.operator(Role.CHECKER, person="both")  # the same person under another account
    with pytest.raises(SamePerson):
        reverse_by_person.approve(office.office, second_account, applied.application_id)
    with pytest.raises(ActNotPermitted):
        reverse_by_person.approve(office.office, clerk(office), applied.application_id)
    assert sums() == before
    place = reverse_by_person.approve(office.office, checker(office), applied.application_id, "属实")
    assert sums() == before | {"red": before["red"] + 1} and status(office, one) == "reversed"
    row = queries.reversal_application(applied.application_id)
    assert (row.state, row.red_code, row.red_number) == ("approved", place.bill_code, place.bill_number)
    with pytest.raises(ReversalStepOver):
        reverse_by_person.refuse(office.office, checker(office), applied.application_id, "晚了")


def test_no_door_lets_one_person_reverse_above_the_limit_not_even_in_small_parts(office: Installed) -> None:
    code, number = bill(office, "Q2", "12000.00")
    shown = {"code": code, "number": f"{number:010d}", "unit_code": HOSPITAL}
    (whole,) = office.issue_orders(reversal(office, shown, "Q2-api"))
    assert code_of(whole) == SecondPersonNeeded.code
    for part in range(2):
        (red,) = office.issue_orders(reversal(office, shown, f"Q2-{part}", lines=[{"line": 1, "amount": "5000.00"}]))
        assert issued(red)["total"] == "-5000.00"
    (third,) = office.issue_orders(reversal(office, shown, "Q2-2", lines=[{"line": 1, "amount": "0.01"}]))
    assert code_of(third) == SecondPersonNeeded.code


def test_an_application_is_refused_with_a_reason_or_withdrawn_by_who_asked(office: Installed) -> None:
    one = bill(office, "Q3", "12000.00")
    first = reverse_by_person.reverse_bill(office.office, clerk(office), *one, "退费", seen=0)
    assert isinstance(first, Applied)
    with pytest.raises(ReversalReasonMissing):
        reverse_by_person.refuse(office.office, checker(office), first.application_id, " ")
    reverse_by_person.refuse(office.office, checker(office), first.application_id, "票据没有错")
    second = reverse_by_person.reverse_bill(office.office, clerk(office), *one, "退费", seen=0)
    assert isinstance(second, Applied)
    with pytest.raises(ReversalUnknown):
        reverse_by_person.withdraw(office.office, clerk(office, "colleague"), second.application_id)
    reverse_by_person.withdraw(office.office, clerk(office), second.application_id)
    assert status(office, one) == "issued" and reverse_by_person.waiting(checker(office)) == 0


def test_what_was_approved_is_what_was_asked_or_nothing(office: Installed) -> None:
    one = bill(office, "Q4", "12000.00")
    applied = reverse_by_person.reverse_bill(office.office, clerk(office), *one, "退费", seen=0)
    assert isinstance(applied, Applied)
    small = reverse_by_person.reverse_bill(office.office, clerk(office), *one, "退费", [AskedLine(2)], seen=0)
    assert isinstance(small, Issued)
    with pytest.raises(BillChangedMeanwhile):
        reverse_by_person.approve(office.office, checker(office), applied.application_id)
    assert status(office, one) == "partly_reversed"


def test_a_bill_is_converted_to_the_next_sheet_voided_and_converted_again(office: Installed) -> None:
    one, before = bill(office, "K1"), sums()
    ((_, top, left),) = stock.next_papers(office.unit_id, "0401")
    with pytest.raises(PaperNumberDiffers, match=f"{top:010d}"):
        convert_to_paper.convert(office.office, clerk(office), *one, PAPER, top + 1)
    assert stock.next_papers(office.unit_id, "0401") == [(PAPER, top, left)]
    convert_to_paper.convert(office.office, clerk(office), *one, PAPER, top)
    assert status(office, one) == "converted" and sums() == before | {"converted": before["converted"] + 1}
    assert public(office, one) == ("valid", f"{PAPER} {top:010d}")
    with pytest.raises(AlreadyConverted):
        convert_to_paper.convert(office.office, clerk(office), *one, PAPER, top + 1)
    with pytest.raises(PaperNotVoided):
        reverse_by_person.reverse_bill(office.office, clerk(office), *one, "退费", seen=1)
    with pytest.raises(ReversalReasonMissing):
        convert_to_paper.void_paper(office.office, clerk(office), *one, "")
    convert_to_paper.void_paper(office.office, clerk(office), *one, "打印机卡纸")
    assert public(office, one) == ("valid", "")
    with pytest.raises(NotOnPaper):
        convert_to_paper.void_paper(office.office, clerk(office), *one, "又一次")
    convert_to_paper.convert(office.office, clerk(office), *one, PAPER, top + 1)
    convert_to_paper.void_paper(office.office, clerk(office), *one, "收回")
    assert isinstance(reverse_by_person.reverse_bill(office.office, clerk(office), *one, "退费", seen=4), Issued)
    with pytest.raises(NotConvertible):
        convert_to_paper.convert(office.office, clerk(office), *one, PAPER, top + 2)
    assert status(office, one) == "reversed"
    after = sums()
    assert (after["converted"] - before["converted"], after["voided"] - before["voided"]) == (2, 2)
    assert [d.detail for part in (facts, numbers) for d in part.examine(connection)] == []


def test_blank_paper_that_is_lost_is_skipped_once_it_is_reported(office: Installed) -> None:
    one = bill(office, "K2")
    ((_, top, left),) = stock.next_papers(office.unit_id, "0401")
    (segment,) = [row for row in stock.segments_at(Place.unit("510000", office.unit_id)) if row.code.medium == Medium.PAPER]
    report_loss.report_loss(office.office, office.operator(Role.UNIT_KEEPER), segment.id, top, top + 1, "柜子进水")
    assert [(number, rest) for _, number, rest in stock.next_papers(office.unit_id, "0401")] == [(top + 2, left - 2)]
    with pytest.raises(PaperNumberDiffers):
        convert_to_paper.convert(office.office, clerk(office), *one, PAPER, top)
    convert_to_paper.convert(office.office, clerk(office), *one, PAPER, top + 2)


def test_a_type_without_paper_says_so_and_another_unit_sees_no_bill(office: Installed) -> None:
    one = bill(office, "K3", bill_type="0401")
    stranger = office.operator(Role.HANDLER, unit_code="12510700MD2000044Q", person="stranger")
    for act in (
        lambda: convert_to_paper.convert(office.office, stranger, *one, PAPER, 1),
        lambda: print_bill.print_bill(office.office, stranger, *one),
        lambda: reverse_by_person.reverse_bill(office.office, stranger, *one, "退费", seen=0),
        lambda: print_bill.print_bill(office.office, clerk(office), one[0], 9_999_999_999),
    ):
        with pytest.raises(BillNotFound):
            act()
    office.run("UPDATE stock_counter SET next_number = last_number + 1 WHERE medium = 'paper'")
    with pytest.raises(PaperExhausted):
        convert_to_paper.convert(office.office, clerk(office), *one, PAPER, 1)


def test_each_print_is_counted_and_a_reprint_says_so_on_every_page(office: Installed) -> None:
    one = bill(office, "T1")
    prints = [print_bill.print_bill(office.office, clerk(office), *one) for _ in range(3)]
    assert [each.ordinal for each in prints] == [1, 2, 3]
    texts = [_text(each.content) for each in prints]
    assert "补打" not in texts[0] and "补打：第 2 次打印" in texts[1] and "补打：第 3 次打印" in texts[2]
    place = queries.place_of_number(office.unit_id, *one)
    assert place is not None
    assert [(row.ordinal, row.form, row.actor) for row in queries.prints_of(place)] == [
        (ordinal, "face", clerk(office).name) for ordinal in (1, 2, 3)
    ]


def _text(content: bytes) -> str:
    document = pypdfium2.PdfDocument(io.BytesIO(content))
    return " ".join(page.get_textpage().get_text_range() for page in document)




def test_a_sheet_of_paper_gets_what_the_bill_says_and_nothing_of_the_form(office: Installed) -> None:
    one = bill(office, "T2")
    whole, over = (print_bill.print_bill(office.office, clerk(office), *one, style) for style in ("whole", "overlay"))
    assert (whole.ordinal, over.ordinal) == (1, 2)  # one count of a bill, however it is printed
    assert "票据代码" in _text(whole.content) and "票据代码" not in _text(over.content)
    assert f"{one[1]:010d}" in _text(over.content) and "补打" in _text(over.content)
    place = queries.place_of_number(office.unit_id, *one)
    assert place is not None and [row.form for row in queries.prints_of(place)] == ["face", "overprint"]


def test_the_page_hides_the_middle_of_every_number_that_names_a_patient_or_a_student() -> None:
    given = {
        "0601": ("insurance_number", "case_number", "patient_number"), "0602": ("hospitalization_number",),
        "0206": ("student_id",),
    }  # fmt: skip
    for code, names in given.items():
        kind = bill_types.bill_type(code)
        assert kind is not None
        own = dict.fromkeys(names, "5100A00412873") | {"faculty": "文学院"}
        known = bill_of(code, extension=kind.main_ext(own))
        shown = dict(bill_now.own_fields(known))
        labels = [field.label for field in kind.extension if field.name in names]
        assert [shown[label] for label in labels] == ["510*******873"] * len(names)
        assert shown.get("院系", "文学院") == "文学院"
