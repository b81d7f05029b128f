"""The printed form under a bill: frames, heads and labels that are the same on every bill of a type."""

from __future__ import annotations

from functools import lru_cache

from piaoju.standard.face.fitting import fit, place, width_of
from piaoju.standard.face.fonts import FontChain
from piaoju.standard.face.operations import (
    HAIR,
    INK_2,
    RULE,
    WATERMARK,
    Operation,
    Path,
    Template,
    Text,
    line,
    rectangle,
)
from piaoju.standard.face.specimens import (
    AUX_LIST_COLUMNS,
    ITEM_LIST_COLUMNS,
    LEFT,
    NOTE_COLUMNS,
    RIGHT,
    Column,
    Specimen,
)

WIDTH, HEIGHT = 241_000, 127_000
MIDDLE = WIDTH // 2
LABEL_SIZE = 3_200
TABLE_TOP, HEAD_HEIGHT = 35_000, 6_200
BODY_TOP, BODY_BOTTOM = TABLE_TOP + HEAD_HEIGHT, 83_400
TOTAL_BOTTOM = 90_400
OTHER_BOTTOM = 113_600
OTHER_LABEL_WIDTH = 8_000
FOOT = 118_600
LIST_TOP, LIST_HEAD_HEIGHT = 22_500, 5_800
LIST_BODY_TOP, LIST_BODY_BOTTOM = LIST_TOP + LIST_HEAD_HEIGHT, 116_300
CODES_X, CODES_VALUE_X = 178_000, 196_500
CODE_LINES = (9_600, 14_600, 19_600, 24_600)
PAYER_LINE = 31_600
PAYER_CODE_X = 130_000
CHECKER_X, HANDLER_X = 142_000, 187_000

MAIN, ITEM_LIST, AUX_LIST, NOTES = range(4)
NO_VOUCHER = "样票 · 仅供演示，不得作为报销凭证"


@lru_cache(maxsize=64)
def templates(specimen: Specimen, fonts: FontChain, demonstration: bool) -> tuple[Template, ...]:
    """The four forms of a bill type: the face, the item list, the detail list, the notes."""
    return (
        Template("main", tuple(_main(specimen, fonts, demonstration))),
        Template("items", tuple(_list(ITEM_LIST_COLUMNS, fonts, demonstration))),
        Template("details", tuple(_list(AUX_LIST_COLUMNS, fonts, demonstration))),
        Template("notes", tuple(_list(NOTE_COLUMNS, fonts, demonstration))),
    )


def label_width(fonts: FontChain, text: str, size: int = LABEL_SIZE) -> int:
    """How far a label and its colon reach."""
    return width_of(fonts, text + "：", size)


@lru_cache(maxsize=8)
def demonstration_mark(fonts: FontChain) -> tuple[Operation, ...]:
    """What a bill of the demonstration shows even where the form itself is left out."""
    return (*_watermark(fonts), *_centred(fonts, NO_VOUCHER, 5_300, 2_700))


def _main(specimen: Specimen, fonts: FontChain, demonstration: bool) -> list[Operation]:
    operations: list[Operation] = []
    if demonstration:
        operations += _watermark(fonts)
    operations += [line(MIDDLE - 40_000, 17_300, MIDDLE + 40_000, 17_300, 350, INK_2),
                   line(MIDDLE - 40_000, 18_050, MIDDLE + 40_000, 18_050, 120, INK_2)]
    if demonstration:
        operations += _centred(fonts, NO_VOUCHER, 5_300, 2_700)
    for label, y in zip(("票据代码", "票据号码", "校 验 码", "开票日期"), CODE_LINES, strict=True):
        operations.append(Text(CODES_X, y, LABEL_SIZE, label + "：", colour=INK_2))
    operations.append(Text(LEFT, PAYER_LINE, LABEL_SIZE, specimen.payer_label + "：", colour=INK_2))
    operations.append(Text(PAYER_CODE_X, PAYER_LINE, LABEL_SIZE, specimen.payer_code_label + "：", colour=INK_2))
    operations += _main_table(specimen, fonts)
    operations += [
        Text(LEFT, FOOT, LABEL_SIZE, specimen.unit_label + "：", colour=INK_2),
        Text(CHECKER_X, FOOT, LABEL_SIZE, specimen.checker_label + "：", colour=INK_2),
        Text(HANDLER_X, FOOT, LABEL_SIZE, specimen.handler_label + "：", colour=INK_2),
    ]
    hint = "查验：扫描左上角二维码，或凭票据代码、票据号码、校验码、开票日期和金额查询"
    operations.append(Text(RIGHT - width_of(fonts, hint, 2_200), 124_000, 2_200, hint, colour=INK_2))
    return operations


def _main_table(specimen: Specimen, fonts: FontChain) -> list[Operation]:
    operations: list[Operation] = [
        rectangle(LEFT, TABLE_TOP, RIGHT - LEFT, OTHER_BOTTOM - TABLE_TOP, 350, RULE),
        line(LEFT, BODY_TOP, RIGHT, BODY_TOP, 200, RULE),
        line(LEFT, BODY_BOTTOM, RIGHT, BODY_BOTTOM, 200, RULE),
        line(LEFT, TOTAL_BOTTOM, RIGHT, TOTAL_BOTTOM, 200, RULE),
        line(LEFT + OTHER_LABEL_WIDTH, TOTAL_BOTTOM, LEFT + OTHER_LABEL_WIDTH, OTHER_BOTTOM, 200, RULE),
    ]
    for half in range(specimen.halves):
        x = LEFT + half * (RIGHT - LEFT) // specimen.halves
        if half:
            operations.append(line(x, TABLE_TOP, x, BODY_BOTTOM, 300, RULE))
        operations += _heads(specimen.columns, fonts, x, TABLE_TOP, HEAD_HEIGHT, BODY_BOTTOM)
    middle = (BODY_BOTTOM + TOTAL_BOTTOM) // 2 + LABEL_SIZE * 38 // 100
    operations += [
        Text(LEFT + 3_000, middle, LABEL_SIZE, "金额合计（大写）：", colour=INK_2),
        Text(156_000, middle, LABEL_SIZE, "（小写）：", colour=INK_2),
    ]
    step, centre = 4_600, (TOTAL_BOTTOM + OTHER_BOTTOM) // 2
    for position, character in enumerate("其他信息"):
        y = centre + (2 * position - 3) * step // 2 + LABEL_SIZE * 38 // 100
        operations.append(Text(LEFT + (OTHER_LABEL_WIDTH - LABEL_SIZE) // 2, y, LABEL_SIZE, character, colour=INK_2))
    return operations


def _list(columns: tuple[Column, ...], fonts: FontChain, demonstration: bool) -> list[Operation]:
    operations: list[Operation] = []
    if demonstration:
        operations += _watermark(fonts)
    operations.append(rectangle(LEFT, LIST_TOP, RIGHT - LEFT, LIST_BODY_BOTTOM - LIST_TOP, 350, RULE))
    operations.append(line(LEFT, LIST_BODY_TOP, RIGHT, LIST_BODY_TOP, 200, RULE))
    operations += _heads(columns, fonts, LEFT, LIST_TOP, LIST_HEAD_HEIGHT, LIST_BODY_BOTTOM)
    return operations


def _heads(
    columns: tuple[Column, ...], fonts: FontChain, x: int, top: int, height: int, bottom: int
) -> list[Operation]:
    """The heads of a table and the hair lines between its columns."""
    operations: list[Operation] = []
    for position, column in enumerate(columns):
        if position:
            operations.append(line(x, top, x, bottom, 150, HAIR))
        fitted = fit(fonts, column.head, LABEL_SIZE, column.width - 2_000, 1)
        operations += place(fonts, fitted, x, column.width, top + height // 2, "centre", colour=INK_2)
        x += column.width
    return operations


def _centred(fonts: FontChain, text: str, y: int, size: int) -> list[Operation]:
    return [Text(MIDDLE - width_of(fonts, text, size) // 2, y, size, text, colour=INK_2)]


def _watermark(fonts: FontChain) -> list[Operation]:
    """样票, large and pale, across the page: drawn as outlines so that it cannot be lost with a font."""
    size = 46_000
    marks: list[Operation] = []
    for position, character in enumerate("样票"):
        x = MIDDLE - size - 8_000 + position * (size + 16_000)
        commands = tuple(
            (step[0], *(int(part) * size // 1000 for part in step[1:])) for step in fonts.outline(character)
        )
        shifted = tuple(
            (step[0], *(int(part) + (size if at % 2 else 0) for at, part in enumerate(step[1:]))) for step in commands
        )
        marks.append(Path(x, 44_000, size, size * 5 // 4, shifted, fill=WATERMARK))
    return marks
