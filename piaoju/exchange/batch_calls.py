"""Batches over the API: a file is sent, followed, paused, stopped, and its results fetched in one stream."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from ninja import Router

from piaoju.exchange import clients, documented_batches, problems
from piaoju.issuing import queries as batches
from piaoju.issuing.errors import BatchNotFound
from piaoju.issuing.types import BatchKept
from piaoju.journeys import batch_access, batch_results, check_batch, issue_batch, premises
from piaoju.kit import limits, streams
from piaoju.kit.errors import FieldError
from piaoju.standard.bill_request import InvalidRequest

MODES = ("check_only", "all_or_nothing", "skip_errors")
_FORMATS = {
    "ndjson": "application/x-ndjson",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_FORM_BYTES = 64 * 1024  # what stands around the file in a multipart body
router = Router()


@router.post("/batches", **documented_batches.SUBMIT)
def submit(request: HttpRequest) -> HttpResponse:
    """上传一份名单：检查，并按 mode 开具."""
    client = clients.of_request(request)
    if int(request.META.get("CONTENT_LENGTH") or 0) > limits.BATCH_BYTES_MAX + _FORM_BYTES:
        raise problems.BodyTooLarge
    mode = request.POST.get("mode", "")
    sent = request.FILES.get("file")
    if mode not in MODES or sent is None:
        missing = FieldError("/file", "required", "缺少文件 file。请用 multipart/form-data 上传")
        fault = missing if mode in MODES else _mode_fault()
        raise InvalidRequest(fault.detail, errors=(fault,))
    batch_id = check_batch.submit(premises.office(), client, client.unit_code, sent.name or "名单.csv", sent.read(), mode)
    return _json({"id": str(batch_id)}, status=202)


@router.get("/batches/{id}", **documented_batches.BATCH)
def batch(request: HttpRequest, id: str) -> HttpResponse:
    """批次现在的样子."""
    return _json(_now(_batch(request, id)))


@router.post("/batches/{id}/issue", **documented_batches.ISSUE)
def issue(request: HttpRequest, id: str) -> HttpResponse:
    """开具一个已检查的批次."""
    kept, client = _batch(request, id), clients.of_request(request)
    mode = request.POST.get("mode", "")
    if mode not in MODES[1:]:
        fault = _mode_fault()
        raise InvalidRequest(fault.detail, errors=(fault,))
    issue_batch.start(premises.office(), client, kept.id, mode)
    return _json(_now(batches.batch(kept.id)))


@router.post("/batches/{id}/pause", **documented_batches.BATCH)
def pause(request: HttpRequest, id: str) -> HttpResponse:
    """暂停."""
    return _moved(request, id, issue_batch.pause)


@router.post("/batches/{id}/resume", **documented_batches.BATCH)
def resume(request: HttpRequest, id: str) -> HttpResponse:
    """继续."""
    return _moved(request, id, issue_batch.resume)


@router.post("/batches/{id}/stop", **documented_batches.BATCH)
def stop(request: HttpRequest, id: str) -> HttpResponse:
    """停在安全处，不再继续."""
    return _moved(request, id, issue_batch.stop)


@router.get("/batches/{id}/results", **documented_batches.RESULTS)
def results(request: HttpRequest, id: str, format: str = "ndjson") -> HttpResponseBase:
    """逐行结果."""
    kept = _batch(request, id)
    if format not in _FORMATS:
        fault = FieldError("/format", "format_unknown", "结果的格式是 ndjson 或 xlsx。请改正后重试")
        raise InvalidRequest(fault.detail, errors=(fault,))
    content = batch_results.ndjson_file(kept) if format == "ndjson" else batch_results.workbook(premises.office(), kept)
    response = StreamingHttpResponse(streams.pieces(content), content_type=_FORMATS[format])
    response["Cache-Control"] = "private, no-store"
    response["Content-Disposition"] = f'attachment; filename="batch-{kept.id}.{format}"'
    return response


def _moved(request: HttpRequest, id: str, act: Callable[..., None]) -> HttpResponse:
    kept, client = _batch(request, id), clients.of_request(request)
    act(premises.office(), client, kept.id)
    return _json(_now(batches.batch(kept.id)))


def _batch(request: HttpRequest, id: str) -> BatchKept:
    client = clients.of_request(request)
    if not (id.isascii() and id.isdigit() and len(id) < 16):
        raise BatchNotFound
    return batch_access.batch_for(premises.office(), client, int(id))


def _now(kept: BatchKept) -> dict[str, Any]:
    progress = batches.batch_progress(kept.id)
    refused = kept.counts.get("refused_bills", 0)
    return {
        "id": str(kept.id), "state": kept.state, "mode": kept.mode, "detail": kept.detail, "rows": kept.rows or kept.rows_read,
        "bills": kept.bills, "to_issue": progress.to_issue, "done": progress.done, "issued": progress.issued,
        "unchanged": kept.counts.get("unchanged_bills", 0) + progress.unchanged, "refused": refused + progress.refused,
        "rate": round(progress.per_second, 1),
    }  # fmt: skip


def _mode_fault() -> FieldError:
    return FieldError("/mode", "mode_unknown", f"做法 mode 应是 {'、'.join(MODES)} 之一。请改正后重试")


def _json(body: dict[str, Any], status: int = 200) -> HttpResponse:
    response = HttpResponse(msgspec.json.encode(body), content_type="application/json", status=status)
    response["Cache-Control"] = "no-store"
    return response
