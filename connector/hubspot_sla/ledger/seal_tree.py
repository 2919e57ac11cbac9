"""One Merkle tree over the seals of all audit entries, in their order, as RFC 6962 builds it. Pure.

A chain proves that an entry is in it only by showing every entry after it. The tree proves it with one hash for each
of its levels, twenty for a million entries; and that a later tree holds an earlier one unchanged with as few.

A leaf is SHA-256 over a zero byte and the seal; a node SHA-256 over a one byte and the hashes below it. Of `n` leaves
the largest power of two below `n` lie left of the root. A complete subtree has `2 ** level` leaves; the one at `place`
begins at leaf `place * 2 ** level`, counted from 0.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

EMPTY = hashlib.sha256().digest()
"""The root of a tree without leaves."""
HASH_BYTES = 32

Subtree = Callable[[int, int], bytes]
"""The hash of the complete subtree of a level at a place."""
Path = tuple[bytes, ...]


def leaf_hash(seal: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + seal).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_of(subtree: Subtree, size: int) -> bytes:
    """The root over the first `size` leaves."""
    return _hash(subtree, 0, size) if size else EMPTY


def inclusion(subtree: Subtree, leaf: int, size: int) -> Path:
    """What it takes, from the leaf upwards, to reach the root of `size` leaves. ValueError: there is no such leaf."""
    if not 0 <= leaf < size:
        raise ValueError(f"there is no leaf {leaf} among {size}")
    return tuple(_inclusion(subtree, leaf, 0, size))


def consistency(subtree: Subtree, earlier: int, later: int) -> Path:
    """What shows that the first `earlier` leaves are the same in a tree of `later`. ValueError: it is not earlier."""
    if not 0 < earlier <= later:
        raise ValueError(f"a tree of {earlier} leaves is no earlier one of {later}")
    return tuple(_consistency(subtree, earlier, 0, later, is_whole=True))


def root_by_inclusion(leaf: bytes, place: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """The root that a leaf's hash leads to; None where the path does not fit a tree of this size."""
    if not 0 <= place < size:
        return None
    digest, node, last = leaf, place, size - 1
    for sibling in path:
        if last == 0:
            return None
        if node & 1 or node == last:
            digest = node_hash(sibling, digest)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            digest = node_hash(digest, sibling)
        node, last = node >> 1, last >> 1
    return digest if last == 0 else None


def is_consistent(earlier: int, later: int, root: bytes, later_root: bytes, path: Sequence[bytes]) -> bool:
    """Whether the path shows that the tree of `earlier` leaves and this root is the beginning of the later one."""
    if earlier == later:
        return root == later_root and not path
    if not 0 < earlier < later:
        return False
    is_power_of_two = earlier & (earlier - 1) == 0
    hashes = iter([root, *path] if is_power_of_two else path)
    node, last = earlier - 1, later - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    of_earlier = of_later = next(hashes, b"")
    for digest in hashes:
        if last == 0:
            return False
        if node & 1 or node == last:
            of_earlier, of_later = node_hash(digest, of_earlier), node_hash(digest, of_later)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            of_later = node_hash(of_later, digest)
        node, last = node >> 1, last >> 1
    return last == 0 and of_earlier == root and of_later == later_root


@dataclass(slots=True)
class GrowingTree:
    """Grows by one leaf after the other, and holds one hash for each complete subtree on its right edge."""

    size: int = 0
    _edge: list[tuple[int, bytes]] = field(default_factory=list)
    """(level, hash), the highest first."""

    def add(self, seal: bytes) -> Iterator[tuple[int, int, bytes]]:
        """(level, place, hash) of each subtree above the leaf that is complete with it."""
        level, digest, place = 0, leaf_hash(seal), self.size
        self.size += 1
        while self._edge and self._edge[-1][0] == level:
            _, left = self._edge.pop()
            level, digest, place = level + 1, node_hash(left, digest), place >> 1
            yield level, place, digest
        self._edge.append((level, digest))

    @property
    def root(self) -> bytes:
        if not self._edge:
            return EMPTY
        (_, digest), *others = reversed(self._edge)
        for _, left in others:
            digest = node_hash(left, digest)
        return digest


def _split(size: int) -> int:
    """The largest power of two below `size`."""
    return 1 << (size - 1).bit_length() - 1


def _hash(subtree: Subtree, start: int, end: int) -> bytes:
    size = end - start
    if size & (size - 1) == 0:
        level = size.bit_length() - 1
        return subtree(level, start >> level)
    middle = start + _split(size)
    return node_hash(_hash(subtree, start, middle), _hash(subtree, middle, end))


def _inclusion(subtree: Subtree, leaf: int, start: int, end: int) -> Iterator[bytes]:
    if end - start == 1:
        return
    middle = start + _split(end - start)
    if leaf < middle:
        yield from _inclusion(subtree, leaf, start, middle)
        yield _hash(subtree, middle, end)
    else:
        yield from _inclusion(subtree, leaf, middle, end)
        yield _hash(subtree, start, middle)


def _consistency(subtree: Subtree, earlier: int, start: int, end: int, *, is_whole: bool) -> Iterator[bytes]:
    """`is_whole`: the earlier root is known to whoever asks, and is a subtree of its own."""
    if earlier == end:
        if not is_whole:
            yield _hash(subtree, start, end)
        return
    middle = start + _split(end - start)
    if earlier <= middle:
        yield from _consistency(subtree, earlier, start, middle, is_whole=is_whole)
        yield _hash(subtree, middle, end)
    else:
        yield from _consistency(subtree, earlier, middle, end, is_whole=False)
        yield _hash(subtree, start, middle)
