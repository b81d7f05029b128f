"""复核: what waits for a second person, one page with everything that will be on the bill; and the rule that makes it wait."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase

from piaoju.identity.rights import Act
from piaoju.identity.types import OperatorActor
from piaoju.issuing import queries
from piaoju.issuing.types import Channel
from piaoju.journeys import premises, preview_bill, review_draft, set_review, window_desk, window_reading
from piaoju.journeys.office import Office
from piaoju.journeys.send_bill import masked
from piaoju.journeys.window_desk import Sheet
from piaoju.kit.clock import local_date
from piaoju.kit.errors import Refused
from piaoju.kit.listing import Asked, Found
from piaoju.manage import forms, frame, lists, texts
from piaoju.manage.window import words
from piaoju.standard import bill_types, money

LIST = "/manage/reviews"


def _rows(actor: OperatorActor, asked: Asked) -> Found[queries.DraftListRow]:
    return queries.reviews_page(window_reading.units_for(actor, Act.REVIEW_DRAFT), asked)


REVIEWS = lists.ListPage(
    name="reviews",
    title="复核",
    noun="份待复核",
    help="reviews",
    crumbs=("开具",),
    rows=_rows,
    key=lambda row: str(row.id),
    columns=(
        lists.code("business_number", "业务流水号", link=lambda row: f"{LIST}/{row.id}"),
        lists.text("payer_name", "交款人", value=lambda row: texts.masked_name(row.payer_name), wide=True, phone="name"),
        lists.text("bill_type_code", "票据种类", value=lambda row: words.bill_name(row.bill_type_code)),
        lists.text("handler", "开票人"),
        lists.instant("submitted_at", "提交时间"),
        lists.yuan("total_fen", "合计", total="total_fen"),
        lists.state("state", "状态", words.DRAFT_STATES),
    ),
    filters=(
        lists.ChoiceFilter("bill_type_code", "票据种类", tuple((one.code, one.name) for one in bill_types.BILL_TYPES)),
        lists.TextFilter("payer_name", "交款人"),
        lists.TextFilter("handler", "开票人"),
        lists.YuanFilter("total_fen", "合计"),
    ),
    sort="submitted_at",
    empty="没有等你复核的票据",
)


@frame.view(Act.REVIEW_DRAFT)
def reviews(request: HttpRequest) -> HttpResponseBase:
    """The list."""
    return lists.answer(request, REVIEWS)


class _DecisionForm(forms.Form):
    decision = forms.choice("复核意见", (("approve", "通过并开具"), ("return", "退回")))
    reason = forms.text("退回原因", hint="退回时必填，开票员照着改", must=False)


@frame.view(Act.REVIEW_DRAFT, methods=("GET", "POST"))
def one(request: HttpRequest, draft_id: int) -> HttpResponseBase:
    """Everything that will be on the bill, and the decision."""
    office, actor = premises.office(), frame.actor_of(request)
    draft, sheet = review_draft.see(office, actor, draft_id)

    def save(values: dict[str, Any], once: str) -> forms.Done:
        if values["decision"] == "approve":
            _, number = review_draft.number_of(review_draft.approve(office, actor, draft.id))
            return forms.Done(f"已开具 {number}", LIST)
        review_draft.give_back(office, actor, draft.id, values["reason"] or "")
        return forms.Done("已退回给开票员", LIST)

    page = forms.Page(
        "复核一张票据", button="提交复核意见", crumbs=("开具", ("复核", LIST)), help="reviews",
        facts=_facts(sheet, draft.author.name), back=("先不复核", LIST), template="manage/window/review.html",
        effect="通过就是开具。开具后只能冲红，不能删除",
    )  # fmt: skip
    context = {
        **_pictured(office, actor, draft.id), "facts_title": "票据", "lines": _lines(sheet, draft.unit_id), "draft": draft,
        "total": texts.yuan(draft.total_fen or 0), "in_words": money.in_words(draft.total_fen or 0),
    }  # fmt: skip
    return forms.ask(request, _DecisionForm, page, save, initial={"decision": "approve"}, context=context)


@frame.view(Act.REVIEW_DRAFT)
def picture(request: HttpRequest, draft_id: int, page: int) -> HttpResponse:
    """A page of the bill as it will be if this person passes it."""
    office, actor = premises.office(), frame.actor_of(request)
    face = review_draft.face(office, actor, draft_id)
    return HttpResponse(preview_bill.picture_of(office, face, page), content_type="image/png")


class _RuleForm(forms.Form):
    wanted = forms.choice("复核", (("none", "不要复核"), ("from", "从这个金额起先复核")))
    from_total_fen = forms.yuan("起始金额", hint="0 就是每一张都先复核", must=False)


@frame.view(Act.SET_REVIEW_RULE, methods=("GET", "POST"))
def rule(request: HttpRequest) -> HttpResponseBase:
    """复核要求 of the unit that this person keeps."""
    office, actor = premises.office(), frame.actor_of(request)
    unit = sorted(window_reading.units_for(actor, Act.SET_REVIEW_RULE))[0]
    known = set_review.rule_of(office, actor, unit)

    def save(values: dict[str, Any], once: str) -> forms.Done:
        start = (values["from_total_fen"] or 0) if values["wanted"] == "from" else None
        set_review.set_rule(office, actor, unit, start)
        told = "开票窗口的票据不用复核" if start is None else f"开票窗口从 {texts.yuan(start)} 元起先复核"
        return forms.Done(f"已设置：{told}", "/manage/review-rule")

    name = window_desk.register_of(unit).record_on(local_date(office.clock())).name
    page = forms.Page(
        "开票复核", button="设置", crumbs=("开具",), help="reviews", facts=(("单位", name), ("现在", _now(known))),
        note="只管开票窗口。接口和批量按各自的办法。开票员和复核员不能是同一个人",
    )  # fmt: skip
    initial = {"wanted": "from" if known else "none", "from_total_fen": known.from_total_fen if known else None}
    return forms.ask(request, _RuleForm, page, save, initial=initial)


def _now(known: Any) -> str:
    return f"{texts.yuan(known.from_total_fen)} 元起先复核" if known else "不要复核"


def _pictured(office: Office, actor: OperatorActor, draft_id: int) -> dict[str, Any]:
    """How many pages the bill will have, or why it cannot be issued as it stands any more."""
    try:
        return {"pages": range(1, len(review_draft.face(office, actor, draft_id).pages) + 1)}
    except Refused as refused:
        return {"not_issuable": refused.detail}


def _facts(sheet: Sheet, handler: str) -> tuple[tuple[str, str], ...]:
    """What will stand on the bill beside its lines; what identifies or reaches the payer is masked."""
    body, payer = sheet.body, sheet.body.get("payer")
    told = [("票据种类", words.bill_name(sheet.bill_type_code)), ("交款人", window_desk.text_of(payer, "name"))]
    code = window_desk.text_of(payer, "code")
    if code:
        told.append(("证件号码", f"{code[:4]}＊＊＊＊{code[-4:]}" if len(code) > 8 else "＊＊＊＊"))
    for channel, name in ((Channel.SMS, "phone"), (Channel.MAIL, "email")):
        if to := window_desk.text_of(payer, name):
            told.append((str(channel.label), masked(channel, to)))
    if mode := window_desk.text_of(body, "pay_mode"):
        told.append(("缴款方式", words.pay_mode(mode)))
    kind = bill_types.bill_type(sheet.bill_type_code)
    for own in kind.extension if kind else ():
        if text := window_desk.text_of(body.get("extension"), own.name):
            told.append((own.label, text))
    told += [("备注", window_desk.text_of(body, "remark"))] if window_desk.text_of(body, "remark") else []
    aux_lines = body.get("aux_lines")
    told += [("清单", f"{len(aux_lines)} 行")] if isinstance(aux_lines, list) and aux_lines else []
    return (*told, ("开票人", handler))


def _lines(sheet: Sheet, unit_id: int) -> list[dict[str, str]]:
    register = window_desk.register_of(sheet.unit_code)
    lines = sheet.body.get("lines")
    found = []
    for line in lines if isinstance(lines, list) else []:
        code = window_desk.text_of(line, "item_code")
        item = register.items.get((sheet.bill_type_code, code))
        cells = {name: window_desk.text_of(line, name) for name in ("quantity", "standard", "amount")}
        found.append({"code": code, "name": item.name if item else "", "measure": item.measure if item else "", **cells})
    return found
