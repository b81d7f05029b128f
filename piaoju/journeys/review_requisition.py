"""审核申领: another person of the finance department passes so many sheets, or none, and says why."""

from __future__ import annotations

from piaoju.identity.rights import Act
from piaoju.identity.types import OperatorActor
from piaoju.journeys.acting import acting
from piaoju.journeys.office import Office
from piaoju.journeys.requisition import refuse_own, scope_of_supplier
from piaoju.journeys.stock_places import ground
from piaoju.stock import actions as stock
from piaoju.stock import rules
from piaoju.stock.errors import RequisitionUnknown


def approve(
    office: Office, actor: OperatorActor, requisition_id: int, sheets: int, remark: str = "", *, trace_id: str = ""
) -> None:
    """Pass so many of the sheets asked for. Raises SamePerson, ApprovedSheetsInvalid, RequisitionStepOver."""
    _review(office, actor, requisition_id, sheets, remark.strip(), trace_id)


def refuse(office: Office, actor: OperatorActor, requisition_id: int, remark: str, *, trace_id: str = "") -> None:
    """Pass none, with the reason. Raises SamePerson, ReasonMissing, RequisitionStepOver."""
    _review(office, actor, requisition_id, None, remark, trace_id)


def _review(
    office: Office, actor: OperatorActor, requisition_id: int, sheets: int | None, remark: str, trace_id: str
) -> None:
    with acting(
        office, actor, Act.REVIEW_REQUISITION, scope=scope_of_supplier(office, requisition_id), trace_id=trace_id,
        subject=f"requisition:{requisition_id} {sheets or 0}", missing=RequisitionUnknown,
    ):  # fmt: skip
        requisition = stock.lock_requisition(requisition_id)
        refuse_own(requisition, actor)
        if sheets is None:
            remark = rules.stated(remark)
        else:
            rules.refuse_approved(sheets, requisition.sheets)
        stock.review(requisition, sheets, ground(office, actor, remark))
