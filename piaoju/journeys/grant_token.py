"""取令牌: a client proves that it knows its secret; every attempt leaves a record."""

from __future__ import annotations

import base64

from django.db import connection, transaction

from piaoju.identity import actions as identity
from piaoju.identity.errors import ClientUnknown
from piaoju.journeys import refuse
from piaoju.journeys.office import Office

_TOKEN_BYTES = 32


def grant(office: Office, client_id: str, secret: str) -> tuple[str, int]:
    """A new token and how many seconds it lives. Raises ClientUnknown."""
    token = base64.urlsafe_b64encode(office.random_bytes(_TOKEN_BYTES)).decode().rstrip("=")
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            seconds = identity.grant_token(client_id, secret, token, office.clock())
            _record(cursor, office, client_id, "granted")
    except ClientUnknown as refusal:
        with transaction.atomic(), connection.cursor() as cursor:
            _record(cursor, office, client_id, refusal.code_value)
        raise
    return token, seconds


def _record(cursor: object, office: Office, client_id: str, outcome: str) -> None:
    shown = client_id if client_id.isascii() and client_id.isprintable() else "?"
    refuse.record_act(
        cursor, office, actor=f"client:{shown[:40]}", act="grant_token", subject="", outcome=outcome, trace_id=""
    )
