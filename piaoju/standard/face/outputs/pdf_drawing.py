"""How operations become the content of a PDF page, and the small words that a PDF is written with."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache

from piaoju.standard.face.operations import Face, Modules, Operation, Path, Picture, SealMark, Text
from piaoju.standard.face.outputs.pdf_fonts import UsedCharacters

SEAL_INK = "<</BM/Multiply/ca .8/CA .8>>"
_LEVEL = 6


def layer_content(operations: Iterable[Operation], used: UsedCharacters, height: int) -> bytes:
    """The content stream of a layer."""
    pieces: list[str] = []
    for operation in operations:
        if isinstance(operation, Text):
            _text(operation, used, height, pieces)
        elif isinstance(operation, Path):
            pieces.append(_drawn(operation, height))
        else:
            pieces.append(_modules(operation, height))
    return "".join(pieces).encode()


def _text(text: Text, used: UsedCharacters, height: int, pieces: list[str]) -> None:
    # A bold line is its outline drawn as well: one font file serves both.
    weight = f"2 Tr {pt(text.size * 28 // 1000)} w {_colour(text.colour)} RG " if text.bold else ""
    runs = " ".join(
        f"/F{font} {pt(text.size)} Tf <{codes}> Tj"
        for font, codes in used.runs(text.text)
    )
    after = "0 Tr " if text.bold else ""
    pieces.append(f"BT {_colour(text.colour)} rg {weight}{pt(text.x)} {pt(height - text.y)} Td {runs} {after}ET\n")


@lru_cache(maxsize=512)
def _drawn(path: Path, height: int) -> str:
    pieces: list[str] = []
    at_x, at_y = 0, 0
    for letter, *numbers in path.commands:
        points = [int(number) for number in numbers]
        if letter == "Q":
            # PDF knows cubic curves only.
            cx, cy, x, y = points
            points = [at_x + (cx - at_x) * 2 // 3, at_y + (cy - at_y) * 2 // 3, x + (cx - x) * 2 // 3,
                      y + (cy - y) * 2 // 3, x, y]
        if points:
            at_x, at_y = points[-2], points[-1]
        pieces += (
            pt(path.x + number) if at % 2 == 0 else pt(height - path.y - number) for at, number in enumerate(points)
        )
        pieces.append({"M": "m", "L": "l", "Q": "c", "B": "c", "C": "h"}[str(letter)])
    inks = (f"{_colour(path.stroke)} RG {pt(path.line_width)} w " if path.stroke else "") + (
        f"{_colour(path.fill)} rg " if path.fill else "")
    return f"{inks}{' '.join(pieces)} {'B' if path.stroke and path.fill else 'S' if path.stroke else 'f'}\n"


def _modules(code: Modules, height: int) -> str:
    scale = pt(code.module)
    cells = " ".join(f"{first} {-row - 1} {last - first} 1 re" for row, first, last in code.runs)
    return f"q 0 g {scale} 0 0 {scale} {pt(code.x)} {pt(height - code.y)} cm {cells} f Q\n"


def seal_form(picture: Picture) -> bytes:
    """A seal's picture as a form XObject, to be set with the graphics state SEAL_INK."""
    return form_object(picture.width, picture.height, "/Group<</S/Transparency>>", _seal_content(picture))


def set_seal(face: Face, mark: SealMark, at: int) -> bytes:
    """The words that set the page's form /S<at> at its place, through the state /G."""
    x, y = pt(mark.box.x).encode(), pt(face.height - mark.box.y - mark.box.height).encode()
    return b"q 1 0 0 1 %s %s cm /G gs /S%d Do Q\n" % (x, y, at)


def form_object(width: int, height: int, entries: str, content: bytes) -> bytes:
    """A form XObject of this size around content that is deflated already."""
    return (
        f"<</Type/XObject/Subtype/Form/BBox[0 0 {pt(width)} {pt(height)}]{entries}/Filter/FlateDecode"
        f"/Length {len(content)}>>stream\n"
    ).encode() + content + b"\nendstream"


@lru_cache(maxsize=512)  # they keep the pictures
def _seal_content(picture: Picture) -> bytes:
    return zlib.compress("".join(_drawn(path, picture.height) for path in picture.operations).encode(), 9)


def squeezed(entries: str, content: bytes) -> bytes:
    """A stream object, deflated."""
    deflated = zlib.compress(content, _LEVEL)
    return f"<<{entries}/Filter/FlateDecode/Length {len(deflated)}>>stream\n".encode() + deflated + b"\nendstream"


def text_string(text: str) -> str:
    """A text as PDF writes it outside of pages: UTF-16 with its mark, in hexadecimal."""
    return "<FEFF" + text.encode("utf-16-be").hex().upper() + ">"


def date_string(at: datetime) -> str:
    """An instant as PDF writes it, with its zone."""
    offset = at.strftime("%z") or "+0000"
    return f"D:{at.strftime('%Y%m%d%H%M%S')}{offset[:3]}'{offset[3:5]}'"


@lru_cache(maxsize=64)
def _colour(colour: str) -> str:
    """The three parts of a colour as PDF counts them, 0 to 1."""
    return " ".join(f"{int(part) * 1000 // 255 / 1000:g}" for part in colour.split())


@lru_cache(maxsize=65_536)
def pt(micrometres: int) -> str:
    """Micrometres as points, in thousandths."""
    thousandths = (abs(micrometres) * 720 + 127) // 254
    whole, rest = divmod(thousandths, 1000)
    text = f"{whole}.{rest:03d}".rstrip("0") if rest else str(whole)
    return f"-{text}" if micrometres < 0 else text
