"""The invented units of the four industries, their finance departments, operators and API clients."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from piaoju.ops.demonstration import catalogue, files

INDUSTRIES = ("medical", "education", "association", "other")


class FinanceDepartmentRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The finance department of one region."""

    code: str
    name: str
    region_code: str


class RecipientRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The account that a unit's charges are paid into."""

    name: str
    account: str
    bank: str


@dataclass(frozen=True, slots=True)
class UnitRow:
    """One unit with everything it is granted: bill types and charge items."""

    code: str
    name: str
    region_code: str
    industry: str
    governing_department: str
    finance_department: FinanceDepartmentRow
    bill_types: tuple[str, ...]
    item_codes: tuple[str, ...]
    recipient: RecipientRow
    handler: str
    checker: str


class OperatorRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One person who may log in; secrets are made at run time. Only people of a unit have a `unit_code`."""

    username: str
    name: str
    role: str  # a value of identity.types.Role
    unit_code: str | None
    region_code: str
    governing_department: str = ""  # by name, of people of the role "governing" only


class ApiClientRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One business system that may issue for a unit; the secret is made at run time."""

    client_id: str
    name: str
    unit_code: str
    bill_types: tuple[str, ...]


class _UnitLine(msgspec.Struct, forbid_unknown_fields=True):
    code: str
    name: str
    region_code: str
    industry: str
    governing_department: str
    finance_department_region: str
    bill_types: tuple[str, ...]
    item_prefixes: tuple[str, ...]
    recipient: RecipientRow
    handler: str
    checker: str


class _Document(msgspec.Struct, forbid_unknown_fields=True):
    finance_departments: tuple[FinanceDepartmentRow, ...]
    units: tuple[_UnitLine, ...]
    operators: tuple[OperatorRow, ...]
    api_clients: tuple[ApiClientRow, ...]


def units() -> tuple[UnitRow, ...]:
    """The demonstration units; each item code granted fits at least one granted bill type."""
    document = _document()
    departments = {row.region_code: row for row in document.finance_departments}
    items = catalogue.charge_items()
    return tuple(_unit(line, departments, items) for line in document.units)


def finance_departments() -> tuple[FinanceDepartmentRow, ...]:
    """The finance departments that supervise the demonstration units."""
    return _document().finance_departments


def operators() -> tuple[OperatorRow, ...]:
    """The people of the demonstration, without secrets."""
    return _document().operators


def api_clients() -> tuple[ApiClientRow, ...]:
    """One API client a unit, without secrets."""
    return _document().api_clients


def _document() -> _Document:
    return files.document("units.json", _Document)


def _unit(
    line: _UnitLine,
    departments: dict[str, FinanceDepartmentRow],
    items: tuple[catalogue.ChargeItemRow, ...],
) -> UnitRow:
    granted = tuple(
        item.item_code
        for item in items
        if item.item_code.startswith(line.item_prefixes) and set(item.bill_types) & set(line.bill_types)
    )
    return UnitRow(
        code=line.code,
        name=line.name,
        region_code=line.region_code,
        industry=line.industry,
        governing_department=line.governing_department,
        finance_department=departments[line.finance_department_region],
        bill_types=line.bill_types,
        item_codes=granted,
        recipient=line.recipient,
        handler=line.handler,
        checker=line.checker,
    )
