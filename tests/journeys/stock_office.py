"""An office of three levels for tests of stock: province, 绵阳市, 北川县, and a unit at each of city and county."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from piaoju.identity.types import OperatorActor, Role
from piaoju.journeys import allot, open_numbers, requisition, review_requisition
from piaoju.journeys.stock_places import AskedNumbers
from piaoju.kit.clock import local_date
from piaoju.ledger import queries as ledger
from piaoju.ledger.types import Figures
from piaoju.ops.demonstration import founding
from piaoju.ops.fsck import numbers, places
from piaoju.stock import queries
from piaoju.stock.types import Medium, Numbers, SegmentRow, SegmentState
from tests.offices import Installed

PROVINCE, CITY, COUNTY = "510000", "510700", "510726"
COLLEGE, CLINIC = "12510700MD2000044Q", "12510726MD2000028Q"  # of the city; of the county
UNITS, DEPARTMENTS = (COLLEGE, CLINIC), (PROVINCE, CITY, COUNTY)


@dataclass(frozen=True, slots=True)
class People:
    """Those who do the daily work: a keeper of the county's unit, two officers of each department."""

    installed: Installed

    def keeper(self, unit_code: str = CLINIC, person: str = "") -> OperatorActor:
        return self.installed.operator(Role.UNIT_KEEPER, unit_code=unit_code, person=person)

    def officer(self, region_code: str = COUNTY, person: str = "") -> OperatorActor:
        return self.installed.operator(Role.SUPERVISOR, region_code=region_code, person=person)


def asked(sheets: int, bill_type: str = "0601", **more: object) -> AskedNumbers:
    return AskedNumbers(bill_type, sheets, **more)


def allotted(installed: Installed, sheets: int, bill_type: str = "0601", unit_code: str = CLINIC) -> list[Numbers]:
    """Asked for by the unit, reviewed and allotted by its department."""
    people, office = People(installed), installed.office
    region = COUNTY if unit_code == CLINIC else CITY
    number = requisition.submit_for_unit(office, people.keeper(unit_code), unit_code, asked(sheets, bill_type))
    review_requisition.approve(office, people.officer(region), number, sheets)
    return allot.allot(office, people.officer(region), number)


def paper(installed: Installed, unit_code: str, bill_type: str, paper_code: str, sheets: int, first: int = 101) -> None:
    """Sheets of paper of the province, allotted to one of its units; the numbers begin with `first`."""
    office, people = installed.office, People(installed)
    wanted = asked(sheets, bill_type, medium=Medium.PAPER, paper_code=paper_code)
    officer, other = (people.officer(PROVINCE, person) for person in ("", "b"))
    open_numbers.open_numbers(office, officer, PROVINCE, wanted, first=first)
    number = requisition.submit_for_unit(office, people.keeper(unit_code), unit_code, wanted)
    review_requisition.approve(office, officer, number, sheets)
    allot.allot(office, other, number)


def code(installed: Installed, bill_type: str = "0601") -> str:
    return f"51{bill_type}{local_date(installed.office.clock()).year % 100:02d}"


def segments(installed: Installed, unit_code: str = CLINIC, bill_type: str = "0601") -> list[SegmentRow]:
    """The unit's segments in use, oldest first."""
    from piaoju.journeys.stock_places import today, unit_at_stock

    unit = unit_at_stock(unit_code, today(installed.office))
    return [row for row in queries.segments_at(unit.place) if row.code.bill_type_code == bill_type]


def figures(installed: Installed, since: datetime) -> Figures:
    """What the ledger was told since then."""
    return ledger.totals(since, installed.office.clock()).sum


def differences() -> list[str]:
    """What fsck finds wrong with numbers and their places; sums of each level among it."""
    found = [f"{d.code} {d.subject} {d.detail}" for part in (numbers, places) for d in part.examine(connection)]
    return found + unbalanced()


def unbalanced() -> list[str]:
    """Places and codes where what came, less what went, is not what is there; or where sheets got lost on the way."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT medium, bill_code FROM stock_movement")
        codes = cursor.fetchall()
    found = []
    for medium, bill_code in codes:
        balances = queries.balances(Medium(medium), bill_code)
        found += [f"{b.place} {bill_code}" for b in balances if b.came - b.went != b.have]
        opened = connection_sum("kind = 'opened'", medium, bill_code)
        if sum(b.have for b in balances) != opened:
            found.append(f"{bill_code}: {opened} opened, {sum(b.have for b in balances)} there")
    return found


def connection_sum(condition: str, medium: str, bill_code: str) -> int:
    """Sheets of the movements of a code that meet a condition."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT coalesce(sum(upper(span) - lower(span)), 0) FROM stock_movement "
            f"WHERE medium = %s AND bill_code = %s AND {condition}",
            (medium, bill_code),
        )
        return int(cursor.fetchone()[0])


def held(installed: Installed, region_code: str, bill_type: str = "0601") -> int:
    """Sheets in a department's stock."""
    return sum(
        b.have
        for b in queries.balances(Medium.ELECTRONIC, code(installed, bill_type))
        if b.place.region_code == region_code and b.place.state == SegmentState.HELD
    )


def item(unit_code: str, bill_type: str) -> str:
    """An item that the unit may charge on this bill type."""
    (unit,) = [unit for unit in founding.plan().units if unit.code == unit_code]
    return next(code for granted, code in unit.grants if granted == bill_type)
