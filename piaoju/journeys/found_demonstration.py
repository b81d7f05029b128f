"""演示开户: regions, units, items, certificates, seals, numbers and clients of a demonstration installation.

One transaction; a second call finds everything there. Secrets come from the office's random source, never from files.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from django.db import connection, transaction

from piaoju.crypto.ses import Picture
from piaoju.identity import actions as identity
from piaoju.identity import queries as identities
from piaoju.identity import rights
from piaoju.identity.rights import ScopeKind
from piaoju.identity.types import Appointment, Role
from piaoju.journeys import found_stock, ukeys
from piaoju.journeys.office import Office
from piaoju.registry import actions as registry
from piaoju.registry import rules as registry_rules
from piaoju.registry.types import ItemToRegister, RegionToRegister, UnitToRegister
from piaoju.seal import actions as seal
from piaoju.seal import signers
from piaoju.seal.signers.keystore import write_private
from piaoju.seal.types import Holder, PictureOf, SealKind
from piaoju.standard import bill_types
from piaoju.standard.face import seal_picture


@dataclass(frozen=True, slots=True)
class Account:
    """A person of the demonstration, with the secrets made for this installation."""

    role: str
    username: str
    password: str
    totp_secret: str
    name: str
    region_code: str
    unit_code: str
    ukey_file: str = ""  # a software UKEY below the data folder, for some of them
    ukey_pin: str = ""


@dataclass(frozen=True, slots=True)
class Client:
    """An API client of the demonstration, with its secret."""

    unit_code: str
    bill_types: tuple[str, ...]
    client_id: str
    client_secret: str


@dataclass(frozen=True, slots=True)
class OperatorToEnrol:
    username: str
    person_name: str
    role: str
    region_code: str
    unit_code: str
    governing_name: str = ""
    id_number: str = ""
    phone: str = ""
    has_ukey: bool = False


@dataclass(frozen=True, slots=True)
class ClientToEnrol:
    client_id: str
    unit_code: str
    bill_types: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that is to be there afterwards."""

    regions: Sequence[RegionToRegister]
    finance_departments: Mapping[str, str]  # region code -> name
    bill_types: Sequence[tuple[str, str, date]]  # code, basis document, valid from
    items: Sequence[ItemToRegister]
    units: Sequence[UnitToRegister]
    operators: Sequence[OperatorToEnrol]
    clients: Sequence[ClientToEnrol]


def found(office: Office, plan: Plan) -> tuple[list[Account], list[Client]]:
    """Everything in the plan is there afterwards; the accounts and clients with their secrets."""
    at = office.clock()
    keys = office.data_folder / "keys"
    passphrase = signers.passphrase_of(keys, os.environ, may_create=True)
    with transaction.atomic():
        registry.register_regions(plan.regions)
        registry.register_finance_departments(plan.finance_departments)
        for code, basis, valid_from in plan.bill_types:
            kind = bill_types.bill_type(code)
            registry.enable_bill_type(code, kind.name if kind else code, basis, valid_from)
        registry.register_items(plan.items)
        registry.register_units(plan.units, at, "demonstration")
        seal.found_demonstration_authority(
            keys, office.data_folder / "trust.pem", passphrase,
            supervisors=[Holder(code, name) for code, name in plan.finance_departments.items()],
            units=[Holder(unit.code, unit.name) for unit in plan.units],
            picture_of=_picture_of(office), at=at,
        )  # fmt: skip
        with connection.cursor() as cursor:
            granted = {unit.code: frozenset(bill_type for bill_type, _ in unit.grants) for unit in plan.units}
            found_stock.found_stock(cursor, office, granted)
        accounts = [_enrol_operator(office, row) for row in plan.operators]
        clients = [_enrol_client(office, row) for row in plan.clients]
    return accounts, clients


def enrol(office: Office, operators: Sequence[OperatorToEnrol]) -> list[Account]:
    """These people have an account and an appointment afterwards; accounts of a founding cut short get new secrets."""
    with transaction.atomic():
        return [_enrol_operator(office, row) for row in operators]


def _picture_of(office: Office) -> PictureOf:
    def draw(kind: SealKind, name: str) -> Picture:
        if kind == SealKind.UNIT:
            picture = seal_picture.unit_seal_picture(office.fonts, name, demonstration=True)
            return Picture("ofd", picture, 38, 38)
        picture = seal_picture.supervision_seal_picture(office.fonts, name, demonstration=True)
        return Picture("ofd", picture, 30, 20)

    return draw


def _enrol_operator(office: Office, row: OperatorToEnrol) -> Account:
    password = _secret(office, 12)
    totp = base64.b32encode(office.random_bytes(20)).decode()
    at = office.clock()
    person_id = identity.enrol_person(
        name=row.person_name, id_number=row.id_number, phone=row.phone, key=office.data_key, index_key=office.index_key,
        nonces=(office.random_bytes(12), office.random_bytes(12)), at=at,
    )  # fmt: skip
    if identities.account_exists(row.username):
        nonce = office.random_bytes(12)
        identity.replace_secrets(row.username, password=password, totp_secret=totp, key=office.data_key, nonce=nonce, at=at)
    else:
        operator_id = identity.enrol_operator(
            username=row.username, password=password, person_id=person_id, totp_secret=totp, key=office.data_key,
            nonce=office.random_bytes(12), at=at, by="demonstration",
        )  # fmt: skip
        identity.appoint_by_installation(operator_id, _appointment(row), at=at, by="demonstration")
    account = Account(row.role, row.username, password, totp, row.person_name, row.region_code, row.unit_code)
    return _with_ukey(office, account) if row.has_ukey else account


def _with_ukey(office: Office, account: Account) -> Account:
    """A software UKEY in `keys/`, for the agent to read: the file first, so that a founding cut short makes another."""
    keys = office.data_folder / "keys"
    pin = "".join(str(one % 10) for one in office.random_bytes(8))
    passphrase = signers.passphrase_of(keys, os.environ, may_create=True)
    place = keys / f"ukey-{account.username}.pem"
    place.unlink(missing_ok=True)
    write_private(place, ukeys.make_for_demonstration(office, account.username, pin, passphrase))
    return replace(account, ukey_file=f"keys/{place.name}", ukey_pin=pin)


def _appointment(row: OperatorToEnrol) -> Appointment:
    """The role in its scope: a unit, a governing department, a region, or the whole."""
    role = Role(row.role)
    if row.governing_name:
        return Appointment(role, unit_code=registry_rules.governing_code(row.region_code, row.governing_name))
    if row.unit_code:
        return Appointment(role, unit_code=row.unit_code)
    return Appointment(role, region_code=row.region_code if rights.SCOPE_KINDS[role] == ScopeKind.REGION else "")


def _enrol_client(office: Office, row: ClientToEnrol) -> Client:
    secret = _secret(office, 24)
    if not identity.replace_client_secret(row.client_id, secret):  # a founding that was cut short before it told them
        identity.enrol_client(row.client_id, secret, row.unit_code, row.bill_types)
    return Client(row.unit_code, row.bill_types, row.client_id, secret)


def _secret(office: Office, size: int) -> str:
    return base64.urlsafe_b64encode(office.random_bytes(size)).decode().rstrip("=")


