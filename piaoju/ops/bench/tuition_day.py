"""The day of the tuition: one file made, checked, issued, fetched back, downloaded as ZIP and as one PDF; judged, and weighed.

Each stage says its rate, what a bill cost, and the most memory that any process had meanwhile, beside the promised 512 MB.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from piaoju.ops.bench import issuing, outside, processes, stages, tuition
from piaoju.ops.bench.figures import Figure
from piaoju.ops.session import Session

if TYPE_CHECKING:
    from piaoju.issuing.types import BatchKept, BillPlace
    from piaoju.journeys.download_bills import Wanted

MEMORY_MB_MAX = 512
_ORIGINALS, _ALL = ("xml",), ("xml", "ofd", "pdf")
Made = TypeVar("Made")
Tell = Callable[[Figure], None]


def measure(opened: Session, rows: int, port: int, layouts: bool, tell: Tell) -> None:
    """Every stage of a file of so many rows, each a bill of its own; `layouts`: a ZIP with OFD and PDF too."""
    server = issuing.start(opened, port)
    try:
        with processes.watched() as peaks, tempfile.TemporaryDirectory(dir=opened.installation.folder) as folder:
            _Day(peaks, rows, Path(folder), tell).live(layouts)
    finally:
        server.terminate()
        server.wait(60)


class _Day:
    def __init__(self, peaks: processes.Peaks, rows: int, folder: Path, tell: Tell) -> None:
        self.peaks, self.rows, self.folder, self.tell = peaks, rows, folder, tell

    def live(self, layouts: bool) -> None:
        from piaoju.journeys import batch_results, premises
        from piaoju.journeys.download_bills import Wanted

        office, tag = premises.office(), f"T{os.urandom(3).hex()}"
        content = self._stage("made", "rows/s", lambda: tuition.workbook(tuition.rows(self.rows, tag)))
        checked = self._stage("checked", "rows/s", lambda: stages.check(content))
        kept = self._stage("issued", "bills/s", lambda: self._issued(checked))
        self._stage("results as NDJSON", "rows/s", lambda: batch_results.ndjson_file(kept).close())
        self._stage("own file back", "rows/s", lambda: batch_results.annotated(office, kept).close())
        chosen = stages.places(kept)
        bundles = [("ZIP of XML", _ORIGINALS), *([("ZIP of XML, OFD, PDF", _ALL)] if layouts else [])]
        for name, formats in bundles:
            judge = partial(outside.bundle, chosen=chosen, formats=formats)
            self._download(name, Wanted("zip", files=formats), chosen, judge)
        self._download("one PDF", Wanted("pdf"), chosen, partial(outside.merged, chosen=chosen))

    def _issued(self, checked: BatchKept) -> BatchKept:
        stages.start(checked.id)
        return stages.ended(checked.id)

    def _download(self, name: str, wanted: Wanted, chosen: Sequence[BillPlace], judge: Callable[[Path], str]) -> None:
        made = self._stage(name, "bills/s", lambda: stages.made(stages.ask(chosen, wanted)))
        path = self.folder / f"{made.id}.{made.format}"
        self._stage(f"{name}: fetched", "bills/s", lambda: stages.fetch(made, path))
        size, bills = path.stat().st_size, len(chosen)
        self.tell(Figure("    as large as", size / 2**20, "MB", note=f"{size / bills / 1024:,.1f} kB a bill; {judge(path)}"))
        path.unlink()

    def _stage(self, name: str, measure: str, act: Callable[[], Made]) -> Made:
        """One stage, told with its rate, its CPU and its memory."""
        self.peaks.restart()
        before, started = processes.cpu_seconds(), time.perf_counter()
        made = act()
        seconds = time.perf_counter() - started
        shares = processes.shares(before, processes.cpu_seconds(), self.rows)
        self.tell(Figure(f"{self.rows:,} rows: {name}", self.rows / seconds, measure, note=f"{seconds:,.1f} s; {shares}"))
        self.peaks.look()
        note = self.peaks.told()
        self.tell(Figure("    largest process", self.peaks.most / 2**20, "MB", note=note, most=MEMORY_MB_MAX))
        return made
