"""What the registry hands across its door: frozen values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from piaoju.kit.errors import FieldError
from piaoju.registry.shown import (
    DocumentsKept,
    Event,
    ImportKept,
    LicenseRow,
    PointRow,
    Proposal,
    RecordRow,
    RegionRow,
    Step,
    UnitCard,
    WayOnline,
)
from piaoju.registry.values import RegionRecord, Sight, UnitPlace, UnitSpan, Validity

__all__ = [
    "BEFORE_ANY_BILL", "DocumentsKept", "EnabledBillType", "Enablement", "Event", "FinanceDepartmentPlace",
    "GrantedItem", "ImportKept", "ItemToRegister", "KnownUnit", "LicenseRow", "LicenseToRegister", "LicensesOfKind",
    "PointRow", "Proposal", "RecordRow", "RecordToRegister", "RegionRecord", "RegionRow", "RegionToRegister", "RegisterDay",
    "SealedPhone",
    "Sight", "StageNow", "StandardInForce", "Step", "StepPlan", "SuspensionInForce", "UnitCard", "UnitPlace",
    "UnitRecordInForce", "UnitRegister", "UnitSpan", "UnitToRegister", "Validity", "WayOnline",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class StandardInForce:
    minimum_e4: int | None
    maximum_e4: int | None
    validity: Validity


@dataclass(frozen=True, slots=True)
class GrantedItem:
    """A charge item as one unit may charge it on one bill type."""

    code: str
    name: str
    measure: str
    standards: tuple[StandardInForce, ...]
    granted: tuple[Validity, ...]

    def standard(self, on: date) -> StandardInForce | None:
        return next((s for s in self.standards if s.validity.holds(on)), None)


@dataclass(frozen=True, slots=True)
class UnitRecordInForce:
    """What is said of a unit on the days of an interval in which nothing of it changes, its lineage included."""

    name: str
    region_code: str
    supervisor_area_code: str  # the region of its finance department
    region_codes: tuple[str, ...]  # the unit's region and those above it
    governing_code: str
    industry: str
    connection_mode: str
    recipient_name: str
    recipient_account: str
    recipient_bank: str
    validity: Validity


@dataclass(frozen=True, slots=True)
class Enablement:
    """Where and for whom a bill type is enabled; no industries: for all."""

    region_code: str
    industries: frozenset[str]
    validity: Validity

    def covers(self, record: UnitRecordInForce, on: date) -> bool:
        here = self.region_code in record.region_codes and (not self.industries or record.industry in self.industries)
        return here and self.validity.holds(on)


@dataclass(frozen=True, slots=True)
class EnabledBillType:
    code: str
    name: str
    enablements: tuple[Enablement, ...]

    def enabled(self, record: UnitRecordInForce, on: date) -> bool:
        return any(enablement.covers(record, on) for enablement in self.enablements)


@dataclass(frozen=True, slots=True)
class SuspensionInForce:
    scope: str
    scope_code: str
    reason: str


@dataclass(frozen=True, slots=True)
class LicensesOfKind:
    """Every license of one kind that a unit ever had: when none of them holds, issuing is locked."""

    label: str
    number: str  # of the last one
    validities: tuple[Validity, ...]


@dataclass(frozen=True, slots=True)
class StageNow:
    """Where a unit stands that is not online yet, and why it is stuck, if it is."""

    stage: str
    label: str
    may_issue: bool
    blocker: str


@dataclass(frozen=True, slots=True)
class RegisterDay:
    """What a register comes to on one day, so that each bill of the day need only look it up."""

    locked: tuple[FieldError, ...]  # what keeps the unit from issuing anything at all
    bill_types: frozenset[str]  # enabled for the unit
    charges: Mapping[tuple[str, str], tuple[GrantedItem, StandardInForce | None]]  # by (bill type code, item code)


@dataclass(frozen=True, slots=True)
class UnitRegister:
    """All that decides what one unit may issue, as of one revision of the registry; what changes by day, by day."""

    revision: int
    unit_id: int
    code: str
    validity: Validity
    records: tuple[UnitRecordInForce, ...]  # oldest first; never empty
    bill_types: Mapping[str, EnabledBillType]
    items: Mapping[tuple[str, str], GrantedItem]  # by (bill type code, item code)
    licenses: tuple[LicensesOfKind, ...]
    suspensions: tuple[SuspensionInForce, ...]
    stage: StageNow | None  # none: online
    days: dict[date, RegisterDay] = field(default_factory=dict, compare=False, repr=False)  # worked out once a day (rules)

    def record_on(self, on: date) -> UnitRecordInForce:
        """The record of a day; of the nearest day that has one, for a unit that has ended or not begun."""
        begun = [record for record in self.records if record.validity.valid_from <= on]
        return begun[-1] if begun else self.records[0]


@dataclass(frozen=True, slots=True)
class FinanceDepartmentPlace:
    """A finance department and its level: 1 province, 2 city, 3 county."""

    region_code: str
    level: int
    name: str


BEFORE_ANY_BILL = date(2000, 1, 1)


@dataclass(frozen=True, slots=True)
class RegionToRegister:
    code: str
    name: str
    short_name: str
    level: int
    parent_code: str | None
    valid_from: date = BEFORE_ANY_BILL
    local: bool = False


@dataclass(frozen=True, slots=True)
class ItemToRegister:
    code: str
    name: str
    measure: str
    minimum_e4: int | None
    maximum_e4: int | None
    basis_document: str
    bill_types: tuple[str, ...]
    valid_from: date


@dataclass(frozen=True, slots=True)
class LicenseToRegister:
    kind: str
    number: str
    issuer: str
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class RecordToRegister:
    """What is said of a unit, without when. The phone comes in the clear and is kept sealed."""

    name: str
    region_code: str
    finance_region_code: str
    governing_code: str
    industry: str
    connection_mode: str
    recipient_name: str
    recipient_account: str
    recipient_bank: str
    contact_name: str = ""
    contact_phone: str = ""


@dataclass(frozen=True, slots=True)
class KnownUnit:
    """A unit as it is registered now, to be compared with what is typed. Its phone is known by its index only."""

    unit_id: int
    ended: bool
    record: RecordToRegister
    phone_index: bytes
    grants: frozenset[tuple[str, str]]
    license_numbers: frozenset[str]


@dataclass(frozen=True, slots=True)
class SealedPhone:
    """A telephone number at rest: the sealed text, the index by which equal ones are found, and what may be shown."""

    sealed: bytes
    index: bytes
    tail: str


@dataclass(frozen=True, slots=True)
class StepPlan:
    """One of the six steps as planned: who does it, and how much of the time it may take (parts of 100)."""

    stage: str
    owner: str
    share: int


@dataclass(frozen=True, slots=True)
class UnitToRegister:
    """A unit of the first hour: in force, online, its grants given."""

    code: str
    name: str
    region_code: str
    finance_region_code: str
    industry: str
    recipient_name: str
    recipient_account: str
    recipient_bank: str
    grants: tuple[tuple[str, str], ...]  # (bill type code, item code)
    valid_from: date
    governing_name: str = ""
    connection_mode: str = "online"
    basis_document: str = ""
    licenses: Sequence[LicenseToRegister] = ()
