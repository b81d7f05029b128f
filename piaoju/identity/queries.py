"""Who is acting."""

from __future__ import annotations

from datetime import datetime

from django.db import connection
from django.db.models import Q

from piaoju.crypto import sm3
from piaoju.identity import models
from piaoju.identity.credentials import account
from piaoju.identity.errors import OperatorNotInForce, OperatorUnknown, SessionEnded, TokenInvalid
from piaoju.identity.lists import (
    AppointmentRow,
    AuditRow,
    OperatorRow,
    SessionRow,
    UkeyRow,
    Within,
    appointments_page,
    audit_page,
    operators_page,
    roles_named,
    sessions_page,
    ukeys_page,
)
from piaoju.identity.openid import relying_party, relying_party_of_secret, session_of_openid_token
from piaoju.identity.people import appointment, person_of, standing_appointments
from piaoju.identity.policy import SignInPolicy, password_is_old, session_has_run_out
from piaoju.identity.types import (
    Account,
    Appointment,
    ClientActor,
    Credentials,
    Limit,
    OpenSession,
    OperatorActor,
    PasskeyView,
    Role,
    SessionMethod,
    SessionView,
    UkeyView,
)

__all__ = [
    "REVISION_SQL",
    "AppointmentRow",
    "AuditRow",
    "OperatorRow",
    "SessionRow",
    "UkeyRow",
    "Within",
    "account_exists",
    "account_of",
    "administrators_in_force",
    "appointment",
    "appointments_page",
    "audit_page",
    "client_in_force",
    "client_of_token",
    "credentials_of",
    "lock_in_force",
    "open_sessions_of",
    "operator_actor",
    "operators_page",
    "passkeys_of",
    "person_of",
    "relying_party",
    "relying_party_of_secret",
    "roles_named",
    "session_by_id",
    "session_of",
    "session_of_openid_token",
    "sessions_page",
    "standing_appointments",
    "ukeys_of",
    "ukeys_page",
    "username_of_ukey",
]

REVISION_SQL = "SELECT number FROM identity_revision WHERE id = 1"


def client_of_token(token: str, now: datetime) -> ClientActor:
    """The client that this token was granted to. Raises TokenInvalid."""
    revision = models.Revision.objects.get(pk=1).number
    row = (
        models.AccessToken.objects.select_related("client")
        .filter(digest=sm3.digest(token.encode()), expires_at__gt=now, client__revoked_at=None)
        .first()
    )
    if row is None:
        raise TokenInvalid
    client = row.client
    return ClientActor(revision, client.client_id, client.unit_code, frozenset(client.bill_types), row.expires_at)


def client_in_force(actor: ClientActor, now: datetime) -> ClientActor:
    """This client as it is enrolled now, for the same unit, its token not run out. Raises TokenInvalid."""
    revision = models.Revision.objects.get(pk=1).number
    row = models.ApiClient.objects.filter(
        client_id=actor.client_id, unit_code=actor.unit_code, revoked_at=None
    ).first()
    if row is None or actor.expires_at <= now:
        raise TokenInvalid
    return ClientActor(revision, row.client_id, row.unit_code, frozenset(row.bill_types), actor.expires_at)


def operator_actor(username: str, now: datetime) -> OperatorActor:
    """Whoever works under this account, with the appointments in force now. Raises OperatorUnknown, OperatorNotInForce."""
    operator = models.Operator.objects.select_related("person").filter(username=username).first()
    if operator is None:
        raise OperatorUnknown
    return _actor(operator, now)


def is_same_person(username: str, actor: OperatorActor) -> bool:
    """Whether this account and the actor's are one person's."""
    return models.Operator.objects.filter(username=username, person_id=actor.person_id).exists()


def lock_in_force(actor: OperatorActor, now: datetime) -> None:
    """Nothing changes this actor's rights until the caller's transaction ends. Raises OperatorNotInForce.

    A suspension, an ended appointment or a revoked UKEY that was committed since the actor was read is seen here.
    """
    with connection.cursor() as cursor:  # SHARE: acts of one operator need not wait for each other, only a change for them
        cursor.execute("SELECT 1 FROM identity_operator WHERE id = %s FOR SHARE", [actor.operator_id])
    operator = models.Operator.objects.select_related("person").get(pk=actor.operator_id)
    if _actor(operator, now) != actor:
        raise OperatorNotInForce


def _actor(operator: models.Operator, now: datetime) -> OperatorActor:
    if operator.suspended_at is not None:
        raise OperatorNotInForce
    rows = (
        models.Appointment.objects.filter(operator=operator, approved=True, valid_from__lte=now)
        .exclude(valid_until__lte=now)
        .order_by("id")
    )
    appointments = tuple(
        Appointment(Role(row.role), row.region_code, row.unit_code, frozenset(row.bill_types)) for row in rows
    )
    return OperatorActor(
        operator.id, operator.person_id, operator.username, operator.person.name, appointments, operator.revision
    )


def session_of(token: str, policy: SignInPolicy, now: datetime) -> SessionView:
    """Whoever is signed in under this token, with the rights of now. Raises SessionEnded, OperatorNotInForce."""
    return _session(Q(digest=sm3.digest(token.encode())), policy, now)


def session_by_id(session_id: int, policy: SignInPolicy, now: datetime) -> SessionView:
    """The same of a session whose token is elsewhere: what was handed on to another system ends with it."""
    return _session(Q(pk=session_id), policy, now)


def _session(which: Q, policy: SignInPolicy, now: datetime) -> SessionView:
    row = models.Session.objects.select_related("operator__person", "ukey").filter(which, ended_at=None).first()
    if row is None or session_has_run_out(policy, row.started_at, row.seen_at, now):
        raise SessionEnded
    if row.ukey is not None and row.ukey.revoked_at is not None:
        raise SessionEnded("UKEY 已吊销，登录已结束。请联系单位票据管理员换发")
    if row.ukey is not None and row.ukey.valid_until <= now:
        raise SessionEnded("UKEY 证书已到期，登录已结束。请换发证书后重新绑定")
    limit = Limit.NONE
    if row.method == SessionMethod.PASSWORD:
        limit = Limit.FACTOR
    if row.method != SessionMethod.UKEY and _must_change_password(row.operator, policy, now):
        limit = Limit.PASSWORD
    return SessionView(row.id, _actor(row.operator, now), row.method, row.source, limit, row.started_at, row.seen_at)


def _must_change_password(operator: models.Operator, policy: SignInPolicy, now: datetime) -> bool:
    return operator.must_change_password or password_is_old(policy, operator.password_changed_at, now)


def account_exists(username: str) -> bool:
    """Whether there is such an account, in force or not."""
    return models.Operator.objects.filter(username=username).exists()


def account_of(operator_id: int) -> Account:
    """The account of an operator."""
    return account(models.Operator.objects.select_related("person").get(pk=operator_id))


def passkeys_of(operator_id: int) -> tuple[PasskeyView, ...]:
    """The passkeys that sign this operator in."""
    rows = models.Passkey.objects.filter(operator_id=operator_id, removed_at=None).order_by("id")
    return tuple(PasskeyView(row.id, bytes(row.credential_id), row.label, row.added_at) for row in rows)


def credentials_of(operator_id: int) -> Credentials:
    """What this operator has to sign in with; no secret of it."""
    operator = models.Operator.objects.get(pk=operator_id)
    left = models.RecoveryCode.objects.filter(operator_id=operator_id).count()
    return Credentials(
        operator.totp_secret_sealed is not None, left, passkeys_of(operator_id), operator.password_changed_at
    )


def open_sessions_of(operator_id: int, policy: SignInPolicy, now: datetime) -> tuple[OpenSession, ...]:
    """The sessions of this operator that would still be believed, the latest first."""
    rows = models.Session.objects.filter(operator_id=operator_id, ended_at=None).order_by("-started_at")
    return tuple(
        OpenSession(row.id, SessionMethod(row.method).label, row.source, row.agent, row.started_at, row.seen_at)
        for row in rows
        if not session_has_run_out(policy, row.started_at, row.seen_at, now)
    )


def username_of_ukey(serial: str) -> str | None:
    """Whose UKEY in force this is."""
    row = models.Ukey.objects.select_related("operator").filter(serial=serial, revoked_at=None).first()
    return row.operator.username if row else None


def ukeys_of(operator_id: int) -> tuple[UkeyView, ...]:
    """The UKEYs of this operator, revoked ones too, the latest first."""
    rows = models.Ukey.objects.select_related("operator__person").filter(operator_id=operator_id).order_by("-id")
    return tuple(ukey_view(row) for row in rows)


def ukey_view(row: models.Ukey) -> UkeyView:
    """A UKEY read with its operator and person, as a value."""
    return UkeyView(
        row.serial, row.operator.username, row.operator.person.name, row.subject_name, row.issuer_name, row.valid_from,
        row.valid_until, row.bound_at, row.bound_by, row.revoked_at, row.revoked_by, row.revoked_reason,
    )  # fmt: skip


def administrators_in_force(now: datetime) -> bool:
    """Whether any system, security or audit administrator is at work."""
    roles = [Role.SYSTEM_ADMINISTRATOR, Role.SECURITY_ADMINISTRATOR, Role.AUDIT_ADMINISTRATOR]
    rows = models.Appointment.objects.filter(role__in=roles, approved=True, operator__suspended_at=None)
    return rows.exclude(valid_until__lte=now).exists()
