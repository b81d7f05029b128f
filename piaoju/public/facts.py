"""The five facts as people and programs write them: read leniently in form, strictly in value."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlencode, urlsplit

from piaoju.kit.errors import FieldError
from piaoju.standard import money
from piaoju.verification.types import Question

NAMES = {
    "code": "票据代码",
    "number": "票据号码",
    "check_code": "校验码",
    "date": "开票日期",
    "amount": "金额",
}
# The short names a bill's QR carries.
_QR_NAMES = {"c": "code", "n": "number", "r": "check_code", "a": "amount", "d": "date"}
TEXT_MAX = 500
_TYPED_MAX = 40


@dataclass(frozen=True, slots=True)
class Facts:
    """What was typed, as typed, with the question it makes or the faults that stop it."""

    typed: Mapping[str, str]
    question: Question | None = None
    errors: tuple[FieldError, ...] = field(default=())

    def fault(self, name: str) -> str:
        """The words beside one field, or nothing."""
        return next((error.detail for error in self.errors if error.pointer == f"/{name}"), "")


def read(typed: Mapping[str, str], *, check_code_length: bool = True) -> Facts:
    """The facts with their question, or every fault at once.

    A program may send any text as a check code: one of the wrong length is simply not the right one.
    """
    errors: list[FieldError] = []
    plain = {name: _plain(typed.get(name, "")) for name in NAMES}
    for name, text in plain.items():
        if not text:
            errors.append(FieldError(f"/{name}", "required", f"没有填写{NAMES[name]}。请照票面填写"))
        elif len(text) > _TYPED_MAX:
            errors.append(FieldError(f"/{name}", "too_long", f"{NAMES[name]}太长。请照票面填写"))
    wrong = {error.pointer for error in errors}
    values = {
        "code": _code(plain["code"]),
        "number": _number(plain["number"]),
        "check_code": _check_code(plain["check_code"], exact=check_code_length),
        "date": _date(plain["date"]),
        "amount": _amount(plain["amount"]),
    }
    errors += [
        FieldError(f"/{name}", value.code, value.detail)
        for name, value in values.items()
        if isinstance(value, _Fault) and f"/{name}" not in wrong
    ]
    if errors:
        order = [f"/{name}" for name in NAMES]
        return Facts(typed, None, tuple(sorted(errors, key=lambda error: order.index(error.pointer))))
    code, number, check_code, day, total = (values[name] for name in NAMES)
    assert isinstance(code, str) and isinstance(number, int) and isinstance(check_code, str)
    assert isinstance(day, dt.date) and isinstance(total, int)
    return Facts(typed, Question(code, number, check_code, day, total))


def from_query(query: Mapping[str, str]) -> dict[str, str]:
    """What a bill's QR address carries, under the form's names; empty when it carries nothing."""
    return {name: query[short] for short, name in _QR_NAMES.items() if short in query}


def from_text(text: str) -> dict[str, str] | None:
    """What a scanner wrote: the QR's address, or 01,51,代码,号码,校验码,金额,日期; else None."""
    text = _plain(text)
    if not text or len(text) > TEXT_MAX:
        return None
    parts = [part.strip() for part in text.split(",")]
    if len(parts) == 7 and parts[0] == "01":
        return dict(zip(("code", "number", "check_code", "amount", "date"), parts[2:], strict=True))
    try:
        query = {name: values[0] for name, values in parse_qs(urlsplit(text).query).items()}
    except ValueError:
        return None
    facts = from_query(query)
    return facts if len(facts) == len(NAMES) else None


def query_of(question: Question) -> str:
    """The question as a bill's QR writes it."""
    return urlencode(
        {
            "c": question.bill_code,
            "n": number_text(question.bill_number),
            "r": question.check_code,
            "a": money.format_fen(question.total_fen),
            "d": question.issue_date.strftime("%Y%m%d"),
        }
    )


def number_text(number: int) -> str:
    """A bill number with its zeros: 0000018419."""
    return f"{number:010d}"


@dataclass(frozen=True, slots=True)
class _Fault:
    code: str
    detail: str


def _plain(text: str) -> str:
    """Full-width digits, commas and spaces as an input method leaves them, made plain."""
    return unicodedata.normalize("NFKC", text[: 2 * TEXT_MAX]).replace("−", "-").strip()


def _code(text: str) -> str | _Fault:
    text = text.replace(" ", "")
    if not re.fullmatch(r"[0-9]{8}", text):
        return _Fault("code_invalid", f"票据代码应为 8 位数字{_counted(text, 8)}。请看票面右上角「票据代码」")
    return text


def _number(text: str) -> int | _Fault:
    text = text.replace(" ", "")
    if not re.fullmatch(r"[0-9]{1,10}", text):
        return _Fault(
            "number_invalid", f"票据号码应为 10 位数字{_counted(text, 10)}。请看票面右上角「票据号码」"
        )
    return int(text)


def _check_code(text: str, *, exact: bool) -> str | _Fault:
    # The alphabet has no i, l and o, so whoever read one of them saw a 1 or a 0.
    code = text.replace(" ", "").lower().translate(str.maketrans("ilo", "110"))
    if exact and len(code) != 6:
        return _Fault(
            "check_code_invalid", f"校验码应为 6 位数字或字母{_difference(len(code), 6)}。请照票面填写"
        )
    return code


def _date(text: str) -> dt.date | _Fault:
    found = re.fullmatch(r"([0-9]{4})[-/.年 ]?([0-9]{1,2})[-/.月 ]?([0-9]{1,2})日?", text)
    # Eight digits, or separators: 2026115 could be two days.
    if found and (not text.isdigit() or len(text) == 8) and 2000 <= int(found[1]) <= 2199:
        try:
            return dt.date(int(found[1]), int(found[2]), int(found[3]))
        except ValueError:
            pass
    return _Fault("date_invalid", "开票日期不是一个日期。请写成 2026-11-22 或 20261122")


def _amount(text: str) -> int | _Fault:
    text = text.removesuffix("元").replace(",", "").replace(" ", "").lstrip("¥￥")
    try:
        return money.parse_yuan(text)
    except money.AmountInvalid:
        return _Fault("amount_invalid", "金额应为不超过两位小数的数，单位元。请写成 12.30，红票写 -12.30")


def _counted(text: str, length: int) -> str:
    if text.isascii() and text.isdigit():
        return _difference(len(text), length)
    return "，这里有别的字符"


def _difference(actual: int, wanted: int) -> str:
    return f"，少 {wanted - actual} 位" if actual < wanted else f"，多 {actual - wanted} 位"
