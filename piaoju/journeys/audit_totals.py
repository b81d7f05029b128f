"""核对: the auditor derives bills, lines, facts and totals anew, slice by slice, and says at once what does not add up.

The hours in which bills are being issued are looked at every 15 seconds, so that a difference there is known within a minute;
every day and month since the first fact in turn, those looked at longest ago first, and at the latest after a day again.
While issuing is busy only the present hour is looked at, as seldom as a minute's alarm allows; days and months wait. An hour
so full that a look at it takes seconds is looked at more seldom yet: a twentieth of the time, whatever is issued.
"""

from __future__ import annotations

import logging
import time
from datetime import UTC, datetime, timedelta

from django.db import connection, transaction

from piaoju.journeys.office import Office
from piaoju.kit.clock import local
from piaoju.reporting import actions as reporting
from piaoju.reporting import queries
from piaoju.reporting.queries import Slice

HOURS_EVERY = timedelta(seconds=15)
HOURS_AT_LATEST = timedelta(seconds=45)  # however long a look takes
AGAIN_AFTER = timedelta(hours=6)  # a day or month is left alone as long as this
SHARE = 10  # of the time, one part in so many is spent looking
BUSY_SHARE = 20
_log = logging.getLogger("piaoju.journeys.audit_totals")


class Auditor:
    """Who has looked when. One a keeper; two do no harm."""

    def __init__(self) -> None:
        self._hours_due = self._rest_due = datetime.min.replace(tzinfo=UTC)

    def step(self, office: Office, *, busy: bool = False) -> int:
        """Look at whatever is due; how many new differences there are."""
        now, new = office.clock(), 0
        if now >= self._hours_due:
            took, found = look(office, present_hour(now) if busy else hours_of(now))
            new += found
            wait = max(HOURS_AT_LATEST, BUSY_SHARE * took) if busy else min(max(HOURS_EVERY, SHARE * took), HOURS_AT_LATEST)
            self._hours_due = now + wait
        if now >= self._rest_due and not busy:
            one = queries.next_slice(now, now - AGAIN_AFTER)
            took = HOURS_EVERY / SHARE
            if one is not None:
                took, found = look(office, one)
                new += found
            self._rest_due = now + SHARE * took
        return new


def hours_of(now: datetime) -> Slice:
    """The present hour and the one before."""
    hour = local(now).replace(minute=0, second=0, microsecond=0)
    return Slice("hours", hour - timedelta(hours=1), hour + timedelta(hours=1))


def present_hour(now: datetime) -> Slice:
    """The present hour; the one before too as long as nobody can have looked at its end."""
    hour = local(now).replace(minute=0, second=0, microsecond=0)
    first = local(now - 2 * HOURS_AT_LATEST).replace(minute=0, second=0, microsecond=0)
    return Slice("hours", first, hour + timedelta(hours=1))


def look(office: Office, one: Slice) -> tuple[timedelta, int]:
    """Derive this slice anew and note what was found: how long it took, and how many differences are new."""
    began = time.monotonic()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL jit = off")
        cursor.execute("SET LOCAL statement_timeout = 0")
        found = queries.differences(one)
        took = timedelta(seconds=time.monotonic() - began)
        new = reporting.note_slice(one, found, office.clock(), int(took.total_seconds() * 1000))
    for each in new:
        _log.error("a difference: %s %s: %s", each.code, each.subject, each.detail)
    return took, len(new)
