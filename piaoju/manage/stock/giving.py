"""赋码、分发、限量、自动补号: what a finance department does without being asked."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponseBase

from piaoju.identity.rights import Act
from piaoju.journeys import allot, open_numbers, premises, stock_limits, stock_reading, stock_top_up
from piaoju.journeys.stock_places import AskedNumbers
from piaoju.manage import forms, frame
from piaoju.manage.stock import words
from piaoju.stock.types import Medium

_SEGMENTS = "/manage/stock/segments"
_CRUMBS = (words.CRUMB,)


class _OpeningForm(forms.Form):
    bill_type_code = forms.choice("票据种类", words.bill_type_options())
    sheets = forms.number("份数", least=1, most=100_000_000)
    year = forms.choice("年度", (("0", "今年"), ("1", "明年")), hint="明年的票据代码在年底前备好")
    medium = forms.choice("介质", words.MEDIA)
    paper_code = forms.code("纸质票据代码", hint="只有纸质票据要填，照票面填写", longest=12, must=False)
    first = forms.number("起始号", hint="纸质票据照到货填写；不填则接着已有的号码", least=1, most=9_999_999_999, must=False)
    reason = forms.text("说明", must=False)


@frame.view(Act.OPEN_NUMBERS, methods=("GET", "POST"))
def opening(request: HttpRequest) -> HttpResponseBase:
    """赋码 by the province."""
    office, actor = premises.office(), frame.actor_of(request)
    departments = words.own_departments(actor, Act.OPEN_NUMBERS)

    def save(values: dict[str, Any], once: str) -> forms.Done:
        region = departments[0][0] if departments else ""
        opened = open_numbers.open_numbers(office, actor, region, _asked(values), first=values["first"])
        return forms.Done(f"已赋码 {opened.code.bill_code} {opened.first:010d}–{opened.last:010d}", _SEGMENTS)

    effect = "赋码后号码进入省级库存，不能撤销；不用的号码只能作废"
    page = forms.Page("赋码", button="赋码", crumbs=_CRUMBS, help="stock", effect=effect, back=("不办了", _SEGMENTS))
    return forms.ask(request, _OpeningForm, page, save, initial={"year": "0", "medium": "electronic"})


@frame.view(Act.DISTRIBUTE_NUMBERS, methods=("GET", "POST"))
def distribution(request: HttpRequest) -> HttpResponseBase:
    """分发 to a department below."""
    office, actor = premises.office(), frame.actor_of(request)
    givers = words.own_departments(actor, Act.DISTRIBUTE_NUMBERS)
    takers = [
        (f"{giver}:{below.region_code}", f"{below.name}（由{name}分发）")
        for giver, name in givers
        for below in stock_reading.departments_below(office, giver)
    ]

    class DistributionForm(forms.Form):
        way = forms.choice("下级财政部门", takers, hint="" if takers else "本级没有下级财政部门")
        bill_type_code = forms.choice("票据种类", words.bill_type_options())
        sheets = forms.number("份数", least=1, most=100_000_000)
        year = forms.choice("年度", (("0", "今年"), ("1", "明年")))
        medium = forms.choice("介质", words.MEDIA)
        paper_code = forms.code("纸质票据代码", hint="只有纸质票据要填", longest=12, must=False)
        reason = forms.text("说明", must=False)

    def save(values: dict[str, Any], once: str) -> forms.Done:
        giver, _, taker = values["way"].partition(":")
        parts = allot.distribute(office, actor, giver, taker, _asked(values))
        numbers = "、".join(f"{part.first:010d}–{part.last:010d}" for part in parts)
        return forms.Done(f"已分发 {numbers}", _SEGMENTS)

    page = forms.Page("向下级分发", button="分发", crumbs=_CRUMBS, help="stock", back=("不办了", _SEGMENTS))
    return forms.ask(request, DistributionForm, page, save, initial={"year": "0", "medium": "electronic"})


class _LimitForm(forms.Form):
    unit_code = forms.code("统一社会信用代码", hint="18 位", longest=18)
    bill_type_code = forms.choice("票据种类", words.bill_type_options())
    medium = forms.choice("介质", words.MEDIA)
    sheets = forms.number("限量份数", hint="不填则恢复为半年用量", least=0, most=100_000_000, must=False)


@frame.view(Act.SET_REQUISITION_LIMIT, methods=("GET", "POST"))
def limit(request: HttpRequest) -> HttpResponseBase:
    """限量 of one unit and bill type."""
    office, actor = premises.office(), frame.actor_of(request)

    def save(values: dict[str, Any], once: str) -> forms.Done:
        stock_limits.set_limit(
            office, actor, values["unit_code"], Medium(values["medium"]), values["bill_type_code"], values["sheets"]
        )
        said = "恢复为半年用量" if values["sheets"] is None else words.sheets(values["sheets"])
        return forms.Done(f"{values['unit_code']} 的限量：{said}，今天起生效", "/manage/stock/requisitions")

    page = forms.Page(
        "设置申领限量", button="设置限量", crumbs=_CRUMBS, help="requisitions", back=("不办了", "/manage/stock/requisitions"),
        note="限量是单位最多可以持有的份数；还可申领 = 限量 − 库存",
    )  # fmt: skip
    return forms.ask(request, _LimitForm, page, save, initial={"medium": "electronic"})


class _TopUpForm(forms.Form):
    unit_code = forms.code("统一社会信用代码", hint="18 位，前置服务器单位", longest=18)
    bill_type_code = forms.choice("票据种类", words.bill_type_options())
    threshold = forms.number("低于份数", hint="可用号码低于它就补；不填则停止自动补号", least=1, most=100_000_000, must=False)
    top_up = forms.number("补足份数", hint="补到这么多", least=1, most=100_000_000, must=False)


@frame.view(Act.SET_TOP_UP, methods=("GET", "POST"))
def top_up(request: HttpRequest) -> HttpResponseBase:
    """自动补号 of one unit and bill type."""
    office, actor = premises.office(), frame.actor_of(request)

    def save(values: dict[str, Any], once: str) -> forms.Done:
        least, most = values["threshold"], values["top_up"]
        sheets = None if least is None and most is None else (least or 0, most or 0)
        stock_top_up.set_top_up(office, actor, values["unit_code"], values["bill_type_code"], sheets)
        said = "已停止自动补号" if sheets is None else f"低于 {words.sheets(sheets[0])} 自动补到 {words.sheets(sheets[1])}"
        return forms.Done(f"{values['unit_code']}：{said}", "/manage/stock/requisitions")

    page = forms.Page(
        "设置自动补号", button="设置补号", crumbs=_CRUMBS, help="requisitions", back=("不办了", "/manage/stock/requisitions"),
        note="前置服务器断网也要开票，所以在用完之前自动补号，从本级库存发放",
    )  # fmt: skip
    return forms.ask(request, _TopUpForm, page, save)


def _asked(values: dict[str, Any]) -> AskedNumbers:
    next_year = values["year"] == "1"
    return AskedNumbers(
        bill_type_code=values["bill_type_code"],
        sheets=values["sheets"],
        year=int(words.years()[1][0]) if next_year else 0,
        medium=Medium(values["medium"]),
        paper_code=values["paper_code"] or "",
        reason=values["reason"] or "",
    )
