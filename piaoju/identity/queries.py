"""Who is acting."""

from __future__ import annotations

from datetime import datetime

from piaoju.crypto import sm3
from piaoju.identity import models
from piaoju.identity.errors import TokenInvalid
from piaoju.identity.types import ClientActor

REVISION_SQL = "SELECT number FROM identity_revision WHERE id = 1"


def client_of_token(token: str, now: datetime) -> ClientActor:
    """The client that this token was granted to. Raises TokenInvalid."""
    revision = models.Revision.objects.get(pk=1).number
    row = (
        models.AccessToken.objects.select_related("client")
        .filter(digest=sm3.digest(token.encode()), expires_at__gt=now, client__revoked_at=None)
        .first()
    )
    if row is None:
        raise TokenInvalid
    client = row.client
    return ClientActor(revision, client.client_id, client.unit_code, frozenset(client.bill_types), row.expires_at)


def client_in_force(actor: ClientActor, now: datetime) -> ClientActor:
    """This client as it is enrolled now, for the same unit, its token not run out. Raises TokenInvalid."""
    revision = models.Revision.objects.get(pk=1).number
    row = models.ApiClient.objects.filter(
        client_id=actor.client_id, unit_code=actor.unit_code, revoked_at=None
    ).first()
    if row is None or actor.expires_at <= now:
        raise TokenInvalid
    return ClientActor(revision, row.client_id, row.unit_code, frozenset(row.bill_types), actor.expires_at)
