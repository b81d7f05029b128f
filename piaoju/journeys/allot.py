"""发放: numbers go from the finance department to a unit; the segment, its counter and the fact in one transaction."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from piaoju.crypto import sm3
from piaoju.ledger import actions as ledger
from piaoju.ledger.types import Fact, FactKind
from piaoju.stock import actions as stock


def allot(
    cursor: Any, *, unit_id: int, region_code: str, bill_type_code: str, bill_code: str, sheets: int, at: datetime, by: str
) -> tuple[int, int]:
    """Allot the next free numbers of a code to a unit, in the caller's transaction; (first, last)."""
    first = stock.next_free_number(cursor, bill_code)
    last = first + sheets - 1
    stock.allot_segment(
        cursor, unit_id=unit_id, bill_type_code=bill_type_code, bill_code=bill_code, first=first, last=last, at=at, by=by
    )
    decision = f"allot\n{unit_id}\n{bill_code}\n{first}\n{last}\n{at.isoformat()}\n{by}"
    ledger.post(
        cursor,
        [
            Fact(
                unit_id=unit_id, at=at, kind=FactKind.allotted, region_code=region_code, bill_type_code=bill_type_code,
                bill_code=bill_code, bill_number=first, sheets=sheets, amount_fen=0, items=(), actor=by,
                digest=sm3.digest(decision.encode()),
            )
        ],
    )  # fmt: skip
    return first, last
