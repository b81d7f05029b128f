"""清单: the pages after the face, for lines that did not fit, auxiliary lines, and texts too long for their place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from piaoju.standard.bill import Bill
from piaoju.standard.face import stationery
from piaoju.standard.face.fields import Cell, Cells, Field, aux_cells, line_cells
from piaoju.standard.face.fitting import Fitted, fit, pitch, place
from piaoju.standard.face.fonts import FontChain
from piaoju.standard.face.operations import INK_2, Operation, Page, Text
from piaoju.standard.face.specimens import (
    AUX_LIST_COLUMNS,
    ITEM_LIST_COLUMNS,
    LEFT,
    NOTE_COLUMNS,
    RIGHT,
    Column,
    Specimen,
)
from piaoju.standard.face.stationery import (
    LABEL_SIZE,
    LIST_BODY_BOTTOM,
    LIST_BODY_TOP,
    WIDTH,
)

ROW_HEIGHT = 4_000
ROW_SIZE = 2_800
# Between a text and the rule of its column.
CELL_SPACE = 1_200
# More lines than any permitted text needs in the narrowest column: a cell is never cut.
_MOST_LINES = 42


class Row(NamedTuple):
    """One row, every cell fitted to its column."""

    height: int
    cells: tuple[tuple[int, Cell, Fitted], ...]


def fitted_row(fonts: FontChain, columns: tuple[Column, ...], cells: Cells, size: int) -> Row:
    """The cells of a row brought into their columns, and the height that takes."""
    fitted: list[tuple[int, Cell, Fitted]] = []
    height = 0
    for place_in_row, column in enumerate(columns):
        cell = cells[column.prints]
        if cell.text:
            found = fit(fonts, cell.text, size, column.width - 2 * CELL_SPACE, _MOST_LINES)
            fitted.append((place_in_row, cell, found))
            if len(found.lines) > 1:
                height = max(height, len(found.lines) * pitch(found.size) + 1_200)
    return Row(height, tuple(fitted))


def row_operations(
    fonts: FontChain, columns: tuple[Column, ...], row: Row, x: int, top: int, height: int
) -> Iterator[Operation]:
    """A row drawn with its left end at x and its cells centred in the height."""
    middle = top + height // 2
    lefts = [x]
    for column in columns:
        lefts.append(lefts[-1] + column.width)
    for place_in_row, cell, fitted in row.cells:
        column = columns[place_in_row]
        yield from place(
            fonts, fitted, lefts[place_in_row] + CELL_SPACE, column.width - 2 * CELL_SPACE, middle, column.align,
            cell.tag, cell.colour,
        )


def pages(
    bill: Bill, specimen: Specimen, fonts: FontChain, first_line: int, continued: list[Field]
) -> list[Page]:
    """Every list page of a bill, headed and numbered."""
    made: list[tuple[str, Page]] = []
    made += _section("收费项目清单", stationery.ITEM_LIST, fonts, ITEM_LIST_COLUMNS, len(bill.lines), first_line,
                     lambda at: line_cells(bill.lines[at], at))
    made += _section(specimen.list_title, stationery.AUX_LIST, fonts, AUX_LIST_COLUMNS, len(bill.aux_lines), 0,
                     lambda at: aux_cells(bill.aux_lines[at], at))
    made += _section("票面内容续页", stationery.NOTES, fonts, NOTE_COLUMNS, len(continued), 0,
                     lambda at: _note_cells(continued[at]))
    for number, (title, page) in enumerate(made, start=1):
        page.operations[:0] = _head(bill, fonts, title, number, len(made))
    return [page for _, page in made]


def _note_cells(field: Field) -> Cells:
    label, text, tag = field
    return {"label": Cell(label, None, INK_2), "note": Cell(text, tag)}


def _section(
    title: str, template: int, fonts: FontChain, columns: tuple[Column, ...], count: int, first: int,
    cells: Callable[[int], Cells],
) -> list[tuple[str, Page]]:
    made: list[tuple[str, Page]] = []
    top = LIST_BODY_BOTTOM
    for at in range(first, count):
        row = fitted_row(fonts, columns, cells(at), ROW_SIZE)
        height = max(ROW_HEIGHT, row.height)
        if top + height > LIST_BODY_BOTTOM:
            made.append((title, Page(template)))
            top = LIST_BODY_TOP
        made[-1][1].operations.extend(row_operations(fonts, columns, row, LEFT, top, height))
        top += height
    return made


def _head(bill: Bill, fonts: FontChain, title: str, number: int, count: int) -> list[Operation]:
    heading = fit(fonts, f"{bill.bill_name}{title}", 4_800, WIDTH - 60_000, 1)
    operations: list[Operation] = list(place(fonts, heading, 30_000, WIDTH - 60_000, 10_500, "centre", bold=True))
    y = 18_800
    facts = (("票据代码", bill.bill_code), ("票据号码", bill.number_text), ("校验码", bill.check_code))
    for (label, value), x in zip(facts, (LEFT, LEFT + 45_000, LEFT + 95_000), strict=True):
        reach = stationery.label_width(fonts, label)
        operations += [Text(x, y, LABEL_SIZE, label + "：", colour=INK_2), Text(x + reach, y, LABEL_SIZE, value)]
    middle = y - LABEL_SIZE * 38 // 100
    operations += place(fonts, fit(fonts, f"清单 第 {number} 页 / 共 {count} 页", LABEL_SIZE, 60_000, 1),
                        RIGHT - 60_000, 60_000, middle, "right", colour=INK_2)
    foot = fit(fonts, bill.unit.name, LABEL_SIZE, 150_000, 2)
    operations.append(Text(LEFT, 121_200, LABEL_SIZE, "开票单位：", colour=INK_2))
    operations += place(fonts, foot, LEFT + 16_000, 150_000, 120_000, "left")
    operations += place(fonts, fit(fonts, f"开票日期：{bill.issue_date.isoformat()}", LABEL_SIZE, 60_000, 1),
                        RIGHT - 60_000, 60_000, 120_000, "right", colour=INK_2)
    return operations
