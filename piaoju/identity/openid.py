"""OpenID Connect, what is kept of it: relying parties, codes used once, tokens that end with the session."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime, timedelta

from piaoju.crypto import sm3
from piaoju.identity import models
from piaoju.identity.errors import GrantInvalid, RelyingPartyUnknown
from piaoju.identity.types import GrantedSession, RelyingPartyView

CODE_LASTS = timedelta(seconds=60)
TOKEN_LASTS = timedelta(minutes=10)
_KEPT = timedelta(days=1)


def register_relying_party(
    client_id: str, name: str, secret: str, addresses: list[str], at: datetime, by: str
) -> None:
    """Another system may ask us who someone is. The secret must be random: its digest is not stretched."""
    models.RelyingParty.objects.create(
        client_id=client_id, name=name, secret_digest=sm3.digest(secret.encode()), addresses=addresses, registered_at=at,
        registered_by=by,
    )  # fmt: skip


def revoke_relying_party(client_id: str, at: datetime) -> None:
    """It learns nothing from the next call on. Raises RelyingPartyUnknown."""
    if not models.RelyingParty.objects.filter(client_id=client_id, revoked_at=None).update(revoked_at=at):
        raise RelyingPartyUnknown


def relying_party(client_id: str) -> RelyingPartyView:
    """A system in force. Raises RelyingPartyUnknown."""
    row = models.RelyingParty.objects.filter(client_id=client_id, revoked_at=None).first()
    if row is None:
        raise RelyingPartyUnknown
    return RelyingPartyView(row.client_id, row.name, tuple(row.addresses))


def relying_party_of_secret(client_id: str, secret: str) -> RelyingPartyView:
    """A system that knows its secret. Raises RelyingPartyUnknown."""
    row = models.RelyingParty.objects.filter(client_id=client_id, revoked_at=None).first()
    known = bytes(row.secret_digest) if row else bytes(32)
    if not hmac.compare_digest(known, sm3.digest(secret.encode())) or row is None:
        raise RelyingPartyUnknown
    return RelyingPartyView(row.client_id, row.name, tuple(row.addresses))


def grant_code(code: str, client_id: str, session_id: int, *, address: str, nonce: str, challenge: str, at: datetime) -> None:
    """A code for the relying party, good once within a minute. What is a day old is forgotten."""
    models.OpenidGrant.objects.filter(granted_at__lte=at - _KEPT).delete()
    models.OpenidGrant.objects.create(
        code_digest=sm3.digest(code.encode()), relying_party_id=client_id, session_id=session_id, address=address,
        nonce=nonce, challenge=challenge, granted_at=at,
    )  # fmt: skip


def use_code(code: str, client_id: str, *, address: str, verifier: str, token: str, at: datetime) -> GrantedSession:
    """Whose sign-in this code stands for; the token is good from now on.

    Raises GrantInvalid. A code that comes a second time was stolen or copied: what it gave is taken back
    (RFC 6749 4.1.2), which the caller must let commit.
    """
    row = (
        models.OpenidGrant.objects.select_for_update(of=("self",))
        .select_related("session")
        .filter(code_digest=sm3.digest(code.encode()), relying_party_id=client_id)
        .first()
    )
    if row is None:
        raise GrantInvalid
    if row.used_at is not None:
        models.OpenidGrant.objects.filter(pk=row.pk).update(token_until=at)
        raise GrantInvalid
    models.OpenidGrant.objects.filter(pk=row.pk).update(used_at=at)
    proved = hmac.compare_digest(row.challenge.encode(), _challenge_of(verifier).encode())
    if at >= row.granted_at + CODE_LASTS or row.address != address or not proved:
        raise GrantInvalid
    models.OpenidGrant.objects.filter(pk=row.pk).update(token_digest=sm3.digest(token.encode()), token_until=at + TOKEN_LASTS)
    return GrantedSession(row.session_id, client_id, row.nonce)


def session_of_openid_token(token: str, at: datetime) -> GrantedSession:
    """Whose sign-in this token stands for. Raises GrantInvalid."""
    row = models.OpenidGrant.objects.filter(
        token_digest=sm3.digest(token.encode()), token_until__gt=at, relying_party__revoked_at=None
    ).first()
    if row is None:
        raise GrantInvalid
    return GrantedSession(row.session_id, row.relying_party_id, row.nonce)


def _challenge_of(verifier: str) -> str:
    """RFC 7636, S256."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
