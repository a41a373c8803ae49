"""Merkle trees over the entries of the chain, built as in RFC 6962 (section 2.1).

A checkpoint signs one root; a path of a few digests then shows that an entry is under it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence


def root(leaves: Iterable[bytes]) -> bytes:
    """The root over some leaves, in one pass; there must be at least one."""
    peaks: list[tuple[int, bytes]] = []  # perfect trees from the left, ever smaller
    for leaf in leaves:
        height, node = 0, _leaf(leaf)
        while peaks and peaks[-1][0] == height:
            node = _node(peaks.pop()[1], node)
            height += 1
        peaks.append((height, node))
    if not peaks:
        raise ValueError("a tree has at least one leaf")
    _, top = peaks.pop()
    while peaks:
        top = _node(peaks.pop()[1], top)
    return top


def paths(leaves: Sequence[bytes], wanted: Iterable[int]) -> dict[int, list[bytes]]:
    """For each wanted leaf the digests beside its way up, from below."""
    found: dict[int, list[bytes]] = {index: [] for index in wanted}
    if found:
        _walk(leaves, 0, len(leaves), sorted(found), found)
    return found


def climbed(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """The root that a leaf's path leads to; None when no tree of this size has such a path."""
    if not 0 <= index < size:
        return None
    place, last, node = index, size - 1, _leaf(leaf)
    for beside in path:
        if last == 0:
            return None
        if place & 1 or place == last:
            node = _node(beside, node)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            node = _node(node, beside)
        place, last = place >> 1, last >> 1
    return node if last == 0 else None


def _walk(
    leaves: Sequence[bytes], low: int, high: int, wanted: list[int], found: dict[int, list[bytes]]
) -> bytes:
    """The root of leaves[low:high]; adds to the paths of what is wanted below it."""
    if not wanted:
        return root(leaves[low:high])
    if high - low == 1:
        return _leaf(leaves[low])
    middle = low + (1 << (high - low - 1).bit_length() - 1)
    left = [index for index in wanted if index < middle]
    right = wanted[len(left) :]
    one = _walk(leaves, low, middle, left, found)
    other = _walk(leaves, middle, high, right, found)
    for index in left:
        found[index].append(other)
    for index in right:
        found[index].append(one)
    return _node(one, other)


def _leaf(content: bytes) -> bytes:
    return hashlib.sha256(b"\0" + content).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()
