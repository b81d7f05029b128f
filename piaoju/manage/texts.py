"""How values are written on pages: amounts, days, instants, counts. One place, so that every page writes alike."""

from __future__ import annotations

from datetime import date, datetime

from piaoju.kit.clock import local
from piaoju.standard import money

MINUS = money.MINUS
yuan = money.with_thousands


def number(value: int) -> str:
    """A count with thousands."""
    return f"{MINUS if value < 0 else ''}{abs(value):,}"


def day(on: date | None) -> str:
    return on.isoformat() if on else ""


def instant(at: datetime | None) -> str:
    """An instant on the clocks of Asia/Shanghai, to the second."""
    return local(at).strftime("%Y-%m-%d %H:%M:%S") if at else ""


def masked_name(name: str) -> str:
    """A person's name with all but the first and last character hidden: 周燕 is 周＊, 周小燕 is 周＊燕."""
    return name if len(name) < 2 else f"{name[0]}＊{name[2:][-1:]}"
