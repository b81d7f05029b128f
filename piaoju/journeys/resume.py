"""续签: intents that a stop left behind. Today's wait for their caller, who carries on by asking again; older ones are voided.

An intent bears the date of its day, so one unsigned at day's end cannot be finished truthfully: its number is voided with
the reason, and the next call with the same business number makes the bill anew.
"""

from __future__ import annotations

from datetime import datetime, time

from django.db import connection, transaction

from piaoju.crypto import sm3
from piaoju.issuing import actions as issuing
from piaoju.issuing import queries as bills
from piaoju.issuing.types import IntentRow
from piaoju.journeys.office import Office
from piaoju.kit.clock import SHANGHAI, local_date
from piaoju.ledger import actions as ledger
from piaoju.ledger.types import Fact, FactKind
from piaoju.registry import queries as registry
from piaoju.stock import actions as stock

REASON = "取号后当日没有完成签名"
_AT_ONCE = 500


def resume_intents(office: Office) -> int:
    """Void the numbers of intents from before today; how many."""
    midnight = datetime.combine(local_date(office.clock()), time(), SHANGHAI)
    left = bills.intents_before(midnight, _AT_ONCE)
    for intent in left:
        _void(office, intent)
    return len(left)


def _void(office: Office, intent: IntentRow) -> None:
    at = office.clock()
    number = (intent.unit_id, intent.bill_code, intent.bill_number)
    register = registry.unit_register(registry.unit_code_of(intent.unit_id))
    decision = f"void\n{intent.unit_id}\n{intent.bill_code}\n{intent.bill_number}\n{at.isoformat()}\n{REASON}"
    with transaction.atomic(), connection.cursor() as cursor:
        if not issuing.fulfil_intents(cursor, [(intent.unit_id, intent.business_number)]):
            return  # its signature came after all, and the bill is recorded
        stock.void_numbers(cursor, [number], at, REASON)
        ledger.post(
            cursor,
            [
                Fact(
                    unit_id=intent.unit_id, at=at, kind=FactKind.voided, region_code=register.region_code,
                    bill_type_code=intent.bill_code[2:6], bill_code=intent.bill_code, bill_number=intent.bill_number,
                    sheets=1, amount_fen=0, items=(), actor="job:resume", digest=sm3.digest(decision.encode()),
                )
            ],
        )  # fmt: skip
