"""A form as a page: shown, checked, sent on; what was typed stays, whatever happens."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase

from piaoju.kit import errors
from piaoju.manage import drafts, frame, texts
from piaoju.manage.forms.fields import Form

DRAFT_HEADER = "X-Piaoju-Draft"
_ONCE_CHARACTERS = 32


@dataclass(frozen=True, slots=True)
class Done:
    """The act is done: what to say, and where to go."""

    words: str
    address: str


@dataclass(slots=True)
class _Fault:
    detail: str
    name: str = ""


@dataclass(slots=True)
class _Faults:
    lines: list[_Fault] = field(default_factory=list)
    code: str = ""
    trace_id: str = ""
    status: int = 200

    def of(self, name: str) -> str:
        return "；".join(line.detail for line in self.lines if line.name == name)


Save = Callable[[dict[str, Any], str], Done | HttpResponseBase]


@dataclass(frozen=True, slots=True)
class Page:
    """The words around a form. `seal`: its button is the one act that is outlined in seal red (冲红 only)."""

    title: str
    button: str
    crumbs: Sequence[frame.Crumb] = ()
    help: str = ""
    effect: str = ""  # what an act that cannot be undone will do
    note: str = ""
    facts: Sequence[tuple[str, str]] = ()  # what it is about
    back: tuple[str, str] | None = None
    seal: bool = False
    template: str = "manage/form.html"


def ask(
    request: HttpRequest,
    form_class: type[Form],
    page: Page,
    save: Save,
    *,
    initial: Mapping[str, Any] | None = None,
    context: Mapping[str, Any] | None = None,
) -> HttpResponseBase:
    """GET shows the form, with the draft if there is one; POST checks it and saves. Passes on NotFound and NotPermitted."""
    operator_id = frame.actor_of(request).operator_id
    if request.method != "POST":
        kept = drafts.read(operator_id, request.path)
        form, once = _opened(form_class, kept, initial)
        return _shown(request, page, form, once, _Faults(), context, kept)
    if request.headers.get(DRAFT_HEADER):
        return _keep(request, operator_id)
    if "discard" in request.POST:
        drafts.drop(operator_id, request.path)
        return frame.done(request, "草稿已丢弃", request.get_full_path())
    form = form_class(request.POST, request.FILES)
    answer, faults = _save(request, form, save)
    if answer is not None:
        drafts.drop(operator_id, request.path)
        return answer
    # What was typed is safe from now on even if the page is closed.
    drafts.keep(operator_id, request.path, dict(request.POST.lists()), frame.now())
    return _shown(request, page, form, request.POST.get("once", ""), faults, context)


def _shown(
    request: HttpRequest,
    page: Page,
    form: Form,
    once: str,
    faults: _Faults,
    context: Mapping[str, Any] | None,
    kept: drafts.Draft | None = None,
) -> HttpResponse:
    words = {
        "page": page,
        "fields": [_field(form, name, faults) for name in form.fields],
        "faults": faults,
        "once": once if len(once) == _ONCE_CHARACTERS and once.isalnum() else secrets.token_hex(_ONCE_CHARACTERS // 2),
        "facts": page.facts,
        "upload": form.is_multipart(),
        "kept_at": texts.instant(kept.kept_at) if kept else "",
    }
    return frame.page(
        request,
        page.template,
        words | dict(context or {}),
        title=page.title,
        crumbs=page.crumbs,
        help=page.help,
        status=faults.status,
    )


def _opened(form_class: type[Form], kept: drafts.Draft | None, initial: Mapping[str, Any] | None) -> tuple[Form, str]:
    if kept is None:
        return form_class(initial=dict(initial or {})), ""
    values: dict[str, Any] = dict(initial or {})
    for name, declared in form_class.base_fields.items():
        if name in kept.values and getattr(declared, "kind", "") not in ("secret", "file"):
            found = kept.values[name]
            values[name] = found if getattr(declared, "kind", "") == "choices" else found[-1] if found else ""
    return form_class(initial=values), (kept.values.get("once") or [""])[-1]


def _save(request: HttpRequest, form: Form, save: Save) -> tuple[HttpResponseBase | None, _Faults]:
    """The answer after saving, or what is wrong."""
    if not form.is_valid():
        lines = [_Fault(str(detail), name) for name, found in form.errors.items() for detail in found]
        return None, _Faults([_Fault(line.detail, line.name if line.name in form.fields else "") for line in lines], status=422)
    once = request.POST.get("once", "")[:_ONCE_CHARACTERS]
    try:
        outcome = save(dict(form.cleaned_data), once)
    except (errors.NotFound, errors.NotPermitted):
        raise
    except errors.PiaojuError as refusal:
        pointed = [_Fault(e.detail, _name_of(e.pointer, form)) for e in refusal.errors]
        lines = pointed or [_Fault(refusal.detail)]
        return None, _Faults(lines, refusal.code_value, secrets.token_hex(8), frame.status_of(refusal))
    if isinstance(outcome, Done):
        return frame.done(request, outcome.words, outcome.address), _Faults()
    return outcome, _Faults()


def _name_of(pointer: str, form: Form) -> str:
    name = pointer.strip("/").split("/")[0]
    return name if name in form.fields else ""


def _keep(request: HttpRequest, operator_id: int) -> HttpResponse:
    """The draft of a form that is still being filled in: its time, to be shown beside the button."""
    kept = drafts.keep(operator_id, request.path, dict(request.POST.lists()), frame.now())
    return HttpResponse(f"草稿已存 {texts.instant(frame.now())[11:]}" if kept else "", content_type="text/plain; charset=utf-8")


def _field(form: Form, name: str, faults: _Faults) -> dict[str, Any]:
    bound = form[name]
    declared = form.fields[name]
    kind = getattr(declared, "kind", "text")
    value = bound.value()
    chosen = {str(v) for v in value} if isinstance(value, list | tuple | set) else {str(value)}
    hint, fault = declared.help_text, faults.of(name)
    fens = getattr(declared, "fens", {})
    return {
        "name": name,
        "id": f"i-{name}",
        "label": declared.label,
        "kind": kind,
        "must": declared.required,
        "hint": hint,
        "fault": fault,
        "described": " ".join(part for part, there in ((f"h-{name}", hint), (f"x-{name}", fault)) if there),
        "value": "" if kind in ("secret", "file") or value is None else _written(kind, value),
        "ticked": kind == "tick" and bool(value),
        "choices": [(v, word, v in chosen, fens.get(v)) for v, word in getattr(declared, "choices", ())],
        "adds": bool(fens),
        "keyboard": getattr(declared, "keyboard", "text"),
        "longest": getattr(declared, "longest", 0),
        "autocomplete": getattr(declared, "autocomplete", "off"),
    }


def _written(kind: str, value: Any) -> Any:
    """A value as it would have been typed; initial amounts are in fen."""
    return texts.yuan(value) if kind == "yuan" and isinstance(value, int) else value
