"""What the registry hands across its door: frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Validity:
    """A half-open interval of days; no end means until further notice."""

    valid_from: date
    valid_to: date | None

    def holds(self, on: date) -> bool:
        return self.valid_from <= on and (self.valid_to is None or on < self.valid_to)


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
class EnabledBillType:
    code: str
    name: str
    validity: Validity


@dataclass(frozen=True, slots=True)
class SuspensionInForce:
    scope: str
    scope_code: str
    reason: str


@dataclass(frozen=True, slots=True)
class UnitRegister:
    """All that decides what one unit may issue, as of one revision of the registry."""

    revision: int
    unit_id: int
    code: str
    name: str
    region_code: str
    supervisor_area_code: str  # the region of its finance department
    region_codes: tuple[str, ...]  # the unit's region and those above it
    recipient_name: str
    recipient_account: str
    recipient_bank: str
    validity: Validity
    bill_types: Mapping[str, EnabledBillType]
    items: Mapping[tuple[str, str], GrantedItem]  # by (bill type code, item code)
    suspensions: tuple[SuspensionInForce, ...]


@dataclass(frozen=True, slots=True)
class RegionToRegister:
    code: str
    name: str
    short_name: str
    level: int
    parent_code: str | None


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
class UnitToRegister:
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
