"""证书和印章: handed in by one person, approved by another, revoked at once."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponseBase

from piaoju.identity import rights
from piaoju.identity.rights import Act
from piaoju.identity.types import OperatorActor
from piaoju.journeys import certificate_fitness, premises, register_certificate
from piaoju.journeys.register_certificate import HandedIn
from piaoju.kit.listing import Asked, Found
from piaoju.manage import forms, frame, lists, texts
from piaoju.manage.registry import words
from piaoju.seal.types import SealKind

Values = dict[str, Any]
_LIST = ("登记", ("证书和印章", "/manage/certificates"))


def _rows(actor: OperatorActor, asked: Asked) -> Found[Any]:
    return register_certificate.page(premises.office(), actor, asked)


SUBMISSIONS = lists.ListPage(
    name="certificates", title="证书和印章", noun="份", help="certificates", crumbs=("登记",), rows=_rows,
    key=lambda row: str(row.id), sort="-submitted_at",
    columns=(
        lists.text("holder_name", "持有人", link=lambda row: f"/manage/certificates/{row.id}", wide=True, phone="name"),
        lists.code("holder_code", "持有人代码"),
        lists.text("kind", "类别", value=lambda row: dict(words.HOLDER_KINDS)[row.kind]),
        lists.code("serial", "证书序列号"),
        lists.instant("valid_until", "证书到期"),
        lists.text("submitted_by", "提交", value=lambda row: words.who(row.submitted_by)),
        lists.instant("submitted_at", "提交时间"),
        lists.text("decided_by", "核准", value=lambda row: words.who(row.decided_by)),
        lists.state("state", "状态", words.SUBMISSION_STATES),
    ),
    filters=(
        lists.ChoiceFilter("state", "状态", words.choices(words.SUBMISSION_STATES)),
        lists.CodeFilter("holder_code", "持有人代码"),
        lists.TextFilter("holder_name", "持有人"),
        lists.ChoiceFilter("kind", "类别", words.HOLDER_KINDS, usual=False),
        lists.CodeFilter("serial", "证书序列号", usual=False),
        lists.InstantFilter("submitted_at", "提交时间", usual=False),
    ),
    views=(lists.View("待核准", "state=submitted"),),
    empty="没有提交过证书和印章。打开一家单位，点「提交证书和印章」",
)  # fmt: skip


@frame.view(Act.SUBMIT_CERTIFICATE)
def certificates(request: HttpRequest) -> HttpResponseBase:
    """证书登记申请."""
    return lists.answer(request, SUBMISSIONS)


class SubmitForm(forms.Form):
    certificate = forms.file(
        "签名证书", hint="SM2 签名证书，.cer、.crt 或 .pem", largest_bytes=certificate_fitness.CERTIFICATE_BYTES_MAX
    )
    seal = forms.file("印章文件", hint="制章系统导出的 GB/T 38540 印章，.esl", largest_bytes=certificate_fitness.SEAL_BYTES_MAX)
    key_ref = forms.code("私钥标识", hint="签名设备里这个私钥的名称", longest=certificate_fitness.KEY_REF_MAX)


@frame.view(Act.SUBMIT_CERTIFICATE, methods=("GET", "POST"))
def of_unit(request: HttpRequest, code: str) -> HttpResponseBase:
    """提交单位的证书和印章: another person approves."""
    return _submit(request, SealKind.UNIT, code, f"/manage/units/{code}")


@frame.view(Act.SUBMIT_CERTIFICATE, methods=("GET", "POST"))
def of_department(request: HttpRequest, code: str) -> HttpResponseBase:
    """提交财政部门的证书和监制章: another person approves."""
    return _submit(request, SealKind.SUPERVISION, code, "/manage/regions")


def _submit(request: HttpRequest, kind: SealKind, code: str, back: str) -> HttpResponseBase:
    actor, office = frame.actor_of(request), premises.office()
    holder = register_certificate.holder(office, actor, kind, code)

    def save(values: Values, once: str) -> forms.Done:
        handed = HandedIn(values["certificate"].read(), values["seal"].read(), values["key_ref"])
        number = register_certificate.submit(office, actor, kind, code, handed)
        return forms.Done("已提交，等另一个人核准", f"/manage/certificates/{number}")

    page = forms.Page(
        "提交证书和印章", button="提交", crumbs=_LIST, help="certificates", facts=(("持有人", holder.name), ("代码", code)),
        note="提交和核准必须是两个人。系统现在就核对证书链、吊销列表、有效期、持有人和私钥，不符的当场指出。",
        back=("返回", back),
    )  # fmt: skip
    return forms.ask(request, SubmitForm, page, save, initial={"key_ref": f"{kind}-{code}"})


class DecideForm(forms.Form):
    decision = forms.choice("决定", (("approve", "核准"), ("decline", "退回")))
    remark = forms.area("意见", hint="退回要写明原因", longest=200, must=False)


@frame.view(Act.SUBMIT_CERTIFICATE, methods=("GET", "POST"))
def submission(request: HttpRequest, number: int) -> HttpResponseBase:
    """One submission: whose, which certificate, by whom; and the decision of a second person."""
    actor, office = frame.actor_of(request), premises.office()
    asked = register_certificate.read(office, actor, number)
    facts = [
        ("持有人", asked.holder_name), ("代码", asked.holder_code), ("类别", dict(words.HOLDER_KINDS)[asked.kind]),
        ("证书序列号", asked.serial),
        ("有效期", f"{texts.instant(asked.valid_from)} 至 {texts.instant(asked.valid_until)}"), ("私钥标识", asked.key_ref),
        ("提交", f"{words.who(asked.submitted_by)} {texts.instant(asked.submitted_at)}"), ("状态", asked.state_label),
    ]  # fmt: skip
    title = f"证书登记申请 {number}"
    own = asked.submitter_person_id == actor.person_id
    decides = rights.may_anywhere(actor, Act.DECIDE_CERTIFICATE)
    if asked.state != "submitted" or not (own or decides):
        if asked.decided_at:
            decided = f"{words.who(asked.decided_by)} {texts.instant(asked.decided_at)}"
            facts += [("办结", decided), ("意见", asked.decision_remark)]
        context = {"facts": facts, "facts_title": "申请"}
        return frame.page(request, "manage/registry/facts.html", context, title=title, crumbs=_LIST, help="certificates")

    def save(values: Values, once: str) -> forms.Done:
        remark = values.get("remark") or ""
        if own:
            register_certificate.withdraw(office, actor, number)
        elif values["decision"] == "approve":
            register_certificate.approve(office, actor, number, remark)
        else:
            register_certificate.decline(office, actor, number, remark)
        return forms.Done("申请已撤回" if own else "申请已办结", f"/manage/certificates/{number}")

    page = forms.Page(
        title, button="撤回申请" if own else "办结", crumbs=_LIST, help="certificates", facts=facts,
        note="这是你提交的申请，要由另一位监管员核准；你可以撤回。" if own else "",
        effect="" if own else "核准后，这个持有人从下一张票据起用这张证书和印章签名。",
    )  # fmt: skip
    return forms.ask(request, forms.Form if own else DecideForm, page, save)


class RevokeForm(forms.Form):
    reason = forms.text("原因", hint="如 私钥泄露、单位注销、印章更换")


@frame.view(Act.REVOKE_CERTIFICATE, methods=("GET", "POST"))
def revoke(request: HttpRequest, serial: str) -> HttpResponseBase:
    """吊销登记: it signs nothing from the next commit on."""
    actor, office = frame.actor_of(request), premises.office()
    found = register_certificate.certificate(office, actor, serial)
    back = f"/manage/units/{found.holder_code}" if found.kind == SealKind.UNIT else "/manage/regions"

    def save(values: Values, once: str) -> forms.Done:
        register_certificate.revoke(office, actor, serial, values["reason"])
        return forms.Done("证书已吊销", back)

    page = forms.Page(
        "吊销证书", button="吊销", crumbs=_LIST, help="certificates", back=("返回", back),
        facts=(("持有人", found.holder_name), ("证书序列号", serial)),
        effect="从下一次提交起，这张证书不能再签名，不能恢复；吊销以前签过的票据照样有效。",
    )  # fmt: skip
    return forms.ask(request, RevokeForm, page, save)
