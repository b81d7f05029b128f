"""libcrypto's SM2 through cffi: keys in, signatures out; every call releases the GIL.

Only the raw operation over e is used (EVP_PKEY_sign, EVP_PKEY_verify): e = SM3(Z‖M) is computed in
`crypto.sm2`, so libcrypto's own default id (empty, which no Chinese verifier accepts) never plays a part.
"""

from __future__ import annotations

import ctypes.util
import os
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from cffi import FFI

from piaoju.kit.errors import Unavailable

LIBRARY_VARIABLE = "PIAOJU_LIBCRYPTO"
SIGNATURE_BYTES_MAX = 80  # SEQUENCE of two 33-byte INTEGERs is 72

_DECLARATIONS = """
typedef struct evp_pkey_st EVP_PKEY;
typedef struct evp_pkey_ctx_st EVP_PKEY_CTX;
unsigned long OpenSSL_version_num(void);
const char *OpenSSL_version(int);
unsigned long ERR_get_error(void);
void ERR_clear_error(void);
void ERR_error_string_n(unsigned long, char *, size_t);
EVP_PKEY *d2i_AutoPrivateKey(EVP_PKEY **, const unsigned char **, long);
EVP_PKEY *d2i_PUBKEY(EVP_PKEY **, const unsigned char **, long);
int i2d_PUBKEY(const EVP_PKEY *, unsigned char **);
void EVP_PKEY_free(EVP_PKEY *);
EVP_PKEY_CTX *EVP_PKEY_CTX_new(EVP_PKEY *, void *);
void EVP_PKEY_CTX_free(EVP_PKEY_CTX *);
int EVP_PKEY_sign_init(EVP_PKEY_CTX *);
int EVP_PKEY_sign(EVP_PKEY_CTX *, unsigned char *, size_t *, const unsigned char *, size_t);
int EVP_PKEY_verify_init(EVP_PKEY_CTX *);
int EVP_PKEY_verify(EVP_PKEY_CTX *, const unsigned char *, size_t, const unsigned char *, size_t);
"""

# SubjectPublicKeyInfo of an SM2 key up to the 65-byte point; PKCS#8 of one up to the 32-byte secret.
PUBLIC_PREFIX = bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d034200")
PRIVATE_PREFIX = bytes.fromhex(
    "3041020100301306072a8648ce3d020106082a811ccf5501822d0427302502010104 20".replace(" ", "")
)


class EngineUnavailable(Unavailable):
    """libcrypto is missing, too old, or refuses an operation it should be able to do."""

    code = "crypto_engine_unavailable"
    label = "密码库不可用"


class Engine:
    """One loaded libcrypto."""

    def __init__(self, library_path: str = "") -> None:
        path = library_path or os.environ.get(LIBRARY_VARIABLE) or _found_path()
        self._ffi = FFI()
        self._ffi.cdef(_DECLARATIONS)
        try:
            self._lib: Any = self._ffi.dlopen(path)
            number = int(self._lib.OpenSSL_version_num())
        except (OSError, AttributeError) as error:
            raise EngineUnavailable(_remedy(f"无法加载 {path}：{error}")) from error
        if number < 0x30000000:
            raise EngineUnavailable(_remedy(f"{path} 的版本低于 3.0"))
        self.version: str = self._ffi.string(self._lib.OpenSSL_version(0)).decode()

    def private_key(self, secret: bytes) -> Any:
        """A key handle for a 32-byte secret; freed with its last reference."""
        return self._key(self._lib.d2i_AutoPrivateKey, PRIVATE_PREFIX + secret)

    def public_key(self, point: bytes) -> Any | None:
        """A key handle for an uncompressed point, or None if it is not a point of the curve."""
        try:
            return self._key(self._lib.d2i_PUBKEY, PUBLIC_PREFIX + point)
        except EngineUnavailable:
            return None

    def point_of(self, key: Any) -> bytes:
        """The 65-byte uncompressed public point of a key handle."""
        out = self._ffi.new("unsigned char[128]")
        cursor = self._ffi.new("unsigned char **", out)
        length = self._lib.i2d_PUBKEY(key, cursor)
        encoded = bytes(self._ffi.buffer(out, length)) if length > 0 else b""
        if not encoded.startswith(PUBLIC_PREFIX) or len(encoded) != len(PUBLIC_PREFIX) + 65:
            raise EngineUnavailable(_remedy("密码库给出的 SM2 公钥形式不对"))
        return encoded[-65:]

    def sign(self, key: Any, digests: Sequence[bytes]) -> list[bytes]:
        """The DER signature {r, s} over each 32-byte e, in order."""
        ffi, lib = self._ffi, self._lib
        context = lib.EVP_PKEY_CTX_new(key, ffi.NULL)
        if context == ffi.NULL:
            raise self._failure()
        try:
            if lib.EVP_PKEY_sign_init(context) != 1:
                raise self._failure()
            out = ffi.new(f"unsigned char[{SIGNATURE_BYTES_MAX}]")
            length = ffi.new("size_t *")
            signatures = []
            for digest in digests:
                length[0] = SIGNATURE_BYTES_MAX
                if lib.EVP_PKEY_sign(context, out, length, digest, len(digest)) != 1:
                    raise self._failure()
                signatures.append(bytes(ffi.buffer(out, length[0])))
            return signatures
        finally:
            lib.EVP_PKEY_CTX_free(context)

    def verify(self, key: Any, digest: bytes, signature: bytes) -> bool:
        """Whether libcrypto accepts this DER signature over e; never raises on bad input."""
        ffi, lib = self._ffi, self._lib
        context = lib.EVP_PKEY_CTX_new(key, ffi.NULL)
        if context == ffi.NULL:
            raise self._failure()
        try:
            if lib.EVP_PKEY_verify_init(context) != 1:
                raise self._failure()
            accepted = bool(lib.EVP_PKEY_verify(context, signature, len(signature), digest, len(digest)) == 1)
        finally:
            lib.EVP_PKEY_CTX_free(context)
        if not accepted:
            lib.ERR_clear_error()
        return accepted

    def _key(self, read: Any, encoded: bytes) -> Any:
        source = self._ffi.new("unsigned char[]", encoded)
        cursor = self._ffi.new("const unsigned char **", source)
        key = read(self._ffi.NULL, cursor, len(encoded))
        if key == self._ffi.NULL:
            raise self._failure()
        return self._ffi.gc(key, self._lib.EVP_PKEY_free)

    def _failure(self) -> EngineUnavailable:
        reason = self._ffi.new("char[256]")
        self._lib.ERR_error_string_n(self._lib.ERR_get_error(), reason, 256)
        self._lib.ERR_clear_error()
        return EngineUnavailable(
            _remedy(f"SM2 运算失败（{self._ffi.string(reason).decode(errors='replace')}）")
        )


@lru_cache(maxsize=1)
def engine() -> Engine:
    """The process's engine, loaded at first use."""
    return Engine()


def _found_path() -> str:
    return ctypes.util.find_library("crypto") or "libcrypto.so.3"


def _remedy(reason: str) -> str:
    return f"{reason}。请安装 OpenSSL 3（如 Debian 的 libssl3），或由 {LIBRARY_VARIABLE} 指明其路径。"
