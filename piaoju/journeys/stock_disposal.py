"""审批作废、遗失、销毁: another person decides, and the numbers leave use for ever, or come back.

Numbers reported lost cannot be used from that moment on; those to be void stay in use until the decision, and if one of
them was used meanwhile, the decision is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from piaoju.identity import rules as identity_rules
from piaoju.identity.rights import Act
from piaoju.identity.types import OperatorActor, Scope
from piaoju.journeys import stock_facts
from piaoju.journeys.acting import acting
from piaoju.journeys.office import Office
from piaoju.journeys.stock_places import department_at_stock, ground, policy, scope_of_code, today, unit_of_place
from piaoju.kit.clock import local_date
from piaoju.ledger.types import FactKind
from piaoju.stock import actions as stock
from piaoju.stock import queries, rules
from piaoju.stock.errors import DisposalUnknown, NumbersElsewhere
from piaoju.stock.types import DisposalKind, DisposalRow, Ground, MovementKind, Numbers, Place, SegmentRow, SegmentState


def approve(
    office: Office, actor: OperatorActor, disposal_id: int, remark: str = "", *, early: bool = False, trace_id: str = ""
) -> None:
    """The numbers are void or destroyed. `early`: a destruction after the shorter retention time that may be approved.

    Raises SamePerson, DisposalStepOver, NoticeMissing, NumbersInUse, NumbersElsewhere, RetentionNotOver.
    """
    with _deciding(office, actor, disposal_id, "approve", trace_id) as cursor:
        disposal = _locked(actor, disposal_id)
        rules.refuse_notice(disposal.kind, disposal.notice_medium, disposal.notice_on, today(office))
        if disposal.kind == DisposalKind.DESTRUCTION:
            refuse_destruction(office, _segment_of(disposal), early=early)
        why = ground(office, actor, remark.strip(), f"disposal:{disposal_id}")
        stock.decide(disposal, approved=True, ground=why)
        _take_effect(cursor, office, disposal, why)


def refuse(office: Office, actor: OperatorActor, disposal_id: int, remark: str, *, trace_id: str = "") -> None:
    """Nothing changes; numbers reported lost come back. Raises SamePerson, ReasonMissing, DisposalStepOver."""
    with _deciding(office, actor, disposal_id, "refuse", trace_id) as cursor:
        disposal = _locked(actor, disposal_id)
        why = ground(office, actor, rules.stated(remark), f"disposal:{disposal_id}")
        stock.decide(disposal, approved=False, ground=why)
        if disposal.kind == DisposalKind.LOSS:
            lost = disposal.holder.as_state(SegmentState.LOST)
            stock.move(cursor, MovementKind.RESTORED, _numbers(disposal), lost, disposal.holder, why)


def submit(kind: DisposalKind, segment_id: int, first: int, last: int, why: Ground) -> tuple[int, Numbers, Place]:
    """Keep what is asked for; its id, its numbers and where they are. Inside the asker's act. Raises NumbersElsewhere."""
    segment = queries.segment(segment_id)
    if not segment.first_number <= first <= last <= segment.last_number:
        raise NumbersElsewhere
    numbers = Numbers(segment.code, first, last)
    return stock.submit_disposal(kind, numbers, segment.place, "", None, why), numbers, segment.place


def scope_of_segment(office: Office, segment_id: int) -> Callable[[], Scope]:
    """Where a segment is."""

    def scope() -> Scope:
        found = queries.segment(segment_id)
        return scope_of_code(found.place, found.code, today(office))

    return scope


def scope_of_disposal(office: Office, disposal_id: int) -> Callable[[], Scope]:
    """Where a disposal was asked for."""

    def scope() -> Scope:
        found = queries.disposal(disposal_id)
        return scope_of_code(found.holder, found.code, today(office))

    return scope


def refuse_destruction(office: Office, segment: SegmentRow, *, early: bool) -> None:
    """Raises DestructionOfUsable, RetentionNotOver."""
    rules.refuse_destruction(
        segment.code.medium, segment.place.state, local_date(queries.kept_since(segment)), today(office),
        policy(office.profile), early=early,
    )  # fmt: skip


def _deciding(office: Office, actor: OperatorActor, disposal_id: int, decision: str, trace_id: str) -> Any:
    def scope() -> Scope:
        found = queries.disposal(disposal_id)
        return department_at_stock(found.holder.region_code, today(office), found.code.bill_type_code).scope

    return acting(
        office, actor, Act.DECIDE_DISPOSAL, scope=scope, trace_id=trace_id, subject=f"disposal:{disposal_id} {decision}",
        missing=DisposalUnknown,
    )  # fmt: skip


def _locked(actor: OperatorActor, disposal_id: int) -> DisposalRow:
    disposal = stock.lock_disposal(disposal_id)
    identity_rules.refuse_same_person(disposal.requested_person_id, actor)
    return disposal


def _take_effect(cursor: Any, office: Office, disposal: DisposalRow, why: Ground) -> None:
    numbers, holder = _numbers(disposal), disposal.holder
    if disposal.kind == DisposalKind.DESTRUCTION:
        stock.move(cursor, MovementKind.DESTROYED, numbers, holder, holder.as_state(SegmentState.DESTROYED), why)
        return
    origin = holder.as_state(SegmentState.LOST) if disposal.kind == DisposalKind.LOSS else holder
    stock.move(cursor, MovementKind.VOIDED, numbers, origin, holder.as_state(SegmentState.VOIDED), why)
    if holder.unit_id:
        stock_facts.post_moved(cursor, FactKind.voided, unit_of_place(holder, today(office)), [numbers], why)


def _segment_of(disposal: DisposalRow) -> SegmentRow:
    for segment in queries.segments_at(disposal.holder, disposal.code):
        if segment.first_number <= disposal.first_number and disposal.last_number <= segment.last_number:
            return segment
    raise NumbersElsewhere


def _numbers(disposal: DisposalRow) -> Numbers:
    return Numbers(disposal.code, disposal.first_number, disposal.last_number)
