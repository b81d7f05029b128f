"""Group commit: what waits is issued together, at most 64 at a time. Bounded, and drained when the process ends.

Measured to matter more than any choice of framework: one lock, one signature batch and one disk flush serve the whole
group, and a single hot unit is no longer limited by one row lock held over each signature.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Sequence
from typing import Any

import psycopg
from django.db import DatabaseError, close_old_connections

from piaoju.issuing.errors import QueueFull
from piaoju.journeys import refuse, step_back
from piaoju.journeys.errors import DatabaseUnavailable
from piaoju.journeys.issue import Order, Outcome, issue_group
from piaoju.journeys.office import Office
from piaoju.journeys.registers import Registers
from piaoju.kit import limits
from piaoju.kit.errors import PiaojuError

# A held lock or a silent network must not hold every client for ever. Every statement here finds its rows by key whatever
# it is asked: planning it again for each group would cost a third of a millisecond.
_OPTIONS = "-c statement_timeout=30000 -c lock_timeout=10000 -c plan_cache_mode=force_generic_plan"
_PATIENCE: dict[str, Any] = {"connect_timeout": 5, "options": _OPTIONS, "application_name": step_back.DESK}

# While many ask at once, those just answered ask again within moments: waited for, they share one group and its cost.
_LINGER_SECONDS = 0.008

Deliver = Callable[[Outcome], None]
_log = logging.getLogger("piaoju.journeys.group_writer")


class GroupWriter:
    """Threads that take what waits and issue it. One per process."""

    def __init__(self, office: Office, database_url: str, *, threads: int = 2) -> None:
        self._office = office
        self._database_url = database_url
        self._registers = Registers()
        self._waiting: queue.SimpleQueue[tuple[Order, Deliver] | None] = queue.SimpleQueue()
        self._count = 0
        self._last_group = 0
        self._as_many = threading.Event()  # as many wait as came last time
        self._lock = threading.Lock()
        self._closed = False
        self._threads = [threading.Thread(target=self._run, name=f"group-writer-{n}") for n in range(threads)]
        for thread in self._threads:
            thread.start()

    @property
    def waiting(self) -> int:
        """Orders accepted and not yet answered."""
        return self._count

    def submit(self, order: Order, deliver: Deliver) -> None:
        """Accept an order; `deliver` is called once, from another thread, with its outcome. Raises QueueFull."""
        with self._lock:
            if self._closed or self._count >= limits.QUEUE_BILLS_MAX:
                raise QueueFull
            self._count += 1
            self._waiting.put((order, deliver))
            if self._waiting.qsize() + 1 >= self._last_group:
                self._as_many.set()

    def issue(self, order: Order) -> Outcome:
        """Accept an order and wait for its outcome."""
        arrived = threading.Event()
        outcomes: list[Outcome] = []

        def deliver(outcome: Outcome) -> None:
            outcomes.append(outcome)
            arrived.set()

        self.submit(order, deliver)
        arrived.wait()
        return outcomes[0]

    def close(self) -> None:
        """Take no more, finish what was accepted, and end."""
        with self._lock:
            self._closed = True
        for _ in self._threads:
            self._waiting.put(None)
        for thread in self._threads:
            thread.join()

    # the threads ----------------------------------------------------------------------------------------------

    def _run(self) -> None:
        connection: psycopg.Connection[Any] | None = None
        ending = False
        while not ending:
            group, ending = self._next_group()
            if not group:
                continue
            orders = [order for order, _ in group]
            try:
                if connection is None or connection.closed:
                    connection = psycopg.connect(self._database_url, autocommit=True, **_PATIENCE)
                    self._registers.forget_identities()
                outcomes = issue_group(connection, self._office, self._registers, orders)
            except Exception as error:  # noqa: BLE001 - nothing was written: each order is told so and may be sent again
                outcomes = self._failed(connection, orders, error)
            self._last_group = len(group)
            self._answer(group, outcomes)
            refuse.record_refusals(connection, self._office, orders, outcomes)
        if connection is not None:
            connection.close()

    def _next_group(self) -> tuple[list[tuple[Order, Deliver]], bool]:
        first = self._waiting.get()
        if first is None:
            return [], True
        group = [first]
        self._linger()
        while len(group) < limits.GROUP_BILLS_MAX:
            try:
                more = self._waiting.get_nowait()
            except queue.Empty:
                break
            if more is None:
                return group, True
            group.append(more)
        return group, False

    def _linger(self) -> None:
        """Wait a little for as many as came last time; a lone caller is not kept waiting."""
        self._as_many.clear()
        if self._waiting.qsize() + 1 < self._last_group:
            self._as_many.wait(_LINGER_SECONDS)

    def _failed(
        self, connection: psycopg.Connection[Any] | None, orders: Sequence[Order], error: Exception
    ) -> list[Outcome]:
        """One bad order must fail alone: try them one by one, unless the database itself is away."""
        if isinstance(error, (psycopg.OperationalError, DatabaseError)):
            if connection is not None:
                connection.close()
            close_old_connections()  # the registers are read on another connection, which may be gone as well
            return [DatabaseUnavailable() for _ in orders]
        if len(orders) == 1 and isinstance(error, PiaojuError):
            return [error]
        if len(orders) == 1 or connection is None:
            _log.error("an order could not be issued: %s %s", type(error).__name__, orders[0].trace_id, exc_info=error)
            return [PiaojuError(code="internal") for _ in orders]
        outcomes: list[Outcome] = []
        for order in orders:
            try:
                outcomes += issue_group(connection, self._office, self._registers, [order])
            except Exception as alone:  # noqa: BLE001 - a fault of one order is that order's answer
                outcomes += self._failed(connection, [order], alone)
        return outcomes

    def _answer(self, group: Sequence[tuple[Order, Deliver]], outcomes: Sequence[Outcome]) -> None:
        with self._lock:
            self._count -= len(group)
        for (_, deliver), outcome in zip(group, outcomes, strict=True):
            try:
                deliver(outcome)
            except Exception as error:  # noqa: BLE001 - one client that is gone must not cost the others their answer
                _log.error("an answer could not be delivered: %s", type(error).__name__)
