"""证书和印章登记: one person hands in what the authority issued, another approves; every check is made at both steps.

Of a unit, or of a finance department (监制章). Revoked here, or in the authority's list, it signs nothing from then on, and
what it signed before stays good.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from piaoju.identity import rules as identity
from piaoju.identity.rights import Act
from piaoju.identity.types import OperatorActor, Scope
from piaoju.journeys import certificate_fitness, scopes, ukeys
from piaoju.journeys.acting import acting, reading
from piaoju.journeys.certificate_fitness import Papers
from piaoju.journeys.errors import FinanceDepartmentUnknown
from piaoju.journeys.office import Office
from piaoju.kit.clock import local_date
from piaoju.kit.errors import FieldError
from piaoju.kit.listing import Asked, Found
from piaoju.registry import actions as registry_actions
from piaoju.registry import queries as registry
from piaoju.registry.errors import Unfit, UnitUnknown
from piaoju.seal import actions as seal
from piaoju.seal import queries
from piaoju.seal.errors import CertificateUnknown, SubmissionUnknown
from piaoju.seal.types import CertificateView, Holder, SealKind, Submission, SubmissionRow

_REMARK_MAX = 200


@dataclass(frozen=True, slots=True)
class HandedIn:
    """What a person hands in: two files, and how our signing device calls the key."""

    certificate: bytes
    seal: bytes
    key_ref: str


def submit(office: Office, actor: OperatorActor, kind: SealKind, holder_code: str, handed: HandedIn) -> int:
    """The id of the submission, for another person to decide.

    Raises UnitUnknown or FinanceDepartmentUnknown, Unfit with everything that is wrong, SubmissionOpen, CertificateRegistered.
    """
    missing = UnitUnknown if kind == SealKind.UNIT else FinanceDepartmentUnknown
    with acting(
        office, actor, Act.SUBMIT_CERTIFICATE, scope=lambda: _where(office, kind, holder_code),
        subject=f"{kind}:{holder_code[:18]}", missing=missing,
    ):  # fmt: skip
        holder = _holder(office, kind, holder_code)
        papers = _fit(office, kind, holder, handed)
        return seal.keep_submission(
            kind, holder, handed.key_ref, papers.certificate, papers.seal.der, at=office.clock(), by=actor.name,
            person_id=actor.person_id,
        )  # fmt: skip


def approve(office: Office, actor: OperatorActor, submission_id: int, remark: str = "") -> None:
    """核准. Raises SubmissionUnknown, SamePerson, Unfit, SubmissionDecided, CertificateRegistered."""
    with _deciding(office, actor, Act.DECIDE_CERTIFICATE, submission_id):
        asked = queries.submission(submission_id)
        identity.refuse_same_person(asked.submitter_person_id, actor)
        holder = _holder(office, asked.kind, asked.holder_code)
        _fit(office, asked.kind, holder, HandedIn(asked.certificate_der, asked.eseal_der, asked.key_ref))
        seal.approve_submission(
            submission_id, at=office.clock(), by=actor.name, person_id=actor.person_id, remark=remark.strip()[:_REMARK_MAX]
        )
        if asked.kind == SealKind.UNIT:
            unit_id = registry.unit_id_of(asked.holder_code)
            registry_actions.append_event(unit_id, "certificate", office.clock(), actor.name, "核准证书与单位印章")


def decline(office: Office, actor: OperatorActor, submission_id: int, remark: str) -> None:
    """退回, with the reason. Raises SubmissionUnknown, SamePerson, Unfit, SubmissionDecided."""
    with _deciding(office, actor, Act.DECIDE_CERTIFICATE, submission_id):
        identity.refuse_same_person(queries.submission(submission_id).submitter_person_id, actor)
        seal.decline_submission(
            submission_id, at=office.clock(), by=actor.name, person_id=actor.person_id, remark=_reason(remark, "/remark")
        )


def withdraw(office: Office, actor: OperatorActor, submission_id: int) -> None:
    """撤回, by the person who submitted. Raises SubmissionUnknown, Unfit, SubmissionDecided."""
    with _deciding(office, actor, Act.SUBMIT_CERTIFICATE, submission_id):
        if queries.submission(submission_id).submitter_person_id != actor.person_id:
            raise Unfit("只有提交人能撤回自己的申请。要否决它，请另一位监管员退回")
        seal.withdraw_submission(submission_id, at=office.clock(), by=actor.name, person_id=actor.person_id)


def revoke(office: Office, actor: OperatorActor, serial: str, reason: str) -> None:
    """吊销登记: it signs nothing from the next commit on. Raises CertificateUnknown, Unfit."""

    def scope() -> Scope:
        found = queries.certificate(serial, office.clock())
        return _where(office, SealKind(found.kind), found.holder_code)

    with acting(
        office, actor, Act.REVOKE_CERTIFICATE, scope=scope, subject=f"certificate:{serial[:40]}", missing=CertificateUnknown
    ):
        reason = _reason(reason, "/reason")
        seal.end_certificate(serial, at=office.clock(), by=actor.name, reason=reason)
        ukeys.revoke_demonstration_certificate(office, serial, os.environ)


def read(office: Office, actor: OperatorActor, submission_id: int) -> Submission:
    """For whoever may submit or decide there. Raises SubmissionUnknown."""
    found = queries.submission(submission_id)
    reading(actor, Act.SUBMIT_CERTIFICATE, _where(office, found.kind, found.holder_code), missing=SubmissionUnknown)
    return found


def certificate(office: Office, actor: OperatorActor, serial: str) -> CertificateView:
    """For whoever may revoke it. Raises CertificateUnknown."""
    found = queries.certificate(serial, office.clock())
    where = _where(office, SealKind(found.kind), found.holder_code)
    reading(actor, Act.REVOKE_CERTIFICATE, where, missing=CertificateUnknown)
    return found


def page(office: Office, actor: OperatorActor, asked: Asked) -> Found[SubmissionRow]:
    """Submissions of the holders within sight."""
    return queries.submissions_page(_sight(office, actor, Act.SUBMIT_CERTIFICATE), asked)


def waiting(office: Office, actor: OperatorActor) -> int:
    """How many submissions of others this person may decide."""
    return queries.submissions_open(_sight(office, actor, Act.DECIDE_CERTIFICATE), actor.person_id)


def holder(office: Office, actor: OperatorActor, kind: SealKind, holder_code: str) -> Holder:
    """Whom a certificate would be for, if this person may submit one. Raises UnitUnknown, FinanceDepartmentUnknown."""
    missing = UnitUnknown if kind == SealKind.UNIT else FinanceDepartmentUnknown
    reading(actor, Act.SUBMIT_CERTIFICATE, _where(office, kind, holder_code), missing=missing)
    return _holder(office, kind, holder_code)


def _deciding(office: Office, actor: OperatorActor, act: Act, submission_id: int) -> AbstractContextManager[Any]:
    return acting(
        office, actor, act, scope=_of(office, submission_id), subject=f"certificate_submission:{submission_id}",
        missing=SubmissionUnknown,
    )  # fmt: skip


def _of(office: Office, submission_id: int) -> Callable[[], Scope]:
    def scope() -> Scope:
        found = queries.submission(submission_id)
        return _where(office, found.kind, found.holder_code)

    return scope


def _where(office: Office, kind: SealKind, holder_code: str) -> Scope:
    today = local_date(office.clock())
    if kind == SealKind.UNIT:
        return scopes.of_unit(holder_code, today)
    if holder_code not in registry.finance_departments([holder_code]):
        raise FinanceDepartmentUnknown
    return scopes.of_region(holder_code, today)


def _holder(office: Office, kind: SealKind, holder_code: str) -> Holder:
    if kind == SealKind.UNIT:
        return Holder(holder_code, registry.unit_place(holder_code, local_date(office.clock())).name)
    return Holder(holder_code, registry.finance_departments([holder_code])[holder_code].name)


def _fit(office: Office, kind: SealKind, holder: Holder, handed: HandedIn) -> Papers:
    papers = certificate_fitness.read(handed.certificate, handed.seal)
    found = papers if isinstance(papers, list) else certificate_fitness.faults(office, kind, holder, papers, handed.key_ref)
    if isinstance(papers, list) or found:
        raise Unfit(f"有 {len(found)} 处需要改正", errors=found)
    return papers


def _sight(office: Office, actor: OperatorActor, act: Act) -> queries.HoldersInSight | None:
    today = local_date(office.clock())
    seen = scopes.sight(actor, act, today)
    return None if seen.everything else queries.HoldersInSight(registry.unit_codes(seen, today), seen.region_codes)


def _reason(text: str, pointer: str) -> str:
    text = " ".join(text.split())
    if not text or len(text) > _REMARK_MAX:
        detail = f"要写明原因，最多 {_REMARK_MAX} 个字。请补上"
        raise Unfit(detail, errors=[FieldError(pointer, "reason_missing", detail)])
    return text
