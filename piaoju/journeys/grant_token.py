"""取令牌: a client proves that it knows its secret; every attempt leaves a record."""

from __future__ import annotations

import base64
from collections import Counter
from datetime import datetime

from django.db import connection, transaction

from piaoju.identity import actions as identity
from piaoju.identity.errors import ClientUnknown
from piaoju.journeys import refuse
from piaoju.journeys.office import Office
from piaoju.kit.errors import Unavailable

_TOKEN_BYTES = 32
_WINDOW_SECONDS = 60
# By one process in a minute. Wrong guesses at 192-bit secrets open nothing; the limit keeps them from filling the record.
_FAILURES_A_CLIENT_MAX = 10
_FAILURES_MAX = 200


class TooManyAttempts(Unavailable):
    code = "too_many_attempts"
    label = "密钥连续出错次数过多。请一分钟后再试，并核对 client_id 和 client_secret"


class _Attempts:
    """Failures of this minute, by client and in all."""

    def __init__(self) -> None:
        self._minute = 0
        self._failures: Counter[str] = Counter()

    def may_try(self, client_id: str, at: datetime) -> bool:
        self._turn(at)
        return self._failures[client_id] < _FAILURES_A_CLIENT_MAX and self._failures.total() < _FAILURES_MAX

    def count_failure(self, client_id: str, at: datetime) -> None:
        self._turn(at)
        self._failures[client_id] += 1

    def _turn(self, at: datetime) -> None:
        minute = int(at.timestamp()) // _WINDOW_SECONDS
        if minute != self._minute:
            self._minute, self._failures = minute, Counter()


_attempts = _Attempts()


def grant(office: Office, client_id: str, secret: str) -> tuple[str, int]:
    """A new token and how many seconds it lives. Raises ClientUnknown."""
    if not _attempts.may_try(client_id, office.clock()):
        raise TooManyAttempts(retry_after_seconds=_WINDOW_SECONDS)
    token = base64.urlsafe_b64encode(office.random_bytes(_TOKEN_BYTES)).decode().rstrip("=")
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            seconds = identity.grant_token(client_id, secret, token, office.clock())
            _record(cursor, office, client_id, "granted")
    except ClientUnknown as refusal:
        _attempts.count_failure(client_id, office.clock())
        with transaction.atomic(), connection.cursor() as cursor:
            _record(cursor, office, client_id, refusal.code_value)
        raise
    return token, seconds


def _record(cursor: object, office: Office, client_id: str, outcome: str) -> None:
    shown = client_id if client_id.isascii() and client_id.isprintable() else "?"
    refuse.record_act(
        cursor, office, actor=f"client:{shown[:40]}", act="grant_token", subject="", outcome=outcome, trace_id=""
    )
