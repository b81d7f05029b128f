"""Settings of a site whose only tasks are these, for workers that tests start and kill."""

from __future__ import annotations

import os
import time
from types import SimpleNamespace
from typing import Any

from piaoju.sites.settings import *  # noqa: F403 - the same site, with other tasks


def build_office() -> Any:
    """What these tasks need of an office: nothing."""
    return SimpleNamespace()


def note(office: Any, *, name: str) -> None:
    """Write down that it began, then how it ended. Whoever is first waits to be killed or let go."""
    import psycopg

    url = os.environ["PIAOJU_DATABASE_URL"]
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("INSERT INTO noted (name, what, pid) VALUES (%s, 'began', %s)", [name, os.getpid()])
        while not connection.execute("SELECT 1 FROM noted WHERE what = 'go on'").fetchone():
            time.sleep(0.05)
        connection.execute("INSERT INTO noted (name, what, pid) VALUES (%s, 'ended', %s)", [name, os.getpid()])


def fail_first(office: Any, *, name: str) -> None:
    """Fail once, then not."""
    import psycopg

    with psycopg.connect(os.environ["PIAOJU_DATABASE_URL"], autocommit=True) as connection:
        found = connection.execute("SELECT count(*) FROM noted WHERE name = %s", [name]).fetchone()
        connection.execute("INSERT INTO noted (name, what, pid) VALUES (%s, 'tried', %s)", [name, os.getpid()])
        if found == (0,):
            raise RuntimeError("as planned")


SAMPLES = {"note": note, "fail_first": fail_first}
TASKS = "tests.faults.sample_jobs.SAMPLES"
OFFICE = "tests.faults.sample_jobs.build_office"
