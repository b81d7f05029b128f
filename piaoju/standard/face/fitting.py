"""Bring a text into its place: as it is, a little smaller, or on several lines; never over its neighbour."""

from __future__ import annotations

from typing import NamedTuple

from piaoju.standard.face.fonts import FontChain
from piaoju.standard.face.operations import BLACK, Tag, Text

# A text may shrink this far before it is broken into lines, and the lines once more before they are cut.
_SHRINK_PERCENT = 80
_SMALL_PERCENT = 62
# Where a line may not begin.
_CLOSING = frozenset("，。、；：？！）》」』】〉”’·%,.;:?!)")


class Fitted(NamedTuple):
    """A text that fits: its size, its lines, and whether all of it is there."""

    size: int
    lines: tuple[str, ...]
    whole: bool = True


def pitch(size: int) -> int:
    """The distance between two base lines of one text."""
    return size * 118 // 100


def width_of(fonts: FontChain, text: str, size: int) -> int:
    """How wide a text is at a size."""
    return fonts.shape(text).width * size // 1000


def fit(fonts: FontChain, text: str, size: int, width: int, most_lines: int) -> Fitted:
    """The text within a width: at its size, or shrunk, or wrapped; cut with … only when nothing else fits."""
    units = fonts.shape(text).width
    if units * size <= width * 1000:
        return Fitted(size, (text,))
    if units * size * _SHRINK_PERCENT <= width * 100_000:
        return Fitted(width * 1000 // units // 10 * 10, (text,))
    for percent in (_SHRINK_PERCENT, _SMALL_PERCENT):
        smaller = size * percent // 100
        lines = wrap(fonts, text, smaller, width)
        if len(lines) <= most_lines:
            return Fitted(smaller, tuple(lines))
    return Fitted(smaller, (*lines[: most_lines - 1], _cut(fonts, lines[most_lines - 1], smaller, width)), whole=False)


def wrap(fonts: FontChain, text: str, size: int, width: int) -> list[str]:
    """The text broken into lines no wider than the width (one character at least)."""
    limit = width * 1000 // size
    lines: list[str] = []
    start, used = 0, 0
    for position, advance in enumerate(fonts.shape(text).advances):
        if used + advance > limit and position > start:
            # Hanging a closing mark at the head of a line reads badly: it takes its neighbour along.
            end = position - 1 if text[position] in _CLOSING and position - start > 1 else position
            lines.append(text[start:end])
            used = sum(fonts.shape(text[end:position]).advances) if end < position else 0
            start = end
        used += advance
    lines.append(text[start:])
    return lines


def place(
    fonts: FontChain, fitted: Fitted, x: int, width: int, middle: int, align: str,
    tag: Tag | None = None, colour: str = BLACK, bold: bool = False,
) -> list[Text]:
    """The lines as operations, centred on a height, aligned "left", "right" or "centre" within the width."""
    size, lines = fitted.size, fitted.lines
    if align == "left" and len(lines) == 1:
        return [Text(x, middle + size * 38 // 100, size, lines[0], tag, colour, bold)]
    step = pitch(size)
    y = middle - (len(lines) - 1) * step // 2 + size * 38 // 100
    placed = []
    for text in lines:
        if align == "left":
            left = x
        else:
            free = width - width_of(fonts, text, size)
            left = x + (free if align == "right" else free // 2)
        placed.append(Text(left, y, size, text, tag, colour, bold))
        y += step
    return placed


def _cut(fonts: FontChain, text: str, size: int, width: int) -> str:
    while text and width_of(fonts, text + "…", size) > width:
        text = text[:-1]
    return text + "…"
