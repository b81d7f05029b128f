"""Money: exact in, exact out, and 大写 with every edge."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piaoju.standard import money

IN_WORDS = {
    "0.00": "零元整",
    "0.01": "壹分",
    "0.05": "伍分",
    "0.10": "壹角整",
    "0.50": "伍角整",
    "0.99": "玖角玖分",
    "1.00": "壹元整",
    "1.01": "壹元零壹分",
    "1.10": "壹元壹角整",
    "10.00": "壹拾元整",
    "10.01": "壹拾元零壹分",
    "10.10": "壹拾元零壹角整",
    "80.00": "捌拾元整",
    "100.05": "壹佰元零伍分",
    "101.00": "壹佰零壹元整",
    "110.00": "壹佰壹拾元整",
    "325.04": "叁佰贰拾伍元零肆分",
    "1001.00": "壹仟零壹元整",
    "1010.00": "壹仟零壹拾元整",
    "1409.50": "壹仟肆佰零玖元伍角整",
    "1680.32": "壹仟陆佰捌拾元零叁角贰分",
    "6007.14": "陆仟零柒元壹角肆分",
    "10000.00": "壹万元整",
    "10001.00": "壹万零壹元整",
    "10010.00": "壹万零壹拾元整",
    "10100.00": "壹万零壹佰元整",
    "11000.00": "壹万壹仟元整",
    "16409.02": "壹万陆仟肆佰零玖元零贰分",
    "100000.00": "壹拾万元整",
    "100001.00": "壹拾万零壹元整",
    "107000.53": "壹拾万柒仟元零伍角叁分",
    "1000000.00": "壹佰万元整",
    "1010000.00": "壹佰零壹万元整",
    "10000000.00": "壹仟万元整",
    "10000001.00": "壹仟万零壹元整",
    "10010000.00": "壹仟零壹万元整",
    "100000000.00": "壹亿元整",
    "100000001.00": "壹亿零壹元整",
    "100005000.00": "壹亿零伍仟元整",
    "100010000.00": "壹亿零壹万元整",
    "100100000.00": "壹亿零壹拾万元整",
    "110000000.00": "壹亿壹仟万元整",
    "110010001.00": "壹亿壹仟零壹万零壹元整",
    "1000000000.00": "壹拾亿元整",
    "1050000000.00": "壹拾亿伍仟万元整",
    "1000000000000.00": "壹万亿元整",
    "1000000000001.00": "壹万亿零壹元整",
    "1000100000000.00": "壹万零壹亿元整",
    "99999999999999.99": "玖拾玖万玖仟玖佰玖拾玖亿玖仟玖佰玖拾玖万玖仟玖佰玖拾玖元玖角玖分",
    "100000000000000.00": "壹佰万亿元整",
    "-0.01": "负壹分",
    "-80.00": "负捌拾元整",
    "-107000.53": "负壹拾万柒仟元零伍角叁分",
}


@pytest.mark.parametrize(("yuan", "words"), IN_WORDS.items())
def test_amounts_are_said_in_words(yuan: str, words: str) -> None:
    assert money.in_words(money.parse_yuan(yuan)) == words


def test_an_amount_beyond_words_is_refused() -> None:
    for fen in (10**16 + 1, -(10**16) - 1):
        with pytest.raises(money.AmountInvalid):
            money.in_words(fen)


@given(st.integers(-(10**16), 10**16))
def test_words_say_the_amount_and_nothing_else(fen: int) -> None:
    assert _heard(money.in_words(fen)) == fen
    assert "零零" not in money.in_words(fen)


def _heard(words: str) -> int:
    """The fen that the words say, by a reader of its own: digits, places, then 万 and 亿 from the right."""
    sign = -1 if words.startswith("负") else 1
    whole, _, cents = words.removeprefix("负").removesuffix("整").rpartition("元")
    fen = _heard_whole(whole) * 100
    for digit, place in re.findall("([壹贰叁肆伍陆柒捌玖])([角分])", cents):
        fen += "零壹贰叁肆伍陆柒捌玖".index(digit) * (10 if place == "角" else 1)
    return sign * fen


def _heard_whole(words: str) -> int:
    for size, name in ((10**8, "亿"), (10**4, "万")):
        above, found, below = words.rpartition(name)
        if found:
            return _heard_whole(above) * size + _heard_whole(below)
    places = {"": 1, "拾": 10, "佰": 100, "仟": 1000}
    return sum(
        "零壹贰叁肆伍陆柒捌玖".index(digit) * places[place]
        for digit, place in re.findall("([壹贰叁肆伍陆柒捌玖])([拾佰仟]?)", words)
    )


@given(st.integers(-(10**17), 10**17))
def test_fen_survive_their_text(fen: int) -> None:
    assert money.parse_yuan(money.format_fen(fen)) == fen if abs(fen) < 10**18 else True
    assert Decimal(money.format_fen(fen)) * 100 == fen


@given(st.integers(-(10**17), 10**17))
def test_ten_thousandths_survive_their_text(e4: int) -> None:
    assert money.parse_e4(money.format_price(e4)) == e4
    assert money.parse_e4(money.format_quantity(e4)) == e4


def test_prices_keep_two_places_and_quantities_none() -> None:
    assert money.format_price(800000) == "80.00"
    assert money.format_price(1250) == "0.125"
    assert money.format_price(-12345) == "-1.2345"
    assert money.format_quantity(10000) == "1"
    assert money.format_quantity(15000) == "1.5"
    assert money.format_quantity(-1) == "-0.0001"
    assert money.format_fen(-5) == "-0.05"


@pytest.mark.parametrize(
    "text",
    [
        "",
        " 1",
        "1 ",
        "+1",
        "1.",
        ".5",
        "1.234",
        "1e3",
        "NaN",
        "Infinity",
        "1,000.00",
        "０",
        "１２",
        "--1",
        "01",
        "1\n",
    ],
)
def test_an_unusual_amount_is_refused(text: str) -> None:
    with pytest.raises(money.AmountInvalid) as refusal:
        money.parse_yuan(text)
    assert "12.30" in refusal.value.detail


def test_short_decimals_mean_the_same() -> None:
    assert money.parse_yuan("12.3") == money.parse_yuan("12.30") == 1230
    assert money.parse_e4("1") == money.parse_e4("1.0000") == 10000


@given(st.integers(-(10**13), 10**13), st.integers(-(10**13), 10**13))
def test_products_are_rounded_half_up(quantity_e4: int, standard_e4: int) -> None:
    exact = Decimal(quantity_e4).scaleb(-4) * Decimal(standard_e4).scaleb(-4)
    expected = exact.quantize(Decimal("0.01"), ROUND_HALF_UP)
    assert Decimal(money.multiply(quantity_e4, standard_e4)).scaleb(-2) == expected


def test_half_a_fen_goes_away_from_zero() -> None:
    assert money.multiply(5000, 100) == 1  # 0.5 × 0.01 = 0.005
    assert money.multiply(-5000, 100) == -1
    assert money.multiply(4999, 100) == 0
