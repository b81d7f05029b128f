"""The pages anyone may open: the form and the verdict. Plain HTML, no script, no account."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.views.decorators.csrf import csrf_exempt

from piaoju.kit import clock
from piaoju.kit.errors import Unavailable
from piaoju.standard import money
from piaoju.verification import queries as verification

from . import answers, facts, pages
from .asking import ask
from .facts import Facts
from .headers import guarded

_EMPTY = Facts({})
SAMPLES_MAX = 24


@guarded
def home(request: HttpRequest) -> HttpResponse:
    """The public home: the form, what the five facts are and, in a demonstration, bills to try."""
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET"])
    return pages.page(request, "public/home.html", {"asked": _EMPTY, "samples": _samples()}, here="/")


@csrf_exempt  # no session, no account, nothing to forge: the answer goes to the asker alone
@guarded
def verify(request: HttpRequest) -> HttpResponse:
    """GET shows the form; POST answers with the verdict, or with the form as it was typed and the faults."""
    if request.method == "POST":
        return _answer(request, *_posted(request.POST))
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "POST"])
    return _form(request, _EMPTY)


@guarded
def landing(request: HttpRequest) -> HttpResponse:
    """Where a bill's QR leads: the verdict at once."""
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET"])
    typed = facts.from_query(request.GET.dict())
    return _answer(request, facts.read(typed)) if typed else _form(request, _EMPTY)


def _posted(form: Mapping[str, str]) -> tuple[Facts, str]:
    """The facts of a posted form, from its five fields or from the pasted text, and the text's fault."""
    text = form.get("text", "")
    if not text.strip():
        return facts.read({name: form.get(name, "") for name in facts.NAMES}), ""
    pasted = facts.from_text(text)
    if pasted is None:
        return Facts({"text": text}), (
            "这不是票据二维码里的文字。应是一个网址，或以「01,」开头、逗号分开的 7 段。也可以填写五项"
        )
    return facts.read(pasted), ""


def _answer(request: HttpRequest, asked: Facts, text_fault: str = "") -> HttpResponse:
    if asked.question is None:
        return _form(request, asked, text_fault, status=422)
    at = clock.system_clock()
    try:
        answer, position = ask(request, asked.question, at)
    except Unavailable as error:
        return pages.refused(request, error)
    verdict = answers.verdict(asked.question, answer, position, at)
    here = f"/q?{verdict.query}"
    if answer.bill is None:
        return pages.page(request, "public/not_found.html", {"verdict": verdict, "asked": asked}, here=here)
    return pages.page(request, "public/verdict.html", {"verdict": verdict}, here=here)


def _form(request: HttpRequest, asked: Facts, text_fault: str = "", status: int = 200) -> HttpResponse:
    return pages.page(
        request,
        "public/verify.html",
        {"asked": asked, "text_fault": text_fault},
        here="/verify",
        status=status,
    )


def _samples() -> list[dict[str, str]]:
    """The bills the settings name (the objects of `piaoju demo`'s result), as they are found now."""
    if not settings.DEMONSTRATION:
        return []
    named = getattr(settings, "DEMONSTRATION_BILLS", ())
    bills: Iterable[Mapping[str, str]] = named() if callable(named) else named
    shown, at = [], clock.system_clock()
    for bill in islice(bills, SAMPLES_MAX):
        question = facts.read(bill).question
        found = question and verification.find(question, at, demonstration=True).bill
        if question and found:
            shown.append(
                {
                    "name": found.bill_name,
                    "unit_name": found.unit_name,
                    "payer": found.payer_masked,
                    "total": money.with_thousands(found.total_fen),
                    "number": facts.number_text(found.bill_number),
                    "link": f"/q?{facts.query_of(question)}",
                }
            )
    return shown
