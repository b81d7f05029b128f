"""Processes beside one's own, started again whenever they are gone: the keeper, and the workers that do jobs."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Sequence

WORKER = "piaoju.ops.worker"  # without it no job is done
WORKERS_MAX = 16
SECONDS_TO_END = 30
LOOK_SECONDS = 1


class Watched:
    """A process beside the server's own, started again whenever it is gone."""

    def __init__(self, module: str, *arguments: str) -> None:
        self._module, self._arguments = module, arguments
        self._ending = threading.Event()
        self._process = self._start()
        self._watcher = threading.Thread(target=self._watch, name=f"{module}-watcher", daemon=True)
        self._watcher.start()

    def tell(self) -> None:
        """Let it finish its step."""
        self._ending.set()
        self._watcher.join()
        self._process.terminate()

    def end(self) -> None:
        """See it gone, after it was told."""
        try:
            self._process.wait(SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            self._process.kill()

    def _watch(self) -> None:
        while not self._ending.wait(LOOK_SECONDS):
            if self._process.poll() is not None:
                self._process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        # In the server's own session: the kernel weighs priorities only among processes of one session.
        return subprocess.Popen([sys.executable, "-m", self._module, str(os.getpid()), *self._arguments])


def worker_count() -> int:
    """One a core, and never only one: when a worker is lost, another takes its jobs back."""
    return min(WORKERS_MAX, max(2, os.cpu_count() or 1))


def workers() -> list[Watched]:
    """The workers of a site; each knows which it is of how many."""
    count = worker_count()
    return [Watched(WORKER, str(number), str(count)) for number in range(count)]


def end_all(beside: Sequence[Watched]) -> None:
    """Tell all of them, then see them gone."""
    for each in beside:
        each.tell()
    for each in beside:
        each.end()
