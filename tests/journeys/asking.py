"""What tests of issuing ask of an outcome and of the ledger."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import psycopg

from piaoju.journeys.issue import Issued, Outcome
from piaoju.kit.errors import PiaojuError
from piaoju.ledger import queries as ledger
from tests.offices import Installed


def issued(outcome: Outcome) -> dict[str, Any]:
    assert isinstance(outcome, Issued), outcome
    answer: dict[str, Any] = msgspec.json.decode(outcome.answer)
    return answer


def code_of(outcome: Outcome) -> str:
    assert isinstance(outcome, PiaojuError), outcome
    return outcome.code_value


def written(installed: Installed) -> Counter[str]:
    """How many rows each table has that a bill leaves behind."""
    tables = ("issuing_bill", "issuing_bill_line", "issuing_bill_document", "issuing_business_key",
              "issuing_bill_number", "verification_published_bill")  # fmt: skip
    return Counter({table: installed.count(f"SELECT count(*) FROM {table}") for table in tables})


def ledger_sum(installed: Installed) -> tuple[int, int]:
    now = datetime.now(UTC)
    with psycopg.connect(installed.url, autocommit=True) as connection:
        found = ledger.totals(now - timedelta(days=2), now + timedelta(days=2), connection=connection).sum
    return found.issued_sheets, found.issued_fen
