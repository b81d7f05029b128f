"""冲红 by a person: at once up to a limit; above it one asks and another decides. Never the same person.

The red bill is issued by the one writer of this process, before this act commits. Its business number names the work, so
that whatever stops in between, doing it again gives the same red bill.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from piaoju.identity import rules as identity_rules
from piaoju.identity.rights import Act
from piaoju.identity.types import OperatorActor, Scope
from piaoju.issuing import actions as issuing
from piaoju.issuing import queries, rules
from piaoju.issuing.errors import (
    BillChangedMeanwhile,
    BusinessNumberReused,
    ReversalReasonMissing,
    ReversalStepOver,
    ReversalUnknown,
)
from piaoju.issuing.types import BillPlace, RedPlan, ReversalApplicationRow, ReversalState
from piaoju.journeys import bill_at_hand, premises, reverse, reversing, scopes
from piaoju.journeys.acting import acting, reading
from piaoju.journeys.bill_at_hand import BillAtHand
from piaoju.journeys.issue import Issued, Order
from piaoju.journeys.office import Office
from piaoju.kit.clock import local_date
from piaoju.kit.errors import PiaojuError
from piaoju.kit.listing import Asked, Found
from piaoju.kit.values import Value, replace
from piaoju.registry import queries as registry
from piaoju.standard.reversal_request import REASON_MAX, AskedLine, ReversalRequest

_ONCE_CHARACTERS = 16


class Applied(Value, frozen=True):
    """待审批: another person decides."""

    application_id: int


class Preview(Value, frozen=True):
    """What a reversal would do, before it is done: it cannot be undone."""

    plan: RedPlan
    needs_second_person: bool


def preview(office: Office, one: BillAtHand, lines: Sequence[AskedLine] = ()) -> Preview:
    """What would be taken of a bill that one sees already. Raises what the rules refuse."""
    plan = rules.plan_reversal(one.bill, queries.sequels_of(one.place), lines)
    return Preview(plan, reversing.needs_second_person(one.bill, plan, office.profile))


def reverse_bill(
    office: Office, actor: OperatorActor, bill_code: str, bill_number: int, reason: str, lines: Sequence[AskedLine] = (),
    *, seen: int, once: str = "", trace_id: str = "",
) -> Issued | Applied:  # fmt: skip
    """The red bill, or an application where another person must decide.

    `seen`: how many sequels the person saw. `once`: the same page sent twice is the same work.

    Raises BillNotFound, ReversalReasonMissing, BillChangedMeanwhile, ReversalOpen, ReversalStepOver, and what the rules or
    the desk refuse.
    """
    with bill_at_hand.about_bill(
        office, actor, Act.REVERSE_BILL, bill_code, bill_number, "reverse", trace_id
    ) as (one, cursor):  # fmt: skip
        number = _number_of(one.place, once or office.random_bytes(8).hex())
        request = ReversalRequest(number, _stated(reason), tuple(lines), actor.person_name)
        order = _order(office, one, request, actor.name, trace_id)
        if queries.place_of_business_number(one.place.unit_id, request.business_number) is not None:
            return _issued(order)
        asked = queries.reversal_of_business_number(one.place.unit_id, number)
        if asked is not None:
            return _asked_before(asked)
        sequels = queries.sequels_of(one.place)
        plan = rules.plan_reversal(one.bill, sequels, lines)
        if len(sequels) != seen:
            raise BillChangedMeanwhile
        if not reversing.needs_second_person(one.bill, plan, office.profile):
            return _issued(order)
        row = _application(office, actor, one, request, plan)
        return Applied(issuing.add_reversal_application(cursor, row))


def approve(office: Office, actor: OperatorActor, application_id: int, remark: str = "", *, trace_id: str = "") -> BillPlace:
    """批准并开红票; where the red bill is. Raises SamePerson, ReversalUnknown, ReversalStepOver, and what the desk refuses."""
    with acting(
        office, actor, Act.DECIDE_REVERSAL, scope=lambda: _scope(office, queries.reversal_application(application_id)),
        subject=f"reversal:{application_id} approve", trace_id=trace_id, missing=ReversalUnknown,
    ):  # fmt: skip
        asked = _locked(application_id)
        identity_rules.refuse_same_person(asked.asked_person_id, actor)
        place = _red_of(asked)
        if place is None:
            _issued(_approved_order(office, asked, actor.person_name, trace_id))
            place = _red_of(asked)
        if place is None:
            raise RuntimeError("a red bill just issued is not there")
        issuing.settle_reversal_application(
            application_id, ReversalState.APPROVED, at=office.clock(), by=actor.name, person_id=actor.person_id,
            remark=remark.strip()[:REASON_MAX], red=place,
        )  # fmt: skip
    return place


def refuse(office: Office, actor: OperatorActor, application_id: int, remark: str, *, trace_id: str = "") -> None:
    """不批准. Raises SamePerson, ReversalReasonMissing, ReversalUnknown, ReversalStepOver."""
    with acting(
        office, actor, Act.DECIDE_REVERSAL, scope=lambda: _scope(office, queries.reversal_application(application_id)),
        subject=f"reversal:{application_id} refuse", trace_id=trace_id, missing=ReversalUnknown,
    ):  # fmt: skip
        asked = _locked(application_id)
        identity_rules.refuse_same_person(asked.asked_person_id, actor)
        _settle(office, actor, asked, ReversalState.REFUSED, _stated(remark))


def withdraw(office: Office, actor: OperatorActor, application_id: int, *, trace_id: str = "") -> None:
    """撤回, by who asked. Raises ReversalUnknown for anybody else, ReversalStepOver."""
    with acting(
        office, actor, Act.REVERSE_BILL, scope=lambda: _scope(office, queries.reversal_application(application_id)),
        subject=f"reversal:{application_id} withdraw", trace_id=trace_id, missing=ReversalUnknown,
    ):  # fmt: skip
        asked = _locked(application_id)
        if asked.asked_person_id != actor.person_id:
            raise ReversalUnknown
        _settle(office, actor, asked, ReversalState.WITHDRAWN, "")


def see(office: Office, actor: OperatorActor, application_id: int) -> ReversalApplicationRow:
    """An application, for whoever may read the bill. Raises ReversalUnknown."""
    found = queries.reversal_application(application_id)
    reading(actor, Act.READ_BILLS, _scope(office, found), missing=ReversalUnknown)
    return found


def page(actor: OperatorActor, asked: Asked) -> Found[queries.ReversalListRow]:
    """Applications at the units where this person asks or decides."""
    return queries.reversal_applications_page(_units(actor, (Act.REVERSE_BILL, Act.DECIDE_REVERSAL)), asked)


def waiting(actor: OperatorActor) -> int:
    """How many wait for this person's decision."""
    return queries.reversals_waiting(_units(actor, (Act.DECIDE_REVERSAL,)), actor.person_id)


def _units(actor: OperatorActor, acts: Sequence[Act]) -> list[str]:
    return sorted({one.unit_code for one in actor.appointments if one.unit_code and set(acts) & scopes.acts_of(one)})


def _asked_before(asked: ReversalApplicationRow) -> Applied:
    """The same page or command, sent again."""
    if asked.state != ReversalState.SUBMITTED:
        again = "要再提出，请从票据的页面重新打开冲红；用命令时换一个 --once"
        raise ReversalStepOver(f"同样的冲红申请（{asked.id}）已经办结：{asked.state.label}。{again}")
    return Applied(asked.id)


def _application(
    office: Office, actor: OperatorActor, one: BillAtHand, request: ReversalRequest, plan: RedPlan
) -> ReversalApplicationRow:
    return ReversalApplicationRow(
        id=0, unit_id=one.place.unit_id, bill_code=one.place.bill_code, bill_number=one.place.bill_number,
        bill_type_code=one.bill.bill_type_code, business_number=request.business_number,
        reason=request.reason, lines=request.lines, amount_fen=plan.total_fen, state=ReversalState.SUBMITTED,
        asked_at=office.clock(), asked_by=actor.name, asked_person_id=actor.person_id, handler=actor.person_name,
        decided_at=None, decided_by="", remark="", red_code="", red_number=None,
    )  # fmt: skip


def _approved_order(office: Office, asked: ReversalApplicationRow, checker: str, trace_id: str) -> Order:
    place = queries.place_of_number(asked.unit_id, asked.bill_code, asked.bill_number)
    if place is None:
        raise ReversalUnknown
    one = bill_at_hand.of_place(office, place)
    # What was decided is what was asked: if something was reversed meanwhile, the amount is another.
    if rules.plan_reversal(one.bill, queries.sequels_of(place), asked.lines).total_fen != asked.amount_fen:
        raise BillChangedMeanwhile
    request = ReversalRequest(asked.business_number, asked.reason, asked.lines, asked.handler, checker)
    return replace(_order(office, one, request, asked.asked_by, trace_id, is_approved=True), is_recorded_by_caller=True)


def _order(
    office: Office, one: BillAtHand, request: ReversalRequest, actor_name: str, trace_id: str, *, is_approved: bool = False
) -> Order:
    order = reverse.order(
        office, one.place, request, unit_code=one.unit_code, actor=actor_name, trace_id=trace_id, is_approved=is_approved
    )
    return replace(order, is_recorded_by_caller=True)


def _issued(order: Order) -> Issued:
    outcome = premises.writer().issue(order)
    if isinstance(outcome, BusinessNumberReused):
        raise BillChangedMeanwhile
    if isinstance(outcome, PiaojuError):
        raise outcome
    return outcome


def number_of(issued: Issued) -> tuple[str, str]:
    """Code and number of a red bill."""
    answer = json.loads(issued.answer)
    return answer["code"], answer["number"]


def _settle(
    office: Office, actor: OperatorActor, asked: ReversalApplicationRow, state: ReversalState, remark: str
) -> None:
    if _red_of(asked) is not None:
        raise ReversalStepOver  # its red bill is there: a process ended before it could say so
    issuing.settle_reversal_application(
        asked.id, state, at=office.clock(), by=actor.name, person_id=actor.person_id, remark=remark
    )


def _locked(application_id: int) -> ReversalApplicationRow:
    asked = issuing.lock_reversal_application(application_id)
    if asked.state != ReversalState.SUBMITTED:
        raise ReversalStepOver
    return asked


def _red_of(asked: ReversalApplicationRow) -> BillPlace | None:
    found = queries.place_of_business_number(asked.unit_id, asked.business_number)
    return found[0] if found else None


def _number_of(place: BillPlace, once: str) -> str:
    return f"CH-{place.bill_code}-{place.bill_number:010d}-{once[:_ONCE_CHARACTERS]}"


def _stated(reason: str) -> str:
    reason = " ".join(reason.split())
    if not reason or len(reason) > REASON_MAX:
        raise ReversalReasonMissing
    return reason


def _scope(office: Office, asked: ReversalApplicationRow) -> Scope:
    place = registry.unit_place(registry.unit_code_of(asked.unit_id), local_date(office.clock()))
    found = scopes.of_place(place)
    return Scope(found.region_codes, found.unit_code, asked.bill_type_code, found.governing_code)
