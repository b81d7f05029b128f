"""操作员: real-name persons get accounts, lose them, and get new credentials. Nobody does this to themselves.

To get into someone else's account takes two people: whoever resets the password cannot reset the second factor.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from piaoju.identity import actions as identity
from piaoju.identity import queries as identities
from piaoju.identity import rights, rules
from piaoju.identity.errors import ActNotPermitted, IdNumberInvalid, OperatorUnknown, ReasonMissing, UsernameInvalid
from piaoju.identity.rights import Act, ScopeKind
from piaoju.identity.types import Appointment, OperatorActor, Scope
from piaoju.journeys import scopes
from piaoju.journeys.acting import acting
from piaoju.journeys.office import Office
from piaoju.kit.clock import local_date
from piaoju.kit.errors import FieldError, NotFound, Refused
from piaoju.standard import codes

_USERNAME = re.compile(r"[a-z][a-z0-9._-]{2,39}").fullmatch
_ALPHABET = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_INITIAL_CHARACTERS = 14


class PersonUnclear(Refused):
    code = "person_unclear"
    label = "姓名应为 2 到 60 个字，手机号应为 11 位数字。请核对"


@dataclass(frozen=True, slots=True)
class NewOperator:
    """Who is to get an account, and as what."""

    username: str
    name: str
    id_number: str
    phone: str
    appointment: Appointment
    valid_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Enrolled:
    """The new account; its password is told once, and changed at the first sign-in."""

    username: str
    initial_password: str
    appointment_id: int
    is_in_force: bool  # False: a second person must approve the appointment first


def enrol(office: Office, actor: OperatorActor, new: NewOperator) -> Enrolled:
    """An account of a real person, with its first appointment. One person may have several accounts and stays one person.

    Raises Refused with every fault of the form, UsernameTaken, PersonNameDiffers, RolesExclude, AppointmentUnclear.
    """
    at, password = office.clock(), initial_password(office)
    with acting(
        office, actor, Act.ENROL_OPERATOR, scope=_of(office, new.appointment), subject=f"operator:{new.username[:40]}"
    ):
        demand_well_formed(new)
        identity.refuse_taken(new.username)
        person_id = identity.enrol_person(
            name=new.name.strip(), id_number=new.id_number, phone=new.phone, key=office.data_key,
            index_key=office.index_key, nonces=(office.random_bytes(12), office.random_bytes(12)), at=at,
        )  # fmt: skip
        rules.refuse_same_person(person_id, actor)
        operator_id = identity.enrol_operator(
            username=new.username, password=password, person_id=person_id, totp_secret="", key=office.data_key,
            nonce=office.random_bytes(12), at=at, by=actor.name, must_change_password=True,
        )  # fmt: skip
        appointment_id, is_in_force = request_within(office, actor, operator_id, new.appointment, new.valid_until)
    return Enrolled(new.username, password, appointment_id, is_in_force)


def suspend(office: Office, actor: OperatorActor, username: str, reason: str) -> None:
    """停用: refused from the next request on, everywhere. Raises OperatorUnknown, ReasonMissing, SamePerson."""
    with over(office, actor, Act.SUSPEND_OPERATOR, username) as operator_id:
        if not reason.strip():
            raise ReasonMissing
        identity.suspend_operator(operator_id, office.clock(), reason.strip()[:200])


def restore(office: Office, actor: OperatorActor, username: str) -> None:
    """恢复: the account may sign in again; its sessions stay over."""
    with over(office, actor, Act.RESTORE_OPERATOR, username) as operator_id:
        identity.restore_operator(operator_id)


def reset_password(office: Office, actor: OperatorActor, username: str) -> str:
    """A password for one sign-in, told once. The second factor stays. Raises OperatorUnknown, SamePerson."""
    password = initial_password(office)
    with over(office, actor, Act.RESET_CREDENTIALS, username) as operator_id:
        identity.reset_password(operator_id, password, office.clock(), actor)
    return password


def reset_second_factor(office: Office, actor: OperatorActor, username: str) -> None:
    """Authenticator, recovery codes and passkeys are gone; the password stays. Raises OperatorUnknown, SamePerson."""
    with over(office, actor, Act.RESET_CREDENTIALS, username) as operator_id:
        identity.reset_second_factor(operator_id, office.clock(), actor)


def end_sessions(office: Office, actor: OperatorActor, username: str) -> int:
    """Every session of this account is over at its next request; how many. Raises OperatorUnknown."""
    with over(office, actor, Act.END_SESSIONS, username) as operator_id:
        return identity.end_sessions_of(operator_id, office.clock(), "管理员结束")


@contextmanager
def over(
    office: Office, actor: OperatorActor, act: Act, username: str, *, missing: type[NotFound] = OperatorUnknown
) -> Iterator[int]:
    """An act on someone else's account, by whoever may appoint to everything that person is appointed to; yields its id."""
    found = [0]

    def scope() -> Scope:
        try:
            operator_id, person_id = identities.person_of(username)
        except OperatorUnknown as error:
            raise missing from error
        rules.refuse_same_person(person_id, actor)
        standing = identities.standing_appointments(operator_id, office.clock())
        try:
            places = [(one.appointment, place_of(office, one.appointment)) for one in standing]
        except NotFound as error:
            raise missing from error
        allowed = all(rights.may_appoint(actor, act, one.role, place, one.bill_types) for one, place in places)
        if rights.may_anywhere(actor, act) and not allowed:
            raise missing
        found[0] = operator_id
        return places[0][1] if places else Scope()

    with acting(office, actor, act, scope=scope, subject=f"operator:{username[:40]}", missing=missing):
        yield found[0]


def request_within(
    office: Office, actor: OperatorActor, operator_id: int, appointment: Appointment, valid_until: datetime | None
) -> tuple[int, bool]:
    """Request an appointment inside an act that is under way; its id, and whether it is in force at once.

    Raises ActNotPermitted where the actor may not appoint to this role there.
    """
    at, place = office.clock(), _of(office, appointment)()
    if not rights.may_appoint(actor, Act.REQUEST_APPOINTMENT, appointment.role, place, appointment.bill_types):
        raise ActNotPermitted(f"您不能任命{appointment.role.label}。请由有权任命的人提请")
    found = identity.request_appointment(
        operator_id, appointment, valid_from=at, valid_until=valid_until, at=at, actor=actor
    )
    alone = appointment.role not in rights.TWO_PERSON_ROLES
    if alone and rights.may_appoint(actor, Act.APPROVE_APPOINTMENT, appointment.role, place, appointment.bill_types):
        identity.decide_appointment(found, approved=True, at=at, actor=actor)
        return found, True
    return found, False


def place_of(office: Office, appointment: Appointment) -> Scope:
    """Where an appointment lies, as of today. Raises RegionUnknown, UnitUnknown."""
    today, kind = local_date(office.clock()), rights.SCOPE_KINDS[appointment.role]
    if kind == ScopeKind.REGION and appointment.region_code:
        return scopes.of_region(appointment.region_code, today)
    if kind == ScopeKind.UNIT and appointment.unit_code:
        return scopes.of_unit(appointment.unit_code, today)
    return Scope(governing_code=appointment.unit_code if kind == ScopeKind.GOVERNING else "")


def demand_well_formed(new: NewOperator) -> None:
    """Raises Refused with every fault of username, name, ID number and phone."""
    faults = []
    if _USERNAME(new.username) is None:
        faults.append(FieldError("/username", UsernameInvalid.code, UsernameInvalid.label))
    if not codes.is_id_number(new.id_number):
        faults.append(FieldError("/id_number", IdNumberInvalid.code, IdNumberInvalid.label))
    if not 2 <= len(new.name.strip()) <= 60:
        faults.append(FieldError("/name", PersonUnclear.code, PersonUnclear.label))
    if not (len(new.phone) == 11 and new.phone.isascii() and new.phone.isdigit()):
        faults.append(FieldError("/phone", PersonUnclear.code, PersonUnclear.label))
    if faults:
        raise Refused(faults[0].detail, errors=faults, code=faults[0].code)


def initial_password(office: Office) -> str:
    """Fourteen characters of 55: 80 bits, with three kinds of characters."""
    letters: list[str] = []
    while len(letters) < _INITIAL_CHARACTERS:
        letters += [_ALPHABET[one % 55] for one in office.random_bytes(32) if one < 220]
    return "".join(letters[:_INITIAL_CHARACTERS])


def _of(office: Office, appointment: Appointment) -> Callable[[], Scope]:
    return lambda: place_of(office, appointment)
