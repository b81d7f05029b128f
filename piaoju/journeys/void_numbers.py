"""作废号码: numbers that were taken and will carry no bill, each with its reason and its fact."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import psycopg

from piaoju.crypto import sm3
from piaoju.kit.clock import local_date
from piaoju.ledger import actions as ledger
from piaoju.ledger.types import Fact, FactKind
from piaoju.registry import queries as registry
from piaoju.stock import actions as stock
from piaoju.stock.types import TakenNumbers

Number = tuple[int, str, int]  # unit id, bill code, number


def void(cursor: Any, numbers: Sequence[Number], *, at: datetime, reason: str, actor: str) -> None:
    """Void these numbers, inside the transaction that ends their taking or their intent."""
    if not numbers:
        return
    units = {unit_id for unit_id, _, _ in numbers}
    regions = {unit_id: registry.unit_place_of(unit_id, local_date(at)).region_code for unit_id in units}
    stock.void_numbers(cursor, numbers, at, reason)
    ledger.post(
        cursor,
        [
            Fact(
                unit_id=unit_id, at=at, kind=FactKind.voided, region_code=regions[unit_id],
                bill_type_code=bill_code[2:6], bill_code=bill_code, bill_number=bill_number, sheets=1, amount_fen=0,
                items=(), actor=actor, digest=_decision(unit_id, bill_code, bill_number, at, reason),
            )
            for unit_id, bill_code, bill_number in numbers
        ],
    )  # fmt: skip


def void_taken(
    connection: psycopg.Connection[Any], taken: Sequence[TakenNumbers], *, at: datetime, reason: str, actor: str
) -> None:
    """Void what this connection took and did not use; nothing, where it was recorded after all and only the answer was lost."""
    if not taken:
        return
    with connection.transaction():
        cursor = connection.cursor()
        stock.end_takings(cursor, taken)
        if len(cursor.fetchall()) != len(taken):
            raise psycopg.Rollback
        void(cursor, [(t.unit_id, t.bill_code, n) for t in taken for n in t.numbers], at=at, reason=reason, actor=actor)


def _decision(unit_id: int, bill_code: str, bill_number: int, at: datetime, reason: str) -> bytes:
    return sm3.digest(f"void\n{unit_id}\n{bill_code}\n{bill_number}\n{at.isoformat()}\n{reason}".encode())
