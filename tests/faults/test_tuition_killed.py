"""A tuition file on its whole way, worker and database killed in every stage: each row once, never back, nobody lends a hand.

The long form is the issue's: 50,000 rows, 20 kills in each of check, issue, ZIP and merged PDF. Its seed is chance's and is
printed; PIAOJU_SEED repeats a run, PIAOJU_ROWS and PIAOJU_KILLS make it shorter.
"""

from __future__ import annotations

import json
import os
import random
import secrets
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from http.client import HTTPException
from typing import Any

import psutil
import psycopg
import pytest

from piaoju.ops.bench import tuition
from tests.faults.site_process import Site

BOUNDARY = "b0undary"
STAGE_SECONDS = 3_600
_PATIENCE_SECONDS = 8.0  # at most: then the next kill strikes what is not up yet
_LOOK_SECONDS = 0.02


def send(site: Site, token: str, content: bytes, mode: str) -> str:
    """Send a file; the batch's id."""
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="mode"\r\n\r\n{mode}\r\n'.encode(),
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="t.xlsx"\r\n\r\n'.encode(), content,
        f"\r\n--{BOUNDARY}--\r\n".encode(),
    ]  # fmt: skip
    status, _, body = site.ask(
        "POST", "/api/v1/batches", b"".join(parts), token=token, media=f"multipart/form-data; boundary={BOUNDARY}", timeout=300
    )
    assert status == 202, (body, site.log())
    return str(json.loads(body)["id"])


def now(site: Site, token: str, batch: str) -> dict[str, Any] | None:
    """The batch, or none while nobody answers."""
    with suppress(OSError, HTTPException, ValueError):
        status, _, body = site.get(f"/api/v1/batches/{batch}", token)
        return dict(json.loads(body)) if status == 200 else None
    return None


class Killer:
    """Kills workers and the database of a site at moments that chance chooses, while a stage goes on."""

    def __init__(self, site: Site, chance: random.Random, kills: int) -> None:
        self.site, self.chance, self.kills = site, chance, kills

    def follow(self, name: str, progress: Callable[[], tuple[int, bool] | None], total: int) -> None:
        """Until the stage is over: (how far, whether over), or none while nobody can say. Progress never goes back."""
        moments = sorted(self.chance.randrange(total * 9 // 10) for _ in range(self.kills))
        furthest, at_last_kill, impatient_at = 0, -1, 0.0
        began = time.monotonic()
        told = []
        while time.monotonic() < began + STAGE_SECONDS:
            seen = progress()
            if seen is not None:
                assert seen[0] >= furthest, f"{name} went back from {furthest} to {seen[0]}"
                furthest = seen[0]
                if seen[1]:
                    break
                due = furthest > at_last_kill or time.monotonic() > impatient_at
                if moments and furthest >= moments[0] and due:
                    moments.pop(0)
                    time.sleep(self.chance.random() * 0.1)
                    told.append((round(time.monotonic() - began, 1), furthest, self._kill()))
                    at_last_kill = furthest
                    impatient_at = time.monotonic() + self.chance.random() * _PATIENCE_SECONDS
            time.sleep(_LOOK_SECONDS)
        seconds = time.monotonic() - began
        print(f"{name}: {total} in {seconds:.0f} s in spite of {len(told)} kills: {told}")
        assert seen is not None and seen[1], f"{name} did not end: {self.site.log()}"
        assert not moments, f"{name} was over before the last of {self.kills} kills"

    def _kill(self) -> str:
        victim = self.chance.choice(("a worker", "all workers", "the database", "a worker and the database"))
        if "worker" in victim:
            workers = self._workers()
            for process in workers if victim == "all workers" else [self.chance.choice(workers)] if workers else []:
                with suppress(psutil.NoSuchProcess):
                    process.kill()
        if "database" in victim:
            with suppress(OSError, psutil.NoSuchProcess):  # it may be down already
                self.site.kill_database()
        return victim

    def _workers(self) -> list[psutil.Process]:
        found = []
        for process in self.site.processes():
            with suppress(psutil.NoSuchProcess):
                if "piaoju.ops.worker" in process.cmdline():
                    found.append(process)
        return found


def run(site: Site, *, rows: int, kills: int, seed: int) -> None:
    """The whole way, so often interrupted in each stage."""
    print(f"seed {seed}, {rows} rows, {kills} kills in each stage")
    client = site.found(tuition.UNIVERSITY)[tuition.UNIVERSITY]
    site.start()
    token, killer = site.token(client), Killer(site, random.Random(seed), kills)
    batch = send(site, token, tuition.workbook(tuition.rows(rows, "K")), "check_only")

    def checked() -> tuple[int, bool] | None:
        found = _row(site, "SELECT rows_read, state FROM issuing_batch WHERE id = %s", batch)
        assert found is None or found[1] in ("queued", "checking", "checked"), found
        return (found[0], found[1] == "checked") if found else None

    def issued() -> tuple[int, bool] | None:
        told = now(site, token, batch)
        assert told is None or told["state"] in ("issuing", "done"), told
        return (told["done"], told["state"] == "done") if told else None

    def downloaded() -> tuple[int, bool] | None:
        found = _row(site, "SELECT bills_done, state FROM reporting_download ORDER BY id DESC LIMIT 1")
        assert found is None or found[1] in ("waiting", "running", "ready"), found
        return (found[0], found[1] == "ready") if found else None

    killer.follow("check", checked, rows)
    status, _, body = site.ask(
        "POST", f"/api/v1/batches/{batch}/issue", b"mode=all_or_nothing", token=token, media="application/x-www-form-urlencoded"
    )
    assert status == 200, body
    killer.follow("issue", issued, rows)
    for name in ("zip", "pdf"):
        download = _at_site(site, "ask", batch, name)
        killer.follow(name, downloaded, rows)
        print(f"{name}: {_at_site(site, 'judge', batch, download)}")
    with site.connect() as connection:
        for sql in (
            "SELECT count(*), count(DISTINCT business_number) FROM issuing_bill",
            "SELECT count(*), count(DISTINCT bill_number) FROM issuing_print",  # each bill was printed once, in the PDF
        ):
            assert connection.execute(sql).fetchone() == (rows, rows), sql


def _row(site: Site, sql: str, *parameters: Any) -> tuple[Any, ...] | None:
    """One row, or none while the database is away."""
    with suppress(psycopg.Error), site.connect() as connection:
        return connection.execute(sql, parameters).fetchone()
    return None


def _at_site(site: Site, *arguments: str) -> str:
    """What at_site.py says."""
    command = [sys.executable, "-m", "tests.faults.at_site", str(site.folder), *arguments]
    done = subprocess.run(command, env=site.environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-8000:]
    return done.stdout.splitlines()[-1]


def test_a_tuition_file_comes_through_kills_in_every_stage(site: Site) -> None:
    run(site, rows=2_500, kills=1, seed=7)


@pytest.mark.slow
def test_a_tuition_file_of_50_000_rows_comes_through_20_kills_in_every_stage(site: Site) -> None:
    chosen = {name: int(os.environ.get(f"PIAOJU_{name}", "0")) for name in ("ROWS", "KILLS", "SEED")}
    rows, kills = chosen["ROWS"] or 50_000, chosen["KILLS"] or 20
    run(site, rows=rows, kills=kills, seed=chosen["SEED"] or secrets.randbelow(10**6))
    site.stop()
    assert site.examine() == []
