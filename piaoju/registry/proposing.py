"""票种启用与停用: one person proposes, another decides. Re-exported by `actions`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from piaoju.registry import models
from piaoju.registry.errors import AlreadyRegistered, Overlapping, ProposalDecided
from piaoju.registry.holding import end_rows, explained


def keep_proposal(
    *, kind: str, bill_type_code: str, name: str, basis_document: str, region_code: str, industries: Sequence[str],
    valid_from: date, valid_to: date | None, at: datetime, by: str, person_id: int,
) -> int:  # fmt: skip
    """Keep a proposal; its id. Raises AlreadyRegistered where one about this bill type and region is open."""
    same = models.BillTypeProposal.objects.filter(
        bill_type_code=bill_type_code, region_id=region_code, state=models.ProposalState.PROPOSED
    )
    if same.exists():
        raise AlreadyRegistered(f"票种 {bill_type_code} 在这个区划已有一份待审批的申请。请先审批或撤回那一份")
    with explained(AlreadyRegistered(), "one_open_proposal"):
        return models.BillTypeProposal.objects.create(
            kind=kind, bill_type_code=bill_type_code, name=name, basis_document=basis_document, region_id=region_code,
            industries=list(industries), valid_from=valid_from, valid_to=valid_to, proposed_at=at, proposed_by=by,
            proposer_person_id=person_id,
        ).id  # fmt: skip


def approve_proposal(proposal_id: int, *, at: datetime, by: str, person_id: int, remark: str) -> None:
    """批准: the bill type is enabled, or ended, from the proposed day on. Raises ProposalDecided, Overlapping."""
    row = _decide(proposal_id, models.ProposalState.APPROVED, at, by, person_id, remark)
    standing = models.BillTypeEnablement.objects.filter(bill_type_id=row.bill_type_code, region=row.region)
    if row.kind == models.ProposalKind.END:
        end_rows(standing, row.valid_from)
        return
    models.BillType.objects.get_or_create(code=row.bill_type_code, defaults={"name": row.name})
    if standing.filter(valid_from__gte=row.valid_from).exclude(valid_to__lte=row.valid_from).exists():
        raise Overlapping(f"票种 {row.bill_type_code} 在 {row.valid_from} 以后已有启用。请先停用那一次，或改日期")
    # A new basis takes over from its day; what was enabled before ends there.
    standing.filter(valid_to=None).update(valid_to=row.valid_from)
    with explained(Overlapping(), "one_enablement_at_a_time"):
        models.BillTypeEnablement.objects.create(
            bill_type_id=row.bill_type_code, proposal=row, basis_document=row.basis_document, region=row.region,
            industries=row.industries, valid_from=row.valid_from, valid_to=row.valid_to,
        )  # fmt: skip


def decline_proposal(proposal_id: int, *, at: datetime, by: str, person_id: int, remark: str) -> None:
    """退回. Raises ProposalDecided."""
    _decide(proposal_id, models.ProposalState.DECLINED, at, by, person_id, remark)


def withdraw_proposal(proposal_id: int, *, at: datetime, by: str, person_id: int) -> None:
    """撤回, by whoever proposed. Raises ProposalDecided."""
    _decide(proposal_id, models.ProposalState.WITHDRAWN, at, by, person_id, "")


def _decide(
    proposal_id: int, state: models.ProposalState, at: datetime, by: str, person_id: int, remark: str
) -> models.BillTypeProposal:
    """Close the proposal; only one of two that decide at once does."""
    rows = models.BillTypeProposal.objects.filter(pk=proposal_id, state=models.ProposalState.PROPOSED)
    done = rows.update(
        state=state, decided_at=at, decided_by=by, decider_person_id=person_id, decision_remark=remark
    )
    if not done:
        raise ProposalDecided
    return models.BillTypeProposal.objects.get(pk=proposal_id)
