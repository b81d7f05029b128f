"""Certificates and submissions as pages tell them. Re-exported by `queries`.

Units and regions are the registry's: whoever asks says which codes are in sight; None means all.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Q

from piaoju.kit.listing import Asked, Found, Source, find
from piaoju.seal.errors import CertificateUnknown, SubmissionUnknown
from piaoju.seal.models import Certificate, CertificateSubmission
from piaoju.seal.types import CertificateView, SealKind, Submission, SubmissionRow


@dataclass(frozen=True, slots=True)
class HoldersInSight:
    """Whose certificates a person may see: units and finance departments by their codes."""

    unit_codes: Collection[str]
    region_codes: Collection[str]


def submission(submission_id: int) -> Submission:
    """Raises SubmissionUnknown."""
    row = CertificateSubmission.objects.filter(pk=submission_id).first()
    if row is None:
        raise SubmissionUnknown
    return Submission(
        row.id, SealKind(row.kind), row.holder_code, row.holder_name, row.key_ref, bytes(row.certificate), bytes(row.seal),
        row.serial, row.valid_from, row.valid_until, row.state, CertificateSubmission.State(row.state).label,
        row.submitted_at, row.submitted_by, row.submitter_person_id, row.decided_at, row.decided_by, row.decision_remark,
    )  # fmt: skip


def submissions_page(sight: HoldersInSight | None, asked: Asked) -> Found[SubmissionRow]:
    """Submissions of the holders in sight."""
    source = Source(
        table="seal_certificatesubmission s",
        fields={
            name: f"s.{name}"
            for name in ("id", "kind", "holder_code", "holder_name", "serial", "valid_until", "state", "submitted_at",
                         "submitted_by", "decided_at", "decided_by")
        },
        key=("id",),
        order={"decided_at": "coalesce(s.decided_at, 'infinity')"},
    )  # fmt: skip
    scope, values = "true", []
    if sight is not None:
        scope = "(s.kind = 'unit' AND s.holder_code = ANY(%s)) OR (s.kind = 'supervision' AND s.holder_code = ANY(%s))"
        values = [list(sight.unit_codes), list(sight.region_codes)]
    with connection.cursor() as cursor:
        return find(cursor, source, asked, SubmissionRow, scope=scope, scope_values=values)


def submissions_open(sight: HoldersInSight | None, not_by_person_id: int) -> int:
    """How many submissions of the holders in sight wait for someone other than this person."""
    rows = CertificateSubmission.objects.filter(state=CertificateSubmission.State.SUBMITTED)
    if sight is not None:
        rows = rows.filter(
            Q(kind=SealKind.UNIT, holder_code__in=sight.unit_codes)
            | Q(kind=SealKind.SUPERVISION, holder_code__in=sight.region_codes)
        )
    return rows.exclude(submitter_person_id=not_by_person_id).count()


def certificates_of(kind: SealKind, holder_code: str, at: datetime) -> list[CertificateView]:
    """A holder's certificates, newest first, with how they stand at an instant."""
    rows = Certificate.objects.filter(kind=kind, holder_code=holder_code).prefetch_related("seals")
    return [_view(row, at) for row in rows.order_by("-valid_from", "-id")]


def certificate(serial: str, at: datetime) -> CertificateView:
    """The certificate of a unit or a finance department. Raises CertificateUnknown."""
    row = Certificate.objects.filter(serial=serial, kind__in=list(SealKind)).prefetch_related("seals").first()
    if row is None:
        raise CertificateUnknown
    return _view(row, at)


def _view(row: Certificate, at: datetime) -> CertificateView:
    if row.revoked_at is not None and row.revoked_at <= at:
        state = "revoked"
    elif row.valid_until <= at:
        state = "expired"
    else:
        state = "in_force" if row.valid_from <= at else "to_come"
    return CertificateView(
        row.serial, row.kind, row.holder_code, row.holder_name, "、".join(seal.name for seal in row.seals.all()),
        row.valid_from, row.valid_until, row.revoked_at, row.revoked_reason, state,
    )  # fmt: skip
