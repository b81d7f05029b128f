"""The columns of a list: what a row shows, how it is written, what the file says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Literal

from piaoju.manage import texts

Kind = Literal["text", "code", "count", "yuan", "day", "instant", "state"]
# Where a cell stands in the two lines of a row on the phone.
Phone = Literal["name", "figure", "line", "state", "hidden"]
SHAPES = frozenset({"done", "wait", "going", "turned", "back", "stuck", "void"})


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell as the page writes it."""

    text: str
    href: str = ""
    tag: str = ""  # a word in a frame beside it, such as 红票
    shape: str = ""
    negative: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `total` names the sum (of `Found.whole.sums`) that stands below it."""

    name: str
    label: str
    kind: Kind
    value: Callable[[Any], Any]
    link: Callable[[Any], str] | None = None
    tag: Callable[[Any], str] | None = None
    states: Mapping[Any, tuple[str, str]] | None = None
    sortable: bool = True
    total: str = ""
    wide: bool = False
    phone: Phone = "line"

    @property
    def head(self) -> str:
        return f"{self.label}（元）" if self.kind == "yuan" else self.label

    @property
    def is_figure(self) -> bool:
        return self.kind in ("yuan", "count")

    def cell(self, row: Any) -> Cell:
        """The row's cell. A state nobody declared is a mistake of ours and is shown as it is."""
        value = self.value(row)
        word, shape = (self.states or {}).get(value, (self.written(value), "wait" if self.kind == "state" else ""))
        return Cell(
            text=word,
            href=self.link(row) if self.link else "",
            tag=self.tag(row) if self.tag else "",
            shape=shape,
            negative=self.kind == "yuan" and value is not None and value < 0,
        )

    def written(self, value: Any) -> str:
        """A value as people read it."""
        if value is None:
            return ""
        match self.kind:
            case "yuan":
                return texts.yuan(value)
            case "count":
                return texts.number(value)
            case "day":
                return texts.day(value)
            case "instant":
                return texts.instant(value)
            case _:
                return str(value)

    def plain(self, row: Any) -> Any:
        """The value for a file: figures stay figures (fen), everything else is the text that the page shows."""
        value = self.value(row)
        return value if self.is_figure else self.cell(row).text


def text(
    name: str,
    label: str,
    *,
    link: Callable[[Any], str] | None = None,
    tag: Callable[[Any], str] | None = None,
    value: Callable[[Any], Any] | None = None,
    sortable: bool = True,
    wide: bool = False,
    phone: Phone = "line",
) -> Column:
    """Words. `wide` columns take the room that is left."""
    return Column(name, label, "text", value or attrgetter(name), link, tag, sortable=sortable, wide=wide, phone=phone)


def code(
    name: str,
    label: str,
    *,
    link: Callable[[Any], str] | None = None,
    value: Callable[[Any], Any] | None = None,
    sortable: bool = True,
    phone: Phone = "line",
) -> Column:
    """A code or number that never wraps and never loses a zero."""
    return Column(name, label, "code", value or attrgetter(name), link, sortable=sortable, phone=phone)


def count(
    name: str,
    label: str,
    *,
    link: Callable[[Any], str] | None = None,
    total: str = "",
    sortable: bool = True,
    phone: Phone = "line",
) -> Column:
    """A whole number: sheets, units, days."""
    return Column(name, label, "count", attrgetter(name), link, sortable=sortable, total=total, phone=phone)


def yuan(name: str, label: str, *, total: str = "", sortable: bool = True, phone: Phone = "figure") -> Column:
    """An amount in fen, written in yuan."""
    return Column(name, label, "yuan", attrgetter(name), sortable=sortable, total=total, phone=phone)


def day(name: str, label: str, *, sortable: bool = True, phone: Phone = "line") -> Column:
    return Column(name, label, "day", attrgetter(name), sortable=sortable, phone=phone)


def instant(name: str, label: str, *, sortable: bool = True, phone: Phone = "line") -> Column:
    return Column(name, label, "instant", attrgetter(name), sortable=sortable, phone=phone)


def state(
    name: str, label: str, states: Mapping[Any, tuple[str, str]], *, sortable: bool = True, phone: Phone = "state"
) -> Column:
    """A state as a word with a shape: {value: (word, shape)}."""
    unknown = {shape for _, shape in states.values()} - SHAPES
    if unknown:
        raise ValueError(f"no such shape: {unknown}")
    return Column(name, label, "state", attrgetter(name), states=states, sortable=sortable, phone=phone)
