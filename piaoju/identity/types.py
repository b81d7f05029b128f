"""Whoever acts, as frozen values, and where an act happens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import TextChoices


class Role(TextChoices):
    """角色: what a person is appointed to. Whom each may act for is in `rights`."""

    SUPERVISOR = "supervisor", "票据监管员"
    UNIT_KEEPER = "unit_keeper", "单位票据管理员"
    HANDLER = "handler", "开票员"
    CHECKER = "checker", "复核员"
    FINANCE = "finance", "财务"
    GOVERNING = "governing", "主管部门"
    AUDITOR = "auditor", "审计"
    SYSTEM_ADMINISTRATOR = "system_administrator", "系统管理员"
    SECURITY_ADMINISTRATOR = "security_administrator", "安全管理员"
    AUDIT_ADMINISTRATOR = "audit_administrator", "审计管理员"
    MAINTAINER = "maintainer", "运维"


@dataclass(frozen=True, slots=True)
class Appointment:
    """任职: a role within a scope; an empty field does not restrict it. 主管部门 keeps its own code in `unit_code`."""

    role: Role
    region_code: str = ""
    unit_code: str = ""
    bill_types: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class OperatorActor:
    """经办主体: a person at work under one account, with the appointments in force when it was read."""

    operator_id: int
    person_id: int
    username: str
    person_name: str
    appointments: tuple[Appointment, ...]
    revision: int

    @property
    def name(self) -> str:
        """How records and facts name this actor."""
        return f"operator:{self.username}"

    @property
    def roles(self) -> frozenset[Role]:
        return frozenset(one.role for one in self.appointments)


@dataclass(frozen=True, slots=True)
class Scope:
    """Where an act happens; the journey fills it from the registry. Empty: the act is not about one."""

    region_codes: tuple[str, ...] = ()  # the object's region and all above it, as of now
    unit_code: str = ""
    bill_type: str = ""
    governing_code: str = ""


@dataclass(frozen=True, slots=True)
class ClientActor:
    """经办主体: an API client of one unit, known by its token until the token expires."""

    revision: int
    client_id: str
    unit_code: str
    bill_types: frozenset[str]
    expires_at: datetime

    @property
    def name(self) -> str:
        return f"client:{self.client_id}"


@dataclass(frozen=True, slots=True)
class UkeyCertificate:
    """What of a person's certificate is kept when a UKEY is bound."""

    content: bytes
    fingerprint: bytes  # SM3 of the certificate
    serial: str
    subject_name: str
    issuer_name: str
    valid_from: datetime
    valid_until: datetime


class Limit(TextChoices):
    """What a session is confined to until it is settled; empty: to nothing."""

    NONE = "", "不限"
    PASSWORD = "password", "须先改口令"
    FACTOR = "factor", "须先设第二因素"


@dataclass(frozen=True, slots=True)
class SessionView:
    """会话: who is signed in, how, since when, and whether something must be settled first."""

    session_id: int
    actor: OperatorActor
    method: str
    source: str
    limit: Limit
    started_at: datetime
    seen_at: datetime


class SessionMethod(TextChoices):
    """登录方式: how a session was opened."""

    TOTP = "totp", "口令和动态口令"
    RECOVERY_CODE = "recovery_code", "口令和恢复码"
    PASSKEY = "passkey", "通行密钥"
    UKEY = "ukey", "UKEY 证书"
    PASSWORD = "password", "口令（须先设第二因素）"


class ChallengePurpose(TextChoices):
    """What a challenge is given out for; it answers nothing else."""

    SECOND_FACTOR = "second_factor", "第二因素"
    UKEY = "ukey", "UKEY 登录"
    PASSKEY = "passkey", "通行密钥登录"
    NEW_PASSKEY = "new_passkey", "登记通行密钥"
    NEW_TOTP = "new_totp", "登记动态口令"


@dataclass(frozen=True, slots=True)
class Account:
    """操作员的账号: what signing in needs to know of it."""

    operator_id: int
    username: str
    person_name: str
    has_second_factor: bool
    is_suspended: bool
    suspended_reason: str


@dataclass(frozen=True, slots=True)
class BoundUkey:
    """A UKEY and the account it signs in."""

    ukey_id: int
    account: Account
    is_revoked: bool


@dataclass(frozen=True, slots=True)
class ChallengeGiven:
    """A challenge in force: whose it is, if anyone's yet, and what was kept with it."""

    digest: bytes
    operator_id: int | None
    sealed: bytes | None
    tries: int


@dataclass(frozen=True, slots=True)
class PasskeyView:
    """通行密钥, as its holder sees it."""

    passkey_id: int
    credential_id: bytes
    label: str
    added_at: datetime


@dataclass(frozen=True, slots=True)
class OpenSession:
    """会话, as its holder sees it."""

    session_id: int
    method: str
    source: str
    agent: str
    started_at: datetime
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class Credentials:
    """What an account has to sign in with."""

    has_totp: bool
    recovery_codes_left: int
    passkeys: tuple[PasskeyView, ...]
    password_changed_at: datetime


@dataclass(frozen=True, slots=True)
class AppointmentView:
    """任职, with who requested and who decided it."""

    appointment_id: int
    username: str
    person_name: str
    appointment: Appointment
    valid_from: datetime
    valid_until: datetime | None
    two_person: bool
    requested_at: datetime
    requested_by: str
    decided_at: datetime | None
    decided_by: str
    is_approved: bool
    ended_by: str
    reason: str


@dataclass(frozen=True, slots=True)
class UkeyView:
    """UKEY, with whose it is and whether it is still good."""

    serial: str
    username: str
    person_name: str
    subject_name: str
    issuer_name: str
    valid_from: datetime
    valid_until: datetime
    bound_at: datetime
    bound_by: str
    revoked_at: datetime | None
    revoked_by: str
    revoked_reason: str


@dataclass(frozen=True, slots=True)
class RelyingPartyView:
    """依赖方系统, without its secret."""

    client_id: str
    name: str
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GrantedSession:
    """A sign-in as a relying party may know it."""

    session_id: int
    client_id: str
    nonce: str
