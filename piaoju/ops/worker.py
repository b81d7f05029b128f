"""A worker: one process that takes jobs from the queue and runs them, behind whoever asked for them.

It may be killed at any moment: what it was at has no heartbeat any more, and another worker, or this one started again by the
server, takes the work back and goes on from what its last chunk committed. It ends when told to, or when its parent is gone.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from procrastinate import App

LOW_PRIORITY = 10  # behind the answers that people wait for, before the keeper
JOBS_AT_ONCE = 3  # a long one must not keep the short ones waiting
HEARTBEAT_SECONDS = 1.0
GIVEN_UP_SECONDS = 5.0  # without a heartbeat: its jobs are taken back
LOOK_SECONDS = 1.0
GRACE_SECONDS = 10.0
_log = logging.getLogger("piaoju.ops.worker")


def main() -> None:
    """Work until told to end."""
    os.nice(LOW_PRIORITY)
    os.environ.setdefault("PIAOJU_SIGNER_THREADS", "1")  # lanes share the cores already, a process each
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "piaoju.sites.settings")
    os.environ["PIAOJU_CONNECTIONS"] = "kept"
    import django

    django.setup()
    from django.conf import settings
    from django.utils.module_loading import import_string

    from piaoju.journeys import premises
    from piaoju.ops import jobs

    premises.open_office(import_string(settings.OFFICE)())
    parent = int(sys.argv[1]) if len(sys.argv) > 1 else os.getppid()
    number, count = (int(text) for text in sys.argv[2:4]) if len(sys.argv) > 3 else (0, 1)
    asyncio.run(_work(_bound(jobs.bound_tasks()), parent, jobs.queues_of(number, count)))


def _bound(tasks: Any) -> App:
    """The queue with every task of this site on it."""
    from procrastinate import PsycopgConnector
    from procrastinate.contrib.django import app

    from piaoju.ops import jobs

    for name, task in tasks.items():
        app.task(name=name, retry=jobs.Again())(_with_office(task))
    conninfo = os.environ["PIAOJU_DATABASE_URL"]
    return app.with_connector(PsycopgConnector(conninfo=conninfo, min_size=1, max_size=3))


def _with_office(task: Callable[..., None]) -> Callable[..., None]:
    from piaoju.journeys import premises

    def run(**arguments: str | int) -> None:
        try:
            task(premises.office(), **arguments)
        except Exception as error:
            # The queue keeps the time of the next attempt; what went wrong is told here. No argument is personal data.
            _log.error("%s failed, will be tried again: %s", task.__name__, error, exc_info=error)
            raise

    return run


async def _work(app: App, parent: int, queues: list[str]) -> None:
    told = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    async with app.open_async():
        work = asyncio.create_task(
            app.run_worker_async(
                queues=queues, concurrency=JOBS_AT_ONCE, delete_jobs="successful", fetch_job_polling_interval=LOOK_SECONDS,
                update_heartbeat_interval=HEARTBEAT_SECONDS, stalled_worker_timeout=GIVEN_UP_SECONDS,
                install_signal_handlers=False,
            )
        )  # fmt: skip
        beside = [asyncio.create_task(side) for side in (told.wait(), _orphaned(parent), _take_back(app))]
        await asyncio.wait([work, *beside], return_when=asyncio.FIRST_COMPLETED)
        work.cancel()
        await asyncio.wait([work], timeout=GRACE_SECONDS)
        # A job that is longer than that is left where its last chunk ended; its thread would keep the process.
        os._exit(0 if told.is_set() else 1)


async def _orphaned(parent: int) -> None:
    while os.getppid() == parent:
        await asyncio.sleep(LOOK_SECONDS)


async def _take_back(app: App) -> None:
    """Jobs whose worker is gone are put into the queue again."""
    while True:
        with suppress(_gone_meanwhile()):
            for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=GIVEN_UP_SECONDS):
                await app.job_manager.retry_job(job)
        await asyncio.sleep(LOOK_SECONDS)


def _gone_meanwhile() -> type[Exception]:
    """Of two workers that look at once, one comes second with a job; or the database is away, which the worker sees too."""
    from procrastinate.exceptions import ConnectorException

    return ConnectorException


if __name__ == "__main__":
    from piaoju.ops import worker  # under its own name: the queue warns of tasks that live in "__main__"

    worker.main()
