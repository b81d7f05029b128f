"""报告遗失: the numbers are out of use at once; after the public notice another person voids them.

《财政票据管理办法》: 遗失 is reported at once to the finance department in writing, and declared void in a public medium.
"""

from __future__ import annotations

from datetime import date

from piaoju.identity.rights import Act
from piaoju.identity.types import OperatorActor
from piaoju.journeys.acting import acting
from piaoju.journeys.office import Office
from piaoju.journeys.stock_disposal import scope_of_disposal, scope_of_segment, submit
from piaoju.journeys.stock_places import ground, today
from piaoju.stock import actions as stock
from piaoju.stock import rules
from piaoju.stock.errors import DisposalUnknown, SegmentUnknown
from piaoju.stock.types import DisposalKind, MovementKind, SegmentState


def report_loss(
    office: Office, actor: OperatorActor, segment_id: int, first: int, last: int, reason: str, *, trace_id: str = ""
) -> int:
    """The id of the report. Raises ReasonMissing, NumbersElsewhere, NumbersInUse, DisposalOpen."""
    with acting(
        office, actor, Act.REPORT_LOSS, scope=scope_of_segment(office, segment_id), missing=SegmentUnknown,
        subject=f"segment:{segment_id} {first}-{last}", trace_id=trace_id,
    ) as cursor:  # fmt: skip
        why = ground(office, actor, rules.stated(reason))
        number, numbers, place = submit(DisposalKind.LOSS, segment_id, first, last, why)
        stock.move(cursor, MovementKind.LOST, numbers, place, place.as_state(SegmentState.LOST), why)
    return number


def announce(
    office: Office, actor: OperatorActor, disposal_id: int, medium: str, on: date, *, trace_id: str = ""
) -> None:
    """公告: in which medium and on which day. Raises NoticeMissing, DisposalStepOver, DisposalUnknown."""
    with acting(
        office, actor, Act.REPORT_LOSS, scope=scope_of_disposal(office, disposal_id), missing=DisposalUnknown,
        subject=f"disposal:{disposal_id} notice", trace_id=trace_id,
    ):  # fmt: skip
        disposal = stock.lock_disposal(disposal_id)
        if disposal.kind != DisposalKind.LOSS:
            raise DisposalUnknown
        rules.refuse_notice(disposal.kind, medium, on, today(office))
        stock.announce_loss(disposal, medium.strip()[:100], on)
