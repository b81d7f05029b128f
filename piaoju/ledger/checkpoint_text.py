"""A checkpoint as text that anyone can keep and check, in the manner of C2SP tlog-checkpoint.

    piaoju.example/log            the log's name
    1234                          leaves
    q83v…=                        root hash, Base64
    sums 1200 345600 34 7800      issued sheets, issued fen, red sheets, red fen
    at 2026-11-23T05:00:00Z
    (empty line)
    — piaoju.example/log q83v…=   Base64 of key id (4 bytes) and the SM2 signature (DER)

The signature is over everything before the empty line, each line with its line feed; the key id is the
beginning of SM3(name ‖ 0x0A ‖ 0xFE ‖ public key).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from piaoju.crypto import merkle
from piaoju.crypto.merkle import Node, Sums

VerifySignature = Callable[[bytes, bytes, bytes], bool]  # public key, message, DER signature


@dataclass(frozen=True, slots=True)
class SignedHead:
    """A checkpoint's text, taken apart."""

    origin: str
    size: int
    root: Node
    at: datetime
    body: bytes
    key_id: bytes
    signature: bytes


def body(origin: str, size: int, root: Node, at: datetime) -> bytes:
    """The bytes to be signed."""
    lines = (
        origin,
        str(size),
        base64.b64encode(root.hash).decode(),
        "sums " + " ".join(map(str, root.sums)),
        f"at {at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
    )
    return "".join(f"{line}\n" for line in lines).encode()


def signed(content: bytes, name: str, public_key: bytes, signature: bytes) -> str:
    """The whole text: what was signed and its signature line."""
    line = base64.b64encode(key_id(name, public_key) + signature).decode()
    return f"{content.decode()}\n— {name} {line}\n"


def key_id(name: str, public_key: bytes) -> bytes:
    """Four bytes that say which key signed."""
    return merkle.digest(name.encode() + b"\n\xfe" + public_key)[:4]


def parse(text: str) -> SignedHead:
    """The parts of a checkpoint; ValueError when it is not exactly one."""
    content, _, signature_line = text.partition("\n\n")
    lines = content.split("\n")
    if len(lines) != 5 or not lines[3].startswith("sums ") or not lines[4].startswith("at "):
        raise ValueError("not a checkpoint: five lines expected")
    origin, size = lines[0], int(lines[1])
    prefix = f"— {origin} "
    if not signature_line.startswith(prefix) or signature_line.count("\n") != 1:
        raise ValueError("not a checkpoint: one signature line expected")
    try:
        signature_text = signature_line[len(prefix) : -1]
        signature = base64.b64decode(signature_text, validate=True)
        root = Node(
            base64.b64decode(lines[2], validate=True),
            Sums(*map(int, lines[3][5:].split(" "))),
        )
        at = datetime.strptime(lines[4][3:], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except (TypeError, binascii.Error) as error:
        raise ValueError(f"not a checkpoint: {error}") from error
    head = SignedHead(origin, size, root, at, f"{content}\n".encode(), signature[:4], signature[4:])
    # Base64 has spare bits at its end: two texts may mean the same bytes, and only one of them is the checkpoint.
    if body(origin, size, root, at) != head.body or base64.b64encode(signature).decode() != signature_text:
        raise ValueError("not a checkpoint: not written in the one canonical way")
    return head


def is_signed(text: str, public_key: bytes, verify_signature: VerifySignature) -> bool:
    """Whether the text is a checkpoint signed with this key; never raises."""
    try:
        head = parse(text)
    except ValueError:
        return False
    return head.key_id == key_id(head.origin, public_key) and verify_signature(public_key, head.body, head.signature)
