"""A tuition file on this machine: checked, issued, fetched; beside the signatures alone, and beside single issuing.

The limit of issuing is what its two signatures a bill cost in the same run, on all cores. Single issuing is measured alone and
while a batch runs: a batch yields.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import psycopg

from piaoju.ops.bench import issuing, tuition
from piaoju.ops.bench.figures import Figure
from piaoju.ops.session import Session

SINGLES = 4_000
_DIGESTS = 4_000
_LOOK_SECONDS = 0.2
_HANDLER = "daxue.kp"
_ENDED = ("done", "stopped", "failed", "paused")


def measure(opened: Session, clients: Sequence[dict[str, Any]], rows: int, port: int) -> list[Figure]:
    """Every stage of a file of so many rows, each a bill; then single issuing beside another such file."""
    limit = _signatures_alone()
    server = issuing.start(opened, port)
    try:
        tokens = {row["unit_code"]: issuing.token(port, row) for row in clients}
        with _watching() as peak:
            found = _stages(rows, limit)
        memory = ", ".join(f"{name} {most / 2**20:,.0f} MB" for name, most in sorted(peak.items()))
        found.append(Figure("largest process of each kind", max(peak.values(), default=0) / 2**20, "MB", note=memory))
        found += _beside(tokens, rows, port)
    finally:
        server.terminate()
        server.wait(60)
    return found


def _signatures_alone() -> float:
    """Bills a second if signing were all: two signatures a bill, on every core."""
    from piaoju.journeys import premises
    from piaoju.seal import queries as seal

    office = premises.office()
    who = seal.signing_identity(tuition.UNIVERSITY, office.clock())
    digests = [os.urandom(32) for _ in range(_DIGESTS)]
    office.signer.sign(digests[:64], who.key_ref)
    started = time.perf_counter()
    office.signer.sign(digests, who.key_ref)
    return _DIGESTS / 2 / (time.perf_counter() - started)


def _stages(rows: int, limit: float) -> list[Figure]:
    from piaoju.journeys import batch_results, premises

    office = premises.office()
    content = tuition.workbook(tuition.rows(rows, f"B{os.urandom(3).hex()}"))
    before, started = _cpu(), time.perf_counter()
    batch_id = _submit(content)
    kept = _wait(batch_id, ("checked", "failed"))
    check = rows / (time.perf_counter() - started)
    checked = _cpu()
    kept = _issue(batch_id)
    seconds = (kept.ended_at - kept.started_at).total_seconds()
    issued = _cpu()
    found = [
        Figure(f"tuition file of {rows:,} rows: checked", check, "rows/s", note=_shares(before, checked, rows)),
        Figure("  issued", rows / seconds, "bills/s", limit, "two signatures alone", _shares(checked, issued, rows)),
    ]
    started = time.perf_counter()
    batch_results.ndjson_file(kept).close()
    fetched = time.perf_counter()
    batch_results.annotated(office, kept).close()
    found += [
        Figure("  results as NDJSON", rows / (fetched - started), "rows/s"),
        Figure("  own file back", rows / (time.perf_counter() - fetched), "rows/s"),
    ]
    return found + _downloads(kept, rows)


def _downloads(kept: Any, rows: int) -> list[Figure]:
    """The same bills as a ZIP of XML files and as one PDF."""
    from piaoju.identity import queries as identity
    from piaoju.issuing.types import BillPlace
    from piaoju.journeys import download_bills, premises
    from piaoju.reporting import queries as reporting

    office = premises.office()
    with psycopg.connect(os.environ["PIAOJU_DATABASE_URL"]) as connection:
        places = [
            BillPlace(*row)
            for row in connection.execute(
                """SELECT k.unit_id, k.issued_at, k.bill_code, k.bill_number FROM issuing_batch_row r
                   JOIN issuing_business_key k USING (unit_id, business_number)
                   WHERE r.batch_id = %s ORDER BY r.place""",
                (kept.id,),
            )
        ]
    actor = identity.operator_actor(_HANDLER, office.clock())
    found = []
    for name, wanted in (
        ("ZIP of XML, with digests", download_bills.Wanted("zip", files=("xml",))),
        ("one PDF", download_bills.Wanted("pdf")),
    ):
        started = time.perf_counter()
        download_id = download_bills.request(office, actor, places, wanted)
        while (row := reporting.download(download_id)) is None or row.state not in ("ready", "failed", "stopped"):
            time.sleep(_LOOK_SECONDS)
        if row.state != "ready":
            raise RuntimeError(f"{name}: {row.failure}")
        rate = rows / (time.perf_counter() - started)
        found.append(Figure(f"  {name}", rate, "bills/s", note=f"{row.size_bytes / 2**20:,.0f} MB"))
    return found


def _beside(tokens: dict[str, str], rows: int, port: int) -> list[Figure]:
    """Single issuing alone, then while a batch runs."""
    known = issuing.sellers()
    issuing.load(port, tokens, known, 320, "w")
    alone = issuing.load(port, tokens, known, SINGLES, "a")
    batch_id = _submit(tuition.workbook(tuition.rows(max(rows, 8_000), f"C{os.urandom(3).hex()}")))
    _wait(batch_id, ("checked", "failed"))
    _start(batch_id)
    done, started = _done(batch_id), time.perf_counter()
    beside = issuing.load(port, tokens, known, SINGLES, "b")
    meanwhile = (_done(batch_id) - done) / (time.perf_counter() - started)
    _wait(batch_id, _ENDED)
    p99_alone, p99_beside = alone.percentile_ms(0.99), beside.percentile_ms(0.99)
    return [
        Figure("POST /bills alone", alone.rate, "bills/s", note=f"p99 {p99_alone:.1f} ms"),
        Figure("  while a batch runs", beside.rate, "bills/s", alone.rate, "alone", f"the batch: {meanwhile:,.0f} bills/s"),
        Figure("  p99 while a batch runs", p99_beside, "ms", p99_alone, "alone"),
    ]


def _submit(content: bytes) -> int:
    from piaoju.journeys import check_batch, premises

    return check_batch.submit(premises.office(), "command:bench", tuition.UNIVERSITY, "tuition.xlsx", content)


def _start(batch_id: int) -> None:
    from piaoju.journeys import issue_batch, premises

    issue_batch.start(premises.office(), "command:bench", batch_id, "all_or_nothing")


def _issue(batch_id: int) -> Any:
    _start(batch_id)
    return _wait(batch_id, _ENDED)


def _wait(batch_id: int, states: Sequence[str]) -> Any:
    from piaoju.issuing import queries as batches

    while (kept := batches.batch(batch_id)).state not in states:
        time.sleep(_LOOK_SECONDS)
    if kept.state in ("failed", "paused"):
        raise RuntimeError(f"batch {batch_id}: {kept.detail}")
    return kept


def _done(batch_id: int) -> int:
    from piaoju.issuing import queries as batches

    return batches.batch_progress(batch_id).done


# processes ----------------------------------------------------------------------------------------------------------


def _processes() -> Iterator[tuple[str, psutil.Process]]:
    """The processes of this installation, by kind: our own children, and the database's."""
    postmaster = Path(os.environ["PIAOJU_DATA"]) / "pg" / "cluster" / "postmaster.pid"
    roots = [os.getpid(), *([int(postmaster.read_text().split()[0])] if postmaster.exists() else [])]
    seen: dict[int, psutil.Process] = {}
    for root in roots:
        try:
            seen |= {each.pid: each for each in psutil.Process(root).children(recursive=True)}
        except psutil.Error:
            continue
    for process in seen.values():
        try:
            words, name = process.cmdline(), process.name()
        except psutil.Error:
            continue
        if name.startswith("postgres"):
            yield "database", process
        else:
            kinds = {"piaoju.ops.worker": "worker", "piaoju.ops.keeper": "keeper"}
            yield next((kinds[word] for word in words if word in kinds), "server"), process


def _cpu() -> dict[str, float]:
    return _over_processes(lambda process: sum(process.cpu_times()[:2]), sum)


def _over_processes(read: Callable[[psutil.Process], float], gather: Callable[[list[float]], float]) -> dict[str, float]:
    found: dict[str, list[float]] = {}
    for kind, process in _processes():
        try:
            found.setdefault(kind, []).append(read(process))
        except psutil.Error:
            continue
    return {kind: gather(values) for kind, values in found.items()}


def _shares(before: dict[str, float], after: dict[str, float], bills: int) -> str:
    spent = {kind: (seconds - before.get(kind, 0.0)) / bills * 1e6 for kind, seconds in after.items()}
    return f"CPU {sum(spent.values()):,.0f} µs: " + ", ".join(f"{kind} {cost:,.0f}" for kind, cost in sorted(spent.items()))


@contextmanager
def _watching() -> Iterator[dict[str, float]]:
    """The largest resident memory that a process of each kind had meanwhile, in bytes."""
    peak: dict[str, float] = {}
    ended = threading.Event()

    def look() -> None:
        while not ended.wait(_LOOK_SECONDS):
            for kind, most in _over_processes(lambda process: float(process.memory_info().rss), max).items():
                peak[kind] = max(peak.get(kind, 0.0), most)

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    try:
        yield peak
    finally:
        ended.set()
        watcher.join()


