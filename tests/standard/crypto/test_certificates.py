"""Certificates and revocation lists: read by openssl and pyOpenSSL, judged by gmalg, refused when wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from OpenSSL import crypto as openssl

from piaoju.crypto import authority, keyfile, sm2
from piaoju.crypto.authority import Subject
from piaoju.crypto.certificates import (
    Certificate,
    CertificateUnreadable,
    RevocationList,
    Trust,
    chain_is_demonstration,
    check_chain,
    read_pem_many,
)
from tests.standard.crypto.judges import AT, ROOT, SmallAuthority, SmallSigner, every_judge_accepts
from tests.standard.crypto.judges import openssl as openssl_command


@pytest.fixture(scope="module")
def issuer() -> SmallAuthority:
    return SmallAuthority()


@pytest.fixture(scope="module")
def signer(issuer: SmallAuthority) -> SmallSigner:
    return SmallSigner(issuer)


def test_a_certificate_reads_back_as_issued(signer: SmallSigner) -> None:
    read = signer.certificate
    assert read.public_key == signer.key.public_key
    assert (read.subject_name, read.issuer_name, read.serial_text) == ("示例医院", "演示根证书", "80AA")
    assert (read.not_before, read.not_after) == (AT - timedelta(days=1), AT + timedelta(days=400))
    assert read.key_usage == {"digital_signature", "content_commitment"}
    assert not read.is_authority


def test_independent_judges_accept_certificates_and_lists(
    issuer: SmallAuthority, signer: SmallSigner, tmp_path: Path
) -> None:
    for certificate in (Certificate.parse(issuer.root), signer.certificate):
        assert every_judge_accepts(issuer.key.public_key, certificate.tbs, certificate.signature)
    crl = RevocationList.parse(issuer.revocations({7: AT}))
    assert every_judge_accepts(issuer.key.public_key, crl.tbs, crl.signature)

    (tmp_path / "root.pem").write_bytes(keyfile.write_pem("CERTIFICATE", issuer.root))
    (tmp_path / "unit.pem").write_bytes(keyfile.write_pem("CERTIFICATE", signer.der))
    verdict = openssl_command(
        "verify",
        "-x509_strict",
        "-CAfile",
        "root.pem",
        "-vfyopt",
        "distid:1234567812345678",
        "-attime",
        str(int(AT.timestamp())),
        "unit.pem",
        folder=tmp_path,
    )
    assert verdict.stdout == b"unit.pem: OK\n", verdict.stderr
    (tmp_path / "list.pem").write_bytes(keyfile.write_pem("X509 CRL", crl.der))
    text = openssl_command("crl", "-in", "list.pem", "-noout", "-text", folder=tmp_path).stdout.decode()
    assert "Signature Algorithm: SM2-with-SM3" in text and "Serial Number: 07" in text


@pytest.mark.parametrize("revoked", [False, True])
def test_pyopenssl_agrees_about_the_list(issuer: SmallAuthority, signer: SmallSigner, revoked: bool) -> None:
    at = AT + timedelta(hours=1)
    trust = issuer.trust({signer.certificate.serial: AT} if revoked else {})
    store = openssl.X509Store()
    store.add_cert(openssl.load_certificate(openssl.FILETYPE_ASN1, issuer.root))
    pem = keyfile.write_pem("X509 CRL", trust.revocation_lists[0].der)
    store.add_crl(x509.load_pem_x509_crl(pem))
    store.set_flags(openssl.X509StoreFlags.CRL_CHECK | openssl.X509StoreFlags.X509_STRICT)
    store.set_time(at)
    context = openssl.X509StoreContext(store, openssl.load_certificate(openssl.FILETYPE_ASN1, signer.der))
    try:
        context.verify_certificate()
        accepted = True
    except openssl.X509StoreContextError:
        accepted = False
    assert accepted is not revoked
    assert (check_chain(signer.certificate, trust, at) == []) is accepted


Case = Callable[[SmallAuthority, SmallSigner], tuple[Certificate, Trust, datetime]]


def a_stranger(issuer: SmallAuthority, signer: SmallSigner) -> tuple[Certificate, Trust, datetime]:
    return signer.certificate, SmallAuthority().trust(), AT


def an_impostor(issuer: SmallAuthority, signer: SmallSigner) -> tuple[Certificate, Trust, datetime]:
    """A certificate whose issuer name and key identifier are right, signed with another key."""
    forged = authority.issue_certificate(
        Subject("示例医院", "示例"),
        signer.key.public_key,
        issuer=ROOT,
        issuer_key=issuer.key.public_key,
        serial=9,
        not_before=AT - timedelta(days=1),
        not_after=AT + timedelta(days=9),
        sign=sm2.PrivateKey.generate().sign,
    )
    return Certificate.parse(forged), issuer.trust(), AT


def issued_by_a_unit(issuer: SmallAuthority, signer: SmallSigner) -> tuple[Certificate, Trust, datetime]:
    """A unit's certificate is no authority, though it is under the trusted root."""
    child = authority.issue_certificate(
        Subject("冒充", "示例"),
        sm2.PrivateKey.generate().public_key,
        issuer=Subject("示例医院", "示例"),
        issuer_key=signer.key.public_key,
        serial=10,
        not_before=AT - timedelta(days=1),
        not_after=AT + timedelta(days=9),
        sign=signer.key.sign,
    )
    trust = issuer.trust()
    return Certificate.parse(child), replace(trust, authorities=(*trust.authorities, signer.certificate)), AT


def altered(issuer: SmallAuthority, signer: SmallSigner) -> tuple[Certificate, Trust, datetime]:
    changed = signer.der.replace("示例医院".encode(), "示例医元".encode())
    return Certificate.parse(changed), issuer.trust(), AT


def a_forged_list(issuer: SmallAuthority, signer: SmallSigner) -> tuple[Certificate, Trust, datetime]:
    crl = issuer.revocations({signer.certificate.serial: AT - timedelta(hours=1)})
    changed = crl.replace(b"\x02\x03\x00\x80\xaa", b"\x02\x03\x00\x80\xab")  # names another certificate
    assert changed != crl
    trust = Trust((Certificate.parse(issuer.root),), (RevocationList.parse(changed),))
    return signer.certificate, trust, AT


WRONG: dict[str, tuple[Case, str]] = {
    "unknown authority": (a_stranger, "信任"),
    "not the authority's signature": (an_impostor, "签名不成立"),
    "issued by a unit": (issued_by_a_unit, "证书机构"),
    "altered": (altered, "签名不成立"),
    "not yet valid": (lambda i, s: (s.certificate, i.trust(), AT - timedelta(days=2)), "尚未生效"),
    "expired": (lambda i, s: (s.certificate, i.trust(), AT + timedelta(days=401)), "有效期"),
    "revoked": (lambda i, s: (s.certificate, i.trust({0x80AA: AT}), AT), "吊销"),
    "list overdue": (lambda i, s: (s.certificate, i.trust(), AT + timedelta(days=31)), "已过期"),
    "no list": (lambda i, s: (s.certificate, Trust((Certificate.parse(i.root),), ()), AT), "吊销列表"),
    "forged list": (a_forged_list, "吊销列表"),
    "nobody trusted": (lambda i, s: (s.certificate, Trust((), ()), AT), "信任"),
    "an authority's own key": (lambda i, s: (Certificate.parse(i.root), i.trust(), AT), "用途"),
}


@pytest.mark.parametrize("flaw", WRONG)
def test_a_wrong_chain_is_refused_with_its_reason(
    issuer: SmallAuthority, signer: SmallSigner, flaw: str
) -> None:
    case, reason = WRONG[flaw]
    problems = check_chain(*case(issuer, signer))
    assert any(reason in problem for problem in problems), problems


def test_what_was_signed_before_a_revocation_stays_good(issuer: SmallAuthority, signer: SmallSigner) -> None:
    trust = issuer.trust({signer.certificate.serial: AT + timedelta(days=1)})
    assert check_chain(signer.certificate, trust, AT) == []
    assert check_chain(signer.certificate, trust, AT + timedelta(days=1)) != []


def test_an_authority_between_carries_the_chain_and_needs_its_own_list(issuer: SmallAuthority) -> None:
    middle, unit = sm2.PrivateKey.generate(), sm2.PrivateKey.generate()
    name = Subject("演示二级证书", "示例")
    between = issuer.certificate(name, middle.public_key, serial=50, is_authority=True)
    end = authority.issue_certificate(
        Subject("示例学院", "示例"),
        unit.public_key,
        issuer=name,
        issuer_key=middle.public_key,
        serial=51,
        not_before=AT - timedelta(hours=1),
        not_after=AT + timedelta(days=9),
        sign=middle.sign,
    )
    crl = authority.issue_crl(
        issuer=name,
        issuer_key=middle.public_key,
        number=1,
        this_update=AT,
        next_update=AT + timedelta(days=3),
        revoked={},
        sign=middle.sign,
    )
    certificate = Certificate.parse(end)
    whole = Trust(
        (Certificate.parse(issuer.root), Certificate.parse(between)),
        (RevocationList.parse(issuer.revocations()), RevocationList.parse(crl)),
    )
    assert check_chain(certificate, whole, AT) == []
    assert check_chain(certificate, replace(whole, revocation_lists=whole.revocation_lists[:1]), AT) != []
    assert check_chain(certificate, issuer.trust(), AT) != []
    revoked = (RevocationList.parse(issuer.revocations({50: AT})), RevocationList.parse(crl))
    assert any(
        "二级" in one for one in check_chain(certificate, replace(whole, revocation_lists=revoked), AT)
    )
    # A chain that comes with the signature may pass through, but never be an anchor.
    alone = Trust(whole.authorities[:1], whole.revocation_lists)
    assert check_chain(certificate, alone, AT, extra=[Certificate.parse(between)]) == []
    assert check_chain(certificate, Trust((), whole.revocation_lists), AT, extra=whole.authorities) != []


def test_the_newest_list_of_an_authority_counts(issuer: SmallAuthority, signer: SmallSigner) -> None:
    lists = (
        RevocationList.parse(issuer.revocations({signer.certificate.serial: AT}, number=3)),
        RevocationList.parse(issuer.revocations(number=2)),
    )
    trust = Trust((Certificate.parse(issuer.root),), lists)
    assert check_chain(signer.certificate, trust, AT) != []


def test_a_demonstration_root_marks_everything_under_it(issuer: SmallAuthority, signer: SmallSigner) -> None:
    assert issuer.trust().is_demonstration
    assert not signer.certificate.is_demonstration
    assert chain_is_demonstration(signer.certificate, issuer.trust())
    key = sm2.PrivateKey.generate()
    real = Subject("四川省财政厅根证书", "四川省财政厅")
    root = authority.issue_certificate(
        real,
        key.public_key,
        issuer=real,
        issuer_key=key.public_key,
        serial=1,
        not_before=AT,
        not_after=AT + timedelta(days=9),
        sign=key.sign,
        is_authority=True,
    )
    assert not Trust((Certificate.parse(root),), ()).is_demonstration


def test_what_is_no_sm2_certificate_is_refused(issuer: SmallAuthority, tmp_path: Path) -> None:
    openssl_command(
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-keyout",
        "k.pem",
        "-out",
        "p256.pem",
        "-subj",
        "/CN=other",
        folder=tmp_path,
    )
    with pytest.raises(CertificateUnreadable, match="SM2"):
        read_pem_many((tmp_path / "p256.pem").read_bytes())
    for content in (b"", b"\x30\x00", issuer.root[:-1], issuer.root + b"\0"):
        with pytest.raises(CertificateUnreadable):
            Certificate.parse(content)
        with pytest.raises(CertificateUnreadable):
            RevocationList.parse(content)
    with pytest.raises(CertificateUnreadable):
        Trust.parse(b"-----BEGIN CERTIFICATE-----\nMII*\n-----END CERTIFICATE-----\n")


def test_an_openssl_authority_is_read_and_trusted(tmp_path: Path) -> None:
    """A certificate made by the openssl command alone, root and unit."""
    standard_id = ("-sigopt", "distid:1234567812345678")
    openssl_command("genpkey", "-algorithm", "SM2", "-out", "root.key", folder=tmp_path)
    openssl_command("genpkey", "-algorithm", "SM2", "-out", "unit.key", folder=tmp_path)
    openssl_command(
        "req",
        "-x509",
        "-sm3",
        *standard_id,
        "-key",
        "root.key",
        "-subj",
        "/CN=openssl root",
        "-days",
        "30",
        "-addext",
        "keyUsage=critical,keyCertSign,cRLSign",
        "-out",
        "root.pem",
        folder=tmp_path,
    )
    (tmp_path / "usage").write_text(
        "keyUsage=critical,digitalSignature\nbasicConstraints=CA:FALSE\n"
        "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n"
    )
    openssl_command(
        "req",
        "-new",
        "-sm3",
        *standard_id,
        "-key",
        "unit.key",
        "-subj",
        "/CN=openssl unit",
        "-out",
        "unit.req",
        folder=tmp_path,
    )
    done = openssl_command(
        "x509",
        "-req",
        "-sm3",
        *standard_id,
        "-vfyopt",
        "distid:1234567812345678",
        "-in",
        "unit.req",
        "-CA",
        "root.pem",
        "-CAkey",
        "root.key",
        "-CAcreateserial",
        "-days",
        "20",
        "-extfile",
        "usage",
        "-out",
        "unit.pem",
        folder=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    (root,) = read_pem_many((tmp_path / "root.pem").read_bytes())
    (unit,) = read_pem_many((tmp_path / "unit.pem").read_bytes())
    at = unit.not_before + timedelta(hours=1)
    (problem,) = check_chain(unit, Trust((root,), ()), at)
    assert "没有证书机构“openssl root”的有效吊销列表" in problem
