"""The headers of every page of the back office: nothing kept by others, nothing run but our own, by nonce."""

from __future__ import annotations

from django.http import HttpResponseBase


def policy(nonce: str, connect: str = "") -> str:
    """The content policy of a page. `connect`: a further origin its script may ask (the UKEY agent, at sign-in)."""
    asked = f"'self' {connect}".strip()
    return (
        f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'self'; img-src 'self'; connect-src {asked}; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


def guard(response: HttpResponseBase, nonce: str, connect: str = "") -> HttpResponseBase:
    """The response, carrying the headers."""
    response["Content-Security-Policy"] = policy(nonce, connect)
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "same-origin"
    response["X-Robots-Tag"] = "noindex"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cross-Origin-Opener-Policy"] = "same-origin"
    response["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
    return response
