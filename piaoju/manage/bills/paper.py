"""换开纸质票 and 纸票作废."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponseBase

from piaoju.identity.rights import Act
from piaoju.journeys import bill_at_hand, convert_to_paper, premises
from piaoju.manage import forms, frame, texts
from piaoju.manage.bills import one, words
from piaoju.standard import codes
from piaoju.stock import queries as stock

Values = dict[str, Any]


class ConvertForm(forms.Form):
    paper_code = forms.code("纸票代码", hint="照纸票上印的核对", longest=12)
    paper_number = forms.number("纸票号码", hint="照纸票上印的核对", least=1, most=codes.NUMBER_MAX)


@frame.view(Act.CONVERT_TO_PAPER, methods=("GET", "POST"))
def convert(request: HttpRequest, code: str, number: str) -> HttpResponseBase:
    """换开: on the sheet that lies on top."""
    office, actor = premises.office(), frame.actor_of(request)
    found = one.at_hand(request, code, number)
    place = found.place
    bill_at_hand.require(office, actor, Act.CONVERT_TO_PAPER, place)
    papers = stock.next_papers(place.unit_id, found.bill.bill_type_code)
    here = words.address(place.bill_code, place.bill_number)

    def save(values: Values, once: str) -> forms.Done:
        paper = (values["paper_code"], values["paper_number"])
        made = convert_to_paper.convert(office, actor, place.bill_code, place.bill_number, *paper)
        return forms.Done(f"已换开，纸票 {made.paper_code} {codes.number_text(made.paper_number or 0)}", here)

    note, initial = "本单位没有这个票据种类的空白纸票，现在不能换开。请票据管理员先在「号码 / 申领」里申领纸质票据。", {}
    if papers:
        top_code, top, _ = papers[0]
        initial = {"paper_code": top_code, "paper_number": top}
        note = (
            f"下一张空白纸票是 {top_code} {codes.number_text(top)}，还有 {texts.number(sum(left for _, _, left in papers))} 张。"
            "印的号码不同就不要打印：中间的纸票遗失先报告遗失，打坏的先换开再作废。"
        )
    page = forms.Page(
        "换开纸质票", button="换开", crumbs=(*one.CRUMBS, one.title_of(found)), help="bill", facts=one.facts_short(found),
        note=note, effect="换开后，这张电子票要先把纸票收回作废，才能冲红。", back=("不换开", here),
    )  # fmt: skip
    return forms.ask(request, ConvertForm, page, save, initial=initial)


class VoidForm(forms.Form):
    reason = forms.text("作废原因", hint="如 打印机卡纸、交款人退回纸票", longest=200)


@frame.view(Act.CONVERT_TO_PAPER, methods=("GET", "POST"))
def void(request: HttpRequest, code: str, number: str) -> HttpResponseBase:
    """纸票作废: the sheet is back, or was spoiled."""
    office, actor = premises.office(), frame.actor_of(request)
    found = one.at_hand(request, code, number)
    place = found.place
    bill_at_hand.require(office, actor, Act.CONVERT_TO_PAPER, place)
    sheet = convert_to_paper.sheet_of(place)
    here = words.address(place.bill_code, place.bill_number)

    def save(values: Values, once: str) -> forms.Done:
        convert_to_paper.void_paper(office, actor, place.bill_code, place.bill_number, values["reason"])
        return forms.Done("纸票已作废，可以重新换开或冲红", here)

    shown = f"{sheet[0]} {codes.number_text(sheet[1])}" if sheet else "没有换开的纸票"
    page = forms.Page(
        "纸票作废", button="作废这张纸票", crumbs=(*one.CRUMBS, one.title_of(found)), help="bill",
        facts=[*one.facts_short(found), ("纸票", shown)], effect=f"纸票 {shown} 作废后不能再用，请收回留存；不可撤销。",
        back=("不作废", here),
    )  # fmt: skip
    return forms.ask(request, VoidForm, page, save)
