"""Detached signatures as GB/T 35275 SignedData with signed attributes, in one canonical form.

What is signed is the DER of the attributes (SET OF contentType, signingTime, messageDigest). Every
other byte of the container follows from the certificate, so `parse` rebuilds it and refuses a difference.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, ClassVar

from asn1crypto import core

from piaoju.crypto import der, sm2, sm3
from piaoju.crypto.certificates import Certificate, CertificateUnreadable
from piaoju.kit.errors import Refused

DATA = "1.2.156.10197.6.1.4.2.1"
SIGNED_DATA = "1.2.156.10197.6.1.4.2.2"
CONTAINER_BYTES_MAX = 65_536

_CONTENT_TYPE = der.node(der.SEQUENCE, der.oid("1.2.840.113549.1.9.3"), der.node(der.SET, der.oid(DATA)))
_TIME_HEAD = bytes.fromhex("301c06092a864886f70d010905310f170d")
_DIGEST_HEAD = bytes.fromhex("302f06092a864886f70d01090431220420")
_ATTRIBUTES_BYTES = len(_CONTENT_TYPE) + len(_TIME_HEAD) + 13 + len(_DIGEST_HEAD) + 32
_ATTRIBUTES_HEAD = bytes((der.SET, _ATTRIBUTES_BYTES)) + _CONTENT_TYPE + _TIME_HEAD

_SM3_ALGORITHM = der.node(der.SEQUENCE, der.oid(der.SM3))
_SIGNING_ALGORITHM = der.node(der.SEQUENCE, der.oid(der.SM2_SIGNING))


class SignedDataUnreadable(Refused):
    """The bytes are no SignedData in the one form we accept."""

    code = "signed_data_unreadable"
    label = "签名数据无法读取"


@dataclass(frozen=True, slots=True)
class SignedData:
    """A detached signature as read."""

    attributes: bytes
    message_digest: bytes
    signing_time: datetime
    certificate: Certificate
    signature: bytes
    chain: tuple[Certificate, ...]


def attributes(message: bytes, signing_time: datetime) -> bytes:
    """The DER of the signed attributes of a message at a time (whole seconds, UTC)."""
    return attributes_of_digest(sm3.digest(message), signing_time)


def attributes_of_digest(message_digest: bytes, signing_time: datetime) -> bytes:
    """The same for a message whose SM3 is known."""
    return _attributes_head(signing_time) + message_digest


def digest_to_sign(attributes: bytes, public_key: bytes) -> bytes:
    """e over the signed attributes for the holder of the public key."""
    return sm2.digest_for(attributes, public_key)


def assemble(
    attributes: bytes, certificate_der: bytes, signature_der: bytes, chain_ders: Sequence[bytes] = ()
) -> bytes:
    """The SignedData of a signature over the attributes, with its certificate and chain."""
    before, between = _frame(certificate_der, tuple(chain_ders), len(attributes), len(signature_der))
    # GB/T 35275: the attributes are signed as SET (31) and carried as [0] (A0).
    return b"".join((before, b"\xa0", attributes[1:], between, signature_der))


def carried_text(certificate_der: bytes) -> bytes:
    """The Base64 that a certificate leaves in every SignedData that carries it alone, whatever is signed."""
    before, _ = _frame(certificate_der, (), _ATTRIBUTES_BYTES + 2, 71)
    start = before.index(certificate_der)
    first, end = -(-start // 3) * 3, (start + len(certificate_der)) // 3 * 3
    return b64encode(before[first:end])


def parse(content: bytes) -> SignedData:
    """The parts of a SignedData, of which each byte is accounted for."""
    if len(content) > CONTAINER_BYTES_MAX:
        raise SignedDataUnreadable("签名数据超过 64 KB，拒绝读取。")
    try:
        signed = _read(content)
        rebuilt = assemble(
            attributes_of_digest(signed.message_digest, signed.signing_time),
            signed.certificate.der,
            signed.signature,
            tuple(one.der for one in signed.chain),
        )
    except (ValueError, TypeError, KeyError, IndexError, OverflowError, CertificateUnreadable) as error:
        raise SignedDataUnreadable(f"签名数据不是 GB/T 35275 的 SignedData（{error}）。") from error
    if rebuilt != content:
        raise SignedDataUnreadable("签名数据的编码不是规范形式，可能被改动。")
    return signed


def problems(signed: SignedData, message: bytes) -> list[str]:
    """What is wrong with a signature over a message, in words; empty if it holds."""
    found = []
    if sm3.digest(message) != signed.message_digest:
        found.append("原文与签名中的摘要不符：原文在签名之后被改动")
    if not sm2.verify_signature(signed.certificate.public_key, signed.attributes, signed.signature):
        found.append("SM2 签名值不成立：签名或证书被改动")
    return found


@lru_cache(maxsize=64)  # the bills of a group are signed in one second
def _attributes_head(signing_time: datetime) -> bytes:
    at = signing_time.astimezone(UTC)
    # UTCTime has two digits for the year: 1950 to 2049.
    if not 1950 <= at.year < 2050:
        raise ValueError("signing time outside 1950-2049")
    return _ATTRIBUTES_HEAD + at.strftime("%y%m%d%H%M%SZ").encode() + _DIGEST_HEAD


_SIGNED_DATA_OID = der.oid(SIGNED_DATA)


@lru_cache(maxsize=4096)
def _frame(
    certificate_der: bytes, chain_ders: tuple[bytes, ...], attributes_bytes: int, signature_bytes: int
) -> tuple[bytes, bytes]:
    """What stands before the attributes, and between them and the signature: fixed per certificate and lengths."""
    certificate = Certificate.parse(certificate_der)
    head = b"".join(
        (
            der.integer(1),
            der.node(der.SET, _SM3_ALGORITHM),
            der.node(der.SEQUENCE, der.oid(DATA)),
            der.node(0xA0, certificate_der, *chain_ders),
        )
    )
    issuer_and_serial = der.node(der.SEQUENCE, certificate.issuer_der, der.integer(certificate.serial))
    # Only lengths matter for what stands around the two: built with zeros in their place, then cut out.
    signature = der.node(der.OCTET_STRING, bytes(signature_bytes))
    signer = der.node(
        der.SEQUENCE, der.integer(1), issuer_and_serial, _SM3_ALGORITHM, bytes(attributes_bytes), _SIGNING_ALGORITHM, signature
    )
    body = der.node(der.SEQUENCE, head, der.node(der.SET, signer))
    whole = der.node(der.SEQUENCE, _SIGNED_DATA_OID, der.node(0xA0, body))
    between = _SIGNING_ALGORITHM + signature[: len(signature) - signature_bytes]
    cut = len(whole) - signature_bytes - len(between)
    return whole[: cut - attributes_bytes], between


class _ContentInfo(core.Sequence):  # type: ignore[misc]
    _fields: ClassVar[list[Any]] = [
        ("content_type", core.ObjectIdentifier),
        ("content", core.Any, {"explicit": 0}),
    ]


class _Values(core.SetOf):  # type: ignore[misc]
    _child_spec = core.Any


class _Attribute(core.Sequence):  # type: ignore[misc]
    _fields: ClassVar[list[Any]] = [("type", core.ObjectIdentifier), ("values", _Values)]


class _Attributes(core.SetOf):  # type: ignore[misc]
    _child_spec = _Attribute


class _Anything(core.SequenceOf):  # type: ignore[misc]
    _child_spec = core.Any


class _SignerInfo(core.Sequence):  # type: ignore[misc]
    _fields: ClassVar[list[Any]] = [
        ("version", core.Integer),
        ("issuer_and_serial", core.Any),
        ("digest_algorithm", core.Any),
        ("attributes", _Attributes, {"implicit": 0}),
        ("signing_algorithm", core.Any),
        ("signature", core.OctetString),
    ]


class _SignerInfos(core.SetOf):  # type: ignore[misc]
    _child_spec = _SignerInfo


class _SignedData(core.Sequence):  # type: ignore[misc]
    _fields: ClassVar[list[Any]] = [
        ("version", core.Integer),
        ("digest_algorithms", _Values),
        ("content_info", core.Any),
        ("certificates", _Anything, {"implicit": 0}),
        ("signers", _SignerInfos),
    ]


def _read(content: bytes) -> SignedData:
    outer = _ContentInfo.load(content, strict=True)
    inner = outer["content"].parse(spec=_SignedData)
    certificates = [Certificate.parse(one.dump()) for one in inner["certificates"]]
    (signer,) = inner["signers"]
    values = {one["type"].dotted: one["values"][0] for one in signer["attributes"]}
    digest = values["1.2.840.113549.1.9.4"].parse(spec=core.OctetString).native
    at = values["1.2.840.113549.1.9.5"].parse(spec=core.UTCTime).native
    if len(digest) != sm3.DIGEST_BYTES:
        raise ValueError("messageDigest is not 32 bytes")
    carried = signer["attributes"].dump()
    return SignedData(
        attributes=b"\x31" + carried[1:],
        message_digest=digest,
        signing_time=at,
        certificate=certificates[0],
        signature=signer["signature"].native,
        chain=tuple(certificates[1:]),
    )
