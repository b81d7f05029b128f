"""The ASN.1 of GB/T 38540 version 4, as asn1crypto classes for reading."""

from __future__ import annotations

from typing import Any, ClassVar

from asn1crypto import core


class Header(core.Sequence):  # type: ignore[misc]
    _fields: ClassVar[list[Any]] = [
        ("id", core.IA5String),
        ("version", core.Integer),
        ("vendor", core.IA5String),
    ]


class CertificateDigest(core.Sequence):  # type: ignore[misc]
    _fields: ClassVar[list[Any]] = [("type", core.PrintableString), ("value", core.OctetString)]


class Certificates(core.SequenceOf):  # type: ignore[misc]
    _child_spec = core.OctetString


class CertificateDigests(core.SequenceOf):  # type: ignore[misc]
    _child_spec = CertificateDigest


class Properties(core.Sequence):  # type: ignore[misc]
    _fields: ClassVar[list[Any]] = [
        ("kind", core.Integer),
        ("name", core.UTF8String),
        ("list_kind", core.Integer),
        ("listed", core.Any),
        ("created_at", core.GeneralizedTime),
        ("valid_from", core.GeneralizedTime),
        ("valid_until", core.GeneralizedTime),
    ]


class PictureFields(core.Sequence):  # type: ignore[misc]
    _fields: ClassVar[list[Any]] = [
        ("kind", core.IA5String),
        ("content", core.OctetString),
        ("width", core.Integer),
        ("height", core.Integer),
    ]


class Extension(core.Sequence):  # type: ignore[misc]
    _fields: ClassVar[list[Any]] = [
        ("id", core.ObjectIdentifier),
        ("critical", core.Boolean, {"optional": True}),  # seals in the wild write FALSE out
        ("value", core.OctetString),
    ]


class Extensions(core.SequenceOf):  # type: ignore[misc]
    _child_spec = Extension


class SealInfoFields(core.Sequence):  # type: ignore[misc]
    _fields: ClassVar[list[Any]] = [
        ("header", Header),
        ("seal_id", core.IA5String),
        ("properties", Properties),
        ("picture", PictureFields),
        ("extensions", Extensions, {"optional": True}),
    ]


class SealFields(core.Sequence):  # type: ignore[misc]
    _fields: ClassVar[list[Any]] = [
        ("information", SealInfoFields),
        ("certificate", core.OctetString),
        ("algorithm", core.ObjectIdentifier),
        ("signature", core.BitString),
    ]


class ToSign(core.Sequence):  # type: ignore[misc]
    _fields: ClassVar[list[Any]] = [
        ("version", core.Integer),
        ("seal", SealFields),
        ("signed_at", core.GeneralizedTime),
        ("digest", core.BitString),
        ("property_path", core.IA5String),
        ("extensions", Extensions, {"explicit": 0, "optional": True}),
    ]


class SealSignatureFields(core.Sequence):  # type: ignore[misc]
    _fields: ClassVar[list[Any]] = [
        ("to_sign", ToSign),
        ("certificate", core.OctetString),
        ("algorithm", core.ObjectIdentifier),
        ("signature", core.BitString),
        ("timestamp", core.BitString, {"explicit": 0, "optional": True}),
    ]
