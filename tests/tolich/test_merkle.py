"""Merkle trees: a path leads to the root from its own leaf, and from nothing else."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tolich.evidence.merkle import climbed, paths, root

leaves = st.lists(st.binary(max_size=8), min_size=1, max_size=70)


def by_definition(some: list[bytes]) -> bytes:
    """The root as RFC 6962, section 2.1, defines it."""
    if len(some) == 1:
        return hashlib.sha256(b"\0" + some[0]).digest()
    split = 1
    while split * 2 < len(some):
        split *= 2
    left, right = by_definition(some[:split]), by_definition(some[split:])
    return hashlib.sha256(b"\1" + left + right).digest()


@given(leaves)
def test_the_root_in_one_pass_is_the_root_of_the_definition(some: list[bytes]) -> None:
    assert root(some) == by_definition(some)


@given(leaves)
def test_every_leaf_climbs_to_the_root(some: list[bytes]) -> None:
    ways = paths(some, range(len(some)))
    tops = {climbed(leaf, n, len(some), ways[n]) for n, leaf in enumerate(some)}
    assert tops == {root(some)}


@given(leaves, st.data())
def test_nothing_else_climbs_to_the_root(some: list[bytes], data: st.DataObject) -> None:
    """Another leaf, another place, another size, a step more or less, or a bit changed."""
    n = data.draw(st.integers(0, len(some) - 1))
    path = paths(some, [n])[n]
    top, size = root(some), len(some)
    assert climbed(some[n] + b"x", n, size, path) != top
    assert climbed(some[n], n, size, [*path, bytes(32)]) != top
    assert climbed(some[n], size, size, path) is None
    assert climbed(some[n], -1, size, path) is None
    if path:
        assert climbed(some[n], n, size, path[:-1]) != top
        step = data.draw(st.integers(0, len(path) - 1))
        spoiled = [*path]
        spoiled[step] = bytes([spoiled[step][0] ^ 1]) + spoiled[step][1:]
        assert climbed(some[n], n, size, spoiled) != top
    for other in range(size):
        if some[other] != some[n]:
            assert climbed(some[n], other, size, path) != top or other == n


def test_a_tree_of_nothing_has_no_root() -> None:
    with pytest.raises(ValueError, match="at least one leaf"):
        root([])
