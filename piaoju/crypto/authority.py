"""Writing certificates and revocation lists: what an SM2 certificate authority signs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from asn1crypto import core, crl, x509

from piaoju.crypto import der, sm3
from piaoju.crypto.engine import PUBLIC_PREFIX

# Signs a message: SM2 over SM3(Z‖message), DER.
MessageSigner = Callable[[bytes], bytes]

_ALGORITHM = der.node(der.SEQUENCE, der.oid(der.SM2_WITH_SM3))


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a certificate names."""

    common_name: str
    organization: str
    unit_code: str = ""  # carried as serialNumber of the name
    country: str = "CN"


def issue_certificate(
    subject: Subject,
    public_key: bytes,
    *,
    issuer: Subject,
    issuer_key: bytes,
    serial: int,
    not_before: datetime,
    not_after: datetime,
    sign: MessageSigner,
    is_authority: bool = False,
) -> bytes:
    """The DER of a certificate: of an authority, or of a signer (digitalSignature, nonRepudiation)."""
    usage = {"key_cert_sign", "crl_sign"} if is_authority else {"digital_signature", "non_repudiation"}
    constraints = {"ca": True} if is_authority else {"ca": False}
    extensions = [
        {"extn_id": "basic_constraints", "critical": True, "extn_value": x509.BasicConstraints(constraints)},
        {"extn_id": "key_usage", "critical": True, "extn_value": x509.KeyUsage(usage)},
        {"extn_id": "key_identifier", "critical": False, "extn_value": core.OctetString(key_id(public_key))},
        {
            "extn_id": "authority_key_identifier",
            "critical": False,
            "extn_value": x509.AuthorityKeyIdentifier({"key_identifier": key_id(issuer_key)}),
        },
    ]
    encoded = b"".join(x509.Extension(one).dump() for one in extensions)
    tbs = der.node(
        der.SEQUENCE,
        der.node(0xA0, der.integer(2)),
        der.integer(serial),
        _ALGORITHM,
        name_der(issuer),
        der.node(der.SEQUENCE, _time(not_before), _time(not_after)),
        name_der(subject),
        PUBLIC_PREFIX + public_key,
        der.node(0xA3, der.node(der.SEQUENCE, encoded)),
    )
    return der.node(der.SEQUENCE, tbs, _ALGORITHM, der.bit_string(sign(tbs)))


def issue_crl(
    *,
    issuer: Subject,
    issuer_key: bytes,
    number: int,
    this_update: datetime,
    next_update: datetime,
    revoked: Mapping[int, datetime],
    sign: MessageSigner,
) -> bytes:
    """The DER of a revocation list (version 2) of an authority."""
    entries = b"".join(
        der.node(der.SEQUENCE, der.integer(serial), _time(at)) for serial, at in sorted(revoked.items())
    )
    extensions = (
        crl.TBSCertListExtension(
            {
                "extn_id": "authority_key_identifier",
                "critical": False,
                "extn_value": x509.AuthorityKeyIdentifier({"key_identifier": key_id(issuer_key)}),
            }
        ).dump()
        + crl.TBSCertListExtension(
            {"extn_id": "crl_number", "critical": False, "extn_value": core.Integer(number)}
        ).dump()
    )
    tbs = der.node(
        der.SEQUENCE,
        der.integer(1),
        _ALGORITHM,
        name_der(issuer),
        _time(this_update),
        _time(next_update),
        der.node(der.SEQUENCE, entries) if entries else b"",
        der.node(0xA0, der.node(der.SEQUENCE, extensions)),
    )
    return der.node(der.SEQUENCE, tbs, _ALGORITHM, der.bit_string(sign(tbs)))


def key_id(public_key: bytes) -> bytes:
    """The identifier of a public key: the first 20 bytes of its SM3."""
    return sm3.digest(public_key)[:20]


def name_der(subject: Subject) -> bytes:
    """The DER name of a subject: C, O, serialNumber if any, CN."""
    parts = [("2.5.4.6", 0x13, subject.country), ("2.5.4.10", 0x0C, subject.organization)]
    if subject.unit_code:
        parts.append(("2.5.4.5", 0x13, subject.unit_code))
    parts.append(("2.5.4.3", 0x0C, subject.common_name))
    return der.node(
        der.SEQUENCE,
        *(
            der.node(der.SET, der.node(der.SEQUENCE, der.oid(dotted), der.node(tag, text.encode())))
            for dotted, tag, text in parts
        ),
    )


def _time(at: datetime) -> bytes:
    encoded: bytes = x509.Time(
        {"utc_time": at.replace(microsecond=0)}
        if at.year < 2050
        else {"general_time": at.replace(microsecond=0)}
    ).dump()
    return encoded
