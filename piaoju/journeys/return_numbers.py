"""退回: unused numbers go back, from a unit to its finance department, from a department to the one above it."""

from __future__ import annotations

from piaoju.identity.rights import Act
from piaoju.identity.types import OperatorActor
from piaoju.journeys import stock_facts
from piaoju.journeys.acting import acting
from piaoju.journeys.office import Office
from piaoju.journeys.stock_disposal import scope_of_segment
from piaoju.journeys.stock_places import department_at_stock, ground, today, unit_of_place
from piaoju.ledger.types import FactKind
from piaoju.stock import actions as stock
from piaoju.stock import queries, rules
from piaoju.stock.errors import NotTheSupplier, NumbersElsewhere, SegmentUnknown
from piaoju.stock.types import MovementKind, Numbers, SegmentState


def return_numbers(
    office: Office, actor: OperatorActor, segment_id: int, first: int, last: int, reason: str, *, trace_id: str = ""
) -> None:
    """The numbers [first, last] of a segment, none of them used. Raises NumbersElsewhere, NumbersInUse, ReasonMissing."""
    with acting(
        office, actor, Act.RETURN_NUMBERS, trace_id=trace_id, subject=f"segment:{segment_id} {first}-{last}",
        scope=scope_of_segment(office, segment_id), missing=SegmentUnknown,
    ) as cursor:  # fmt: skip
        segment = queries.segment(segment_id)
        if not segment.first_number <= first <= last <= segment.last_number:
            raise NumbersElsewhere
        why = ground(office, actor, rules.stated(reason))
        numbers = Numbers(segment.code, first, last)
        if segment.place.state == SegmentState.IN_USE:
            unit = unit_of_place(segment.place, today(office))
            stock.move(cursor, MovementKind.RETURNED, numbers, segment.place, unit.department, why)
            stock_facts.post_moved(cursor, FactKind.returned, unit, [numbers], why)
        elif segment.place.state == SegmentState.HELD:
            above = department_at_stock(segment.place.region_code, today(office)).superior
            if above is None:
                raise NotTheSupplier("省级财政的号码没有上级可退。不再使用的请申请作废")
            stock.move(cursor, MovementKind.RETURNED, numbers, segment.place, above, why)
        else:
            raise NumbersElsewhere
