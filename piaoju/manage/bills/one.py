"""One bill: what it says, what happened to it since, its files and proofs, and what may be done now."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase

from piaoju.crypto import sm3
from piaoju.identity.rights import Act
from piaoju.issuing import queries
from piaoju.issuing.errors import BillNotFound
from piaoju.issuing.types import Standing
from piaoju.journeys import bill_at_hand, bill_now, fetch_file, premises, print_bill
from piaoju.journeys.bill_at_hand import BillAtHand
from piaoju.manage import frame, texts
from piaoju.manage.bills import listing, words
from piaoju.standard import codes
from piaoju.standard.face.fields import payer_code_shown
from piaoju.standard.face.printing import Style
from piaoju.standard.profile import PAY_MODES

CRUMBS = (("票据查询", "/manage/bills"),)
_MEDIA_TYPES = {"xml": "application/xml", "ofd": "application/ofd", "pdf": "application/pdf"}
_AUX_SHOWN_MAX, _AUX_OPEN_MAX = 200, 15  # a longer list is folded: what happened since must not be pages further down


@frame.view(Act.READ_BILLS)
def one(request: HttpRequest, code: str, number: str) -> HttpResponseBase:
    """The page of one bill."""
    found = at_hand(request, code, number)
    bill, place = found.bill, found.place
    sequels = queries.sequels_of(place)
    standing = bill_now.standing_of(found)
    state = bill_now.state_of(standing).status
    prints = queries.prints_of(place)
    log = bill_now.log_place(bill, place)
    lefts = _lefts(found, standing)
    context = {
        "state": listing.STATES[state], "bill": bill, "total": texts.yuan(bill.total_fen), "is_red": bill.kind == "red",
        "standing": standing, "left": texts.yuan(standing.left_fen),
        "lines": [words.line(at, line, left) for at, (line, left) in enumerate(zip(bill.lines, lefts, strict=True), 1)],
        "aux_lines": [words.aux_line(line) for line in bill.aux_lines[:_AUX_SHOWN_MAX]],
        "aux_more": max(0, len(bill.aux_lines) - _AUX_SHOWN_MAX), "aux_count": len(bill.aux_lines),
        "aux_short": len(bill.aux_lines) <= _AUX_OPEN_MAX,
        "sequels": [words.sequel(each) for each in sequels], "prints": [words.printed(each) for each in prints],
        "application": queries.open_reversal_of(place), "facts": _facts(found), "facts_title": "票面", "log": log,
        "digest": sm3.digest(found.xml).hex(), "here": words.address(place.bill_code, place.bill_number),
        "acts": _acts(request, found, standing), "may_print": _may(request, Act.PRINT_BILL, found), "printed": len(prints),
        "may_download": _may(request, Act.DOWNLOAD_BILLS, found),
        "key": f"{place.bill_code}-{codes.number_text(place.bill_number)}",
        "reverses": _original(found), "extension": _extension(found),
    }  # fmt: skip
    title = f"票据 {codes.number_text(place.bill_number)}"
    return frame.page(request, "manage/bills/one.html", context, title=title, crumbs=CRUMBS, help="bill")


@frame.view(Act.READ_BILLS)
def file(request: HttpRequest, code: str, number: str, file_format: str) -> HttpResponseBase:
    """A file of the bill: XML as signed, the sealed OFD, the PDF copy."""
    if file_format not in _MEDIA_TYPES:
        raise Http404
    found = at_hand(request, code, number)
    content = fetch_file.at_place(premises.office(), found.place, file_format)
    return _download(content, f"{code}-{number}.{file_format}", _MEDIA_TYPES[file_format], "attachment")


@frame.view(Act.PRINT_BILL, methods=("POST",))
def print_one(request: HttpRequest, code: str, number: str) -> HttpResponseBase:
    """打印: counted, and opened in the browser's own viewer; a reprint says so on every page."""
    wanted = parsed(number)
    style: Style = "overlay" if request.POST.get("style") == "overlay" else "whole"
    made = print_bill.print_bill(premises.office(), frame.actor_of(request), code, wanted, style)
    return _download(made.content, f"{code}-{number}-print-{made.ordinal}.pdf", "application/pdf", "inline")


def at_hand(request: HttpRequest, code: str, number: str) -> BillAtHand:
    """The bill of an address, for whoever may read it. Raises BillNotFound."""
    return bill_at_hand.see(premises.office(), frame.actor_of(request), code, parsed(number))


def parsed(number: str) -> int:
    """Raises BillNotFound for what is no number."""
    found = codes.parse_number(number)
    if found is None:
        raise BillNotFound
    return found


def title_of(found: BillAtHand) -> tuple[str, str]:
    """The crumb of a bill."""
    place = found.place
    return f"票据 {codes.number_text(place.bill_number)}", words.address(place.bill_code, place.bill_number)


def facts_short(found: BillAtHand) -> list[tuple[str, str]]:
    """What a bill is about, beside a form."""
    bill, standing = found.bill, bill_now.standing_of(found)
    facts = [
        ("票据名称", bill.bill_name), ("票据代码", bill.bill_code), ("票据号码", bill.number_text),
        ("交款人", words.payer_name(bill)), ("票面金额", f"{texts.yuan(bill.total_fen)} 元"),
        ("开票日期", texts.day(bill.issue_date)),
    ]  # fmt: skip
    if standing.red_bills:
        facts.append(("冲红后余", f"{texts.yuan(standing.left_fen)} 元"))
    return facts


def _facts(found: BillAtHand) -> list[tuple[str, str]]:
    bill = found.bill
    facts = [
        ("票据名称", bill.bill_name), ("票据代码", bill.bill_code), ("票据号码", bill.number_text),
        ("校验码", bill.check_code), ("开票时间", texts.instant(bill.issued_at)), ("开票单位", bill.unit.name),
        ("单位代码", bill.unit.code), ("交款人", words.payer_name(bill)), ("交款人代码", payer_code_shown(bill.payer)),
        ("交款方式", PAY_MODES.get(bill.pay_mode, bill.pay_mode)), ("业务流水号", bill.business_number),
        ("缴款码", bill.payment_code), ("开票人", bill.handler), ("复核人", bill.checker), ("备注", bill.remark),
    ]  # fmt: skip
    return [(label, text) for label, text in facts if text]


def _extension(found: BillAtHand) -> list[tuple[str, str]]:
    return bill_now.own_fields(found.bill)


def _original(found: BillAtHand) -> tuple[str, str] | None:
    """Number and page of the bill that a red bill reverses."""
    key = found.bill.reverses
    return (codes.number_text(key.bill_number), words.address(*key)) if key else None


def _lefts(found: BillAtHand, standing: Standing) -> list[int]:
    lefts = [line.amount_fen for line in found.bill.lines]
    for each in standing.red_bills:
        for number, fen, _ in each.lines:
            lefts[number - 1] -= fen
    return lefts


def _acts(request: HttpRequest, found: BillAtHand, standing: Standing) -> list[tuple[str, str, str]]:
    """What may be done now: word, address, look. What cannot be done is not offered."""
    place = found.place
    acts: list[tuple[str, str, str]] = []
    if found.bill.kind == "red" or not standing.left_fen:
        return acts
    if _may(request, Act.CONVERT_TO_PAPER, found):
        if standing.on_paper:
            acts.append(("纸票作废…", words.address(place.bill_code, place.bill_number, "void-paper"), ""))
        elif not standing.red_bills:
            acts.append(("换开纸质票…", words.address(place.bill_code, place.bill_number, "convert"), ""))
    if not standing.on_paper and _may(request, Act.REVERSE_BILL, found):
        reverse = words.address(place.bill_code, place.bill_number, f"reverse?seen={len(standing.sequels)}")
        acts.append(("冲红…", reverse, "seal-act"))
    return acts


def _may(request: HttpRequest, act: Act, found: BillAtHand) -> bool:
    return bill_at_hand.may(premises.office(), frame.actor_of(request), act, found.place)


def _download(content: bytes, name: str, media_type: str, disposition: str) -> HttpResponse:
    response = HttpResponse(content, content_type=media_type)
    response["Content-Disposition"] = f'{disposition}; filename="{name}"'
    response["Cache-Control"] = "private, no-store"
    return response


