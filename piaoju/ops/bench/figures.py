"""One measured figure beside its limit."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Figure:
    """A rate or a cost; `limit` is what the same machine does in the same run without us, if that was measured.

    `least` or `most` is what we promise: the figure says itself whether it was held.
    """

    name: str
    value: float
    measure: str
    limit: float | None = None
    limit_name: str = ""
    note: str = ""
    least: float | None = None
    most: float | None = None

    @property
    def held(self) -> bool | None:
        """Whether the promise was kept; none where none was made."""
        if self.least is None and self.most is None:
            return None
        return (self.least is None or self.value >= self.least) and (self.most is None or self.value <= self.most)

    @property
    def ratio(self) -> float | None:
        return self.value / self.limit if self.limit else None


def line(figure: Figure) -> str:
    """A figure as a person reads it."""
    text = f"{figure.name:<42}{figure.value:>12,.1f} {figure.measure:<10}"
    if figure.ratio is not None:
        text += f"{figure.ratio:>7.2f} of {figure.limit:,.1f} ({figure.limit_name})"
    if figure.held is not None:
        promised = f"≥ {figure.least:,g}" if figure.least is not None else f"≤ {figure.most:,g}"
        text += f"  {promised}: {'held' if figure.held else 'NOT HELD'}"
    return text + (f"  {figure.note}" if figure.note else "")


def machine() -> str:
    """The machine, named: figures mean little without it."""
    model = "?"
    for row in Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []:
        if row.startswith("model name"):
            model = row.partition(":")[2].strip()
            break
    load = os.getloadavg()[0]
    return f"{model}, {os.cpu_count()} cores, load {load:.1f} before"
