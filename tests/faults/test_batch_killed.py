"""A batch goes on by itself whatever is killed: every row a bill, once; progress never goes back; nobody lends a hand."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

from piaoju.ops.bench import tuition
from tests.faults.site_process import Site

BOUNDARY = "b0undary"
SECONDS = 1_800


@pytest.fixture
def site(data_folder: Path) -> Iterator[Site]:
    site = Site(data_folder / "data")
    try:
        yield site
    finally:
        site.kill_what_is_left()


def send(site: Site, token: str, content: bytes) -> str:
    """Send a file to be issued; the batch's id."""
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="mode"\r\n\r\nskip_errors\r\n'.encode(),
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


def kill_a_worker(site: Site) -> None:
    for process in site.processes():
        with suppress(psutil.NoSuchProcess):
            if "piaoju.ops.worker" in process.cmdline():
                process.kill()
                return


def run(site: Site, rows: int, kills: int, chance: random.Random) -> None:
    """Issue so many rows while so many things are killed, at moments that chance chooses; then count."""
    client = site.found(tuition.UNIVERSITY)[tuition.UNIVERSITY]
    site.start()
    token = site.token(client)
    batch = send(site, token, tuition.workbook(tuition.rows(rows, "K")))
    moments = sorted(chance.randrange(rows) for _ in range(kills))
    furthest, end = 0, time.monotonic() + SECONDS
    killed = 0
    while time.monotonic() < end:
        told = now(site, token, batch)
        if told is not None:
            assert told["done"] >= furthest, "progress went back"
            furthest = told["done"]
            assert told["state"] in ("queued", "checking", "checked", "issuing", "done"), told
            if told["state"] == "done":
                break
            if moments and (furthest >= moments[0] or (killed == 0 and told["state"] == "checking")):
                moments.pop(0)
                killed += 1
                (site.kill_database if killed % 3 == 0 else lambda: kill_a_worker(site))()
        time.sleep(0.05)
    assert told is not None and told["state"] == "done", (told, site.log())
    assert killed == kills, f"it was done before the last of {kills} kills"
    status, _, body = site.get(f"/api/v1/batches/{batch}/results?format=ndjson", token)
    outcomes = [json.loads(line) for line in body.splitlines()]
    assert status == 200
    assert [one["row"] for one in outcomes] == list(range(3, rows + 3))
    assert {one["outcome"] for one in outcomes} == {"issued"}
    assert len({(one["code"], one["number"]) for one in outcomes}) == rows
    with psycopg.connect(site.connect().info.dsn, autocommit=True) as connection:
        found = connection.execute("SELECT count(*), count(DISTINCT business_number) FROM issuing_bill").fetchone()
    assert found == (rows, rows)


def test_a_batch_goes_on_by_itself_when_a_worker_and_the_database_are_killed(site: Site) -> None:
    run(site, rows=2_500, kills=3, chance=random.Random(4))


@pytest.mark.slow
def test_50_000_rows_survive_20_kills_and_every_figure_is_right_afterwards(site: Site) -> None:
    run(site, rows=50_000, kills=20, chance=random.Random(5))
    site.stop()
    assert site.examine() == []
