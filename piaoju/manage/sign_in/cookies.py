"""The two cookies of signing in: which session this is, and which browser asked. No script reads them."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from piaoju.journeys.sign_in import Visit
from piaoju.kit.addresses import client_address

_SESSION, _VISIT = "piaoju_session", "piaoju_visit"
_VISIT_SECONDS = 3600
_VISIT_BYTES = 32


def token_of(request: HttpRequest) -> str:
    """The session's token that came with this request, if any."""
    return request.COOKIES.get(_name(_SESSION), "")[:200]


def set_token(response: HttpResponseBase, token: str) -> None:
    """The session of this browser; how long it lives is decided by the server alone."""
    response.set_cookie(_name(_SESSION), token, httponly=True, samesite="Lax", secure=_secure(), path="/")


def forget_token(response: HttpResponseBase) -> None:
    response.delete_cookie(_name(_SESSION), path="/", samesite="Lax")


def visit_of(request: HttpRequest) -> Visit:
    """Where this attempt comes from; a browser without the cookie gets a fresh secret, to be set by `keep_visit`."""
    kept = request.COOKIES.get(_name(_VISIT), "")
    if len(kept) != 2 * _VISIT_BYTES or not kept.isalnum():
        kept = getattr(request, "_piaoju_visit", "") or secrets.token_hex(_VISIT_BYTES)
        request._piaoju_visit = kept  # type: ignore[attr-defined]
    host = request.get_host()
    return Visit(
        secret=kept.encode(),
        host=host,
        origin=f"{request.scheme}://{host}",
        source=source_of(request),
        agent=request.headers.get("User-Agent", "")[:200],
    )


def keep_visit(request: HttpRequest, response: HttpResponseBase) -> None:
    """A fresh browser's secret goes with the answer."""
    fresh = getattr(request, "_piaoju_visit", "")
    if fresh:
        response.set_cookie(
            _name(_VISIT), fresh, max_age=_VISIT_SECONDS, httponly=True, samesite="Strict", secure=_secure(), path="/"
        )


def source_of(request: HttpRequest) -> str:
    """The asker's address, behind our own proxies only."""
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "")
    return str(client_address(request.META.get("REMOTE_ADDR", ""), forwarded, settings.TRUSTED_PROXIES))


def _secure() -> bool:
    return bool(settings.SESSION_COOKIE_SECURE)


def _name(name: str) -> str:
    # __Host-: set by this host itself, over TLS, for the whole of it; a sub-domain cannot plant one.
    return f"__Host-{name}" if _secure() else name
