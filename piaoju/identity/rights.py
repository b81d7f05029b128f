"""Who may do what, where: pure. One line an act; a role's acts hold within its appointment's scope only.

Sources: GB/T 22239-2019 8.1.4.2 (least rights; system, security and audit administrators apart), 财综〔2024〕62号.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from django.db.models import TextChoices

from piaoju.identity.errors import RolesExclude
from piaoju.identity.types import Appointment, OperatorActor, Role, Scope


class Act(TextChoices):
    """事项: one member a verb. Its value is what the audit record says."""

    # --- people and rights
    READ_OPERATORS = "read_operators", "查看操作员"
    ENROL_OPERATOR = "enrol_operator", "登记操作员"
    REQUEST_APPOINTMENT = "request_appointment", "提请任职"
    APPROVE_APPOINTMENT = "approve_appointment", "批准任职"
    END_APPOINTMENT = "end_appointment", "终止任职"
    SUSPEND_OPERATOR = "suspend_operator", "停用操作员"
    RESTORE_OPERATOR = "restore_operator", "恢复操作员"
    RESET_CREDENTIALS = "reset_credentials", "重置登录凭据"
    BIND_UKEY = "bind_ukey", "绑定 UKEY"
    REVOKE_UKEY = "revoke_ukey", "吊销 UKEY"
    END_SESSIONS = "end_sessions", "结束他人会话"
    REGISTER_RELYING_PARTY = "register_relying_party", "登记依赖方系统"
    SET_PASSWORD_POLICY = "set_password_policy", "设置口令策略"
    READ_AUDIT = "read_audit", "查看审计记录"


class ScopeKind(TextChoices):
    """What an appointment to a role is confined to."""

    REGION = "region", "行政区划及其下级"
    UNIT = "unit", "开票单位"
    GOVERNING = "governing", "主管部门所属单位"
    WHOLE = "whole", "全省"


SCOPE_KINDS: Mapping[Role, ScopeKind] = MappingProxyType({
    Role.SUPERVISOR: ScopeKind.REGION,
    Role.UNIT_KEEPER: ScopeKind.UNIT,
    Role.HANDLER: ScopeKind.UNIT,
    Role.CHECKER: ScopeKind.UNIT,
    Role.FINANCE: ScopeKind.UNIT,
    Role.GOVERNING: ScopeKind.GOVERNING,
    Role.AUDITOR: ScopeKind.REGION,
    Role.SYSTEM_ADMINISTRATOR: ScopeKind.WHOLE,
    Role.SECURITY_ADMINISTRATOR: ScopeKind.WHOLE,
    Role.AUDIT_ADMINISTRATOR: ScopeKind.WHOLE,
    Role.MAINTAINER: ScopeKind.WHOLE,
})  # fmt: skip

_PEOPLE = frozenset({
    Act.READ_OPERATORS, Act.ENROL_OPERATOR, Act.REQUEST_APPOINTMENT, Act.END_APPOINTMENT, Act.SUSPEND_OPERATOR,
    Act.RESTORE_OPERATOR, Act.RESET_CREDENTIALS, Act.BIND_UKEY, Act.REVOKE_UKEY, Act.END_SESSIONS,
})  # fmt: skip

GRANTS: Mapping[Role, frozenset[Act]] = MappingProxyType({
    Role.SUPERVISOR: _PEOPLE | {
        Act.APPROVE_APPOINTMENT,
    },
    Role.UNIT_KEEPER: _PEOPLE | {
        Act.APPROVE_APPOINTMENT,
    },
    Role.HANDLER: frozenset[Act]({
    }),
    Role.CHECKER: frozenset[Act]({
    }),
    Role.FINANCE: frozenset[Act]({
    }),
    Role.GOVERNING: frozenset[Act]({
    }),
    Role.AUDITOR: frozenset({
        Act.READ_AUDIT,
    }),
    Role.SYSTEM_ADMINISTRATOR: _PEOPLE | {
        Act.REGISTER_RELYING_PARTY,
    },
    Role.SECURITY_ADMINISTRATOR: frozenset({
        Act.READ_OPERATORS, Act.APPROVE_APPOINTMENT, Act.END_APPOINTMENT, Act.SUSPEND_OPERATOR, Act.REVOKE_UKEY,
        Act.END_SESSIONS, Act.SET_PASSWORD_POLICY,
    }),
    Role.AUDIT_ADMINISTRATOR: frozenset({
        Act.READ_AUDIT,
    }),
    Role.MAINTAINER: frozenset[Act]({
    }),
})  # fmt: skip

# Whom a role may appoint, and which roles a second person must approve.
APPOINTS: Mapping[Role, frozenset[Role]] = MappingProxyType({
    Role.UNIT_KEEPER: frozenset({Role.HANDLER, Role.CHECKER, Role.FINANCE}),
    Role.SUPERVISOR: frozenset({Role.UNIT_KEEPER, Role.SUPERVISOR, Role.HANDLER, Role.CHECKER, Role.FINANCE}),
    Role.SYSTEM_ADMINISTRATOR: frozenset(Role),
    Role.SECURITY_ADMINISTRATOR: frozenset(Role),
})
TWO_PERSON_ROLES = frozenset(set(Role) - {Role.UNIT_KEEPER, Role.HANDLER, Role.CHECKER, Role.FINANCE})

# A person is of one branch at a time: whoever acts is not who audits, and no administrator is another.
BRANCHES: Mapping[Role, int] = MappingProxyType({
    **dict.fromkeys(Role, 1),
    Role.SYSTEM_ADMINISTRATOR: 2, Role.MAINTAINER: 2,
    Role.SECURITY_ADMINISTRATOR: 3,
    Role.AUDITOR: 4, Role.AUDIT_ADMINISTRATOR: 4,
})  # fmt: skip
_BRANCH_NAMES = {1: "业务角色", 2: "系统管理", 3: "安全管理", 4: "审计"}


def may(actor: OperatorActor, act: Act, scope: Scope) -> bool:
    """Whether one of the actor's appointments allows this act in this scope."""
    return any(act in GRANTS[one.role] and covers(one, scope) for one in actor.appointments)


def may_anywhere(actor: OperatorActor, act: Act) -> bool:
    """Whether the actor may do this at all, somewhere: what a menu shows."""
    return any(act in GRANTS[one.role] for one in actor.appointments)


def covers(appointment: Appointment, scope: Scope) -> bool:
    """Whether a scope lies within an appointment. Default: no."""
    if appointment.bill_types and scope.bill_type and scope.bill_type not in appointment.bill_types:
        return False
    kind = SCOPE_KINDS[appointment.role]
    if kind == ScopeKind.REGION:
        return not appointment.region_code or appointment.region_code in scope.region_codes
    if kind == ScopeKind.UNIT:
        return bool(appointment.unit_code) and appointment.unit_code == scope.unit_code
    if kind == ScopeKind.GOVERNING:
        return bool(appointment.unit_code) and appointment.unit_code == scope.governing_code
    return True


def may_appoint(actor: OperatorActor, act: Act, role: Role, scope: Scope) -> bool:
    """Whether the actor may request, approve or end appointments to this role in this scope."""
    return any(
        act in GRANTS[one.role] and role in APPOINTS.get(one.role, ()) and covers(one, scope) for one in actor.appointments
    )


def exclusive(roles: Iterable[Role]) -> RolesExclude | None:
    """The refusal, if no person may hold all these roles at once."""
    branches = sorted({BRANCHES[role] for role in roles})
    if len(branches) < 2:
        return None
    names = "、".join(_BRANCH_NAMES[branch] for branch in branches)
    return RolesExclude(f"同一个人不能同时担任{names}：相互牵制的岗位须分给不同的人。请先终止其一，或换人担任")


def same_person(first_person_id: int, actor: OperatorActor) -> bool:
    """Two accounts of one person are one person."""
    return first_person_id == actor.person_id
