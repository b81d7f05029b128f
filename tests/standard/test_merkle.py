"""The sum tree against a plain recursive reading of its definition, and its proofs against tampering."""

from __future__ import annotations

import hashlib
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piaoju.crypto import merkle
from piaoju.crypto.merkle import EMPTY, Node, Sums

SIZES = [1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 31, 33, 64, 65, 100]


def sm3(content: bytes) -> bytes:
    return hashlib.new("sm3", content).digest()


def plain_sums(sums: tuple[int, ...]) -> bytes:
    return b"".join(figure.to_bytes(16, "big", signed=True) for figure in sums)


def plain_root(
    entries: list[tuple[bytes, tuple[int, ...]]],
) -> tuple[bytes, tuple[int, ...]]:
    """RFC 6962 section 2.1 with sums, written down once more."""
    if not entries:
        return sm3(b""), (0, 0, 0, 0)
    if len(entries) == 1:
        event, sums = entries[0]
        return sm3(b"\x00" + plain_sums(sums) + event), sums
    split = 1
    while split * 2 < len(entries):
        split *= 2
    (left, left_sums), (right, right_sums) = (
        plain_root(entries[:split]),
        plain_root(entries[split:]),
    )
    content = b"\x01" + left + plain_sums(left_sums) + right + plain_sums(right_sums)
    return sm3(content), tuple(a + b for a, b in zip(left_sums, right_sums, strict=True))


def entries(size: int) -> list[tuple[bytes, tuple[int, ...]]]:
    return [
        (
            b"event %d" % at,
            (0, 0, 1, at * 100) if at % 5 == 4 else (1, at * 1000 + 7, 0, 0),
        )
        for at in range(size)
    ]


def leaves_of(size: int) -> list[Node]:
    return [merkle.leaf(event, Sums(*sums)) for event, sums in entries(size)]


def full(leaves: list[Node]) -> merkle.FullSubtree:
    def subtree(first: int, count: int) -> Node:
        assert first % count == 0 and count & (count - 1) == 0 and first + count <= len(leaves)
        return merkle.full_root(leaves[first : first + count])

    return subtree


@pytest.mark.parametrize("size", [0, *SIZES])
def test_the_root_is_that_of_the_definition(size: int) -> None:
    digest, sums = plain_root(entries(size))
    assert merkle.root(leaves_of(size)) == Node(digest, Sums(*sums))


def test_the_root_of_nothing_is_sm3_of_nothing() -> None:
    assert EMPTY.hash.hex() == "1ab21d8355cfa17f8e61194831e81a8f22bec8c728fefb747ed035eb5082aa2b"


@pytest.mark.parametrize("size", SIZES)
def test_every_leaf_proves_its_inclusion(size: int) -> None:
    leaves = leaves_of(size)
    root = merkle.root(leaves)
    for index, leaf in enumerate(leaves):
        path = merkle.inclusion_path(index, size, full(leaves))
        assert merkle.verify_inclusion(leaf, index, size, path, root)


@pytest.mark.parametrize("size", SIZES)
def test_every_beginning_proves_its_consistency(size: int) -> None:
    leaves = leaves_of(size)
    for old in range(size + 1):
        path = merkle.consistency_path(old, size, full(leaves))
        old_root, root = merkle.root(leaves[:old]), merkle.root(leaves)
        assert merkle.verify_consistency(old, size, old_root, root, path)
        if 0 < old < size:
            other = merkle.root(
                [
                    *leaves[: old - 1],
                    merkle.leaf(b"another history", leaves[old - 1].sums),
                ]
            )
            assert not merkle.verify_consistency(old, size, other, root, path)


@given(st.data())
def test_no_proof_survives_a_flipped_bit(data: st.DataObject) -> None:
    size = data.draw(st.sampled_from(SIZES))
    leaves = leaves_of(size)
    root = merkle.root(leaves)
    index = data.draw(st.integers(0, size - 1))
    nodes = [leaves[index], root, *merkle.inclusion_path(index, size, full(leaves))]
    at = data.draw(st.integers(0, len(nodes) - 1))
    encoded = bytearray(nodes[at].to_bytes())
    bit = data.draw(st.integers(0, len(encoded) * 8 - 1))
    encoded[bit // 8] ^= 1 << bit % 8
    nodes[at] = Node.from_bytes(bytes(encoded))
    leaf, claimed, *path = nodes
    assert not merkle.verify_inclusion(leaf, index, size, path, claimed)


@given(st.data())
def test_no_consistency_proof_survives_a_flipped_bit(data: st.DataObject) -> None:
    size = data.draw(st.sampled_from(SIZES[2:]))
    old = data.draw(st.integers(1, size - 1))
    leaves = leaves_of(size)
    path = merkle.consistency_path(old, size, full(leaves))
    nodes = [merkle.root(leaves[:old]), merkle.root(leaves), *path]
    at = data.draw(st.integers(0, len(nodes) - 1))
    encoded = bytearray(nodes[at].to_bytes())
    bit = data.draw(st.integers(0, len(encoded) * 8 - 1))
    encoded[bit // 8] ^= 1 << bit % 8
    nodes[at] = Node.from_bytes(bytes(encoded))
    old_root, root, *path_found = nodes
    assert not merkle.verify_consistency(old, size, old_root, root, path_found)


def test_a_proof_is_bound_to_its_place_and_size() -> None:
    leaves = leaves_of(100)
    root = merkle.root(leaves)
    path = merkle.inclusion_path(41, 100, full(leaves))
    assert merkle.verify_inclusion(leaves[41], 41, 100, path, root)
    for index, size in [
        (40, 100),
        (42, 100),
        (41, 41),
        (-1, 100),
        (100, 100),
        (41, 1 << 80),
    ]:
        assert not merkle.verify_inclusion(leaves[41], index, size, path, root)
    for shorter_or_longer in (path[:-1], (*path, EMPTY), ()):
        assert not merkle.verify_inclusion(leaves[41], 41, 100, shorter_or_longer, root)


def test_a_negative_sum_cannot_hide_a_positive_one() -> None:
    honest = merkle.leaf(b"a", Sums(1, 500, 0, 0))
    hiding = merkle.leaf(b"b", Sums(0, -500, 0, 0))
    root = merkle.parent(honest, hiding)
    assert root.sums.issued_fen == 0
    assert not merkle.verify_inclusion(honest, 0, 2, (hiding,), root)


def test_sums_and_nodes_survive_their_bytes() -> None:
    for figures in [(0, 0, 0, 0), (1, 2, 3, 4), (2**127 - 1, -(2**127), -1, 10**30)]:
        assert Sums.from_bytes(Sums(*figures).to_bytes()) == figures
    node = merkle.leaf(b"x", Sums(1, 2, 0, 0))
    assert Node.from_bytes(node.to_bytes()) == node
    with pytest.raises(ValueError, match="64 bytes"):
        Sums.from_bytes(bytes(63))


def test_sums_grow_with_the_log() -> None:
    roots = [merkle.root(leaves_of(size)) for size in range(1, 40)]
    for smaller, larger in pairwise(roots):
        assert all(a <= b for a, b in zip(smaller.sums, larger.sums, strict=True))
        assert sum(larger.sums[0::2]) == sum(smaller.sums[0::2]) + 1
