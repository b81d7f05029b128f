"""How long certificates, lists and seals last, and when their time for renewal has come."""

from __future__ import annotations

from datetime import datetime, timedelta

AUTHORITY_LASTS = timedelta(days=3650)
CERTIFICATE_LASTS = timedelta(days=1095)
LIST_LASTS = timedelta(days=30)
RENEW_CERTIFICATE_BEFORE = timedelta(days=60)
RENEW_LIST_BEFORE = timedelta(days=20)
# What is signed in the minute of founding must not be refused by a clock that lags a little.
CLOCK_SLACK = timedelta(minutes=5)


def is_due(valid_until: datetime, before: timedelta, at: datetime) -> bool:
    """Whether something is to be renewed now."""
    return valid_until - at <= before
