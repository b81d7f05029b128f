"""An empty workbook to fill in: headings with notes, drop-downs, and text cells so that codes keep their zeros."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill
from openpyxl.worksheet.datavalidation import DataValidation

_ROWS_READY = 400
_REQUIRED_GROUND, _OPTIONAL_GROUND = "E6F0F3", "F3F4F1"


@dataclass(frozen=True, slots=True)
class TemplateColumn:
    """One column of a template."""

    heading: str
    required: bool
    note: str
    choices: tuple[str, ...] = ()


def template(title: str, columns: Sequence[TemplateColumn]) -> bytes:
    """The workbook, as a file."""
    book = Workbook()
    sheet = book.active
    sheet.title = title
    for place, column in enumerate(columns, 1):
        cell = sheet.cell(1, place, column.heading)
        cell.font = Font(bold=True)
        cell.fill = PatternFill("solid", fgColor=_REQUIRED_GROUND if column.required else _OPTIONAL_GROUND)
        cell.comment = Comment(("必填。" if column.required else "选填。") + column.note, "piaoju")
        sheet.column_dimensions[cell.column_letter].width = 22
        for row in range(2, _ROWS_READY + 2):
            sheet.cell(row, place).number_format = "@"
        if column.choices:
            drop_down = DataValidation("list", formula1=f'"{",".join(column.choices)}"', allow_blank=True)
            drop_down.add(f"{cell.column_letter}2:{cell.column_letter}{_ROWS_READY * 10}")
            sheet.add_data_validation(drop_down)
    sheet.freeze_panes = "C2"
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()
