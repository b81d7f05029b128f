"""Guesses at secrets: counted by account and source, so that nobody is locked out by another's guessing.

An account named wrongly may be a password typed into the wrong field, so accounts are counted under a blind index.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Q

from piaoju.crypto import envelope
from piaoju.identity import models
from piaoju.identity.errors import TooManyFailures
from piaoju.identity.policy import SignInPolicy

_KEPT = timedelta(days=1)
_KNOWN_SOURCE = timedelta(days=90)


def account_index(index_key: bytes, username: str) -> bytes:
    """What guesses at this account are counted under."""
    return envelope.blind_index(index_key, f"account:{username}")


def take_turn(account: bytes, source: str) -> None:
    """Guesses at one account from one source come one after another, so that none overtakes the count."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"sign-in {account.hex()} {source}"])


def refuse_source_if_locked(policy: SignInPolicy, source: str, now: datetime) -> None:
    """Raises TooManyFailures where this source failed too often of late, whatever it tried."""
    recent = models.SignInFailure.objects.filter(at__gt=now - policy.failure_window)
    if recent.filter(source=source).count() >= policy.failures_of_source_max:
        _refuse(policy)


def refuse_if_locked(policy: SignInPolicy, account: bytes, username: str, source: str, now: datetime) -> None:
    """Raises TooManyFailures where this source, or for strangers this account, guessed too often of late."""
    recent = models.SignInFailure.objects.filter(at__gt=now - policy.failure_window)
    if recent.filter(account=account, source=source).count() >= policy.failures_max:
        _refuse(policy)
    if recent.filter(account=account).count() >= policy.failures_of_account_max and not _is_known(username, source, now):
        _refuse(policy)


def count_failure(account: bytes, source: str, now: datetime) -> None:
    """One wrong guess; guesses of the day before are forgotten."""
    models.SignInFailure.objects.filter(at__lte=now - _KEPT).delete()
    models.SignInFailure.objects.create(account=account, source=source, at=now)


def note_lock(policy: SignInPolicy, account: bytes, source: str, now: datetime) -> bool:
    """Whether this is the first attempt that met this lock: one record a window says so, a flood of them would fill the log."""
    marker = (b"locked " + account)[:32]
    recent = models.SignInFailure.objects.filter(account=marker, source=source, at__gt=now - policy.failure_window)
    if recent.exists():
        return False
    models.SignInFailure.objects.create(account=marker, source=source, at=now)
    return True


def forget_failures(account: bytes, source: str) -> None:
    """After a good sign-in the count of this account and source begins anew."""
    models.SignInFailure.objects.filter(account=account, source=source).delete()


def _is_known(username: str, source: str, now: datetime) -> bool:
    # A stranger who guesses at an account must not lock out the person who signs in from where they always do.
    return models.Session.objects.filter(
        Q(operator__username=username) & Q(source=source) & Q(started_at__gt=now - _KNOWN_SOURCE)
    ).exists()


def _refuse(policy: SignInPolicy) -> None:
    raise TooManyFailures(retry_after_seconds=int(policy.failure_window.total_seconds()))
