"""批量登记: upload → check → preview → register; the person's own file back with 错误 and 改正办法."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse, HttpResponseBase

from piaoju.identity.rights import Act
from piaoju.identity.types import OperatorActor
from piaoju.journeys import import_units, premises, scopes
from piaoju.kit import spreadsheet
from piaoju.kit.listing import Asked, Found
from piaoju.manage import forms, frame, lists, texts
from piaoju.manage.registry import reach, words
from piaoju.registry import queries

Values = dict[str, Any]
_IMPORTS = ("登记", ("批量登记", "/manage/imports"))
_ROWS_SHOWN_MAX = 100
_WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _rows(actor: OperatorActor, asked: Asked) -> Found[Any]:
    return queries.imports_page(scopes.sight(actor, Act.IMPORT_UNITS, reach.today()), asked)


IMPORTS = lists.ListPage(
    name="imports", title="批量登记", noun="个文件", help="imports", crumbs=("登记",), rows=_rows,
    key=lambda row: str(row.id), sort="-uploaded_at",
    columns=(
        lists.instant("uploaded_at", "上传时间"),
        lists.text("file_name", "文件名", link=lambda row: f"/manage/imports/{row.id}", wide=True, phone="name"),
        lists.text("region_name", "行政区划"),
        lists.count("rows", "行数"),
        lists.count("registered", "新登记"),
        lists.count("changed", "更新"),
        lists.count("unchanged", "没有变化"),
        lists.count("refused", "需要改正"),
        lists.text("uploaded_by", "经办", value=lambda row: words.who(row.uploaded_by)),
        lists.state("state", "状态", words.IMPORT_STATES),
    ),
    filters=(
        lists.TextFilter("file_name", "文件名"),
        lists.InstantFilter("uploaded_at", "上传时间"),
        lists.ChoiceFilter("state", "状态", words.choices(words.IMPORT_STATES)),
    ),
    empty="还没有上传过文件。下载模板，把一个县的单位填在一个表格里上传",
    make=("上传表格", "/manage/imports/new"), links=(("下载模板", "/manage/imports/template"),),
)  # fmt: skip


@frame.view(Act.IMPORT_UNITS)
def imports(request: HttpRequest) -> HttpResponseBase:
    """Files that were uploaded."""
    return lists.answer(request, IMPORTS)


@frame.view(Act.IMPORT_UNITS)
def template(request: HttpRequest) -> HttpResponseBase:
    """The empty workbook."""
    return _file("单位批量登记.xlsx", import_units.template())


class UploadForm(forms.Form):
    region_code = forms.code("行政区划代码", hint="表里的单位都应在这个区划或其下级", longest=9)
    file = forms.file("单位表格", hint="模板 .xlsx，或 .csv（UTF-8、GBK 都可以）", largest_bytes=spreadsheet.BYTES_MAX)


@frame.view(Act.IMPORT_UNITS, methods=("GET", "POST"))
def upload(request: HttpRequest) -> HttpResponseBase:
    """Check a file: nothing is registered yet."""
    actor = frame.actor_of(request)

    def save(values: Values, once: str) -> forms.Done:
        sent = values["file"]
        kept = import_units.check(premises.office(), actor, sent.name or "单位.csv", sent.read(), values["region_code"])
        return forms.Done("检查完了，还没有登记任何单位", f"/manage/imports/{kept}")

    own = reach.own_regions(actor, Act.IMPORT_UNITS)
    page = forms.Page(
        "上传表格", button="上传并检查", crumbs=_IMPORTS, help="imports", back=("下载模板", "/manage/imports/template"),
        note=f"检查不登记任何单位。一个文件最多 {spreadsheet.ROWS_MAX:,} 行、{spreadsheet.BYTES_MAX // 2**20} MB；"
        "同一单位再次上传不会重复。",
    )  # fmt: skip
    return forms.ask(request, UploadForm, page, save, initial={"region_code": own[0] if own else ""})


class ApplyForm(forms.Form):
    mode = forms.choice(
        "方式", (("skip", "跳过错误行，登记其余的"), ("all", "全部成功才登记")), hint="改正后的文件可以再上传，不会重复"
    )
    wave = forms.text("上线批次", hint="如 2026 秋季中小学", longest=60, must=False)
    due_on = forms.day("应上线日期", hint="不填按三周", must=False)


@frame.view(Act.IMPORT_UNITS, methods=("GET", "POST"))
def preview(request: HttpRequest, number: int) -> HttpResponseBase:
    """What would happen with the file, row by row; and the button that registers it."""
    actor = frame.actor_of(request)
    seen = import_units.preview(premises.office(), actor, number)
    counts = seen.counts
    context = {
        "kept": seen.kept,
        "counts": [(words.OUTCOMES[name][0], texts.number(value), name) for name, value in counts.items()],
        "rows": [
            (row, *words.OUTCOMES[row.outcome], row.remark) for row in sorted(seen.rows, key=lambda one: not one.faults)
        ][:_ROWS_SHOWN_MAX],
        "hidden": max(0, len(seen.rows) - _ROWS_SHOWN_MAX),
        "unknown": seen.unknown_columns,
        "total": texts.number(len(seen.rows)),
        "number": number,
    }
    ready = counts["registered"] + counts["changed"]
    if seen.kept.applied or not ready:
        return frame.page(
            request, "manage/registry/import.html", context, title=seen.kept.file_name, crumbs=_IMPORTS, help="imports"
        )

    def save(values: Values, once: str) -> forms.Done:
        counted = import_units.apply(
            premises.office(), actor, number, skip_errors=values["mode"] == "skip", wave=values["wave"], due_on=values["due_on"]
        )
        said = f"新登记 {counted['registered']} 家，更新 {counted['changed']} 家，没有变化 {counted['unchanged']} 家"
        return forms.Done(f"{said}，跳过 {counted['refused']} 行", f"/manage/imports/{number}")

    page = forms.Page(
        seen.kept.file_name, button=f"登记 {ready} 家", crumbs=_IMPORTS, help="imports",
        template="manage/registry/import_ready.html",
    )  # fmt: skip
    initial = {"mode": "skip" if counts["refused"] else "all"}
    return forms.ask(request, ApplyForm, page, save, initial=initial, context=context)


@frame.view(Act.IMPORT_UNITS)
def annotated(request: HttpRequest, number: int) -> HttpResponseBase:
    """The person's own file with 错误 and 改正办法."""
    return _file(*import_units.annotated(premises.office(), frame.actor_of(request), number))


def _file(name: str, content: bytes) -> HttpResponse:
    kind = _WORKBOOK if name.endswith(".xlsx") else "text/csv"
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    return response
