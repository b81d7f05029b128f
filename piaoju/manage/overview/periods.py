"""The period of an overview: chosen by a word or typed to the second, and the period before that it is compared with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.http import QueryDict

from piaoju.journeys.see_overview import Compared
from piaoju.kit.clock import local
from piaoju.manage import typed

WORDS = {"today": "今日", "week": "本周", "month": "本月", "year": "本年", "custom": "自选"}
_BEFORE = {
    "today": "比昨日同时", "week": "比上周同期", "month": "比上月同期", "year": "比上年同期", "custom": "比前一段等长时间",
}  # fmt: skip
_YEARS_MAX = 10


@dataclass(frozen=True, slots=True)
class Period:
    """What was chosen, read; `fault` says what cannot be read, and then the present month stands in."""

    word: str
    compared: Compared
    from_typed: str = ""
    to_typed: str = ""
    fault: str = ""

    @property
    def before_label(self) -> str:
        return _BEFORE[self.word]


def read(given: QueryDict, now: datetime) -> Period:
    """The period of an address."""
    word = given.get("period", "month")
    if word == "custom":
        return _typed(given.get("from", "").strip(), given.get("to", "").strip(), now)
    return _named(word if word in WORDS else "month", now)


def _named(word: str, now: datetime) -> Period:
    here = local(now)
    day = here.replace(hour=0, minute=0, second=0, microsecond=0)
    match word:
        case "today":
            low, high, before = day, day + timedelta(days=1), day - timedelta(days=1)
        case "week":
            low = day - timedelta(days=day.weekday())
            high, before = low + timedelta(days=7), low - timedelta(days=7)
        case "year":
            low = day.replace(month=1, day=1)
            high, before = low.replace(year=low.year + 1), low.replace(year=low.year - 1)
        case _:
            low = day.replace(day=1)
            high, before = (low + timedelta(days=32)).replace(day=1), (low - timedelta(days=1)).replace(day=1)
    # As far into the period before as the present one is gone; a month that is shorter ends earlier.
    gone = min(before + (here - low), low)
    return Period(word, Compared(low, high, before, max(gone, before + timedelta(seconds=1)), low))


def _typed(from_typed: str, to_typed: str, now: datetime) -> Period:
    try:
        low = typed.instant(from_typed)[0]
        last, step = typed.instant(to_typed)
        high = last + step
        if high <= low:
            raise typed.Unreadable("起在止之后。请对调")
        if high - low > timedelta(days=366 * _YEARS_MAX):
            raise typed.Unreadable(f"最长 {_YEARS_MAX} 年。请缩短")
    except (typed.Unreadable, OverflowError) as fault:
        fallback = _named("month", now)
        return Period("month", fallback.compared, from_typed[:40], to_typed[:40], f"自选期间：{fault}")
    before = low - (high - low)
    return Period("custom", Compared(low, high, before, low, low), from_typed, to_typed)
