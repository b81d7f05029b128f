"""The processes of this installation as a bench sees them: what CPU each kind used, and the most memory each one had."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

_LOOK_SECONDS = 0.2
_KINDS = {"piaoju.ops.worker": "worker", "piaoju.ops.keeper": "keeper"}


def cpu_seconds() -> dict[str, float]:
    """CPU seconds so far, by kind of process."""
    found: dict[str, float] = {}
    postmaster = _postmaster()
    for kind, process in running():
        # The postmaster's account has what its ended children used: a connection may end before its stage does.
        fields = 4 if process.pid == postmaster else 2
        with suppress(psutil.Error):
            found[kind] = found.get(kind, 0.0) + sum(process.cpu_times()[:fields])
    return found


def shares(before: dict[str, float], after: dict[str, float], bills: int) -> str:
    """What a bill cost meanwhile, by kind."""
    spent = {kind: (seconds - before.get(kind, 0.0)) / bills * 1e6 for kind, seconds in after.items()}
    return f"CPU {sum(spent.values()):,.0f} µs: " + ", ".join(f"{kind} {cost:,.0f}" for kind, cost in sorted(spent.items()))


def running() -> Iterator[tuple[str, psutil.Process]]:
    """(kind, process): the children of this command, and the database's processes."""
    seen: dict[int, psutil.Process] = {}
    for root in filter(None, (os.getpid(), _postmaster())):
        with suppress(psutil.Error):
            process = psutil.Process(root)
            seen |= {each.pid: each for each in (process, *process.children(recursive=True)) if each.pid != os.getpid()}
    for process in seen.values():
        with suppress(psutil.Error):
            yield _kind(process), process


def _postmaster() -> int:
    """The database's first process; 0 while it is on its way up."""
    with suppress(OSError, ValueError, IndexError):
        return int((Path(os.environ["PIAOJU_DATA"]) / "pg" / "cluster" / "postmaster.pid").read_text().split()[0])
    return 0


def _kind(process: psutil.Process) -> str:
    if process.name().startswith("postgres"):
        return "database"
    return next((_KINDS[word] for word in process.cmdline() if word in _KINDS), "server")


class Peaks:
    """The most resident memory that each process had since the last `restart`, in bytes."""

    def __init__(self) -> None:
        self._most: dict[tuple[str, int], float] = {}

    def look(self) -> None:
        """Read them once more: the kernel's own mark where there is one, which misses nothing between two looks."""
        for kind, process in running():
            with suppress(psutil.Error, OSError):
                here = (kind, process.pid)
                self._most[here] = max(self._most.get(here, 0.0), _high_water(process))

    def restart(self) -> None:
        """From here on."""
        for _, process in running():
            with suppress(OSError):
                Path(f"/proc/{process.pid}/clear_refs").write_text("5")
        self._most.clear()

    @property
    def most(self) -> float:
        """Of the process that had the most."""
        return max(self._most.values(), default=0.0)

    def told(self) -> str:
        """Every process by kind, the largest first; the small ones of the database together."""
        by_kind: dict[str, list[float]] = {}
        for (kind, _), most in self._most.items():
            by_kind.setdefault(kind, []).append(most / 2**20)
        return ", ".join(
            f"{kind} {' + '.join(f'{each:,.0f}' for each in sorted(found, reverse=True)[:4])} MB"
            for kind, found in sorted(by_kind.items())
        )


def _high_water(process: psutil.Process) -> float:
    status = Path(f"/proc/{process.pid}/status")
    if status.exists():
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return float(line.split()[1]) * 1024
    return float(process.memory_info().rss)


@contextmanager
def watched() -> Iterator[Peaks]:
    """Peaks that are looked at all the while."""
    peaks, ended = Peaks(), threading.Event()

    def watch() -> None:
        while not ended.wait(_LOOK_SECONDS):
            peaks.look()

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield peaks
    finally:
        ended.set()
        watcher.join()
