"""Which journeys run as jobs, by the name their callers enqueue them under. One line a task; never rename one that may wait."""

from __future__ import annotations

from collections.abc import Callable

from piaoju.journeys import send_bill

TASKS: dict[str, Callable[..., None]] = {
    send_bill.TASK: send_bill.send_deliveries,
}
