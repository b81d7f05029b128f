"""Personal fields at rest: SM4-GCM under a context, and an index by which equal texts are found."""

from __future__ import annotations

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from piaoju.crypto import sm3
from piaoju.kit.errors import Refused

KEY_BYTES = 16
NONCE_BYTES = 12
TAG_BYTES = 16
_VERSION = b"\x01"


class EnvelopeBroken(Refused):
    """The sealed bytes, the key or the context is not the one used at sealing."""

    code = "envelope_broken"
    label = "加密内容无法打开"


def seal(key: bytes, plaintext: bytes, context: bytes, nonce: bytes) -> bytes:
    """The plaintext sealed for its context; a nonce may never serve twice under one key."""
    if len(nonce) != NONCE_BYTES:
        raise ValueError("an SM4-GCM nonce is 12 bytes")
    encryptor = Cipher(algorithms.SM4(key), modes.GCM(nonce)).encryptor()
    encryptor.authenticate_additional_data(_VERSION + context)
    body = encryptor.update(plaintext) + encryptor.finalize()
    return _VERSION + nonce + body + encryptor.tag


def open(key: bytes, sealed: bytes, context: bytes) -> bytes:
    """The plaintext that was sealed under this key and context."""
    if len(sealed) < 1 + NONCE_BYTES + TAG_BYTES or sealed[:1] != _VERSION:
        raise EnvelopeBroken("加密内容的形式不对，可能已损坏。请用 piaoju fsck 检查，并从备份恢复。")
    nonce, body, tag = sealed[1:13], sealed[13:-TAG_BYTES], sealed[-TAG_BYTES:]
    decryptor = Cipher(algorithms.SM4(key), modes.GCM(nonce, tag)).decryptor()
    decryptor.authenticate_additional_data(_VERSION + context)
    try:
        return decryptor.update(body) + decryptor.finalize()
    except (InvalidTag, ValueError) as error:
        # ValueError: a wrong tag while an older error (of a forged certificate) lies in the library's queue.
        raise EnvelopeBroken("密钥不符或内容被改动，拒绝打开。请检查密钥，并用 piaoju fsck 检查。") from error


def blind_index(key: bytes, text: str) -> bytes:
    """Sixteen bytes that are equal exactly for equal texts and tell nothing without the key."""
    return sm3.hmac(key, text.encode())[:16]
