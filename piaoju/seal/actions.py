"""Founding and renewing the demonstration authority; revoking. Runs inside the caller's transaction.

Key files are made before their rows: if the transaction fails, the next run finds and uses the same keys.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from piaoju.crypto import certificates as x509
from piaoju.crypto import ses
from piaoju.seal import authority, rules
from piaoju.seal.errors import AuthorityMissing, CertificateUnknown
from piaoju.seal.models import Certificate, Seal
from piaoju.seal.signers.keystore import KeyStore
from piaoju.seal.submissions import (
    approve_submission,
    decline_submission,
    end_certificate,
    keep_submission,
    note_revocations,
    withdraw_submission,
)
from piaoju.seal.types import Holder, HolderKind, PictureOf, SealKind

__all__ = [
    "LOG", "SEAL_MAKER", "approve_submission", "certified", "certify_person", "decline_submission", "end_certificate",
    "found_demonstration_authority", "keep_submission", "note_revocations", "renew_demonstration_authority",
    "revoke_certificate", "withdraw_submission",
]  # fmt: skip

SEAL_MAKER = Holder("seal-maker", f"财政票据{x509.DEMONSTRATION_MARK}制章中心")
LOG = Holder("log", f"财政票据{x509.DEMONSTRATION_MARK}存证日志")


def found_demonstration_authority(
    keys_folder: Path,
    trust_file: Path,
    passphrase: bytes,
    *,
    supervisors: Sequence[Holder],
    units: Sequence[Holder],
    picture_of: PictureOf,
    at: datetime,
) -> int:
    """Everyone named holds a certificate and a seal afterwards; the number of seals made now.

    May be called again with more holders: what is there stays as it is.
    """
    at = at.replace(microsecond=0)
    keys = KeyStore(keys_folder, passphrase)
    if _newest(HolderKind.AUTHORITY) is None:
        _record(
            HolderKind.AUTHORITY,
            Holder("authority", authority.AUTHORITY.common_name),
            authority.AUTHORITY_REF,
            authority.certify_authority(keys, at),
        )
    for kind, holder in ((HolderKind.SEAL_MAKER, SEAL_MAKER), (HolderKind.LOG, LOG)):
        if _newest(kind) is None:
            _record(kind, holder, holder.code, authority.certify(keys, holder.code, holder, at))
    made = 0
    for seal_kind, holders in ((SealKind.SUPERVISION, supervisors), (SealKind.UNIT, units)):
        for holder in holders:
            if not Certificate.objects.filter(kind=seal_kind, holder_code=holder.code).exists():
                name = authority.seal_name(seal_kind, holder)
                _grant(keys, seal_kind, holder, name, picture_of(seal_kind, holder.name), at)
                made += 1
    if authority.current_list(trust_file) is None:
        _publish(keys, trust_file, at)
    return made


def renew_demonstration_authority(
    keys_folder: Path, trust_file: Path, passphrase: bytes, at: datetime
) -> int:
    """No certificate, seal or list of the demonstration is about to end; the number renewed now.

    Keys stay the same, and so does everything signed with them. Without a demonstration authority: 0.
    """
    at = at.replace(microsecond=0)
    root = _newest(HolderKind.AUTHORITY)
    if root is None:
        return 0
    keys = KeyStore(keys_folder, passphrase)
    renewed = 0
    if rules.is_due(root.valid_until, rules.RENEW_CERTIFICATE_BEFORE, at):
        _record(
            HolderKind.AUTHORITY,
            Holder(root.holder_code, root.holder_name),
            root.key_ref,
            authority.certify_authority(keys, at),
        )
        renewed += 1
    renewed += sum(_renew(keys, row, at) for row in _last_of_each_holder())
    newest = authority.current_list(trust_file)
    if renewed or newest is None or rules.is_due(newest.next_update, rules.RENEW_LIST_BEFORE, at):
        _publish(keys, trust_file, at)
        renewed += 1
    return renewed


def certify_person(keys_folder: Path, passphrase: bytes, holder: Holder, public_key: bytes, at: datetime) -> bytes:
    """A demonstration certificate over a person's own key, which stays on their UKEY. Raises AuthorityMissing."""
    if _newest(HolderKind.AUTHORITY) is None:
        raise AuthorityMissing()
    keys = KeyStore(keys_folder, passphrase)
    content = authority.certify_key(keys, public_key, holder, at.replace(microsecond=0))
    _record(HolderKind.PERSON, holder, "", content)
    return content


def certified(serial: str) -> bool:
    """Whether our demonstration authority issued a certificate with this serial number."""
    return Certificate.objects.filter(serial=serial).exists()


def revoke_certificate(
    serial: str, keys_folder: Path, trust_file: Path, passphrase: bytes, at: datetime
) -> None:
    """The certificate signs nothing from now on, and the list says so; what it signed before stays good."""
    at = at.replace(microsecond=0)
    row = Certificate.objects.select_for_update().filter(serial=serial).first()
    if row is None:
        raise CertificateUnknown(f"没有序列号为 {serial} 的证书。请核对。")
    if _newest(HolderKind.AUTHORITY) is None:
        raise AuthorityMissing()
    if row.revoked_at is None:
        row.revoked_at = at
        row.save(update_fields=["revoked_at"])
    _publish(KeyStore(keys_folder, passphrase), trust_file, at)


def _grant(
    keys: KeyStore, kind: SealKind, holder: Holder, name: str, picture: ses.Picture, at: datetime
) -> None:
    key_ref = f"{kind}-{holder.code}"
    certificate = _record(HolderKind(kind), holder, key_ref, authority.certify(keys, key_ref, holder, at))
    maker = _newest(HolderKind.SEAL_MAKER)
    if maker is None:
        raise AuthorityMissing()
    read = x509.Certificate.parse(bytes(certificate.content))
    # One seal per certificate: the certificate's serial keeps the ids of renewed seals apart.
    seal_id = f"{holder.code}-{read.serial_text[:8]}"
    content = authority.make_seal(
        keys, maker.key_ref, x509.Certificate.parse(bytes(maker.content)), read, seal_id, name, picture, at
    )
    Seal.objects.create(
        seal_id=seal_id,
        kind=kind,
        name=name,
        certificate=certificate,
        content=content,
        seal_hash=ses.seal_hash(content),
        valid_from=read.not_before,
        valid_until=read.not_after,
    )


def _renew(keys: KeyStore, row: Certificate, at: datetime) -> int:
    if row.revoked_at is not None or not rules.is_due(row.valid_until, rules.RENEW_CERTIFICATE_BEFORE, at):
        return 0
    if not x509.Certificate.parse(bytes(row.content)).is_demonstration:
        return 0  # registered, not ours: its own authority renews it
    holder = Holder(row.holder_code, row.holder_name)
    seal = Seal.objects.filter(certificate=row).order_by("-id").first()
    if seal is None:
        _record(HolderKind(row.kind), holder, row.key_ref, authority.certify(keys, row.key_ref, holder, at))
    else:
        picture = ses.parse_seal(bytes(seal.content)).information.picture
        _grant(keys, SealKind(seal.kind), holder, seal.name, picture, at)
    return 1


def _record(kind: HolderKind, holder: Holder, key_ref: str, content: bytes) -> Certificate:
    read = x509.Certificate.parse(content)
    return Certificate.objects.create(
        kind=kind,
        holder_code=holder.code,
        holder_name=holder.name,
        key_ref=key_ref,
        serial=read.serial_text,
        content=content,
        valid_from=read.not_before,
        valid_until=read.not_after,
    )


def _publish(keys: KeyStore, trust_file: Path, at: datetime) -> None:
    rows = Certificate.objects.filter(kind=HolderKind.AUTHORITY).order_by("id")
    revoked = {
        int(row.serial, 16): row.revoked_at
        for row in Certificate.objects.filter(revoked_at__isnull=False)
        if row.revoked_at is not None
    }
    authorities = [x509.Certificate.parse(bytes(row.content)) for row in rows]
    authority.publish_trust(keys, trust_file, authorities, revoked, at)


def _newest(kind: HolderKind) -> Certificate | None:
    return Certificate.objects.filter(kind=kind).order_by("-valid_from", "-id").first()


def _last_of_each_holder() -> list[Certificate]:
    # The seal maker first: renewed seals are signed under its renewed certificate.
    rows = (
        Certificate.objects.exclude(kind__in=[HolderKind.AUTHORITY, HolderKind.PERSON])  # a person's key is not here
        .order_by("kind", "holder_code", "-valid_from", "-id")
        .distinct("kind", "holder_code")
    )
    return sorted(rows, key=lambda row: row.kind != HolderKind.SEAL_MAKER)
