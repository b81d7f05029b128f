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
    READ_AUDIT = "read_audit", "查看审计记录"
    # --- bills
    READ_BILLS = "read_bills", "查看票据"
    READ_TOTALS = "read_totals", "查看统计"
    DOWNLOAD_BILLS = "download_bills", "下载与合并打印票据"
    EXPORT_PAYERS = "export_payers", "导出完整的交款人"
    MAKE_BULLETIN = "make_bulletin", "生成通报"
    EXPORT_HISTORY = "export_history", "导出单位全部历史"
    PRINT_BILL = "print_bill", "打印票据"
    REVERSE_BILL = "reverse_bill", "冲红"
    DECIDE_REVERSAL = "decide_reversal", "审批冲红"
    CONVERT_TO_PAPER = "convert_to_paper", "换开纸质票与纸票作废"

    # --- stock
    READ_STOCK = "read_stock", "查看号码"
    OPEN_NUMBERS = "open_numbers", "赋码"
    DISTRIBUTE_NUMBERS = "distribute_numbers", "向下级分发号码"
    SUBMIT_REQUISITION = "submit_requisition", "申领号码"
    SUBMIT_DEPARTMENT_REQUISITION = "submit_department_requisition", "向上级申领号码"
    WITHDRAW_REQUISITION = "withdraw_requisition", "撤回申领"
    REVIEW_REQUISITION = "review_requisition", "审核申领"
    ALLOT_NUMBERS = "allot_numbers", "发放号码"
    RETURN_NUMBERS = "return_numbers", "退回号码"
    REPORT_LOSS = "report_loss", "报告遗失"
    VOID_NUMBERS = "void_numbers", "申请作废号码"
    DESTROY_NUMBERS = "destroy_numbers", "申请销毁"
    DECIDE_DISPOSAL = "decide_disposal", "审批作废、遗失、销毁"
    SET_REQUISITION_LIMIT = "set_requisition_limit", "设置申领限量"
    SET_TOP_UP = "set_top_up", "设置自动补号"

    # --- registry
    READ_REGISTRY = "read_registry", "查看登记"
    MOVE_REGION = "move_region", "登记与划转行政区划"
    REGISTER_UNIT = "register_unit", "登记与变更单位"
    IMPORT_UNITS = "import_units", "批量登记单位"
    PASS_STEP = "pass_step", "审核单位上线"
    ADVANCE_STEP = "advance_step", "办理单位上线"
    REGISTER_POINT = "register_point", "登记开票点"
    REGISTER_LICENSE = "register_license", "登记证照"
    GRANT_AUTHORIZATION = "grant_authorization", "核准与终止票种"
    PROPOSE_BILL_TYPE = "propose_bill_type", "申请启用票种"
    DECIDE_BILL_TYPE = "decide_bill_type", "审批票种申请"
    SET_STANDARD = "set_standard", "登记收费项目与标准"
    SUSPEND_ISSUING = "suspend_issuing", "停开与恢复"
    SUBMIT_CERTIFICATE = "submit_certificate", "提交证书和印章"
    DECIDE_CERTIFICATE = "decide_certificate", "核准证书和印章"
    REVOKE_CERTIFICATE = "revoke_certificate", "吊销证书登记"

    # --- the issuing window
    ISSUE_BILL = "issue_bill", "开具票据"
    ISSUE_BATCH = "issue_batch", "批量开票"
    REVIEW_DRAFT = "review_draft", "复核开票"
    SET_REVIEW_RULE = "set_review_rule", "设置开票复核"
    KEEP_TEMPLATE = "keep_template", "维护开票模板"
    SEND_BILL = "send_bill", "推送票据"


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

_FIGURES = frozenset({Act.READ_BILLS, Act.READ_TOTALS, Act.DOWNLOAD_BILLS})
_PEOPLE = frozenset({
    Act.READ_OPERATORS, Act.ENROL_OPERATOR, Act.REQUEST_APPOINTMENT, Act.END_APPOINTMENT, Act.SUSPEND_OPERATOR,
    Act.RESTORE_OPERATOR, Act.RESET_CREDENTIALS, Act.BIND_UKEY, Act.REVOKE_UKEY, Act.END_SESSIONS,
})  # fmt: skip

_STOCK_OF_DEPARTMENT = frozenset({
    Act.READ_STOCK, Act.OPEN_NUMBERS, Act.DISTRIBUTE_NUMBERS, Act.SUBMIT_DEPARTMENT_REQUISITION, Act.WITHDRAW_REQUISITION,
    Act.REVIEW_REQUISITION, Act.ALLOT_NUMBERS, Act.RETURN_NUMBERS, Act.REPORT_LOSS, Act.VOID_NUMBERS, Act.DESTROY_NUMBERS,
    Act.DECIDE_DISPOSAL, Act.SET_REQUISITION_LIMIT, Act.SET_TOP_UP,
})  # fmt: skip
_STOCK_OF_UNIT = frozenset({
    Act.READ_STOCK, Act.SUBMIT_REQUISITION, Act.WITHDRAW_REQUISITION, Act.RETURN_NUMBERS, Act.REPORT_LOSS, Act.VOID_NUMBERS,
    Act.DESTROY_NUMBERS,
})  # fmt: skip

_REGISTRY = frozenset({
    Act.READ_REGISTRY, Act.MOVE_REGION, Act.REGISTER_UNIT, Act.IMPORT_UNITS, Act.PASS_STEP, Act.ADVANCE_STEP,
    Act.REGISTER_POINT, Act.REGISTER_LICENSE, Act.GRANT_AUTHORIZATION, Act.PROPOSE_BILL_TYPE, Act.DECIDE_BILL_TYPE,
    Act.SET_STANDARD, Act.SUSPEND_ISSUING, Act.SUBMIT_CERTIFICATE, Act.DECIDE_CERTIFICATE, Act.REVOKE_CERTIFICATE,
})  # fmt: skip

GRANTS: Mapping[Role, frozenset[Act]] = MappingProxyType({
    Role.SUPERVISOR: _FIGURES | _PEOPLE | _STOCK_OF_DEPARTMENT | _REGISTRY | {
        Act.APPROVE_APPOINTMENT, Act.MAKE_BULLETIN,
    },
    Role.UNIT_KEEPER: _FIGURES | _PEOPLE | _STOCK_OF_UNIT | {
        Act.APPROVE_APPOINTMENT, Act.READ_REGISTRY, Act.ADVANCE_STEP, Act.REGISTER_POINT, Act.SET_REVIEW_RULE,
        Act.KEEP_TEMPLATE, Act.SEND_BILL, Act.SUBMIT_CERTIFICATE, Act.PRINT_BILL, Act.REVERSE_BILL, Act.DECIDE_REVERSAL,
        Act.CONVERT_TO_PAPER, Act.EXPORT_PAYERS, Act.EXPORT_HISTORY,
    },
    Role.HANDLER: _FIGURES | frozenset({
        Act.READ_STOCK, Act.READ_REGISTRY, Act.ADVANCE_STEP, Act.ISSUE_BILL, Act.ISSUE_BATCH, Act.KEEP_TEMPLATE, Act.SEND_BILL,
        Act.PRINT_BILL, Act.REVERSE_BILL, Act.CONVERT_TO_PAPER,
    }),
    Role.CHECKER: _FIGURES | frozenset({
        Act.READ_STOCK, Act.ISSUE_BATCH, Act.REVIEW_DRAFT, Act.PRINT_BILL, Act.DECIDE_REVERSAL,
    }),
    Role.FINANCE: _FIGURES | frozenset({
        Act.READ_STOCK, Act.PRINT_BILL, Act.EXPORT_PAYERS,
    }),
    Role.GOVERNING: frozenset({
        Act.READ_REGISTRY, Act.READ_TOTALS,
    }),
    Role.AUDITOR: _FIGURES | frozenset({
        Act.READ_AUDIT, Act.READ_STOCK, Act.READ_REGISTRY, Act.EXPORT_PAYERS,
    }),
    Role.SYSTEM_ADMINISTRATOR: _PEOPLE | {
        Act.REGISTER_RELYING_PARTY,
    },
    Role.SECURITY_ADMINISTRATOR: frozenset({
        Act.READ_OPERATORS, Act.APPROVE_APPOINTMENT, Act.END_APPOINTMENT, Act.SUSPEND_OPERATOR, Act.REVOKE_UKEY,
        Act.END_SESSIONS,
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


def may_appoint(
    actor: OperatorActor, act: Act, role: Role, scope: Scope, bill_types: frozenset[str] = frozenset()
) -> bool:
    """Whether the actor may request, approve or end appointments to this role in this scope, for these bill types (none: all).

    Whoever is confined to some bill types appoints nobody beyond them.
    """
    return any(
        act in GRANTS[one.role]
        and role in APPOINTS.get(one.role, ())
        and covers(one, scope)
        and (not one.bill_types or (bool(bill_types) and bill_types <= one.bill_types))
        for one in actor.appointments
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
