"""作业: work that is done later, outside the request that asked for it."""

from __future__ import annotations

from typing import Protocol


class Queue(Protocol):
    """Where a journey leaves work. What is behind it belongs to the site; see ops/worker.py."""

    def enqueue(self, task: str, /, **arguments: str | int) -> None:
        """Have this task run soon, with these arguments. Inside the caller's transaction: no commit, no job.

        The task may be run more than once, also after it was done, and begins again when its process was killed. So it reads
        where it stands from its own tables, works in chunks whose "done" mark commits with them, and returns when nothing is
        left. Two with the same arguments never run at once, unless one lost its connection: a chunk must bear that too.
        Tasks with an argument `lane` (0, 1, 2 …) go on side by side, each in another worker process, as far as there are some.
        Raises KeyError for a task that nobody bound in sites/tasks.py.
        """


class NoQueue:
    """The queue of an office that has none: asking it for work is a mistake of ours."""

    def enqueue(self, task: str, /, **arguments: str | int) -> None:
        """Raises RuntimeError."""
        raise RuntimeError(f"this office has no queue for {task}")


NO_QUEUE = NoQueue()
