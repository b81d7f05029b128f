"""Verbs that write identity, inside someone's transaction. Secrets come in as arguments and are kept as digests."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.auth import hashers

from piaoju.crypto import envelope, sm3
from piaoju.identity import models, rights, rules
from piaoju.identity.credentials import (
    accept_totp,
    add_passkey,
    challenge_in_force,
    count_try,
    give_challenge,
    operator_of_passkey,
    operator_of_password,
    remove_passkey,
    replace_recovery_codes,
    set_password,
    set_totp,
    totp_address,
    use_challenge,
    use_recovery_code,
)
from piaoju.identity.errors import ClientUnknown, PersonNameDiffers
from piaoju.identity.guessing import (
    account_index,
    count_failure,
    forget_failures,
    note_lock,
    refuse_if_locked,
    refuse_source_if_locked,
    take_turn,
)
from piaoju.identity.openid import grant_code, register_relying_party, revoke_relying_party, use_code
from piaoju.identity.people import (
    decide_appointment,
    end_appointment,
    refuse_taken,
    request_appointment,
    reset_password,
    reset_second_factor,
    restore_operator,
    suspend_operator,
)
from piaoju.identity.sessions import (
    bind_ukey,
    end_session,
    end_sessions_of,
    note_ukey_revocations,
    open_session,
    revoke_ukey,
    see_session,
    ukey_of,
)
from piaoju.identity.types import Appointment

__all__ = [
    "accept_totp",
    "account_index",
    "add_passkey",
    "appoint_by_installation",
    "bind_ukey",
    "challenge_in_force",
    "count_failure",
    "count_try",
    "decide_appointment",
    "end_appointment",
    "end_session",
    "end_sessions_of",
    "enrol_client",
    "enrol_operator",
    "enrol_person",
    "forget_failures",
    "give_challenge",
    "grant_code",
    "grant_token",
    "note_lock",
    "note_ukey_revocations",
    "open_session",
    "operator_of_passkey",
    "operator_of_password",
    "record_act",
    "refuse_if_locked",
    "refuse_source_if_locked",
    "refuse_taken",
    "register_relying_party",
    "remove_passkey",
    "replace_client_secret",
    "replace_recovery_codes",
    "replace_secrets",
    "request_appointment",
    "reset_password",
    "reset_second_factor",
    "restore_operator",
    "revoke_client",
    "revoke_relying_party",
    "revoke_ukey",
    "see_session",
    "set_password",
    "set_totp",
    "suspend_operator",
    "take_turn",
    "totp_address",
    "ukey_of",
    "use_challenge",
    "use_code",
    "use_recovery_code",
]

TOKEN_SECONDS = 3600
_TOKENS_A_CLIENT_MAX = 100


def enrol_client(client_id: str, secret: str, unit_code: str, bill_types: Sequence[str]) -> None:
    """Register an API client of a unit. The secret must be random (128 bits or more): its digest is not stretched."""
    models.ApiClient.objects.create(
        client_id=client_id, secret_digest=sm3.digest(secret.encode()), unit_code=unit_code, bill_types=list(bill_types)
    )


def replace_client_secret(client_id: str, secret: str) -> bool:
    """Whether there was such a client; its secret is this one from now on."""
    return models.ApiClient.objects.filter(client_id=client_id).update(secret_digest=sm3.digest(secret.encode())) == 1


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


def enrol_person(
    *, name: str, id_number: str, phone: str, key: bytes, index_key: bytes, nonces: tuple[bytes, bytes], at: datetime
) -> int:
    """The person with this ID number, registered now if they were not; their id. Raises PersonNameDiffers."""
    index = envelope.blind_index(index_key, f"id_number:{id_number}") if id_number else None
    found = models.Person.objects.filter(id_number_index=index).first() if index else None
    if found and found.name != name:
        raise PersonNameDiffers
    if found:
        return found.id
    return models.Person.objects.create(
        name=name,
        id_number_sealed=envelope.seal(key, id_number.encode(), b"person:id_number", nonces[0]) if id_number else None,
        id_number_index=index,
        phone_sealed=envelope.seal(key, phone.encode(), b"person:phone", nonces[1]) if phone else None,
        registered_at=at,
    ).id


def enrol_operator(
    *,
    username: str,
    password: str,
    person_id: int,
    totp_secret: str,
    key: bytes,
    nonce: bytes,
    at: datetime,
    by: str,
    must_change_password: bool = False,
) -> int:
    """Open an account of a person; its id. The second factor's secret, if any yet, is kept encrypted."""
    sealed = envelope.seal(key, totp_secret.encode(), f"totp:{username}".encode(), nonce) if totp_secret else None
    return models.Operator.objects.enrol(
        username, password, person_id=person_id, enrolled_at=at, enrolled_by=by, password_changed_at=at,
        totp_secret_sealed=sealed, must_change_password=must_change_password,
    ).id  # fmt: skip


def replace_secrets(username: str, *, password: str, totp_secret: str, key: bytes, nonce: bytes, at: datetime) -> None:
    """The account's password and authenticator are these from now on: a founding's that was cut short before it told them."""
    sealed = envelope.seal(key, totp_secret.encode(), f"totp:{username}".encode(), nonce)
    models.Operator.objects.filter(username=username).update(
        password=hashers.make_password(password), password_changed_at=at, totp_secret_sealed=sealed, totp_last_step=0
    )


def appoint_by_installation(operator_id: int, appointment: Appointment, *, at: datetime, by: str) -> int:
    """任职 by the installation itself, at its founding: there is nobody yet who could. Its id."""
    person_id = models.Operator.objects.values_list("person_id", flat=True).get(pk=operator_id)
    role = appointment.role
    return models.Appointment.objects.create(
        operator_id=operator_id, person_id=person_id, role=role, branch=rights.BRANCHES[role],
        region_code=appointment.region_code, unit_code=appointment.unit_code, bill_types=sorted(appointment.bill_types),
        valid_from=at, two_person=role in rights.TWO_PERSON_ROLES, requested_at=at, requested_by=by, decided_at=at,
        decided_by=by, approved=True,
    ).id  # fmt: skip
