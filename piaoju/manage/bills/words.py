"""How the pages of one bill write what happened to it."""

from __future__ import annotations

from typing import Any

from piaoju.issuing.types import PrintForm, ReversalState, Sequel, SequelKind
from piaoju.manage import texts
from piaoju.standard import codes, money
from piaoju.standard.bill import AuxLine, Bill, Line

APPLICATION_STATES = {
    ReversalState.SUBMITTED.value: ("待审批", "wait"), ReversalState.APPROVED.value: ("已冲红", "done"),
    ReversalState.REFUSED.value: ("未批准", "stuck"), ReversalState.WITHDRAWN.value: ("已撤回", "void"),
}  # fmt: skip


def address(bill_code: str, bill_number: int, *more: str) -> str:
    """The page of a bill, or of something done from it."""
    return f"/manage/bills/{bill_code}/{codes.number_text(bill_number)}/" + "/".join(more)


def person(by: str) -> str:
    """Who acted, without the kind of account: a job and a command say what they are."""
    kind, _, name = by.partition(":")
    return {"operator": name, "job": f"系统作业 {name}", "command": f"命令 {name}", "client": f"接口 {name}"}.get(kind, by)


def payer_name(bill: Bill) -> str:
    """A person's name is hidden but for its ends; the files have it whole."""
    return texts.masked_name(bill.payer.name) if bill.payer.kind == "person" else bill.payer.name


def line(number: int, one: Line, left_fen: int) -> dict[str, Any]:
    """A row of the table of lines; what is left of it where some was reversed."""
    return {
        "number": number, "code": one.item_code, "name": one.item_name, "measure": one.measure,
        "quantity": "" if one.quantity_e4 is None else money.format_quantity(one.quantity_e4).replace("-", texts.MINUS),
        "standard": "" if one.standard_e4 is None else money.format_price(one.standard_e4),
        "yuan": texts.yuan(one.amount_fen), "is_red": one.amount_fen < 0, "left": texts.yuan(left_fen), "remark": one.remark,
    }  # fmt: skip


def aux_line(one: AuxLine) -> dict[str, Any]:
    """A row of the table of auxiliary lines."""
    return {
        "related": one.related_item_name, "code": one.code, "name": one.name, "measure": one.measure,
        "quantity": "" if one.quantity_e4 is None else money.format_quantity(one.quantity_e4),
        "standard": "" if one.standard_e4 is None else money.format_price(one.standard_e4),
        "yuan": money.format_price(one.amount_e4).replace("-", texts.MINUS), "remark": one.remark,
    }  # fmt: skip


def sequel(one: Sequel) -> dict[str, Any]:
    """A row of the table of what happened since."""
    if one.kind == SequelKind.REVERSED and one.red_code and one.red_number:
        number, link = codes.number_text(one.red_number), address(one.red_code, one.red_number)
    else:
        number, link = f"{one.paper_code} {codes.number_text(one.paper_number or 0)}", ""
    return {
        "at": texts.instant(one.at), "kind": SequelKind(one.kind).label, "number": number, "link": link,
        "yuan": texts.yuan(-one.reversed_fen) if one.reversed_fen else "", "left": texts.yuan(one.left_fen),
        "reason": one.reason, "by": person(one.actor),
    }  # fmt: skip


def printed(one: Any) -> dict[str, Any]:
    """A row of the table of prints."""
    return {"ordinal": one.ordinal, "at": texts.instant(one.at), "form": PrintForm(one.form).label, "by": person(one.actor)}
