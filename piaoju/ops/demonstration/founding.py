"""The demonstration as an installation: reference data in, keys made, bills issued and written out."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

import msgspec

from piaoju.journeys import found_demonstration, issue_directly, keep_books, premises, renew_demonstration
from piaoju.journeys.found_demonstration import ClientToEnrol, OperatorToEnrol, Plan
from piaoju.kit.clock import local_date
from piaoju.ops import exporting
from piaoju.ops.demonstration import bills, catalogue, reference, units
from piaoju.ops.installation import Installation
from piaoju.ops.telling import Teller
from piaoju.registry.types import ItemToRegister, LicenseToRegister, RegionToRegister, UnitToRegister
from piaoju.standard import codes, money


def found(installation: Installation, url: str, tell: Teller) -> dict[str, Any]:
    """Found the demonstration and issue its bills; the result that `demo` prints and keeps."""
    office = premises.office()
    tell.step("登记四川省 21 个市州、183 个县，票种、收费项目和演示单位，建立演示证书")
    accounts, clients = found_demonstration.found(office, plan())
    today = local_date(office.clock())
    issued = [
        _issue(installation, unit_code, body)
        for unit_code, body in tell.track(bills.requests(today), "开具演示票据")
    ]
    keep_books.fold_totals()
    keep_books.keep_log(office)
    return {
        "url": url,
        "accounts": [asdict(account) for account in accounts],
        "api_clients": [asdict(client) for client in clients],
        "bills": issued,
        "trust": str(installation.trust),
    }


def renew(installation: Installation, accounts: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The demonstration's certificates are good for the time ahead, and it has everyone this version knows.

    Gives the accounts made now, for those who were not there yet.
    """
    renew_demonstration.renew(premises.office())
    known = {account["username"] for account in accounts}
    missing = [row for row in plan().operators if row.username not in known]
    return [asdict(account) for account in found_demonstration.enrol(premises.office(), missing)] if missing else []


def _issue(installation: Installation, unit_code: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = msgspec.json.decode(
        issue_directly.issue(
            premises.office(), os.environ["PIAOJU_DATABASE_URL"], unit_code, msgspec.json.encode(body),
            actor="command:demo",
        ).answer
    )  # fmt: skip
    return {
        "code": answer["code"],
        "number": answer["number"],
        "check_code": answer["check_code"],
        "date": answer["issued_at"][:10],
        "amount": answer["total"],
        "files": exporting.write_files(installation.bills, answer["code"], answer["number"]),
    }


def plan() -> Plan:
    items = {row.item_code: row for row in catalogue.charge_items()}
    return Plan(
        regions=[RegionToRegister(r.code, r.name, r.short_name, r.level, r.parent_code) for r in reference.regions()],
        finance_departments={row.region_code: row.name for row in units.finance_departments()},
        bill_types=[(row.code, row.basis_document, row.valid_from) for row in catalogue.bill_types()],
        items=[_item(row) for row in items.values()],
        units=[_unit(row, items) for row in units.units()],
        operators=[_operator(row, number) for number, row in enumerate(units.operators(), start=1)],
        clients=[ClientToEnrol(row.client_id, row.unit_code, row.bill_types) for row in units.api_clients()],
    )


# Whoever approves or administers has a UKEY too; a unit's people sign in by password and code.
WITHOUT_UKEY = {"handler", "finance", "checker", "governing"}


def _operator(row: units.OperatorRow, number: int) -> OperatorToEnrol:
    return OperatorToEnrol(
        username=row.username,
        person_name=row.name,
        role=row.role,
        region_code=row.region_code,
        unit_code=row.unit_code or "",
        governing_name=row.governing_department,
        id_number=_id_number(row.region_code, number),
        phone=f"1990000{number:04d}",
        has_ukey=row.role not in WITHOUT_UKEY,
    )


def _id_number(region_code: str, number: int) -> str:
    """A well-formed number that nobody has: sequence 000 is never given out (GB 11643). Birthdays tell people apart."""
    born = date(1980, 1, 1) + timedelta(days=37 * number)
    body = f"{region_code}{born:%Y%m%d}000"
    return next(body + last for last in "0123456789X" if codes.is_id_number(body + last))


def _item(row: catalogue.ChargeItemRow) -> ItemToRegister:
    return ItemToRegister(
        code=row.item_code,
        name=row.name,
        measure=row.measure,
        minimum_e4=_price(row.standard_min),
        maximum_e4=_price(row.standard_max),
        basis_document=row.basis_document,
        bill_types=row.bill_types,
        valid_from=row.valid_from,
    )


def _price(text: str | None) -> int | None:
    return None if text is None else money.parse_e4(text)


def _unit(row: units.UnitRow, items: dict[str, catalogue.ChargeItemRow]) -> UnitToRegister:
    grants = tuple(
        (bill_type, item_code)
        for bill_type in row.bill_types
        for item_code in row.item_codes
        if bill_type in items[item_code].bill_types
    )
    return UnitToRegister(
        code=row.code,
        name=row.name,
        region_code=row.region_code,
        finance_region_code=row.finance_department.region_code,
        industry=row.industry,
        recipient_name=row.recipient.name,
        recipient_account=row.recipient.account,
        recipient_bank=row.recipient.bank,
        grants=grants,
        valid_from=date(2019, 1, 1),
        governing_name=row.governing_department,
        connection_mode="front" if row.industry == "medical" else "online",
        basis_document="票种核准（演示依据）",
        licenses=_licenses(row),
    )


# What each trade must have on record; the numbers are invented from the unit's code.
_LICENSES = {
    "medical": ("requisition", "legal_person", "medical_practice"),
    "association": ("requisition", "society"),
}


def _licenses(row: units.UnitRow) -> list[LicenseToRegister]:
    since = date(2019, 1, 1)
    number = f"{row.code[2:8]}{row.code[-4:]}"
    return [
        LicenseToRegister(kind, f"{'LY' if kind == 'requisition' else 'ZZ'}{number}", row.finance_department.name, since, None)
        for kind in _LICENSES.get(row.industry, ("requisition", "legal_person"))
    ]
