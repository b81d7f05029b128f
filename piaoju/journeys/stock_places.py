"""Who stands where among the numbers: a unit and its finance department, a department and the one above it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

from piaoju.identity.types import OperatorActor, Scope
from piaoju.journeys.errors import FinanceDepartmentUnknown
from piaoju.journeys.office import Office
from piaoju.kit.clock import local_date
from piaoju.kit.errors import FieldError, Refused
from piaoju.registry import queries as registry
from piaoju.registry import rules as registry_rules
from piaoju.registry.types import UnitRegister
from piaoju.standard.profile import Profile
from piaoju.stock import rules
from piaoju.stock.types import Code, Ground, Medium, Place

ONLINE = "online"
_BEFORE_ONLINE = "unit_not_online"  # no hindrance: a unit gets its numbers before it goes online


@dataclass(frozen=True, slots=True)
class UnitAtStock:
    """A unit among the numbers, on a day."""

    unit_id: int
    code: str
    name: str
    region_code: str
    place: Place
    department: Place
    scope: Scope
    connection_mode: str
    bill_types: frozenset[str]  # what it was ever granted
    locks: tuple[FieldError, ...]  # why it gets no numbers today: ended, suspended, a license that has run out

    @property
    def on_demand(self) -> bool:
        """即领即开: an online unit needs no requisition."""
        return self.connection_mode == ONLINE

    def refuse_locked(self) -> None:
        """Whoever may not issue gets no numbers (整改期间停止发放). Raises Refused with every reason."""
        if self.locks:
            raise Refused(self.locks[0].detail, errors=self.locks, code=self.locks[0].code)


@dataclass(frozen=True, slots=True)
class DepartmentAtStock:
    """A finance department among the numbers, and the one it gets them from (none for the province)."""

    name: str
    place: Place
    scope: Scope
    superior: Place | None


@dataclass(frozen=True, slots=True)
class AskedNumbers:
    """Which numbers, and how many sheets of them, as a person asks."""

    bill_type_code: str
    sheets: int
    year: int = 0  # 0: this year
    medium: Medium = Medium.ELECTRONIC
    paper_code: str = ""
    reason: str = ""

    def code(self, office: Office) -> Code:
        """Raises YearInvalid, PaperCodeInvalid, SheetsInvalid."""
        rules.refuse_sheets(self.sheets)
        today = local_date(office.clock())
        return rules.code_of(
            self.medium, office.profile.region2, self.bill_type_code, today=today, year=self.year or today.year,
            paper_code=self.paper_code,
        )  # fmt: skip


def unit_at_stock(unit_code: str, on: date, bill_type_code: str = "") -> UnitAtStock:
    """Raises UnitUnknown."""
    return of_register(registry.unit_register(unit_code), on, bill_type_code)


def unit_of_place(place: Place, on: date, bill_type_code: str = "") -> UnitAtStock:
    """The unit that has numbers. Raises UnitUnknown."""
    return unit_at_stock(registry.unit_code_of(place.unit_id), on, bill_type_code)


def of_register(register: UnitRegister, on: date, bill_type_code: str = "") -> UnitAtStock:
    """The same, of a register that is at hand."""
    record = register.record_on(on)
    area = record.supervisor_area_code
    return UnitAtStock(
        unit_id=register.unit_id,
        code=register.code,
        name=record.name,
        region_code=record.region_code,
        place=Place.unit(area, register.unit_id),
        department=Place.department(_department(area).place.level, area),
        scope=Scope(record.region_codes, register.code, bill_type_code, record.governing_code),
        connection_mode=record.connection_mode,
        bill_types=frozenset(register.bill_types),
        locks=tuple(fault for fault in registry_rules.locks(register, on) if fault.code != _BEFORE_ONLINE),
    )


def department_at_stock(region_code: str, on: date, bill_type_code: str = "") -> DepartmentAtStock:
    """Raises FinanceDepartmentUnknown."""
    found = _department(region_code)
    lineage = registry.region_lineage(region_code, on)
    above = registry.finance_departments(lineage[1:])
    superior = next((above[code] for code in lineage[1:] if code in above), None)
    return replace(
        found,
        scope=Scope(lineage, bill_type=bill_type_code),
        superior=Place.department(superior.level, superior.region_code) if superior else None,
    )


def scope_of_place(place: Place, on: date, bill_type_code: str = "") -> Scope:
    """Where an act on these numbers happens: at the unit that has them, or at the finance department."""
    if place.unit_id:
        return unit_of_place(place, on, bill_type_code).scope
    return department_at_stock(place.region_code, on, bill_type_code).scope


def scope_of_code(place: Place, code: Code, on: date) -> Scope:
    """The same, of numbers of this code: whoever is confined to some bill types does nothing about others."""
    return scope_of_place(place, on, code.bill_type_code)


def ground(office: Office, actor: OperatorActor, remark: str = "", source: str = "") -> Ground:
    """What a person's act leaves behind: when, who, why."""
    return Ground(office.clock(), actor.name, source, remark, actor.person_id)


def policy(profile: Profile) -> rules.Policy:
    """What this province chose about stock."""
    return rules.Policy(
        first_requisition_sheets=profile.first_requisition_sheets,
        requisition_needs_write_off=profile.requisition_needs_write_off,
        stock_on_demand_sheets=profile.stock_on_demand_sheets,
        retention_years=profile.retention_years,
        retention_years_least=profile.retention_years_least,
    )


def today(office: Office, at: datetime | None = None) -> date:
    """The day in Asia/Shanghai."""
    return local_date(at or office.clock())


def _department(region_code: str) -> DepartmentAtStock:
    found = registry.finance_departments([region_code]).get(region_code)
    if found is None:
        raise FinanceDepartmentUnknown
    return DepartmentAtStock(found.name, Place.department(found.level, region_code), Scope(), None)
