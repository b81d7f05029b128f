"""From the rows chosen on 票据查询 to a download: how it is to be printed or packed, with a preview of the first bill."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase

from piaoju.identity.rights import Act
from piaoju.issuing.types import BillPlace
from piaoju.journeys import choose_bills, download_bills, premises
from piaoju.journeys.download_bills import BILLS_MAX, ORDERS, Wanted
from piaoju.journeys.download_makers import FILE_FORMATS
from piaoju.kit.errors import Refused
from piaoju.manage import frame, lists, texts
from piaoju.manage.bills.listing import BILLS
from piaoju.manage.lists.choosing import Chosen
from piaoju.reporting.types import BillsPage, BillsQuestion
from piaoju.standard.face.printing import ROLLS, STYLES, Print

CRUMBS = ("票据", ("票据查询", "/manage/bills"))
_STYLE_HINTS = {
    "whole": "和电子票据一样的整张票面，白纸打印",
    "overlay": "只打票面内容，不打格线和印章；装入预印的票据纸",
    "thermal80": "手持终端和小票机，可打印宽度 72 mm",
    "thermal58": "手持终端和小票机，可打印宽度 48 mm",
}


class ShiftUnreadable(Refused):
    code = "shift_unreadable"
    label = "套打移动量应为 −20 到 20 毫米的数，如 1.5；向左、向上写负数"


@frame.view(Act.DOWNLOAD_BILLS, methods=("POST",))
def ask(request: HttpRequest) -> HttpResponseBase:
    """The page of the list's bulk acts; sent again with `go`, it has the file made."""
    chosen = lists.chosen(request, BILLS)
    if "go" not in request.POST:
        return _page(request, chosen)
    try:
        number = download_bills.request(
            premises.office(), frame.actor_of(request), _places(request, chosen), _wanted(request), _conditions(chosen)
        )
    except Refused as refusal:
        return _page(request, chosen, refusal)
    return frame.done(request, "已开始生成。关掉页面不影响生成，完成后在这里下载", f"/manage/downloads/{number}")


@frame.view(Act.DOWNLOAD_BILLS)
def preview(request: HttpRequest) -> HttpResponseBase:
    """The first page of one bill in the style that is chosen now, as the picture that the page shows."""
    picture = choose_bills.preview(
        premises.office(), frame.actor_of(request), request.GET.get("bill", "")[:40], _print(request.GET)
    )
    return HttpResponse(picture, content_type="image/png")


@frame.view(Act.DOWNLOAD_BILLS)
def preview_of(request: HttpRequest) -> HttpResponseBase:
    """The preview's frame for what the form says now: what htmx puts in its place. A shift that cannot be read says so.

    A bill that is not there, or is foreign, is refused here already.
    """
    choose_bills.named(frame.actor_of(request), [request.GET.get("bill", "")[:40]])
    try:
        how, fault = _print(request.GET), ""
    except Refused as refusal:
        how, fault = Print(), refusal.detail
    bill = request.GET.get("bill", "")[:40]
    context = {"preview": _address(bill, how), "fault": fault, "style": STYLES[how.style], "is_roll": how.style in ROLLS}
    return frame.page(request, "manage/downloads/preview.html", context, title="预览")


def _page(request: HttpRequest, chosen: Chosen, refusal: Refused | None = None) -> HttpResponseBase:
    actor, posted = frame.actor_of(request), request.POST
    first = chosen.keys[0] if chosen.keys else _first(request, chosen)
    count = len(chosen.keys) if not chosen.whole else BILLS.rows(actor, _limited(chosen)).whole.count
    style: Any = posted.get("style") if posted.get("style") in STYLES else "whole"
    files = posted.getlist("files") or ["xml", "ofd"]
    context: dict[str, Any] = {
        "keys": chosen.keys, "whole": chosen.whole, "query": posted.get("query", ""), "count": texts.number(count),
        "too_many": count > BILLS_MAX, "most": texts.number(BILLS_MAX), "first": first,
        "preview": _address(first, Print(style)) if first else "", "is_roll": style in ROLLS,
        "format": posted.get("format", "pdf"), "right": posted.get("right", "0"), "down": posted.get("down", "0"),
        "styles": [(name, label, _STYLE_HINTS[name], name == style) for name, label in STYLES.items()],
        "files": [(name, label, name in files) for name, label in FILE_FORMATS.items()],
        "orders": [(name, label, name == posted.get("order", "listed")) for name, label in ORDERS.items()],
        "refusal": refusal,
    }  # fmt: skip
    status = frame.status_of(refusal) if refusal else 200
    return frame.page(
        request, "manage/downloads/ask.html", context, title="打印与下载", crumbs=CRUMBS, help="downloads", status=status
    )


def _address(bill: str, how: Print) -> str:
    shifts = f"&right={how.shift_right / 1_000:g}&down={how.shift_down / 1_000:g}" if how.style == "overlay" else ""
    return f"/manage/downloads/preview.png?bill={bill}&style={how.style}{shifts}"


def _places(request: HttpRequest, chosen: Chosen) -> Iterable[BillPlace]:
    actor = frame.actor_of(request)
    if not chosen.whole:
        return choose_bills.named(actor, chosen.keys)
    sort: Any = chosen.asked.sort or "issued_at"
    question = BillsQuestion(chosen.asked.conditions)
    return choose_bills.found(actor, question, BillsPage(sort, chosen.asked.descending))


def _first(request: HttpRequest, chosen: Chosen) -> str:
    """The key of the first bill of the whole result, for the preview."""
    rows = BILLS.rows(frame.actor_of(request), _limited(chosen)).rows
    return BILLS.key(rows[0]) if rows else ""


def _limited(chosen: Chosen) -> Any:
    return replace(chosen.asked, limit=1)


def _conditions(chosen: Chosen) -> str:
    """Which conditions, by name; their values may hold a person's name."""
    if not chosen.whole:
        return "逐张选择"
    labels = {one.name: one.label for one in BILLS.filters}
    names = dict.fromkeys(labels.get(condition.field, condition.field) for condition in chosen.asked.conditions)
    return "条件：" + ("、".join(names) or "无")


def _wanted(request: HttpRequest) -> Wanted:
    posted = request.POST
    file_format = posted.get("format", "")
    how = _print(posted) if file_format == "pdf" else Print()
    return Wanted(file_format, how, tuple(posted.getlist("files")) if file_format == "zip" else (), posted.get("order", "listed"))


def _print(typed: Any) -> Print:
    """How to print, as typed; shifts in mm. Raises ShiftUnreadable, for a style that does not exist too."""
    style = typed.get("style", "whole")
    if style not in STYLES:
        raise download_bills.WantUnknown
    if style != "overlay":
        return Print(style)
    return Print(style, _micrometres(typed.get("right", "0")), _micrometres(typed.get("down", "0")))


def _micrometres(text: str) -> int:
    try:
        millimetres = Decimal(text.strip().replace("−", "-") or "0")
        if not millimetres.is_finite() or abs(millimetres) > 20:
            raise ShiftUnreadable
    except InvalidOperation:
        raise ShiftUnreadable from None
    return int(millimetres * 1_000)
