"""任职: requested by one person, approved by another where the role is worth it, ended with its reason."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from piaoju.identity import actions as identity
from piaoju.identity import queries as identities
from piaoju.identity import rights, rules
from piaoju.identity.errors import AppointmentUnknown, ReasonMissing
from piaoju.identity.rights import Act
from piaoju.identity.types import Appointment, OperatorActor, Scope
from piaoju.journeys import operators
from piaoju.journeys.acting import acting
from piaoju.journeys.office import Office


def request(
    office: Office, actor: OperatorActor, username: str, appointment: Appointment, valid_until: datetime | None = None
) -> tuple[int, bool]:
    """提请任职: its id, and whether it is in force at once (roles that one person may give).

    Raises OperatorUnknown, AppointmentUnclear, RolesExclude, SamePerson.
    """
    with acting(
        office, actor, Act.REQUEST_APPOINTMENT, scope=lambda: operators.place_of(office, appointment),
        subject=f"operator:{username[:40]} {appointment.role}",
    ):  # fmt: skip
        operator_id, person_id = identities.person_of(username)
        rules.refuse_same_person(person_id, actor)
        return operators.request_within(office, actor, operator_id, appointment, valid_until)


def approve(office: Office, actor: OperatorActor, appointment_id: int) -> None:
    """批准任职, by another person than who requested it and than whom it is for.

    Raises AppointmentUnknown, AppointmentDecided, SamePerson, RolesExclude.
    """
    with _about(office, actor, Act.APPROVE_APPOINTMENT, appointment_id):
        identity.decide_appointment(appointment_id, approved=True, at=office.clock(), actor=actor)


def decline(office: Office, actor: OperatorActor, appointment_id: int, reason: str) -> None:
    """不批准任职, with the reason. Raises as `approve`, and ReasonMissing."""
    with _about(office, actor, Act.APPROVE_APPOINTMENT, appointment_id):
        identity.decide_appointment(
            appointment_id, approved=False, at=office.clock(), actor=actor, reason=_reason(reason)
        )


def end(office: Office, actor: OperatorActor, appointment_id: int, reason: str) -> None:
    """终止任职: gone at the next request of whoever held it. Raises AppointmentUnknown, AppointmentDecided, ReasonMissing."""
    with _about(office, actor, Act.END_APPOINTMENT, appointment_id):
        identity.end_appointment(appointment_id, at=office.clock(), by=actor.name, reason=_reason(reason))


@contextmanager
def _about(office: Office, actor: OperatorActor, act: Act, appointment_id: int) -> Iterator[None]:
    """An act on an appointment, by whoever may appoint to this role in this place."""

    def scope() -> Scope:
        found = identities.appointment(appointment_id)
        place = operators.place_of(office, found.appointment)
        wanted = found.appointment
        if rights.may_anywhere(actor, act) and not rights.may_appoint(actor, act, wanted.role, place, wanted.bill_types):
            raise AppointmentUnknown
        return place

    with acting(office, actor, act, scope=scope, subject=f"appointment:{appointment_id}", missing=AppointmentUnknown):
        yield


def _reason(reason: str) -> str:
    if not reason.strip():
        raise ReasonMissing
    return reason.strip()[:200]
