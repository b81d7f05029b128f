"""Refusals as application/problem+json (RFC 9457): the one place where a family becomes a status."""

from __future__ import annotations

import secrets

import msgspec
from django.http import HttpResponse

from piaoju.kit import errors

MEDIA_TYPE = "application/problem+json"
_STATUS: tuple[tuple[type[errors.PiaojuError], int, str], ...] = (
    (errors.NotFound, 404, "没有找到"),
    (errors.NotPermitted, 403, "没有权限"),
    (errors.Conflict, 409, "内容冲突"),
    (errors.Unavailable, 503, "暂时不可用"),
    (errors.Refused, 422, "不符合规则"),
)
_STATUS_OF_CODE = {"token_invalid": 401, "client_unknown": 401, "body_too_large": 413, "too_many_attempts": 429}


def status_of(refusal: errors.PiaojuError) -> int:
    """The HTTP status of a refusal: of its code where HTTP has a word for it, else of its family."""
    if refusal.code_value in _STATUS_OF_CODE:
        return _STATUS_OF_CODE[refusal.code_value]
    return next((status for family, status, _ in _STATUS if isinstance(refusal, family)), 500)


def body_of(refusal: errors.PiaojuError, trace_id: str) -> bytes:
    """The problem document. What is no refusal of ours says nothing but its trace id."""
    status = status_of(refusal)
    title = next((title for family, _, title in _STATUS if isinstance(refusal, family)), "内部错误")
    detail = refusal.detail
    code = refusal.code_value
    if status == 500:
        code = "internal"
        detail = f"服务器内部错误，这一次没有完成。请稍后用同样的内容重试；反复出现请把追踪号 {trace_id} 告诉运维"
    return msgspec.json.encode(
        {
            "type": f"/api/docs#{code}",
            "title": title,
            "status": status,
            "code": code,
            "detail": detail,
            "trace_id": trace_id,
            "errors": [{"pointer": e.pointer, "code": e.code, "detail": e.detail} for e in refusal.errors],
        }
    )


def headers_of(refusal: errors.PiaojuError) -> dict[str, str]:
    """The headers that go with a refusal."""
    headers = {"Content-Type": MEDIA_TYPE, "Cache-Control": "no-store"}
    if isinstance(refusal, errors.Unavailable):
        headers["Retry-After"] = str(refusal.retry_after_seconds)
    if status_of(refusal) == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="piaoju"'
    return headers


def response(refusal: errors.PiaojuError, trace_id: str = "") -> HttpResponse:
    """A refusal as Django answers it."""
    trace_id = trace_id or secrets.token_hex(8)
    answer = HttpResponse(body_of(refusal, trace_id), status=status_of(refusal))
    for name, text in headers_of(refusal).items():
        answer[name] = text
    answer["X-Trace-Id"] = trace_id
    return answer


class AddressUnknown(errors.NotFound):
    code = "address_unknown"
    label = "没有这个接口地址。请对照 /api/docs 核对路径和方法"


class BodyTooLarge(errors.Refused):
    code = "body_too_large"
    label = "请求体超过 2 MB。请减少清单行数，或分成几张票据开具"
