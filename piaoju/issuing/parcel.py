"""How a bill's signed XML and its answer are kept: compressed together (zstd), then SM4-GCM.

The answer repeats most of the XML, so one stream costs little more than the XML alone. Certificates are half of what does
not compress and are the same in all bills of a unit: where one stands, the parcel has a mark, and the text is kept once
(`KeptText`). The context binds a parcel to its bill, so that a parcel moved to another row does not open.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Sequence

import zstandard

from piaoju.crypto import envelope, sm3
from piaoju.kit.values import Value

_LENGTH_BYTES = 4
_LEVEL = 3
_PLAIN_BYTES_MAX = 32 * 1024 * 1024  # twice the largest bill
_MARK_BYTES = 16
_SIGN = b"\0"  # a character that no XML can hold: what follows it is a mark
_MARKED = re.compile(rb"\0(.{%d})" % _MARK_BYTES, re.DOTALL)


class Text(Value, frozen=True):
    """A text that stands in many bills, and the mark that stands for it."""

    mark: bytes
    text: bytes


def text_of(content: bytes) -> Text:
    """The text with its mark, which is the beginning of its SM3."""
    return Text(sm3.digest(content)[:_MARK_BYTES], content)


def pack(
    key: bytes, nonce: bytes, xml: bytes, answer: bytes, *, bill_code: str, bill_number: int, texts: Sequence[Text] = ()
) -> bytes:
    """XML and answer as one encrypted parcel; `texts` are kept already, and are left out of it."""
    if _SIGN in xml:
        raise ValueError("a character that XML 1.0 cannot hold")
    for one in texts:
        xml = xml.replace(one.text, _SIGN + one.mark, 1)
    plain = len(xml).to_bytes(_LENGTH_BYTES, "big") + xml + answer
    compressed = _compressor().compress(plain)
    return envelope.seal(key, compressed, _context(bill_code, bill_number), nonce)


def unpack(
    key: bytes, body: bytes, *, bill_code: str, bill_number: int, text_of_mark: Callable[[bytes], bytes]
) -> tuple[bytes, bytes]:
    """(XML, answer) of a parcel; raises when one bit of it was changed."""
    compressed = envelope.open(key, body, _context(bill_code, bill_number))
    plain = zstandard.ZstdDecompressor().decompress(compressed, max_output_size=_PLAIN_BYTES_MAX)
    end = _LENGTH_BYTES + int.from_bytes(plain[:_LENGTH_BYTES], "big")
    xml = _MARKED.sub(lambda found: text_of_mark(found[1]), plain[_LENGTH_BYTES:end])
    return xml, plain[end:]


_of_thread = threading.local()


def _compressor() -> zstandard.ZstdCompressor:
    """This thread's compressor: costly to make beside what it does for one bill, and not safe to share."""
    found: zstandard.ZstdCompressor | None = getattr(_of_thread, "compressor", None)
    if found is None:
        found = _of_thread.compressor = zstandard.ZstdCompressor(level=_LEVEL)
    return found


def _context(bill_code: str, bill_number: int) -> bytes:
    return f"bill-document:{bill_code}-{bill_number:010d}".encode()
