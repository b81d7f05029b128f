"""The XML parts of a workbook, where only they tell or keep something: formulas are seen, columns added, nothing else touched."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from typing import IO, Any
from xml.sax.saxutils import escape, unescape

from piaoju.kit.errors import FieldError
from piaoju.kit.spreadsheet.table import FileTooLarge, FileUnreadable

UNPACKED_MAX = 400 * 1024 * 1024  # 100,000 rows of 20 columns are under 150 MB
_PARTS_MAX = 2_000
_PIECE = 1 << 20
_ROW_BYTES_MAX = 1 << 20
FORMULA = FieldError("", "formula", "单元格里是公式，不是内容。请复制后「选择性粘贴 → 数值」，再核对")
CELL_ERROR = FieldError("", "cell_error", "单元格是出错的值。请改成实际内容")
MERGED = FieldError("", "merged_cell", "单元格与别的格合并了，内容属于哪一行不清楚。请取消合并，逐行填写")
_CELL = re.compile(rb"<c\b([^>]*?)(?:/>|>(.*?)</c>)", re.DOTALL)
_ODD = re.compile(rb'<c\b(?=[^>]*\bt="e")[^>]*>|<c\b[^>]*>\s*<f\b')
_PLACE = re.compile(rb'\br="([A-Z]{1,3})([0-9]{1,7})"')
_ROW = re.compile(rb'<row\b[^>]*?\br="([0-9]{1,7})"[^>]*?(?:/>|>(.*?)</row>)', re.DOTALL)
_FAULTS = (zipfile.BadZipFile, KeyError, OSError, EOFError, NotImplementedError, RuntimeError, ValueError)


def weigh(content: bytes) -> None:
    """Nothing is unpacked that would not fit. Raises FileTooLarge, FileUnreadable."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            entries = parts.infolist()
    except _FAULTS as fault:
        raise FileUnreadable from fault
    if len(entries) > _PARTS_MAX or sum(entry.file_size for entry in entries) > UNPACKED_MAX:
        raise FileTooLarge("工作簿展开后太大。请只留一个工作表，删去图片和空行后上传")
    if "xl/workbook.xml" not in {entry.filename for entry in entries}:
        raise FileUnreadable("这不是 .xlsx 工作簿。请在 Excel 中另存为 .xlsx 后上传")


def odd_cells(content: bytes, sheet: str) -> dict[tuple[int, int], FieldError]:
    """(row from 1, column from 0) of every cell that is a formula or an error: a reader sees only their last values."""
    found: dict[tuple[int, int], FieldError] = {}
    with zipfile.ZipFile(io.BytesIO(content)) as book, book.open(_part_of(book, sheet)) as part:
        for text in _pieces(part, b"<c"):
            for odd in _ODD.finditer(text):
                place = _PLACE.search(odd[0])
                if place:
                    found[(int(place[2]), column_of(place[1]))] = FORMULA if b"<f" in odd[0] else CELL_ERROR
    return found


def write_columns(
    content: bytes, sheet: str, columns: Sequence[int], rows: Mapping[int, Sequence[str]], to: IO[bytes]
) -> None:
    """The same workbook, with these texts in these columns of the rows given; cells that stood there are gone everywhere."""
    with zipfile.ZipFile(io.BytesIO(content)) as book, zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as written:
        changed = _part_of(book, sheet)
        for entry in book.infolist():
            with book.open(entry) as part, written.open(entry.filename, "w", force_zip64=True) as copy:
                pieces = _with_columns(part, columns, rows) if entry.filename == changed else iter(lambda: part.read(_PIECE), b"")
                for piece in pieces:
                    copy.write(piece)


def column_of(letters: bytes) -> int:
    """A → 0, Z → 25, AA → 26."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1


def letters_of(column: int) -> str:
    """0 → A, 26 → AA."""
    text, column = "", column + 1
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(65 + rest) + text
    return text


def _part_of(book: zipfile.ZipFile, sheet: str) -> str:
    """The part that holds the sheet of this name. Raises FileUnreadable."""
    try:
        listed, relations = book.read("xl/workbook.xml"), book.read("xl/_rels/workbook.xml.rels")
    except _FAULTS as fault:
        raise FileUnreadable from fault
    for tag in re.findall(rb"<(?:\w+:)?sheet\b[^>]*>", listed):
        name, relation = re.search(rb'\bname="([^"]*)"', tag), re.search(rb'\b\w+:id="([^"]*)"', tag)
        if name is None or relation is None or _plain(name[1]) != sheet:
            continue
        for one in re.findall(rb"<(?:\w+:)?Relationship\b[^>]*>", relations):
            target = re.search(rb'\bTarget="([^"]*)"', one)
            if target and re.search(rb'\bId="' + re.escape(relation[1]) + rb'"', one):
                path = target[1].decode()
                return path[1:] if path.startswith("/") else f"xl/{path}"
    raise FileUnreadable


def _plain(text: bytes) -> str:
    return unescape(text.decode(), {"&quot;": '"', "&apos;": "'"})


def _pieces(part: Any, begin: bytes) -> Iterator[bytes]:
    """The part in pieces that each begin where `begin` does, so that no cell is cut."""
    rest = b""
    while read := part.read(_PIECE):
        text = rest + read
        cut = text.rfind(begin)
        if cut <= 0:
            rest = text
            if len(rest) > 64 * _PIECE:
                raise FileUnreadable
            continue
        yield text[:cut]
        rest = text[cut:]
    yield rest


def _with_columns(part: Any, columns: Sequence[int], rows: Mapping[int, Sequence[str]]) -> Iterator[bytes]:
    def changed(row: re.Match[bytes]) -> bytes:
        number = int(row[1])
        head = row[0][: row[0].index(b">") + 1].replace(b"/>", b">")
        head = re.sub(rb' spans="[^"]*"', b"", head)
        cells = {}
        for cell in _CELL.finditer(row[2] or b""):
            place = _PLACE.search(cell[1])
            if place is None:
                raise FileUnreadable("这份工作簿的写法少见，不能在原文件上加列。请在 Excel 中另存一次后上传")
            cells[column_of(place[1])] = cell[0]
        for column in columns:
            cells.pop(column, None)
        for column, text in zip(columns, rows.get(number, ()), strict=False):
            if text:
                where = f"{letters_of(column)}{number}"
                body = escape("".join(c for c in text if c >= " " or c in "\t\n"))
                cells[column] = f'<c r="{where}" t="inlineStr"><is><t xml:space="preserve">{body}</t></is></c>'.encode()
        return head + b"".join(cells[column] for column in sorted(cells)) + b"</row>"

    for text in _pieces(part, b"<row"):
        yield _ROW.sub(changed, re.sub(rb"<dimension\b[^>]*/>", b"", text))
