"""Heads of the audit log: what somebody keeps elsewhere, so that nobody can rewrite what came before unseen.

A head is how many entries there are, the root of the tree over their seals, and the newest seal of the chain. It is
written as JSON, and read again from whatever file it was kept in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import orjson

from hubspot_sla.errors import LedgerDamaged, UsageProblem
from hubspot_sla.ledger import audit_tree, seal_tree
from hubspot_sla.ledger.audit_seals import GENESIS

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

    from hubspot_sla.ledger.seal_tree import Path

VERSION: Final = 1
LONGEST: Final = 64 * 1024
"""Bytes of a head file; a head has about 200."""
_MOST_ENTRIES: Final = 2**53
_HEX: Final = 2 * seal_tree.HASH_BYTES


@dataclass(frozen=True, slots=True)
class Head:
    """`root` and `seal` are hex; `root` is "" in a head that was kept before there were roots. `since` and `path` show
    that the log of an earlier head is the beginning of this one."""

    size: int
    root: str
    seal: str
    since: int | None = None
    path: tuple[str, ...] = ()

    def as_json(self) -> dict[str, object]:
        body: dict[str, object] = {"version": VERSION, "size": self.size, "root": self.root, "seal": self.seal}
        if self.since is not None:
            body["consistency"] = {"since": self.since, "path": list(self.path)}
        return body

    def follows(self, earlier: Head) -> bool:
        """Whether this head says of itself that the log of `earlier` is its beginning, and shows it."""
        if earlier.size == self.size:
            return (earlier.root, earlier.seal) == (self.root, self.seal)
        if self.since != earlier.size or not earlier.root:
            return False
        path = [bytes.fromhex(digest) for digest in self.path]
        roots = bytes.fromhex(earlier.root), bytes.fromhex(self.root)
        return seal_tree.is_consistent(earlier.size, self.size, *roots, path)


def of(db: sqlite3.Connection, size: int | None = None) -> Head:
    """The newest head, or that of the first `size` entries. ValueError: the log has no such entry."""
    if size is None:
        size = int(db.execute("select coalesce(max(seq), 0) from audit").fetchone()[0])
    seal = GENESIS
    if size:
        row = db.execute("select hash from audit where seq = ?", (size,)).fetchone()
        if row is None:
            raise ValueError(f"the log has no entry {size}")
        seal = audit_tree.seal_bytes(row[0]).hex()
    return Head(size, audit_tree.root(db, size).hex(), seal)


def since(db: sqlite3.Connection, earlier: Head) -> Head:
    """The newest head with what shows that the log of `earlier` is its beginning. ValueError: it is not."""
    before, newest = of(db, earlier.size), of(db)
    if (before.root, before.seal) != (earlier.root or before.root, earlier.seal):
        raise ValueError(f"the first {earlier.size} entries of this log have another head")
    if not 0 < earlier.size < newest.size:
        return newest
    path = audit_tree.consistency(db, earlier.size, newest.size)
    return Head(newest.size, newest.root, newest.seal, earlier.size, hex_of(path))


def require_continued(db: sqlite3.Connection, kept: Sequence[Head]) -> None:
    """LedgerDamaged: the log of one of these heads is not the beginning of this log, whose chain holds."""
    for head in kept:
        try:
            since(db, head)
        except ValueError as error:
            remedy = "it is another ledger, an older backup, or one that was computed anew: look for another copy"
            raise LedgerDamaged(
                f"this is not the log of the head of {head.size} entries: {error}", remedy=remedy
            ) from error


def hex_of(path: Path) -> tuple[str, ...]:
    return tuple(digest.hex() for digest in path)


def read(text: bytes, name: str) -> Head:
    """A head as it was kept in the file `name`. UsageProblem: it is none."""
    try:
        return parsed(orjson.loads(text) if len(text) <= LONGEST else None)
    except ValueError:
        raise UsageProblem(
            f"{name} holds no head of an audit log", remedy="a head is what `sla audit head` prints"
        ) from None


def read_all(text: bytes, name: str) -> list[Head]:
    """The heads in the file `name`: one, or one on each line. UsageProblem: there is something else in it."""
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) > 1 and lines[0].strip().startswith(b"{") and lines[0].strip().endswith(b"}"):
        return [read(line, name) for line in lines]
    return [read(text, name)]


def parsed(body: object) -> Head:
    """ValueError: this is no head."""
    if not isinstance(body, dict) or body.get("version", VERSION) != VERSION:
        raise ValueError("a head is a JSON object")
    size, consistency = body.get("size"), body.get("consistency")
    if type(size) is not int or not 0 <= size < _MOST_ENTRIES:
        raise ValueError("a head has a size")
    (seal,) = _hexes([body.get("seal")])
    root = _hexes([body["root"]])[0] if body.get("root") else ""
    if consistency is None:
        return Head(size, root, seal)
    earlier, path = (consistency.get("since"), consistency.get("path")) if isinstance(consistency, dict) else (0, ())
    if type(earlier) is not int or not isinstance(path, list) or not root:
        raise ValueError("this is no proof of consistency")
    return Head(size, root, seal, earlier, _hexes(path))


def _hexes(digests: Iterable[object]) -> tuple[str, ...]:
    texts = tuple(digests)
    if any(not is_digest(text) for text in texts):
        raise ValueError("a digest is 64 hex digits")
    return tuple(map(str, texts))


def is_digest(text: object) -> bool:
    return isinstance(text, str) and len(text) == _HEX and set(text) <= set("0123456789abcdef")
