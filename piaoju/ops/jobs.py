"""The queue of jobs in PostgreSQL, by procrastinate: left in the caller's transaction, taken by the workers (worker.py)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

import psycopg
from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.utils.module_loading import import_string
from procrastinate import BaseRetryStrategy, RetryDecision
from procrastinate.contrib.django import app
from procrastinate.jobs import Job

from piaoju.kit.errors import Unavailable

RETRY_SECONDS_MAX = 300
AWAY_SECONDS = 2
LANES_MAX = 64
ATTEMPTS_MAX = 200  # more than half a day of trying; then it is told as failed
_AWAY = (Unavailable, InterfaceError, OperationalError, psycopg.InterfaceError, psycopg.OperationalError)


class DatabaseQueue:
    """A job is a row in the database of this installation, written on Django's own connection."""

    def enqueue(self, task: str, /, **arguments: str | int) -> None:
        """See kit.jobs.Queue."""
        if task not in bound_tasks():
            raise KeyError(task)
        app.configure_task(
            task, queue=_queue(arguments.get("lane")), lock=_lock(task, arguments), allow_unknown=True
        ).defer(**arguments)


class Again(BaseRetryStrategy):
    """A job that failed is tried again: at once, then ever more seldom, never more than five minutes later.

    What is only away (the database, a signing device) is asked for again every other second, until it is there: a job that
    was interrupted often must not wait longer for that.
    """

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        """When, or none when it has been tried enough."""
        seconds = AWAY_SECONDS
        if not isinstance(exception, _AWAY):
            if job.attempts >= ATTEMPTS_MAX:
                return None
            seconds = min(RETRY_SECONDS_MAX, 2 ** min(job.attempts, 16))
        return RetryDecision(retry_at=datetime.now(UTC) + timedelta(seconds=seconds))


def queues_of(worker: int, workers: int) -> list[str]:
    """What a worker takes from: what anyone may do, and its own lanes."""
    return [_queue(None), *(_queue(lane) for lane in range(LANES_MAX) if lane % workers == worker)]


def bound_tasks() -> Mapping[str, Callable[..., None]]:
    """The tasks of this site. Commands are a floor below: they reach them by name."""
    found: Mapping[str, Callable[..., None]] = import_string(settings.TASKS)
    return found


def _queue(lane: str | int | None) -> str:
    return "any" if lane is None else f"lane-{lane}"


def _lock(task: str, arguments: Mapping[str, str | int]) -> str:
    """The same work has the same lock, and is done by one worker at a time."""
    return ":".join([task, *(f"{name}={arguments[name]}" for name in sorted(arguments))])
