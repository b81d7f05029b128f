"""批量开票: upload → check → issue → fetch; the person's own file back with 错误, 改正办法 and the bill numbers."""

from __future__ import annotations

from typing import IO, Any
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render

from piaoju.identity.rights import Act
from piaoju.identity.types import OperatorActor
from piaoju.issuing.errors import BatchNotReady
from piaoju.journeys import batch_access, batch_results, check_batch, issue_batch, premises, see_batches
from piaoju.kit import limits, streams
from piaoju.kit.listing import Asked, Found
from piaoju.manage import forms, frame, lists, texts, typed
from piaoju.manage.batch import words

Values = dict[str, Any]
_CRUMBS = ("开具", ("批量开票", "/manage/batches"))
_ROWS_A_PAGE = 50
_ACTS = {"pause": issue_batch.pause, "resume": issue_batch.resume, "stop": issue_batch.stop}


def _rows(actor: OperatorActor, asked: Asked) -> Found[Any]:
    return see_batches.listed(premises.office(), actor, asked)


BATCHES = lists.ListPage(
    name="batches", title="批量开票", noun="个文件", help="batches", crumbs=("开具",), rows=_rows,
    key=lambda row: str(row.id), sort="-uploaded_at",
    columns=(
        lists.instant("uploaded_at", "上传时间"),
        lists.text("file_name", "文件名", link=lambda row: f"/manage/batches/{row.id}", wide=True, phone="name"),
        lists.count("rows", "行数"),
        lists.count("bills", "票据"),
        lists.count("issued", "已开具"),
        lists.count("refused", "需要改正"),
        lists.text("actor", "经办", value=lambda row: row.actor.partition(":")[2]),
        lists.state("state", "状态", words.STATES),
    ),
    filters=(
        lists.TextFilter("file_name", "文件名"),
        lists.InstantFilter("uploaded_at", "上传时间"),
        lists.ChoiceFilter("state", "状态", tuple((code, label) for code, (label, _) in words.STATES.items())),
    ),
    empty="还没有上传过名单。下载模板，一行一张票据，填好后上传",
    make=("上传名单", "/manage/batches/new"), links=(("下载模板", "/manage/batches/template"),),
)  # fmt: skip


@frame.view(Act.ISSUE_BATCH)
def batches(request: HttpRequest) -> HttpResponseBase:
    """Files that were uploaded."""
    return lists.answer(request, BATCHES)


@frame.view(Act.ISSUE_BATCH)
def template(request: HttpRequest) -> HttpResponseBase:
    """The empty workbook, with what this unit may issue and charge to choose from."""
    office, actor = premises.office(), frame.actor_of(request)
    unit_code = request.GET.get("unit") or see_batches.units_of(office, actor)[0]
    response = HttpResponse(see_batches.template(office, actor, unit_code), content_type=words.WORKBOOK)
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote('批量开票模板.xlsx')}"
    return response


@frame.view(Act.ISSUE_BATCH, methods=("GET", "POST"))
def upload(request: HttpRequest) -> HttpResponseBase:
    """Keep a file and have it checked: nothing is issued yet."""
    office, actor = premises.office(), frame.actor_of(request)
    units = see_batches.units_of(office, actor)

    class UploadForm(forms.Form):
        unit_code = forms.choice("开票单位", [(code, code) for code in units])
        file = forms.file("名单", hint="模板 .xlsx，或 .csv、.ndjson", largest_bytes=limits.BATCH_BYTES_MAX)

    def save(values: Values, once: str) -> forms.Done:
        sent = values["file"]
        kept = check_batch.submit(office, actor, values["unit_code"], sent.name or "名单.csv", sent.read())
        return forms.Done("文件已收到，正在检查。检查不开具任何票据", f"/manage/batches/{kept}")

    page = forms.Page(
        "上传名单", button="上传并检查", crumbs=_CRUMBS, help="batches", back=("下载模板", "/manage/batches/template"),
        note=f"检查不开具任何票据，也不取号。一个文件最多 {limits.BATCH_ROWS_MAX:,} 行、{limits.BATCH_BYTES_MAX // 2**20} MB；"
        f"同一业务流水号再次上传不会重复开具。名单在开具结束 {office.batch_files_kept.days} 天后清除，逐行的结果保留。",
    )  # fmt: skip
    return forms.ask(request, UploadForm, page, save, initial={"unit_code": units[0] if units else ""})


@frame.view(Act.ISSUE_BATCH)
def batch(request: HttpRequest, number: int) -> HttpResponseBase:
    """One batch: what the check found, how far issuing has come. `?part=job` is the part that follows the work."""
    actor = frame.actor_of(request)
    seen = see_batches.seen(premises.office(), actor, number)
    if request.GET.get("part") == "job":
        if request.GET.get("seen") != seen.kept.state:
            response = HttpResponse(status=200)
            response["HX-Refresh"] = "true"  # it entered another state: the whole page says other things now
            return response
        return render(request, "manage/batch/_job.html", words.job(seen))
    fault = request.GET.get("fault", "")[:60]
    after = typed.place(request.GET.get("after", ""))
    rows = batch_results.faulty(premises.office(), actor, number, after=after, limit=_ROWS_A_PAGE, fault=fault)
    context = words.job(seen) | words.found(seen, rows, fault, after, _ROWS_A_PAGE)
    return frame.page(
        request, "manage/batch/batch.html", context, title=seen.kept.file_name, crumbs=_CRUMBS, help="batches"
    )


@frame.view(Act.ISSUE_BATCH, methods=("POST",))
def issue(request: HttpRequest, number: int) -> HttpResponseBase:
    """Issue what the check found fit."""
    mode = request.POST.get("mode", "")
    actor = frame.actor_of(request)
    kept = batch_access.batch_for(premises.office(), actor, number)
    if mode not in ("skip_errors", "all_or_nothing"):
        raise BatchNotReady("没有选怎样开具。请选「跳过错误行」或「全部无误才开具」")
    issue_batch.start(premises.office(), actor, number, mode)
    return frame.done(request, f"开始开具 {texts.number(kept.counts.get('fit_bills', 0))} 张", f"/manage/batches/{number}")


@frame.view(Act.ISSUE_BATCH, methods=("POST",))
def move(request: HttpRequest, number: int, act: str) -> HttpResponseBase:
    """Pause, resume or stop."""
    _ACTS[act](premises.office(), frame.actor_of(request), number)
    return frame.done(request, words.DONE[act], f"/manage/batches/{number}")


@frame.view(Act.ISSUE_BATCH)
def annotated(request: HttpRequest, number: int) -> HttpResponseBase:
    """The person's own file with the outcomes."""
    kept = batch_access.batch_for(premises.office(), frame.actor_of(request), number)
    if kept.state in ("queued", "checking"):
        raise BatchNotReady
    return _sent(batch_results.annotated(premises.office(), kept), batch_results.name_of_annotated(kept))


@frame.view(Act.ISSUE_BATCH)
def results(request: HttpRequest, number: int) -> HttpResponseBase:
    """The outcomes row by row: also when the file itself is kept no longer."""
    kept = batch_access.batch_for(premises.office(), frame.actor_of(request), number)
    if kept.state in ("queued", "checking"):
        raise BatchNotReady
    return _sent(batch_results.plain_workbook(kept), f"{kept.file_name.rpartition('.')[0] or kept.file_name}-结果.xlsx")


def _sent(content: IO[bytes], name: str) -> StreamingHttpResponse:
    kind = words.WORKBOOK if name.endswith(".xlsx") else "application/octet-stream"
    response = StreamingHttpResponse(streams.pieces(content), content_type=kind)
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    return response
