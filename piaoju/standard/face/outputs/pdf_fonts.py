"""Fonts inside a PDF: subsets of what was used, and the way back from glyph to character."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import uharfbuzz as hb

from piaoju.standard.face.fonts import FontChain, FontFile

_DROPPED = ("GSUB", "GPOS", "GDEF", "BASE", "VORG", "vhea", "vmtx", "name", "DSIG", "post")
_LEVEL = 6


class UsedCharacters:
    """The characters that a layer draws, by font, and the codes that stand for them in its content."""

    def __init__(self, fonts: FontChain) -> None:
        self.fonts = fonts
        self.by_font: dict[int, dict[int, str]] = {}

    def runs(self, text: str) -> list[tuple[int, str]]:
        """Stretches of a text by font, as hexadecimal codes."""
        runs = _runs(self.fonts, text)
        for run in runs:
            self.by_font.setdefault(run.font, {}).update(run.characters)
        return [(run.font, run.codes) for run in runs]


class _Run(NamedTuple):
    """A stretch of a text in one font: its codes, and which glyph stands for which character."""

    font: int
    codes: str
    characters: dict[int, str]


@lru_cache(maxsize=20_000)
def _runs(fonts: FontChain, text: str) -> tuple[_Run, ...]:
    runs: list[_Run] = []
    for character in text:
        glyph = fonts.glyph(character)
        if glyph is None:
            continue
        code = f"{_code(fonts.files[glyph.font], glyph.number):04X}"
        if runs and runs[-1].font == glyph.font:
            last = runs.pop()
            runs.append(_Run(glyph.font, last.codes + code, last.characters | {glyph.number: character}))
        else:
            runs.append(_Run(glyph.font, code, {glyph.number: character}))
    return tuple(runs)


def font_objects(used: UsedCharacters, prefix: str, add: Callable[[bytes], int], mark: str = "{}") -> str:
    """Write the fonts of a layer as PDF objects; the entries of its font resources."""
    entries = []
    for font in sorted(used.by_font):
        number = _font(used, font, f"{prefix}{font}", add, mark)
        entries.append(f"/F{font} {mark.format(number)} 0 R")
    return " ".join(entries)


def _font(used: UsedCharacters, font: int, name: str, add: Callable[[bytes], int], mark: str) -> int:
    file, characters = used.fonts.files[font], used.by_font[font]
    letters = "".join(chr(65 + int(digit, 16)) for digit in f"{hash_of(characters):06x}"[-6:])
    title = f"{letters}+PiaojuFace{name}"
    program, kind = _subset(file, characters)
    stream = zlib.compress(program, _LEVEL)
    if kind == "CFF":
        head, key, subtype = "/Subtype/CIDFontType0C", "FontFile3", "CIDFontType0"
    else:
        head, key, subtype = f"/Length1 {len(program)}", "FontFile2", "CIDFontType2"
    content = f"<<{head}/Filter/FlateDecode/Length {len(stream)}>>stream\n".encode() + stream + b"\nendstream"
    ref = {"file": mark.format(add(content))}
    ref["descriptor"] = mark.format(add((
        f"<</Type/FontDescriptor/FontName/{title}/Flags 4/FontBBox[-200 -300 1200 1200]/ItalicAngle 0/Ascent 880"
        f"/Descent -120/CapHeight 730/StemV 80/{key} {ref['file']} 0 R>>"
    ).encode()))
    codes = {_code(file, number): character for number, character in characters.items()}
    widths = " ".join(
        f"{code}[{glyph.advance}]" for code, character in sorted(codes.items())
        if (glyph := used.fonts.glyph(character)) is not None and glyph.advance != 1000
    )
    mapping = "" if kind == "CFF" else "/CIDToGIDMap/Identity"
    ref["child"] = mark.format(add((
        f"<</Type/Font/Subtype/{subtype}/BaseFont/{title}/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)"
        f"/Supplement 0>>/FontDescriptor {ref['descriptor']} 0 R/DW 1000/W[{widths}]{mapping}>>"
    ).encode()))
    cmap = zlib.compress(_to_unicode(codes), _LEVEL)
    ref["unicode"] = mark.format(add(
        f"<</Filter/FlateDecode/Length {len(cmap)}>>stream\n".encode() + cmap + b"\nendstream"
    ))
    return add((
        f"<</Type/Font/Subtype/Type0/BaseFont/{title}/Encoding/Identity-H/DescendantFonts[{ref['child']} 0 R]"
        f"/ToUnicode {ref['unicode']} 0 R>>"
    ).encode())


def hash_of(characters: dict[int, str]) -> int:
    """A number that differs between subsets and never between runs."""
    return zlib.crc32(struct.pack(f"<{len(characters)}I", *sorted(characters)))


def _code(file: FontFile, number: int) -> int:
    """What stands for a glyph in the content: its CID where the font has CIDs, else its number."""
    cids = file.cids
    return number if cids is None else cids[number]


def _subset(file: FontFile, characters: dict[int, str]) -> tuple[bytes, str]:
    """The font program with these glyphs only, under the codes they had."""
    wanted = hb.SubsetInput()
    wanted.sets(hb.SubsetInputSets.GLYPH_INDEX).set(set(characters))
    wanted.sets(hb.SubsetInputSets.DROP_TABLE_TAG).update({_tag(name) for name in _DROPPED})
    flags = hb.SubsetFlags.NO_HINTING | hb.SubsetFlags.NO_LAYOUT_CLOSURE
    if file.cids is None:
        flags |= hb.SubsetFlags.RETAIN_GIDS
    wanted.flags = flags
    made = hb.subset(file.prepared, wanted)
    if file.is_cff:
        return bytes(made.reference_table("CFF ").data), "CFF"
    return bytes(made.blob.data), "TrueType"


def _tag(name: str) -> int:
    return int.from_bytes(name.encode(), "big")


def _to_unicode(codes: dict[int, str]) -> bytes:
    pairs = [f"<{code:04X}> <{character.encode('utf-16-be').hex()}>" for code, character in sorted(codes.items())]
    blocks = [pairs[at : at + 100] for at in range(0, len(pairs), 100)]
    body = "\n".join(f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar" for block in blocks)
    return (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n"
        "/CIDSystemInfo <</Registry (Adobe) /Ordering (UCS) /Supplement 0>> def\n"
        "/CMapName /Adobe-Identity-UCS def /CMapType 2 def\n"
        "1 begincodespacerange <0000> <FFFF> endcodespacerange\n"
        f"{body}\nendcmap CMapName currentdict /CMap defineresource pop end end\n"
    ).encode()
