"""Which journeys run as jobs, by the name their callers enqueue them under. One line a task; never rename one that may wait."""

from __future__ import annotations

from collections.abc import Callable

TASKS: dict[str, Callable[..., None]] = {}
