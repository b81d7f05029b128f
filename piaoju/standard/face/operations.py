"""What may stand on a page. All lengths are whole micrometres, y downwards from the upper left corner."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime

    from piaoju.standard.face.fonts import Commands, FontChain

BLACK = "0 0 0"
INK = "20 33 46"
INK_2 = "68 82 95"
RULE = "140 151 159"
HAIR = "183 192 196"
SEAL_RED = "179 32 42"
WATERMARK = "226 230 231"


class Tag(NamedTuple):
    """Which field of the bill a text prints: (row kind, row number, element name)."""

    group: str
    row: int
    name: str


class Text(NamedTuple):
    """One line of text; (x, y) is the left end of its base line."""

    x: int
    y: int
    size: int
    text: str
    tag: Tag | None = None
    colour: str = BLACK
    bold: bool = False


class Path(NamedTuple):
    """An outline within a box; its commands (M, L, Q, B, C) count from the box's corner."""

    x: int
    y: int
    width: int
    height: int
    commands: Commands
    fill: str = ""
    stroke: str = ""
    line_width: int = 0


class Modules(NamedTuple):
    """A square of dark modules (a QR code); each run is (row, first column, column after the last)."""

    x: int
    y: int
    module: int
    side: int
    runs: tuple[tuple[int, int, int], ...]


Operation = Text | Path | Modules


class Box(NamedTuple):
    """A rectangle on a page."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True, eq=False)
class Template:
    """What never changes on a page: drawn once per bill type, shared by all its bills."""

    name: str
    operations: tuple[Operation, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A small vector drawing (a seal), with its size."""

    width: int
    height: int
    operations: tuple[Path, ...]


@dataclass(slots=True, eq=False)
class Page:
    """One page: which template lies under it, and what this bill adds."""

    template: int
    operations: list[Operation] = field(default_factory=list)


@dataclass(frozen=True, slots=True, eq=False)
class SealMark:
    """Where a seal is to stand and how it looks; which = "unit" or "supervision"."""

    which: str
    page: int
    box: Box
    picture: Picture


@dataclass(frozen=True, slots=True, eq=False)
class Details:
    """What a file says about itself outside its pages."""

    bill_id: str
    title: str
    code: str
    number: str
    check_code: str
    total: str
    unit_name: str
    issued_at: datetime


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """A bill laid out: pages ready to be written as OFD or PDF."""

    width: int
    height: int
    templates: tuple[Template, ...]
    pages: tuple[Page, ...]
    seals: tuple[SealMark, ...]
    details: Details
    fonts: FontChain


def rectangle(x: int, y: int, width: int, height: int, line_width: int, colour: str) -> Path:
    """The outline of a rectangle."""
    commands: Commands = (("M", 0, 0), ("L", width, 0), ("L", width, height), ("L", 0, height), ("C",))
    return Path(x, y, width, height, commands, stroke=colour, line_width=line_width)


def line(x: int, y: int, to_x: int, to_y: int, line_width: int, colour: str) -> Path:
    """A straight line, to the right or downwards."""
    commands: Commands = (("M", 0, 0), ("L", to_x - x, to_y - y))
    return Path(x, y, to_x - x, to_y - y, commands, stroke=colour, line_width=line_width)
