"""What the window's script is told: values as JSON, refusals with the words and places that a page would show."""

from __future__ import annotations

import json
import logging
import secrets
from typing import Any

from django.http import HttpRequest, HttpResponse

from piaoju.identity.rights import Act
from piaoju.journeys import acting, premises
from piaoju.journeys.window_desk import Sheet
from piaoju.kit import errors
from piaoju.kit.limits import BODY_BYTES_MAX
from piaoju.manage import frame

_log = logging.getLogger("piaoju.manage.window")


class SheetUnreadable(errors.Refused):
    code = "sheet_unreadable"
    label = "送来的内容读不懂。请刷新开票窗口；已存的草稿在「草稿」里"


class WindowOfAnother(errors.Conflict):
    code = "window_of_another"
    label = "这一页是另一个人打开的。请用打开这一页的账号登录后再送；要换人开票，请重新打开开票窗口"


def value(found: Any, status: int = 200) -> HttpResponse:
    """A value as JSON."""
    return HttpResponse(
        json.dumps(found, ensure_ascii=False), status=status, content_type="application/json; charset=utf-8"
    )


def refusal(request: HttpRequest, refused: errors.PiaojuError, act: Act, **more: Any) -> HttpResponse:
    """A refusal: what, why, what to do, where; its code and a trace number."""
    trace_id = secrets.token_hex(8)
    acting.record_unrecorded(premises.office(), frame.actor_of(request), act.value, request.path, refused)
    faults = [{"pointer": one.pointer, "code": one.code, "detail": one.detail} for one in refused.errors]
    told = {"detail": refused.detail, "code": refused.code_value, "trace_id": trace_id, "errors": faults, **more}
    _log.info("refused at a window: %s %s", refused.code_value, trace_id)
    return value(told, frame.status_of(refused))


def sheet(request: HttpRequest) -> Sheet:
    """The sheet that a page sent. Raises SheetUnreadable, WindowOfAnother."""
    sent = read(request.POST.get("sheet", ""))
    if sent.get("opened_by") != frame.actor_of(request).operator_id:
        raise WindowOfAnother
    return sheet_of(sent)


def read(text: str) -> dict[str, Any]:
    """What was sent or kept as JSON. Raises SheetUnreadable."""
    try:
        sent = json.loads(text) if len(text) <= BODY_BYTES_MAX else None
    except (ValueError, RecursionError):
        sent = None
    if not isinstance(sent, dict):
        raise SheetUnreadable
    return sent


def sheet_of(sent: dict[str, Any]) -> Sheet:
    """Raises SheetUnreadable."""
    unit, point, body = sent.get("unit"), sent.get("point", ""), sent.get("body")
    if not isinstance(unit, str) or not isinstance(point, str) or not isinstance(body, dict) or not point.isprintable():
        raise SheetUnreadable
    return Sheet(unit, body, point[:50], sent.get("sends") is not False)
