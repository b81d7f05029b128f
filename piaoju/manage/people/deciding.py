"""What is done to an account, an appointment, a UKEY: each an act of its own, with its reason, never to oneself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponseBase

from piaoju.identity.errors import AppointmentUnknown, UkeyUnknown
from piaoju.identity.queries import AppointmentRow, UkeyRow, roles_named
from piaoju.identity.rights import Act
from piaoju.identity.types import OperatorActor
from piaoju.journeys import appoint, operators, premises, see_people, ukeys
from piaoju.journeys.office import Office
from piaoju.kit.listing import Asked, Condition
from piaoju.manage import forms, frame, texts
from piaoju.manage.people import words
from piaoju.manage.people.lists_of import APPOINTMENTS, PEOPLE, UKEYS

_CERTIFICATE_BYTES_MAX = 64 * 1024
_CRUMBS: tuple[frame.Crumb, ...] = ("人员与权限", ("操作员", PEOPLE))


class ReasonForm(forms.Form):
    reason = forms.text("原因", hint="会记入审计记录")


class CertificateForm(forms.Form):
    certificate = forms.file("UKEY 证书", hint=".cer 或 .der，从 UKEY 驱动导出", largest_bytes=_CERTIFICATE_BYTES_MAX)


class DecisionForm(forms.Form):
    decision = forms.choice("审批意见", (("approve", "批准"), ("decline", "不批准")))
    reason = forms.text("不批准的原因", must=False)


@frame.view(Act.SUSPEND_OPERATOR, methods=("GET", "POST"))
def suspend(request: HttpRequest, username: str) -> HttpResponseBase:
    """停用账号."""
    effect = f"{username} 从下一次请求起不能再登录和办理；已经办理的事和签过的名仍然有效。"

    def save(office: Office, actor: OperatorActor, values: dict[str, Any]) -> str:
        operators.suspend(office, actor, username, values["reason"])
        return f"{username} 已停用"

    return _over(request, username, ReasonForm, "停用账号", effect, save)


@frame.view(Act.RESTORE_OPERATOR, methods=("GET", "POST"))
def restore(request: HttpRequest, username: str) -> HttpResponseBase:
    """恢复账号."""

    def save(office: Office, actor: OperatorActor, values: dict[str, Any]) -> str:
        operators.restore(office, actor, username)
        return f"{username} 已恢复，可以重新登录"

    return _over(request, username, forms.Form, "恢复账号", f"{username} 可以重新登录，任职不变。", save)


@frame.view(Act.RESET_CREDENTIALS, methods=("GET", "POST"))
def reset_password(request: HttpRequest, username: str) -> HttpResponseBase:
    """重置口令: the new one is shown once, and changed at the first sign-in."""

    def save(office: Office, actor: OperatorActor, values: dict[str, Any]) -> HttpResponseBase:
        password = operators.reset_password(office, actor, username)
        context = {"username": username, "password": password, "address": f"{PEOPLE}/{username}"}
        return frame.page(request, "manage/people/password.html", context, title="口令已重置", crumbs=_CRUMBS, help="people")

    effect = f"{username} 的旧口令作废。第二因素不变；重置第二因素要由另一个人来办。"
    return _over(request, username, forms.Form, "重置口令", effect, save)


@frame.view(Act.RESET_CREDENTIALS, methods=("GET", "POST"))
def reset_factor(request: HttpRequest, username: str) -> HttpResponseBase:
    """重置第二因素."""

    def save(office: Office, actor: OperatorActor, values: dict[str, Any]) -> str:
        operators.reset_second_factor(office, actor, username)
        return f"{username} 的第二因素已清除，下次登录后先设置新的"

    effect = f"{username} 的动态口令、恢复码和通行密钥都作废；口令不变。重置口令要由另一个人来办。"
    return _over(request, username, forms.Form, "重置第二因素", effect, save)


@frame.view(Act.END_SESSIONS, methods=("GET", "POST"))
def end_sessions(request: HttpRequest, username: str) -> HttpResponseBase:
    """结束全部会话."""

    def save(office: Office, actor: OperatorActor, values: dict[str, Any]) -> str:
        return f"已结束 {operators.end_sessions(office, actor, username)} 个会话"

    return _over(request, username, forms.Form, "结束全部会话", f"{username} 在所有地方的登录立即结束，可以重新登录。", save)


@frame.view(Act.BIND_UKEY, methods=("GET", "POST"))
def bind_ukey(request: HttpRequest, username: str) -> HttpResponseBase:
    """绑定 UKEY: this certificate signs this account in from now on."""

    def save(office: Office, actor: OperatorActor, values: dict[str, Any]) -> str:
        serial = ukeys.bind(office, actor, username, values["certificate"].read())
        return f"已绑定证书 {serial}"

    return _over(request, username, CertificateForm, "绑定 UKEY", "", save)


def _over(
    request: HttpRequest,
    username: str,
    form: type[forms.Form],
    title: str,
    effect: str,
    act: Callable[[Office, OperatorActor, dict[str, Any]], str | HttpResponseBase],
) -> HttpResponseBase:
    """An act on one account that is in sight."""
    actor, office, address = frame.actor_of(request), premises.office(), f"{PEOPLE}/{username}"
    row = see_people.operator(office, actor, username)

    def save(values: dict[str, Any], once: str) -> forms.Done | HttpResponseBase:
        told = act(office, actor, values)
        return forms.Done(told, address) if isinstance(told, str) else told

    page = forms.Page(
        title, button=title, crumbs=(*_CRUMBS, (row.person_name, address)), help="people", effect=effect,
        facts=[("姓名", row.person_name), ("用户名", username), ("角色", roles_named(row.roles) or "没有在任的职")],
        back=("不办理", address),
    )  # fmt: skip
    return forms.ask(request, form, page, save)


@frame.view(Act.READ_OPERATORS, methods=("GET", "POST"))
def appointment(request: HttpRequest, number: int) -> HttpResponseBase:
    """One appointment: to be decided by whoever may, to be ended, or only to be read."""
    actor, office = frame.actor_of(request), premises.office()
    row = _appointment_in_sight(actor, number)

    def save(values: dict[str, Any], once: str) -> forms.Done:
        if row.state != "waiting":
            appoint.end(office, actor, number, values["reason"])
            return forms.Done(f"任职 {number} 已终止，下一次请求起生效", f"{APPOINTMENTS}/{number}")
        if values["decision"] == "approve":
            appoint.approve(office, actor, number)
            return forms.Done(f"任职 {number} 已批准", f"{APPOINTMENTS}/{number}")
        appoint.decline(office, actor, number, values["reason"] or "")
        return forms.Done(f"任职 {number} 未批准", f"{APPOINTMENTS}/{number}")

    forms_of: dict[str, tuple[type[forms.Form], str, str]] = {
        "waiting": (DecisionForm, "提交审批意见", ""),
        "in_force": (ReasonForm, "终止任职", f"{row.person_name} 从下一次请求起失去这项任职的权限。"),
        "to_come": (ReasonForm, "终止任职", f"{row.person_name} 不再到任。"),
    }
    form, button, effect = forms_of.get(row.state, (forms.Form, "", ""))
    page = forms.Page(
        f"任职 {number}", button=button, crumbs=("人员与权限", ("任职", APPOINTMENTS)), help="appointments", effect=effect,
        facts=_facts_of(row), back=("回到任职", APPOINTMENTS),
    )  # fmt: skip
    if not button and request.method == "POST":
        raise AppointmentUnknown
    return forms.ask(request, form, page, save)


def _facts_of(row: AppointmentRow) -> list[tuple[str, str]]:
    return [
        ("姓名", row.person_name),
        ("用户名", row.username),
        ("角色", roles_named(row.role)),
        ("任职地", row.place or "全省"),
        ("状态", words.APPOINTMENT_STATES[row.state][0]),
        ("提请", f"{words.person(row.requested_by)} {texts.instant(row.requested_at)}"),
        ("审批", words.person(row.decided_by) or ("须由另一人批准" if row.two_person else "不需要")),
        ("任职止", texts.instant(row.valid_until) or "长期"),
    ]


def _appointment_in_sight(actor: OperatorActor, number: int) -> AppointmentRow:
    asked = Asked((Condition("id", "eq", (number,)),), limit=1)
    found = see_people.appointments(premises.office(), actor, asked).rows if number < 2**63 else ()
    if not found:
        raise AppointmentUnknown
    return found[0]


@frame.view(Act.REVOKE_UKEY, methods=("GET", "POST"))
def revoke_ukey(request: HttpRequest, serial: str) -> HttpResponseBase:
    """吊销 UKEY."""
    actor, office = frame.actor_of(request), premises.office()
    row = _ukey_in_sight(actor, serial)

    def save(values: dict[str, Any], once: str) -> forms.Done:
        ukeys.revoke(office, actor, serial, values["reason"])
        return forms.Done(f"证书 {serial} 已吊销", UKEYS)

    page = forms.Page(
        "吊销 UKEY", button="吊销 UKEY", crumbs=("人员与权限", ("UKEY", UKEYS)), help="ukeys", back=("不吊销", UKEYS),
        effect="这个 UKEY 从下一次请求起不能登录，不可恢复；用它签过的名仍然有效。",
        facts=[("证书序列号", serial), ("姓名", row.person_name), ("颁发机构", row.issuer_name),
               ("到期时间", texts.instant(row.valid_until)), ("状态", words.UKEY_STATES[row.state][0])],
    )  # fmt: skip
    return forms.ask(request, ReasonForm, page, save)


def _ukey_in_sight(actor: OperatorActor, serial: str) -> UkeyRow:
    found = see_people.ukeys(premises.office(), actor, Asked((Condition("serial", "eq", (serial,)),), limit=1)).rows
    if not found:
        raise UkeyUnknown
    return found[0]
