"""One way from a request to an answer, for the JSON call, the pages and the files alike."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest

from piaoju.journeys import verify_bill
from piaoju.kit.errors import Unavailable
from piaoju.ledger import queries as ledger
from piaoju.ledger.types import FactKind
from piaoju.verification.types import Answer, Kind, PublishedBill, Question

from .answers import LogPosition
from .source import source_of

DATABASE_AWAY = "查验服务暂时没有答复，本次没有查验。请一分钟后再试；急用可请开票单位代为核对"


def ask(request: HttpRequest, question: Question, at: dt.datetime) -> tuple[Answer, LogPosition | None]:
    """The verdict and, for a bill that was found, its place in the log; Unavailable when none can be had."""
    try:
        answer = verify_bill.verify(
            question, source_of(request), at, demonstration=bool(settings.DEMONSTRATION)
        )
        return answer, _position(answer.bill) if answer.bill else None
    except (OperationalError, InterfaceError) as error:
        raise Unavailable(DATABASE_AWAY, retry_after_seconds=60) from error


def _position(bill: PublishedBill) -> LogPosition | None:
    fact = FactKind.red if bill.kind is Kind.RED else FactKind.issued
    index = ledger.leaf_position(bill.unit_id, bill.issued_at, fact, bill.bill_code, bill.bill_number)
    if index is None:
        return None
    head = ledger.checkpoint()
    return LogPosition(index, head.size if head is not None and head.size > index else None)
