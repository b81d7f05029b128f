"""Workbooks (.xlsx): what every cell says, and what no cell may be: a formula, part of a merged one, a lost number."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import openpyxl
from openpyxl.cell.cell import MergedCell
from openpyxl.styles import Alignment, Font
from openpyxl.utils.exceptions import InvalidFileException

from piaoju.kit.errors import FieldError
from piaoju.kit.spreadsheet.table import (
    COLUMNS_MAX,
    REMARK_HEADINGS,
    ROWS_MAX,
    Cell,
    ColumnsMissing,
    FileEmpty,
    FileTooLarge,
    FileUnreadable,
    Table,
    TableRow,
    cell_of,
    find_headings,
    long_number,
)

_UNPACKED_MAX = 60 * 1024 * 1024
_PARTS_MAX = 2_000
_EMPTY_ROWS_MAX = 15_000  # rows that were formatted and never filled
_EXACT_MAX = 10**15  # a workbook keeps 15 digits of a number
_FAULTS = (KeyError, ValueError, TypeError, IndexError, AttributeError, SyntaxError, zipfile.BadZipFile, InvalidFileException,
           NotImplementedError, EOFError, OSError, RuntimeError)  # fmt: skip


def read(content: bytes, wanted: Sequence[str], required: Sequence[str]) -> Table:
    """The first sheet that has the headings. Raises FileEmpty, FileTooLarge, FileUnreadable, ColumnsMissing."""
    _weigh(content)
    _count(content)
    book = _opened(content)
    fault: ColumnsMissing | None = None
    for sheet in book.worksheets:
        rows = [list(row) for row in _read(sheet.iter_rows(max_col=COLUMNS_MAX))]
        numbered = [(number, [_text(cell.value) for cell in row]) for number, row in enumerate(rows, 1)]
        if not any(any(texts) for _, texts in numbered):
            continue
        try:
            heading_row, headings, unknown = find_headings(numbered, wanted, required)
        except ColumnsMissing as missing:
            fault = fault or missing
            continue
        merged = {(cell[0], cell[1]) for one in sheet.merged_cells.ranges for cell in one.cells}
        return Table(
            headings, heading_row, tuple(_rows(rows, heading_row, headings, merged)), unknown, sheet=sheet.title
        )
    raise fault or FileEmpty()


def annotate(content: bytes, table: Table, remarks: Mapping[int, tuple[str, str]]) -> bytes:
    """The same workbook, its formats kept, with the remarks."""
    book = _opened(content)
    sheet = book[table.sheet]
    for which, heading in enumerate(REMARK_HEADINGS):
        column = table.column_of_remark(which) + 1
        sheet.cell(table.heading_row, column, heading).font = Font(bold=True)
        sheet.column_dimensions[sheet.cell(table.heading_row, column).column_letter].width = 44
        for row in table.rows:
            cell = sheet.cell(row.number, column)
            if isinstance(cell, MergedCell):
                continue
            text = remarks.get(row.number, ("", ""))[which]
            cell.value = text or None
            if text:
                cell.data_type = "s"  # a text, whatever it begins with
                cell.alignment = Alignment(wrap_text=True, vertical="top")
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def _weigh(content: bytes) -> None:
    """Nothing is unpacked that would not fit."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            entries = parts.infolist()
    except _FAULTS as fault:
        raise FileUnreadable from fault
    if len(entries) > _PARTS_MAX or sum(entry.file_size for entry in entries) > _UNPACKED_MAX:
        raise FileTooLarge("工作簿展开后太大。请只留一个工作表，删去图片和空行后上传")
    if "xl/workbook.xml" not in {entry.filename for entry in entries}:
        raise FileUnreadable("这不是 .xlsx 工作簿。请在 Excel 中另存为 .xlsx 后上传")


def _count(content: bytes) -> None:
    """The first look reads row by row and stops at the limit, so that a file of a million rows costs no memory."""
    try:
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True)
        for sheet in book.worksheets:
            filled = empty = 0
            for row in sheet.iter_rows(max_col=COLUMNS_MAX, values_only=True):
                if any(value is not None for value in row):
                    filled += 1
                else:
                    empty += 1
                if filled > ROWS_MAX + 1:
                    raise FileTooLarge(f"工作表「{sheet.title}」超过 {ROWS_MAX:,} 行。请按区县分成几个文件上传")
                if empty > _EMPTY_ROWS_MAX:
                    raise FileTooLarge(f"工作表「{sheet.title}」有太多空行。请删去末尾的空行后上传")
        book.close()
    except _FAULTS as fault:
        raise FileUnreadable from fault


def _opened(content: bytes) -> Any:  # a Workbook; the library brings no types
    try:
        return openpyxl.load_workbook(io.BytesIO(content))
    except _FAULTS as fault:
        raise FileUnreadable from fault


def _read(rows: Iterator[Sequence[Any]]) -> Iterator[Sequence[Any]]:
    try:
        yield from rows
    except _FAULTS as fault:
        raise FileUnreadable from fault


def _rows(
    rows: Sequence[Sequence[Any]], heading_row: int, headings: Mapping[str, int], merged: set[tuple[int, int]]
) -> Iterator[TableRow]:
    for number, cells in enumerate(rows[heading_row:], heading_row + 1):
        touched = any((number, column + 1) in merged for column in headings.values())
        if not touched and all(cell.value is None for cell in cells):
            continue
        yield TableRow(
            number, {h: _cell(cells[c], (number, c + 1) in merged) for h, c in headings.items() if c < len(cells)}
        )


def _cell(cell: Any, merged: bool) -> Cell:
    if merged:
        detail = "单元格与别的格合并了，内容属于哪一行不清楚。请取消合并，逐行填写"
        return Cell(_text(cell.value), FieldError("", "merged_cell", detail))
    if cell.data_type == "f":
        detail = "单元格里是公式，不是内容。请复制后「选择性粘贴 → 数值」"
        return Cell("", FieldError("", "formula", detail))
    if cell.data_type == "e":
        detail = f"单元格是出错的值 {cell.value}。请改成实际内容"
        return Cell("", FieldError("", "cell_error", detail))
    if isinstance(cell.value, int | float) and not isinstance(cell.value, bool) and abs(cell.value) >= _EXACT_MAX:
        return long_number(f"{cell.value:.6G}" if isinstance(cell.value, float) else str(cell.value))
    return cell_of(_text(cell.value))


def _text(value: Any) -> str:
    """A value as a person reads it: whole numbers without a point, days without a time."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT_MAX:
        return str(int(value))
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == datetime.min.time() else value.isoformat(" ")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)
