"""The few DER pieces that signing writes thousands of times a second; reading is asn1crypto's."""

from __future__ import annotations

SEQUENCE = 0x30
SET = 0x31
INTEGER = 0x02
BIT_STRING = 0x03
OCTET_STRING = 0x04
IA5_STRING = 0x16
UTC_TIME = 0x17
GENERALIZED_TIME = 0x18

SM2_KEY = "1.2.840.10045.2.1"
SM2_CURVE = "1.2.156.10197.1.301"
SM2_WITH_SM3 = "1.2.156.10197.1.501"
SM2_SIGNING = "1.2.156.10197.1.301.1"
SM3 = "1.2.156.10197.1.401"


def node(tag: int, *parts: bytes) -> bytes:
    """One tag-length-value of the joined parts."""
    body = b"".join(parts)
    length = len(body)
    if length < 0x80:
        return bytes((tag, length)) + body
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets))) + octets + body


def oid(dotted: str) -> bytes:
    """An OBJECT IDENTIFIER, tag and length included."""
    first, second, *rest = (int(part) for part in dotted.split("."))
    body = bytearray()
    for arc in (first * 40 + second, *rest):
        groups = [arc & 0x7F]
        while arc := arc >> 7:
            groups.append(0x80 | arc & 0x7F)
        body += bytes(reversed(groups))
    return node(0x06, bytes(body))


def integer(value: int) -> bytes:
    """A non-negative INTEGER in its shortest form."""
    return node(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def bit_string(content: bytes) -> bytes:
    """A BIT STRING of whole bytes."""
    return node(BIT_STRING, b"\x00", content)
