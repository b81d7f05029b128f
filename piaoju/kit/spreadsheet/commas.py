"""Text files: UTF-8 with or without BOM, UTF-16, GBK; parted by comma, tab or semicolon."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Mapping, Sequence

from piaoju.kit.spreadsheet.table import (
    COLUMNS_MAX,
    REMARK_HEADINGS,
    ROWS_MAX,
    FileEmpty,
    FileTooLarge,
    FileUnreadable,
    Table,
    TableRow,
    cell_of,
    find_headings,
)


def read(content: bytes, wanted: Sequence[str], required: Sequence[str]) -> Table:
    """The table of a text file. Raises FileEmpty, FileTooLarge, FileUnreadable, ColumnsMissing."""
    encoding, text = decoded(content)
    delimiter = delimiter_of(text)
    lines = _lines(text, delimiter)
    if not any(any(cells) for cells in lines):
        raise FileEmpty
    numbered = list(enumerate(lines, 1))
    heading_row, headings, unknown = find_headings(numbered, wanted, required)
    rows = tuple(
        TableRow(number, {h: cell_of(cells[c]) for h, c in headings.items() if c < len(cells)})
        for number, cells in numbered[heading_row:]
        if any(cell.strip() for cell in cells)
    )
    return Table(headings, heading_row, rows, unknown, encoding=encoding, delimiter=delimiter)


def annotate(content: bytes, table: Table, remarks: Mapping[int, tuple[str, str]]) -> bytes:
    """The same text with the remarks, in the same encoding."""
    lines = _lines(decoded(content)[1], table.delimiter)
    columns = [table.column_of_remark(which) for which in range(len(REMARK_HEADINGS))]
    width = max(columns) + 1
    for number, cells in enumerate(lines, 1):
        if number < table.heading_row or not any(cell.strip() for cell in cells):
            continue
        cells += [""] * (width - len(cells))
        told = REMARK_HEADINGS if number == table.heading_row else remarks.get(number, ("", ""))
        for column, text in zip(columns, told, strict=True):
            cells[column] = text
    written = io.StringIO()
    csv.writer(written, delimiter=table.delimiter, lineterminator="\r\n").writerows(lines)
    return written.getvalue().encode(table.encoding, "replace")


def decoded(content: bytes) -> tuple[str, str]:
    """(encoding, text). GBK is tried last: nearly every sequence of bytes is some GBK text."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings: tuple[str, ...] = ("utf-16",)
    elif content.startswith(codecs.BOM_UTF8):
        encodings = ("utf-8-sig",)
    else:
        encodings = ("utf-8", "gb18030")
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            raise FileUnreadable("文件里有二进制内容，不是表格。请用 .xlsx 或 .csv 文件")
        return encoding, text
    raise FileUnreadable("文字编码不是 UTF-8 也不是 GBK，读不出来。请在 Excel 中另存为「CSV UTF-8」后上传")


def delimiter_of(text: str) -> str:
    """Comma, tab or semicolon: what stands most often at the beginning."""
    head = text[:4_000]
    return max((",", "\t", ";", "，"), key=head.count) if any(mark in head for mark in ",\t;，") else ","


def _lines(text: str, delimiter: str) -> list[list[str]]:
    lines: list[list[str]] = []
    try:
        for cells in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            lines.append(cells[:COLUMNS_MAX])
            if len(lines) > ROWS_MAX + 20:
                raise FileTooLarge(f"文件超过 {ROWS_MAX:,} 行。请按区县分成几个文件上传")
    except csv.Error as fault:
        raise FileUnreadable("文件的引号或换行不成对，分不出列。请在 Excel 中打开，另存为 .xlsx 后上传") from fault
    return lines
