"""Electronic seals: SM2 values judged from outside, openssl reads the structure, any change is noticed."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from piaoju.crypto import der, ses, sm3
from piaoju.crypto.certificates import Trust, check_chain
from tests.standard.crypto.judges import AT, SmallAuthority, SmallSigner, every_judge_accepts, openssl

XML = b'<?xml version="1.0"?><ofd:Signature/>'
PATH = "/Doc_0/Signs/Sign_0/Signature.xml"
PICTURE = ses.Picture("ofd", b"PK" + bytes(300), 30, 20)


class Stamp:
    """A seal with its maker and holder, set once."""

    def __init__(self) -> None:
        self.issuer = SmallAuthority()
        self.maker = SmallSigner(self.issuer, "制章中心", serial=3)
        self.holder = SmallSigner(self.issuer, "示例医院", serial=4)
        self.information = self.described((self.holder.der,))
        self.seal = ses.assemble_seal(self.information, self.maker.der, self.maker.key.sign(self.information))
        self.to_sign = ses.build_to_sign(self.seal, AT, sm3.digest(XML), PATH)
        signature = self.holder.key.sign(self.to_sign)
        self.signed = ses.assemble_signature(self.to_sign, self.holder.der, signature)

    def described(self, certificates: tuple[bytes, ...]) -> bytes:
        return ses.build_seal_info(
            seal_id="SEAL-1",
            name="示例医院财务专用章",
            certificates=certificates,
            created_at=AT,
            valid_from=AT - timedelta(days=1),
            valid_until=AT + timedelta(days=300),
            picture=PICTURE,
        )


@pytest.fixture(scope="module")
def stamp() -> Stamp:
    return Stamp()


def test_a_seal_reads_back_as_made(stamp: Stamp) -> None:
    read = ses.parse_seal(stamp.seal)
    assert read.information == ses.SealInfo(
        vendor="piaoju",
        seal_id="SEAL-1",
        kind=ses.UNIT_SEAL,
        name="示例医院财务专用章",
        certificates=(stamp.holder.der,),
        certificate_digests=(),
        created_at=AT,
        valid_from=AT - timedelta(days=1),
        valid_until=AT + timedelta(days=300),
        picture=PICTURE,
    )
    assert read.maker == stamp.maker.certificate
    assert (read.der, read.information_der) == (stamp.seal, stamp.information)
    assert ses.seal_problems(read) == []
    assert ses.seal_hash(stamp.seal) == sm3.digest(stamp.seal).hex()


def test_a_seal_signature_reads_back_and_holds(stamp: Stamp) -> None:
    read = ses.parse_signature(stamp.signed)
    assert (read.to_sign_der, read.seal.der) == (stamp.to_sign, stamp.seal)
    assert (read.signed_at, read.property_path) == (AT, PATH)
    assert read.timestamp is None
    assert ses.signature_problems(read, XML, PATH) == []
    assert ses.digest_to_sign(stamp.to_sign, stamp.holder.key.public_key) != sm3.digest(stamp.to_sign)


def test_independent_judges_accept_both_sm2_values(stamp: Stamp) -> None:
    read = ses.parse_signature(stamp.signed)
    assert stamp.signed.count(stamp.to_sign) == 1 and stamp.seal.count(stamp.information) == 1
    assert every_judge_accepts(stamp.holder.key.public_key, stamp.to_sign, read.signature)
    assert every_judge_accepts(stamp.maker.key.public_key, stamp.information, read.seal.signature)


def test_openssl_reads_the_structure(stamp: Stamp, tmp_path: Path) -> None:
    (tmp_path / "value").write_bytes(stamp.signed)
    done = openssl("asn1parse", "-inform", "DER", "-in", "value", folder=tmp_path)
    text = done.stdout.decode()
    assert done.returncode == 0 and not done.stderr
    assert "IA5STRING         :ES" in text and text.count("SM2-with-SM3") == 2
    assert f"IA5STRING         :{PATH}" in text and "GENERALIZEDTIME   :20261123040000Z" in text


def test_no_byte_of_a_seal_signature_can_change_unnoticed(stamp: Stamp) -> None:
    trust = stamp.issuer.trust()
    for position in range(len(stamp.signed)):
        changed = bytearray(stamp.signed)
        changed[position] ^= 0x01
        assert noticed(bytes(changed), trust), position


def noticed(content: bytes, trust: Trust) -> bool:
    try:
        read = ses.parse_signature(content)
    except ses.SealUnreadable:
        return True
    return bool(
        ses.signature_problems(read, XML, PATH)
        or check_chain(read.certificate, trust, read.signed_at)
        or check_chain(read.seal.maker, trust, read.signed_at)
    )


def test_the_same_values_in_another_encoding_are_refused(stamp: Stamp) -> None:
    """What lies outside the signed slices may not be written in two ways."""
    body = stamp.signed[4:]
    certificate = der.node(der.OCTET_STRING, stamp.holder.der)
    before, _, after = body.rpartition(certificate)  # the seal lists the same one, inside what is signed
    longer = certificate[:1] + b"\x83\x00" + certificate[2:]
    for changed in (
        b"\x30\x83\x00" + stamp.signed[2:],
        b"\x30\x80" + body + b"\0\0",
        der.node(der.SEQUENCE, before, longer, after),
        der.node(der.SEQUENCE, body, der.node(0xA1, b"")),
    ):
        with pytest.raises(ses.SealUnreadable):
            ses.parse_signature(changed)


def test_another_document_path_or_time_is_named(stamp: Stamp) -> None:
    read = ses.parse_signature(stamp.signed)
    (problem,) = ses.signature_problems(read, XML + b" ", PATH)
    assert "摘要" in problem
    (problem,) = ses.signature_problems(read, XML, "/Doc_0/Signs/Sign_1/Signature.xml")
    assert "Sign_0" in problem
    assert ses.validity_problems(read.seal, AT) == []
    assert ses.validity_problems(read.seal, AT + timedelta(days=301)) != []
    assert ses.validity_problems(read.seal, AT - timedelta(days=2)) != []


def test_only_a_listed_certificate_may_set_the_seal(stamp: Stamp) -> None:
    thief = SmallSigner(stamp.issuer, "别的单位", serial=66)
    signed = ses.assemble_signature(stamp.to_sign, thief.der, thief.key.sign(stamp.to_sign))
    (problem,) = ses.signature_problems(ses.parse_signature(signed), XML, PATH)
    assert "不在印章" in problem


def test_a_seal_that_its_maker_did_not_sign_is_named(stamp: Stamp) -> None:
    forged = ses.assemble_seal(stamp.information, stamp.maker.der, stamp.holder.key.sign(stamp.information))
    to_sign = ses.build_to_sign(forged, AT, sm3.digest(XML), PATH)
    signed = ses.assemble_signature(to_sign, stamp.holder.der, stamp.holder.key.sign(to_sign))
    (problem,) = ses.signature_problems(ses.parse_signature(signed), XML, PATH)
    assert "制章人" in problem


def test_a_seal_may_list_certificates_by_digest(stamp: Stamp) -> None:
    """Vendors do; ours lists them whole."""
    whole = der.node(0x30, der.node(0x04, stamp.holder.der))
    digest = der.node(0x30, der.node(0x13, b"SM3"), der.node(0x04, sm3.digest(stamp.holder.der)))
    listed = der.integer(1) + whole
    assert stamp.information.count(listed) == 1
    inner = _rebuilt(stamp, listed, der.integer(2) + der.node(0x30, digest))
    read = ses.parse_seal(ses.assemble_seal(inner, stamp.maker.der, stamp.maker.key.sign(inner)))
    assert read.information.certificates == ()
    assert read.information.certificate_digests == (sm3.digest(stamp.holder.der),)
    to_sign = ses.build_to_sign(read.der, AT, sm3.digest(XML), PATH)
    signed = ses.assemble_signature(to_sign, stamp.holder.der, stamp.holder.key.sign(to_sign))
    assert ses.signature_problems(ses.parse_signature(signed), XML, PATH) == []


@pytest.mark.parametrize("content", [b"", b"\x30\x00", b"\x30\x80\0\0", b"\xff" * 50])
def test_what_is_no_seal_is_refused(content: bytes, stamp: Stamp) -> None:
    for read in (ses.parse_seal, ses.parse_signature):
        with pytest.raises(ses.SealUnreadable):
            read(content)
    for changed in (stamp.signed + b"\0", stamp.signed[:-1]):
        with pytest.raises(ses.SealUnreadable):
            ses.parse_signature(changed)
    with pytest.raises(ses.SealUnreadable):
        ses.parse_signature(stamp.seal)


def test_another_version_is_refused_and_never_called_valid(stamp: Stamp) -> None:
    header = der.node(0x16, b"ES") + der.integer(4)
    for version in (1, 3, 5):
        inner = stamp.information.replace(header, der.node(0x16, b"ES") + der.integer(version))
        assert inner != stamp.information
        with pytest.raises(ses.SealUnreadable, match="version"):
            ses.parse_seal(ses.assemble_seal(inner, stamp.maker.der, stamp.maker.key.sign(inner)))


def test_a_signature_over_the_size_limit_is_refused_unread() -> None:
    with pytest.raises(ses.SealUnreadable, match="1 MB"):
        ses.parse_signature(b"\x30" * (ses.SIGNATURE_BYTES_MAX + 1))


def _rebuilt(stamp: Stamp, old: bytes, new: bytes) -> bytes:
    """The seal's description with one part exchanged and the lengths around it made right."""
    header = der.node(0x30, der.node(0x16, b"ES"), der.integer(4), der.node(0x16, b"piaoju"))
    head = header + der.node(0x16, b"SEAL-1")
    inside = stamp.information[4:]
    assert inside.startswith(head)
    properties = inside[len(head) :]
    length = int.from_bytes(properties[2:4], "big")
    shown = properties[4 + length :]
    return der.node(0x30, head, der.node(0x30, properties[4 : 4 + length].replace(old, new)), shown)
