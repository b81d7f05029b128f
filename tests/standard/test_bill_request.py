"""The body of POST /bills: strict where money could go wrong, and every fault at its place."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from piaoju.kit.limits import AUX_LINES_MAX, BODY_BYTES_MAX, LINES_MAX
from piaoju.standard import bill_request, bill_types, validation

BODY: dict[str, Any] = {
    "business_number": "MZ20260105-0001",
    "bill_type": "0601",
    "payer": {"type": "person", "name": "欧阳䶮", "code": "51010119900307001X", "phone": "138 0000 0000"},
    "lines": [
        {"item_code": "001", "quantity": "2", "standard": "40.00", "amount": "80.00", "remark": "复诊"},
        {"item_code": "002", "quantity": 1, "amount": "12.3"},
    ],
    "aux_lines": [
        {"related_item_code": "002", "name": "阿莫西林", "quantity": "3", "standard": "4.1", "amount": "12.3"}
    ],
    "pay_mode": "5",
    "handler": "甲",
    "checker": "乙",
    "total": "92.30",
    "extension": {
        "gender": "女",
        "medical_date": "2026-01-05",
        "fund_pay_amount": "50",
        "own_pay_amount": "42.3",
    },
}


def asked(body: Any) -> bill_request.BillRequest:
    return bill_request.from_json(json.dumps(body).encode())


def changed(path: str, value: Any) -> dict[str, Any]:
    """The good body with one place changed ("lines/0/amount"); `...` removes it."""
    body = copy.deepcopy(BODY)
    place: Any = body
    *parents, last = [int(part) if part.isdigit() else part for part in path.split("/")]
    for part in parents:
        place = place[part]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return body


def refused(body: Any) -> dict[str, str]:
    """Pointer → code of every fault, whether the decoder or the rules of form saw it."""
    try:
        request = asked(body)
    except bill_request.InvalidRequest as refusal:
        assert refusal.detail and all(fault.detail for fault in refusal.errors)
        return {fault.pointer: fault.code for fault in refusal.errors}
    return {fault.pointer: fault.code for fault in validation.problems(request)}


def test_a_good_body_is_decoded_and_has_no_problem() -> None:
    request = asked(BODY)
    assert request.lines[0].standard_e4 == 400000 and request.lines[1].quantity_e4 == 10000
    assert request.total_fen == request.lines_total_fen == 9230
    assert request.aux_lines[0].amount_e4 == 123000
    assert request.extension["fund_pay_amount"] == "50.00"
    assert validation.problems(request) == []


FAULTS: list[tuple[str, Any, str]] = [
    ("total", 92.3, "amount_invalid"),
    ("total", 92, "amount_invalid"),
    ("total", "92.300", "amount_invalid"),
    ("total", "9e1", "amount_invalid"),
    ("total", "NaN", "amount_invalid"),
    ("total", float("nan"), "amount_invalid"),
    ("total", float("inf"), "amount_invalid"),
    ("total", "92.31", "total_mismatch"),
    ("total", True, "amount_invalid"),
    ("lines/0/amount", "80.01", "amount_mismatch"),
    ("lines/0/amount", 80, "amount_invalid"),
    ("lines/0/amount", "80,00", "amount_invalid"),
    ("lines/0/amount", None, "required"),
    ("lines/0/amount", ..., "required"),
    ("lines/0/amount", "-80.00", "amount_invalid"),
    ("lines/0/amount", "1" + "0" * 17, "amount_invalid"),
    ("lines/0/quantity", 2.0, "quantity_invalid"),
    ("lines/0/quantity", "2.00001", "quantity_invalid"),
    ("lines/0/quantity", True, "quantity_invalid"),
    ("lines/0/quantity", ..., "required"),
    ("lines/1/quantity", 0, "quantity_invalid"),
    ("lines/1/quantity", -1, "quantity_invalid"),
    ("lines/1/quantity", "10000000000", "quantity_invalid"),
    ("lines/1/quantity", 10**30, "quantity_invalid"),
    ("lines/0/standard", "-40", "standard_invalid"),
    ("lines/0/standard", 40, "standard_invalid"),
    ("lines/0/item_code", "", "required"),
    ("lines/0/item_code", 1, "type_invalid"),
    ("lines/0/item_code", "1" * 51, "too_long"),
    ("lines/0/remark", "a\nb", "control_character"),
    ("lines/0/remark", "字" * 501, "too_long"),
    ("lines/0/price", "1", "unknown_field"),
    ("lines/0", "x", "type_invalid"),
    ("lines", [], "required"),
    ("lines", ..., "required"),
    ("lines", {}, "type_invalid"),
    ("aux_lines/0/name", None, "required"),
    ("aux_lines/0/amount", 1, "amount_invalid"),
    ("aux_lines/0/related_item_code", "999", "aux_item_unknown"),
    ("aux_lines/0/remark", "字" * 201, "too_long"),
    ("business_number", " ", "required"),
    ("business_number", "a" * 51, "too_long"),
    ("business_number", "a\x00b", "control_character"),
    ("bill_type", "9999", "bill_type_unknown"),
    ("bill_type", 601, "type_invalid"),
    ("payer", None, "required"),
    ("payer", [], "type_invalid"),
    ("payer/type", "company", "payer_type_invalid"),
    ("payer/name", "张\u202e三", "control_character"),
    ("payer/name", "张\u200b三", "control_character"),
    ("payer/name", "张\ufffd三", "control_character"),
    ("payer/name", "张\x85三", "control_character"),
    ("payer/name", "张\U0001fffe三", "control_character"),
    ("payer/name", ..., "required"),
    ("payer/phone", "call me", "phone_invalid"),
    ("payer/email", "nobody", "email_invalid"),
    ("payer/wechat", "x", "unknown_field"),
    ("pay_mode", "7", "pay_mode_unknown"),
    ("handler", "", "required"),
    ("checker", ..., "required"),
    ("handler", "甲" * 61, "too_long"),
    ("extension/school", "川大", "extension_unknown"),
    ("extension/medical_date", "20260105", "date_invalid"),
    ("extension/medical_date", "2026-02-30", "date_invalid"),
    ("extension/fund_pay_amount", 50, "amount_invalid"),
    ("extension/fund_pay_amount", "-50.00", "amount_invalid"),
    ("extension/gender", "女" * 5, "too_long"),
    ("extension/gender", "a\u2066b", "control_character"),
    ("extension", [], "type_invalid"),
    ("agent", "x", "unknown_field"),
]


@pytest.mark.parametrize(("path", "value", "code"), FAULTS, ids=range(len(FAULTS)))
def test_one_fault_is_named_at_its_place(path: str, value: Any, code: str) -> None:
    assert refused(changed(path, value)).get(f"/{path}") == code


def test_every_fault_is_named_at_once() -> None:
    body = changed("total", 1.5)
    body["lines"][0]["amount"] = "x"
    body["lines"][1]["extra"] = 1
    del body["handler"]
    assert set(refused(body)) == {"/total", "/lines/0/amount", "/lines/1/extra", "/handler"}


def test_a_field_that_stands_twice_is_refused() -> None:
    twice = json.dumps(BODY)[:-1] + ', "total": "92.30"}'
    with pytest.raises(bill_request.InvalidRequest) as refusal:
        bill_request.from_json(twice.encode())
    assert [(fault.pointer, fault.code) for fault in refusal.value.errors] == [("/total", "duplicate_field")]
    nested = json.dumps(BODY).replace('"quantity": 1,', '"quantity": 1, "quantity": 2,')
    with pytest.raises(bill_request.InvalidRequest) as refusal:
        bill_request.from_json(nested.encode())
    assert [fault.pointer for fault in refusal.value.errors] == ["/lines/1/quantity"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b"{",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        json.dumps(BODY).encode("utf-16"),
        b"\xef\xbb\xbf" + json.dumps(BODY).encode(),
        json.dumps(BODY).replace("\\u6b27", "\\ud800").encode(),
        b'{"\\ud800": 1}',
        b'{"total": ' + b"9" * 5000 + b"}",
    ],
    ids=[
        "empty",
        "latin",
        "cut",
        "deep",
        "deep_objects",
        "utf_16",
        "mark",
        "half",
        "half_name",
        "long_number",
    ],
)
def test_what_is_no_json_is_refused_as_such(body: bytes) -> None:
    with pytest.raises(bill_request.InvalidRequest) as refusal:
        bill_request.from_json(body)
    assert refusal.value.errors[0].code == "json_invalid"


def test_too_many_lines_are_refused_by_their_own_code() -> None:
    body = BODY | {"lines": BODY["lines"] * (LINES_MAX // 2) + BODY["lines"][:1]}
    with pytest.raises(bill_request.InvalidRequest) as refusal:
        asked(body)
    assert refusal.value.code_value == "lines_limit"
    line = {"name": "x", "amount": "1"}
    with pytest.raises(bill_request.InvalidRequest) as refusal:
        asked(BODY | {"aux_lines": [line] * (AUX_LINES_MAX + 1)})
    assert refusal.value.code_value == "aux_lines_limit"
    assert refused(BODY | {"aux_lines": [line] * AUX_LINES_MAX}) == {}


def test_a_large_body_is_refused_before_it_is_read() -> None:
    with pytest.raises(bill_request.InvalidRequest) as refusal:
        bill_request.from_json(b"[" * (BODY_BYTES_MAX + 1))
    assert refusal.value.code_value == "body_too_large"


def test_the_medical_payments_must_make_the_total() -> None:
    assert refused(changed("extension/own_pay_amount", "42.31")) == {"/extension": "medical_sum_mismatch"}
    assert refused(changed("extension/own_pay_amount", "42.29")) == {"/extension": "medical_sum_mismatch"}
    assert refused(changed("extension/other_pay_amount", "0.01")) == {"/extension": "medical_sum_mismatch"}
    assert refused(BODY | {"extension": {}}) == {}
    split = {
        "fund_pay_amount": "1",
        "account_pay_amount": "2",
        "own_pay_amount": "3",
        "other_pay_amount": "86.30",
    }
    assert refused(BODY | {"extension": split, "bill_type": "0602"}) == {}


def test_only_types_that_allow_it_total_zero() -> None:
    free = {"lines": [{"item_code": "001", "quantity": 1, "standard": "0", "amount": "0.00"}], "total": "0"}
    body = {**BODY, **free, "extension": {}, "aux_lines": []}
    assert refused(body) == {}
    assert refused(body | {"bill_type": "0101"}) == {"/lines/0/amount": "amount_invalid"}


def test_a_total_beyond_words_is_refused() -> None:
    line = {"item_code": "001", "quantity": 1, "amount": "100000000000000.00"}
    body = {name: value for name, value in BODY.items() if name not in ("total", "extension", "aux_lines")}
    assert refused(body | {"lines": [line]}) == {}
    assert refused(body | {"lines": [line, line]}) == {"/lines": "total_too_large"}


def test_amounts_without_a_standard_need_not_multiply() -> None:
    assert refused(changed("lines/0/standard", ...)) == {}


def test_a_required_field_of_the_type_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    own = bill_types.ExtensionField("Custom1", "reason", "事由", required=True)
    strict = bill_types.BillType("0401", "x", "x", "x", extension=(own,))
    monkeypatch.setattr(bill_types, "bill_type", lambda code: strict)
    assert refused(BODY | {"extension": {}}) == {"/extension/reason": "required"}


SAME = [
    changed("lines/1/quantity", "1.0000"),
    changed("lines/1/amount", "12.30"),
    changed("lines/0/standard", "40"),
    changed("total", ...),
    changed("total", "92.3"),
    changed("total", None),
    changed("payer/email", None),
    changed("payment_code", None),
    changed("extension/fund_pay_amount", "50.00"),
    changed("extension/age", None),
    changed("extension/age", ""),
    changed("handler", " 甲\u3000"),
    dict(reversed(BODY.items())),
]
OTHER = [
    changed("total", "92.31"),
    changed("lines/0/amount", "80.01"),
    changed("lines/0/standard", None),
    changed("lines/0/quantity", "2.5"),
    changed("lines/0/remark", None),
    changed("lines", BODY["lines"][::-1]),
    changed("aux_lines", []),
    changed("aux_lines/0/name", "头孢"),
    changed("payer/name", "欧阳龘"),
    changed("payer/type", "organization"),
    changed("payer/phone", None),
    {**changed("bill_type", "0602"), "extension": {}},
    {**BODY, "extension": {}},
    changed("pay_mode", "1"),
    changed("handler", "丙"),
    changed("checker", "甲"),
    changed("remark", "x"),
    changed("payment_code", "1"),
    changed("business_number", "MZ20260105-0002"),
    changed("extension/gender", "男"),
]


def test_the_same_content_has_the_same_digest_however_written() -> None:
    digest = bill_request.request_digest(asked(BODY))
    assert len(digest) == 32
    for body in SAME:
        assert bill_request.request_digest(asked(body)) == digest


def test_other_content_has_another_digest() -> None:
    digests = [bill_request.request_digest(asked(body)) for body in [BODY, *OTHER]]
    assert len(set(digests)) == len(OTHER) + 1


def test_the_digest_of_today_is_the_digest_for_ever() -> None:
    """Kept beside business numbers for ever: if this changes, every replay of the past becomes a conflict."""
    kept = "d75ce1e2cc29fd283c3e998b8863364739ae35ff4e9dad719be83867c905e497"
    assert bill_request.request_digest(asked(BODY)).hex() == kept


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
PLACES = [
    "lines",
    "lines/0",
    "lines/0/amount",
    "lines/0/quantity",
    "payer",
    "payer/name",
    "extension",
    "total",
]


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(PLACES), JSON)
def test_no_body_brings_anything_but_a_refusal(place: str, value: Any) -> None:
    try:
        request = asked(changed(place, value))
    except bill_request.InvalidRequest as refusal:
        json.dumps([fault.detail + fault.pointer for fault in refusal.errors], ensure_ascii=False).encode()
        return
    validation.problems(request)
    assert len(bill_request.request_digest(request)) == 32
