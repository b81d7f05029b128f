"""The columns of an exported file, and what they may hold."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from piaoju.kit.clock import local

# What a column holds: str; int; int fen; date; datetime with its zone. Any of them may be None.
Kind = Literal["text", "code", "count", "yuan", "day", "instant"]
Cell = str | int | date | datetime | None
Rows = Iterable[Sequence[Cell]]


@dataclass(frozen=True, slots=True)
class ExportColumn:
    """One column: its key in NDJSON and Parquet, its heading in Excel and CSV, and what it holds."""

    name: str
    label: str
    kind: Kind = "text"
    wide: bool = False

    @property
    def heading(self) -> str:
        return f"{self.label}（元）" if self.kind == "yuan" else self.label


@dataclass(frozen=True, slots=True)
class Export:
    """What a file says beside its rows. `head`: (word, text) pairs; `sum_line`: the last line of a table, or none."""

    title: str
    columns: tuple[ExportColumn, ...]
    head: tuple[tuple[str, str], ...]
    sum_line: tuple[Cell, ...] = ()


def fen_text(fen: int) -> str:
    """Fen as yuan, exactly: -1230 is "-12.30"."""
    whole, cents = divmod(abs(fen), 100)
    return f"{'-' if fen < 0 else ''}{whole}.{cents:02d}"


def cell_text(kind: Kind, value: Cell) -> str:
    """A cell as text; instants as Asia/Shanghai's clocks show them, to the second."""
    if value is None:
        return ""
    if kind == "yuan" and isinstance(value, int):
        return fen_text(value)
    if isinstance(value, datetime):
        return local(value).strftime("%Y-%m-%d %H:%M:%S")
    return str(value)
