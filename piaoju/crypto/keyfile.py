"""Private keys in files: PKCS#8, PBES2 {scrypt, SM4-CBC}, PEM; openssl reads and writes the same."""

from __future__ import annotations

import hashlib
import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from typing import Any, ClassVar

from asn1crypto import core
from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from piaoju.crypto import der
from piaoju.crypto.engine import PRIVATE_PREFIX
from piaoju.kit.errors import Refused

SCRYPT_COST = 16_384  # N; 16 MB and some 50 ms per opening
SCRYPT_COST_MAX = 1_048_576  # a file may not make us take more than 1 GB
SCRYPT_BLOCK = 8
SALT_BYTES = 16
SM4_BLOCK_BYTES = 16

_PBES2 = "1.2.840.113549.1.5.13"
_SCRYPT = "1.3.6.1.4.1.11591.4.11"
_SM4_CBC = "1.2.156.10197.1.104.2"
_PEM = re.compile(
    rb"-----BEGIN ENCRYPTED PRIVATE KEY-----(.+?)-----END ENCRYPTED PRIVATE KEY-----", re.DOTALL
)


class KeyFileUnreadable(Refused):
    """The file is no key file of this form, or the passphrase is another."""

    code = "key_file_unreadable"
    label = "私钥文件无法打开"


def encrypt(secret: bytes, passphrase: bytes, salt: bytes, iv: bytes, *, cost: int = SCRYPT_COST) -> bytes:
    """The PEM text of a 32-byte SM2 secret under a passphrase."""
    plain = PRIVATE_PREFIX + secret
    padder = padding.PKCS7(SM4_BLOCK_BYTES * 8).padder()
    padded = padder.update(plain) + padder.finalize()
    encryptor = Cipher(
        algorithms.SM4(_derive(passphrase, salt, cost, SCRYPT_BLOCK, 1)), modes.CBC(iv)
    ).encryptor()
    body = encryptor.update(padded) + encryptor.finalize()
    numbers = der.integer(cost) + der.integer(SCRYPT_BLOCK) + der.integer(1)
    derivation = der.node(
        der.SEQUENCE, der.oid(_SCRYPT), der.node(der.SEQUENCE, der.node(der.OCTET_STRING, salt), numbers)
    )
    cipher = der.node(der.SEQUENCE, der.oid(_SM4_CBC), der.node(der.OCTET_STRING, iv))
    scheme = der.node(der.SEQUENCE, der.oid(_PBES2), der.node(der.SEQUENCE, derivation, cipher))
    return write_pem(
        "ENCRYPTED PRIVATE KEY", der.node(der.SEQUENCE, scheme, der.node(der.OCTET_STRING, body))
    )


def decrypt(pem: bytes, passphrase: bytes) -> bytes:
    """The 32-byte SM2 secret of a key file."""
    match = _PEM.search(pem)
    if match is None:
        raise KeyFileUnreadable(
            "这不是加密的 PKCS#8 私钥文件（缺少 ENCRYPTED PRIVATE KEY）。请换用正确的文件。"
        )
    try:
        parsed = _EncryptedKey.load(b64decode(match[1]), strict=True)
        salt, cost, block, parallel, iv, body = _parameters(parsed)
    except (ValueError, TypeError, KeyError, Base64Error) as error:
        raise KeyFileUnreadable(f"私钥文件的形式不支持（{error}）。须为 PBES2、scrypt、SM4-CBC。") from error
    decryptor = Cipher(
        algorithms.SM4(_derive(passphrase, salt, cost, block, parallel)), modes.CBC(iv)
    ).decryptor()
    unpadder = padding.PKCS7(SM4_BLOCK_BYTES * 8).unpadder()
    try:
        padded = decryptor.update(body) + decryptor.finalize()
        return _secret_of(unpadder.update(padded) + unpadder.finalize())
    except (ValueError, TypeError, KeyError) as error:
        raise KeyFileUnreadable(
            "口令不对，或私钥文件已损坏。请核对口令，或从备份恢复 keys 文件夹。"
        ) from error


def write_pem(label: str, content: bytes) -> bytes:
    """One PEM block."""
    text = b64encode(content)
    lines = [text[start : start + 64] for start in range(0, len(text), 64)]
    name = label.encode()
    return b"\n".join([b"-----BEGIN " + name + b"-----", *lines, b"-----END " + name + b"-----", b""])


class _AnyAlgorithm(core.Sequence):  # type: ignore[misc]
    _fields: ClassVar[list[Any]] = [
        ("algorithm", core.ObjectIdentifier),
        ("parameters", core.Any, {"optional": True}),
    ]


class _ScryptParameters(core.Sequence):  # type: ignore[misc]
    _fields: ClassVar[list[Any]] = [
        ("salt", core.OctetString),
        ("cost", core.Integer),
        ("block", core.Integer),
        ("parallel", core.Integer),
        ("key_length", core.Integer, {"optional": True}),
    ]


class _SchemeParameters(core.Sequence):  # type: ignore[misc]
    _fields: ClassVar[list[Any]] = [("derivation", _AnyAlgorithm), ("cipher", _AnyAlgorithm)]


class _EncryptedKey(core.Sequence):  # type: ignore[misc]
    _fields: ClassVar[list[Any]] = [("scheme", _AnyAlgorithm), ("body", core.OctetString)]


class _PrivateKeyInfo(core.Sequence):  # type: ignore[misc]
    _fields: ClassVar[list[Any]] = [
        ("version", core.Integer),
        ("algorithm", _AnyAlgorithm),
        ("key", core.OctetString),
        ("attributes", core.Any, {"optional": True}),
    ]


class _EcKey(core.Sequence):  # type: ignore[misc]
    _fields: ClassVar[list[Any]] = [
        ("version", core.Integer),
        ("secret", core.OctetString),
        ("curve", core.Any, {"explicit": 0, "optional": True}),
        ("point", core.Any, {"explicit": 1, "optional": True}),
    ]


def _parameters(parsed: _EncryptedKey) -> tuple[bytes, int, int, int, bytes, bytes]:
    scheme = parsed["scheme"]
    _demand(scheme["algorithm"].dotted == _PBES2, "PBES2")
    both = scheme["parameters"].parse(spec=_SchemeParameters)
    _demand(both["derivation"]["algorithm"].dotted == _SCRYPT, "scrypt")
    _demand(both["cipher"]["algorithm"].dotted == _SM4_CBC, "SM4-CBC")
    numbers = both["derivation"]["parameters"].parse(spec=_ScryptParameters)
    cost, block, parallel = (int(numbers[name].native) for name in ("cost", "block", "parallel"))
    _demand(1 < cost <= SCRYPT_COST_MAX and block == SCRYPT_BLOCK and parallel == 1, "scrypt N, r=8, p=1")
    iv = both["cipher"]["parameters"].parse(spec=core.OctetString).native
    return numbers["salt"].native, cost, block, parallel, iv, parsed["body"].native


def _secret_of(plain: bytes) -> bytes:
    algorithm = _PrivateKeyInfo.load(plain, strict=True)
    _demand(algorithm["algorithm"]["parameters"].parse().native == der.SM2_CURVE, "SM2")
    secret: bytes = _EcKey.load(algorithm["key"].native, strict=True)["secret"].native
    _demand(len(secret) == 32, "32")
    return secret


def _demand(condition: bool, wanted: str) -> None:
    if not condition:
        raise ValueError(f"expected {wanted}")


def _derive(passphrase: bytes, salt: bytes, cost: int, block: int, parallel: int) -> bytes:
    memory = 256 * cost * block  # OpenSSL needs 128·N·r and some; twice that is never refused
    return hashlib.scrypt(passphrase, salt=salt, n=cost, r=block, p=parallel, maxmem=memory, dklen=16)
