"""What a person typed and has not sent: kept sealed, for this person and this address, also across an expired login.

This is the memory of the door itself, not of any room: it is written when a form changes and dropped when the form is sent.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponseBase

from piaoju.crypto import envelope
from piaoju.journeys import premises
from piaoju.manage import models

LAST_COOKIE = "piaoju_last"
SECRET_PREFIX = "secret_"  # fields whose names begin so are never kept
KEPT_DAYS = 30
DRAFTS_MAX = 20
DRAFT_BYTES_MAX = 512 * 1024  # a bill at the window with a list of a thousand rows
_SALT = "manage.drafts.last"
_LAST_SECONDS = 7 * 86_400


@dataclass(frozen=True, slots=True)
class Draft:
    """Typed values as they came, by the name of their field."""

    values: Mapping[str, list[str]]
    kept_at: datetime


def keep(operator_id: int, address: str, typed: Mapping[str, list[str]], now: datetime) -> bool:
    """The typed values are kept; False if they are too large or empty."""
    values = {name: found for name, found in typed.items() if not name.startswith((SECRET_PREFIX, "csrf"))}
    written = json.dumps(values, ensure_ascii=False).encode()
    if len(written) > DRAFT_BYTES_MAX or len(address) > 300 or not any(any(found) for found in values.values()):
        return False
    office = premises.office()
    sealed = envelope.seal(office.data_key, written, _context(operator_id, address), office.random_bytes(envelope.NONCE_BYTES))
    mine = models.FormDraft.objects.filter(operator_id=operator_id)
    models.FormDraft.objects.filter(kept_at__lt=now - timedelta(days=KEPT_DAYS)).delete()
    models.FormDraft.objects.update_or_create(
        operator_id=operator_id, address=address, defaults={"sealed": sealed, "kept_at": now}
    )
    newest = mine.order_by("-kept_at").values_list("pk", flat=True)[:DRAFTS_MAX]
    mine.exclude(pk__in=list(newest)).delete()
    return True


def read(operator_id: int, address: str) -> Draft | None:
    """The draft of this person for this address."""
    row = models.FormDraft.objects.filter(operator_id=operator_id, address=address).first()
    if row is None:
        return None
    try:
        opened = envelope.open(premises.office().data_key, bytes(row.sealed), _context(operator_id, address))
    except envelope.EnvelopeBroken:
        return None
    return Draft(json.loads(opened), row.kept_at)


def drop(operator_id: int, address: str) -> None:
    """The draft is gone: it was sent, or is not wanted."""
    models.FormDraft.objects.filter(operator_id=operator_id, address=address).delete()


def waiting(operator_id: int) -> list[tuple[str, datetime]]:
    """The addresses where this person has something unsent, newest first."""
    rows = models.FormDraft.objects.filter(operator_id=operator_id).order_by("-kept_at")
    return [(row.address, row.kept_at) for row in rows[:DRAFTS_MAX]]


def remember(request: HttpRequest, response: HttpResponseBase, operator_id: int) -> None:
    """The browser knows, signed, who was here last: only for them a form is kept that comes after the login has expired."""
    value = signing.Signer(salt=_SALT).sign(str(operator_id))
    if request.COOKIES.get(LAST_COOKIE) != value:
        response.set_cookie(
            LAST_COOKIE,
            value,
            max_age=_LAST_SECONDS,
            httponly=True,
            samesite="Lax",
            secure=bool(settings.SESSION_COOKIE_SECURE),
        )


def keep_for_last(request: HttpRequest, now: datetime) -> None:
    """A form that comes without a login is kept for whoever was signed in on this browser before."""
    try:
        operator_id = int(signing.Signer(salt=_SALT).unsign(request.COOKIES.get(LAST_COOKIE, "")))
    except (signing.BadSignature, ValueError):
        return
    keep(operator_id, request.path, dict(request.POST.lists()), now)


def _context(operator_id: int, address: str) -> bytes:
    return f"form-draft {operator_id} {address}".encode()
