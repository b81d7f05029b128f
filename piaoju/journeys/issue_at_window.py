"""窗口开票: a person issues what was typed, through the same writer as everyone; or hands it to the unit's 复核员 first.

The sheet is kept before anything else, and its draft goes only after the bill is there. So whatever stops in between, the
next call with the same business number gives the same bill, and nothing that was typed is lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db import connection, transaction

from piaoju.identity.rights import Act
from piaoju.identity.types import OperatorActor
from piaoju.issuing import actions as issuing
from piaoju.issuing import queries
from piaoju.issuing.types import DraftRow, DraftState
from piaoju.journeys import drafting, keep_draft, premises, send_bill, sheet_so_far, take_order, window_desk
from piaoju.journeys.acting import acting, reading
from piaoju.journeys.issue import Issued, Order
from piaoju.journeys.office import Office
from piaoju.journeys.window_desk import Sheet
from piaoju.kit.clock import local_date
from piaoju.kit.errors import FieldError, PiaojuError, Refused
from piaoju.kit.values import Value
from piaoju.registry import rules as registry_rules
from piaoju.registry.errors import IssuingSuspended, UnitUnknown
from piaoju.registry.types import UnitRegister
from piaoju.standard.bill_request import BillRequest

_FOLLOWED_WITHIN = timedelta(minutes=2)
_TIDIED_AT_ONCE = 100


class Submitted(Value, frozen=True):
    """待复核: it waits for a 复核员 of the unit."""

    business_number: str


def faults(office: Office, actor: OperatorActor, sheet: Sheet) -> list[FieldError]:
    """What is wrong with what stands on the sheet so far, in the words of issuing; what is not typed yet is no fault.

    Raises ActNotPermitted, UnitUnknown.
    """
    scope = window_desk.scope_of(office, sheet.unit_code, sheet.bill_type_code)
    reading(actor, Act.ISSUE_BILL, scope, missing=UnitUnknown)
    begun = sheet_so_far.so_far(window_desk.signed_by(sheet, actor).body)
    try:
        request, _ = take_order.from_body(begun.json())
        refuse(office, window_desk.register_of(sheet.unit_code), request, has_lines=bool(begun.lines))
    except Refused as refusal:
        found = refusal.errors or (FieldError("", refusal.code_value, refusal.detail),)
        return [FieldError(begun.pointer(one.pointer), one.code, one.detail) for one in found]
    return []


def issue(office: Office, actor: OperatorActor, sheet: Sheet, *, trace_id: str = "") -> Issued | Submitted:
    """开具, or 提交复核 where the unit wants it.

    Raises what the sheet, the rules or the stock refuse; ActNotPermitted, UnitUnknown, DraftNotOpen, DraftsTooMany.
    """
    keep_draft.permit(office, actor, sheet)
    unit_id = window_desk.register_of(sheet.unit_code).unit_id
    draft = queries.draft_of_business_number(unit_id, sheet.business_number)
    if draft is not None and _waits(draft, actor):
        return Submitted(sheet.business_number)
    keep_draft.keep(office, actor, sheet)
    with acting(
        office, actor, Act.ISSUE_BILL, trace_id=trace_id, missing=UnitUnknown,
        scope=lambda: window_desk.scope_of(office, sheet.unit_code, sheet.bill_type_code),
        subject=f"unit:{sheet.unit_code} {sheet.business_number}",
    ) as cursor:  # fmt: skip
        if _to_be_reviewed(unit_id, sheet):
            _submit(office, actor, sheet, unit_id)
            return Submitted(sheet.business_number)
        issued = _write(order_of(window_desk.signed_by(sheet, actor), actor.name, trace_id))
        close(office, cursor, sheet, unit_id, asked_by=actor.name)
    return issued


def order_of(sheet: Sheet, actor_name: str, trace_id: str = "") -> Order:
    """A sheet as an order. Raises Refused with every fault."""
    request, digest = take_order.from_body(sheet_so_far.written(sheet.body))
    return Order(request, digest, sheet.unit_code, actor_name, None, trace_id, is_recorded_by_caller=True)


def write(order: Order) -> Issued:
    """The bill, by the one writer of this process. Raises what it refuses."""
    return _write(order)


def close(office: Office, cursor: Any, sheet: Sheet, unit_id: int, *, asked_by: str) -> None:
    """The bill is there: the payer gets it, and the draft goes."""
    found = queries.place_of_business_number(unit_id, sheet.business_number)
    if found is None:
        return
    if sheet.sends:
        payer = sheet.body.get("payer")
        send_bill.add(office, cursor, found[0], payer if isinstance(payer, Mapping) else {}, asked_by=asked_by)
    issuing.drop_draft(unit_id, sheet.business_number)


def refuse(office: Office, register: UnitRegister, request: BillRequest, *, has_lines: bool = True) -> None:
    """The registry's word on a request that is well formed. Raises IssuingSuspended, Refused with every fault."""
    on = local_date(office.clock())
    stopped = registry_rules.suspension(request, register, on)
    if stopped is not None:
        raise IssuingSuspended(registry_rules.suspension_detail(stopped))
    found = [one for one in registry_rules.problems(request, register, on) if has_lines or "/lines/" not in one.pointer]
    if found:
        raise Refused(found[0].detail, errors=found, code=found[0].code)
    drafting.refuse_unprintable(office, request)


def tidy(office: Office) -> int:
    """Do what should have followed bills whose process ended too early; how many. For the keeper."""
    left = queries.drafts_of_issued(office.clock() - _FOLLOWED_WITHIN, _TIDIED_AT_ONCE)
    for draft in left:
        with transaction.atomic(), connection.cursor() as cursor:
            close(office, cursor, window_desk.sheet_of(office, draft), draft.unit_id, asked_by=draft.author.actor)
    return len(left)


def _submit(office: Office, actor: OperatorActor, sheet: Sheet, unit_id: int) -> None:
    """Everything that issuing would refuse is refused now: a 复核员 gets only what can be issued."""
    waiting = window_desk.signed_by(sheet, actor, sheet_so_far.WAITS_FOR_CHECKER)
    request, _ = take_order.from_body(sheet_so_far.written(waiting.body))
    refuse(office, window_desk.register_of(sheet.unit_code), request)
    draft = queries.draft_of_business_number(unit_id, sheet.business_number)
    if draft is not None:
        issuing.submit_draft(draft.id, office.clock())


def _write(order: Order) -> Issued:
    outcome = premises.writer().issue(order)
    if isinstance(outcome, PiaojuError):
        raise outcome
    return outcome


def _to_be_reviewed(unit_id: int, sheet: Sheet) -> bool:
    """Whether a 复核员 sees it first. A bill that is there already only gives its answer again."""
    rule = queries.review_rule(unit_id)
    total_fen = window_desk.total_fen(sheet.body)
    if rule is None or total_fen is None or total_fen < rule.from_total_fen:
        return False
    return queries.place_of_business_number(unit_id, sheet.business_number) is None


def _waits(draft: DraftRow, actor: OperatorActor) -> bool:
    return draft.state == DraftState.SUBMITTED and draft.author.operator_id == actor.operator_id
