"""SM3 (GB/T 32905) and HMAC-SM3, by the hash library of the interpreter."""

from __future__ import annotations

import hashlib
import hmac as _hmac
from functools import lru_cache

BLOCK_BYTES = 64
DIGEST_BYTES = 32

# Copying a fresh context is cheaper than looking the algorithm up by name each time.
_EMPTY = hashlib.new("sm3")


def digest(content: bytes) -> bytes:
    """The 32-byte SM3 of the content."""
    return running(content).digest()


def running(content: bytes) -> hashlib._Hash:
    """A digest begun with the content: more may follow by `update`, and `digest` tells it at any point."""
    context = _EMPTY.copy()
    context.update(content)
    return context


def hmac(key: bytes, content: bytes) -> bytes:
    """The 32-byte HMAC-SM3 of the content under the key."""
    context = _keyed(key).copy()
    context.update(content)
    return context.digest()


@lru_cache(maxsize=16)  # an installation has two keys; setting one up costs more than using it
def _keyed(key: bytes) -> _hmac.HMAC:
    return _hmac.new(key, digestmod="sm3")
