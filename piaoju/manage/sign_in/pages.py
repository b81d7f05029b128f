"""登录: the page, its second step, and the calls that its script makes for UKEY and passkey. Nobody is signed in yet."""

from __future__ import annotations

import base64
import binascii
import functools
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed, HttpResponseRedirect, JsonResponse
from django.middleware.csrf import rotate_token
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from piaoju.identity.errors import ChallengeInvalid, UkeyRefused
from piaoju.identity.types import Limit, SessionView
from piaoju.journeys import premises, sign_in
from piaoju.journeys.sign_in import Begun, SignedIn
from piaoju.kit import errors
from piaoju.manage import frame, headers
from piaoju.manage.sign_in import cookies

_ANSWER_BYTES_MAX = 16 * 1024


def answers(*methods: str) -> Callable[[Callable[..., HttpResponseBase]], Callable[..., HttpResponseBase]]:
    """A page or call outside the frame, for these methods; `act` and `methods` are there for the matrix of rights."""

    def wrap(answer: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        @functools.wraps(answer)
        def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.method not in methods:
                return HttpResponseNotAllowed(methods)
            cookies.visit_of(request)
            response = answer(request, *args, **kwargs)
            cookies.keep_visit(request, response)
            return response

        answered.act = None  # type: ignore[attr-defined]
        answered.methods = methods  # type: ignore[attr-defined]
        return answered

    return wrap


@answers("GET", "POST")
def sign_in_page(request: HttpRequest) -> HttpResponseBase:
    """The first page: password, UKEY or passkey."""
    if request.method == "GET":
        present: SessionView | None = getattr(request, "sign_in", None)
        return _onwards(request, present) if present else _shown(request, told=getattr(request, "sign_in_ended", ""))
    username = request.POST.get("username", "")
    try:
        outcome = sign_in.with_password(
            premises.office(), cookies.visit_of(request), username, request.POST.get("secret_password", "")[:200]
        )
    except errors.PiaojuError as refusal:
        return _shown(request, refusal=refusal, username=username)
    if isinstance(outcome, Begun):
        return _code_shown(request, outcome.pending)
    return _entered(request, outcome)


@answers("POST")
def code_page(request: HttpRequest) -> HttpResponseBase:
    """The second step: a one-time code or a recovery code."""
    pending = request.POST.get("pending", "")[:200]
    try:
        outcome = sign_in.with_code(
            premises.office(), cookies.visit_of(request), pending, request.POST.get("secret_code", "")[:40]
        )
    except ChallengeInvalid as refusal:
        return _shown(request, refusal=refusal)
    except errors.PiaojuError as refusal:
        return _code_shown(request, pending, refusal)
    return _entered(request, outcome)


@answers("POST")
def ukey_challenge(request: HttpRequest) -> HttpResponseBase:
    """The text that the UKEY signs."""
    try:
        return _answer({"challenge": sign_in.ukey_challenge(premises.office(), cookies.visit_of(request))})
    except errors.Unavailable as refusal:
        return _refusal(refusal)


@answers("POST")
def ukey(request: HttpRequest) -> HttpResponseBase:
    """What the UKEY answered."""
    try:
        given = _read(request)
        signature, certificate = _octets(given["signature"]), _octets(given["certificate"])
        challenge = str(given["challenge"])
    except (KeyError, ValueError):
        return _refusal(UkeyRefused("UKEY 的答复不完整。请重新插拔后再试"))
    return _script_entered(
        request,
        lambda: sign_in.with_ukey(premises.office(), cookies.visit_of(request), challenge, signature, certificate),
    )


@answers("POST")
def passkey_options(request: HttpRequest) -> HttpResponseBase:
    """What the browser needs to ask for a passkey."""
    try:
        return _answer(sign_in.passkey_options(premises.office(), cookies.visit_of(request)))
    except errors.Unavailable as refusal:
        return _refusal(refusal)


@answers("POST")
def passkey(request: HttpRequest) -> HttpResponseBase:
    """What the passkey answered."""
    try:
        given = _read(request)
    except ValueError:
        return _refusal(ChallengeInvalid())
    return _script_entered(
        request, lambda: sign_in.with_passkey(premises.office(), cookies.visit_of(request), given)
    )


@answers("POST")
def sign_out(request: HttpRequest) -> HttpResponseBase:
    """The session ends for every copy of its cookie; the browser forgets what it kept of our pages."""
    sign_in.sign_out(premises.office(), cookies.token_of(request))
    response = HttpResponseRedirect(f"{settings.LOGIN_URL}?left=1")
    response.status_code = 303
    response["Clear-Site-Data"] = '"cache", "storage"'
    cookies.forget_token(response)
    rotate_token(request)
    return headers.guard(response, frame.nonce(request))


def _shown(
    request: HttpRequest, *, refusal: errors.PiaojuError | None = None, username: str = "", told: str = ""
) -> HttpResponseBase:
    context = {
        "refusal": refusal,
        "username": username[:60],
        "told": told or ("已退出登录" if request.GET.get("left") and not refusal else ""),
        "next": _next(request),
        "agent": settings.UKEY_AGENT,
    }
    return _page(request, "manage/sign_in/sign_in.html", context, "登录", refusal)


def _code_shown(request: HttpRequest, pending: str, refusal: errors.PiaojuError | None = None) -> HttpResponseBase:
    context = {"refusal": refusal, "pending": pending, "next": _next(request)}
    return _page(request, "manage/sign_in/code.html", context, "第二步：动态口令", refusal)


def _page(
    request: HttpRequest, template: str, context: dict[str, Any], title: str, refusal: errors.PiaojuError | None
) -> HttpResponseBase:
    status = 200 if refusal is None else frame.status_of(refusal)
    return frame.bare(request, template, context, title=title, connect=settings.UKEY_AGENT, status=status)


def _entered(request: HttpRequest, outcome: SignedIn) -> HttpResponseBase:
    """On under a new session and a new form secret: by way of the first page, which knows what must be settled first."""
    wanted = _next(request)
    response = HttpResponseRedirect(settings.LOGIN_URL + (f"?{urlencode({'next': wanted})}" if wanted else ""))
    response.status_code = 303
    return _keep(request, response, outcome)


def _script_entered(request: HttpRequest, attempt: Callable[[], SignedIn]) -> HttpResponseBase:
    try:
        outcome = attempt()
    except errors.PiaojuError as refusal:
        return _refusal(refusal)
    return _keep(request, _answer({"next": _next(request) or reverse("manage-home")}), outcome)


def _keep(request: HttpRequest, response: HttpResponse, outcome: SignedIn) -> HttpResponseBase:
    former = cookies.token_of(request)
    if former:
        sign_in.sign_out(premises.office(), former)
    rotate_token(request)
    cookies.set_token(response, outcome.token)
    return headers.guard(response, frame.nonce(request))


def _onwards(request: HttpRequest, present: SessionView) -> HttpResponseBase:
    """Someone who is signed in already: to what must be settled, or to where they wanted."""
    page = {Limit.PASSWORD: "manage-own-password", Limit.FACTOR: "manage-own-totp"}.get(present.limit)
    address = reverse(page) if page else _next(request) or reverse("manage-home")
    if page and _next(request):
        address += "?" + urlencode({"next": _next(request)})
    return HttpResponseRedirect(address)


def _next(request: HttpRequest) -> str:
    """Where to go afterwards: a page of ours, or nowhere."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    local = url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) and wanted.startswith(("/manage", "/openid"))
    return wanted if local and len(wanted) < 2_000 else ""


def _read(request: HttpRequest) -> dict[str, Any]:
    """The JSON body. Raises ValueError."""
    if len(request.body) > _ANSWER_BYTES_MAX:
        raise ValueError("too long")
    given = json.loads(request.body)
    if not isinstance(given, dict):
        raise ValueError("not an object")
    return given


def _octets(text: object) -> bytes:
    try:
        return base64.b64decode(str(text), validate=True)
    except binascii.Error as error:
        raise ValueError("not Base64") from error


def _answer(content: dict[str, Any], status: int = 200) -> HttpResponse:
    response = JsonResponse(content, status=status, json_dumps_params={"ensure_ascii": False})
    response["Cache-Control"] = "no-store"
    return response


def _refusal(refusal: errors.PiaojuError) -> HttpResponse:
    return _answer({"code": refusal.code_value, "detail": refusal.detail}, frame.status_of(refusal))
