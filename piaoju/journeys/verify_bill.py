"""A stranger asks whether a bill is real: count the try, look, forgive the try if it was right."""

from __future__ import annotations

import datetime as dt
import logging

from django.db import connection

from piaoju.verification import actions as verification
from piaoju.verification import queries
from piaoju.verification.types import Answer, Question, Source, State

_logger = logging.getLogger(__name__)


def verify(question: Question, source: Source, at: dt.datetime, *, demonstration: bool) -> Answer:
    """The verdict on five facts, or TooManyTries with the seconds to wait.

    Each statement commits by itself: a try stays counted even if the answer never reaches the asker.
    """
    with connection.cursor() as cursor:
        buckets = verification.count_try(cursor, question, source, at)
        if verification.worth_an_alarm(buckets):
            _logger.warning(
                "查验被反复猜测：本分钟多数查验未查到。请看 verification 的 pressure，必要时在代理上封禁"
            )
        refusal = verification.refusal(buckets, at)
        if refusal is not None:
            raise refusal
        answer = queries.find(question, at, demonstration=demonstration)
        if answer.state is not State.NOT_FOUND:
            verification.forgive_try(cursor, question, source, at)
    return answer
