"""SM2 signatures (GB/T 32918.2) over e = SM3(Z‖M), with the user id 1234567812345678 always set."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from piaoju.crypto import sm3
from piaoju.crypto.engine import engine
from piaoju.kit.errors import Refused

DEFAULT_ID = b"1234567812345678"
P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
A = P - 3
B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
GX = 0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7
GY = 0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0

_CURVE = b"".join(value.to_bytes(32, "big") for value in (A, B, GX, GY))


class BadKey(Refused):
    """The bytes are no SM2 key."""

    code = "key_invalid"
    label = "不是有效的 SM2 密钥"


def digest_for(message: bytes, public_key: bytes) -> bytes:
    """e = SM3(Z‖M) of a message for the holder of a public key: the only place that computes it."""
    return sm3.digest(_identity_digest(public_key) + message)


class PrivateKey:
    """An SM2 key pair kept open in libcrypto; safe to share between threads."""

    __slots__ = ("_handle", "public_key")

    def __init__(self, secret: bytes) -> None:
        if len(secret) != 32 or not 1 <= int.from_bytes(secret, "big") <= N - 2:
            raise BadKey("SM2 私钥须为 32 字节、且在 1 到 n-2 之间。请换用由本系统或密码机产生的密钥。")
        self._handle: Any = engine().private_key(secret)
        self.public_key: bytes = engine().point_of(self._handle)

    @classmethod
    def from_secret(cls, secret: int | bytes) -> PrivateKey:
        """The key pair of a known secret."""
        return cls(secret.to_bytes(32, "big") if isinstance(secret, int) else secret)

    @classmethod
    def generate(cls, random_bytes: Callable[[int], bytes] = secrets.token_bytes) -> PrivateKey:
        """A new key pair that nobody else has."""
        return cls(new_secret(random_bytes))

    def sign_digest(self, digest: bytes) -> bytes:
        """The DER signature over e."""
        return self.sign_digests((digest,))[0]

    def sign_digests(self, digests: Sequence[bytes]) -> list[bytes]:
        """The DER signature over each e, in order."""
        if any(len(digest) != sm3.DIGEST_BYTES for digest in digests):
            raise ValueError("SM2 signs e, 32 bytes from digest_for")
        return engine().sign(self._handle, digests)

    def sign(self, message: bytes) -> bytes:
        """The DER signature over a message."""
        return self.sign_digest(digest_for(message, self.public_key))


def new_secret(random_bytes: Callable[[int], bytes] = secrets.token_bytes) -> bytes:
    """Thirty-two random bytes that are a valid SM2 secret."""
    while True:
        secret = random_bytes(32)
        if 1 <= int.from_bytes(secret, "big") <= N - 2:
            return secret


def verify_digest(public_key: bytes, digest: bytes, signature: bytes) -> bool:
    """Whether the strict DER signature over e is the key holder's; False for any malformed input."""
    if len(digest) != sm3.DIGEST_BYTES or read_signature(signature) is None:
        return False
    handle = _public_handle(bytes(public_key))
    return handle is not None and engine().verify(handle, bytes(digest), bytes(signature))


def verify_signature(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the strict DER signature over a message is the key holder's."""
    if len(public_key) != 65 or public_key[0] != 4:
        return False
    return verify_digest(public_key, digest_for(message, public_key), signature)


def read_signature(der: bytes) -> tuple[int, int] | None:
    """(r, s) of a signature in its one DER form with both values in 1…n-1, else None."""
    if not 8 <= len(der) <= 72 or der[0] != 0x30 or der[1] != len(der) - 2:
        return None
    split = 4 + der[3]
    if split + 2 > len(der):
        return None
    r, s = _read_integer(der[2:split]), _read_integer(der[split:])
    if r is None or s is None or (r + s) % N == 0:
        return None
    return r, s


def _read_integer(der: bytes) -> int | None:
    if len(der) < 3 or der[0] != 0x02 or der[1] != len(der) - 2 or der[2] & 0x80:
        return None
    if der[2] == 0 and (len(der) == 3 or not der[3] & 0x80):
        return None
    value = int.from_bytes(der[2:], "big")
    return value if 1 <= value < N else None


@lru_cache(maxsize=4096)
def _identity_digest(public_key: bytes) -> bytes:
    if len(public_key) != 65 or public_key[0] != 4:
        raise BadKey("SM2 公钥须为 65 字节、以 04 开头的非压缩点。请检查证书。")
    head = (len(DEFAULT_ID) * 8).to_bytes(2, "big") + DEFAULT_ID
    return sm3.digest(head + _CURVE + public_key[1:])


@lru_cache(maxsize=4096)
def _public_handle(public_key: bytes) -> Any | None:
    if len(public_key) != 65 or public_key[0] != 4:
        return None
    return engine().public_key(public_key)
