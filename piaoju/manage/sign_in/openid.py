"""OpenID Connect over HTTP: the browser is sent here and back, the other system asks the rest. Errors as RFC 6749 words them."""

from __future__ import annotations

import base64
import binascii
from typing import Any
from urllib.parse import unquote_plus, urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed, HttpResponseRedirect, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from piaoju.identity.errors import GrantInvalid, RelyingPartyUnknown
from piaoju.journeys import openid, premises
from piaoju.kit.errors import PiaojuError
from piaoju.manage import frame

_LONGEST = 2_000


def configuration(request: HttpRequest) -> HttpResponseBase:
    """What we offer."""
    return _answer(openid.configuration(premises.office())) if request.method == "GET" else HttpResponseNotAllowed(["GET"])


def jwks(request: HttpRequest) -> HttpResponseBase:
    """The key that identity tokens are checked with."""
    return _answer(openid.keys(premises.office())) if request.method == "GET" else HttpResponseNotAllowed(["GET"])


def authorize(request: HttpRequest) -> HttpResponseBase:
    """Back to the other system with a code, after signing in here if need be."""
    if request.method != "GET":
        return HttpResponseNotAllowed(["GET"])
    asked = _asked(request)
    try:
        openid.name_of(asked)
        if getattr(request, "actor", None) is None:
            return HttpResponseRedirect(f"{settings.LOGIN_URL}?{urlencode({'next': request.get_full_path()[:_LONGEST]})}")
        session = request.sign_in  # type: ignore[attr-defined]  # set with the actor
        response: HttpResponse = HttpResponseRedirect(openid.authorize(premises.office(), session, asked))
    except RelyingPartyUnknown as refusal:
        # Nobody is sent on to an address that is not registered: the person reads why, here.
        context = {"refusal": refusal}
        return frame.bare(request, "manage/sign_in/openid_refused.html", context, title="不能登录到那个系统", status=400)
    response["Cache-Control"], response["Referrer-Policy"] = "no-store", "no-referrer"
    return response


@csrf_exempt
def token(request: HttpRequest) -> HttpResponseBase:
    """Tokens for a code; the other system says who it is by HTTP Basic or in the form."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    client_id, secret = _client_of(request)
    given = {name: request.POST.get(name, "")[:_LONGEST] for name in ("grant_type", "code", "redirect_uri", "code_verifier")}
    try:
        answer = openid.exchange(
            premises.office(), client_id[:_LONGEST], secret[:_LONGEST], grant_type=given["grant_type"], code=given["code"],
            address=given["redirect_uri"], verifier=given["code_verifier"],
        )  # fmt: skip
    except RelyingPartyUnknown:
        response = _answer({"error": "invalid_client"}, 401)
        response["WWW-Authenticate"] = 'Basic realm="piaoju"'
        return response
    except GrantInvalid:
        return _answer({"error": "invalid_grant"}, 400)
    except PiaojuError as refusal:
        return _answer({"error": refusal.code_value}, 400)
    return _answer(answer)


@csrf_exempt
def userinfo(request: HttpRequest) -> HttpResponseBase:
    """Who is signed in, as long as they are."""
    if request.method not in ("GET", "POST"):
        return HttpResponseNotAllowed(["GET", "POST"])
    kind, _, given = request.headers.get("Authorization", "").partition(" ")
    try:
        if kind.lower() != "bearer":
            raise GrantInvalid
        return _answer(openid.person(premises.office(), given.strip()[:_LONGEST]))
    except GrantInvalid:
        response = _answer({"error": "invalid_token"}, 401)
        response["WWW-Authenticate"] = 'Bearer error="invalid_token"'
        return response


def _asked(request: HttpRequest) -> openid.Asked:
    def one(name: str) -> str:
        return request.GET.get(name, "")[:_LONGEST]

    return openid.Asked(
        one("client_id"), one("redirect_uri"), one("response_type"), one("scope"), one("state"), one("nonce"),
        one("code_challenge"), one("code_challenge_method"),
    )  # fmt: skip


def _client_of(request: HttpRequest) -> tuple[str, str]:
    """(client id, secret) by HTTP Basic (RFC 6749 2.3.1: form-encoded in it) or from the form."""
    kind, _, given = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "basic":
        return request.POST.get("client_id", ""), request.POST.get("client_secret", "")
    try:
        client_id, _, secret = base64.b64decode(given, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return unquote_plus(client_id), unquote_plus(secret)


def _answer(content: dict[str, Any], status: int = 200) -> HttpResponse:
    response = JsonResponse(content, status=status, json_dumps_params={"ensure_ascii": False})
    response["Cache-Control"] = "no-store"
    return response
