"""Money as whole numbers: fen for amounts, 1/10,000 for prices, quantities and auxiliary amounts. No float."""

from __future__ import annotations

import re
from functools import lru_cache

from piaoju.kit import errors

# 100 万亿元: what the words on the face are defined for, and far inside a bigint.
FEN_MAX = 10**16
MINUS = "\u2212"
E4_MAX = 10**18 - 1

# Prices and quantities repeat: a province has some thousands of them, and a bill of ten lines asks sixty times.
_remembered = lru_cache(maxsize=16_384)

_YUAN = re.compile(r"-?(?:0|[1-9][0-9]{0,15})(?:\.[0-9]{1,2})?").fullmatch
_E4 = re.compile(r"-?(?:0|[1-9][0-9]{0,13})(?:\.[0-9]{1,4})?").fullmatch


class AmountInvalid(errors.Refused):
    code = "amount_invalid"
    label = "金额格式不正确，请填写如 12.30 的十进制数"


@_remembered
def parse_yuan(text: str) -> int:
    """The fen of a decimal text in yuan: "12.3" and "12.30" are 1230; anything unusual is refused."""
    if not _YUAN(text):
        raise AmountInvalid(f"金额“{text[:40]}”格式不正确：请填写不超过两位小数的十进制数，如 12.30。")
    whole, _, fraction = text.partition(".")
    return int(whole + fraction.ljust(2, "0"))


@_remembered
def parse_e4(text: str) -> int:
    """The ten-thousandths of a decimal text with at most four places: "0.5" is 5000."""
    if not _E4(text):
        raise AmountInvalid(f"数值“{text[:40]}”格式不正确：请填写不超过四位小数的十进制数，如 1.5。")
    whole, _, fraction = text.partition(".")
    return int(whole + fraction.ljust(4, "0"))


@_remembered
def format_fen(fen: int) -> str:
    """Yuan with two places: 1230 is "12.30", -5 is "-0.05"."""
    if fen < 0:
        return f"-{-fen // 100}.{-fen % 100:02d}"
    return f"{fen // 100}.{fen % 100:02d}"


def with_thousands(fen: int) -> str:
    """Yuan as pages and documents write them, the minus as U+2212: -1182530 is "−11,825.30"."""
    whole, _, cents = format_fen(abs(fen)).partition(".")
    return f"{MINUS if fen < 0 else ''}{int(whole):,}.{cents}"


@_remembered
def format_price(e4: int) -> str:
    """A price or auxiliary amount: two places at least, four at most ("80.00", "0.125")."""
    if e4 % 100 == 0:
        return format_fen(e4 // 100)
    sign, size = ("-", -e4) if e4 < 0 else ("", e4)
    return f"{sign}{size // 10_000}.{size % 10_000:04d}".rstrip("0")


@_remembered
def format_quantity(e4: int) -> str:
    """A quantity without needless zeros: 10000 is "1", 15000 is "1.5"."""
    if e4 % 10_000 == 0:
        return str(e4 // 10_000)
    sign, size = ("-", -e4) if e4 < 0 else ("", e4)
    return f"{sign}{size // 10_000}.{size % 10_000:04d}".rstrip("0")


def multiply(quantity_e4: int, standard_e4: int) -> int:
    """Quantity times price in fen, half up (away from zero), exactly."""
    product = quantity_e4 * standard_e4  # yuan in 1/10^8
    size = (abs(product) + 500_000) // 1_000_000
    return -size if product < 0 else size


_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")


def in_words(fen: int) -> str:
    """大写金额 for the face: 整 after 元 or 角, 负 before a red bill's total.

    《正确填写票据和结算凭证的基本规定》: where it allows two forms, the first it prints is taken
    (1680.32 is 壹仟陆佰捌拾元零叁角贰分, 107000.53 is 壹拾万柒仟元零伍角叁分).
    """
    if abs(fen) > FEN_MAX:
        raise AmountInvalid(f"金额 {format_fen(fen)} 超出大写金额的范围（100 万亿元），请分开开具。")
    sign = "负" if fen < 0 else ""
    yuan, cents = divmod(abs(fen), 100)
    jiao, left = divmod(cents, 10)
    words = _whole(yuan) + "元" if yuan else ""
    if not cents:
        return sign + (words or "零元") + "整"
    if words and (jiao == 0 or yuan % 10 == 0):
        words += "零"
    words += f"{_DIGITS[jiao]}角" if jiao else ""
    return sign + words + (f"{_DIGITS[left]}分" if left else "整")


def _whole(number: int) -> str:
    """A positive whole number, by groups: 亿 of what is left above, 万, and four digits."""
    for size, name in ((10**8, "亿"), (10**4, "万")):
        if number >= size:
            above, below = divmod(number, size)
            gap = "零" if 0 < below < size // 10 else ""
            return _whole(above) + name + gap + (_whole(below) if below else "")
    words, zero = "", False
    for place in (3, 2, 1, 0):
        digit = number // 10**place % 10
        if digit:
            words += ("零" if zero and words else "") + _DIGITS[digit] + _PLACES[place]
        zero = not digit
    return words
