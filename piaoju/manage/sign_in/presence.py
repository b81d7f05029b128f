"""Middleware: who stands behind this request, read anew each time, so that what was revoked is gone at the next one."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

from piaoju.identity.errors import OperatorNotInForce, SessionEnded
from piaoju.identity.types import Limit, SessionView
from piaoju.journeys import premises, sign_in
from piaoju.manage.sign_in import cookies

# Where nobody is ever signed in, the session is not asked for.
_WITH_SESSION = ("/manage", "/openid")


class Presence:
    """Sets `request.sign_in` (the session, or None) and `request.actor` (None also while something must be settled first)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        found = _session_of(request)
        request.sign_in = found  # type: ignore[attr-defined]
        request.actor = found.actor if found and found.limit == Limit.NONE else None  # type: ignore[attr-defined]
        return self._get_response(request)


def _session_of(request: HttpRequest) -> SessionView | None:
    token = cookies.token_of(request)
    if not token or not request.path.startswith(_WITH_SESSION):
        return None
    try:
        return sign_in.session(premises.office(), token)
    except (SessionEnded, OperatorNotInForce) as refusal:
        request.sign_in_ended = refusal.detail  # type: ignore[attr-defined]
        return None
