"""The container of an OFD file: a ZIP without times, extras or comments, whose bytes follow from its parts alone."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

# One level for every part, so that a reader can pack the parts again and compare.
LEVEL = 4
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
    """A part out of its content; deflated in one way only."""
    # A small part needs a small window: most of its cost would be clearing memory it never fills.
    small = len(content) <= 2_048
    squeezer = zlib.compressobj(LEVEL, zlib.DEFLATED, -11 if small else -15, 3 if small else 8)
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
            _CENTRAL.pack(
                b"PK\x01\x02", _VERSION, _VERSION, flags, _DEFLATED, 0, _DOS_DATE, *facts, 0, 0, 0, 0, offset
            ),
            name,
        )
        offset += len(head) + len(name) + len(entry.deflated)
    size = sum(map(len, central))
    count = len(central) // 2
    return b"".join((*chunks, *central, _END.pack(b"PK\x05\x06", 0, 0, count, count, size, offset, 0)))


def pack_contents(contents: Sequence[tuple[str, bytes]]) -> bytes:
    """The container of these (name, content) pairs: what a verifier rebuilds and compares."""
    return pack(part(name, content) for name, content in contents)


def parts(container: bytes) -> list[Part]:
    """The parts of a container, which must be exactly as `pack` writes it; ValueError says it is not."""
    found: list[Part] = []
    offset = 0
    while container[offset : offset + 4] == b"PK\x03\x04":
        try:
            fields = _LOCAL.unpack_from(container, offset)
        except struct.error as error:
            raise ValueError("the container ends within a head") from error
        crc, deflated_size, size, name_size = fields[6:10]
        start = offset + _LOCAL.size + name_size
        name = container[offset + _LOCAL.size : start].decode()
        found.append(Part(name, size, crc, container[start : start + deflated_size]))
        offset = start + deflated_size
    if len({entry.name for entry in found}) != len(found) or pack(found) != container:
        raise ValueError("not a container of our own making")
    return found


def content(entry: Part) -> bytes:
    """What a part holds; ValueError when its length or sum is not what its head says."""
    inflater = zlib.decompressobj(-15)
    try:
        inflated = inflater.decompress(entry.deflated, entry.size + 1)
    except zlib.error as error:
        raise ValueError(f"{entry.name} cannot be inflated") from error
    if len(inflated) != entry.size or zlib.crc32(inflated) != entry.crc or not inflater.eof or inflater.unused_data:
        raise ValueError(f"{entry.name} is not what its head says")
    return inflated


def unpack(container: bytes) -> list[tuple[str, bytes]]:
    """The (name, content) pairs of a container of our own making, in their order."""
    return [(entry.name, content(entry)) for entry in parts(container)]
