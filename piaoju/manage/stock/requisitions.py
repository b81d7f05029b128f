"""申领: asked for, reviewed, allotted; each step on the page of whoever takes it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponseBase

from piaoju.identity import rights
from piaoju.identity.rights import Act
from piaoju.identity.types import OperatorActor
from piaoju.journeys import allot, premises, requisition, review_requisition, stock_limits, stock_places, stock_reading
from piaoju.journeys.stock_places import AskedNumbers
from piaoju.kit.errors import PiaojuError
from piaoju.kit.listing import Asked, Found
from piaoju.manage import forms, frame, lists, texts
from piaoju.manage.stock import words
from piaoju.stock import queries
from piaoju.stock.types import Medium, RequisitionRow, RequisitionState

LIST = "/manage/stock/requisitions"
_CRUMBS = (words.CRUMB, ("申领", LIST))


def _rows(actor: OperatorActor, asked: Asked) -> Found[queries.RequisitionListRow]:
    office = premises.office()
    return queries.requisitions_page(stock_reading.sight(office, actor), asked, stock_places.today(office))


REQUISITIONS = lists.ListPage(
    name="stock-requisitions",
    title="申领",
    noun="份申领",
    help="requisitions",
    crumbs=("号码",),
    rows=_rows,
    key=lambda row: str(row.id),
    word=lambda key: f"申领单 {key}",
    columns=(
        lists.code("id", "申领单", link=lambda row: f"{LIST}/{row.id}"),
        lists.text("holder", "申领人", wide=True, phone="name"),
        lists.text("bill_type_code", "票据种类", value=lambda row: words.bill_name(row.bill_type_code)),
        lists.code("bill_code", "票据代码"),
        lists.text("supplier", "向谁申领"),
        lists.instant("requested_at", "申领时间"),
        lists.text("requested_by", "经办", value=lambda row: words.person(row.requested_by), phone="hidden"),
        lists.count("sheets", "申领份数", total="sheets", phone="figure"),
        lists.count("approved_sheets", "核准份数", total="approved_sheets"),
        lists.state("state", "状态", words.REQUISITION_STATES),
    ),
    filters=(
        lists.ChoiceFilter("state", "状态", tuple((key, word) for key, (word, _) in words.REQUISITION_STATES.items())),
        lists.ChoiceFilter("bill_type_code", "票据种类", tuple(words.bill_type_options())),
        lists.TextFilter("holder", "申领人"),
        lists.InstantFilter("requested_at", "申领时间"),
        lists.CodeFilter("unit_code", "统一社会信用代码", usual=False),
        lists.CountFilter("sheets", "申领份数", usual=False),
        lists.ChoiceFilter("medium", "介质", words.MEDIA, usual=False),
    ),
    sort="-id",
    views=(lists.View("待审核", "state=submitted"), lists.View("待发放", "state=approved")),
    acts=(lists.BulkAct("发放", f"{LIST}/allot", irreversible=True, may=lambda a: rights.may_anywhere(a, Act.ALLOT_NUMBERS)),),
    empty="还没有申领。在线单位即领即开，不用申领；其他单位在这里申领号码",
    make=("申领号码", f"{LIST}/new"),
    make_if=lambda actor: rights.may_anywhere(actor, Act.SUBMIT_REQUISITION),
)


@frame.view(Act.READ_STOCK)
def requisitions(request: HttpRequest) -> HttpResponseBase:
    return lists.answer(request, REQUISITIONS)


@frame.view(Act.SUBMIT_REQUISITION, methods=("GET", "POST"))
def new(request: HttpRequest) -> HttpResponseBase:
    """A unit asks its finance department."""
    office, actor = premises.office(), frame.actor_of(request)
    units = words.own_units(actor, Act.SUBMIT_REQUISITION)
    kinds = {code for unit, _ in units for code in stock_places.unit_at_stock(unit, stock_places.today(office)).bill_types}

    def save(values: dict[str, Any], once: str) -> forms.Done:
        number = requisition.submit_for_unit(office, actor, values.pop("holder"), _asked(values))
        return forms.Done(f"申领单 {number} 已提交，等财政部门审核", f"{LIST}/{number}")

    page = forms.Page(
        "申领号码", button="申领", crumbs=_CRUMBS, help="requisitions", facts=_allowances(units, sorted(kinds)),
        back=("不领了", LIST), note=_note(units),
    )  # fmt: skip
    asking = _asking("申领单位", units, words.bill_type_options(kinds))
    return forms.ask(request, asking, page, save, initial=_one(units), context={"facts_title": "现在可以申领"})


@frame.view(Act.SUBMIT_DEPARTMENT_REQUISITION, methods=("GET", "POST"))
def new_from_above(request: HttpRequest) -> HttpResponseBase:
    """A finance department asks the one above it."""
    office, actor = premises.office(), frame.actor_of(request)
    departments = words.own_departments(actor, Act.SUBMIT_DEPARTMENT_REQUISITION)

    def save(values: dict[str, Any], once: str) -> forms.Done:
        number = requisition.submit_for_department(office, actor, values.pop("holder"), _asked(values))
        return forms.Done(f"申领单 {number} 已提交，等上级审核", f"{LIST}/{number}")

    page = forms.Page("向上级申领", button="申领", crumbs=_CRUMBS, help="requisitions", back=("不领了", LIST))
    return forms.ask(request, _asking("财政部门", departments, words.bill_type_options()), page, save, initial=_one(departments))


@frame.view(Act.READ_STOCK)
def one(request: HttpRequest, requisition_id: int) -> HttpResponseBase:
    """One requisition, its steps and what may be done now."""
    office, actor = premises.office(), frame.actor_of(request)
    row = stock_reading.requisition(office, actor, requisition_id)
    context = {
        "facts": _facts(row), "acts": _acts(office, actor, row),
        "history": words.history(queries.movements_from(f"requisition:{row.id}")), "history_title": "发放的号码",
        "state": words.REQUISITION_STATES[row.state.value],
    }  # fmt: skip
    return frame.page(
        request, "manage/stock/detail.html", context, title=f"申领单 {row.id}", crumbs=_CRUMBS, help="requisitions"
    )


class _ReviewForm(forms.Form):
    decision = forms.choice("审核意见", (("approve", "通过"), ("refuse", "不予通过")))
    sheets = forms.number("核准份数", hint="通过时必填，不能多于申领份数", least=1, must=False)
    remark = forms.text("说明", hint="不予通过时必填", must=False)


@frame.view(Act.REVIEW_REQUISITION, methods=("GET", "POST"))
def review(request: HttpRequest, requisition_id: int) -> HttpResponseBase:
    """审核 by another person of the finance department."""
    office, actor = premises.office(), frame.actor_of(request)
    row = stock_reading.requisition(office, actor, requisition_id, Act.REVIEW_REQUISITION)

    def save(values: dict[str, Any], once: str) -> forms.Done:
        if values["decision"] == "approve":
            review_requisition.approve(office, actor, row.id, values["sheets"] or 0, values["remark"])
            return forms.Done(f"申领单 {row.id} 已通过，可以发放", f"{LIST}/{row.id}")
        review_requisition.refuse(office, actor, row.id, values["remark"])
        return forms.Done(f"申领单 {row.id} 未予通过", LIST)

    page = _step("审核申领", "提交审核意见", row)
    return forms.ask(request, _ReviewForm, page, save, initial={"sheets": row.sheets})


@frame.view(Act.ALLOT_NUMBERS, methods=("GET", "POST"))
def give(request: HttpRequest, requisition_id: int) -> HttpResponseBase:
    """发放 of what was approved."""
    office, actor = premises.office(), frame.actor_of(request)
    row = stock_reading.requisition(office, actor, requisition_id, Act.ALLOT_NUMBERS)

    def save(values: dict[str, Any], once: str) -> forms.Done:
        parts = allot.allot(office, actor, row.id)
        numbers = "、".join(f"{part.first:010d}–{part.last:010d}" for part in parts)
        return forms.Done(f"已发放 {numbers}", f"{LIST}/{row.id}")

    effect = f"将发放 {words.sheets(row.approved_sheets or 0)}，从最小的库存号码起，发放后由单位使用"
    return forms.ask(request, forms.Form, _step("发放", f"发放 {words.sheets(row.approved_sheets or 0)}", row, effect), save)


@frame.view(Act.WITHDRAW_REQUISITION, methods=("GET", "POST"))
def withdraw(request: HttpRequest, requisition_id: int) -> HttpResponseBase:
    """撤回 until it is allotted."""
    office, actor = premises.office(), frame.actor_of(request)
    row = stock_reading.requisition(office, actor, requisition_id, Act.WITHDRAW_REQUISITION)

    def save(values: dict[str, Any], once: str) -> forms.Done:
        requisition.withdraw(office, actor, row.id)
        return forms.Done(f"申领单 {row.id} 已撤回", LIST)

    return forms.ask(request, forms.Form, _step("撤回申领", "撤回", row, "撤回后可以重新申领"), save)


@frame.view(Act.ALLOT_NUMBERS, methods=("POST",))
def give_chosen(request: HttpRequest) -> HttpResponseBase:
    """发放 of the chosen requisitions: asked once, then each by itself; one that fails does not stop the others."""
    office, actor = premises.office(), frame.actor_of(request)
    keys = [key for key in lists.chosen(request, REQUISITIONS).keys if key.isdecimal()]
    rows = [stock_reading.requisition(office, actor, int(key), Act.ALLOT_NUMBERS) for key in keys]
    go, lines = "go" in request.POST, []
    for row in rows:
        outcome = ""
        if go:
            try:
                parts = allot.allot(office, actor, row.id)
                outcome = "已发放 " + "、".join(f"{part.first:010d}–{part.last:010d}" for part in parts)
            except PiaojuError as refusal:
                outcome = f"{refusal.detail}（{refusal.code_value}）"
        lines.append({
            "row": row, "name": stock_reading.name_of(office, row.holder), "outcome": outcome,
            "type": words.typed(row.code.bill_type_code), "state": words.REQUISITION_STATES[row.state.value],
        })  # fmt: skip
    total = sum(row.approved_sheets or 0 for row in rows)
    context = {"lines": lines, "go": go, "keys": keys, "button": f"发放 {len(rows)} 份申领、{words.sheets(total)}"}
    return frame.page(request, "manage/stock/allot_many.html", context, title="发放", crumbs=_CRUMBS, help="requisitions")


def _asking(label: str, holders: list[tuple[str, str]], kinds: list[tuple[str, str]]) -> type[forms.Form]:
    class AskingForm(forms.Form):
        holder = forms.choice(label, holders)
        bill_type_code = forms.choice("票据种类", kinds)
        sheets = forms.number("申领份数", least=1, most=100_000_000)
        year = forms.choice("年度", words.years(), must=False, hint="电子票据代码含年度，不选为今年")
        medium = forms.choice("介质", words.MEDIA, must=False, hint="不选为电子")
        paper_code = forms.code("纸质票据代码", hint="只有纸质票据要填，照票面填写", longest=12, must=False)
        reason = forms.text("用途说明", must=False)

    return AskingForm


def _asked(values: dict[str, Any]) -> AskedNumbers:
    return AskedNumbers(
        bill_type_code=values["bill_type_code"],
        sheets=values["sheets"],
        year=int(values.get("year") or 0),
        medium=Medium(values.get("medium") or Medium.ELECTRONIC),
        paper_code=values.get("paper_code") or "",
        reason=values.get("reason") or "",
    )


def _one(holders: list[tuple[str, str]]) -> dict[str, str]:
    return {"holder": holders[0][0]} if len(holders) == 1 else {}


def _allowances(units: list[tuple[str, str]], kinds: list[str]) -> list[tuple[str, str]]:
    """What each of the person's units may ask for now."""
    office = premises.office()
    found = []
    for unit_code, name in units[:5]:
        unit = stock_places.unit_at_stock(unit_code, stock_places.today(office))
        for kind in (kind for kind in kinds if kind in unit.bill_types):
            allowed = stock_limits.allowed(office, unit.unit_id, Medium.ELECTRONIC, kind)
            said = f"库存 {words.sheets(allowed.usage.left)}，还可申领 {words.sheets(allowed.sheets)}"
            found.append((f"{name} {words.bill_name(kind)}" if len(units) > 1 else words.bill_name(kind), said))
    return found


def _note(units: list[tuple[str, str]]) -> str:
    office = premises.office()
    day = stock_places.today(office)
    if units and all(stock_places.unit_at_stock(code, day).on_demand for code, _ in units):
        return "本单位是在线单位，电子票据即领即开：开票时自动领号，不用申领。纸质票据在这里申领"
    return "限量一般为半年用量减去库存；财政部门另定限量的按其规定"


def _step(title: str, button: str, row: RequisitionRow, effect: str = "") -> forms.Page:
    return forms.Page(
        title, button=button, crumbs=(*_CRUMBS, (f"申领单 {row.id}", f"{LIST}/{row.id}")), help="requisitions", effect=effect,
        facts=_facts(row), back=("不办了", f"{LIST}/{row.id}"),
    )  # fmt: skip


def _acts(office: Any, actor: OperatorActor, row: RequisitionRow) -> list[tuple[str, str]]:
    here, found = f"{LIST}/{row.id}", []
    decides = stock_reading.may_decide(office, actor, Act.REVIEW_REQUISITION, row.supplier_region_code)
    if row.state == RequisitionState.SUBMITTED and decides:
        found.append(("审核", f"{here}/review"))
    if row.state == RequisitionState.APPROVED and decides:
        found.append(("发放", f"{here}/allot"))
    under_way = row.state in (RequisitionState.SUBMITTED, RequisitionState.APPROVED)
    if under_way and stock_reading.may(office, actor, Act.WITHDRAW_REQUISITION, row.holder):
        found.insert(0, ("撤回", f"{here}/withdraw"))
    return found


def _facts(row: RequisitionRow) -> list[tuple[str, str]]:
    office = premises.office()
    supplier = stock_places.department_at_stock(row.supplier_region_code, stock_places.today(office)).name
    facts = [
        ("申领人", stock_reading.name_of(office, row.holder)),
        ("向谁申领", supplier),
        ("票据种类", words.typed(row.code.bill_type_code)),
        ("票据代码", row.code.bill_code),
        ("介质", str(row.code.medium.label)),
        ("申领份数", words.sheets(row.sheets)),
        ("状态", str(row.state.label)),
        ("申领", f"{texts.instant(row.requested_at)} {words.person(row.requested_by)}"),
    ]
    if row.reason:
        facts.append(("用途", row.reason))
    if row.reviewed_at:
        facts.append(("审核", f"{texts.instant(row.reviewed_at)} {words.person(row.reviewed_by)}"))
        facts += [("核准份数", words.sheets(row.approved_sheets))] if row.approved_sheets else []
        facts += [("审核意见", row.review_remark)] if row.review_remark else []
    if row.allotted_at:
        facts.append(("发放", f"{texts.instant(row.allotted_at)} {words.person(row.allotted_by)}"))
    return facts
