"""Electronic seals and their signatures, GB/T 38540 version 4: DER in, DER out.

The seal maker signs DER(SES_SealInfo) alone and the signer signs DER(TBS_Sign): what every seal found
in the wild does. Reading keeps the received slices, and refuses what is not the one DER form.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from asn1crypto import core

from piaoju.crypto import der, sm2, sm3
from piaoju.crypto import ses_structure as structure
from piaoju.crypto.certificates import Certificate, CertificateUnreadable
from piaoju.kit.errors import Refused

VERSION = 4
UNIT_SEAL = 1
PERSON_SEAL = 2
CERTIFICATES_LISTED = 1
DIGESTS_LISTED = 2
SIGNATURE_BYTES_MAX = 1_048_576

_ALGORITHM = der.oid(der.SM2_WITH_SM3)


class SealUnreadable(Refused):
    """The bytes are no seal or seal signature of version 4."""

    code = "seal_unreadable"
    label = "电子印章无法读取"


@dataclass(frozen=True, slots=True)
class Picture:
    """What a seal looks like: its file type, bytes, and size in millimetres."""

    kind: str  # "ofd" for a vector picture, "png"
    content: bytes
    width_mm: int
    height_mm: int


@dataclass(frozen=True, slots=True)
class SealInfo:
    """What the seal maker vouches for."""

    vendor: str
    seal_id: str
    kind: int
    name: str
    certificates: tuple[bytes, ...]  # whole certificates, or …
    certificate_digests: tuple[bytes, ...]  # … their SM3 digests
    created_at: datetime
    valid_from: datetime
    valid_until: datetime
    picture: Picture


@dataclass(frozen=True, slots=True)
class Seal:
    """A seal as read, with the exact bytes received."""

    der: bytes
    information_der: bytes
    information: SealInfo
    maker: Certificate
    signature: bytes


@dataclass(frozen=True, slots=True)
class SealSignature:
    """A seal signature as read, with the exact bytes received."""

    der: bytes
    to_sign_der: bytes
    seal: Seal
    signed_at: datetime
    xml_digest: bytes
    property_path: str
    certificate: Certificate
    signature: bytes
    timestamp: bytes | None


def build_seal_info(
    *,
    seal_id: str,
    name: str,
    certificates: Sequence[bytes],
    created_at: datetime,
    valid_from: datetime,
    valid_until: datetime,
    picture: Picture,
    vendor: str = "piaoju",
    kind: int = UNIT_SEAL,
) -> bytes:
    """The DER that the seal maker signs."""
    listed = der.node(der.SEQUENCE, *(der.node(der.OCTET_STRING, one) for one in certificates))
    header = der.node(der.SEQUENCE, _ia5("ES"), der.integer(VERSION), _ia5(vendor))
    properties = der.node(
        der.SEQUENCE,
        der.integer(kind),
        der.node(0x0C, name.encode()),
        der.integer(CERTIFICATES_LISTED),
        listed,
        _time(created_at),
        _time(valid_from),
        _time(valid_until),
    )
    shown = der.node(
        der.SEQUENCE,
        _ia5(picture.kind),
        der.node(der.OCTET_STRING, picture.content),
        der.integer(picture.width_mm),
        der.integer(picture.height_mm),
    )
    return der.node(der.SEQUENCE, header, _ia5(seal_id), properties, shown)


def assemble_seal(information_der: bytes, maker_certificate_der: bytes, signature_der: bytes) -> bytes:
    """The seal: its description signed by the seal maker."""
    return der.node(
        der.SEQUENCE,
        information_der,
        der.node(der.OCTET_STRING, maker_certificate_der),
        _ALGORITHM,
        der.bit_string(signature_der),
    )


def seal_hash(eseal_der: bytes) -> str:
    """SM3 of a seal in hexadecimal: the SealHash of the bill XML."""
    return sm3.digest(eseal_der).hex()


def build_to_sign(eseal_der: bytes, at: datetime, signature_xml_digest: bytes, property_path: str) -> bytes:
    """The DER that the signer signs: this seal, at this time, on this Signature.xml."""
    return der.node(
        der.SEQUENCE,
        _VERSION_DER,
        eseal_der,
        _time(at),
        der.bit_string(signature_xml_digest),
        _ia5(property_path),
    )


def digest_to_sign(to_sign_der: bytes, public_key: bytes) -> bytes:
    """e over a TBS_Sign (or a SES_SealInfo) for the holder of the public key."""
    return sm2.digest_for(to_sign_der, public_key)


def assemble_signature(to_sign_der: bytes, certificate_der: bytes, signature_der: bytes) -> bytes:
    """The seal signature that goes into SignedValue.dat."""
    return der.node(
        der.SEQUENCE, to_sign_der, _certificate_piece(certificate_der), der.bit_string(signature_der)
    )


def parse_seal(content: bytes) -> Seal:
    """The parts of a seal."""
    try:
        read = structure.SealFields.load(content, strict=True)
        _demand(read.dump(force=True) == content, "not the DER form")
        return _seal_of(read)
    except (ValueError, TypeError, KeyError, IndexError, OverflowError, CertificateUnreadable) as error:
        raise SealUnreadable(f"不是 GB/T 38540 第 4 版的电子印章（{error}）。请换用新版印章。") from error


def parse_signature(content: bytes) -> SealSignature:
    """The parts of a seal signature; other versions are refused, never called valid."""
    if len(content) > SIGNATURE_BYTES_MAX:
        raise SealUnreadable("印章签名超过 1 MB，拒绝读取。")
    try:
        read = structure.SealSignatureFields.load(content, strict=True)
        _demand(read.dump(force=True) == content, "not the DER form")
        to_sign = read["to_sign"]
        _demand(int(to_sign["version"].native) == VERSION, "version is not 4")
        _demand(read["algorithm"].dotted == der.SM2_WITH_SM3, "signature is not SM2 with SM3")
        timestamp = read["timestamp"].native
        return SealSignature(
            der=content,
            to_sign_der=to_sign.dump(),
            seal=_seal_of(to_sign["seal"]),
            signed_at=to_sign["signed_at"].native,
            xml_digest=_octets(to_sign["digest"]),
            property_path=to_sign["property_path"].native,
            certificate=Certificate.parse(read["certificate"].native),
            signature=_octets(read["signature"]),
            timestamp=None if timestamp is None else _octets(read["timestamp"]),
        )
    except (ValueError, TypeError, KeyError, IndexError, OverflowError, CertificateUnreadable) as error:
        raise SealUnreadable(f"不是 GB/T 38540 第 4 版的印章签名（{error}）。") from error


def seal_problems(seal: Seal) -> list[str]:
    """What is wrong with a seal as its maker left it, in words (the maker's chain: certificates)."""
    if sm2.verify_signature(seal.maker.public_key, seal.information_der, seal.signature):
        return []
    return ["制章人的签名不成立：印章被改动"]


def validity_problems(seal: Seal, at: datetime) -> list[str]:
    """What is wrong with using a seal at an instant, in words."""
    information = seal.information
    if information.valid_from <= at <= information.valid_until:
        return []
    return [f"印章“{information.name}”在 {at:%Y-%m-%d %H:%M:%S}Z 不在有效期内"]


def signature_problems(signature: SealSignature, signature_xml: bytes, property_path: str) -> list[str]:
    """What is wrong with a seal signature over a Signature.xml, in words; empty if it holds.

    Not asked here: the seal's validity in time (`validity_problems`) and both certificates' chains.
    """
    found = seal_problems(signature.seal)
    if sm3.digest(signature_xml) != signature.xml_digest:
        found.append("Signature.xml 与签章中的摘要不符：签章之后被改动")
    if signature.property_path.lstrip("/") != property_path.lstrip("/"):
        found.append(f"签章所指的文件是 {signature.property_path}，不是 {property_path}")
    holder = signature.certificate
    if not sm2.verify_signature(holder.public_key, signature.to_sign_der, signature.signature):
        found.append("签章人的 SM2 签名值不成立")
    information = signature.seal.information
    if (
        holder.der not in information.certificates
        and sm3.digest(holder.der) not in information.certificate_digests
    ):
        found.append(f"签章人证书“{holder.subject_name}”不在印章“{information.name}”允许的证书之列")
    return found


_VERSION_DER = der.integer(VERSION)


@lru_cache(maxsize=4096)
def _certificate_piece(certificate_der: bytes) -> bytes:
    return der.node(der.OCTET_STRING, certificate_der) + _ALGORITHM


def _ia5(text: str) -> bytes:
    return der.node(der.IA5_STRING, text.encode("ascii"))


def _time(at: datetime) -> bytes:
    return der.node(der.GENERALIZED_TIME, at.astimezone(UTC).strftime("%Y%m%d%H%M%SZ").encode())


def _seal_of(read: structure.SealFields) -> Seal:
    information = read["information"]
    properties = information["properties"]
    _demand(information["header"]["id"].native == "ES", "header is not ES")
    _demand(int(information["header"]["version"].native) == VERSION, "seal version is not 4")
    _demand(read["algorithm"].dotted == der.SM2_WITH_SM3, "seal is not signed with SM2")
    certificates, digests = _listed(properties)
    picture = information["picture"]
    return Seal(
        der=read.dump(),
        information_der=information.dump(),
        information=SealInfo(
            vendor=information["header"]["vendor"].native,
            seal_id=information["seal_id"].native,
            kind=int(properties["kind"].native),
            name=properties["name"].native,
            certificates=certificates,
            certificate_digests=digests,
            created_at=properties["created_at"].native,
            valid_from=properties["valid_from"].native,
            valid_until=properties["valid_until"].native,
            picture=Picture(
                picture["kind"].native,
                picture["content"].native,
                int(picture["width"].native),
                int(picture["height"].native),
            ),
        ),
        maker=Certificate.parse(read["certificate"].native),
        signature=_octets(read["signature"]),
    )


def _listed(properties: structure.Properties) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    kind = int(properties["list_kind"].native)
    if kind == CERTIFICATES_LISTED:
        return tuple(one.native for one in properties["listed"].parse(spec=structure.Certificates)), ()
    _demand(kind == DIGESTS_LISTED, "unknown certificate list")
    digests = properties["listed"].parse(spec=structure.CertificateDigests)
    return (), tuple(one["value"].native for one in digests)


def _octets(bits: core.BitString) -> bytes:
    content = bits.contents
    _demand(bool(content) and content[0] == 0, "BIT STRING is not of whole bytes")
    return bytes(content[1:])


def _demand(condition: bool, complaint: str) -> None:
    if not condition:
        raise ValueError(complaint)
