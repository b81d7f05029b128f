"""Verbs that write identity, inside someone's transaction. Secrets come in as arguments and are kept as digests."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from piaoju.crypto import envelope, sm3
from piaoju.identity import models, rules
from piaoju.identity.errors import ClientUnknown

TOKEN_SECONDS = 3600
_TOKENS_A_CLIENT_MAX = 100


def enrol_client(client_id: str, secret: str, unit_code: str, bill_types: Sequence[str]) -> None:
    """Register an API client of a unit. The secret must be random (128 bits or more): its digest is not stretched."""
    models.ApiClient.objects.create(
        client_id=client_id, secret_digest=sm3.digest(secret.encode()), unit_code=unit_code, bill_types=list(bill_types)
    )


def revoke_client(client_id: str, at: datetime) -> None:
    """吊销: the client's tokens are refused from the next request on."""
    models.ApiClient.objects.filter(client_id=client_id, revoked_at=None).update(revoked_at=at)


def grant_token(client_id: str, secret: str, token: str, now: datetime) -> int:
    """Keep a token for a client that knows its secret; how many seconds it lives. Raises ClientUnknown."""
    client = models.ApiClient.objects.filter(client_id=client_id, revoked_at=None).first()
    known = bytes(client.secret_digest) if client else bytes(32)
    if not hmac.compare_digest(known, sm3.digest(secret.encode())) or client is None:
        raise ClientUnknown
    models.AccessToken.objects.filter(client=client, expires_at__lte=now).delete()
    surplus = models.AccessToken.objects.filter(client=client).order_by("-expires_at")[_TOKENS_A_CLIENT_MAX:]
    models.AccessToken.objects.filter(digest__in=[row.digest for row in surplus]).delete()
    models.AccessToken.objects.create(
        digest=sm3.digest(token.encode()), client=client, expires_at=now + timedelta(seconds=TOKEN_SECONDS)
    )
    return TOKEN_SECONDS


def record_act(
    cursor: Any, *, at: datetime, actor: str, act: str, subject: str, outcome: str, trace_id: str
) -> tuple[int, bytes]:
    """Write one audit record; its id and the bytes that become a leaf of the log."""
    stored = (at.astimezone(UTC), actor[:100], act[:60], subject[:200], outcome[:60], trace_id[:32])
    cursor.execute(
        """INSERT INTO identity_auditrecord (at, actor, act, subject, outcome, trace_id)
           VALUES (%s, %s, %s, %s, %s, %s) RETURNING id""",
        stored,
    )
    number: int = cursor.fetchone()[0]
    return number, rules.event_of(number, *stored)


def enrol_operator(
    *,
    username: str,
    password: str,
    person_name: str,
    role: str,
    region_code: str,
    unit_code: str,
    totp_secret: str,
    key: bytes,
    nonce: bytes,
) -> None:
    """Register a person who may log in; the second factor's secret is kept encrypted."""
    sealed = envelope.seal(key, totp_secret.encode(), f"totp:{username}".encode(), nonce)
    models.Operator.objects.enrol(
        username, password, person_name=person_name, role=role, region_code=region_code, unit_code=unit_code,
        totp_secret_sealed=sealed,
    )  # fmt: skip
