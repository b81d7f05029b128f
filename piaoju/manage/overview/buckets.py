"""The hours, days or months of a period, in Asia/Shanghai."""

from __future__ import annotations

from datetime import datetime, timedelta

from piaoju.kit.clock import local

_MOST = 800


def starts(low: datetime, high: datetime, grain: str) -> list[datetime]:
    """Where each of them begins that has a part in [low, high)."""
    found: list[datetime] = []
    at = _floor(low, grain)
    while at < high and len(found) < _MOST:
        found.append(at)
        at = _next(at, grain)
    return found


def span(at: datetime, grain: str) -> tuple[datetime, datetime]:
    """The one that begins there, half-open."""
    return at, _next(at, grain)


def label(at: datetime, grain: str) -> str:
    at = local(at)
    return at.strftime({"hour": "%d 日 %H 时", "day": "%m-%d", "month": "%Y-%m"}[grain])


def _floor(at: datetime, grain: str) -> datetime:
    at = local(at).replace(minute=0, second=0, microsecond=0)
    if grain != "hour":
        at = at.replace(hour=0)
    return at.replace(day=1) if grain == "month" else at


def _next(at: datetime, grain: str) -> datetime:
    if grain == "month":
        return (at + timedelta(days=32)).replace(day=1)
    return at + (timedelta(hours=1) if grain == "hour" else timedelta(days=1))
