"""The log's tree, grown leaf by leaf and compared with the tiles on disk; independent of the ledger's own code."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_WIDTH = 256
_NODE_BYTES = 96
_ALTERED = "瓦片与日志的叶不符；请删去，系统会重建"


@dataclass(frozen=True, slots=True)
class Hashed:
    """A digest and the four sums beneath it."""

    digest: bytes
    sums: tuple[int, ...]

    @property
    def sums_bytes(self) -> bytes:
        """The sums as they are hashed."""
        return b"".join(figure.to_bytes(16, "big", signed=True) for figure in self.sums)

    @property
    def encoded(self) -> bytes:
        """The node as it stands in a tile."""
        return self.digest + self.sums_bytes


def leaf_of(event: bytes, sums: tuple[int, ...]) -> Hashed:
    """SM3(0x00 ‖ sums ‖ event)."""
    return Hashed(hashlib.new("sm3", b"\x00" + Hashed(b"", sums).sums_bytes + event).digest(), sums)


def node_of(left: Hashed, right: Hashed) -> Hashed:
    """SM3(0x01 ‖ left ‖ right), the sums added."""
    digest = hashlib.new("sm3", b"\x01" + left.encoded + right.encoded).digest()
    return Hashed(digest, tuple(a + b for a, b in zip(left.sums, right.sums, strict=True)))


class Growing:
    """A tree that grows; it remembers complete subtrees only, so a log of any length fits in memory."""

    def __init__(self, folder: Path) -> None:
        self.size = 0
        self._folder = folder
        self._peaks: list[tuple[int, Hashed]] = []  # (height, node), the highest first
        self._open: list[list[Hashed]] = []  # the tile being filled, by level
        self._problems: list[tuple[str, str]] = []

    def add(self, leaf: Hashed) -> None:
        """One leaf more."""
        self.size += 1
        self._into_tile(0, leaf)
        height, node = 0, leaf
        while self._peaks and self._peaks[-1][0] == height:
            node = node_of(self._peaks.pop()[1], node)
            height += 1
            if height % 8 == 0:
                self._into_tile(height // 8, node)
        self._peaks.append((height, node))

    def root(self) -> Hashed:
        """The root of the leaves so far."""
        if not self._peaks:
            return Hashed(hashlib.new("sm3").digest(), (0, 0, 0, 0))
        (_, node), *lower = reversed(self._peaks)
        for _, left in lower:
            node = node_of(left, node)
        return node

    def tile_problems(self) -> Iterator[tuple[str, str]]:
        """Tiles on disk that do not hold what the leaves make; after the last leaf."""
        yield from self._problems
        for level, nodes in enumerate(self._open):
            index = (self.size >> 8 * level) // _WIDTH
            whole = self._path(level, index)
            for path in [*sorted(whole.with_name(f"{whole.name}.p").glob("[0-9]*")), whole]:
                # A tile may hold leaves that came after this examination's snapshot; what it shares must agree.
                held = path.read_bytes() if path.is_file() else b""
                shared = min(len(held) // _NODE_BYTES, len(nodes))
                if held[: shared * _NODE_BYTES] != b"".join(node.encoded for node in nodes[:shared]) or (
                    path != whole and path.is_file() and len(held) != int(path.name) * _NODE_BYTES
                ):
                    yield self._named(path), _ALTERED

    def _into_tile(self, level: int, node: Hashed) -> None:
        if level == len(self._open):
            self._open.append([])
        nodes = self._open[level]
        nodes.append(node)
        if len(nodes) == _WIDTH:
            index = (self.size >> 8 * level) // _WIDTH - 1
            path = self._path(level, index)
            if path.exists() and path.read_bytes() != b"".join(kept.encoded for kept in nodes):
                self._problems.append((self._named(path), _ALTERED))
            nodes.clear()

    def _path(self, level: int, index: int) -> Path:
        *above, last = f"{index:,}".replace(",", " ").split() if index > 999 else [str(index)]
        groups = ["x" + group.zfill(3) for group in above]
        return self._folder.joinpath("tile", str(level), *groups) / last.zfill(3)

    def _named(self, path: Path) -> str:
        return str(Path("log") / path.relative_to(self._folder))
