"""The chain of fonts: which font draws a character, how wide it is, and its outline.

Fonts come in as bytes. A character that no font of the chain can draw is reported by `missing`,
so that issuing refuses it; it is never printed as a box.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, Protocol, cast

import uharfbuzz as hb
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

# Texts are laid out again and again (labels, item names, figures); beyond this many the memory is emptied.
_REMEMBERED_TEXTS = 20_000

Commands = tuple[tuple[str | int, ...], ...]


class Glyph(NamedTuple):
    """How one character is drawn: by which font, under which number, how wide (1/1000 of the size)."""

    font: int
    number: int
    advance: int
    plain: bool


class Shaped(NamedTuple):
    """A text measured: its width and each character's advance (1/1000 of the size)."""

    width: int
    advances: tuple[int, ...]
    plain: bool


@dataclass(eq=False)
class FontFile:
    """One font, opened: the outlines, the character map, and how its glyphs are named in a PDF."""

    content: bytes

    def __post_init__(self) -> None:
        self.face = hb.Face(self.content)
        self.font = hb.Font(self.face)
        self.per_em = int(self.face.upem)

    def glyph_number(self, character: str) -> int:
        """The number of the glyph of a character; 0 when the font has none."""
        return int(self.font.get_nominal_glyph(ord(character)) or 0)

    @cached_property
    def cids(self) -> Sequence[int] | None:
        """For a CID-keyed CFF font the CID of each glyph; None for every other kind."""
        opened = TTFont(io.BytesIO(self.content), lazy=True)
        if "CFF " not in opened:
            return None
        top = opened["CFF "].cff.topDictIndex[0]
        if not hasattr(top, "ROS"):
            return None
        return [0 if name == ".notdef" else int(name[3:]) for name in top.charset]

    @cached_property
    def prepared(self) -> hb.Face:
        """The font made ready for cutting subsets, which then takes a seventh of the time."""
        return hb.subset_preprocess(self.face)

    @cached_property
    def is_cff(self) -> bool:
        """True when the outlines are CFF, false when they are TrueType."""
        return "CFF " in self.face.table_tags


class FontChain:
    """Fonts in order of preference; the first that has a character draws it."""

    def __init__(self, contents: Sequence[bytes]) -> None:
        if not contents:
            raise ValueError("字体链是空的：至少需要一个字体文件")
        self.files = tuple(FontFile(content) for content in contents)
        self._glyphs: dict[str, Glyph | None] = {}
        self._shaped: dict[str, Shaped] = {}
        self._outlines: dict[tuple[int, int], Commands] = {}

    @cached_property
    def digest(self) -> str:
        """The SM3 of the fonts, in order: a face rendered with another chain is another face."""
        whole = hashlib.new("sm3")
        for file in self.files:
            whole.update(hashlib.new("sm3", file.content).digest())
        return whole.hexdigest()

    def missing(self, text: str) -> set[str]:
        """The characters of a text that no font of the chain can draw."""
        return {character for character in text if self.glyph(character) is None}

    def glyph(self, character: str) -> Glyph | None:
        """How a character is drawn, or None when no font has it."""
        try:
            return self._glyphs[character]
        except KeyError:
            found = self._glyphs[character] = self._find(character)
            return found

    def shape(self, text: str) -> Shaped:
        """A text measured; a character that is missing counts as one full width."""
        shaped = self._shaped.get(text)
        if shaped is None:
            if len(self._shaped) >= _REMEMBERED_TEXTS:
                self._shaped.clear()
            shaped = self._shaped[text] = self._measure(text)
        return shaped

    def outline(self, character: str) -> Commands:
        """The outline of a character in 1/1000 of the size, y downwards, origin on the base line."""
        glyph = self.glyph(character)
        if glyph is None:
            return ()
        key = (glyph.font, glyph.number)
        if key not in self._outlines:
            file = self.files[glyph.font]
            self._outlines[key] = _outline(file.font, glyph.number, file.per_em)
        return self._outlines[key]

    def _measure(self, text: str) -> Shaped:
        glyphs = [self.glyph(character) for character in text]
        advances = tuple(1000 if glyph is None else glyph.advance for glyph in glyphs)
        return Shaped(sum(advances), advances, all(glyph is not None and glyph.plain for glyph in glyphs))

    def _find(self, character: str) -> Glyph | None:
        for index, file in enumerate(self.files):
            number = file.glyph_number(character)
            if number:
                advance = round(file.font.get_glyph_h_advance(number) * 1000 / file.per_em)
                return Glyph(index, number, advance, index == 0 and _in_gbk(character))
        return None


class _Pen(Protocol):
    commands: list[tuple[str | int, ...]]


class _OutlinePen:
    """Collects an outline as commands M, L, Q, B, C (the letters of OFD paths)."""

    def __init__(self, per_em: int) -> None:
        self.commands: list[tuple[str | int, ...]] = []
        self._per_em = per_em

    def moveTo(self, point: tuple[float, float]) -> None:
        self._add("M", point)

    def lineTo(self, point: tuple[float, float]) -> None:
        self._add("L", point)

    def qCurveTo(self, control: tuple[float, float], point: tuple[float, float]) -> None:
        self._add("Q", control, point)

    def curveTo(self, *points: tuple[float, float]) -> None:
        self._add("B", *points)

    def closePath(self) -> None:
        self.commands.append(("C",))

    def endPath(self) -> None:
        """An open contour: nothing is added."""

    def _add(self, letter: str, *points: tuple[float, float]) -> None:
        scale = 1000 / self._per_em
        numbers = [round(sign * part * scale) for point in points for sign, part in zip((1, -1), point, strict=True)]
        self.commands.append((letter, *numbers))


def _outline(font: hb.Font, number: int, per_em: int) -> Commands:
    pen = _OutlinePen(per_em)
    font.draw_glyph_with_pen(number, cast(_Pen, pen))
    return tuple(pen.commands)


def _in_gbk(character: str) -> bool:
    """True for characters that every Chinese reader's own 宋体 is sure to have."""
    try:
        return len(character.encode("gbk")) <= 2
    except UnicodeEncodeError:
        return False
