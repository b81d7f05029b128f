"""Operators and their appointments: enrolled, appointed, suspended, given new credentials. In someone's transaction."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth import hashers
from django.db.models import Q

from piaoju.identity import models, rights
from piaoju.identity.errors import (
    AppointmentDecided,
    AppointmentUnclear,
    AppointmentUnknown,
    OperatorUnknown,
    SamePerson,
    UsernameTaken,
)
from piaoju.identity.rights import ScopeKind
from piaoju.identity.types import Appointment, AppointmentView, OperatorActor, Role


def request_appointment(
    operator_id: int,
    appointment: Appointment,
    *,
    valid_from: datetime,
    valid_until: datetime | None,
    at: datetime,
    actor: OperatorActor,
) -> int:
    """提请任职; its id. Not in force until it is decided. Raises AppointmentUnclear."""
    _demand_clear(appointment)
    person_id = models.Operator.objects.values_list("person_id", flat=True).get(pk=operator_id)
    role = appointment.role
    return models.Appointment.objects.create(
        operator_id=operator_id, person_id=person_id, role=role, branch=rights.BRANCHES[role],
        region_code=appointment.region_code, unit_code=appointment.unit_code, bill_types=sorted(appointment.bill_types),
        valid_from=valid_from, valid_until=valid_until, two_person=role in rights.TWO_PERSON_ROLES, requested_at=at,
        requested_by=actor.name, requested_person_id=actor.person_id,
    ).id  # fmt: skip


def decide_appointment(appointment_id: int, *, approved: bool, at: datetime, actor: OperatorActor, reason: str = "") -> None:
    """审批任职. Raises AppointmentUnknown, AppointmentDecided, SamePerson, RolesExclude."""
    row = _locked(appointment_id)
    if row.decided_at is not None:
        raise AppointmentDecided
    if rights.same_person(row.person_id, actor):
        raise SamePerson("不能审批自己的任职，换账号也不行。请由另一位有权限的人审批")
    if row.two_person and row.requested_person_id is not None and rights.same_person(row.requested_person_id, actor):
        raise SamePerson
    if approved:
        _refuse_exclusive(row)
    began = max(row.valid_from, at)  # an appointment never reaches back before its approval
    models.Appointment.objects.filter(pk=row.pk).update(
        decided_at=at, decided_by=actor.name, decided_person_id=actor.person_id, approved=approved, valid_from=began,
        ended_reason=reason,
    )  # fmt: skip


def end_appointment(appointment_id: int, *, at: datetime, by: str, reason: str) -> None:
    """终止任职 from this instant on. Raises AppointmentUnknown, AppointmentDecided where it is not in force."""
    row = _locked(appointment_id)
    if not row.approved or (row.valid_until is not None and row.valid_until <= at):
        raise AppointmentDecided
    models.Appointment.objects.filter(pk=row.pk).update(
        valid_until=max(at, row.valid_from), ended_by=by, ended_reason=reason
    )


def refuse_taken(username: str) -> None:
    """Raises UsernameTaken."""
    if models.Operator.objects.filter(username=username).exists():
        raise UsernameTaken


def suspend_operator(operator_id: int, at: datetime, reason: str) -> bool:
    """Whether the operator was in force; from now on it is not, and its sessions are over."""
    models.Session.objects.filter(operator_id=operator_id, ended_at=None).update(ended_at=at, ended_reason="账号停用")
    return bool(
        models.Operator.objects.filter(pk=operator_id, suspended_at=None).update(suspended_at=at, suspended_reason=reason)
    )


def restore_operator(operator_id: int) -> bool:
    """Whether the operator was suspended; it is not any more."""
    found = models.Operator.objects.filter(pk=operator_id).exclude(suspended_at=None)
    return bool(found.update(suspended_at=None, suspended_reason=""))


def reset_password(operator_id: int, password: str, at: datetime, actor: OperatorActor) -> None:
    """A password for one sign-in, to be changed there. Raises SamePerson for whoever reset the second factor too."""
    row = models.Operator.objects.select_for_update().get(pk=operator_id)
    if row.factor_reset_person_id is not None and rights.same_person(row.factor_reset_person_id, actor):
        raise SamePerson("动态口令是您重置的，口令须由另一位有权限的人重置，免得一个人能进别人的账号")
    models.Operator.objects.filter(pk=operator_id).update(
        password=hashers.make_password(password), password_changed_at=at, must_change_password=True,
        password_reset_person_id=actor.person_id,
    )  # fmt: skip
    _end_sessions(operator_id, at)


def reset_second_factor(operator_id: int, at: datetime, actor: OperatorActor) -> None:
    """No authenticator, recovery code or passkey is left; the next sign-in sets one. Raises SamePerson as above."""
    row = models.Operator.objects.select_for_update().get(pk=operator_id)
    if row.password_reset_person_id is not None and rights.same_person(row.password_reset_person_id, actor):
        raise SamePerson("口令是您重置的，动态口令须由另一位有权限的人重置，免得一个人能进别人的账号")
    models.Operator.objects.filter(pk=operator_id).update(totp_secret_sealed=None, factor_reset_person_id=actor.person_id)
    models.RecoveryCode.objects.filter(operator_id=operator_id).delete()
    models.Passkey.objects.filter(operator_id=operator_id, removed_at=None).update(removed_at=at)
    _end_sessions(operator_id, at)


def person_of(username: str) -> tuple[int, int]:
    """(operator id, person id) of an account. Raises OperatorUnknown."""
    found = models.Operator.objects.filter(username=username).values_list("id", "person_id").first()
    if found is None:
        raise OperatorUnknown
    return found


def appointment(appointment_id: int) -> AppointmentView:
    """One appointment, whatever its state. Raises AppointmentUnknown."""
    row = models.Appointment.objects.select_related("operator__person").filter(pk=appointment_id).first()
    if row is None:
        raise AppointmentUnknown
    return appointment_view(row)


def standing_appointments(operator_id: int, now: datetime) -> tuple[AppointmentView, ...]:
    """The operator's appointments that are in force, to come, or waiting to be decided."""
    rows = (
        models.Appointment.objects.select_related("operator__person")
        .filter(Q(approved=True) | Q(decided_at=None), operator_id=operator_id)
        .exclude(valid_until__lte=now)
        .order_by("id")
    )
    return tuple(appointment_view(row) for row in rows)


def appointment_view(row: models.Appointment) -> AppointmentView:
    """An appointment read with its operator and person, as a value."""
    return AppointmentView(
        appointment_id=row.id,
        username=row.operator.username,
        person_name=row.operator.person.name,
        appointment=Appointment(Role(row.role), row.region_code, row.unit_code, frozenset(row.bill_types)),
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        two_person=row.two_person,
        requested_at=row.requested_at,
        requested_by=row.requested_by,
        decided_at=row.decided_at,
        decided_by=row.decided_by,
        is_approved=row.approved,
        ended_by=row.ended_by,
        reason=row.ended_reason,
    )


def _demand_clear(appointment: Appointment) -> None:
    """Each kind of role names its own kind of place, and nothing else."""
    kind, region, unit = rights.SCOPE_KINDS[appointment.role], appointment.region_code, appointment.unit_code
    wanted = {
        ScopeKind.REGION: bool(region) and not unit,
        ScopeKind.UNIT: bool(unit) and not region,
        ScopeKind.GOVERNING: bool(unit) and not region,
        ScopeKind.WHOLE: not region and not unit,
    }
    if not wanted[kind]:
        raise AppointmentUnclear(f"{appointment.role.label}的任职范围应是{kind.label}。请按此填写")


def _refuse_exclusive(row: models.Appointment) -> None:
    # Two approvals for one person wait for each other here; the exclusion constraint is the promise.
    models.Person.objects.select_for_update().get(pk=row.person_id)
    overlapping = models.Appointment.objects.filter(person_id=row.person_id, approved=True).exclude(
        valid_until__lte=row.valid_from
    )
    if row.valid_until is not None:
        overlapping = overlapping.filter(valid_from__lt=row.valid_until)
    refusal = rights.exclusive([Role(row.role), *(Role(role) for role in overlapping.values_list("role", flat=True))])
    if refusal is not None:
        raise refusal


def _locked(appointment_id: int) -> models.Appointment:
    row = models.Appointment.objects.select_for_update().filter(pk=appointment_id).first()
    if row is None:
        raise AppointmentUnknown
    return row


def _end_sessions(operator_id: int, at: datetime) -> None:
    models.Session.objects.filter(operator_id=operator_id, ended_at=None).update(ended_at=at, ended_reason="登录凭据已重置")
