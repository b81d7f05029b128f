"""What goes on behind the commits: months prepared, totals folded, leaves given their places, heads signed."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.db import connection, transaction

from piaoju.issuing import queries as issuing
from piaoju.issuing.types import BillPlace
from piaoju.journeys import fetch_file, seal_layout
from piaoju.journeys.office import Office
from piaoju.kit import partitions
from piaoju.kit.clock import local_date, system_clock
from piaoju.ledger import actions as ledger
from piaoju.ledger import sequencer
from piaoju.reporting import actions as reporting
from piaoju.seal import queries as seal

PARTITIONED = (
    "issuing_bill",
    "issuing_bill_line",
    "issuing_bill_document",
    "issuing_bill_layout",
    "issuing_print",
    "issuing_delivery",
    "issuing_batch_row",
    "verification_published_bill",
    *ledger.PARTITIONED,
)
_log = logging.getLogger("piaoju.journeys.keep_books")
_SEALED_AT_ONCE = 10  # a fraction of a second: then the keeper looks again whether issuing needs the machine
_PLACED_AT_ONCE = 20_000  # then the head is signed, however much more waits


def prepare_months() -> None:
    """The partitions of last month and of the months ahead are there. Safe to run at every start."""
    first = (local_date(system_clock()).replace(day=1) - timedelta(days=1)).replace(day=1)
    with connection.cursor() as cursor:
        cursor.execute(partitions.ensure_partitions_sql(PARTITIONED, first))


def keep_log(office: Office) -> int:
    """Give pending leaves their places and sign the head of the log; how many leaves were placed."""
    placed = 0
    while placed < _PLACED_AT_ONCE and (some := sequencer.sequence(connection)):
        placed += some
    if connection.in_atomic_block:
        raise RuntimeError("the log is kept behind the commit, never inside a transaction")
    at = office.clock()
    who = seal.log_identity(at)
    sequencer.sign_checkpoint(
        connection, office.data_folder / "log", origin=origin(office), signer=office.signer, key_ref=who.key_ref,
        public_key=who.public_key, at=at,
    )  # fmt: skip
    return placed


def origin(office: Office) -> str:
    """The name of this installation's log in its checkpoints."""
    kind = "demonstration" if office.demonstration else "production"
    return f"piaoju/{office.profile.region2}/{kind}"


def fold_totals(limit: int = 20_000) -> int:
    """Fold what was posted into the totals, so many rows at most; how many rows."""
    return ledger.fold(connection, limit)


def close_days(office: Office) -> int:
    """Close one day or month of totals by what units are, if one is over and not closed; whether there was one."""
    with transaction.atomic(), connection.cursor() as cursor:
        ledger.hold_folding(cursor)
        return int(reporting.close_next(office.clock()))


def seal_waiting(office: Office) -> int:
    """Seal the layout files of bills that have none yet; how many."""
    waiting = issuing.unsealed(_SEALED_AT_ONCE)
    if not waiting:
        return 0
    try:
        seal_layout.seal_bills(office, [(place, fetch_file.xml_of(office, place)) for place in waiting])
        return len(waiting)
    except Exception:  # noqa: BLE001 - one bill that cannot be sealed must not stop the others
        return sum(_seal(office, place) for place in waiting)


def _seal(office: Office, place: BillPlace) -> bool:
    try:
        seal_layout.seal_bill(office, place, fetch_file.xml_of(office, place))
    except Exception as error:  # noqa: BLE001 - told, and the next bill is another
        _log.error("%s-%010d is not sealed: %s %s", place.bill_code, place.bill_number, type(error).__name__, error)
        return False
    return True
