"""续签: what a stop left behind between taking a number and recording its bill.

A taking whose connection is gone, and an intent from before today (it bears the date of its day, so it cannot be finished
truthfully): their numbers are voided with the reason, and the next call with the same business number makes the bill
anew. Today's intents wait for their caller, who carries on by asking again.
"""

from __future__ import annotations

from datetime import datetime, time

from django.db import connection, transaction

from piaoju.issuing import actions as issuing
from piaoju.issuing import queries as bills
from piaoju.issuing.types import IntentRow
from piaoju.journeys import void_numbers
from piaoju.journeys.office import Office
from piaoju.kit.clock import SHANGHAI, local_date
from piaoju.stock import actions as stock

UNSIGNED = "取号后当日没有完成签名"
ABANDONED = "取号后开票进程中断，没有开出"
_ACTOR = "job:resume"
_AT_ONCE = 500


def resume_takings(office: Office) -> int:
    """Void the numbers of takings whose connection is gone; how many takings."""
    with transaction.atomic(), connection.cursor() as cursor:
        left = stock.abandoned_takings(cursor, _AT_ONCE)
        if left:
            stock.end_takings(cursor, left)
            numbers = [(t.unit_id, t.bill_code, n) for t in left for n in t.numbers]
            void_numbers.void(cursor, numbers, at=office.clock(), reason=ABANDONED, actor=_ACTOR)
    return len(left)


def resume_intents(office: Office) -> int:
    """Void the numbers of intents from before today; how many."""
    midnight = datetime.combine(local_date(office.clock()), time(), SHANGHAI)
    left = bills.intents_before(midnight, _AT_ONCE)
    for intent in left:
        _void(office, intent)
    return len(left)


def _void(office: Office, intent: IntentRow) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        number = (intent.unit_id, intent.bill_code, intent.bill_number)
        issuing.fulfil_intents(cursor, [(intent.unit_id, intent.business_number, intent.bill_code, intent.bill_number)])
        if not cursor.fetchall():
            return  # its signature came after all, and the bill is recorded
        void_numbers.void(cursor, [number], at=office.clock(), reason=UNSIGNED, actor=_ACTOR)
