"""Pictures of seals, drawn as outlines: the round seal of a unit and the oval of the finance department.

They are drawings of our own, for demonstration and for installations without a picture from a seal maker;
a certified seal brings its picture with it.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from math import atan2, cos, hypot, pi, sin

from piaoju.standard.face.fonts import Commands, FontChain
from piaoju.standard.face.operations import SEAL_RED, Path, Picture
from piaoju.standard.face.outputs import ofd

UNIT_SIDE = 38_000
OVAL_WIDTH, OVAL_HEIGHT = 30_000, 20_000
# A circle drawn by four cubic curves.
_KAPPA = 0.5522847498

Step = tuple[str | float, ...]


@lru_cache(maxsize=512)  # a picture takes 180 KB: a file of two thousand units' bills must not hold them all
def unit_seal(fonts: FontChain, unit_name: str, demonstration: bool) -> Picture:
    """单位章: a ring, the unit's name along the arc, a star, and what the seal is for."""
    centre = UNIT_SIDE // 2
    words = _arc_text(fonts, unit_name, UNIT_SIDE, UNIT_SIDE, size=4_100, inset=5_900, most_degrees=250)
    words += _star(centre, centre - 300, 5_400)
    words += _line_text(fonts, "电子票据专用章", UNIT_SIDE, centre + 8_800, 2_900)
    if demonstration:
        words += _line_text(fonts, "样 章", UNIT_SIDE, centre + 15_300, 2_300)
    ring = _oval(UNIT_SIDE, UNIT_SIDE, 900, 600)
    return Picture(UNIT_SIDE, UNIT_SIDE, (ring, _drawn(words, UNIT_SIDE, UNIT_SIDE)))


@lru_cache(maxsize=256)
def supervision_seal(fonts: FontChain, name: str, demonstration: bool) -> Picture:
    """财政票据监制章: a double oval, the name along the arc, and who supervises across the middle."""
    words = _arc_text(fonts, name, OVAL_WIDTH, OVAL_HEIGHT, size=2_700, inset=4_200, most_degrees=230)
    words += _line_text(fonts, "财政部门监制", OVAL_WIDTH, 13_900, 2_300)
    words += _line_text(fonts, "样 章" if demonstration else "电子票据", OVAL_WIDTH, 17_000, 1_900)
    rings = (_oval(OVAL_WIDTH, OVAL_HEIGHT, 700, 400), _oval(OVAL_WIDTH, OVAL_HEIGHT, 180, 1_250))
    return Picture(OVAL_WIDTH, OVAL_HEIGHT, (*rings, _drawn(words, OVAL_WIDTH, OVAL_HEIGHT)))


def unit_seal_picture(fonts: FontChain, unit_name: str, *, demonstration: bool = True) -> bytes:
    """The round seal as the OFD picture that goes into an SESeal (38 × 38 mm)."""
    return ofd.render_picture(unit_seal(fonts, unit_name, demonstration), fonts)


def supervision_seal_picture(fonts: FontChain, name: str, *, demonstration: bool = True) -> bytes:
    """The oval as the OFD picture that goes into an SESeal (30 × 20 mm)."""
    return ofd.render_picture(supervision_seal(fonts, name, demonstration), fonts)


def _oval(width: int, height: int, thickness: int, inset: int) -> Path:
    x, y = width / 2, height / 2
    a, b = x - inset - thickness / 2, y - inset - thickness / 2
    k, m = a * _KAPPA, b * _KAPPA
    commands = (
        ("M", x + a, y), ("B", x + a, y + m, x + k, y + b, x, y + b), ("B", x - k, y + b, x - a, y + m, x - a, y),
        ("B", x - a, y - m, x - k, y - b, x, y - b), ("B", x + k, y - b, x + a, y - m, x + a, y), ("C",),
    )
    return Path(0, 0, width, height, _rounded(commands), stroke=SEAL_RED, line_width=thickness)


def _star(x: int, y: int, radius: int) -> list[Step]:
    points = []
    for corner in range(10):
        reach = radius if corner % 2 == 0 else radius * 0.382
        angle = pi / 5 * corner - pi / 2
        points.append((x + reach * cos(angle), y + reach * sin(angle)))
    return [("M", *points[0]), *(("L", *point) for point in points[1:]), ("C",)]


def _line_text(fonts: FontChain, text: str, width: int, base: int, size: int) -> list[Step]:
    """Text across the middle, on a base line."""
    left = (width - fonts.shape(text).width * size / 1000) / 2
    steps: list[Step] = []
    for character, advance in zip(text, fonts.shape(text).advances, strict=True):
        steps += _turned(fonts, character, size / 1000, size / 1000, left, base, 0.0, 0)
        left += advance * size / 1000
    return steps


def _arc_text(
    fonts: FontChain, text: str, width: int, height: int, *, size: int, inset: int, most_degrees: int
) -> list[Step]:
    """Text along the upper arc of an oval, heads outwards; long names are set narrower, never wider than the arc."""
    x, y = width / 2, height / 2
    a, b = x - inset, y - inset
    table = _arc_lengths(a, b)
    quarter = table[len(table) // 2]
    widths = [advance * size / 1000 for advance in fonts.shape(text).advances]
    available = quarter * 4 * most_degrees / 360
    natural = sum(widths) * 1.18
    narrow = min(1.0, available / natural) if natural else 1.0
    at = -natural * narrow / 2
    steps: list[Step] = []
    for character, advance in zip(text, widths, strict=True):
        step = advance * 1.18 * narrow
        angle = _angle_at(table, at + step / 2)
        px, py = x + a * sin(angle), y - b * cos(angle)
        turn = atan2(b * sin(angle), a * cos(angle))
        scale = size / 1000
        steps += _turned(fonts, character, scale * min(1.0, narrow * 1.12), scale, px, py, turn, advance)
        at += step
    return steps


def _arc_lengths(a: float, b: float) -> list[float]:
    """Lengths of arc from the top to each of 721 angles up to half a turn."""
    lengths, total, steps = [0.0], 0.0, 720
    for step in range(steps):
        middle = (step + 0.5) * pi / steps
        total += hypot(a * cos(middle), b * sin(middle)) * pi / steps
        lengths.append(total)
    return lengths


def _angle_at(table: list[float], length: float) -> float:
    wanted = abs(length)
    step = next((at for at, reached in enumerate(table) if reached >= wanted), len(table) - 1)
    angle = step * pi / (len(table) - 1)
    return angle if length >= 0 else -angle


def _turned(
    fonts: FontChain, character: str, scale_x: float, scale_y: float, x: float, y: float, turn: float,
    centred: float,
) -> list[Step]:
    """One character's outline, scaled, turned about the middle of its foot, and set at a point."""
    outline = fonts.outline(character)
    if not outline:
        return []
    half = fonts.shape(character).width / 2 if centred else 0
    steps: list[Step] = []
    for letter, *numbers in outline:
        moved: list[float] = []
        for at in range(0, len(numbers), 2):
            px, py = (float(numbers[at]) - half) * scale_x, float(numbers[at + 1]) * scale_y
            moved += (x + px * cos(turn) - py * sin(turn), y + px * sin(turn) + py * cos(turn))
        steps.append((letter, *moved))
    return steps


def _drawn(steps: list[Step], width: int, height: int) -> Path:
    """Filled, with a thin edge: some readers leave out fills within seals, and then the edge is what is seen."""
    return Path(0, 0, width, height, _rounded(steps), fill=SEAL_RED, stroke=SEAL_RED, line_width=70)


def _rounded(steps: Iterable[Step]) -> Commands:
    """Whole fiftieths of a millimetre: half the bytes, and no eye sees the difference."""
    return tuple(
        (str(letter), *(round(float(number) / 20) * 20 for number in numbers)) for letter, *numbers in steps
    )
