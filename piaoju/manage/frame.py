"""How every page of the back office is put together: who is here, the frame around it, and what a refusal looks like.

    @frame.view(Act.READ_UNITS)                      # GET; `methods=("GET", "POST")` for a form
    def units(request: HttpRequest) -> HttpResponse:
        actor = frame.actor_of(request)
        return frame.page(request, "manage/registry/unit.html", {...}, title="单位", crumbs=("登记",), help="units")

A view raises what the room or journey raises: NotFound becomes 404 (foreign and missing look the same), NotPermitted 403,
Conflict 409, Refused 422, Unavailable 503, each in the frame with its words and code. `act` None: any signed-in person.
"""

from __future__ import annotations

import functools
import logging
import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, cast
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.loader import render_to_string

from piaoju.identity import rights
from piaoju.identity.errors import ActNotPermitted
from piaoju.identity.rights import Act
from piaoju.identity.types import OperatorActor
from piaoju.journeys import acting, premises
from piaoju.kit import errors
from piaoju.kit.clock import local_date
from piaoju.manage import drafts, headers, menu, places, texts

DENSITY_COOKIE = "piaoju_density"
DENSITIES = (("tight", "紧"), ("middle", "中"), ("loose", "松"))
Crumb = str | tuple[str, str]
_YEAR_SECONDS = 365 * 86_400
_STATUS: tuple[tuple[type[errors.PiaojuError], int], ...] = (
    (errors.NotFound, 404),
    (errors.NotPermitted, 403),
    (errors.Conflict, 409),
    (errors.Refused, 422),
    (errors.Unavailable, 503),
)
_log = logging.getLogger("piaoju.manage.frame")


def view(
    act: Act | None, *, methods: Sequence[str] = ("GET",)
) -> Callable[[Callable[..., HttpResponseBase]], Callable[..., HttpResponseBase]]:
    """A page for signed-in people whose appointments grant `act` somewhere; its own journey decides about the object."""

    def wrap(answer: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        @functools.wraps(answer)
        def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            allowed = {*methods, "HEAD"} if "GET" in methods else set(methods)
            if request.method not in allowed:
                return HttpResponseNotAllowed(sorted(allowed))
            if getattr(request, "actor", None) is None:
                return _to_sign_in(request)
            try:
                if act is not None and not rights.may_anywhere(actor_of(request), act):
                    raise ActNotPermitted
                response = answer(request, *args, **kwargs)
            except errors.PiaojuError as refusal:
                wanted = act.value if act is not None else "open_page"
                acting.record_unrecorded(premises.office(), actor_of(request), wanted, request.path, refusal)
                response = refused(request, refusal)
            return _finish(request, response)

        answered.act = act  # type: ignore[attr-defined]  # the matrix of rights reads it
        answered.methods = tuple(methods)  # type: ignore[attr-defined]
        return answered

    return wrap


def actor_of(request: HttpRequest) -> OperatorActor:
    """Whoever is signed in; the middleware read it anew for this request."""
    return cast(OperatorActor, request.actor)  # type: ignore[attr-defined]


def now() -> datetime:
    """The present instant, by the office's clock."""
    return premises.office().clock()


def page(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any],
    *,
    title: str,
    crumbs: Sequence[Crumb] = (),
    help: str = "",
    status: int = 200,
) -> HttpResponse:
    """The page in its frame: bar, menu by role, crumbs, one h1, the instant it was made, help beside it."""
    actor = actor_of(request)
    return HttpResponse(
        render_to_string(
            template,
            {
                **context,
                "title": title,
                "crumbs": [(crumb, "") if isinstance(crumb, str) else crumb for crumb in crumbs],
                "help": f"manage/help/{help}.html" if help else "",
                "help_topic": help,
                "stamp": texts.instant(now()),
                "menu": menu.lines(actor, request.path),
                "where": places.where(actor, local_date(now())),
                "role": places.role_of(actor),
                "who": texts.masked_name(actor.person_name),
                "density": density(request),
                "densities": DENSITIES,
                "demonstration": settings.DEMONSTRATION,
                "nonce": nonce(request),
                "told": list(messages.get_messages(request)),
            },
            request,
        ),
        status=status,
    )


def bare(
    request: HttpRequest, template: str, context: Mapping[str, Any], *, title: str, connect: str = "", status: int = 200
) -> HttpResponseBase:
    """A page outside the frame, for people not signed in; `connect` is a further origin that its script may ask."""
    words = {**context, "title": title, "nonce": nonce(request), "demonstration": settings.DEMONSTRATION}
    response = HttpResponse(render_to_string(template, words, request), status=status)
    return headers.guard(response, nonce(request), connect)


def done(request: HttpRequest, words: str, address: str) -> HttpResponse:
    """On to the next page (303), where these words are said once: what was done, and its number."""
    messages.success(request, words)
    response = HttpResponseRedirect(address)
    response.status_code = 303
    return response


def refused(request: HttpRequest, refusal: errors.PiaojuError) -> HttpResponse:
    """A refusal as a page: what, why, what to do, and its code."""
    status = status_of(refusal)
    context = {"refusal": refusal, "status": status, "trace_id": secrets.token_hex(8)}
    response = page(request, "manage/refused.html", context, title=_TITLES[status], status=status)
    if isinstance(refusal, errors.Unavailable):
        response["Retry-After"] = str(refusal.retry_after_seconds)
    _log.info("refused %s %s %s", request.path, refusal.code_value, context["trace_id"])
    return response


_TITLES = {404: "没有这一项", 403: "没有权限", 409: "内容已经变了", 422: "不符合规则", 503: "暂时不可用"}


def status_of(refusal: errors.PiaojuError) -> int:
    """The HTTP status of a refusal's family."""
    return next((status for family, status in _STATUS if isinstance(refusal, family)), 422)


def nonce(request: HttpRequest) -> str:
    """This request's own number, without which no script of the page runs."""
    made: str | None = getattr(request, "_piaoju_nonce", None)
    if made is None:
        made = secrets.token_urlsafe(16)
        request._piaoju_nonce = made  # type: ignore[attr-defined]
    return made


def density(request: HttpRequest) -> str:
    """行高: as chosen by the address, or earlier."""
    chosen = request.GET.get("density", request.COOKIES.get(DENSITY_COOKIE, ""))
    return chosen if chosen in dict(DENSITIES) else "middle"


def _finish(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    if "density" in request.GET:
        response.set_cookie(
            DENSITY_COOKIE,
            density(request),
            max_age=_YEAR_SECONDS,
            httponly=True,
            samesite="Lax",
            secure=bool(settings.SESSION_COOKIE_SECURE),
        )
    drafts.remember(request, response, actor_of(request).operator_id)
    return headers.guard(response, nonce(request))


def _to_sign_in(request: HttpRequest) -> HttpResponseBase:
    """To the sign-in page and back here afterwards; what was typed is kept for whoever was signed in before."""
    if request.method == "POST":
        drafts.keep_for_last(request, now())
    here = request.get_full_path() if request.method == "GET" else request.path
    address = f"{settings.LOGIN_URL}?{urlencode({'next': here})}"
    if request.headers.get("HX-Request"):
        response: HttpResponseBase = HttpResponse(status=204)
        response["HX-Redirect"] = address
    else:
        response = HttpResponseRedirect(address)
        response.status_code = 303
    return headers.guard(response, nonce(request))
