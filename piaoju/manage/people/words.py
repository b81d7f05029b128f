"""The words of people and rights: states, roles, factors, acts."""

from __future__ import annotations

from piaoju.identity.rights import Act
from piaoju.identity.types import OperatorActor, Role, SessionMethod

OPERATOR_STATES = {"in_force": ("在用", "done"), "suspended": ("已停用", "stuck"), "unappointed": ("没有任职", "wait")}
APPOINTMENT_STATES = {
    "waiting": ("待批准", "going"),
    "in_force": ("在任", "done"),
    "to_come": ("未到期", "wait"),
    "declined": ("未批准", "stuck"),
    "ended": ("已终止", "wait"),
}
UKEY_STATES = {"in_force": ("可用", "done"), "revoked": ("已吊销", "stuck"), "expired": ("已到期", "stuck")}
FACTORS = {
    "ukey": ("UKEY", "done"),
    "passkey": ("通行密钥", "done"),
    "totp": ("动态口令", "done"),
    "none": ("没有设置", "stuck"),
}
METHODS = {method.value: str(method.label) for method in SessionMethod}
ROLES = tuple((role.value, str(role.label)) for role in Role)
# What happens without an act of the back office.
_FURTHER_ACTS = {
    "sign_in": "登录",
    "sign_out": "退出",
    "change_own_password": "改自己的口令",
    "set_own_totp": "设置自己的动态口令",
    "renew_recovery_codes": "换自己的恢复码",
    "add_own_passkey": "登记自己的通行密钥",
    "remove_own_passkey": "移除自己的通行密钥",
    "end_own_session": "结束自己的会话",
    "report_own_ukey_lost": "挂失自己的 UKEY",
    "export_list": "导出列表",
    "issue_bill": "开具",
    "grant_token": "取令牌",
    "openid_authorize": "登录其他系统",
    "openid_token": "其他系统取令牌",
    "suspend": "停开",
    "lift_suspension": "恢复开具",
    "found_administrator": "设立管理员",
    "allot_numbers": "发放号码",
}
_FURTHER_OUTCOMES = {"done": "完成", "signed_in": "登录成功", "password_right": "口令正确，待第二步", "not_in_scope": "不归他管"}


def act(value: str) -> str:
    """An act in words; one that nobody named is shown by its code."""
    return str(Act(value).label) if value in Act.values else _FURTHER_ACTS.get(value, value)


def outcome(value: str) -> str:
    """What came of it: done, or the code of the refusal."""
    return _FURTHER_OUTCOMES.get(value, value)


def person(actor: str) -> str:
    """Who did it, without the prefix of the record."""
    return actor.removeprefix("operator:")


def home_of(actor: OperatorActor) -> str:
    """The code of the place where this person works, to begin a form with."""
    return next((one.unit_code or one.region_code for one in actor.appointments), "")


ACTS = tuple((value, act(value)) for value in (*Act.values, *(v for v in _FURTHER_ACTS if v not in Act.values)))
