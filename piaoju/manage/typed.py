"""What people type, read as values: days, amounts, numbers. Wrong input is said in words that tell what to type."""

from __future__ import annotations

import unicodedata
from datetime import date, datetime, timedelta

from piaoju.kit.clock import SHANGHAI
from piaoju.manage.texts import MINUS
from piaoju.standard import money

_EARLIEST_YEAR = 1950
_STEPS = {"%Y-%m-%d": timedelta(days=1), "%Y-%m-%d %H:%M": timedelta(minutes=1), "%Y-%m-%d %H:%M:%S": timedelta(seconds=1)}


class Unreadable(Exception):
    """What was typed is no value of this kind; the words say what to type."""


def _plain(typed: str) -> str:
    """Figures as one types them: full width is half width, thousands are left out, every minus is one."""
    return unicodedata.normalize("NFKC", typed).replace(",", "").replace(MINUS, "-")


def whole_number(typed: str) -> int:
    """A whole number, with or without thousands. Raises Unreadable."""
    plain = _plain(typed)
    digits = plain.removeprefix("-")
    if not digits.isascii() or not digits.isdigit() or len(digits) > 18:
        raise Unreadable("应为整数，如 1200")
    return int(plain)


def place(typed: str) -> int:
    """A place in a list, as an address has it; 0 for what is none."""
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else 0


def fen(typed: str) -> int:
    """An amount typed in yuan, in fen: “3,000”, “¥12.30”. Raises Unreadable."""
    plain = _plain(typed).replace("¥", "").strip()
    try:
        return money.parse_yuan(plain)
    except money.AmountInvalid:
        raise Unreadable("应为金额，最多两位小数，如 3,000 或 12.30") from None


def day(typed: str) -> date:
    """A day: “2026-11-22”, “20261122”, “2026/11/22”, “2026年11月22日”. Raises Unreadable."""
    plain = unicodedata.normalize("NFKC", typed).replace("/", "-").replace("年", "-").replace("月", "-").replace("日", "")
    if len(plain) == 8 and plain.isdigit():
        plain = f"{plain[:4]}-{plain[4:6]}-{plain[6:]}"
    try:
        on = datetime.strptime(plain, "%Y-%m-%d").date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        raise Unreadable("应为日期，如 2026-11-22") from None
    if on.year < _EARLIEST_YEAR:
        raise Unreadable(f"年份太早。请填写 {_EARLIEST_YEAR} 年以后的日期")
    return on


def instant(typed: str) -> tuple[datetime, timedelta]:
    """An instant on the clocks of Asia/Shanghai, and how exactly it was typed (a day, a minute, a second). Raises Unreadable."""
    for form, step in _STEPS.items():
        try:
            at = datetime.strptime(unicodedata.normalize("NFKC", typed).replace("T", " "), form).replace(tzinfo=SHANGHAI)
        except ValueError:
            continue
        if at.year >= _EARLIEST_YEAR:
            return at, step
    raise Unreadable("应为日期或时间，如 2026-11-22 或 2026-11-22 08:00")
