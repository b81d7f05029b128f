"""How figures of the overview are written: sheets, amounts in yuan or in ten thousand, and changes. Whole numbers throughout."""

from __future__ import annotations

from dataclasses import dataclass

from piaoju.manage import texts
from piaoju.manage.texts import MINUS

UNITS = {"yuan": "元", "wan": "万元"}
_FEN_OF_WAN_TENTH = 100_000


def amount(fen: int, unit: str) -> str:
    """An amount in its unit: yuan with two places, or ten thousand yuan with one, half up."""
    if unit == "yuan":
        return texts.yuan(fen)
    tenths = (abs(fen) * 2 + _FEN_OF_WAN_TENTH) // (2 * _FEN_OF_WAN_TENTH)
    sign = MINUS if fen < 0 and tenths else ""
    return f"{sign}{tenths // 10:,}.{tenths % 10}"


@dataclass(frozen=True, slots=True)
class Change:
    """How a figure moved: "up", "down" or neither, and by how much in words."""

    way: str
    words: str


def change(now: int, before: int) -> Change:
    """Against the period before, in per cent with one place; in words where that has no meaning."""
    if before == 0:
        return Change("", "此前为 0" if now else "不变")
    moved = now - before
    tenths = (2000 * abs(moved) + abs(before)) // (2 * abs(before))
    if tenths == 0:
        return Change("", "不变" if moved == 0 else "不到 0.1%")
    if tenths > 99_999:
        return Change("up" if moved > 0 else "down", "超过 100 倍")
    return Change("up" if moved > 0 else "down", f"{tenths // 10:,}.{tenths % 10}%")
