"""A Merkle sum tree with SM3 in the shape of RFC 6962: a root proves what is in the log and what it adds up to.

leaf = SM3(0x00 ‖ sums ‖ event), node = SM3(0x01 ‖ hashL ‖ sumsL ‖ hashR ‖ sumsR). The sums are four signed
128-bit big-endian integers, none of them negative: a negative sum could hide a positive one, so a proof with
one is refused. The tree of nothing has the root SM3("") and adds up to nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import NamedTuple

SUMS_BYTES = 64
NODE_BYTES = 32 + SUMS_BYTES
_SUM_MAX = 1 << 120  # so that no path of any tree can overflow 128 bits
_SIZE_MAX = 1 << 63
_SM3 = hashlib.new("sm3")


class Sums(NamedTuple):
    """What bills add up to; red amounts count as positive."""

    issued_sheets: int = 0
    issued_fen: int = 0
    red_sheets: int = 0
    red_fen: int = 0

    def to_bytes(self) -> bytes:
        """64 bytes: four signed 128-bit integers, big-endian."""
        return b"".join([figure.to_bytes(16, "big", signed=True) for figure in self])

    def plus(self, other: Sums) -> Sums:
        """Both together."""
        return Sums(
            self[0] + other[0],
            self[1] + other[1],
            self[2] + other[2],
            self[3] + other[3],
        )

    @classmethod
    def from_bytes(cls, encoded: bytes) -> Sums:
        """The sums of their 64 bytes."""
        if len(encoded) != SUMS_BYTES:
            raise ValueError("sums are 64 bytes")
        return cls(*(int.from_bytes(encoded[at : at + 16], "big", signed=True) for at in range(0, 64, 16)))


class Node(NamedTuple):
    """A hash and what lies beneath it adds up to."""

    hash: bytes
    sums: Sums

    def to_bytes(self) -> bytes:
        """96 bytes: the hash, then the sums."""
        return self.hash + self.sums.to_bytes()

    @classmethod
    def from_bytes(cls, encoded: bytes) -> Node:
        """The node of its 96 bytes."""
        return cls(encoded[:32], Sums.from_bytes(encoded[32:]))


NOTHING = Sums()
EMPTY = Node(_SM3.digest(), NOTHING)

# The node over leaves [first, first + count), count a power of two that divides first.
FullSubtree = Callable[[int, int], Node]


def digest(content: bytes) -> bytes:
    """SM3 of some bytes."""
    state = _SM3.copy()
    state.update(content)
    return state.digest()


def leaf(event: bytes, sums: Sums = NOTHING) -> Node:
    """The leaf of one event."""
    return Node(digest(b"\x00" + sums.to_bytes() + event), sums)


def parent(left: Node, right: Node) -> Node:
    """The node over two nodes."""
    state = _SM3.copy()
    state.update(b"\x01" + left.hash + left.sums.to_bytes() + right.hash + right.sums.to_bytes())
    return Node(state.digest(), left.sums.plus(right.sums))


def full_root(nodes: Sequence[Node]) -> Node:
    """The node over neighbours whose number is a power of two."""
    level = list(nodes)
    if not level or len(level) & (len(level) - 1):
        raise ValueError("the number of nodes must be a power of two")
    while len(level) > 1:
        level = [parent(level[at], level[at + 1]) for at in range(0, len(level), 2)]
    return level[0]


def root(leaves: Sequence[Node]) -> Node:
    """The root over these leaves; for trees of any size."""
    return root_at(len(leaves), lambda first, count: full_root(leaves[first : first + count]))


def root_at(size: int, full: FullSubtree) -> Node:
    """The root of the first `size` leaves."""
    return _range(0, size, full) if size else EMPTY


def inclusion_path(index: int, size: int, full: FullSubtree) -> tuple[Node, ...]:
    """The nodes that lead from a leaf to the root, lowest first."""
    if not 0 <= index < size:
        raise ValueError("no such leaf")
    path: list[Node] = []
    first, last = 0, size
    while last - first > 1:
        middle = first + _split(last - first)
        if index < middle:
            path.append(_range(middle, last, full))
            last = middle
        else:
            path.append(_range(first, middle, full))
            first = middle
    return tuple(reversed(path))


def consistency_path(old_size: int, new_size: int, full: FullSubtree) -> tuple[Node, ...]:
    """The nodes that rebuild both roots, lowest first; empty when the sizes are equal or the old one is 0."""
    if not 0 <= old_size <= new_size:
        raise ValueError("the old size must not exceed the new one")
    if old_size in (0, new_size):
        return ()
    path: list[Node] = []
    first, last, whole = 0, new_size, True
    while old_size != last:
        middle = first + _split(last - first)
        if old_size <= middle:
            path.append(_range(middle, last, full))
            last = middle
        else:
            path.append(_range(first, middle, full))
            first, whole = middle, False
    if not whole:
        path.append(_range(first, last, full))
    return tuple(reversed(path))


def verify_inclusion(leaf: Node, index: int, size: int, path: Sequence[Node], root: Node) -> bool:
    """Whether `leaf` is number `index` of the log with this root; never raises."""
    if not 0 <= index < size < _SIZE_MAX or not _sound((leaf, root, *path)):
        return False
    node, at, last = leaf, index, size - 1
    for other in path:
        if last == 0:
            return False
        if at & 1 or at == last:
            node = parent(other, node)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            node = parent(node, other)
        at, last = at >> 1, last >> 1
    return last == 0 and node == root


def verify_consistency(old_size: int, new_size: int, old_root: Node, new_root: Node, path: Sequence[Node]) -> bool:
    """Whether the old log is a beginning of the new one; never raises."""
    if not 0 <= old_size <= new_size < _SIZE_MAX or not _sound((old_root, new_root, *path)):
        return False
    if old_size == new_size:
        return not path and old_root == new_root
    if old_size == 0:
        return not path and old_root == EMPTY
    rest = list(path)
    at, last = old_size - 1, new_size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    if at and not rest:
        return False
    old = new = rest.pop(0) if at else old_root
    for other in rest:
        if last == 0:
            return False
        if at & 1 or at == last:
            old, new = parent(other, old), parent(other, new)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            new = parent(new, other)
        at, last = at >> 1, last >> 1
    return last == 0 and old == old_root and new == new_root


def _range(first: int, last: int, full: FullSubtree) -> Node:
    """The node over [first, last), where first is where a subtree of that size begins."""
    count = last - first
    if count & (count - 1) == 0:
        return full(first, count)
    middle = first + _split(count)
    return parent(full(first, middle - first), _range(middle, last, full))


def _split(count: int) -> int:
    """The largest power of two below `count`."""
    return 1 << (count - 1).bit_length() - 1


def _sound(nodes: Sequence[Node]) -> bool:
    return all(
        len(node.hash) == 32 and len(node.sums) == 4 and all(0 <= figure < _SUM_MAX for figure in node.sums) for node in nodes
    )
