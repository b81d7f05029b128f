"""Excel: rows are written as they come and held nowhere; a sheet that is full is followed by another."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import IO, Any

import xlsxwriter

from piaoju.kit.export.columns import Cell, Export, ExportColumn, Rows, cell_text, fen_text

SHEET_ROWS_MAX = 1_000_000  # Excel's own limit is 1,048,576 lines
_EXACT_FEN_MAX = 10**15  # Excel keeps 15 digits: beyond them an amount is written as text, exactly
_FORBIDDEN = "[]:*?/\\'"
# No text can become a formula, a link or a number.
_OPTIONS = {
    "constant_memory": True, "in_memory": False, "strings_to_formulas": False, "strings_to_urls": False,
    "strings_to_numbers": False,
}  # fmt: skip
_WIDTHS = {"code": 22, "instant": 20, "day": 12, "yuan": 16, "count": 10, "text": 16}


def write(place: IO[bytes], export: Export, rows: Rows, sheet_rows_max: int = SHEET_ROWS_MAX) -> int:
    """One workbook; how many rows it has."""
    book = xlsxwriter.Workbook(place, dict(_OPTIONS))
    shown = _Shown(book)
    count, sheet, line = 0, None, 0
    for row in rows:
        if sheet is None or count % sheet_rows_max == 0:
            sheet, line = _sheet(book, export, shown, count // sheet_rows_max)
        _line(sheet, line, export.columns, row, shown)
        line += 1
        count += 1
    if sheet is None:
        sheet, line = _sheet(book, export, shown, 0)
    if export.sum_line:
        _line(sheet, line, export.columns, export.sum_line, shown)
    book.close()
    return count


class _Shown:
    """How figures and headings look."""

    def __init__(self, book: Any) -> None:
        self.bold = book.add_format({"bold": True})
        self.yuan = book.add_format({"num_format": "#,##0.00"})
        self.count = book.add_format({"num_format": "#,##0"})


def _sheet(book: Any, export: Export, shown: _Shown, before: int) -> tuple[Any, int]:
    """A new sheet with head and headings, and the line on which its rows begin."""
    name = "".join(c for c in export.title if c not in _FORBIDDEN)[:26] or "导出"
    sheet = book.add_worksheet(f"{name} {before + 1}" if before else name)
    for place, column in enumerate(export.columns):
        sheet.set_column(place, place, 30 if column.wide else _WIDTHS[column.kind])
    for line, words in enumerate(((export.title,), *export.head)):
        for place, word in enumerate(words):
            sheet.write_string(line, place, word[:32_000])
    top = 1 + len(export.head)
    sheet.freeze_panes(top + 1, 0)
    for place, column in enumerate(export.columns):
        sheet.write_string(top, place, column.heading, shown.bold)
    return sheet, top + 1


def _line(sheet: Any, line: int, columns: Sequence[ExportColumn], row: Sequence[Cell], shown: _Shown) -> None:
    for place, (column, value) in enumerate(zip(columns, row, strict=True)):
        if value is None or value == "":
            continue
        if isinstance(value, int) and column.kind == "yuan" and abs(value) < _EXACT_FEN_MAX:
            sheet.write_number(line, place, float(fen_text(value)), shown.yuan)
        elif isinstance(value, int) and column.kind == "count":
            sheet.write_number(line, place, value, shown.count)
        else:
            _text(sheet, line, place, column, value)


def _text(sheet: Any, line: int, place: int, column: ExportColumn, value: str | int | date | datetime) -> None:
    if sheet.write_string(line, place, cell_text(column.kind, value)) != 0:
        raise ValueError(f"a cell does not fit: {column.name}")
