"""首任管理员: the three administrators that watch each other, made by the installation itself, once; everyone else by them."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import connection, transaction

from piaoju.identity import actions as identity
from piaoju.identity import queries as identities
from piaoju.identity.types import Appointment, Role
from piaoju.journeys import operators, refuse
from piaoju.journeys.office import Office
from piaoju.journeys.operators import NewOperator
from piaoju.kit.errors import Conflict, Refused

_BY = "installation"
FIRST_ROLES = (Role.SYSTEM_ADMINISTRATOR, Role.SECURITY_ADMINISTRATOR, Role.AUDIT_ADMINISTRATOR)


class AdministratorsThere(Conflict):
    code = "administrators_there"
    label = "已有在任的管理员。新的管理员由系统管理员提请、安全管理员批准；凭据丢失也由他们重置"


class AdministratorsUnclear(Refused):
    code = "administrators_unclear"
    label = "系统、安全、审计管理员须是三个不同的人，用三个不同的用户名。请核对身份证号码和用户名"


def found(office: Office, people: Mapping[Role, tuple[str, str, str, str]]) -> dict[str, str]:
    """The initial password of each, by username, told once. `people`: role → (username, name, ID number, phone).

    Raises AdministratorsThere, AdministratorsUnclear, Refused with the faults of a person.
    """
    at, passwords = office.clock(), {}
    apart = all(len({one[place] for one in people.values()}) == len(FIRST_ROLES) for place in (0, 2))
    if set(people) != set(FIRST_ROLES) or not apart:
        raise AdministratorsUnclear
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('piaoju administrators', 0))")
        if identities.administrators_in_force(at):
            raise AdministratorsThere
        for role, (username, name, id_number, phone) in people.items():
            operators.demand_well_formed(NewOperator(username, name, id_number, phone, Appointment(role)))
            identity.refuse_taken(username)
            passwords[username] = operators.initial_password(office)
            person_id = identity.enrol_person(
                name=name, id_number=id_number, phone=phone, key=office.data_key, index_key=office.index_key,
                nonces=(office.random_bytes(12), office.random_bytes(12)), at=at,
            )  # fmt: skip
            operator_id = identity.enrol_operator(
                username=username, password=passwords[username], person_id=person_id, totp_secret="", key=office.data_key,
                nonce=office.random_bytes(12), at=at, by=_BY, must_change_password=True,
            )  # fmt: skip
            identity.appoint_by_installation(operator_id, Appointment(role), at=at, by=_BY)
            refuse.record_act(
                cursor, office, actor=_BY, act="found_administrator", subject=f"operator:{username} {role}", outcome="done",
                trace_id="",
            )  # fmt: skip
    return passwords
