"""Jobs: in the queue with the commit or not at all; done in spite of failures, and of workers that are killed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import OperationalError, transaction
from procrastinate.jobs import Job

from piaoju.kit.errors import Unavailable
from piaoju.ops.jobs import AWAY_SECONDS, RETRY_SECONDS_MAX, Again, DatabaseQueue

SECONDS = 60


class Crew:
    """Workers, and what their tasks noted."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.workers: list[subprocess.Popen[bytes]] = []
        self.run("CREATE TABLE noted (id bigserial PRIMARY KEY, name text, what text, pid int)")

    def hire(self) -> subprocess.Popen[bytes]:
        environment = os.environ | {"PIAOJU_DATABASE_URL": self.url, "DJANGO_SETTINGS_MODULE": "tests.faults.sample_jobs"}
        self.workers.append(subprocess.Popen([sys.executable, "-m", "piaoju.ops.worker", str(os.getpid())], env=environment))
        return self.workers[-1]

    def run(self, sql: str, *parameters: Any) -> list[Any]:
        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(sql, parameters)
            return cursor.fetchall() if cursor.description else []

    def noted(self, what: str) -> list[Any]:
        return self.run("SELECT name, pid FROM noted WHERE what = %s ORDER BY id", what)

    def until(self, seen: Callable[[], object]) -> None:
        end = time.monotonic() + SECONDS
        while not seen():
            assert time.monotonic() < end, self.run("TABLE noted")
            time.sleep(0.1)


@pytest.fixture
def crew(database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Crew]:
    monkeypatch.setattr(settings, "TASKS", "tests.faults.sample_jobs.SAMPLES")
    crew = Crew(database)
    try:
        yield crew
    finally:
        for worker in crew.workers:
            with suppress(ProcessLookupError):
                worker.kill()
            worker.wait()


def test_no_commit_no_job_and_no_name_no_job(crew: Crew) -> None:
    def waiting() -> list[Any]:
        return crew.run("SELECT task_name, args FROM procrastinate_jobs")

    with pytest.raises(ZeroDivisionError), transaction.atomic():
        DatabaseQueue().enqueue("note", name="gone")
        _ = 1 // 0
    with pytest.raises(KeyError):
        DatabaseQueue().enqueue("nobody")
    assert waiting() == []
    with transaction.atomic():
        DatabaseQueue().enqueue("note", name="kept")
        assert waiting() == []
    assert waiting() == [("note", {"name": "kept"})]


def test_the_job_of_a_killed_worker_is_done_by_another_and_the_same_work_is_never_done_twice_at_once(crew: Crew) -> None:
    for _ in range(2):
        DatabaseQueue().enqueue("note", name="long")
    first = crew.hire()
    crew.until(lambda: crew.noted("began"))
    first.kill()
    first.wait()
    second = crew.hire()
    crew.until(lambda: len(crew.noted("began")) == 2)
    crew.run("INSERT INTO noted (name, what) VALUES ('', 'go on')")
    crew.until(lambda: crew.run("SELECT 1 WHERE NOT EXISTS (SELECT FROM procrastinate_jobs)"))
    told = crew.run("SELECT what, pid FROM noted WHERE name = 'long' ORDER BY id")
    assert told == [
        ("began", first.pid), ("began", second.pid), ("ended", second.pid), ("began", second.pid), ("ended", second.pid)
    ]  # fmt: skip
    second.terminate()
    assert second.wait(30) == 0


def test_a_job_that_failed_is_tried_again(crew: Crew) -> None:
    DatabaseQueue().enqueue("fail_first", name="clumsy")
    crew.hire()
    crew.until(lambda: crew.run("SELECT 1 WHERE NOT EXISTS (SELECT FROM procrastinate_jobs)"))
    assert len(crew.noted("tried")) == 2


def test_what_was_only_away_is_asked_for_again_soon_however_often_the_job_was_interrupted() -> None:
    job = Job(id=1, queue="any", lock=None, queueing_lock=None, task_name="note", attempts=199)

    def seconds(error: Exception) -> float | None:
        found = Again().get_retry_decision(exception=error, job=job)
        return (found.retry_at - datetime.now(UTC)).total_seconds() if found and found.retry_at else None

    for away in (psycopg.OperationalError(), OperationalError(), Unavailable()):
        assert 0 < (seconds(away) or 0) <= AWAY_SECONDS
    assert AWAY_SECONDS < (seconds(RuntimeError()) or 0) <= RETRY_SECONDS_MAX
    job = job.evolve(attempts=200)
    assert seconds(RuntimeError()) is None and seconds(OperationalError()) is not None
