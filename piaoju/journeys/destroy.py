"""申请销毁: void numbers, and paper that is used up, after the retention time. Another person decides."""

from __future__ import annotations

from piaoju.identity.rights import Act
from piaoju.identity.types import OperatorActor
from piaoju.journeys.acting import acting
from piaoju.journeys.office import Office
from piaoju.journeys.stock_disposal import refuse_destruction, scope_of_segment, submit
from piaoju.journeys.stock_places import ground
from piaoju.stock import queries, rules
from piaoju.stock.errors import SegmentUnknown
from piaoju.stock.types import DisposalKind


def request_destruction(
    office: Office, actor: OperatorActor, segment_id: int, reason: str, *, trace_id: str = ""
) -> int:
    """The id of what is asked for: a whole segment. Raises DestructionOfUsable, RetentionNotOver, DisposalOpen."""
    with acting(
        office, actor, Act.DESTROY_NUMBERS, scope=scope_of_segment(office, segment_id), missing=SegmentUnknown,
        subject=f"segment:{segment_id}", trace_id=trace_id,
    ):  # fmt: skip
        segment = queries.segment(segment_id)
        refuse_destruction(office, segment, early=True)  # whether the full time is needed is for whoever decides
        why = ground(office, actor, rules.stated(reason))
        number, _, _ = submit(DisposalKind.DESTRUCTION, segment_id, segment.first_number, segment.last_number, why)
    return number
