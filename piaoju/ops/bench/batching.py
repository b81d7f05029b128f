"""Issuing a file beside the signatures alone, and beside single issuing: a batch yields.

The limit of issuing is what its two signatures a bill cost in the same run, on all cores. `bench tuition` has the other stages.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from typing import Any

from piaoju.ops.bench import issuing, processes, stages, tuition
from piaoju.ops.bench.figures import Figure
from piaoju.ops.session import Session

SINGLES = 4_000
_DIGESTS = 4_000


def measure(opened: Session, clients: Sequence[dict[str, Any]], rows: int, port: int) -> list[Figure]:
    """A file of so many rows, each a bill, checked and issued; then single issuing beside another such file."""
    limit = _signatures_alone()
    server = issuing.start(opened, port)
    try:
        tokens = {row["unit_code"]: issuing.token(port, row) for row in clients}
        return [*_alone(rows, limit), *_beside(tokens, rows, port)]
    finally:
        server.terminate()
        server.wait(60)


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


def _alone(rows: int, limit: float) -> list[Figure]:
    content = tuition.workbook(tuition.rows(rows, f"B{os.urandom(3).hex()}"))
    before, started = processes.cpu_seconds(), time.perf_counter()
    batch_id = stages.check(content).id
    check, checked = rows / (time.perf_counter() - started), processes.cpu_seconds()
    stages.start(batch_id)
    kept = stages.ended(batch_id)
    assert kept.ended_at is not None and kept.started_at is not None
    seconds = (kept.ended_at - kept.started_at).total_seconds()
    issued = processes.cpu_seconds()
    return [
        Figure(f"file of {rows:,} rows: checked", check, "rows/s", note=processes.shares(before, checked, rows)),
        Figure("  issued", rows / seconds, "bills/s", limit, "two signatures alone", processes.shares(checked, issued, rows)),
    ]


def _beside(tokens: dict[str, str], rows: int, port: int) -> list[Figure]:
    """Single issuing alone, then while a batch runs."""
    known = issuing.sellers()
    issuing.load(port, tokens, known, 320, "w")
    alone = issuing.load(port, tokens, known, SINGLES, "a")
    batch_id = stages.check(tuition.workbook(tuition.rows(max(rows, 8_000), f"C{os.urandom(3).hex()}"))).id
    stages.start(batch_id)
    done, started = stages.done(batch_id), time.perf_counter()
    beside = issuing.load(port, tokens, known, SINGLES, "b")
    meanwhile = (stages.done(batch_id) - done) / (time.perf_counter() - started)
    stages.ended(batch_id)
    p99_alone, p99_beside = alone.percentile_ms(0.99), beside.percentile_ms(0.99)
    return [
        Figure("POST /bills alone", alone.rate, "bills/s", note=f"p99 {p99_alone:.1f} ms"),
        Figure("  while a batch runs", beside.rate, "bills/s", alone.rate, "alone", f"the batch: {meanwhile:,.0f} bills/s"),
        Figure("  p99 while a batch runs", p99_beside, "ms", p99_alone, "alone"),
    ]
