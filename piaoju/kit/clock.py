"""Time is an argument. The edge reads the clock; everything below is told what time it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone

Clock = Callable[[], datetime]

# All cuts (day, month, year) are Asia/Shanghai, which has had one offset since 1991.
SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")


def system_clock() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC)


def local(at: datetime) -> datetime:
    """The same instant on the wall clocks of Asia/Shanghai."""
    return at.astimezone(SHANGHAI)


def local_date(at: datetime) -> date:
    """The calendar day of an instant in Asia/Shanghai."""
    return local(at).date()


def midnight(day: date) -> datetime:
    """The instant at which a calendar day of Asia/Shanghai begins."""
    return datetime.combine(day, time(), SHANGHAI)
