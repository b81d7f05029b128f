"""How a bill's signed XML and its answer are kept: compressed together (zstd), then SM4-GCM.

The answer repeats most of the XML, so one stream costs little more than the XML alone. The context binds a parcel to its
bill, so that a parcel moved to another row does not open.
"""

from __future__ import annotations

import threading

import zstandard

from piaoju.crypto import envelope

_LENGTH_BYTES = 4
_LEVEL = 3
_PLAIN_BYTES_MAX = 32 * 1024 * 1024  # twice the largest bill


def pack(key: bytes, nonce: bytes, xml: bytes, answer: bytes, *, bill_code: str, bill_number: int) -> bytes:
    """XML and answer as one encrypted parcel."""
    plain = len(xml).to_bytes(_LENGTH_BYTES, "big") + xml + answer
    compressed = _compressor().compress(plain)
    return envelope.seal(key, compressed, _context(bill_code, bill_number), nonce)


def unpack(key: bytes, body: bytes, *, bill_code: str, bill_number: int) -> tuple[bytes, bytes]:
    """(XML, answer) of a parcel; raises when one bit of it was changed."""
    compressed = envelope.open(key, body, _context(bill_code, bill_number))
    plain = zstandard.ZstdDecompressor().decompress(compressed, max_output_size=_PLAIN_BYTES_MAX)
    length = int.from_bytes(plain[:_LENGTH_BYTES], "big")
    return plain[_LENGTH_BYTES : _LENGTH_BYTES + length], plain[_LENGTH_BYTES + length :]


_of_thread = threading.local()


def _compressor() -> zstandard.ZstdCompressor:
    """This thread's compressor: costly to make beside what it does for one bill, and not safe to share."""
    found: zstandard.ZstdCompressor | None = getattr(_of_thread, "compressor", None)
    if found is None:
        found = _of_thread.compressor = zstandard.ZstdCompressor(level=_LEVEL)
    return found


def _context(bill_code: str, bill_number: int) -> bytes:
    return f"bill-document:{bill_code}-{bill_number:010d}".encode()
