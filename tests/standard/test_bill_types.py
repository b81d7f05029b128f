"""Bill types, and the way from a request to a bill and its JSON."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from piaoju.kit.errors import FieldError
from piaoju.kit.values import replace
from piaoju.standard import bill_json, bill_xml, check_code, codes, validation
from piaoju.standard.bill import Bill, BillKey, SealReference, UnitParty
from piaoju.standard.bill_request import AuxLineRequest, BillRequest, LineRequest, PayerRequest
from piaoju.standard.bill_types import BILL_TYPES, bill_type
from piaoju.standard.composition import compose
from piaoju.standard.profile import SICHUAN_2026_1
from piaoju.standard.wire import names
from tests.standard.bills import bill_of, golden_bill


@dataclass(frozen=True)
class GrantedItem:
    """A charge item as compose needs it."""

    name: str
    measure: str


TEXTS = {"text": "文字", "date": "2026-01-05", "amount": "12.30", "integer": "3"}


def request_of(code: str) -> BillRequest:
    found = next(one for one in BILL_TYPES if one.code == code)
    payments = {"fund_pay_amount": "0.00", "account_pay_amount": "0.00", "other_pay_amount": "0.00"}
    extension = {own.name: TEXTS[own.kind] for own in found.extension}
    extension |= {name: text for name, text in payments.items() if name in extension}
    if "own_pay_amount" in extension:
        extension["own_pay_amount"] = "92.30"
    return BillRequest(
        business_number="B1",
        bill_type_code=code,
        payer=PayerRequest("person", "王龘", "51010119900307001X", "13800000000"),
        lines=(LineRequest("001", 20000, 8000, 400000), LineRequest("002", 10000, 1230)),
        aux_lines=(AuxLineRequest("阿莫西林", 123000, "002", "X1", 30000, "盒", 41000, "甲"),),
        handler="甲",
        checker="乙",
        payment_code="51000026300000000001",
        extension=extension,
    )


def composed(request: BillRequest, **changes: object) -> Bill:
    facts: dict[str, object] = {
        "bill_number": 7,
        "issued_at": datetime(2026, 12, 31, 16, 0, 1, 999999, tzinfo=UTC),
        "unit": UnitParty("12510000450717133L", "四川省人民医院"),
        "supervisor_area_code": "510000",
        "items": {"001": GrantedItem("诊察费", "次"), "002": GrantedItem("西药费", "项")},
        "unit_seal": SealReference("U1", "单位章", "ab"),
        "supervision_seal": SealReference("F1", "监制章", "cd"),
        "secret": b"secret",
        "demonstration": True,
    }
    return compose(request, **(facts | changes))


def test_the_seven_types_are_there_once() -> None:
    assert [one.code for one in BILL_TYPES] == ["0101", "0601", "0602", "0206", "0501", "0701", "0401"]
    assert bill_type("0601") is BILL_TYPES[1] and bill_type("0699") is None
    for one in BILL_TYPES:
        assert one.name.endswith("（电子）") and one.category and one.source


def test_every_own_field_is_a_child_of_main_ext_in_order_with_its_label() -> None:
    for one in BILL_TYPES:
        written = [element for element, _ in one.main_ext({})]
        assert written == sorted(written, key=names.EXTENSION_ORDER.__getitem__)
        assert (
            written[-3:] == ["RelatedInvoiceCode", "RelatedInvoiceNumber", "PayCode"] or "Custom1" in written
        )
        assert len(set(written)) == len(written) == len(one.extension) + 3
        assert len({own.name for own in one.extension}) == len(one.extension)
        for own in one.extension:
            assert re.fullmatch("[a-z][a-z0-9_]*", own.name)
            assert re.search("[\u4e00-\u9fff]", own.label)


@pytest.mark.parametrize("code", [one.code for one in BILL_TYPES])
def test_a_request_becomes_a_bill_that_survives_the_wire(code: str) -> None:
    request = request_of(code)
    assert validation.problems(request) == []
    bill = composed(request)
    assert bill_xml.read_original(bill_xml.write_original(bill)) == bill
    assert bill_json.extension(bill) == request.extension
    assert bill.total_fen == 9230 and bill.payment_code == "51000026300000000001"
    assert bill.bill_name.startswith("四川省") and bill.bill_type_code == code


def test_the_year_and_the_day_are_those_of_shanghai() -> None:
    bill = composed(request_of("0601"))
    assert bill.bill_code == "51060127" and bill.specimen_code == "5106012701"
    assert bill.issued_at.isoformat() == "2027-01-01T00:00:01+08:00"
    code = check_code.check_code(
        b"secret", "51060127", 7, bill.issue_date, 9230, "12510000450717133L", "王龘"
    )
    assert bill.check_code == code


def test_a_demonstration_bill_is_tagged_and_a_real_one_is_not() -> None:
    assert composed(request_of("0101")).demonstration
    real = composed(request_of("0101"), demonstration=False)
    assert not real.demonstration and real.bill_tag == "CZ-EI-51"
    assert len(SICHUAN_2026_1.demonstration_tag) <= 8


def test_a_date_without_hyphens_on_the_wire_has_them_in_json() -> None:
    bill = composed(request_of("0602"))
    assert ("InHospitalDate", "20260105") in bill.extension
    assert bill_json.extension(bill)["in_hospital_date"] == "2026-01-05"


def test_phone_and_mail_never_reach_the_bill() -> None:
    assert b"13800000000" not in bill_xml.write_original(composed(request_of("0601")))


def answer(bill: Bill, **changes: object) -> bytes:
    facts: dict[str, object] = {"region_code": "510100", "issued_at": bill.issued_at, "digest": bytes(32)}
    return bill_json.answer(bill, **(facts | changes))


def test_the_answer_holds_the_fields_of_the_contract() -> None:
    body = json.loads(answer(bill_of("0601"), log=bill_json.LogPlace(4, 9)))
    promised = (
        "code number check_code bill_type name kind status unit_code unit_name region_code issued_at total payer"
        " lines aux_lines extension business_number payment_code reversed_by digest log links"
    )
    for name in re.split(" +", promised):
        assert name in body
    assert body["number"] == "0000000007" and body["bill_type"] == "0601" and body["total"] == "123.45"
    assert body["issued_at"] == "2026-12-31T23:59:59+08:00"
    assert body["payer"]["type"] == "organization" and body["digest"] == "00" * 32
    assert body["lines"][0]["quantity"] == "1.5" and body["lines"][0]["standard"] == "66.6667"
    assert body["lines"][1]["quantity"] is None
    assert body["aux_lines"][0]["amount"] == "-1.2345"
    assert body["log"] == {"index": 4, "size": 9} and "reverses" not in body
    assert body["links"]["ofd"] == "/api/v1/bills/51060126/0000000007/file?format=ofd"
    assert body["links"]["verify"] == "/q?c=51060126&n=0000000007&r=abc123&a=123.45&d=20261231"


def test_the_same_bill_has_the_same_answer() -> None:
    assert answer(bill_of("0602")) == answer(bill_of("0602"))
    assert answer(bill_of("0602")) == answer(bill_xml.read_original(bill_xml.write_original(bill_of("0602"))))


@pytest.mark.parametrize(
    ("facts", "status"),
    [
        ({}, "issued"),
        ({"converted": True}, "converted"),
        ({"converted": True, "booked": True}, "booked"),
        ({"partly_reversed": True, "booked": True}, "partly_reversed"),
        ({"reversed": True, "partly_reversed": True, "converted": True, "booked": True}, "reversed"),
    ],
)
def test_one_status_stands_before_the_others(facts: dict[str, bool], status: str) -> None:
    body = json.loads(answer(golden_bill(), state=bill_json.BillState(**facts)))
    assert body["status"] == status
    for name in ("reversed", "partly_reversed", "booked", "converted"):
        assert body[name] == facts.get(name, False)


def test_a_red_bill_answers_negative_and_names_its_original() -> None:
    unified = bill_type("0101")
    assert unified
    line = replace(golden_bill().lines[0], amount_fen=-8000)
    extension = unified.main_ext({}, reverses=BillKey("51010126", 12345))
    red = replace(golden_bill(), total_fen=-8000, lines=(line,), extension=extension)
    body = json.loads(answer(red))
    assert body["kind"] == "red" and body["total"] == "-80.00" and body["lines"][0]["amount"] == "-80.00"
    assert body["reverses"] == {"code": "51010126", "number": "0000012345"}
    original = json.loads(answer(golden_bill(), reversed_by=[BillKey("51010126", 12346)]))
    assert original["reversed_by"] == [{"code": "51010126", "number": "0000012346"}]


def test_a_refusal_carries_the_code_of_its_first_problem() -> None:
    one = FieldError("/total", "total_mismatch", "不等")
    assert validation.refusal([one]).code_value == "total_mismatch"
    assert validation.refusal([one, one]).errors == (one, one)
    assert "共 2 处" in validation.refusal([one, one]).detail


def test_no_name_of_the_wire_stands_twice() -> None:
    elements = [leaf.element for leaf in names.EXTENSION_LEAVES]
    assert len(set(elements)) == len(elements) == len(names.EXTENSION_ORDER)
    assert codes.NUMBER_MAX == 9_999_999_999
