"""A list as a file: Excel or CSV with its title, conditions, time and person. Figures stay figures, text stays text."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import xlsxwriter
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase

from piaoju.identity.types import OperatorActor
from piaoju.journeys import export_list, premises
from piaoju.kit import errors
from piaoju.kit.clock import local
from piaoju.kit.listing import EXPORT_ROWS_MAX, Found
from piaoju.manage import frame, texts
from piaoju.manage.lists.address import Address
from piaoju.manage.lists.columns import Column
from piaoju.standard import money

FORMATS = {"xlsx": "导出 Excel", "csv": "导出 CSV"}
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class TooManyRows(errors.Refused):
    code = "export_too_large"
    label = f"结果超过 {EXPORT_ROWS_MAX:,} 行，一个文件装不下。请加上条件分几次导出"


def file(request: HttpRequest, actor: OperatorActor, at: Address, chips: Sequence[dict[str, str]]) -> HttpResponseBase:
    """The whole result as one file. Raises TooManyRows."""
    found = at.page.rows(actor, replace(at.asked, position=None, limit=EXPORT_ROWS_MAX))
    if found.whole.count > EXPORT_ROWS_MAX:
        raise TooManyRows
    named = ",".join(condition.field for condition in at.conditions)
    export_list.record(premises.office(), actor, at.page.name, request.GET.get("export", ""), found.whole.count, named)
    now = local(frame.now())
    stamp = f"数据截至 {texts.instant(now)} · 快照 {found.snapshot} · 导出人 {actor.person_name}（{actor.username}）"
    conditions = "；".join(f"{chip['label']} {chip['comparison']} {chip['value']}" for chip in chips) or "无"
    head = [[at.page.title], ["条件", conditions], [stamp]]
    name = f"{at.page.title}-{now:%Y%m%d-%H%M%S}"
    if request.GET.get("export") == "csv":
        return _named(_csv(at.page.columns, found, head), f"{name}.csv")
    return _named(_xlsx(at.page.title, at.page.columns, found, head), f"{name}.xlsx")


def _csv(columns: Sequence[Column], found: Found[Any], head: list[list[str]]) -> HttpResponse:
    """UTF-8 with a byte order mark, as Excel expects it; texts unchanged."""
    written = io.StringIO()
    lines = csv.writer(written, lineterminator="\r\n")
    lines.writerows([*head, [column.head for column in columns]])
    lines.writerows([[_plain(column, row) for column in columns] for row in found.rows])
    if found.rows and any(column.total for column in columns):
        lines.writerow(_totals(columns, found, _plain_sum))
    return HttpResponse(written.getvalue().encode("utf-8-sig"), content_type="text/csv; charset=utf-8")


def _xlsx(title: str, columns: Sequence[Column], found: Found[Any], head: list[list[str]]) -> FileResponse:
    """Rows are written as they come and held nowhere; no text can become a formula, a link or a number."""
    place = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
    book = xlsxwriter.Workbook(
        place,
        {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "in_memory": False,
        },
    )
    sheet = book.add_worksheet("".join(c for c in title if c not in "[]:*?/\\")[:31] or "list")
    bold = book.add_format({"bold": True})
    yuan, whole = book.add_format({"num_format": "#,##0.00"}), book.add_format({"num_format": "#,##0"})
    for place_of, column in enumerate(columns):
        sheet.set_column(place_of, place_of, 28 if column.wide else 20 if column.kind in ("code", "instant") else 14)
    for line, words in enumerate(head):
        for place_of, word in enumerate(words):
            sheet.write_string(line, place_of, word)
    top = len(head)
    sheet.freeze_panes(top + 1, 0)
    for place_of, column in enumerate(columns):
        sheet.write_string(top, place_of, column.head, bold)
    lines: list[list[Any]] = [[column.plain(row) for column in columns] for row in found.rows]
    if lines and any(column.total for column in columns):
        lines.append(_totals(columns, found, lambda column, value: value))
    for line, values in enumerate(lines, start=top + 1):
        for place_of, (column, value) in enumerate(zip(columns, values, strict=True)):
            if column.is_figure and isinstance(value, int):
                shown = Decimal(value).scaleb(-2) if column.kind == "yuan" else value
                sheet.write_number(line, place_of, shown, yuan if column.kind == "yuan" else whole)
            elif value not in (None, ""):
                sheet.write_string(line, place_of, str(value))
    book.close()
    place.seek(0)
    return FileResponse(place, content_type=_XLSX)


def _totals(columns: Sequence[Column], found: Found[Any], write: Any) -> list[Any]:
    totals = [write(column, found.whole.sums.get(column.total, 0)) if column.total else "" for column in columns]
    first = next((i for i, column in enumerate(columns) if not column.total), None)
    if first is not None:
        totals[first] = f"全部结果合计 {texts.number(found.whole.count)}"
    return totals


def _plain(column: Column, row: Any) -> str:
    return _plain_sum(column, column.plain(row))


def _plain_sum(column: Column, value: Any) -> str:
    if value is None:
        return ""
    return money.format_fen(value) if column.kind == "yuan" else str(value)


def _named(response: HttpResponseBase, name: str) -> HttpResponseBase:
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    return response
