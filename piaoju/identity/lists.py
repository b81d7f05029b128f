"""Lists of people, appointments, UKEYs, sessions and records, as pages of them show: reads only, within what one may see."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from django.db import connection

from piaoju.identity.policy import SignInPolicy
from piaoju.identity.types import Role
from piaoju.kit.listing import Asked, Found, Source, find

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Within:
    """Whose people: everybody's, or those appointed to these regions, units and governing departments."""

    everything: bool = False
    region_codes: Collection[str] = ()
    unit_codes: Collection[str] = ()  # units, and governing departments by their own code


@dataclass(frozen=True, slots=True)
class OperatorRow:
    username: str
    person_name: str
    roles: str  # values of Role, separated by commas
    places: str  # codes of regions and units, separated by commas
    state: str  # in_force | suspended | unappointed
    second_factor: str  # ukey | passkey | totp | none
    enrolled_at: datetime
    seen_at: datetime | None


@dataclass(frozen=True, slots=True)
class AppointmentRow:
    id: int
    username: str
    person_name: str
    role: str
    place: str
    state: str  # waiting | in_force | to_come | declined | ended
    two_person: bool
    requested_by: str
    requested_at: datetime
    decided_by: str
    valid_until: datetime | None


@dataclass(frozen=True, slots=True)
class UkeyRow:
    serial: str
    username: str
    person_name: str
    subject_name: str
    issuer_name: str
    state: str  # in_force | revoked | expired
    valid_until: datetime
    bound_at: datetime
    bound_by: str


@dataclass(frozen=True, slots=True)
class SessionRow:
    id: int
    username: str
    person_name: str
    method: str
    source: str
    started_at: datetime
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class AuditRow:
    id: int
    at: datetime
    actor: str
    act: str
    subject: str
    outcome: str
    trace_id: str


# An appointment that is in force, or waits for its approval.
_STANDING = "(a.valid_until IS NULL OR a.valid_until > now()) AND (a.approved OR a.decided_at IS NULL)"
_IN_FORCE = "a.approved AND a.valid_from <= now() AND (a.valid_until IS NULL OR a.valid_until > now())"
_OF_OPERATOR = "FROM identity_appointment a WHERE a.operator_id = o.id AND"


def operators_page(within: Within, asked: Asked) -> Found[OperatorRow]:
    """Accounts with someone who stands within these places; all of them for whoever sees everything."""
    source = Source(
        table="identity_operator o JOIN identity_person p ON p.id = o.person_id",
        fields={
            "username": "o.username",
            "person_name": "p.name",
            "roles": f"coalesce((SELECT string_agg(DISTINCT a.role, ',' ORDER BY a.role) {_OF_OPERATOR} {_IN_FORCE}), '')",
            "places": f"""coalesce((SELECT string_agg(DISTINCT coalesce(nullif(a.unit_code, ''), a.region_code), ',')
                {_OF_OPERATOR} {_IN_FORCE}), '')""",
            "state": f"""CASE WHEN o.suspended_at IS NOT NULL THEN 'suspended'
                WHEN EXISTS (SELECT 1 {_OF_OPERATOR} {_IN_FORCE}) THEN 'in_force' ELSE 'unappointed' END""",
            "second_factor": """CASE
                WHEN EXISTS (SELECT 1 FROM identity_ukey k WHERE k.operator_id = o.id AND k.revoked_at IS NULL) THEN 'ukey'
                WHEN EXISTS (SELECT 1 FROM identity_passkey k WHERE k.operator_id = o.id AND k.removed_at IS NULL) THEN 'passkey'
                WHEN o.totp_secret_sealed IS NOT NULL THEN 'totp' ELSE 'none' END""",
            "enrolled_at": "o.enrolled_at",
            "seen_at": "(SELECT max(s.seen_at) FROM identity_session s WHERE s.operator_id = o.id)",
        },
        key=("username",),
        order={"seen_at": "coalesce((SELECT max(s.seen_at) FROM identity_session s WHERE s.operator_id = o.id), '2000-01-01')"},
    )
    return _ask(source, asked, OperatorRow, *_whose(within))


def appointments_page(within: Within, asked: Asked) -> Found[AppointmentRow]:
    """Appointments to these places: waiting, in force, declined, ended."""
    source = Source(
        table="""identity_appointment a JOIN identity_operator o ON o.id = a.operator_id
            JOIN identity_person p ON p.id = a.person_id""",
        fields={
            "id": "a.id", "username": "o.username", "person_name": "p.name", "role": "a.role",
            "place": "coalesce(nullif(a.unit_code, ''), a.region_code)",
            "state": """CASE WHEN a.decided_at IS NULL AND NOT a.approved THEN 'waiting' WHEN NOT a.approved THEN 'declined'
                WHEN a.valid_until <= now() THEN 'ended' WHEN a.valid_from > now() THEN 'to_come' ELSE 'in_force' END""",
            "two_person": "a.two_person", "requested_by": "a.requested_by", "requested_at": "a.requested_at",
            "decided_by": "a.decided_by", "valid_until": "a.valid_until",
        },
        key=("id",),
        order={"valid_until": "coalesce(a.valid_until, '9999-12-31')"},
    )  # fmt: skip
    if within.everything:
        return _ask(source, asked, AppointmentRow, "true", [])
    scope = "(a.unit_code = '' AND a.region_code = ANY(%s)) OR a.unit_code = ANY(%s)"
    return _ask(source, asked, AppointmentRow, scope, [list(within.region_codes), list(within.unit_codes)])


def ukeys_page(within: Within, asked: Asked) -> Found[UkeyRow]:
    """UKEYs of these people, also revoked and expired ones."""
    source = Source(
        table="""identity_ukey k JOIN identity_operator o ON o.id = k.operator_id
            JOIN identity_person p ON p.id = o.person_id""",
        fields={
            "serial": "k.serial", "username": "o.username", "person_name": "p.name", "subject_name": "k.subject_name",
            "issuer_name": "k.issuer_name",
            "state": """CASE WHEN k.revoked_at IS NOT NULL THEN 'revoked' WHEN k.valid_until <= now() THEN 'expired'
                ELSE 'in_force' END""",
            "valid_until": "k.valid_until", "bound_at": "k.bound_at", "bound_by": "k.bound_by",
        },
        key=("serial",),
    )  # fmt: skip
    return _ask(source, asked, UkeyRow, *_whose(within))


def sessions_page(within: Within, asked: Asked, policy: SignInPolicy, now: datetime) -> Found[SessionRow]:
    """Sessions of these people that are open at this instant."""
    source = Source(
        table="""identity_session s JOIN identity_operator o ON o.id = s.operator_id
            JOIN identity_person p ON p.id = o.person_id""",
        fields={
            "id": "s.id", "username": "o.username", "person_name": "p.name", "method": "s.method", "source": "s.source",
            "started_at": "s.started_at", "seen_at": "s.seen_at",
        },
        key=("id",),
    )  # fmt: skip
    scope, values = _whose(within)
    open_now = "s.ended_at IS NULL AND s.seen_at > %s AND s.started_at > %s"
    limits = [now - policy.idle, now - policy.absolute]
    return _ask(source, asked, SessionRow, f"({scope}) AND {open_now}", [*values, *limits])


def audit_page(within: Within, asked: Asked) -> Found[AuditRow]:
    """Acts and refusals; for whoever sees less than everything, those of operators and clients within these places."""
    source = Source(
        table="identity_auditrecord r",
        fields={name: f"r.{name}" for name in ("id", "at", "actor", "act", "subject", "outcome", "trace_id")},
        key=("id",),
    )
    if within.everything:
        return _ask(source, asked, AuditRow, "true", [])
    people, values = _whose(within)
    scope = f"""r.actor IN (SELECT 'operator:' || o.username FROM identity_operator o WHERE {people})
        OR r.actor IN (SELECT 'client:' || c.client_id FROM identity_apiclient c WHERE c.unit_code = ANY(%s))"""
    return _ask(source, asked, AuditRow, scope, [*values, list(within.unit_codes)])


def roles_named(roles: str) -> str:
    """The roles of a row in words."""
    return "、".join(str(Role(role).label) for role in roles.split(",") if role)


def _whose(within: Within) -> tuple[str, list[Any]]:
    if within.everything:
        return "true", []
    scope = f"""EXISTS (SELECT 1 {_OF_OPERATOR} {_STANDING}
        AND ((a.unit_code = '' AND a.region_code = ANY(%s)) OR a.unit_code = ANY(%s)))"""
    return scope, [list(within.region_codes), list(within.unit_codes)]


def _ask(source: Source, asked: Asked, row: Callable[..., Row], scope: str, values: list[Any]) -> Found[Row]:
    with connection.cursor() as cursor:
        return find(cursor, source, asked, row, scope=scope, scope_values=values)
