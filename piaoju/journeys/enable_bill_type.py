"""票种启用与停用: one person proposes with the basis document, another person approves. No basis, not enabled.

Source: 《财政票据管理办法》(财政部令第70号, amended by 令第104号): 票种、式样由省级以上财政部门规定.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

from piaoju.identity import rules as identity
from piaoju.identity.rights import Act
from piaoju.identity.types import OperatorActor, Scope
from piaoju.journeys import scopes
from piaoju.journeys.acting import acting
from piaoju.journeys.office import Office
from piaoju.kit.clock import local_date
from piaoju.kit.errors import FieldError
from piaoju.registry import actions as registry
from piaoju.registry import queries, rules
from piaoju.registry.errors import ProposalUnknown, RegionUnknown, Unfit


@dataclass(frozen=True, slots=True)
class ProposalForm:
    """What a person proposes about a bill type: `kind` is enable or end."""

    kind: str
    bill_type_code: str
    name: str
    basis_document: str
    region_code: str
    industries: tuple[str, ...]
    valid_from: date | None
    valid_to: date | None


def propose(office: Office, actor: OperatorActor, form: ProposalForm) -> int:
    """Keep a proposal for another person to decide; its id. Raises Unfit, RegionUnknown, AlreadyRegistered."""
    today = local_date(office.clock())

    def scope() -> Scope:
        return replace(scopes.of_region(form.region_code, today), bill_type=form.bill_type_code)

    subject = f"bill_type:{form.bill_type_code[:4]}"
    with acting(office, actor, Act.PROPOSE_BILL_TYPE, scope=scope, subject=subject, missing=RegionUnknown):
        faults = _faults(form, today)
        if faults or form.valid_from is None:
            raise Unfit(f"有 {len(faults)} 处需要改正", errors=faults)
        return registry.keep_proposal(
            kind=form.kind, bill_type_code=form.bill_type_code, name=form.name.strip(),
            basis_document=form.basis_document.strip(), region_code=form.region_code, industries=sorted(form.industries),
            valid_from=form.valid_from, valid_to=form.valid_to, at=office.clock(), by=actor.name, person_id=actor.person_id,
        )  # fmt: skip


def approve(office: Office, actor: OperatorActor, proposal_id: int, remark: str = "") -> None:
    """批准. Raises ProposalUnknown, SamePerson, ProposalDecided, Overlapping."""
    with acting(
        office, actor, Act.DECIDE_BILL_TYPE, scope=_of(office, proposal_id), subject=f"proposal:{proposal_id}",
        missing=ProposalUnknown,
    ):  # fmt: skip
        identity.refuse_same_person(queries.proposal(proposal_id).proposer_person_id, actor)
        registry.approve_proposal(
            proposal_id, at=office.clock(), by=actor.name, person_id=actor.person_id, remark=remark[:200]
        )


def decline(office: Office, actor: OperatorActor, proposal_id: int, remark: str) -> None:
    """退回, with the reason. Raises ProposalUnknown, SamePerson, Unfit, ProposalDecided."""
    with acting(
        office, actor, Act.DECIDE_BILL_TYPE, scope=_of(office, proposal_id), subject=f"proposal:{proposal_id}",
        missing=ProposalUnknown,
    ):  # fmt: skip
        identity.refuse_same_person(queries.proposal(proposal_id).proposer_person_id, actor)
        if not remark.strip():
            detail = "退回要写明原因，申请人才知道怎么改。请补上"
            raise Unfit(detail, errors=[FieldError("/remark", "reason_missing", detail)])
        registry.decline_proposal(
            proposal_id, at=office.clock(), by=actor.name, person_id=actor.person_id, remark=remark.strip()[:200]
        )


def withdraw(office: Office, actor: OperatorActor, proposal_id: int) -> None:
    """撤回, by the person who proposed. Raises ProposalUnknown, Unfit, ProposalDecided."""
    with acting(
        office, actor, Act.PROPOSE_BILL_TYPE, scope=_of(office, proposal_id), subject=f"proposal:{proposal_id}",
        missing=ProposalUnknown,
    ):  # fmt: skip
        if queries.proposal(proposal_id).proposer_person_id != actor.person_id:
            raise Unfit("只有申请人能撤回自己的申请。要否决它，请另一位监管员退回")
        registry.withdraw_proposal(proposal_id, at=office.clock(), by=actor.name, person_id=actor.person_id)


def _of(office: Office, proposal_id: int) -> Callable[[], Scope]:
    def scope() -> Scope:
        found = queries.proposal(proposal_id)
        return replace(scopes.of_region(found.region_code, local_date(office.clock())), bill_type=found.bill_type_code)

    return scope


def _faults(form: ProposalForm, today: date) -> list[FieldError]:
    found = []
    if not re.fullmatch(r"[0-9]{4}", form.bill_type_code):
        detail = "种类代码是四位数字：分类两位、种类两位。请改正，如 0601"
        found.append(FieldError("/bill_type_code", "bill_type_code_wrong", detail))
    if form.kind not in ("enable", "end"):
        found.append(FieldError("/kind", "proposal_kind_unknown", "事项只有启用和停用。请选一个"))
    if not form.name.strip() or len(form.name) > 100:
        found.append(FieldError("/name", "bill_name_missing", "要有票据名称，最多 100 个字。请照依据文件填写"))
    if not form.basis_document.strip() or len(form.basis_document) > 200:
        detail = "没有依据文件的票种不能启用或停用。请填写文件名称和文号，最多 200 个字"
        found.append(FieldError("/basis_document", "basis_missing", detail))
    if set(form.industries) - set(rules.INDUSTRIES):
        found.append(FieldError("/industries", "industry_unknown", "没有这个行业类型。请从列表中选择"))
    if form.valid_from is None or form.valid_from < today:
        detail = f"起算日期只能是今天（{today}）或以后：以前开出的票据不能事后改变依据。请改日期"
        found.append(FieldError("/valid_from", "day_passed", detail))
    elif form.valid_to is not None and form.valid_to <= form.valid_from:
        found.append(FieldError("/valid_to", "validity_reversed", "停用日期不在启用日期之后。请改日期，或留空"))
    return found
