"""The keeper: one process that keeps the log, folds totals, tops up stock, seals layouts and prepares months, behind the commits.

It runs at the lowest priority: issuing comes first. Two keepers do no harm; each step takes its turn in the database. It
ends when told to, or when its parent is gone.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

STEP_SECONDS = 1.0
MONTHS_EVERY_STEPS = 3600
TOP_UP_EVERY_STEPS = 30
LOWEST_PRIORITY = 19
BUSY_LEAVES_A_SECOND = 100  # more than that, and the machine is issuing
QUIET_SECONDS = 5.0  # so long after the last busy moment layouts wait
BUSY_FOLDS_EVERY_STEPS = 4  # unfolded rows count all the same; rows of the same hour folded together cost less
_log = logging.getLogger("piaoju.ops.keeper")


def main() -> None:
    """Keep until told to end."""
    os.nice(LOWEST_PRIORITY)
    ending = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ending.set())
    signal.signal(signal.SIGINT, lambda *_: ending.set())
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "piaoju.sites.settings")
    os.environ["PIAOJU_CONNECTIONS"] = "kept"
    import django

    django.setup()
    from django.conf import settings
    from django.utils.module_loading import import_string

    from piaoju.journeys import audit_totals, keep_books, note_revocations, resume

    office = import_string(settings.OFFICE)()
    # Told, not asked: a parent that is already gone would otherwise be mistaken for the one that adopted us.
    parent = int(sys.argv[1]) if len(sys.argv) > 1 else os.getppid()
    auditor = audit_totals.Auditor()
    step, last_step, quiet_from, closed = 0, time.monotonic(), 0.0, 0
    trusted = note_revocations.TrustFile()
    while not ending.is_set() and os.getppid() == parent:
        if step % MONTHS_EVERY_STEPS == 0:
            _try("prepare_months", keep_books.prepare_months)
        busy = time.monotonic() < quiet_from
        placed = _try("keep_log", lambda: keep_books.keep_log(office))
        if not busy or step % BUSY_FOLDS_EVERY_STEPS == 0:
            _try("fold_totals", keep_books.fold_totals)
        _try("resume_intents", lambda: resume.resume_intents(office))
        _try("resume_takings", lambda: resume.resume_takings(office))
        _try("note_revocations", lambda: trusted.note(office))
        _try("audit_totals", lambda: auditor.step(office, busy=busy))  # noqa: B023 - called at once
        if step % TOP_UP_EVERY_STEPS == 0:
            _seldom(office)
        # Issuing comes first: while it is busy layouts wait, since whoever fetches one has it sealed at once.
        now = time.monotonic()
        if placed > BUSY_LEAVES_A_SECOND * max(now - last_step, 0.1):
            quiet_from = now + QUIET_SECONDS
        last_step = now
        sealed = _try("seal_waiting", lambda: keep_books.seal_waiting(office)) if now >= quiet_from else 0
        if now >= quiet_from and (closed or step % TOP_UP_EVERY_STEPS == 0):
            closed = _try("close_days", lambda: keep_books.close_days(office))
        step += 1
        if not sealed:
            ending.wait(STEP_SECONDS)


def _seldom(office: Any) -> None:
    """What may wait half a minute."""
    from piaoju.journeys import download_bills, issue_at_window, send_bill, stock_top_up, sweep_batches

    _try("top_up", lambda: stock_top_up.top_up_all(office))
    _try("tidy_windows", lambda: issue_at_window.tidy(office))
    _try("wake_senders", lambda: send_bill.wake(office))
    _try("clear_downloads", lambda: download_bills.clear_downloads(office))
    _try("sweep_batches", lambda: sweep_batches.sweep(office))


def _try(name: str, work: Callable[[], int | None]) -> int:
    """One step; a failure is told and tried again at the next."""
    from django.db import close_old_connections

    try:
        close_old_connections()
        return work() or 0
    except Exception as error:  # noqa: BLE001 - whatever failed, the keeper goes on with the next step
        _log.error("%s failed, will be tried again: %s", name, error)
        return 0


if __name__ == "__main__":
    main()
