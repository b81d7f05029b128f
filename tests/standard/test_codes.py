"""Codes: made as published, refused when malformed."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric, uscc

from piaoju.standard import codes, verification_address
from piaoju.standard.check_code import check_code
from tests.standard.bills import golden_bill

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def test_the_published_examples_come_out() -> None:
    assert codes.bill_code("51", "0601", 2026) == "51060126"
    assert codes.bill_id_text("51060126", 12345) == "5432100000-62106015"
    assert codes.specimen_code("32010121", "01") == "3201012101"
    assert codes.parse_bill_code("32010121") == ("32", "0101", "21")


@given(st.integers(0, 99_999_999), st.integers(0, codes.NUMBER_MAX))
def test_a_bill_id_reads_back(code: int, number: int) -> None:
    text = codes.bill_id_text(f"{code:08d}", number)
    assert len(text) == 19
    assert text == f"{code:08d}-{number:010d}"[::-1]
    assert codes.parse_bill_id(text) == (f"{code:08d}", number)


@pytest.mark.parametrize("text", ["", "5106012", "510601260", "5106012x", "５１０６０１２６", "51060126\n"])
def test_what_is_no_bill_code_is_none(text: str) -> None:
    assert codes.parse_bill_code(text) is None


@pytest.mark.parametrize("region2", ["5", "511", "x1"])
def test_a_bill_code_is_never_made_of_wrong_parts(region2: str) -> None:
    with pytest.raises(ValueError):
        codes.bill_code(region2, "0601", 2026)


def test_older_codes_may_be_asked_for() -> None:
    assert codes.is_bill_code_asked("3601060126") and codes.is_bill_code_asked("51060126")
    assert not codes.is_bill_code_asked("5106012") and not codes.is_bill_code_asked("5" * 13)


def test_numbers_have_ten_digits() -> None:
    assert codes.number_text(5) == "0000000005"
    assert codes.parse_number("0000000005") == 5
    assert codes.parse_number("5") is None and codes.parse_number("00000000５5") is None


@pytest.mark.parametrize("text", ["91110000600037341L", "12320900E875065319"])
def test_known_credit_codes_are_good(text: str) -> None:
    assert codes.is_uscc(text) and uscc.is_valid(text)


@given(st.text("0123456789ABCDEFGHJKLMNPQRTUWXY", min_size=17, max_size=17), st.sampled_from(ALPHABET))
def test_credit_codes_agree_with_an_independent_check(head: str, last: str) -> None:
    text = head[:2] + "510100" + head[8:] + last
    ours = codes.is_uscc(text)
    if text[:8].isdigit():  # the other one knows no code that begins with a letter
        assert ours == uscc.is_valid(text)
    assert sum(codes.is_uscc(text[:17] + sign) for sign in ALPHABET) == 1


def test_a_credit_code_may_begin_with_a_letter() -> None:
    assert any(codes.is_uscc("N2510100MA6CXYJK0" + sign) for sign in ALPHABET)


@pytest.mark.parametrize(
    "text", ["", "91110000600037341M", "91110000600037341l", "9111000060003734IL", "x" * 18]
)
def test_a_wrong_credit_code_is_seen(text: str) -> None:
    assert not codes.is_uscc(text)


def test_id_numbers_agree_with_an_independent_check() -> None:
    good = [f"51010119900307{serial:03d}{sign}" for serial in range(40) for sign in "0123456789X"]
    assert [text for text in good if codes.is_id_number(text)] == [
        text for text in good if ric.is_valid(text)
    ]
    assert sum(map(codes.is_id_number, good)) == 40
    assert not any(codes.is_id_number("51010119990229001" + sign) for sign in "0123456789X")


def test_the_check_code_depends_on_every_fact_and_the_secret() -> None:
    facts = (b"secret", "51010126", 12345, date(2026, 1, 5), 8000, "11510000008282000L", "示例交款人")
    others = (b"Secret", "51010127", 12346, date(2026, 1, 6), 8001, "11510000008282001L", "示例交款入")
    code = check_code(*facts)
    assert len(code) == 6 and set(code) <= set("0123456789abcdefghjkmnpqrstvwxyz")
    assert check_code(*facts) == code
    changed = {check_code(*facts[:n], others[n], *facts[n + 1 :]) for n in range(7)}  # type: ignore[call-arg]
    assert len(changed) == 7 and code not in changed


def test_the_check_code_is_the_first_thirty_bits() -> None:
    from piaoju.crypto import sm3

    content = "51010126|0000012345|20260105|80.00|U|示例".encode()
    bits = int.from_bytes(sm3.hmac(b"k", content), "big") >> 226
    code = check_code(b"k", "51010126", 12345, date(2026, 1, 5), 8000, "U", "示例")
    value = 0
    for sign in code:
        value = value * 32 + "0123456789abcdefghjkmnpqrstvwxyz".index(sign)
    assert value == bits


def test_a_qr_says_the_five_elements_and_never_the_payer() -> None:
    bill = golden_bill()
    asked = verification_address.VerificationQuestion("51010126", 12345, "7k2p9x", 8000, date(2026, 1, 5))
    address = verification_address.qr_text(bill, "https://pj.example.cn/")
    assert address == "https://pj.example.cn/q?c=51010126&n=0000012345&r=7k2p9x&a=80.00&d=20260105"
    comma = verification_address.qr_text(bill)
    assert comma == "01,51,51010126,0000012345,7k2p9x,80.00,20260105"
    for text in (address, comma, verification_address.path(bill)):
        assert verification_address.parse(text) == asked
        assert bill.payer.name not in text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "01,51,51010126,0000012345,7k2p9x,80.00",
        "/q?c=51010126&n=0000012345&r=7k2p9x&a=80.00",
        "/q?c=51010126&n=0000012345&r=7k2p9x&a=8e1&d=20260105",
        "/q?c=51010126&n=0000012345&r=7k2p9x&a=80.00&d=20260230",
        "/q?c=51010126&c=51010127&n=0000012345&r=7k2p9x&a=80.00&d=20260105",
        "/q?c=51010126&n=12345&r=7k2p9x&a=80.00&d=20260105",
        "http://[/q?c=1",
    ],
)
def test_a_text_that_is_no_question_is_none(text: str) -> None:
    assert verification_address.parse(text) is None
