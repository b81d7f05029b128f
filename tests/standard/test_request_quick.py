"""The quick reading of a good body gives what the careful one gives, or nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from piaoju.standard import bill_request, request_body, request_quick, validation
from piaoju.standard.profile import SICHUAN_2026_1
from tests.standard.test_bill_request import BODY, changed


def carefully(body: bytes) -> bill_request.BillRequest | None:
    try:
        return request_body.from_doubtful_json(body)
    except bill_request.InvalidRequest:
        return None


def encoded(body: Any) -> bytes:
    return json.dumps(body, ensure_ascii=False).encode()


@pytest.mark.parametrize("body", [BODY, changed("aux_lines", None), changed("extension", ...), changed("lines/0/remark", None)])
def test_a_good_body_is_read_quickly_and_the_same(body: dict[str, Any]) -> None:
    quick = request_quick.read(encoded(body))
    assert quick is not None
    assert quick == carefully(encoded(body))


PATHS = [
    "business_number", "bill_type", "payer", "payer/type", "payer/name", "payer/code", "lines", "lines/0/quantity",
    "lines/0/standard", "lines/0/amount", "lines/1/item_code", "aux_lines", "aux_lines/0/quantity", "aux_lines/0/amount",
    "total", "extension", "extension/medical_date", "extension/gender", "extension/fund_pay_amount", "remark", "lines/0/more",
]  # fmt: skip
VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**20), 10**20), st.floats(), st.text(max_size=6), st.just(...),
    st.sampled_from(["", " ", "　甲　", "12.3", "012", "1e3", "１２", "2026-02-30", "a:b", "person", [], {}, [{}]]),
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(path=st.sampled_from(PATHS), value=VALUES)
def test_whatever_stands_in_a_field_the_quick_reading_never_differs(path: str, value: Any) -> None:
    if value is ... and path in ("remark", "lines/0/more"):  # not there to be removed
        return
    body = encoded(changed(path, value))
    quick = request_quick.read(body)
    assert quick is None or quick == carefully(body)


@settings(max_examples=400, deadline=None)
@given(at=st.integers(0, 4000), piece=st.binary(min_size=0, max_size=3), cut=st.integers(0, 3))
@example(at=1, piece=b'"remark": "a", "remark": "b", ', cut=0)
@example(at=1, piece=b'"remark": null, "remark": "b:", ', cut=0)
@example(at=1, piece=b'"r\\u0065mark": "a", "remark": "b", ', cut=0)
@example(at=1, piece=b'"total": "92.30", ', cut=0)
def test_whatever_bytes_are_changed_the_quick_reading_never_differs(at: int, piece: bytes, cut: int) -> None:
    body = encoded(BODY)
    at %= len(body)
    other = body[:at] + piece + body[at + cut :]
    quick = request_quick.read(other)
    assert quick is None or quick == carefully(other)


@settings(max_examples=500, deadline=None)
@given(
    item_code=st.sampled_from(["001", "", "x" * 51, "代码", "a\tb"]), quantity_e4=st.sampled_from([10_000, 0, -1, 10**14]),
    standard_e4=st.sampled_from([400_000, None, -1, 10**16]), remark=st.sampled_from(["", "复诊"]),
    amount_fen=st.sampled_from([4000, 10_000, 0, -1, 10**17]), least_fen=st.sampled_from([0, 1]),
)  # fmt: skip
def test_a_line_that_looks_plain_has_no_fault(least_fen: int, **parts: Any) -> None:
    line = bill_request.LineRequest(**parts)
    longest = SICHUAN_2026_1.max_lengths
    if validation._is_plain(line, longest["item_code"], least_fen):
        texts = [*validation._text("", "", line.item_code, longest["item_code"], True), *validation._text("", "", line.remark, 9)]
        assert [*texts, *validation._line_numbers(line, "", least_fen)] == []
