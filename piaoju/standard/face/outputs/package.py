"""The container of an OFD file: a ZIP without times, extras or comments, whose bytes follow from its parts alone."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

# One level for every part, so that a reader can pack the parts again and compare.
LEVEL = 6
_KEPT_MAX = 40_000
_DOS_DATE = 0x21  # 1980-01-01, the earliest a ZIP can say
_VERSION, _DEFLATED, _UTF8 = 20, 8, 0x800
_LOCAL = struct.Struct("<4sHHHHHIIIHH")
_CENTRAL = struct.Struct("<4sHHHHHHIIIHHHHHII")
_END = struct.Struct("<4sHHHHIIH")


class Part(NamedTuple):
    """One file in the container, already deflated."""

    name: str
    size: int
    crc: int
    deflated: bytes


def part(name: str, content: bytes) -> Part:
    """A part out of its content."""
    squeezer = zlib.compressobj(LEVEL, zlib.DEFLATED, -15)
    return Part(name, len(content), zlib.crc32(content), squeezer.compress(content) + squeezer.flush())


def kept_part(name: str, content: str) -> Part:
    """A part whose text is the same in many files: deflated once (very long ones are not kept)."""
    return _kept(name, content) if len(content) <= _KEPT_MAX else part(name, content.encode())


@lru_cache(maxsize=512)
def _kept(name: str, content: str) -> Part:
    return part(name, content.encode())


def pack(parts: Iterable[Part]) -> bytes:
    """The container of these parts, in their order."""
    chunks: list[bytes] = []
    central: list[bytes] = []
    offset = 0
    for entry in parts:
        name = entry.name.encode()
        flags = 0 if name.isascii() else _UTF8
        facts = (entry.crc, len(entry.deflated), entry.size, len(name), 0)
        head = _LOCAL.pack(b"PK\x03\x04", _VERSION, flags, _DEFLATED, 0, _DOS_DATE, *facts)
        chunks += (head, name, entry.deflated)
        central += (
            _CENTRAL.pack(b"PK\x01\x02", _VERSION, _VERSION, flags, _DEFLATED, 0, _DOS_DATE, *facts, 0, 0, 0, 0, offset),
            name,
        )
        offset += len(head) + len(name) + len(entry.deflated)
    size = sum(map(len, central))
    count = len(central) // 2
    return b"".join((*chunks, *central, _END.pack(b"PK\x05\x06", 0, 0, count, count, size, offset, 0)))


def pack_contents(contents: Sequence[tuple[str, bytes]]) -> bytes:
    """The container of these (name, content) pairs: what a verifier rebuilds and compares."""
    return pack(part(name, content) for name, content in contents)


def unpack(container: bytes) -> list[tuple[str, bytes]]:
    """The (name, content) pairs of a container, in their order. Only for containers of our own making."""
    with zipfile.ZipFile(io.BytesIO(container)) as opened:
        return [(entry.filename, opened.read(entry)) for entry in opened.infolist()]
