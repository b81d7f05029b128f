"""演示号码: the province opens this year's codes, departments get their part, units their segments, as it is done by people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from piaoju.journeys import stock_facts
from piaoju.journeys.office import Office
from piaoju.journeys.stock_places import UnitAtStock, department_at_stock, today, unit_at_stock
from piaoju.standard import codes
from piaoju.stock import actions as stock
from piaoju.stock.types import Code, Ground, Medium, MovementKind, Place

SHEETS_A_UNIT = 1_000_000
SHEETS_A_DEPARTMENT = 1_000_000  # what it keeps for requisitions and for stock on demand
SHEETS_OPENED = 100_000_000
_BY = "demonstration"


def found_stock(cursor: Any, office: Office, granted: Mapping[str, frozenset[str]]) -> None:
    """Numbers of this year for each bill type of each unit (unit code → bill types), in the founding transaction."""
    day = today(office)
    why = Ground(office.clock(), _BY)
    units = [unit_at_stock(unit_code, day) for unit_code in granted]
    for bill_type_code in sorted({bill_type for of_unit in granted.values() for bill_type in of_unit}):
        code = Code(Medium.ELECTRONIC, bill_type_code, codes.bill_code(office.profile.region2, bill_type_code, day.year))
        users = [unit for unit in units if bill_type_code in granted[unit.code]]
        _distribute(cursor, code, users, why, office)
        for unit in users:
            stock_facts.give_to_unit(cursor, unit, unit.department, code, SHEETS_A_UNIT, why)


def _distribute(cursor: Any, code: Code, users: list[UnitAtStock], why: Ground, office: Office) -> None:
    """The province opens the code; every department between it and a user gets its part, by way of those above."""
    chains = {chain[-1]: chain for unit in users for chain in _chains(unit.department, office)}
    wanted = Counter(dict.fromkeys(chains, SHEETS_A_DEPARTMENT))
    for unit in users:
        wanted[unit.department] += SHEETS_A_UNIT
    (province,) = {chain[0] for chain in chains.values()}
    stock.open_numbers(cursor, code, SHEETS_OPENED, province, why)
    for place in sorted(chains, key=lambda place: place.row):
        for giver, taker in pairwise(chains[place]):
            stock.give(cursor, MovementKind.DISTRIBUTED, code, wanted[place], giver, taker, why)


def _chains(place: Place, office: Office) -> list[list[Place]]:
    """The ways from the province to this department and to each one between."""
    chain = _from_province(place, office)
    return [chain[: length + 1] for length in range(len(chain))]


def _from_province(place: Place, office: Office) -> list[Place]:
    chain = [place]
    while (above := department_at_stock(chain[0].region_code, today(office)).superior) is not None:
        chain.insert(0, above)
    return chain
