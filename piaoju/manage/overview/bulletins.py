"""通报: the list, one as a page and as a document, and whether it is still what the facts say."""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse, HttpResponseBase

from piaoju.identity import rights
from piaoju.identity.rights import Act
from piaoju.identity.types import OperatorActor
from piaoju.journeys import bulletin_document, premises, scopes, see_coverage
from piaoju.journeys import bulletins as journeys
from piaoju.kit import errors
from piaoju.kit.clock import local_date
from piaoju.kit.listing import Asked, Found
from piaoju.manage import forms, frame, lists, texts
from piaoju.reporting import queries as reporting

_CRUMBS = ("总览", ("通报", "/manage/bulletins"))
_PARTS = {
    "figures": "本月合计", "before": "上月合计", "year": "本年累计", "below": "各区划", "below_before": "各区划上月",
    "bill_types": "各票种", "coverage": "上线率", "mark": "检查点", "checkpoint": "检查点", "digest": "摘要", "level": "级次",
}  # fmt: skip


def _rows(actor: OperatorActor, asked: Asked) -> Found[reporting.BulletinRow]:
    return reporting.bulletins_page(scopes.sight(actor, Act.READ_TOTALS, local_date(frame.now())), asked)


BULLETINS = lists.ListPage(
    name="bulletins", title="通报", noun="份", help="bulletins", crumbs=("总览",), rows=_rows, key=lambda row: str(row.id),
    columns=(
        lists.code("id", "编号", link=lambda row: f"/manage/bulletins/{row.id}"),
        lists.text("region_name", "行政区划", phone="name"),
        lists.text("month", "月份", value=lambda row: f"{row.month:%Y-%m}"),
        lists.count("size", "存证日志条数"),
        lists.instant("made_at", "生成时间"),
        lists.text("made_by", "生成人", value=lambda row: row.made_by.partition(":")[2]),
    ),
    filters=(
        lists.TextFilter("region_name", "行政区划"),
        lists.CodeFilter("region_code", "行政区划代码"),
        lists.DayFilter("month", "月份"),
    ),
    sort="-id", empty="还没有通报。每月结束后生成一份", make=("生成通报", "/manage/bulletins/new"),
    make_if=lambda actor: rights.may_anywhere(actor, Act.MAKE_BULLETIN),
)  # fmt: skip


@frame.view(Act.READ_TOTALS)
def bulletins(request: HttpRequest) -> HttpResponseBase:
    return lists.answer(request, BULLETINS)


class _Asking(forms.Form):
    region_code = forms.code("行政区划代码", hint="本级或下级的代码", longest=9)
    month = forms.text("月份", hint="如 2026-10", longest=7)


@frame.view(Act.MAKE_BULLETIN, methods=("GET", "POST"))
def make(request: HttpRequest) -> HttpResponseBase:
    """生成通报 of a region's month."""
    office, actor = premises.office(), frame.actor_of(request)
    today = local_date(frame.now())

    def save(values: dict[str, Any], once: str) -> forms.Done:
        number = journeys.make(office, actor, values["region_code"], _month(values["month"]))
        return forms.Done(f"通报 {number} 已生成", f"/manage/bulletins/{number}")

    page = forms.Page("生成通报", button="生成通报", crumbs=_CRUMBS, help="bulletins", back=("不生成", "/manage/bulletins"))
    initial = {"region_code": see_coverage.home_region(actor), "month": f"{today:%Y-%m}"}
    return forms.ask(request, _Asking, page, save, initial=initial)


@frame.view(Act.READ_TOTALS, methods=("GET", "POST"))
def one(request: HttpRequest, bulletin_id: int) -> HttpResponseBase:
    """One bulletin. POST derives it anew from the facts and says whether it is still the same."""
    office, actor = premises.office(), frame.actor_of(request)
    kept = journeys.of_actor(office, actor, bulletin_id)
    checked = request.method == "POST"
    context = {
        "kept": kept,
        "paragraphs": bulletin_document.paragraphs(kept),
        "tables": bulletin_document.tables(kept),
        "mark": bulletin_document.mark_lines(kept),
        "checked": checked,
        "differs": [_PARTS.get(part, part) for part in journeys.differs(office, actor, bulletin_id)] if checked else [],
        "checked_at": texts.instant(frame.now()),
    }
    title = f"{kept.region_name} {kept.month:%Y 年 %m 月}通报"
    return frame.page(request, "manage/overview/bulletin.html", context, title=title, crumbs=_CRUMBS, help="bulletins")


@frame.view(Act.READ_TOTALS)
def document(request: HttpRequest, bulletin_id: int) -> HttpResponseBase:
    """The same as a PDF file."""
    office = premises.office()
    kept = journeys.of_actor(office, frame.actor_of(request), bulletin_id)
    response = HttpResponse(bulletin_document.document(kept, office.fonts), content_type="application/pdf")
    name = f"通报-{kept.region_name}-{kept.month:%Y%m}-{kept.id}.pdf"
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    return response


class MonthUnreadable(errors.Refused):
    code = "month_unreadable"
    label = "月份应写成年和月，如 2026-10。请改正"


def _month(typed: str) -> date:
    year, _, month = typed.strip().partition("-")
    if year.isascii() and year.isdigit() and len(year) == 4 and month.isascii() and month.isdigit() and 1 <= int(month) <= 12:
        return date(int(year), int(month), 1) if int(year) >= 2000 else _unreadable()
    return _unreadable()


def _unreadable() -> date:
    raise MonthUnreadable(errors=[errors.FieldError("/month", MonthUnreadable.code, MonthUnreadable.label)])
