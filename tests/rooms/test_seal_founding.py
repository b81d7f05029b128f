"""The demonstration authority: founding, renewal, revocation, on a real database and real key files."""

from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import transaction

from piaoju.crypto import ses, sm2
from piaoju.crypto.certificates import Certificate, Trust, check_chain
from piaoju.seal import actions as seal
from piaoju.seal import queries
from piaoju.seal.errors import CertificateMissing, CertificateUnknown
from piaoju.seal.signers.software import SoftwareSigner
from piaoju.seal.types import Holder, SealKind

pytestmark = pytest.mark.django_db

AT = datetime(2026, 11, 23, 4, 0, 0, 123456, tzinfo=UTC)
PASSPHRASE = b"a passphrase of the tests"
FINANCE = Holder("510000", "四川省财政厅")
HOSPITAL = Holder("12510000450716726L", "四川省第一示例医院")
COLLEGE = Holder("12510000450717001X", "四川示例学院")


def picture_of(kind: SealKind, name: str) -> ses.Picture:
    return ses.Picture("ofd", f"{kind} {name}".encode(), 30, 20)


def found(folder: Path, *units: Holder, at: datetime = AT) -> int:
    return seal.found_demonstration_authority(
        folder / "keys",
        folder / "trust.pem",
        PASSPHRASE,
        supervisors=[FINANCE],
        units=units,
        picture_of=picture_of,
        at=at,
    )


def trust_of(folder: Path) -> Trust:
    return Trust.parse((folder / "trust.pem").read_bytes())


def test_founding_gives_every_holder_a_certificate_and_a_seal_that_hold(data_folder: Path) -> None:
    assert found(data_folder, HOSPITAL, COLLEGE) == 3
    trust = trust_of(data_folder)
    assert trust.is_demonstration
    for identity in (
        queries.signing_identity(HOSPITAL.code, AT),
        queries.signing_identity(COLLEGE.code, AT),
        queries.supervision_identity(FINANCE.code, AT),
    ):
        certificate = Certificate.parse(identity.certificate_der)
        assert check_chain(certificate, trust, AT) == []
        read = ses.parse_seal(identity.seal.eseal_der)
        assert ses.seal_problems(read) == [] and ses.validity_problems(read, AT) == []
        assert check_chain(read.maker, trust, AT) == []
        assert read.information.certificates == (certificate.der,)
        assert read.information.picture == picture_of(identity.kind, certificate.subject_name)
        assert read.information.name == identity.seal.name
        assert identity.seal.seal_hash == ses.seal_hash(identity.seal.eseal_der)
    log = Certificate.parse(queries.log_identity(AT).certificate_der)
    assert check_chain(log, trust, AT) == []


def test_the_key_of_an_identity_signs_for_its_certificate(data_folder: Path) -> None:
    found(data_folder, HOSPITAL)
    identity = queries.signing_identity(HOSPITAL.code, AT)
    signer = SoftwareSigner(data_folder / "keys", PASSPHRASE)
    digest = sm2.digest_for("签名原文".encode(), identity.public_key)
    (signature,) = signer.sign([digest], identity.key_ref)
    assert sm2.verify_digest(identity.public_key, digest, signature)


def test_founding_again_changes_nothing_and_adds_only_newcomers(data_folder: Path) -> None:
    found(data_folder, HOSPITAL)
    before = queries.signing_identity(HOSPITAL.code, AT)
    files = {path.name: path.read_bytes() for path in (data_folder / "keys").iterdir()}
    trust = (data_folder / "trust.pem").read_bytes()
    assert found(data_folder, HOSPITAL, COLLEGE, at=AT + timedelta(hours=1)) == 1
    assert queries.signing_identity(HOSPITAL.code, AT + timedelta(hours=2)) == before
    now = {path.name: path.read_bytes() for path in (data_folder / "keys").iterdir()}
    assert {name: now[name] for name in files} == files
    assert (data_folder / "trust.pem").read_bytes() == trust


def test_key_files_are_readable_by_their_owner_only_and_hold_no_plain_key(data_folder: Path) -> None:
    found(data_folder, HOSPITAL)
    paths = sorted((data_folder / "keys").iterdir())
    assert [path.name for path in paths] == sorted(
        ["authority.pem", "log.pem", "seal-maker.pem", "supervision-510000.pem", f"unit-{HOSPITAL.code}.pem"]
    )
    for path in paths:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert path.read_bytes().startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----")
    assert stat.S_IMODE((data_folder / "keys").stat().st_mode) == 0o700


def test_a_stranger_has_no_identity(data_folder: Path) -> None:
    found(data_folder, HOSPITAL)
    with pytest.raises(CertificateMissing):
        queries.signing_identity(COLLEGE.code, AT)
    with pytest.raises(CertificateMissing):
        queries.supervision_identity("510100", AT)


def test_renewal_does_nothing_early_and_keeps_keys_late(data_folder: Path) -> None:
    found(data_folder, HOSPITAL)
    folder = (data_folder / "keys", data_folder / "trust.pem", PASSPHRASE)
    assert seal.renew_demonstration_authority(*folder, AT + timedelta(days=5)) == 0
    number = trust_of(data_folder).revocation_lists[0].number
    assert seal.renew_demonstration_authority(*folder, AT + timedelta(days=15)) == 1
    assert trust_of(data_folder).revocation_lists[0].number == number + 1

    first = queries.signing_identity(HOSPITAL.code, AT)
    late = AT + timedelta(days=1060)
    assert seal.renew_demonstration_authority(*folder, late) == 5  # maker, log, finance, unit, list
    renewed = queries.signing_identity(HOSPITAL.code, late)
    assert renewed.public_key == first.public_key and renewed.key_ref == first.key_ref
    assert renewed.certificate_der != first.certificate_der and renewed.seal.seal_id != first.seal.seal_id
    trust = trust_of(data_folder)
    assert check_chain(Certificate.parse(renewed.certificate_der), trust, late + timedelta(days=1)) == []
    assert check_chain(Certificate.parse(first.certificate_der), trust, AT) == []
    maker = ses.parse_seal(renewed.seal.eseal_der).maker
    assert maker.not_after > late + timedelta(days=1000)

    old = AT + timedelta(days=3600)
    seal.renew_demonstration_authority(*folder, old)
    trust = trust_of(data_folder)
    newest = queries.signing_identity(HOSPITAL.code, old)
    assert len(trust.authorities) == 2
    assert check_chain(Certificate.parse(newest.certificate_der), trust, old + timedelta(days=500)) != []
    seal.renew_demonstration_authority(*folder, old + timedelta(days=490))
    assert (
        check_chain(
            Certificate.parse(newest.certificate_der), trust_of(data_folder), old + timedelta(days=500)
        )
        == []
    )
    assert check_chain(Certificate.parse(first.certificate_der), trust_of(data_folder), AT) == []


def test_a_revoked_certificate_signs_nothing_more_but_what_it_signed_stays_good(data_folder: Path) -> None:
    found(data_folder, HOSPITAL)
    revision = queries.revision()
    certificate = Certificate.parse(queries.signing_identity(HOSPITAL.code, AT).certificate_der)
    later = AT + timedelta(days=2)
    folder = (data_folder / "keys", data_folder / "trust.pem", PASSPHRASE)
    with transaction.atomic():
        seal.revoke_certificate(certificate.serial_text, *folder, later)
    assert queries.revision() != revision
    with pytest.raises(CertificateMissing):
        queries.signing_identity(HOSPITAL.code, later)
    trust = trust_of(data_folder)
    assert check_chain(certificate, trust, AT) == []
    (problem,) = check_chain(certificate, trust, later)
    assert "吊销" in problem
    with transaction.atomic(), pytest.raises(CertificateUnknown):
        seal.revoke_certificate("FF", *folder, later)


def test_a_lost_database_finds_its_keys_again(data_folder: Path) -> None:
    """Keys without rows, as after a rolled back founding: they are used, not replaced."""
    from piaoju.seal.models import Certificate as Row
    from piaoju.seal.models import Seal

    found(data_folder, HOSPITAL)
    public_key = queries.signing_identity(HOSPITAL.code, AT).public_key
    Seal.objects.all().delete()
    Row.objects.all().delete()
    found(data_folder, HOSPITAL)
    assert queries.signing_identity(HOSPITAL.code, AT).public_key == public_key
