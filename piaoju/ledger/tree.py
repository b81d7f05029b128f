"""The Merkle tree of the log, read from its tiles; what a tile does not hold is computed from the leaves.

Layout (as in C2SP tlog-tiles, with wider nodes): DATA/log/tile/<level>/<index>, 256 nodes of 96 bytes each; a
node of level n covers 256**n leaves. Index 1234067 is x001/x234/067; a tile that is not full yet is
<index>.p/<width>. Tiles never change and may be deleted: they are rebuilt. They are no source of truth.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from piaoju.crypto import merkle
from piaoju.crypto.merkle import NODE_BYTES, Node, Sums
from piaoju.ledger.types import Connection

WIDTH = 256
CHECKPOINT_FILE = "checkpoint"

Leaves = Callable[[int, int], list[Node]]


def leaves_in(connection: Connection) -> Leaves:
    """A reader of the leaves [first, last) that the database holds."""

    def leaves(first: int, last: int) -> list[Node]:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT hash, issued_sheets, issued_fen, red_sheets, red_fen FROM ledger_leaf "
                "WHERE position >= %s AND position < %s ORDER BY position",
                (first, last),
            )
            nodes = [Node(bytes(digest), Sums(*sums)) for digest, *sums in cursor.fetchall()]
        if len(nodes) != last - first:
            raise LookupError(f"the log lacks leaves between {first} and {last}")
        return nodes

    return leaves


class Tree:
    """The tree over the leaves of one log; a short-lived reader and writer of its tiles."""

    def __init__(self, folder: Path, leaves: Leaves) -> None:
        self._folder = folder
        self._leaves = leaves
        self._read: dict[tuple[int, int], list[Node]] = {}

    def root(self, size: int) -> Node:
        """The root of the first `size` leaves."""
        return merkle.root_at(size, self.full)

    def inclusion_path(self, position: int, size: int) -> tuple[Node, ...]:
        """The nodes that lead from a leaf to the root of the first `size` leaves."""
        return merkle.inclusion_path(position, size, self.full)

    def consistency_path(self, old_size: int, new_size: int) -> tuple[Node, ...]:
        """The nodes that rebuild the roots of both sizes."""
        return merkle.consistency_path(old_size, new_size, self.full)

    def full(self, first: int, count: int) -> Node:
        """The node over `count` leaves, a power of two that divides `first`."""
        level = (count.bit_length() - 1) // 8
        covers = WIDTH**level
        return merkle.full_root(self._nodes(level, first // covers, (first + count) // covers))

    def extend(self, old_size: int, size: int) -> None:
        """Write the tiles that the leaves from `old_size` to `size` complete or begin."""
        level, old, new = 0, old_size, size
        while new:
            for index in range(old // WIDTH, -(-new // WIDTH)):
                self._write(level, index, min(WIDTH, new - index * WIDTH))
            level, old, new = level + 1, old // WIDTH, new // WIDTH

    def _nodes(self, level: int, first: int, last: int) -> list[Node]:
        """Neighbours [first, last) of one level, all in one tile."""
        index = first // WIDTH
        start = index * WIDTH
        held = self._tile(level, index)
        if len(held) < last - start:
            more = range(start + len(held), last)
            if level == 0:
                held = held + self._leaves(more.start, more.stop)
            else:
                held = held + [merkle.full_root(self._nodes(level - 1, at * WIDTH, (at + 1) * WIDTH)) for at in more]
            self._read[level, index] = held
        return held[first - start : last - start]

    def _tile(self, level: int, index: int) -> list[Node]:
        """What the widest tile on disk holds; nothing if there is none or it is cut short."""
        if (level, index) not in self._read:
            if len(self._read) > 1024:
                self._read.clear()
            self._read[level, index] = _decode(self._widest(level, index))
        return self._read[level, index]

    def _widest(self, level: int, index: int) -> Path:
        whole = tile_path(self._folder, level, index)
        partial = whole.with_name(whole.name + ".p")
        if whole.exists() or not partial.is_dir():
            return whole
        widths = [int(path.name) for path in partial.iterdir() if path.name.isdigit()]
        return partial / str(max(widths)) if widths else whole

    def _write(self, level: int, index: int, width: int) -> None:
        path = tile_path(self._folder, level, index, width)
        if path.exists():
            return
        start = index * WIDTH
        write_whole(path, encode(self._nodes(level, start, start + width)))
        if width == WIDTH:
            shutil.rmtree(path.with_name(path.name + ".p"), ignore_errors=True)


def tile_path(folder: Path, level: int, index: int, width: int = WIDTH) -> Path:
    """Where a tile lives in DATA/log."""
    digits = f"{index:03}"
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    *above, last = groups
    place = folder.joinpath("tile", str(level), *("x" + group for group in above))
    return place / last if width == WIDTH else place / f"{last}.p" / str(width)


def encode(nodes: Sequence[Node]) -> bytes:
    """The bytes of a tile."""
    return b"".join([node.to_bytes() for node in nodes])


def write_whole(path: Path, content: bytes) -> None:
    """The file appears with all of its content or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.new")
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _decode(path: Path) -> list[Node]:
    try:
        content = path.read_bytes()
    except OSError:
        return []
    width = int(path.name) if path.parent.name.endswith(".p") else WIDTH
    if len(content) != width * NODE_BYTES:
        return []
    return [Node.from_bytes(content[at : at + NODE_BYTES]) for at in range(0, len(content), NODE_BYTES)]
