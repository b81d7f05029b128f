"""What the ledger is told about numbers of a unit: one fact for each range. Moves between departments are no facts.

Inside someone's transaction; who may do it was decided before.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from piaoju.crypto import sm3
from piaoju.journeys.stock_places import UnitAtStock
from piaoju.ledger import actions as ledger
from piaoju.ledger.types import Fact, FactKind
from piaoju.stock import actions as stock
from piaoju.stock.types import Code, Ground, MovementKind, Numbers, Place


def give_to_unit(
    cursor: Any, unit: UnitAtStock, supplier: Place, code: Code, sheets: int, why: Ground
) -> list[Numbers]:
    """So many sheets out of a department's stock to a unit, with their facts, in the caller's transaction."""
    parts = stock.give(cursor, MovementKind.ALLOTTED, code, sheets, supplier, unit.place, why)
    post_moved(cursor, FactKind.allotted, unit, parts, why)
    return parts


def post_moved(cursor: Any, kind: FactKind, unit: UnitAtStock, parts: Sequence[Numbers], ground: Ground) -> None:
    """发放、退回、作废: these numbers, in the caller's transaction."""
    _post(cursor, [_fact(kind, unit, part.code, part.first, part.sheets, ground) for part in parts])


def post_requisitioned(
    cursor: Any, unit: UnitAtStock, code: Code, sheets: int, ground: Ground, *, requisition_id: int = 0
) -> None:
    """申领: sheets that have no numbers yet, named by the requisition."""
    _post(cursor, [_fact(FactKind.requisitioned, unit, code, requisition_id, sheets, ground)])


def _post(cursor: Any, facts: Sequence[Fact]) -> None:
    ledger.post(cursor, facts)


def _fact(kind: FactKind, unit: UnitAtStock, code: Code, number: int, sheets: int, ground: Ground) -> Fact:
    decision = "\n".join([
        kind.name, str(unit.unit_id), str(code.medium), code.bill_code, str(number), str(sheets), ground.at.isoformat(),
        ground.by, ground.source, ground.remark,
    ])  # fmt: skip
    return Fact(
        unit_id=unit.unit_id, at=ground.at, kind=kind, region_code=unit.region_code, bill_type_code=code.bill_type_code,
        bill_code=code.bill_code, bill_number=number, sheets=sheets, amount_fen=0, items=(), actor=ground.by,
        digest=sm3.digest(decision.encode()),
    )  # fmt: skip
