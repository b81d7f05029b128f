"""Who signs at an instant. Answers are frozen: keep them until `valid_until`, or until `revision` moves."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Count, Max, Q

from piaoju.crypto import certificates
from piaoju.seal.errors import CertificateMissing, SealUnusable
from piaoju.seal.models import Certificate, Seal
from piaoju.seal.shown import (
    HoldersInSight,
    certificate,
    certificates_of,
    submission,
    submissions_open,
    submissions_page,
)
from piaoju.seal.types import (
    HolderKind,
    LogIdentity,
    SealDescription,
    SealKind,
    SigningIdentity,
)

__all__ = [
    "HoldersInSight", "certificate", "certificates_of", "certified_units", "identity_of_seal", "log_identity",
    "revision", "signing_identity", "submission", "submissions_open", "submissions_page",
    "supervision_identity",
]  # fmt: skip


def signing_identity(unit_code: str, at: datetime) -> SigningIdentity:
    """The certificate and seal of a unit in force at an instant; the one registered last, if several are."""
    return _identity(SealKind.UNIT, unit_code, at)


def supervision_identity(region_code: str, at: datetime) -> SigningIdentity:
    """The certificate and supervision seal of the finance department of a region, in force at an instant."""
    return _identity(SealKind.SUPERVISION, region_code, at)


def identity_of_seal(seal_id: str, at: datetime) -> SigningIdentity:
    """Who may set exactly this seal at an instant. Raises SealUnusable once its certificate is revoked or has run out."""
    rows = Seal.objects.select_related("certificate").filter(
        _in_force(at, "certificate__"), seal_id=seal_id, valid_from__lte=at, valid_until__gt=at
    )
    row = rows.first()
    if row is None:
        raise SealUnusable
    return _identity_of(row)


def log_identity(at: datetime) -> LogIdentity:
    """Who signs the checkpoints at an instant."""
    row = (
        Certificate.objects.filter(_in_force(at), kind=HolderKind.LOG).order_by("-valid_from", "-id").first()
    )
    if row is None:
        raise CertificateMissing("存证日志没有此刻有效的证书。请运行 piaoju doctor 查看。")
    content = bytes(row.content)
    return LogIdentity(row.key_ref, content, certificates.Certificate.parse(content).public_key)


def certified_units(at: datetime) -> list[str]:
    """The codes of the units that have a certificate and a seal in force at an instant."""
    rows = Seal.objects.filter(
        _in_force(at, "certificate__"), kind=SealKind.UNIT, valid_from__lte=at, valid_until__gt=at,
        certificate__kind=HolderKind.UNIT,
    )  # fmt: skip
    return list(rows.values_list("certificate__holder_code", flat=True).distinct())


def revision() -> tuple[int, int, int]:
    """Moves whenever a certificate or seal is added or revoked: what a cache of identities watches."""
    counted = Certificate.objects.aggregate(newest=Max("id"), revoked=Count("revoked_at"))
    newest_seal = Seal.objects.aggregate(newest=Max("id"))["newest"]
    return (counted["newest"] or 0, counted["revoked"], newest_seal or 0)


def _identity(kind: SealKind, holder_code: str, at: datetime) -> SigningIdentity:
    row = (
        Seal.objects.select_related("certificate")
        .filter(
            _in_force(at, "certificate__"),
            kind=kind,
            valid_from__lte=at,
            valid_until__gt=at,
            certificate__holder_code=holder_code,
            certificate__kind=kind,
        )
        .order_by("-id")
        .first()
    )
    if row is None:
        raise CertificateMissing(f"{_WORDS[kind]} {holder_code} {CertificateMissing.label}。")
    return _identity_of(row)


def _identity_of(row: Seal) -> SigningIdentity:
    content = bytes(row.certificate.content)
    read = certificates.Certificate.parse(content)
    return SigningIdentity(
        kind=SealKind(row.kind),
        holder_code=row.certificate.holder_code,
        holder_name=read.subject_name,
        key_ref=row.certificate.key_ref,
        certificate_der=content,
        public_key=read.public_key,
        seal=SealDescription(row.seal_id, row.name, bytes(row.content), row.seal_hash),
        valid_from=max(row.valid_from, row.certificate.valid_from),
        valid_until=min(row.valid_until, row.certificate.valid_until),
    )


_WORDS = {SealKind.UNIT: "开票单位", SealKind.SUPERVISION: "财政部门"}


def _in_force(at: datetime, prefix: str = "") -> Q:
    return Q(**{f"{prefix}valid_from__lte": at, f"{prefix}valid_until__gt": at}) & (
        Q(**{f"{prefix}revoked_at__isnull": True}) | Q(**{f"{prefix}revoked_at__gt": at})
    )
