"""What people do with a file of bills, step by step, by the same journeys as the page: check, issue, fetch, download."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from piaoju.ops.bench import tuition

if TYPE_CHECKING:
    from piaoju.issuing.types import BatchKept, BillPlace
    from piaoju.journeys.download_bills import Wanted
    from piaoju.reporting.types import DownloadRow

HANDLER = "daxue.kp"
_ACTOR = "command:bench"
_ENDED = ("done", "stopped", "failed", "paused")
_LOOK_SECONDS = 0.2


def check(content: bytes) -> BatchKept:
    """Send a workbook of the university and have it checked."""
    from piaoju.journeys import check_batch, premises

    batch_id = check_batch.submit(premises.office(), _ACTOR, tuition.UNIVERSITY, "tuition.xlsx", content)
    return _wait(batch_id, ("checked", "failed"))


def start(batch_id: int) -> None:
    """Have a checked file issued."""
    from piaoju.journeys import issue_batch, premises

    issue_batch.start(premises.office(), _ACTOR, batch_id, "all_or_nothing")


def ended(batch_id: int) -> BatchKept:
    """The batch, once everything is issued."""
    return _wait(batch_id, _ENDED)


def done(batch_id: int) -> int:
    """How many bills of it are issued by now."""
    from piaoju.issuing import queries as batches

    return batches.batch_progress(batch_id).done


def places(kept: BatchKept) -> list[BillPlace]:
    """Where the bills of a file are, in its order."""
    from django.db import connection

    from piaoju.issuing.types import BillPlace

    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT k.unit_id, k.issued_at, k.bill_code, k.bill_number FROM issuing_batch_row r
               JOIN issuing_business_key k USING (unit_id, business_number)
               WHERE r.unit_id = %s AND r.uploaded_at = %s AND r.batch_id = %s ORDER BY r.place""",
            (kept.unit_id, kept.uploaded_at, kept.id),
        )
        return [BillPlace(*row) for row in cursor.fetchall()]


def ask(chosen: Sequence[BillPlace], wanted: Wanted) -> int:
    """Ask for a file of these bills; the download's number."""
    from piaoju.identity import queries as identity
    from piaoju.journeys import download_bills, premises

    office = premises.office()
    return download_bills.request(office, identity.operator_actor(HANDLER, office.clock()), chosen, wanted)


def made(download_id: int) -> DownloadRow:
    """The download, once its file is there."""
    from piaoju.reporting import queries as reporting

    while (row := reporting.download(download_id)) is None or row.state not in ("ready", "failed", "stopped"):
        time.sleep(_LOOK_SECONDS)
    if row.state != "ready":
        raise RuntimeError(f"download {download_id}: {row.failure}")
    return row


def fetch(row: DownloadRow, to: Path) -> None:
    """Fetch a file by a link, as its owner does."""
    from piaoju.identity import queries as identity
    from piaoju.journeys import fetch_download, premises

    office = premises.office()
    actor = identity.operator_actor(HANDLER, office.clock())
    link = fetch_download.make_link(office, actor, row.id)
    opened = fetch_download.open_download(office, actor, row.id, link, 0)
    with to.open("wb") as file:
        file.writelines(opened.pieces(0, row.size_bytes))
    opened.handed_out()


def _wait(batch_id: int, states: Sequence[str]) -> BatchKept:
    from piaoju.issuing import queries as batches

    while (kept := batches.batch(batch_id)).state not in states:
        time.sleep(_LOOK_SECONDS)
    if kept.state in ("failed", "paused"):
        raise RuntimeError(f"batch {batch_id}: {kept.detail}")
    return kept
