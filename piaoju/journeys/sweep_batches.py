"""到期清除: an uploaded file and the payers in it are gone when nobody needs them any more; what became of each row stays."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from piaoju.issuing import actions as issuing
from piaoju.issuing import queries as batches
from piaoju.issuing.types import BatchKept
from piaoju.journeys.office import Office

_BATCHES_AT_ONCE = 20
_ROWS_AT_ONCE = 5_000
_NEVER_ISSUED = "超过保存期限还没有开具，文件已清除。需要时把名单再传一次"


def sweep(office: Office) -> int:
    """Empty the files that are kept no longer; how many. For the keeper."""
    at = office.clock()
    past = batches.batches_to_sweep(at - office.batch_files_kept, _BATCHES_AT_ONCE)
    for batch_id in past:
        _sweep(batches.batch(batch_id), at)
    return len(past)


def _sweep(kept: BatchKept, at: datetime) -> None:
    """A batch that waits for a word no longer gets one. The file goes last: whatever stops in between is swept again."""
    issuing.move_batch(kept.id, ("checked", "paused"), "stopped", detail=_NEVER_ISSUED)
    if not batches.batch(kept.id).ended:
        return  # somebody gave it a word this moment
    after, more = 0, True
    while more:
        with transaction.atomic():
            after, more = issuing.empty_rows(kept, after, _ROWS_AT_ONCE)
    with transaction.atomic():
        issuing.empty_file(kept.id, at)
