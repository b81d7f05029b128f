"""One way from a request to an answer, for the JSON call, the pages and the files alike."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest

from piaoju.journeys import verify_bill
from piaoju.kit.errors import Unavailable
from piaoju.verification.types import Answer, PublishedBill, Question

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
    return None
