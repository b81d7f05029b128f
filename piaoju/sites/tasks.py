"""Which journeys run as jobs, by the name their callers enqueue them under. One line a task; never rename one that may wait."""

from __future__ import annotations

from collections.abc import Callable

from piaoju.journeys import check_batch, issue_batch, make_download, seal_ahead, send_bill

TASKS: dict[str, Callable[..., None]] = {
    make_download.TASK: make_download.make_download,
    seal_ahead.TASK: seal_ahead.seal_ahead,
    send_bill.TASK: send_bill.send_deliveries,
    "check_batch": check_batch.check_batch,
    "issue_batch_lane": issue_batch.issue_batch_lane,
}
