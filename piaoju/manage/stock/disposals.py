"""作废、遗失、销毁: what was asked for, and the decision of another person."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponseBase

from piaoju.identity.rights import Act
from piaoju.identity.types import OperatorActor
from piaoju.journeys import premises, report_loss, stock_disposal, stock_places, stock_reading
from piaoju.kit.listing import Asked, Found
from piaoju.manage import forms, frame, lists, texts
from piaoju.manage.stock import words
from piaoju.stock import queries
from piaoju.stock.types import DisposalKind, DisposalRow, DisposalState

LIST = "/manage/stock/disposals"
_CRUMBS = (words.CRUMB, ("作废、遗失、销毁", LIST))
_KINDS = tuple((str(kind.value), str(kind.label)) for kind in DisposalKind)


def _rows(actor: OperatorActor, asked: Asked) -> Found[queries.DisposalListRow]:
    office = premises.office()
    return queries.disposals_page(stock_reading.sight(office, actor), asked, stock_places.today(office))


DISPOSALS = lists.ListPage(
    name="stock-disposals",
    title="作废、遗失、销毁",
    noun="件",
    help="disposals",
    crumbs=("号码",),
    rows=_rows,
    key=lambda row: str(row.id),
    columns=(
        lists.code("id", "单号", link=lambda row: f"{LIST}/{row.id}"),
        lists.text("kind", "事项", value=lambda row: dict(_KINDS)[row.kind]),
        lists.text("holder", "所在", wide=True, phone="name"),
        lists.code("bill_code", "票据代码"),
        lists.code("first_number", "号码", value=words.span),
        lists.count("sheets", "份数", total="sheets", phone="figure"),
        lists.text("reason", "原因", wide=True),
        lists.instant("requested_at", "申请时间"),
        lists.state("state", "状态", words.DISPOSAL_STATES),
    ),
    filters=(
        lists.ChoiceFilter("kind", "事项", _KINDS),
        lists.ChoiceFilter("state", "状态", tuple((key, word) for key, (word, _) in words.DISPOSAL_STATES.items())),
        lists.TextFilter("holder", "所在单位或财政部门"),
        lists.InstantFilter("requested_at", "申请时间"),
        lists.CodeFilter("bill_code", "票据代码", usual=False),
    ),
    sort="-id",
    views=(lists.View("待审批", "state=submitted"),),
    empty="没有作废、遗失或销毁。需要时从「号段」打开一个号段，再选要办的事",
)


@frame.view(Act.READ_STOCK)
def disposals(request: HttpRequest) -> HttpResponseBase:
    return lists.answer(request, DISPOSALS)


@frame.view(Act.READ_STOCK)
def one(request: HttpRequest, disposal_id: int) -> HttpResponseBase:
    """One disposal and what may be done now."""
    office, actor = premises.office(), frame.actor_of(request)
    row = stock_reading.disposal(office, actor, disposal_id)
    acts = []
    if row.state == DisposalState.SUBMITTED:
        if row.kind == DisposalKind.LOSS and stock_reading.may(office, actor, Act.REPORT_LOSS, row.holder):
            acts.append(("填写公告", f"{LIST}/{row.id}/notice"))
        if stock_reading.may_decide(office, actor, Act.DECIDE_DISPOSAL, row.holder.region_code):
            acts.append(("审批", f"{LIST}/{row.id}/decide"))
    life = queries.life_of(row.code.medium, row.code.bill_code, row.first_number)
    context = {
        "facts": _facts(row), "acts": acts, "history": words.history(life.movements),
        "history_title": f"首号 {row.first_number:010d} 的流转", "state": words.DISPOSAL_STATES[row.state.value],
    }  # fmt: skip
    title = f"{row.kind.label}单 {row.id}"
    return frame.page(request, "manage/stock/detail.html", context, title=title, crumbs=_CRUMBS, help="disposals")


class _NoticeForm(forms.Form):
    medium = forms.text("公告媒体", hint="县级以上公开媒体", longest=100)
    on = forms.day("公告日期")


@frame.view(Act.REPORT_LOSS, methods=("GET", "POST"))
def notice(request: HttpRequest, disposal_id: int) -> HttpResponseBase:
    """公告 of a loss."""
    office, actor = premises.office(), frame.actor_of(request)
    row = stock_reading.disposal(office, actor, disposal_id, Act.REPORT_LOSS)

    def save(values: dict[str, Any], once: str) -> forms.Done:
        report_loss.announce(office, actor, row.id, values["medium"], values["on"])
        return forms.Done("公告已填，等另一人审批", f"{LIST}/{row.id}")

    return forms.ask(request, _NoticeForm, _step("填写公告", "保存公告", row), save)


class _DecisionForm(forms.Form):
    decision = forms.choice("审批意见", (("approve", "批准"), ("refuse", "不批准")))
    early = forms.tick("提前销毁", hint="存根保存期未满五年、经批准提前的销毁才勾选；不满二年不能销毁")
    remark = forms.text("说明", hint="不批准时必填", must=False)


@frame.view(Act.DECIDE_DISPOSAL, methods=("GET", "POST"))
def decide(request: HttpRequest, disposal_id: int) -> HttpResponseBase:
    """审批 by another person."""
    office, actor = premises.office(), frame.actor_of(request)
    row = stock_reading.disposal(office, actor, disposal_id, Act.DECIDE_DISPOSAL)

    def save(values: dict[str, Any], once: str) -> forms.Done:
        if values["decision"] == "approve":
            stock_disposal.approve(office, actor, row.id, values["remark"], early=values["early"])
            return forms.Done(f"已批准，{words.sheets(row.sheets)}不再使用", f"{LIST}/{row.id}")
        stock_disposal.refuse(office, actor, row.id, values["remark"])
        return forms.Done("未批准", f"{LIST}/{row.id}")

    effect = f"批准后 {words.sheets(row.sheets)}号码{row.kind.label}，不可撤销"
    return forms.ask(request, _DecisionForm, _step("审批", "提交审批意见", row, effect), save)


def _step(title: str, button: str, row: DisposalRow, effect: str = "") -> forms.Page:
    here = f"{LIST}/{row.id}"
    return forms.Page(
        title, button=button, crumbs=(*_CRUMBS, (f"{row.kind.label}单 {row.id}", here)), help="disposals", effect=effect,
        facts=_facts(row), back=("不办了", here),
    )  # fmt: skip


def _facts(row: DisposalRow) -> list[tuple[str, str]]:
    facts = [
        ("事项", str(row.kind.label)),
        ("所在", stock_reading.name_of(premises.office(), row.holder)),
        ("票据种类", words.typed(row.code.bill_type_code)),
        ("票据代码", row.code.bill_code),
        ("介质", str(row.code.medium.label)),
        ("号码", words.span(row)),
        ("份数", words.sheets(row.sheets)),
        ("状态", str(row.state.label)),
        ("原因", row.reason),
        ("申请", f"{texts.instant(row.requested_at)} {words.person(row.requested_by)}"),
    ]
    if row.kind == DisposalKind.LOSS:
        facts.append(("公告", f"{row.notice_medium} {texts.day(row.notice_on)}" if row.notice_on else "还没有公告"))
    if row.decided_at:
        facts.append(("审批", f"{texts.instant(row.decided_at)} {words.person(row.decided_by)}"))
        facts += [("审批意见", row.decision_remark)] if row.decision_remark else []
    return facts
