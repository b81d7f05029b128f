"""What issuing refuses, and what it leaves behind: one office for all, since nothing here changes the registry."""

from __future__ import annotations

from typing import Any

import pytest

from piaoju.journeys import fetch_file, keep_books
from piaoju.kit.errors import PiaojuError
from piaoju.standard import bill_xml
from tests.journeys.asking import code_of, issued, written
from tests.offices import Installed, body, line


@pytest.mark.parametrize(
    ("flaw", "changes", "code"),
    [
        ("total that does not add", {"total": "10.01"}, "total_mismatch"),
        ("line that does not multiply", {"lines": [line("10.00") | {"standard": "9.99"}]}, "amount_mismatch"),
        ("bill type nobody has", {"bill_type": "9988"}, "bill_type_unknown"),
        ("bill type not granted", {"bill_type": "0501"}, "bill_type_not_granted"),
        ("item not granted", {"lines": [line("1.00", item_code="103043211")]}, "item_not_granted"),
        ("control character", {"payer": {"type": "person", "name": "李\u0007明"}}, "control_character"),
        ("character in no font", {"payer": {"type": "person", "name": "李\U00031350明"}}, "character_not_printable"),
        ("too many lines", {"lines": [line("1.00")] * 10_000}, "lines_limit"),
        ("negative amount", {"lines": [{"item_code": "1", "quantity": "1", "amount": "-1.00"}]}, "amount_invalid"),
    ],
    ids=lambda value: value if isinstance(value, str) and " " in value else "",
)
def test_a_flawed_request_is_refused_by_its_code_and_writes_nothing(
    shared: Installed, flaw: str, changes: dict[str, Any], code: str
) -> None:
    before = written(shared)
    try:
        (outcome,) = shared.issue(body("F1", **changes))
    except PiaojuError as refusal:
        outcome = refusal
    assert code_of(outcome) == code
    assert isinstance(outcome, PiaojuError) and outcome.detail
    assert written(shared) == before


def test_an_unknown_unit_is_refused(shared: Installed) -> None:
    (outcome,) = shared.issue(body("U1"), unit_code="915100000000000000")
    assert code_of(outcome) == "unit_unknown"


def test_the_stored_xml_verifies_and_says_what_was_asked(shared: Installed) -> None:
    (outcome,) = shared.issue(body("X1", "12.30", remark="备注 <&>"))
    answer = issued(outcome)
    xml = fetch_file.of_bill(answer["code"], int(answer["number"]), "xml")
    document = bill_xml.read_document(xml)
    assert (document.bill.total_fen, document.bill.remark, document.bill.business_number) == (1230, "备注 <&>", "X1")
    assert document.unit_signature and document.finance_signature


def test_an_ofd_is_sealed_once_and_stays_the_same(shared: Installed) -> None:
    (outcome,) = shared.issue(body("O1"))
    answer = issued(outcome)
    first = fetch_file.of_bill(answer["code"], int(answer["number"]), "ofd")
    keep_books.seal_waiting(shared.office)
    assert fetch_file.of_bill(answer["code"], int(answer["number"]), "ofd") == first
