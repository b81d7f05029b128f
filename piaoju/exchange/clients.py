"""Which client a bearer token names; remembered for as long as nothing about clients has changed."""

from __future__ import annotations

import threading
from datetime import datetime

from django.db import DatabaseError, close_old_connections
from django.http import HttpRequest

from piaoju.identity import queries as identity
from piaoju.identity.errors import TokenInvalid
from piaoju.identity.types import ClientActor
from piaoju.journeys.errors import DatabaseUnavailable
from piaoju.kit.clock import system_clock

_REMEMBERED_MAX = 10_000
_remembered: dict[str, ClientActor] = {}
_lock = threading.Lock()


def bearer(header: str) -> str:
    """The token of an Authorization header. Raises TokenInvalid."""
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token or len(token) > 200:
        raise TokenInvalid
    return token.strip()


def of_request(request: HttpRequest) -> ClientActor:
    """The client that a request behind Django names. Raises TokenInvalid."""
    return client_of(bearer(request.META.get("HTTP_AUTHORIZATION", "")), system_clock())


def remembered(token: str, now: datetime) -> ClientActor | None:
    """The client as last seen, without asking the database: whoever writes for it checks its revision again."""
    actor = _remembered.get(token)
    return actor if actor is not None and actor.expires_at > now else None


def client_of(token: str, now: datetime) -> ClientActor:
    """The client as the database knows it now. Raises TokenInvalid."""
    close_old_connections()  # this thread is no request's: nobody else looks after its connection
    try:
        actor = identity.client_of_token(token, now)
    except DatabaseError as error:
        raise DatabaseUnavailable from error
    finally:
        close_old_connections()
    with _lock:
        if len(_remembered) >= _REMEMBERED_MAX:
            _remembered.clear()
        _remembered[token] = actor
    return actor
