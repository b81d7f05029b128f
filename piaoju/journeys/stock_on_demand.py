"""即领即开: an online unit that runs out while it issues gets a small segment at once, in the issuing transaction.

Nobody requisitions and no page is opened; the ledger is told of both, the requisition and the allotment.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from piaoju.journeys import stock_facts
from piaoju.journeys.stock_places import of_register
from piaoju.kit.clock import local_date
from piaoju.registry.types import UnitRegister
from piaoju.standard.profile import Profile
from piaoju.stock import actions as stock
from piaoju.stock.errors import DepartmentStockExhausted
from piaoju.stock.types import Code, Ground, Medium, OpenSegment

_ACTOR = "job:stock_on_demand"


def draw(
    cursor: Any, profile: Profile, registers: Mapping[int, UnitRegister], wanted: Mapping[tuple[int, str], int], at: datetime
) -> dict[tuple[int, str], list[OpenSegment]]:
    """A segment for each (unit id, bill code) whose unit is on demand, and only those. Counters are locked already.

    In one order (by code and department) for every process, since each holds its department's stock until the commit.
    """
    asking = []
    for (unit_id, bill_code), sheets in wanted.items():
        unit = of_register(registers[unit_id], local_date(at))
        if unit.on_demand:
            asking.append((bill_code, unit.department.region_code, unit_id, unit, sheets))
    drawn: dict[tuple[int, str], list[OpenSegment]] = {}
    for bill_code, _, unit_id, unit, sheets in sorted(asking, key=lambda one: one[:3]):
        code = Code(Medium.ELECTRONIC, bill_code[2:6], bill_code)
        sheets = max(sheets, profile.stock_on_demand_sheets)
        why = Ground(at, _ACTOR, "stock_on_demand")
        try:
            parts = stock_facts.give_to_unit(cursor, unit, unit.department, code, sheets, why)
        except DepartmentStockExhausted:
            continue  # the unit is told that its stock is exhausted; nothing was written
        stock_facts.post_requisitioned(cursor, unit, code, sheets, why)
        drawn[unit_id, bill_code] = stock.drawn_segments(cursor, unit_id, parts)
    return drawn
