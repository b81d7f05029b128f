"""The verbs of the query layer, inside someone's transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from piaoju.reporting import models
from piaoju.reporting.auditing import Found, Slice
from piaoju.reporting.closing import close_next
from piaoju.reporting.download_actions import (
    KEPT_MAX,
    UNFINISHED_MAX,
    advance_download,
    begin_download,
    clear_download,
    fail_download,
    finish_download,
    forget_downloads,
    make_link,
    note_prints,
    open_link,
    recount_download,
    request_download,
    request_export,
    restart_download,
    spend_link,
    stop_download,
)
from piaoju.reporting.errors import TooManyViews, ViewNameInvalid, ViewQueryTooLong

__all__ = [
    "KEPT_MAX",
    "UNFINISHED_MAX",
    "advance_download",
    "begin_download",
    "clear_download",
    "close_next",
    "drop_view",
    "fail_download",
    "finish_download",
    "forget_downloads",
    "keep_bulletin",
    "make_link",
    "note_prints",
    "open_link",
    "recount_download",
    "request_download",
    "request_export",
    "restart_download",
    "save_view",
    "spend_link",
    "stop_download",
]

VIEWS_MAX = 20
NAME_CHARACTERS_MAX = 30
QUERY_CHARACTERS_MAX = 2_000


def save_view(operator_id: int, list_name: str, name: str, query: str, now: datetime) -> None:
    """The view is this person's under this name; one of that name is replaced. Raises ViewNameInvalid, TooManyViews."""
    name = name.strip()
    if not 0 < len(name) <= NAME_CHARACTERS_MAX or not name.isprintable():
        raise ViewNameInvalid
    if len(query) > QUERY_CHARACTERS_MAX or not query.isprintable():
        raise ViewQueryTooLong
    mine = models.SavedView.objects.filter(operator_id=operator_id, list_name=list_name)
    if mine.exclude(name=name).count() >= VIEWS_MAX:
        raise TooManyViews
    mine.update_or_create(
        operator_id=operator_id, list_name=list_name, name=name, defaults={"query": query, "saved_at": now}
    )


def drop_view(operator_id: int, number: int) -> bool:
    """The view is gone; False if this person has none of that number."""
    return models.SavedView.objects.filter(operator_id=operator_id, pk=number).delete()[0] > 0


def note_slice(one: Slice, found: Sequence[Found], checked_at: datetime, took_ms: int) -> list[Found]:
    """The slice was looked at and this is what does not add up; which of it is new. What adds up again is cleared."""
    models.AuditSlice.objects.update_or_create(
        kind=one.kind, low=one.low,
        defaults={"high": one.high, "checked_at": checked_at, "took_ms": took_ms, "differences": len(found)},
    )  # fmt: skip
    still = models.Difference.objects.filter(cleared_at=None)
    known = {(row.code, row.subject): row for row in still.filter(low__gte=one.low, low__lt=one.high)}
    # A slice of hours says nothing about the days and months that were compared otherwise.
    covered = ("hours", "day") if one.kind == "day" else (one.kind,)
    new = []
    for each in found:
        row = known.pop((each.code, each.subject), None) or still.filter(code=each.code, subject=each.subject).first()
        if row is None:
            new.append(each)
            models.Difference.objects.create(
                code=each.code, subject=each.subject, detail=each.detail, kind=one.kind, low=one.low, found_at=checked_at,
                seen_at=checked_at,
            )  # fmt: skip
        else:
            models.Difference.objects.filter(pk=row.pk).update(detail=each.detail, seen_at=checked_at)
    gone = [row.pk for row in known.values() if row.kind in covered]
    models.Difference.objects.filter(pk__in=gone).update(cleared_at=checked_at)
    return new


def keep_bulletin(
    region_code: str, region_name: str, month: date, size: int, content: Mapping[str, Any], names: Mapping[str, str],
    digest: bytes, at: datetime, by: str,
) -> int:
    """The bulletin is kept for ever; its number."""
    return models.Bulletin.objects.create(
        region_code=region_code, region_name=region_name, month=month, size=size, content=dict(content), names=dict(names),
        digest=digest, made_at=at, made_by=by,
    ).pk  # fmt: skip
