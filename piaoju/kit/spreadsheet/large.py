"""Large tables, .xlsx or text: read row by row at the cost of little more than the file, and given back with columns more.

Unlike `read`, nothing of the workbook but its texts is held: 50,000 rows take half a second and some 60 MB.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import IO, Any

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError, XmlError, ZipError

from piaoju.kit.errors import FieldError
from piaoju.kit.spreadsheet import commas, parts
from piaoju.kit.spreadsheet.table import (
    COLUMNS_MAX,
    HEADING_ROWS_MAX,
    ColumnsMissing,
    FileEmpty,
    FileTooLarge,
    FileUnreadable,
    Table,
    cell_of,
    find_headings,
    long_number,
)

_EXACT_MAX = 10**15  # a workbook keeps 15 digits of a number
_FAULTS = (CalamineError, PasswordError, XmlError, ZipError, OSError, ValueError, KeyError, IndexError)


@dataclass(frozen=True, slots=True)
class LargeRow:
    """One row below the headings: its texts by heading, and the cells that could not be read."""

    number: int  # as the person's own program counts rows, from 1
    texts: Mapping[str, str]
    faults: Mapping[str, FieldError]


@dataclass(frozen=True, slots=True)
class LargeTable:
    """A table whose rows are read as they are asked for, once or again."""

    table: Table  # without rows
    content: bytes
    rows_max: int

    def rows(self) -> Iterator[LargeRow]:
        """The rows that are not empty. Raises FileTooLarge after `rows_max`, FileUnreadable."""
        source = _text_rows(self) if self.table.encoding else _workbook_rows(self)
        for filled, row in enumerate(source, 1):
            if filled > self.rows_max:
                raise FileTooLarge(f"文件超过 {self.rows_max:,} 行。请分成几个文件上传")
            yield row


def read_large(content: bytes, *, wanted: Sequence[str], required: Sequence[str], rows_max: int) -> LargeTable:
    """Find the headings. Raises FileEmpty, FileTooLarge (unpacked), FileUnreadable, ColumnsMissing."""
    if not content.strip(b"\0 \r\n\t\xef\xbb\xbf"):
        raise FileEmpty
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise FileUnreadable("这是旧的 .xls 或加了密码的文件，读不出来。请去掉密码，另存为 .xlsx 后上传")
    if content.startswith(b"PK"):
        return LargeTable(_workbook_table(content, wanted, required), content, rows_max)
    encoding, text = commas.decoded(content)
    delimiter = commas.delimiter_of(text)
    head = list(islice(_lines(text, delimiter), HEADING_ROWS_MAX))
    if not any(any(cells) for _, cells in head):
        raise FileEmpty
    heading_row, headings, unknown = find_headings(head, wanted, required)
    return LargeTable(
        Table(headings, heading_row, (), unknown, encoding=encoding, delimiter=delimiter), content, rows_max
    )


def annotate_large(
    content: bytes, table: Table, headings: Sequence[str], remarks: Mapping[int, Sequence[str]], to: IO[bytes]
) -> None:
    """Write the person's own file into `to`, with a text under each of these headings in the rows that have remarks."""
    columns = _columns_of(table, headings)
    rows = {table.heading_row: headings, **remarks}
    if not table.encoding:
        parts.write_columns(content, table.sheet, columns, rows, to)
        return
    written = io.TextIOWrapper(to, encoding=table.encoding, errors="replace", newline="")
    writer = csv.writer(written, delimiter=table.delimiter, lineterminator="\r\n")
    width = max(columns) + 1
    for number, cells in _lines(commas.decoded(content)[1], table.delimiter):
        if number >= table.heading_row and any(cell.strip() for cell in cells):
            cells += [""] * (width - len(cells))
            for column, text in zip(columns, rows.get(number, [""] * len(columns)), strict=True):
                cells[column] = text
        writer.writerow(cells)
    written.flush()
    written.detach()


def _columns_of(table: Table, headings: Sequence[str]) -> list[int]:
    """Where each heading stands in a file that came back, or will stand: after the last column."""
    free = max(table.headings.values()) + 1
    columns = []
    for heading in headings:
        found = table.headings.get(heading)
        columns.append(free if found is None else found)
        free += found is None
    return columns


def _lines(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    try:
        for number, cells in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), 1):
            yield number, cells[:COLUMNS_MAX]
    except csv.Error as fault:
        raise FileUnreadable("文件的引号或换行不成对，分不出列。请在 Excel 中打开，另存为 .xlsx 后上传") from fault


def _text_rows(large: LargeTable) -> Iterator[LargeRow]:
    headings = large.table.headings
    for number, cells in _lines(commas.decoded(large.content)[1], large.table.delimiter):
        if number <= large.table.heading_row or not any(cell.strip() for cell in cells):
            continue
        yield _row(number, {h: cells[c] for h, c in headings.items() if c < len(cells)}, {})


def _row(number: int, found: Mapping[str, str], faults: dict[str, FieldError]) -> LargeRow:
    texts = {}
    for heading, text in found.items():
        if text.isascii() and len(text) < 20 and "+" not in text:  # most cells: nothing in them to look for
            texts[heading] = text.strip()
        else:
            cell = cell_of(text)
            texts[heading] = cell.text
            if cell.fault:
                faults.setdefault(heading, cell.fault)
    return LargeRow(number, texts, faults)


# workbooks --------------------------------------------------------------------------------------------------------


def _workbook_table(content: bytes, wanted: Sequence[str], required: Sequence[str]) -> Table:
    parts.weigh(content)
    fault: ColumnsMissing | None = None
    for name in _workbook(content).sheet_names:
        sheet = _workbook(content).get_sheet_by_name(name)
        head = [(number, [_text(value) for value in cells]) for number, cells in islice(_cells(sheet), HEADING_ROWS_MAX)]
        if not any(any(texts) for _, texts in head):
            continue
        try:
            heading_row, headings, unknown = find_headings(head, wanted, required)
        except ColumnsMissing as missing:
            fault = fault or missing
            continue
        return Table(headings, heading_row, (), unknown, sheet=name)
    raise fault or FileEmpty()


def _workbook(content: bytes) -> CalamineWorkbook:
    try:
        return CalamineWorkbook.from_filelike(io.BytesIO(content))
    except _FAULTS as fault:
        raise FileUnreadable from fault


def _cells(sheet: CalamineSheet) -> Iterator[tuple[int, Sequence[Any]]]:
    """(row number, values from column A on). The library gives rows from the first, columns from the first that is used."""
    left = [""] * (sheet.start[1] if sheet.start else 0)
    try:
        for number, values in enumerate(sheet.iter_rows(), 1):
            yield number, left + values[:COLUMNS_MAX]
    except _FAULTS as fault:
        raise FileUnreadable from fault


def _workbook_rows(large: LargeTable) -> Iterator[LargeRow]:
    table = large.table
    sheet = _workbook(large.content).get_sheet_by_name(table.sheet)
    odd = parts.odd_cells(large.content, table.sheet)
    for first, last in sheet.merged_cell_ranges or ():
        inside = ((row, column) for row in range(first[0], last[0] + 1) for column in range(first[1], last[1] + 1))
        odd.update(dict.fromkeys(((row + 1, column) for row, column in islice(inside, 10_000)), parts.MERGED))
    heads = list(table.headings.items())
    odd_rows = {row for row, _ in odd}
    for number, values in _cells(sheet):
        if number <= table.heading_row or (number not in odd_rows and not any(value != "" for value in values)):
            continue
        faults: dict[str, FieldError] = {}
        found = {}
        for heading, column in heads:
            value = values[column] if column < len(values) else ""
            found[heading] = value if type(value) is str else _text(value)
            if number in odd_rows and (number, column) in odd:
                faults[heading] = odd[(number, column)]
            elif type(value) is float and abs(value) >= _EXACT_MAX:
                lost = long_number(f"{value:.6G}").fault
                assert lost is not None
                faults[heading] = lost
        yield _row(number, found, faults)


def _text(value: Any) -> str:
    """A value as a person reads it: fifteen digits of a number, days without a time."""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < _EXACT_MAX else f"{value:.15g}"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
    if isinstance(value, date | time | timedelta):
        return str(value)
    return str(value)

