"""A person's own table, .xlsx or .csv: read with its row numbers, refused in words, given back with two columns more.

    table = spreadsheet.read(file_name, content, wanted=("编码", "名称"))
    spreadsheet.annotate(content, table, {3: ("编码少一位", "补全 18 位")})

Nothing is guessed: a formula, a merged cell or a number that lost its digits is a fault of its cell, told by name. Text
that begins with = is text. The file that comes back is the person's own: same form, same encoding, same formats.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from piaoju.kit.spreadsheet import commas, workbook
from piaoju.kit.spreadsheet.large import LargeRow, LargeTable, annotate_large, read_large
from piaoju.kit.spreadsheet.table import (
    BYTES_MAX,
    REMARK_HEADINGS,
    ROWS_MAX,
    Cell,
    ColumnsMissing,
    FileEmpty,
    FileTooLarge,
    FileUnreadable,
    Table,
    TableRow,
)
from piaoju.kit.spreadsheet.template import TemplateColumn, template

__all__ = [
    "BYTES_MAX", "REMARK_HEADINGS", "ROWS_MAX", "Cell", "ColumnsMissing", "FileEmpty", "FileTooLarge", "FileUnreadable",
    "LargeRow", "LargeTable", "Table", "TableRow", "TemplateColumn", "annotate", "annotate_large", "read", "read_large",
    "template",
]  # fmt: skip


def read(file_name: str, content: bytes, *, wanted: Sequence[str], required: Sequence[str] = ()) -> Table:
    """The rows below the headings; `wanted` headings are known ones, of which `required` must be there.

    Raises FileTooLarge (bytes or rows), FileEmpty, FileUnreadable (not a table, encrypted, old .xls), ColumnsMissing.
    """
    if len(content) > BYTES_MAX:
        megabytes = -(-len(content) // (1024 * 1024))
        raise FileTooLarge(f"文件有 {megabytes} MB，最多 {BYTES_MAX // (1024 * 1024)} MB。请分成几个文件上传")
    if not content.strip(b"\0 \r\n\t\xef\xbb\xbf"):
        raise FileEmpty
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise FileUnreadable("这是旧的 .xls 或加了密码的文件，读不出来。请去掉密码，另存为 .xlsx 后上传")
    if content.startswith(b"PK"):
        return workbook.read(content, wanted, required)
    return commas.read(content, wanted, required)


def annotate(content: bytes, table: Table, remarks: Mapping[int, tuple[str, str]]) -> bytes:
    """The person's own file with 错误 and 改正办法 in each row that has a remark; empty in the others."""
    if table.encoding:
        return commas.annotate(content, table, remarks)
    return workbook.annotate(content, table, remarks)
