"""What people ask for, in steps: requisitions, and disposals (void, loss, destruction). Each step has its person."""

from __future__ import annotations

from datetime import date

from django.db import IntegrityError

from piaoju.stock import models
from piaoju.stock.errors import (
    DisposalOpen,
    DisposalStepOver,
    DisposalUnknown,
    RequisitionOpen,
    RequisitionStepOver,
    RequisitionUnknown,
)
from piaoju.stock.rows import disposal_row, requisition_row
from piaoju.stock.types import (
    Code,
    DisposalKind,
    DisposalRow,
    DisposalState,
    Ground,
    Medium,
    Numbers,
    Place,
    RequisitionRow,
    RequisitionState,
)


def submit_requisition(code: Code, holder: Place, supplier: Place, sheets: int, ground: Ground) -> int:
    """申领: what was asked for is kept; its id. Raises RequisitionOpen where one is under way."""
    try:
        row = models.Requisition.objects.create(
            medium=code.medium, bill_type_code=code.bill_type_code, bill_code=code.bill_code, level=holder.level,
            region_code=holder.region_code, unit_id=holder.unit_id, supplier_level=supplier.level,
            supplier_region_code=supplier.region_code, sheets=sheets, state=RequisitionState.SUBMITTED,
            reason=ground.remark, requested_at=ground.at, requested_by=ground.by, requested_person_id=ground.person_id,
        )  # fmt: skip
    except IntegrityError as error:
        raise RequisitionOpen from error
    return row.id


def lock_requisition(requisition_id: int) -> RequisitionRow:
    """The requisition as it is now, and nobody else's until the commit. Raises RequisitionUnknown."""
    row = models.Requisition.objects.select_for_update().filter(pk=requisition_id).first()
    if row is None:
        raise RequisitionUnknown
    return requisition_row(row)


def review(requisition: RequisitionRow, approved_sheets: int | None, ground: Ground) -> None:
    """审核: pass so many sheets, or none. The row must be locked. Raises RequisitionStepOver."""
    _step(
        requisition, RequisitionState.SUBMITTED,
        state=RequisitionState.APPROVED if approved_sheets else RequisitionState.REFUSED,
        approved_sheets=approved_sheets, reviewed_at=ground.at, reviewed_by=ground.by,
        reviewed_person_id=ground.person_id, review_remark=ground.remark,
    )  # fmt: skip


def withdraw(requisition: RequisitionRow) -> None:
    """撤回, as long as nothing was allotted. The row must be locked. Raises RequisitionStepOver."""
    _step(requisition, RequisitionState.SUBMITTED, RequisitionState.APPROVED, state=RequisitionState.WITHDRAWN)


def fulfil_requisition(requisition: RequisitionRow, ground: Ground) -> None:
    """The numbers were allotted. The row must be locked. Raises RequisitionStepOver."""
    _step(
        requisition, RequisitionState.APPROVED, state=RequisitionState.ALLOTTED, allotted_at=ground.at,
        allotted_by=ground.by, allotted_person_id=ground.person_id,
    )  # fmt: skip


def submit_disposal(
    kind: DisposalKind, numbers: Numbers, holder: Place, notice_medium: str, notice_on: date | None, ground: Ground
) -> int:
    """作废、遗失、销毁: what was asked for is kept; its id. Raises DisposalOpen where one of these numbers is under way."""
    code = numbers.code
    try:
        row = models.Disposal.objects.create(
            kind=kind, medium=code.medium, bill_type_code=code.bill_type_code, bill_code=code.bill_code,
            span=(numbers.first, numbers.last + 1), level=holder.level, region_code=holder.region_code,
            unit_id=holder.unit_id, held_state=holder.state, state=DisposalState.SUBMITTED, reason=ground.remark,
            notice_medium=notice_medium, notice_on=notice_on, requested_at=ground.at, requested_by=ground.by,
            requested_person_id=ground.person_id,
        )  # fmt: skip
    except IntegrityError as error:
        raise DisposalOpen from error
    return row.id


def lock_disposal(disposal_id: int) -> DisposalRow:
    """The disposal as it is now, and nobody else's until the commit. Raises DisposalUnknown."""
    row = models.Disposal.objects.select_for_update().filter(pk=disposal_id).first()
    if row is None:
        raise DisposalUnknown
    return disposal_row(row)


def announce_loss(disposal: DisposalRow, notice_medium: str, notice_on: date) -> None:
    """公告: where and when the loss was announced. The row must be locked. Raises DisposalStepOver."""
    rows = models.Disposal.objects.filter(pk=disposal.id, state=DisposalState.SUBMITTED)
    if not rows.update(notice_medium=notice_medium, notice_on=notice_on):
        raise DisposalStepOver


def decide(disposal: DisposalRow, *, approved: bool, ground: Ground) -> None:
    """审批. The row must be locked. Raises DisposalStepOver."""
    rows = models.Disposal.objects.filter(pk=disposal.id, state=DisposalState.SUBMITTED)
    done = rows.update(
        state=DisposalState.APPROVED if approved else DisposalState.REFUSED, decided_at=ground.at, decided_by=ground.by,
        decided_person_id=ground.person_id, decision_remark=ground.remark,
    )  # fmt: skip
    if not done:
        raise DisposalStepOver


def set_requisition_limit(
    unit_id: int, medium: Medium, bill_type_code: str, sheets: int | None, *, today: date, by: str
) -> None:
    """限量: from today on this many sheets, or, with none, again what follows from the unit's use."""
    _end_today(models.RequisitionLimit, unit_id, medium, bill_type_code, today)
    if sheets is not None:
        models.RequisitionLimit.objects.create(
            unit_id=unit_id, medium=medium, bill_type_code=bill_type_code, requisition_limit_sheets=sheets,
            valid_from=today, set_by=by,
        )  # fmt: skip


def set_top_up(
    unit_id: int, medium: Medium, bill_type_code: str, sheets: tuple[int, int] | None, *, today: date, by: str
) -> None:
    """自动补号: from today on, below the first number of sheets, up to the second; or, with none, no more."""
    _end_today(models.TopUp, unit_id, medium, bill_type_code, today)
    if sheets is not None:
        models.TopUp.objects.create(
            unit_id=unit_id, medium=medium, bill_type_code=bill_type_code, threshold_sheets=sheets[0],
            top_up_sheets=sheets[1], valid_from=today, set_by=by,
        )  # fmt: skip


def write_off(numbers: Numbers, unit_id: int, ground: Ground) -> None:
    """核销: these used numbers were examined. The same number twice is an IntegrityError."""
    models.WriteOff.objects.create(
        unit_id=unit_id, medium=numbers.code.medium, bill_type_code=numbers.code.bill_type_code,
        bill_code=numbers.code.bill_code, span=(numbers.first, numbers.last + 1), at=ground.at, by=ground.by,
    )  # fmt: skip


def _step(requisition: RequisitionRow, *expected: RequisitionState, **changes: object) -> None:
    rows = models.Requisition.objects.filter(pk=requisition.id, state__in=expected)
    if not rows.update(**changes):
        raise RequisitionStepOver


def _end_today(
    kind: type[models.RequisitionLimit] | type[models.TopUp], unit_id: int, medium: Medium, bill_type_code: str, today: date
) -> None:
    """What is in force ends; one that began today never held a whole day and leaves an empty interval."""
    rows = kind.objects.filter(unit_id=unit_id, medium=medium, bill_type_code=bill_type_code, valid_to=None)
    rows.update(valid_to=today)

