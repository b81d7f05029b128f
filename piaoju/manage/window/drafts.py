"""草稿: what a clerk has typed and not issued, on one list; gone on with, taken back from review, or dropped."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponseBase

from piaoju.identity.rights import Act
from piaoju.identity.types import OperatorActor
from piaoju.issuing import queries
from piaoju.issuing.types import DraftState
from piaoju.journeys import keep_draft
from piaoju.kit.listing import Asked, Found
from piaoju.manage import forms, frame, lists, texts
from piaoju.manage.window import words
from piaoju.standard import bill_types

LIST = "/manage/drafts"
_WORDS: dict[str, str] = {DraftState.OPEN.value: "删除…", DraftState.RETURNED.value: "删除…", DraftState.SUBMITTED.value: "撤回…"}


def _rows(actor: OperatorActor, asked: Asked) -> Found[queries.DraftListRow]:
    return queries.drafts_page(actor.operator_id, asked)


DRAFTS = lists.ListPage(
    name="drafts",
    title="草稿",
    noun="份草稿",
    help="drafts",
    crumbs=("开具",),
    rows=_rows,
    key=lambda row: str(row.id),
    columns=(
        lists.code("business_number", "业务流水号", link=lambda row: f"/manage/window?draft={row.id}"),
        lists.text("payer_name", "交款人", value=lambda row: texts.masked_name(row.payer_name), wide=True, phone="name"),
        lists.text("bill_type_code", "票据种类", value=lambda row: words.bill_name(row.bill_type_code)),
        lists.instant("kept_at", "保存时间"),
        lists.yuan("total_fen", "合计", total="total_fen"),
        lists.text("reason", "退回原因"),
        lists.state("state", "状态", words.DRAFT_STATES),
        lists.text("id", "操作", value=lambda row: _WORDS[row.state], link=lambda row: f"{LIST}/{row.id}", sortable=False),
    ),
    filters=(
        lists.ChoiceFilter("state", "状态", tuple((key, word) for key, (word, _) in words.DRAFT_STATES.items())),
        lists.ChoiceFilter("bill_type_code", "票据种类", tuple((one.code, one.name) for one in bill_types.BILL_TYPES)),
        lists.TextFilter("payer_name", "交款人"),
        lists.InstantFilter("kept_at", "保存时间"),
    ),
    sort="-kept_at",
    views=(lists.View("已退回", "state=returned"), lists.View("待复核", "state=submitted")),
    empty="没有草稿。没开完的票据每填一行就存在这里",
    make=("开一张", "/manage/window"),
)


@frame.view(Act.ISSUE_BILL)
def drafts(request: HttpRequest) -> HttpResponseBase:
    """The list."""
    return lists.answer(request, DRAFTS)


@frame.view(Act.ISSUE_BILL, methods=("GET", "POST"))
def one(request: HttpRequest, draft_id: int) -> HttpResponseBase:
    """删除, or 撤回 while it waits for review."""
    actor = frame.actor_of(request)
    draft = keep_draft.own(actor, draft_id)
    waits = draft.state == DraftState.SUBMITTED

    def save(values: dict[str, Any], once: str) -> forms.Done:
        if waits:
            keep_draft.withdraw(actor, draft.id)
            return forms.Done("已撤回，可以接着改", f"/manage/window?draft={draft.id}")
        keep_draft.drop(actor, draft.id)
        return forms.Done("草稿已删除", LIST)

    facts = (
        ("业务流水号", draft.business_number), ("交款人", texts.masked_name(draft.payer_name)),
        ("票据种类", words.bill_name(draft.bill_type_code)), ("保存时间", texts.instant(draft.kept_at)),
        ("合计", f"{texts.yuan(draft.total_fen)} 元" if draft.total_fen is not None else "还没有"),
    )  # fmt: skip
    title, button = ("撤回待复核的一张", "撤回") if waits else ("删除草稿", "删除这份草稿")
    effect = "撤回后复核员看不到它，你可以接着改" if waits else "删除后不能找回"
    page = forms.Page(
        title, button=button, crumbs=("开具", ("草稿", LIST)), help="drafts", effect=effect, facts=facts,
        back=("不撤回" if waits else "不删除", LIST),
    )  # fmt: skip
    return forms.ask(request, forms.Form, page, save)
