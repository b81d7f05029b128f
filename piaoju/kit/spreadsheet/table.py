"""What a read table is, and where its headings are."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from piaoju.kit import errors
from piaoju.kit.errors import FieldError

BYTES_MAX = 5 * 1024 * 1024  # 5,000 rows of 20 columns are under 1 MB
ROWS_MAX = 5_000  # the largest county has some 600 units; more is a mistake or another tool
COLUMNS_MAX = 60
CELL_CHARACTERS_MAX = 2_000
HEADING_ROWS_MAX = 10  # titles and notes may stand above the headings
REMARK_HEADINGS = ("错误", "改正办法")


class FileEmpty(errors.Refused):
    code = "file_empty"
    label = "文件里没有内容。请下载模板，填写后上传"


class FileUnreadable(errors.Refused):
    code = "file_unreadable"
    label = "文件读不出来，可能已损坏，或不是表格。请用 .xlsx 或 .csv 文件"


class FileTooLarge(errors.Refused):
    code = "file_too_large"
    label = "文件太大。请分成几个文件上传"


class ColumnsMissing(errors.Refused):
    code = "columns_missing"
    label = "找不到需要的列。请下载模板，把内容填在模板的列里"


@dataclass(frozen=True, slots=True)
class Cell:
    """The text of a cell as a person reads it, or the fault that keeps it from being read."""

    text: str
    fault: FieldError | None = None


@dataclass(frozen=True, slots=True)
class TableRow:
    number: int  # as the person's own program counts rows, from 1
    cells: Mapping[str, Cell]  # by heading

    def text(self, heading: str) -> str:
        """The cell's text; empty where there is no such column."""
        found = self.cells.get(heading)
        return found.text if found else ""


@dataclass(frozen=True, slots=True)
class Table:
    headings: Mapping[str, int]  # heading → column, from 0
    heading_row: int
    rows: tuple[TableRow, ...]  # without empty ones
    unknown: tuple[str, ...]  # headings nobody asked for; their columns are left alone
    sheet: str = ""  # of a workbook
    encoding: str = ""  # of a text file
    delimiter: str = ""

    def column_of_remark(self, which: int) -> int:
        """The column of 错误 (0) or 改正办法 (1): where a returned file has it, or after the last one."""
        last = max(self.headings.values())
        found = self.headings.get(REMARK_HEADINGS[which])
        missing = [heading for heading in REMARK_HEADINGS if heading not in self.headings]
        return found if found is not None else last + 1 + missing.index(REMARK_HEADINGS[which])


def find_headings(
    rows: Sequence[tuple[int, Sequence[str]]], wanted: Sequence[str], required: Sequence[str]
) -> tuple[int, dict[str, int], tuple[str, ...]]:
    """(row, columns by heading, unknown headings) of the row with most known headings. Raises ColumnsMissing."""
    best: tuple[int, dict[str, int]] = (0, {})
    for number, texts in rows[:HEADING_ROWS_MAX]:
        places: dict[str, int] = {}
        for column, text in enumerate(texts):
            heading = _heading(text)
            if heading and heading in places:
                if heading in wanted:
                    raise ColumnsMissing(f"有两列都叫「{heading}」，不知道用哪一列。请只留一列")
                continue
            if heading:
                places[heading] = column
        if len(set(places) & set(wanted)) > len(set(best[1]) & set(wanted)):
            best = (number, places)
    number, places = best
    missing = [heading for heading in required if heading not in places]
    if not places or missing:
        raise ColumnsMissing(f"找不到这些列：{'、'.join(missing or required)}。请下载模板，把内容填在模板的列里")
    return number, places, tuple(h for h in places if h not in wanted and h not in REMARK_HEADINGS)


def _heading(text: str) -> str:
    """A heading without what people put around it: spaces, stars, 必填."""
    plain = unicodedata.normalize("NFKC", text)
    return re.sub(r"\s+|\*|\((必填|选填|可不填).*?\)", "", plain)


def cell_of(text: str) -> Cell:
    """A text cell. Spaces around it go; one that is too long, or once was a long number, is a fault."""
    text = text.replace("\u00a0", " ").replace("\u3000", " ").strip()
    if len(text) > CELL_CHARACTERS_MAX:
        detail = f"单元格有 {len(text)} 个字，最多 {CELL_CHARACTERS_MAX} 个。请缩短"
        return Cell(text[:100], FieldError("", "text_too_long", detail))
    if re.fullmatch(r"\d(\.\d+)?[Ee]\+\d{2,}", text):
        return long_number(text)
    return Cell(text)


def long_number(text: str) -> Cell:
    """A number of more than 15 digits that was kept as a number: its end is lost."""
    detail = f"长数字按数值存成了 {text}，后几位已经丢失。请把单元格改成文本，再填一次"
    return Cell(text, FieldError("", "number_as_text", detail))
