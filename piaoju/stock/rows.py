"""Rows of the tables as the frozen values that cross the door."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from piaoju.stock import models
from piaoju.stock.types import (
    Code,
    DisposalKind,
    DisposalRow,
    DisposalState,
    Level,
    Medium,
    MovementKind,
    MovementRow,
    Place,
    RequisitionRow,
    RequisitionState,
    SegmentRow,
    SegmentState,
)


def code_of(row: models.Requisition | models.Disposal | models.Segment | models.Movement | models.WriteOff) -> Code:
    """The series of numbers that a row is about."""
    return Code(Medium(row.medium), row.bill_type_code, row.bill_code)


def requisition_row(row: models.Requisition) -> RequisitionRow:
    state = SegmentState.IN_USE if row.unit_id else SegmentState.HELD
    return RequisitionRow(
        id=row.id,
        code=code_of(row),
        holder=Place(Level(row.level), row.region_code, row.unit_id, state),
        supplier_level=Level(row.supplier_level),
        supplier_region_code=row.supplier_region_code,
        sheets=row.sheets,
        approved_sheets=row.approved_sheets,
        state=RequisitionState(row.state),
        reason=row.reason,
        requested_at=row.requested_at,
        requested_by=row.requested_by,
        requested_person_id=row.requested_person_id,
        reviewed_at=row.reviewed_at,
        reviewed_by=row.reviewed_by,
        review_remark=row.review_remark,
        allotted_at=row.allotted_at,
        allotted_by=row.allotted_by,
    )


def disposal_row(row: models.Disposal) -> DisposalRow:
    return DisposalRow(
        id=row.id,
        kind=DisposalKind(row.kind),
        code=code_of(row),
        first_number=row.span.lower,
        last_number=row.span.upper - 1,
        holder=Place(Level(row.level), row.region_code, row.unit_id, SegmentState(row.held_state)),
        state=DisposalState(row.state),
        reason=row.reason,
        notice_medium=row.notice_medium,
        notice_on=row.notice_on,
        requested_at=row.requested_at,
        requested_by=row.requested_by,
        requested_person_id=row.requested_person_id,
        decided_at=row.decided_at,
        decided_by=row.decided_by,
        decision_remark=row.decision_remark,
    )


def movement_row(row: models.Movement) -> MovementRow:
    return MovementRow(
        id=row.id,
        kind=MovementKind(row.kind),
        code=code_of(row),
        first_number=row.span.lower,
        last_number=row.span.upper - 1,
        origin=Place(Level(row.from_level), row.from_region_code, row.from_unit_id, SegmentState(row.from_state)),
        to=Place(Level(row.to_level), row.to_region_code, row.to_unit_id, SegmentState(row.to_state)),
        at=row.at,
        by=row.by,
        source=row.source,
        remark=row.remark,
    )


SEGMENT_COLUMNS = """
    s.id, s.medium, s.bill_type_code, s.bill_code, lower(s.span), upper(s.span) - 1, s.level, s.region_code, s.unit_id,
    s.state, s.since, s.placed_by, c.next_number
"""
SEGMENT_TABLES = "stock_segment s LEFT JOIN stock_counter c ON c.unit_id = s.unit_id AND c.segment_id = s.id"


def segment_row(row: Sequence[Any]) -> SegmentRow:
    """Of a row of SEGMENT_COLUMNS from SEGMENT_TABLES."""
    return SegmentRow(
        id=row[0],
        code=Code(Medium(row[1]), row[2], row[3]),
        first_number=row[4],
        last_number=row[5],
        place=Place(Level(row[6]), row[7], row[8], SegmentState(row[9])),
        since=row[10],
        placed_by=row[11],
        next_number=row[12],
    )
