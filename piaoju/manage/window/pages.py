"""开票窗口: the page, and what its script asks of it. All that is typed is sent to the page's own address.

So what comes after the login has expired is kept like the draft of any form (manage.drafts), and is among the drafts as soon as
the same person is back.
"""

from __future__ import annotations

import base64
import json
import secrets
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse

from piaoju.crypto import sm3
from piaoju.identity.rights import Act
from piaoju.issuing.errors import BillNotFound, BusinessNumberReused
from piaoju.issuing.types import BillPlace, DraftRow, DraftState
from piaoju.journeys import (
    issue_at_window,
    keep_draft,
    keep_template,
    premises,
    preview_bill,
    print_bill,
    window_desk,
    window_reading,
)
from piaoju.journeys.issue_at_window import Submitted
from piaoju.journeys.window_desk import Sheet
from piaoju.journeys.window_reading import Standing, WindowUnit
from piaoju.kit.clock import local_date
from piaoju.kit.errors import PiaojuError
from piaoju.manage import drafts, frame, texts
from piaoju.manage.window import answers, words
from piaoju.standard import codes
from piaoju.standard.profile import SICHUAN_2026_1

_NUMBER_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # no 0 O 1 I: people read them to each other
_CRUMBS = ("开具",)


@frame.view(Act.ISSUE_BILL, methods=("GET", "POST"))
def window(request: HttpRequest) -> HttpResponseBase:
    """GET: the window, empty or with a draft. POST: what its script does with the sheet (`what`)."""
    if request.method == "POST":
        return _ask(request)
    _bring_back(request)
    office, actor = premises.office(), frame.actor_of(request)
    units = window_reading.units(office, actor)
    chosen = next((unit for unit in units if unit.code == request.GET.get("unit")), units[0])
    draft = _draft(request)
    if draft is not None:
        code = window_desk.sheet_of(office, draft).unit_code
        chosen = next((unit for unit in units if unit.code == code), chosen)
    asked = draft.point_code if draft is not None else request.GET.get("point", "")
    point = asked if asked in dict(chosen.points) else chosen.points[0][0] if chosen.points else ""
    standing = window_reading.standing(office, actor, chosen.code, point)
    context = {
        "units": units, "unit": chosen, "points": chosen.points, "point": point, "standing": standing,
        "start": _start(request, chosen, point, standing, draft),
        "types": words.types(chosen.bill_type_codes, local_date(frame.now()).year),
        "pay_modes": SICHUAN_2026_1.pay_modes.items(), "facts": words.facts(standing), "returned": _returned(draft),
        "keys": words.KEYS, "all_keys": words.ALL_KEYS,
        "point_name": dict(chosen.points).get(point, ""),
    }  # fmt: skip
    return frame.page(request, "manage/window/window.html", context, title="开票窗口", crumbs=_CRUMBS, help="window")


@frame.view(Act.ISSUE_BILL)
def items(request: HttpRequest) -> HttpResponse:
    """The items that may be charged on a bill type, for the script to search."""
    unit, kind = request.GET.get("unit", ""), request.GET.get("bill_type", "")
    try:
        found = window_reading.items(premises.office(), frame.actor_of(request), unit, kind)
    except PiaojuError as refused:
        return answers.refusal(request, refused, Act.ISSUE_BILL)
    rows = [[one.code, one.name, one.measure, one.least, one.most, one.initials] for one in found]
    return answers.value({"bill_type": kind, "items": rows})


@frame.view(Act.ISSUE_BILL)
def preview(request: HttpRequest) -> HttpResponse:
    """票面预览: a page of what this person's draft keeps, drawn as it will be printed; of no draft, the empty form."""
    asked, office, actor = request.GET, premises.office(), frame.actor_of(request)
    page = int(asked["page"]) if asked.get("page", "").isdecimal() and len(asked["page"]) < 5 else 1
    try:
        sheet = preview_bill.own_sheet(
            office, actor, asked.get("unit", ""), asked.get("bill_type", "")[:4], asked.get("number", "")[:50]
        )
        picture = preview_bill.picture(office, actor, sheet, page)
    except PiaojuError as refused:
        return answers.refusal(request, refused, Act.ISSUE_BILL)
    return HttpResponse(picture, content_type="image/png")


@frame.view(None)
def here(request: HttpRequest) -> HttpResponse:
    """Who is signed in now: asked by a window whose login had expired."""
    actor = frame.actor_of(request)
    return answers.value({"operator": actor.operator_id, "name": texts.masked_name(actor.person_name)})


@frame.view(None)
def signed_in(request: HttpRequest) -> HttpResponse:
    """Where one gets to who signed in again for a window that is still open."""
    return frame.page(request, "manage/window/signed_in.html", {}, title="已登录", crumbs=_CRUMBS)


@frame.view(Act.ISSUE_BILL)
def last_payer(request: HttpRequest) -> HttpResponse:
    """上一交款人."""
    try:
        found = window_reading.last_payer(premises.office(), frame.actor_of(request), request.GET.get("unit", ""))
    except PiaojuError as refused:
        return answers.refusal(request, refused, Act.ISSUE_BILL)
    return answers.value({"last": found})


@frame.view(Act.PRINT_BILL, methods=("POST",))
def print_now(request: HttpRequest, code: str, number: str) -> HttpResponse:
    """打印: counted, and opened in the browser's own viewer."""
    wanted = codes.parse_number(number)
    if wanted is None:
        raise BillNotFound
    made = print_bill.print_bill(premises.office(), frame.actor_of(request), code, wanted)
    response = HttpResponse(made.content, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{code}-{number}.pdf"'
    return response


def business_number(point: str) -> str:
    """A new business number: the point, the day, and what no other window has."""
    day = local_date(frame.now()).strftime("%Y%m%d")
    head = "".join(c for c in point if c.isascii() and c.isalnum())[:12] or "W"
    return f"{head}-{day}-{''.join(secrets.choice(_NUMBER_LETTERS) for _ in range(8))}"


# POST ----------------------------------------------------------------------------------------------------------


def _ask(request: HttpRequest) -> HttpResponse:
    asked = {"check": _check, "draft": _keep, "issue": _issue, "template": _template, "drop_template": _drop_template}
    try:
        sheet = answers.sheet(request)
        ask = asked.get(request.POST.get("what", ""))
        if ask is None:
            raise answers.SheetUnreadable
        return answers.value(ask(request, sheet))
    except BusinessNumberReused as refused:
        actor = frame.actor_of(request)
        found = window_reading.already(actor, sheet.unit_code, sheet.business_number)
        return answers.refusal(
            request, refused, Act.ISSUE_BILL, already=_named(found), next=business_number(sheet.point_code)
        )
    except PiaojuError as refused:
        return answers.refusal(request, refused, Act.ISSUE_BILL)


def _check(request: HttpRequest, sheet: Sheet) -> dict[str, Any]:
    found = issue_at_window.faults(premises.office(), frame.actor_of(request), sheet)
    pages = 0 if found else preview_bill.pages(premises.office(), frame.actor_of(request), sheet)
    return {"errors": [{"pointer": one.pointer, "code": one.code, "detail": one.detail} for one in found], "pages": pages}


def _keep(request: HttpRequest, sheet: Sheet) -> dict[str, Any]:
    at = keep_draft.keep(premises.office(), frame.actor_of(request), sheet)
    return {"kept_at": texts.instant(at)[11:]}


def _issue(request: HttpRequest, sheet: Sheet) -> dict[str, Any]:
    office, actor = premises.office(), frame.actor_of(request)
    done = issue_at_window.issue(office, actor, sheet, trace_id=secrets.token_hex(8))
    after = {"next": business_number(sheet.point_code), "facts": _facts_after(request, sheet)}
    if isinstance(done, Submitted):
        return {"outcome": "submitted", "words": "已提交复核，在「草稿」里可以看到结果", **after}
    bill = json.loads(done.answer)
    name = _bill_named(bill["code"], bill["number"])
    told = f"已开具 {bill['number']}，{texts.yuan(int(bill['total'].replace('.', '')))} 元"
    return {"outcome": "issued", "words": told, "bill": name, **after}


def _template(request: HttpRequest, sheet: Sheet) -> dict[str, Any]:
    keep_template.keep(premises.office(), frame.actor_of(request), sheet, request.POST.get("name", ""))
    return {"templates": _templates(request, sheet)}


def _drop_template(request: HttpRequest, sheet: Sheet) -> dict[str, Any]:
    number = request.POST.get("id", "")
    if not number.isascii() or not number.isdigit() or len(number) > 18:
        raise answers.SheetUnreadable
    keep_template.drop(premises.office(), frame.actor_of(request), sheet.unit_code, int(number))
    return {"templates": _templates(request, sheet)}


def _templates(request: HttpRequest, sheet: Sheet) -> list[dict[str, Any]]:
    found = window_reading.standing(premises.office(), frame.actor_of(request), sheet.unit_code, sheet.point_code)
    return words.templates(found)


def _facts_after(request: HttpRequest, sheet: Sheet) -> list[list[str]]:
    found = window_reading.standing(premises.office(), frame.actor_of(request), sheet.unit_code, sheet.point_code)
    return [list(pair) for pair in words.facts(found)]


def _named(place: BillPlace | None) -> dict[str, str] | None:
    if place is None:
        return None
    return _bill_named(place.bill_code, codes.number_text(place.bill_number))


def _bill_named(code: str, number: str) -> dict[str, str]:
    """A bill, where it is printed, and its page."""
    return {
        "code": code, "number": number, "print": reverse("manage-window-print", args=[code, number]),
        "page": f"/manage/bills/{code}/{number}/",
    }  # fmt: skip


# GET -----------------------------------------------------------------------------------------------------------


def _start(
    request: HttpRequest, unit: WindowUnit, point: str, standing: Standing, draft: DraftRow | None
) -> dict[str, Any]:
    """What the script begins with."""
    actor = frame.actor_of(request)
    sheet = window_desk.sheet_of(premises.office(), draft) if draft is not None else None
    last = standing.last
    checker = window_reading.answer_of(premises.office(), last)["checker"] if last is not None else ""
    number = draft.business_number if draft is not None else business_number(point)
    return {
        "operator": actor.operator_id, "unit": unit.code, "unit_name": unit.name, "point": point,
        "handler": actor.person_name, "business_number": number, "checker": checker, "keys": _keys(actor.operator_id),
        "review_from_fen": standing.review.from_total_fen if standing.review else None,
        "types": words.types(unit.bill_type_codes, local_date(frame.now()).year), "templates": words.templates(standing),
        "body": dict(sheet.body) if sheet is not None else None, "sends": sheet.sends if sheet is not None else True,
        "locked": draft is not None and draft.state == DraftState.SUBMITTED,
        "address": reverse("manage-window"), "items": reverse("manage-window-items"), "here": reverse("manage-window-here"),
        "preview": reverse("manage-window-preview"),
        "last_payer": reverse("manage-window-last-payer"),
        "sign_in": "/manage/sign-in?" + urlencode({"next": reverse("manage-window-signed-in")}),
    }  # fmt: skip


def _keys(operator_id: int) -> dict[str, str]:
    """Keys of today and of yesterday for what this person's browser keeps sealed while the line is cut; older it stays shut."""
    today, key = local_date(frame.now()), premises.office().data_key
    days = [str(today), str(today - timedelta(days=1))]
    return {day: base64.b64encode(sm3.hmac(key, f"window sheet {operator_id} {day}".encode())).decode() for day in days}


def _draft(request: HttpRequest) -> DraftRow | None:
    """The draft that the address names. Raises DraftUnknown."""
    number = request.GET.get("draft", "")
    if not number.isascii() or not number.isdigit() or len(number) > 18:
        return None
    return keep_draft.own(frame.actor_of(request), int(number))


def _returned(draft: DraftRow | None) -> str:
    if draft is None or draft.state != DraftState.RETURNED:
        return ""
    return f"{texts.masked_name(draft.returned_by)} 退回：{draft.reason}"


def _bring_back(request: HttpRequest) -> None:
    """A sheet that was sent after the login had expired becomes a draft like any other."""
    actor = frame.actor_of(request)
    kept = drafts.read(actor.operator_id, reverse("manage-window"))
    if kept is None:
        return
    try:
        sheet = answers.sheet_of(answers.read((kept.values.get("sheet") or [""])[-1]))
        if window_reading.already(actor, sheet.unit_code, sheet.business_number) is None:
            keep_draft.keep(premises.office(), actor, sheet)
    except PiaojuError:
        return  # it stays where it is: nothing typed is dropped because it could not be read today
    drafts.drop(actor.operator_id, reverse("manage-window"))

