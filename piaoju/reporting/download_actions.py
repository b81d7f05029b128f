"""What is written about downloads, inside someone's transaction. Re-exported by `actions`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from piaoju.kit import arrays
from piaoju.reporting.errors import TooManyDownloads
from piaoju.reporting.models import Download, DownloadBill, DownloadLink, DownloadState
from piaoju.reporting.types import ChosenBill

UNFINISHED_MAX = 3
KEPT_MAX = 20
_UNFINISHED = (DownloadState.WAITING, DownloadState.RUNNING)


def request_download(
    cursor: Any, chosen: Sequence[ChosenBill], *, operator_id: int, by: str, at: datetime, file_format: str, title: str,
    conditions: str, wanted: Mapping[str, Any], kept_until: datetime,
) -> int:
    """Write down what a file is to be made of; its number. Raises TooManyDownloads."""
    download_id = request_export(
        cursor, len(chosen), operator_id=operator_id, by=by, at=at, file_format=file_format, title=title,
        conditions=conditions, wanted=wanted, kept_until=kept_until,
    )  # fmt: skip
    cursor.execute(
        """INSERT INTO reporting_downloadbill (download_id, ordinal, unit_id, issued_at, bill_code, bill_number)
           SELECT %s, w.* FROM unnest(%s::int[], %s::bigint[], %s::timestamptz[], %s::text[], %s::bigint[]) AS w""",
        (
            download_id, arrays.numbers([one.ordinal for one in chosen]), arrays.numbers([one.unit_id for one in chosen]),
            arrays.instants([one.issued_at for one in chosen]), arrays.texts([one.bill_code for one in chosen]),
            arrays.numbers([one.bill_number for one in chosen]),
        ),
    )  # fmt: skip
    return download_id


def request_export(
    cursor: Any, bills: int, *, operator_id: int, by: str, at: datetime, file_format: str, title: str, conditions: str,
    wanted: Mapping[str, Any], kept_until: datetime,
) -> int:
    """Write down that a file is to be made of what a question finds; its number. Raises TooManyDownloads."""
    _refuse_too_many(cursor, operator_id)
    return Download.objects.create(
        operator_id=operator_id, requested_by=by, requested_at=at, format=file_format, title=title, conditions=conditions,
        wanted=dict(wanted), bills=bills, kept_until=kept_until,
    ).pk  # fmt: skip


def recount_download(download_id: int, bills: int) -> None:
    """What a question found was one bill more or less than when it was asked for: one was being committed then."""
    Download.objects.filter(pk=download_id, state=DownloadState.RUNNING).update(bills=bills, bills_done=bills)


def _refuse_too_many(cursor: Any, operator_id: int) -> None:
    # One request of a person at a time: two at once would both find room.
    cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('piaoju downloads', %s))", (operator_id,))
    mine = Download.objects.filter(operator_id=operator_id).exclude(state=DownloadState.CLEARED)
    if mine.count() >= KEPT_MAX or mine.filter(state__in=_UNFINISHED).count() >= UNFINISHED_MAX:
        raise TooManyDownloads


def begin_download(download_id: int, at: datetime) -> bool:
    """It is being made now, for the first time or again after its maker was killed; False when nobody wants it made."""
    mine = Download.objects.filter(pk=download_id, state__in=_UNFINISHED)
    if mine.filter(started_at=None).update(state=DownloadState.RUNNING, started_at=at):
        return True
    return mine.update(state=DownloadState.RUNNING) > 0


def advance_download(download_id: int, *, bills_done: int, pages: int, size_bytes: int, state_sealed: bytes) -> bool:
    """The file is this far, and its maker can go on from here; False when it is to stop."""
    return Download.objects.filter(pk=download_id, state=DownloadState.RUNNING, bills_done__lte=bills_done).update(
        bills_done=bills_done, pages=pages, size_bytes=size_bytes, state_sealed=state_sealed
    ) > 0  # fmt: skip


def note_prints(cursor: Any, download_id: int, ordinals: Mapping[int, int]) -> None:
    """Which print of its bill each of these places (by ordinal) of a download is."""
    cursor.execute(
        """UPDATE reporting_downloadbill AS d SET print_ordinal = w.p FROM unnest(%s::int[], %s::int[]) AS w (o, p)
           WHERE d.download_id = %s AND d.ordinal = w.o""",
        (arrays.numbers(list(ordinals)), arrays.numbers(list(ordinals.values())), download_id),
    )


def finish_download(download_id: int, at: datetime, *, pages: int, size_bytes: int, digest: bytes, kept_until: datetime) -> bool:
    """The file is whole; False when it was stopped meanwhile."""
    return Download.objects.filter(pk=download_id, state=DownloadState.RUNNING).update(
        state=DownloadState.READY, finished_at=at, pages=pages, size_bytes=size_bytes, digest=digest, kept_until=kept_until,
        state_sealed=None,
    ) > 0  # fmt: skip


def fail_download(download_id: int, at: datetime, code: str, words: str) -> None:
    """It cannot be made, and why; its owner may have it begun anew."""
    Download.objects.filter(pk=download_id, state__in=_UNFINISHED).update(
        state=DownloadState.FAILED, finished_at=at, failure_code=code, failure=words[:500]
    )


def stop_download(download_id: int, at: datetime) -> bool:
    """It is not to be made any further; False when it is made already, or was not being made."""
    return Download.objects.filter(pk=download_id, state__in=_UNFINISHED).update(
        state=DownloadState.STOPPED, finished_at=at
    ) > 0  # fmt: skip


def restart_download(download_id: int, kept_until: datetime) -> bool:
    """It is to be made from the beginning, of the same bills; False when it is being made, or is there."""
    # A file that was there may have been printed: what is made now is another print.
    if Download.objects.filter(pk=download_id, state=DownloadState.CLEARED).exists():
        DownloadBill.objects.filter(download_id=download_id).update(print_ordinal=None)
    again = (DownloadState.STOPPED, DownloadState.FAILED, DownloadState.CLEARED)
    return Download.objects.filter(pk=download_id, state__in=again).update(
        state=DownloadState.WAITING, bills_done=0, pages=0, size_bytes=0, state_sealed=None, digest=None, started_at=None,
        finished_at=None, failure_code="", failure="", kept_until=kept_until,
    ) > 0  # fmt: skip


def clear_download(download_id: int) -> None:
    """Its file is gone; what it was of stays known, so that it can be made again."""
    Download.objects.filter(pk=download_id).update(state=DownloadState.CLEARED, state_sealed=None, size_bytes=0)
    DownloadLink.objects.filter(download_id=download_id).delete()


def forget_downloads(before: datetime) -> int:
    """Downloads cleared and not kept since before this instant are forgotten with their bills; how many."""
    return Download.objects.filter(state=DownloadState.CLEARED, kept_until__lt=before).delete()[1].get("reporting.Download", 0)


def make_link(download_id: int, token_digest: bytes, at: datetime, valid_until: datetime) -> None:
    """A link for one whole fetch; those made before for this file are spent."""
    DownloadLink.objects.filter(download_id=download_id, used_at=None).update(used_at=at)
    DownloadLink.objects.create(download_id=download_id, token_digest=token_digest, made_at=at, valid_until=valid_until)


def open_link(link_id: int, at: datetime) -> bool:
    """The link is opened; True for the first time."""
    return DownloadLink.objects.filter(pk=link_id, opened_at=None).update(opened_at=at) > 0


def spend_link(link_id: int, at: datetime) -> bool:
    """The file's last byte was handed out; True for the first time."""
    return DownloadLink.objects.filter(pk=link_id, used_at=None).update(used_at=at) > 0
