"""冲红: what it will do, the reason, and above the limit another person's decision."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponseBase

from piaoju.identity import rights
from piaoju.identity.rights import Act
from piaoju.identity.types import OperatorActor
from piaoju.issuing import queries
from piaoju.issuing.types import ReversalApplicationRow, ReversalState
from piaoju.journeys import bill_at_hand, premises, reverse_by_person
from piaoju.journeys.bill_at_hand import BillAtHand
from piaoju.journeys.issue import Issued
from piaoju.kit.errors import FieldError, Refused
from piaoju.kit.listing import Asked, Found
from piaoju.manage import forms, frame, lists, texts
from piaoju.manage.bills import one, words
from piaoju.standard import codes
from piaoju.standard.reversal_request import AskedLine

Values = dict[str, Any]
LIST = "/manage/reversals"
OTHER = "其他"


@frame.view(Act.REVERSE_BILL, methods=("GET", "POST"))
def reverse(request: HttpRequest, code: str, number: str) -> HttpResponseBase:
    """冲红 one bill, whole or by line."""
    office, actor = premises.office(), frame.actor_of(request)
    found = one.at_hand(request, code, number)
    _refuse_foreign(request, found)
    seen = _seen(request, found)
    whole = reverse_by_person.preview(office, found)
    lines = [(line.number, _shown(found, line.number, line.amount_fen)) for line in whole.plan.lines]
    fens = {line.number: line.amount_fen for line in whole.plan.lines}

    def save(values: Values, once: str) -> forms.Done:
        asked = _asked(values)
        reason = values["other"] if values["reason"] == OTHER else " ".join((values["reason"], values["other"])).strip()
        made = reverse_by_person.reverse_bill(
            office, actor, found.place.bill_code, found.place.bill_number, reason, asked, seen=seen, once=once
        )
        if isinstance(made, Issued):
            red_code, red_number = reverse_by_person.number_of(made)
            return forms.Done(f"已冲红，红票 {red_number}", words.address(red_code, int(red_number)))
        return forms.Done("已提交冲红申请，等另一人审批", f"{LIST}/{made.application_id}")

    effect = f"不选行就是整张冲红：开出一张 {texts.yuan(-whole.plan.total_fen)} 元的红票，原票不再能报销。"
    effect += "选了行，红票只有所选的行。不可撤销。"
    if whole.needs_second_person:
        effect += f"超过 {texts.yuan(office.profile.reversal_alone_max_fen)} 元，提交后由另一人审批。"
    page = forms.Page(
        "冲红", button="冲红", crumbs=(*one.CRUMBS, one.title_of(found)), help="bill", effect=effect, seal=True,
        facts=one.facts_short(found), back=("不冲红", words.address(found.place.bill_code, found.place.bill_number)),
    )  # fmt: skip
    return forms.ask(request, _form_of(office.profile.reversal_reasons, lines, fens), page, save)


def _seen(request: HttpRequest, found: BillAtHand) -> int:
    """How much of the bill's story the person saw: in the address, so that it is still known when the page is sent."""
    seen = request.GET.get("seen", "")
    known = seen.isascii() and seen.isdigit() and len(seen) < 6
    return int(seen) if known else len(queries.sequels_of(found.place))


def _form_of(reasons: tuple[str, ...], lines: list[tuple[int, str]], fens: dict[int, int]) -> type[forms.Form]:
    class ReverseForm(forms.Form):
        reason = forms.choice("冲红原因", [(one, one) for one in reasons], hint="公众查验时看得到，不要写个人信息")
        other = forms.text("原因说明", hint=f"选「{OTHER}」时必填，最多 150 个字", longest=150, must=False)
        part = forms.choices("只冲红这几行", lines, hint="不选就是整张余下的全部", must=False, fens=fens)
        fen = forms.yuan("只冲红这么多", hint="只选了一行时可填，不填就是这一行余下的全部", must=False)

    return ReverseForm


def _asked(values: Values) -> list[AskedLine]:
    """The lines as ticked. Raises Refused."""
    numbers = [int(number) for number in values["part"]]
    if values["fen"] is not None and len(numbers) != 1:
        detail = "只冲红一行的一部分时才填金额。请只选一行，或不填金额"
        raise Refused(detail, errors=[FieldError("/fen", "reversal_line_invalid", detail)], code="reversal_line_invalid")
    if values["reason"] == OTHER and not values["other"]:
        detail = "选了「其他」，没有写明原因。请写明原因"
        raise Refused(detail, errors=[FieldError("/other", "reversal_reason_missing", detail)], code="reversal_reason_missing")
    return [AskedLine(number, None, values["fen"]) for number in numbers]


def _shown(found: BillAtHand, number: int, left_fen: int) -> str:
    line = found.bill.lines[number - 1]
    rest = "" if left_fen == line.amount_fen else f"，余 {texts.yuan(left_fen)}"
    return f"第 {number} 行 {line.item_name} {texts.yuan(line.amount_fen)} 元{rest}"


def _refuse_foreign(request: HttpRequest, found: BillAtHand) -> None:
    bill_at_hand.require(premises.office(), frame.actor_of(request), Act.REVERSE_BILL, found.place)


def _rows(actor: OperatorActor, asked: Asked) -> Found[queries.ReversalListRow]:
    return reverse_by_person.page(actor, asked)


REVERSALS = lists.ListPage(
    name="reversals", title="冲红申请", noun="件", help="bill", crumbs=("票据",), rows=_rows, key=lambda row: str(row.id),
    columns=(
        lists.code("id", "申请", link=lambda row: f"{LIST}/{row.id}"),
        lists.code("bill_code", "票据代码"),
        lists.code("bill_number", "票据号码", value=lambda row: codes.number_text(row.bill_number), phone="name"),
        lists.text("reason", "冲红原因", wide=True),
        lists.yuan("amount_fen", "冲红金额", total="amount_fen"),
        lists.text("asked_by", "申请人", value=lambda row: words.person(row.asked_by)),
        lists.instant("asked_at", "申请时间"),
        lists.text("decided_by", "审批人", value=lambda row: words.person(row.decided_by) if row.decided_by else ""),
        lists.state("state", "状态", words.APPLICATION_STATES),
    ),
    filters=(
        lists.ChoiceFilter("state", "状态", tuple((key, word) for key, (word, _) in words.APPLICATION_STATES.items())),
        lists.YuanFilter("amount_fen", "冲红金额"),
        lists.InstantFilter("asked_at", "申请时间"),
    ),
    sort="-id",
    views=(lists.View("待审批", "state=submitted"),),
    empty="没有冲红申请。金额超过一个人可以办的限额时，冲红先在这里等另一人审批",
)  # fmt: skip


@frame.view(Act.READ_BILLS)
def applications(request: HttpRequest) -> HttpResponseBase:
    return lists.answer(request, REVERSALS)


class DecideForm(forms.Form):
    decision = forms.choice("审批意见", (("approve", "批准并开红票"), ("refuse", "不批准")))
    remark = forms.text("说明", hint="不批准时必填", must=False)


@frame.view(Act.READ_BILLS, methods=("GET", "POST"))
def application(request: HttpRequest, application_id: int) -> HttpResponseBase:
    """One application: decided by another person, withdrawn by who asked, read by the others."""
    office, actor = premises.office(), frame.actor_of(request)
    row = reverse_by_person.see(office, actor, application_id)
    own = row.asked_person_id == actor.person_id
    waits = row.state == ReversalState.SUBMITTED
    title, here = f"冲红申请 {row.id}", f"{LIST}/{row.id}"
    crumbs = (("冲红申请", LIST),)
    if not waits or not (own or rights.may_anywhere(actor, Act.DECIDE_REVERSAL)):
        context = {"facts": _facts(row), "facts_title": "申请", "acts": _links(row)}
        return frame.page(request, "manage/bills/application.html", context, title=title, crumbs=crumbs, help="bill")

    def save(values: Values, once: str) -> forms.Done:
        if own:
            reverse_by_person.withdraw(office, actor, application_id)
            return forms.Done("申请已撤回", here)
        if values["decision"] == "approve":
            red = reverse_by_person.approve(office, actor, application_id, values["remark"])
            number = codes.number_text(red.bill_number)
            return forms.Done(f"已批准，红票 {number}", words.address(red.bill_code, red.bill_number))
        reverse_by_person.refuse(office, actor, application_id, values["remark"])
        return forms.Done("未批准", here)

    page = forms.Page(
        title, button="撤回申请" if own else "提交审批意见", crumbs=crumbs, help="bill", facts=_facts(row),
        note="这是你提出的申请，要由另一个人审批；你可以撤回。" if own else "",
        effect="" if own else f"批准后立即开出 {texts.yuan(-row.amount_fen)} 元的红票，不可撤销。",
        back=("看原票", words.address(row.bill_code, row.bill_number)),
    )  # fmt: skip
    return forms.ask(request, forms.Form if own else DecideForm, page, save)


def _links(row: ReversalApplicationRow) -> list[tuple[str, str]]:
    links = [("看原票", words.address(row.bill_code, row.bill_number))]
    if row.red_number is not None:
        links.append(("看红票", words.address(row.red_code, row.red_number)))
    return links


def _facts(row: ReversalApplicationRow) -> list[tuple[str, str]]:
    lines = "、".join(f"第 {line.number} 行" for line in row.lines) or "整张余下的全部"
    facts = [
        ("原票", f"{row.bill_code} {codes.number_text(row.bill_number)}"), ("冲红范围", lines),
        ("冲红金额", f"{texts.yuan(row.amount_fen)} 元"), ("冲红原因", row.reason), ("状态", str(row.state.label)),
        ("申请", f"{texts.instant(row.asked_at)} {words.person(row.asked_by)}"),
    ]  # fmt: skip
    if row.decided_at:
        facts.append(("办结", f"{texts.instant(row.decided_at)} {words.person(row.decided_by)}"))
    return facts + ([("说明", row.remark)] if row.remark else [])
