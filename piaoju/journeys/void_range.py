"""申请作废: free numbers that shall never carry a bill. Another person decides (journeys.stock_disposal)."""

from __future__ import annotations

from piaoju.identity.rights import Act
from piaoju.identity.types import OperatorActor
from piaoju.journeys.acting import acting
from piaoju.journeys.office import Office
from piaoju.journeys.stock_disposal import scope_of_segment, submit
from piaoju.journeys.stock_places import ground
from piaoju.stock import rules
from piaoju.stock.errors import NumbersElsewhere, SegmentUnknown
from piaoju.stock.types import DisposalKind, SegmentState


def request_void(
    office: Office, actor: OperatorActor, segment_id: int, first: int, last: int, reason: str, *, trace_id: str = ""
) -> int:
    """The id of what is asked for. Raises ReasonMissing, NumbersElsewhere, DisposalOpen."""
    with acting(
        office, actor, Act.VOID_NUMBERS, scope=scope_of_segment(office, segment_id), missing=SegmentUnknown,
        subject=f"segment:{segment_id} {first}-{last}", trace_id=trace_id,
    ):  # fmt: skip
        why = ground(office, actor, rules.stated(reason))
        number, _, place = submit(DisposalKind.VOID, segment_id, first, last, why)
        if place.state not in (SegmentState.HELD, SegmentState.IN_USE):
            raise NumbersElsewhere
    return number
