"""先行盖章: while one worker makes a ZIP from its beginning, every lane seals the OFDs it will want, from its end on.

Sealing is most of what such a file costs. Nothing depends on this task: what it did not seal, the maker does; what somebody
sealed stays as it is. So it may be killed anywhere, and begins again from the end, where it finds little left.
"""

from __future__ import annotations

from django.db import connection, transaction

from piaoju.issuing import queries as issuing
from piaoju.journeys.download_makers import BILLS_AT_ONCE, place_of, seal_missing
from piaoju.journeys.office import Office
from piaoju.reporting import queries

TASK = "seal_ahead"
_UNDER_WAY = ("waiting", "running")


def enqueue(office: Office, download_id: int) -> None:
    """Have every lane help with this download. Inside the caller's transaction."""
    for lane in range(office.lanes):
        office.jobs.enqueue(TASK, download_id=download_id, lane=lane)


def seal_ahead(office: Office, *, download_id: int, lane: int) -> None:
    """The task: seal group after group that no other lane has, until the maker comes towards it."""
    row = queries.download(download_id)
    until = row.bills if row else 0
    while row is not None and row.state in _UNDER_WAY and until > row.bills_done:
        after = max(row.bills_done, until - BILLS_AT_ONCE)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", (f"seal ahead {download_id} {until}",)
            )
            if cursor.fetchone() == (True,):
                chosen = queries.download_bills(download_id, after, until - after)
                waiting = issuing.unsealed_of([place_of(bill) for bill in chosen])
                seal_missing(office, waiting, issuing.parcels_of(waiting))
        until = after
        row = queries.download(download_id)
