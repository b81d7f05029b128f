"""How states and choices of the registry are written on its pages."""

from __future__ import annotations

from piaoju.registry import queries

INDUSTRIES = tuple(queries.INDUSTRY_LABELS.items())
MODES = tuple(queries.MODE_LABELS.items())
STAGES = (*queries.STAGE_LABELS.items(), ("done", "已上线"))
LICENSE_KINDS = tuple(queries.LICENSE_LABELS.items())
UNIT_STATES = {
    "online": ("已上线", "done"), "under_way": ("办理中", "going"), "stuck": ("卡住", "stuck"), "ended": ("已停用", "void"),
}  # fmt: skip
VALIDITY_STATES = {"in_force": ("在用", "done"), "to_come": ("未生效", "wait"), "ended": ("已终止", "void")}
PROPOSAL_STATES = {
    "proposed": ("待审批", "wait"), "approved": ("已批准", "done"), "declined": ("已退回", "stuck"),
    "withdrawn": ("已撤回", "void"),
}  # fmt: skip
CERTIFICATE_STATES = {
    "in_force": ("有效", "done"), "to_come": ("未生效", "wait"), "expired": ("已到期", "stuck"), "revoked": ("已吊销", "void"),
}  # fmt: skip
SUBMISSION_STATES = {
    "submitted": ("待核准", "wait"), "approved": ("已核准", "done"), "declined": ("已退回", "stuck"),
    "withdrawn": ("已撤回", "void"),
}  # fmt: skip
HOLDER_KINDS = (("unit", "开票单位"), ("supervision", "财政部门"))
STEP_SHAPES = {"waiting": "wait", "open": "going", "stuck": "stuck", "done": "done"}
IMPORT_STATES = {"checked": ("已检查，未登记", "wait"), "applied": ("已登记", "done")}
STOP_STATES = {"in_force": ("停开中", "stuck"), "ended": ("已恢复", "done")}
SCOPES = (("unit", "开票单位"), ("region", "行政区划"), ("bill_type", "票据种类"), ("charge_item", "收费项目"), ("all", "全部"))
OWNERS = {"finance": "财政部门", "unit_keeper": "单位票据管理员", "authority": "证书机构", "handler": "开票员"}
LEVELS = {1: "省", 2: "市州", 3: "区县"}
PROPOSAL_KINDS = (("enable", "启用"), ("end", "停用"))
OUTCOMES = {
    "registered": ("可以登记", "done"), "changed": ("更新档案", "going"), "unchanged": ("没有变化", "wait"),
    "refused": ("需要改正", "stuck"),
}  # fmt: skip


def choices(states: dict[str, tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """The states as the choices of a filter."""
    return tuple((value, word) for value, (word, _) in states.items())


def industry(value: str) -> str:
    return queries.INDUSTRY_LABELS.get(value, value)


def industries(values: str) -> str:
    """A list of industries, parted by spaces; none means all."""
    return "、".join(industry(value) for value in values.split()) or "全部行业"


def who(actor: str) -> str:
    """An actor's name without its kind."""
    return actor.partition(":")[2] or actor
