"""POST /public/api/v1/verify: five facts in, the verdict out; no account."""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Sequence
from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from piaoju.kit import clock
from piaoju.kit.errors import FieldError, Unavailable
from piaoju.verification.errors import TooManyTries

from . import answers, facts
from .asking import ask
from .headers import guarded

BODY_BYTES_MAX = 4_096
_logger = logging.getLogger(__name__)


class Body(msgspec.Struct, forbid_unknown_fields=True):
    """The five facts, all of them text."""

    code: str
    number: str
    check_code: str
    date: str
    amount: str


@csrf_exempt
@guarded
def verify(request: HttpRequest) -> HttpResponse:
    """200 with the verdict; 422 when the body is no question; 429 when there were too many wrong ones."""
    if request.method != "POST":
        response = _problem(405, "method_not_allowed", "方法不对", "查验用 POST，请求体是 JSON")
        response["Allow"] = "POST"
        return response
    try:
        size = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        size = BODY_BYTES_MAX + 1
    if size > BODY_BYTES_MAX or len(request.body) > BODY_BYTES_MAX:
        return _problem(413, "body_too_large", "请求体过大", f"请求体不超过 {BODY_BYTES_MAX} 字节")
    try:
        body = msgspec.json.decode(request.body, type=Body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        detail = "请求体应为 JSON 对象，恰有 code、number、check_code、date、amount 五个字段，值都是字符串"
        fault = FieldError(_pointer(str(error)), "invalid", detail)
        return _problem(422, "invalid_request", "请求不符合格式", detail, [fault])
    asked = facts.read(msgspec.structs.asdict(body), check_code_length=False)
    if asked.question is None:
        detail = "；".join(error.detail for error in asked.errors)
        return _problem(422, "invalid_request", "请求不符合格式", detail, asked.errors)
    at = clock.system_clock()
    try:
        answer, position = ask(request, asked.question, at)
    except Unavailable as error:
        return _unavailable(error)
    return _json(200, "application/json", answers.as_json(answer, position, at))


def _unavailable(error: Unavailable) -> HttpResponse:
    status = 429 if isinstance(error, TooManyTries) else 503
    response = _problem(status, error.code_value, error.label, error.detail)
    response["Retry-After"] = str(error.retry_after_seconds)
    return response


def _problem(
    status: int, code: str, title: str, detail: str, errors: Sequence[FieldError] = ()
) -> HttpResponse:
    trace_id = secrets.token_hex(16)
    _logger.info("verification refused", extra={"code": code, "trace_id": trace_id})
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "code": code,
        "detail": detail,
        "trace_id": trace_id,
        "errors": [{"pointer": e.pointer, "code": e.code, "detail": e.detail} for e in errors],
    }
    return _json(status, "application/problem+json", body)


def _json(status: int, content_type: str, body: dict[str, Any]) -> HttpResponse:
    return HttpResponse(json.dumps(body, ensure_ascii=False), status=status, content_type=content_type)


def _pointer(message: str) -> str:
    """Where msgspec found the fault: `... - at `$.amount`` or `missing required field `code``."""
    for name in facts.NAMES:
        if f"`$.{name}`" in message or f"field `{name}`" in message:
            return f"/{name}"
    return ""
