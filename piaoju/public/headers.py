"""The headers of every public answer: nothing kept, nothing sent on, nothing run."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar

from django.http import HttpRequest, HttpResponseBase

_Response = TypeVar("_Response", bound=HttpResponseBase)

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)


def guarded(view: Callable[..., _Response]) -> Callable[..., _Response]:
    """The view, its answer carrying the headers."""

    @wraps(view)
    def answer(request: HttpRequest, *args: object, **kwargs: object) -> _Response:
        response = view(request, *args, **kwargs)
        response["Content-Security-Policy"] = POLICY
        response["Cache-Control"] = "no-store"
        # Addresses of /q carry the check code.
        response["Referrer-Policy"] = "no-referrer"
        response["X-Robots-Tag"] = "noindex"
        response["X-Content-Type-Options"] = "nosniff"
        response["Cross-Origin-Opener-Policy"] = "same-origin"
        response["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
        return response

    return answer
