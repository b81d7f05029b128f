"""Codes that identify a bill, a unit, a person: how they are made and when they are well formed.

票据代码 8 digits = region 2 + bill type 4 + year 2; 票据号码 10 digits (2020 通行费电子票据公告; 财综〔2018〕72号).
"""

from __future__ import annotations

import re
from datetime import date
from typing import NamedTuple

NUMBER_MAX = 10**10 - 1

_BILL_CODE = re.compile(r"[0-9]{8}").fullmatch
_BILL_CODE_ASKED = re.compile(r"[0-9]{8,12}").fullmatch
_NUMBER = re.compile(r"[0-9]{10}").fullmatch
_BILL_ID = re.compile(r"([0-9]{10})-([0-9]{8})").fullmatch
_USCC = re.compile(r"[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}").fullmatch
_ID_NUMBER = re.compile(r"[1-9][0-9]{16}[0-9X]").fullmatch

_USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


class BillCodeParts(NamedTuple):
    """What the eight digits of a bill code say."""

    region2: str
    bill_type_code: str
    year2: str


def bill_code(region2: str, bill_type_code: str, year: int) -> str:
    """票据代码 of a province, a bill type and a year: ("51", "0601", 2026) is 51060126."""
    code = f"{region2}{bill_type_code}{year % 100:02d}"
    if not _BILL_CODE(code):
        raise ValueError(f"not a bill code: {code!r}")
    return code


def parse_bill_code(code: str) -> BillCodeParts | None:
    """The parts of an eight-digit bill code, or None."""
    if not _BILL_CODE(code):
        return None
    return BillCodeParts(code[:2], code[2:6], code[6:])


def is_bill_code_asked(code: str) -> bool:
    """Whether a person may ask for such a code at verification (8 to 12 digits; we issue 8 only)."""
    return _BILL_CODE_ASKED(code) is not None


def number_text(number: int) -> str:
    """票据号码 as printed: ten digits."""
    return f"{number:010d}"


def parse_number(text: str) -> int | None:
    """The number of exactly ten digits, or None."""
    return int(text) if _NUMBER(text) else None


def bill_id_text(code: str, number: int) -> str:
    """票据标识: number and code, each written backwards (51060126, 12345 is 5432100000-62106015)."""
    return f"{number:010d}"[::-1] + "-" + code[::-1]


def parse_bill_id(text: str) -> tuple[str, int] | None:
    """Code and number of a 票据标识, or None."""
    found = _BILL_ID(text)
    return (found[2][::-1], int(found[1][::-1])) if found else None


def specimen_code(code: str, version2: str) -> str:
    """模板代码: the bill code and the two-digit version of its specimen."""
    return code + version2


def is_uscc(text: str) -> bool:
    """Whether this is a 统一社会信用代码 (GB 32100), also one that begins with a letter."""
    if not _USCC(text):
        return False
    weighted = sum(
        _USCC_ALPHABET.index(sign) * weight for sign, weight in zip(text[:17], _USCC_WEIGHTS, strict=True)
    )
    return _USCC_ALPHABET[-weighted % 31] == text[17]


def is_id_number(text: str) -> bool:
    """Whether this is an 18-digit 居民身份证号 (GB 11643): a real birthday and the right last sign."""
    if not _ID_NUMBER(text):
        return False
    try:
        date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    except ValueError:
        return False
    weighted = sum(int(sign) * weight for sign, weight in zip(text[:17], _ID_WEIGHTS, strict=True))
    return "10X98765432"[weighted % 11] == text[17]
