"""X.509 certificates and revocation lists with SM2, and whether a chain holds at an instant."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import pairwise

from asn1crypto import x509 as asn1_x509
from cryptography import x509
from OpenSSL import crypto as openssl

from piaoju.crypto import der, sm2
from piaoju.kit.errors import Refused

_PEM = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----\s(.+?)-----END \1-----", re.DOTALL)
_UNDERSTOOD_CRITICAL = frozenset({"2.5.29.15", "2.5.29.19", "2.5.29.37"})
DEMONSTRATION_MARK = "演示"


class CertificateUnreadable(Refused):
    """The bytes are no certificate or revocation list that we can read."""

    code = "certificate_unreadable"
    label = "证书无法读取"


@dataclass(frozen=True, slots=True)
class Certificate:
    """An SM2 certificate as read; equal when its bytes are."""

    der: bytes
    public_key: bytes
    subject_name: str
    issuer_name: str
    subject_der: bytes
    issuer_der: bytes
    serial: int
    not_before: datetime
    not_after: datetime
    key_usage: frozenset[str]
    is_authority: bool
    is_demonstration: bool  # the subject says 演示: nothing under it is ever real
    tbs: bytes
    signature: bytes

    @classmethod
    def parse(cls, content: bytes) -> Certificate:
        """The certificate of DER bytes; refuses other algorithms than SM2 with SM3."""
        return _parse_certificate(bytes(content))

    @property
    def serial_text(self) -> str:
        """The serial number in capital hexadecimal, as certificates are listed."""
        return f"{self.serial:X}"


@dataclass(frozen=True, slots=True)
class RevocationList:
    """A CRL as read."""

    der: bytes
    issuer_der: bytes
    number: int
    this_update: datetime
    next_update: datetime
    revoked: dict[int, datetime]
    tbs: bytes
    signature: bytes

    @classmethod
    def parse(cls, content: bytes) -> RevocationList:
        """The revocation list of DER bytes."""
        try:
            read = x509.load_der_x509_crl(content)
            number = read.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
            critical = [one.oid.dotted_string for one in read.extensions if one.critical]
        except (ValueError, x509.ExtensionNotFound, x509.DuplicateExtension) as error:
            raise CertificateUnreadable(f"吊销列表无法读取（{error}）。请重新下载。") from error
        if read.signature_algorithm_oid.dotted_string != der.SM2_WITH_SM3 or read.next_update_utc is None:
            raise CertificateUnreadable("吊销列表不是 SM2 签名，或没有下次更新时间。请向证书机构索取。")
        if critical:
            raise CertificateUnreadable(f"吊销列表含有不认识的关键扩展 {critical[0]}，不能据以判断。")
        return cls(
            der=content,
            issuer_der=read.issuer.public_bytes(),
            number=number,
            this_update=read.last_update_utc,
            next_update=read.next_update_utc,
            revoked={one.serial_number: one.revocation_date_utc for one in read},
            tbs=read.tbs_certlist_bytes,
            signature=read.signature,
        )


@dataclass(frozen=True, slots=True)
class Trust:
    """Whom we believe: authorities and their revocation lists."""

    authorities: tuple[Certificate, ...]
    revocation_lists: tuple[RevocationList, ...]

    @classmethod
    def parse(cls, pem: bytes) -> Trust:
        """The authorities (self-issued ones are anchors) and lists of a trust.pem."""
        lists = tuple(RevocationList.parse(content) for content in pem_blocks(pem, "X509 CRL"))
        return cls(tuple(read_pem_many(pem)), lists)

    @property
    def is_demonstration(self) -> bool:
        """Whether any authority here is a demonstration one."""
        return any(one.is_demonstration for one in self.authorities)

    def list_of(self, issuer: Certificate) -> RevocationList | None:
        """The newest list of an authority, None if there is none or its signature does not hold."""
        candidates = [
            one
            for one in self.revocation_lists
            if one.issuer_der == issuer.subject_der
            and "crl_sign" in issuer.key_usage
            and _signature_holds(issuer.public_key, one.tbs, one.signature)
        ]
        return max(candidates, key=lambda one: (one.number, one.this_update), default=None)


def read_pem_many(pem: bytes) -> list[Certificate]:
    """Every certificate of a PEM text, in order."""
    return [Certificate.parse(content) for content in pem_blocks(pem, "CERTIFICATE")]


def pem_blocks(pem: bytes, label: str) -> list[bytes]:
    """The contents of the PEM blocks with a label."""
    try:
        return [b64decode(body) for name, body in _PEM.findall(pem) if name.decode() == label]
    except ValueError as error:
        raise CertificateUnreadable(f"PEM 内容不是 Base64（{error}）。请换用完整的文件。") from error


def check_chain(
    certificate: Certificate,
    trust: Trust,
    at: datetime,
    *,
    usage: str = "digital_signature",
    extra: Iterable[Certificate] = (),
) -> list[str]:
    """What is wrong with a signer's certificate at an instant, in words; empty if it is good."""
    problems = []
    if usage not in certificate.key_usage:
        problems.append(f"证书“{certificate.subject_name}”的密钥用途不含签名")
    try:
        chain = _verified_chain(certificate, trust, tuple(extra), at)
    except openssl.X509StoreContextError as error:
        return [*problems, _in_words(error, certificate)]
    except openssl.Error as error:
        return [*problems, f"证书“{certificate.subject_name}”的编码有误，证书链无法建立（{error}）"]
    for one, issuer in pairwise(chain):
        problems += _revocation_problems(one, issuer, trust, at)
    return problems


def chain_is_demonstration(certificate: Certificate, trust: Trust) -> bool:
    """Whether the certificate, or the authority that issued it, is a demonstration one."""
    return certificate.is_demonstration or any(
        one.is_demonstration for one in trust.authorities if one.subject_der == certificate.issuer_der
    )


def _verified_chain(
    certificate: Certificate, trust: Trust, extra: tuple[Certificate, ...], at: datetime
) -> list[Certificate]:
    store = openssl.X509Store()
    between = []
    for one in (*trust.authorities, *extra):
        if one in trust.authorities and one.subject_der == one.issuer_der:
            store.add_cert(_opened(one.der))
        else:
            between.append(_opened(one.der))
    store.set_time(at)
    context = openssl.X509StoreContext(store, _opened(certificate.der), between)
    return [
        Certificate.parse(openssl.dump_certificate(openssl.FILETYPE_ASN1, one))
        for one in context.get_verified_chain()
    ]


def _revocation_problems(
    certificate: Certificate, issuer: Certificate, trust: Trust, at: datetime
) -> list[str]:
    revocations = trust.list_of(issuer)
    if revocations is None:
        return [f"没有证书机构“{issuer.subject_name}”的有效吊销列表，请更新信任文件"]
    if at > revocations.next_update:
        return [
            f"证书机构“{issuer.subject_name}”的吊销列表已过期（{revocations.next_update:%Y-%m-%d}），请更新"
        ]
    revoked_at = revocations.revoked.get(certificate.serial)
    # A later revocation leaves what was signed before it in force.
    if revoked_at is not None and revoked_at <= at:
        return [f"证书“{certificate.subject_name}”已于 {revoked_at:%Y-%m-%d %H:%M:%S}Z 吊销"]
    return []


def _in_words(error: openssl.X509StoreContextError, certificate: Certificate) -> str:
    # Not error.certificate: for bytes that OpenSSL cannot copy it is a null pointer, and reading it crashes.
    code, depth = error.errors[0], error.errors[1]
    reason = _REASONS.get(code, f"证书链不成立（{error}）")
    whose = f"“{certificate.subject_name}”" if depth == 0 else f"“{certificate.subject_name}”的上级"
    return f"证书{whose}：{reason}"


_REASONS = {
    7: "证书的签名不成立，证书被改动或颁发者不是所称的机构",
    9: "在该时刻尚未生效",
    10: "在该时刻已过有效期",
    18: "自签名证书不在信任之列",
    19: "根证书不在信任之列",
    20: "颁发者不在信任之列",
    21: "颁发者不在信任之列",
    24: "颁发者不是证书机构",
    25: "证书链超过允许的层数",
    32: "颁发者的密钥用途不含签发证书",
    34: "含有不认识的关键扩展",
    79: "颁发者不是证书机构",
}


@lru_cache(maxsize=256)
def _signature_holds(public_key: bytes, signed: bytes, signature: bytes) -> bool:
    # A list is asked for with every bill that is verified, and stays the same for weeks.
    return sm2.verify_signature(public_key, signed, signature)


@lru_cache(maxsize=512)
def _opened(content: bytes) -> openssl.X509:
    return openssl.load_certificate(openssl.FILETYPE_ASN1, content)


@lru_cache(maxsize=8192)
def _parse_certificate(content: bytes) -> Certificate:
    try:
        read = x509.load_der_x509_certificate(content)
        tbs = asn1_x509.TbsCertificate.load(read.tbs_certificate_bytes, strict=True)
        point = bytes(tbs["subject_public_key_info"]["public_key"])
        critical = {one.oid.dotted_string for one in read.extensions if one.critical}
        usage = _usage_of(read)
        is_authority = _is_authority(read)
    except (ValueError, TypeError, KeyError, x509.DuplicateExtension, x509.InvalidVersion) as error:
        raise CertificateUnreadable(f"证书无法读取（{error}）。请换用 DER 编码的 SM2 证书。") from error
    algorithm = tbs["subject_public_key_info"]["algorithm"]
    is_point = len(point) == 65 and point[0] == 4
    named = algorithm["parameters"].dump() == der.oid(der.SM2_CURVE)
    if read.signature_algorithm_oid.dotted_string != der.SM2_WITH_SM3 or not named or not is_point:
        raise CertificateUnreadable(
            "证书不是 SM2 证书（SM2 公钥、SM3 签名）。请向证书机构申领 SM2 签名证书。"
        )
    if unknown := critical - _UNDERSTOOD_CRITICAL:
        raise CertificateUnreadable(f"证书含有不认识的关键扩展 {min(unknown)}。请换用普通签名证书。")
    if tbs["serial_number"].native <= 0:
        raise CertificateUnreadable("证书序列号不是正整数，证书可能被改动。请重新取得证书。")
    return Certificate(
        der=content,
        public_key=point,
        subject_name=_common_name(read.subject),
        issuer_name=_common_name(read.issuer),
        subject_der=read.subject.public_bytes(),
        issuer_der=read.issuer.public_bytes(),
        serial=read.serial_number,
        not_before=read.not_valid_before_utc,
        not_after=read.not_valid_after_utc,
        key_usage=usage,
        is_authority=is_authority,
        is_demonstration=any(DEMONSTRATION_MARK in str(one.value) for one in read.subject),
        tbs=read.tbs_certificate_bytes,
        signature=read.signature,
    )


def _common_name(name: x509.Name) -> str:
    found = name.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return str(found[0].value) if found else name.rfc4514_string()


def _usage_of(read: x509.Certificate) -> frozenset[str]:
    try:
        usage = read.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return frozenset()
    words = ("digital_signature", "content_commitment", "key_cert_sign", "crl_sign", "key_encipherment")
    return frozenset(word for word in words if getattr(usage, word))


def _is_authority(read: x509.Certificate) -> bool:
    try:
        return read.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False
