"""号段: where numbers are now, at every level; what may be done with a segment."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponseBase

from piaoju.identity.rights import Act
from piaoju.identity.types import OperatorActor
from piaoju.journeys import destroy, premises, report_loss, return_numbers, stock_places, stock_reading, void_range
from piaoju.kit.listing import Asked, Found
from piaoju.manage import forms, frame, lists, texts
from piaoju.manage.stock import words
from piaoju.stock import queries
from piaoju.stock.types import Medium, SegmentRow, SegmentState


def _rows(actor: OperatorActor, asked: Asked) -> Found[queries.SegmentListRow]:
    office = premises.office()
    return queries.segments_page(stock_reading.sight(office, actor), asked, stock_places.today(office))


SEGMENTS = lists.ListPage(
    name="stock-segments",
    title="号段",
    noun="段",
    help="stock",
    crumbs=("号码",),
    rows=_rows,
    key=lambda row: str(row.id),
    columns=(
        lists.code("first_number", "号码", value=words.span, link=lambda row: f"/manage/stock/segments/{row.id}", phone="name"),
        lists.code("bill_code", "票据代码"),
        lists.text("bill_type_code", "票据种类", value=lambda row: words.bill_name(row.bill_type_code)),
        lists.text("medium", "介质", value=lambda row: dict(words.MEDIA)[row.medium], phone="hidden"),
        lists.text("holder", "所在", wide=True),
        lists.count("sheets", "份数", total="sheets", phone="figure"),
        lists.count("left_sheets", "可用", total="left_sheets"),
        lists.instant("since", "何时起"),
        lists.state("state", "状态", words.SEGMENT_STATES),
    ),
    filters=(
        lists.ChoiceFilter("bill_type_code", "票据种类", tuple(words.bill_type_options())),
        lists.CodeFilter("bill_code", "票据代码"),
        lists.TextFilter("holder", "所在单位或财政部门"),
        lists.ChoiceFilter("state", "状态", tuple((key, word) for key, (word, _) in words.SEGMENT_STATES.items())),
        lists.UnderFilter("region_code", "行政区划", usual=False),
        lists.CodeFilter("unit_code", "统一社会信用代码", usual=False),
        lists.CountFilter("left_sheets", "可用份数", usual=False),
        lists.ChoiceFilter("medium", "介质", words.MEDIA, usual=False),
    ),
    sort="-since",
    views=(
        lists.View("财政库存", "state=held"),
        lists.View("单位在用", "state=in_use"),
        lists.View("快用完的", "state=in_use&left_sheets=100&left_sheets_cmp=le"),
    ),
    empty="这里还没有号码。单位先申领，财政部门由上级分发或省级赋码",
    links=(("号码流转", "/manage/stock/movements"), ("查一个号码", "/manage/stock/numbers")),
)


@frame.view(Act.READ_STOCK)
def segments(request: HttpRequest) -> HttpResponseBase:
    return lists.answer(request, SEGMENTS)


@frame.view(Act.READ_STOCK)
def segment(request: HttpRequest, segment_id: int) -> HttpResponseBase:
    """One segment: what it is, what may be done with it, and how it came here."""
    office, actor = premises.office(), frame.actor_of(request)
    row = stock_reading.segment(office, actor, segment_id)
    life = queries.life_of(row.code.medium, row.code.bill_code, row.first_number)
    used_up = row.code.medium == Medium.PAPER and row.place.state == SegmentState.IN_USE and not row.left
    acts = _USED_UP if used_up else _ACTS
    context = {
        "facts": _facts(row),
        "acts": [(word, f"{request.path}/{address}") for word, address, act, states in acts
                 if row.place.state in states and stock_reading.may(office, actor, act, row.place)],
        "equal": True,
        "history": words.history(life.movements),
        "history_title": f"首号 {row.first_number:010d} 的流转",
    }  # fmt: skip
    return frame.page(
        request, "manage/stock/detail.html", context, title=f"号段 {words.span(row)}", crumbs=(words.CRUMB,), help="stock"
    )


_USABLE = (SegmentState.HELD, SegmentState.IN_USE)
_ACTS = (
    ("退回", "return", Act.RETURN_NUMBERS, _USABLE),
    ("报告遗失", "loss", Act.REPORT_LOSS, _USABLE),
    ("申请作废", "void", Act.VOID_NUMBERS, _USABLE),
    ("申请销毁", "destruction", Act.DESTROY_NUMBERS, (SegmentState.VOIDED,)),
)
_USED_UP = (("申请销毁", "destruction", Act.DESTROY_NUMBERS, (SegmentState.IN_USE,)),)


class _RangeForm(forms.Form):
    first = forms.number("起始号", hint="从「下一号码」起，可以不写前面的零", least=1, most=9_999_999_999)
    last = forms.number("终止号", least=1, most=9_999_999_999)
    reason = forms.text("原因")


class _ReasonForm(forms.Form):
    reason = forms.text("原因", hint="如：存根保存期满，库房移交")


@frame.view(Act.RETURN_NUMBERS, methods=("GET", "POST"))
def give_back(request: HttpRequest, segment_id: int) -> HttpResponseBase:
    """退回 to the finance department, or to the one above it."""

    def save(office: Any, actor: OperatorActor, values: dict[str, Any]) -> forms.Done:
        return_numbers.return_numbers(office, actor, segment_id, values["first"], values["last"], values["reason"])
        return forms.Done(f"已退回 {words.sheets(values['last'] - values['first'] + 1)}", "/manage/stock/segments")

    return _ask(request, segment_id, Act.RETURN_NUMBERS, "退回", "退回后由财政部门另行发放，不能自行取回", save)


@frame.view(Act.REPORT_LOSS, methods=("GET", "POST"))
def lose(request: HttpRequest, segment_id: int) -> HttpResponseBase:
    """报告遗失: out of use at once."""

    def save(office: Any, actor: OperatorActor, values: dict[str, Any]) -> forms.Done:
        number = report_loss.report_loss(office, actor, segment_id, values["first"], values["last"], values["reason"])
        return forms.Done("已报告，这些号码即刻停用。请尽快公告并补填公告媒体和日期", f"/manage/stock/disposals/{number}")

    return _ask(request, segment_id, Act.REPORT_LOSS, "报告遗失", "提交后这些号码立即不能使用；公告后由另一人审批作废", save)


@frame.view(Act.VOID_NUMBERS, methods=("GET", "POST"))
def void(request: HttpRequest, segment_id: int) -> HttpResponseBase:
    """申请作废 of numbers that were not used."""

    def save(office: Any, actor: OperatorActor, values: dict[str, Any]) -> forms.Done:
        number = void_range.request_void(office, actor, segment_id, values["first"], values["last"], values["reason"])
        return forms.Done("已申请作废，等另一人审批", f"/manage/stock/disposals/{number}")

    effect = "批准后这些号码永远不能开票；批准前仍可使用，用了的不能作废"
    return _ask(request, segment_id, Act.VOID_NUMBERS, "申请作废", effect, save)


@frame.view(Act.DESTROY_NUMBERS, methods=("GET", "POST"))
def destruction(request: HttpRequest, segment_id: int) -> HttpResponseBase:
    """申请销毁 of a whole segment after the retention time."""

    def save(office: Any, actor: OperatorActor, values: dict[str, Any]) -> forms.Done:
        number = destroy.request_destruction(office, actor, segment_id, values["reason"])
        return forms.Done("已申请销毁，等另一人审批", f"/manage/stock/disposals/{number}")

    return _ask(
        request, segment_id, Act.DESTROY_NUMBERS, "申请销毁", "整段销毁，批准后不可恢复。请先核对销毁清册", save, whole=True
    )


def _ask(
    request: HttpRequest, segment_id: int, act: Act, title: str, effect: str, save: Any, *, whole: bool = False
) -> HttpResponseBase:
    office, actor = premises.office(), frame.actor_of(request)
    row = stock_reading.segment(office, actor, segment_id, act)
    here = f"/manage/stock/segments/{segment_id}"
    page = forms.Page(
        title, button=title, crumbs=(words.CRUMB, (words.span(row), here)), help="stock", effect=effect, facts=_facts(row),
        back=("不办了", here),
    )  # fmt: skip
    first = row.next_number if row.next_number is not None else row.first_number
    initial = {} if whole else {"first": first, "last": row.last_number}
    return forms.ask(
        request, _ReasonForm if whole else _RangeForm, page, lambda values, once: save(office, actor, values), initial=initial
    )


def _facts(row: SegmentRow) -> list[tuple[str, str]]:
    facts = [
        ("票据种类", words.typed(row.code.bill_type_code)),
        ("票据代码", row.code.bill_code),
        ("介质", str(row.code.medium.label)),
        ("号码", words.span(row)),
        ("份数", words.sheets(row.sheets)),
        ("所在", stock_reading.name_of(premises.office(), row.place)),
        ("状态", str(row.place.state.label)),
    ]
    if row.next_number is not None:
        facts += [("下一号码", f"{row.next_number:010d}"), ("可用", words.sheets(row.left))]
    return [*facts, ("何时起", texts.instant(row.since)), ("经办", words.person(row.placed_by))]
