"""How every public page is put together: its letters, its form fields, its words when something is wrong."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from piaoju.kit.errors import PiaojuError, Unavailable
from piaoju.verification.errors import TooManyTries
from piaoju.verification.types import Question

from . import facts
from .facts import Facts

LARGE_COOKIE = "piaoju_large"
_EMPTY = Facts({})


def refused(request: HttpRequest, error: PiaojuError) -> HttpResponse:
    if not isinstance(error, Unavailable):
        return trouble(request, 404, error.label, error.detail)
    status = 429 if isinstance(error, TooManyTries) else 503
    response = trouble(request, status, error.label, error.detail)
    response["Retry-After"] = str(error.retry_after_seconds)
    return response


def trouble(
    request: HttpRequest, status: int, heading: str, detail: str, again: Question | None = None
) -> HttpResponse:
    link = f"/q?{facts.query_of(again)}" if again else "/verify"
    context = {"heading": heading, "detail": detail, "again": link}
    return page(request, "public/trouble.html", context, here="/verify", status=status)


def page(
    request: HttpRequest, template: str, context: dict[str, Any], *, here: str, status: int = 200
) -> HttpResponse:
    """The page in the size of letters the reader chose, by the address or earlier by the cookie."""
    chosen = request.GET.get("large", request.COOKIES.get(LARGE_COOKIE, ""))
    large = chosen == "1"
    context |= {
        "large": large,
        "other_size": f"{here}{'&' if '?' in here else '?'}large={0 if large else 1}",
        "demonstration": settings.DEMONSTRATION,
        "fields": _fields(context.get("asked", _EMPTY)),
    }
    response = render(request, template, context, status=status)
    if "large" in request.GET:
        response.set_cookie(
            LARGE_COOKIE, "1" if large else "0", max_age=365 * 86_400, httponly=True, samesite="Lax"
        )
    return response


# What helps to type each fact: (hint, keyboard, longest).
_HINTS: dict[str, tuple[str, str, int]] = {
    "code": ("8 位数字，在票面右上角", "numeric", 20),
    "number": ("10 位数字，在票面右上角", "numeric", 20),
    "check_code": ("6 位数字或字母", "text", 20),
    "date": ("如 2026-11-22 或 20261122", "text", 20),
    "amount": ("合计小写，如 12.30", "decimal", 24),
}


def _fields(asked: Facts) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "label": label,
            "value": asked.typed.get(name, ""),
            "fault": asked.fault(name),
            "hint": _HINTS[name][0],
            "mode": _HINTS[name][1],
            "longest": _HINTS[name][2],
        }
        for name, label in facts.NAMES.items()
    ]
