"""Certificates and seals that others issued: handed in, decided by a second person, revoked. Re-exported by `actions`.

Runs inside the caller's transaction. Whether a certificate is to be believed is judged before, by the journey.
"""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError

from piaoju.crypto import ses
from piaoju.crypto.certificates import Certificate as Read
from piaoju.crypto.certificates import Trust
from piaoju.seal.errors import CertificateRegistered, CertificateUnknown, SubmissionDecided, SubmissionOpen
from piaoju.seal.models import Certificate, CertificateSubmission, Seal
from piaoju.seal.types import Holder, SealKind

_LISTED = "吊销列表"
_REASON = "证书机构已吊销"


def keep_submission(
    kind: SealKind, holder: Holder, key_ref: str, certificate: Read, eseal_der: bytes, *, at: datetime, by: str, person_id: int
) -> int:
    """Keep it for another person to decide; its id. Raises SubmissionOpen where one of this holder is open."""
    waiting = CertificateSubmission.State.SUBMITTED
    if CertificateSubmission.objects.filter(kind=kind, holder_code=holder.code, state=waiting).exists():
        raise SubmissionOpen
    try:
        return CertificateSubmission.objects.create(
            kind=kind, holder_code=holder.code, holder_name=holder.name, key_ref=key_ref, certificate=certificate.der,
            seal=eseal_der, serial=certificate.serial_text, valid_from=certificate.not_before,
            valid_until=certificate.not_after, submitted_at=at, submitted_by=by, submitter_person_id=person_id,
        ).id  # fmt: skip
    except IntegrityError as fault:
        if "one_open_submission" not in str(fault):
            raise
        raise SubmissionOpen from fault


def approve_submission(submission_id: int, *, at: datetime, by: str, person_id: int, remark: str) -> None:
    """核准: the certificate and its seal are in force from now on. Raises SubmissionDecided, CertificateRegistered."""
    row = _decide(submission_id, CertificateSubmission.State.APPROVED, at, by, person_id, remark)
    read, seal = Read.parse(bytes(row.certificate)), ses.parse_seal(bytes(row.seal))
    information = seal.information
    if (
        Certificate.objects.filter(serial=row.serial).exists()
        or Seal.objects.filter(seal_id=information.seal_id).exists()
    ):
        raise CertificateRegistered
    certificate = Certificate.objects.create(
        kind=row.kind, holder_code=row.holder_code, holder_name=row.holder_name, key_ref=row.key_ref, serial=row.serial,
        content=row.certificate, valid_from=read.not_before, valid_until=read.not_after,
    )  # fmt: skip
    Seal.objects.create(
        seal_id=information.seal_id, kind=row.kind, name=information.name, certificate=certificate, content=row.seal,
        seal_hash=ses.seal_hash(seal.der), valid_from=information.valid_from, valid_until=information.valid_until,
    )  # fmt: skip


def decline_submission(submission_id: int, *, at: datetime, by: str, person_id: int, remark: str) -> None:
    """退回. Raises SubmissionDecided."""
    _decide(submission_id, CertificateSubmission.State.DECLINED, at, by, person_id, remark)


def withdraw_submission(submission_id: int, *, at: datetime, by: str, person_id: int) -> None:
    """撤回, by whoever submitted. Raises SubmissionDecided."""
    _decide(submission_id, CertificateSubmission.State.WITHDRAWN, at, by, person_id, "")


def end_certificate(serial: str, *, at: datetime, by: str, reason: str) -> None:
    """It signs nothing from now on; what it signed before stays good. Raises CertificateUnknown."""
    rows = Certificate.objects.filter(serial=serial, revoked_at=None)
    if not rows.update(revoked_at=at.replace(microsecond=0), revoked_by=by, revoked_reason=reason):
        raise CertificateUnknown


def note_revocations(trust: Trust) -> list[str]:
    """What the lists of the authorities say is so here too; the serial numbers that were revoked by it."""
    noted = []
    for authority in trust.authorities:
        listed = trust.list_of(authority)
        if listed is None:
            continue
        serials = {f"{serial:X}": at for serial, at in listed.revoked.items()}
        for row in Certificate.objects.filter(serial__in=serials, revoked_at=None):
            if Read.parse(bytes(row.content)).issuer_der != authority.subject_der:
                continue
            Certificate.objects.filter(pk=row.pk).update(
                revoked_at=serials[row.serial], revoked_by=_LISTED, revoked_reason=_REASON
            )
            noted.append(row.serial)
    return noted


def _decide(
    submission_id: int, state: CertificateSubmission.State, at: datetime, by: str, person_id: int, remark: str
) -> CertificateSubmission:
    """Close the submission; only one of two that decide at once does."""
    rows = CertificateSubmission.objects.filter(pk=submission_id, state=CertificateSubmission.State.SUBMITTED)
    if not rows.update(state=state, decided_at=at, decided_by=by, decider_person_id=person_id, decision_remark=remark):
        raise SubmissionDecided
    return CertificateSubmission.objects.get(pk=submission_id)
