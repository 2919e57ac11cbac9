"""The tree over the seals of the audit log, kept beside it: `seal_tree.py` says what it is.

Only subtrees of 32 entries and more are stored, one row for sixteen entries; what is smaller is computed from the
seals. All of it follows from the log, and `sla audit verify` computes it again.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from hubspot_sla.ledger import seal_tree
from hubspot_sla.ledger.seal_tree import GrowingTree, leaf_hash, node_hash

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping

    from hubspot_sla.ledger.seal_tree import Path, Subtree

STORED_FROM: Final = 5
"""The level of the smallest subtrees that are stored."""
_BLOCK: Final = 1 << STORED_FROM
_HIGHEST: Final = 63
"""No level is higher: SQLite numbers no more rows."""

Stored = dict[tuple[int, int], bytes]
"""Hashes by level and place."""


def seal_bytes(stored: bytes | str) -> bytes:
    """A seal as SQLite holds it, which is hex where the entry is of the first form. ValueError: it is no seal."""
    return bytes.fromhex(stored) if isinstance(stored, str) else stored


def extend(db: sqlite3.Connection, size: int) -> None:
    """Store the subtrees that are complete now that the log has `size` entries; within the caller's transaction. What
    is missing of earlier entries is added too."""
    row = db.execute("select max(place) from audit_tree where level = ?", (STORED_FROM,)).fetchone()
    done = 0 if row[0] is None else row[0] + 1
    if size // _BLOCK <= done:
        return
    entries = db.execute(
        "select hash from audit where seq > ? and seq <= ? order by seq", (done * _BLOCK, size // _BLOCK * _BLOCK)
    )
    new: Stored = {}
    blocks = GrowingTree()
    for (seal,) in entries:
        for level, place, digest in blocks.add(seal_bytes(seal)):
            if level == STORED_FROM:  # the tree above begins at its own place
                _grow(db, new, done + place, digest)
    db.executemany(
        "insert into audit_tree (level, place, hash) values (?,?,?)", [(*key, digest) for key, digest in new.items()]
    )


def _grow(db: sqlite3.Connection, new: Stored, place: int, digest: bytes) -> None:
    """Add the subtree of the lowest level at `place`, and those above it that are complete with it."""
    level = STORED_FROM
    new[level, place] = digest
    while place & 1:
        left = new.get((level, place - 1)) or _stored(db, level, place - 1)
        level, place, digest = level + 1, place >> 1, node_hash(left, digest)
        new[level, place] = digest


def _stored(db: sqlite3.Connection, level: int, place: int) -> bytes:
    row = db.execute("select hash from audit_tree where level = ? and place = ?", (level, place)).fetchone()
    if row is None:
        raise ValueError(f"subtree {place} of level {level} is missing in audit_tree")
    digest: bytes = row[0]
    return digest


def subtrees(db: sqlite3.Connection) -> Subtree:
    """The complete subtrees of this ledger, each of a level that is not stored from the seals below it."""

    @lru_cache(maxsize=4)
    def leaves(block: int) -> list[bytes]:
        rows = db.execute(
            "select hash from audit where seq > ? and seq <= ? order by seq", (block * _BLOCK, (block + 1) * _BLOCK)
        )
        return [leaf_hash(seal_bytes(seal)) for (seal,) in rows]

    def subtree(level: int, place: int) -> bytes:
        if level >= STORED_FROM:
            return _stored(db, level, place)
        per_block = STORED_FROM - level
        block, within = place >> per_block, place & (1 << per_block) - 1
        hashes = leaves(block)[within << level : (within + 1) << level]
        while len(hashes) > 1:
            hashes = [node_hash(left, right) for left, right in zip(hashes[::2], hashes[1::2], strict=True)]
        return hashes[0]

    return subtree


def root(db: sqlite3.Connection, size: int) -> bytes:
    """Of the first `size` entries, all of which must be there."""
    return seal_tree.root_of(subtrees(db), size)


def inclusion(db: sqlite3.Connection, entry: int, size: int) -> Path:
    """What leads from the entry of this number to the root of `size` entries. ValueError: it is not among them."""
    return seal_tree.inclusion(subtrees(db), entry - 1, size)


def consistency(db: sqlite3.Connection, earlier: int, later: int) -> Path:
    """What shows that the first `earlier` entries are still the same among `later`. ValueError: it is not earlier."""
    return seal_tree.consistency(subtrees(db), earlier, later)


def to_store(complete: Iterable[tuple[int, int, bytes]]) -> Stored:
    """Of these subtrees those that are stored."""
    return {(level, place): digest for level, place, digest in complete if level >= STORED_FROM}


def first_difference(db: sqlite3.Connection, computed: Mapping[tuple[int, int], bytes]) -> int | None:
    """The number of the entry at which a stored subtree begins that does not follow from the seals; None for none."""
    stored = {(row[0], row[1]): row[2] for row in db.execute("select level, place, hash from audit_tree")}
    different = [key for key in stored.keys() | computed.keys() if stored.get(key) != computed.get(key)]
    return min((_first_entry(*key) for key in different), default=None)


def _first_entry(level: object, place: object) -> int:
    """Of a stored subtree; 1 where somebody left what no tree has."""
    if not isinstance(level, int) or not isinstance(place, int) or not 0 <= level <= _HIGHEST or place < 0:
        return 1
    return (place << level) + 1
