"""The rows of one part of a subject as a digest, with two bytes of each row by which one that changed can be named."""

from __future__ import annotations

import hashlib
import zlib
from array import array
from collections import defaultdict
from struct import Struct
from sys import byteorder
from typing import TYPE_CHECKING, Final, NamedTuple

import orjson

from hubspot_sla.ledger.covered_tables import RECORD, Part
from hubspot_sla.ledger.sql import chunks, marks

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping

_PACKED: Final = Struct("<BI16s")
_HINT: Final = 2


class PartDigest(NamedTuple):
    """Of the `number` rows of one part. `hints` holds two bytes of each, in their order: they prove nothing."""

    number: int
    digest: bytes
    hints: bytes

    def hint_list(self) -> list[bytes]:
        return [self.hints[place : place + _HINT] for place in range(0, len(self.hints), _HINT)]


Parts = dict[int, PartDigest]
"""By the number of the part; one without rows is absent."""


class RowReader:
    """Reads the covered rows of a ledger whose tables do not change meanwhile."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._selected: dict[int, str] = {}

    def digests(self, part: Part, kind: str, ids: Iterable[str]) -> dict[str, PartDigest]:
        """By id, of those of these subjects that have rows."""
        return {id_: of_rows(rows) for id_, rows in self.rows(part, kind, ids).items()}

    def rows(self, part: Part, kind: str, ids: Iterable[str]) -> dict[str, list[bytes]]:
        """The same rows as the bytes that are covered, in their order."""
        rows: defaultdict[str, list[bytes]] = defaultdict(list)
        of_type = "object_type = ? and " if part.kind == RECORD else ""
        cursor = self._db.cursor()
        cursor.row_factory = None
        for some in chunks(ids):
            query = (
                f"select {self._columns(part)} from {part.table} where {of_type}{part.id} in ({marks(some)})"
                f" and {part.where.format(row='')} order by {', '.join([part.id, *part.key])}"
            )
            for row in cursor.execute(query, (kind, *some) if of_type else some):
                rows[str(row[0])].append(orjson.dumps(row, default=_in_hex))
        return rows

    def due(self, kind: str, ids: Iterable[str]) -> dict[str, int | None]:
        """When each of these records is to be judged next, by id."""
        next_at: dict[str, int | None] = {}
        for some in chunks(ids):
            query = f"select record_id, next_at from records where object_type = ? and record_id in ({marks(some)})"
            next_at |= {row[0]: row[1] for row in self._db.execute(query, (kind, *some))}
        return next_at

    def _columns(self, part: Part) -> str:
        selected = self._selected.get(part.number)
        if selected is None:
            names = [row[1] for row in self._db.execute(f"pragma table_info({part.table})")]
            covered = [part.as_.get(name, f'"{name}"') for name in names if name not in part.left_out]
            selected = self._selected[part.number] = ", ".join([part.id, *covered, *part.more])
        return selected


def of_rows(rows: list[bytes]) -> PartDigest:
    digest = hashlib.sha256(b"\n".join(rows)).digest()[:16]
    hints = array("H", [zlib.crc32(row) & 0xFFFF for row in rows])
    if byteorder == "big":
        hints.byteswap()
    return PartDigest(len(rows), digest, hints.tobytes())


def packed(parts: Mapping[int, PartDigest]) -> tuple[bytes, bytes]:
    """Digests, which the chain covers, and hints, which it does not."""
    ordered = sorted(parts.items())
    digests = b"".join([_PACKED.pack(part, found.number, found.digest) for part, found in ordered])
    return digests, b"".join([found.hints for _, found in ordered])


def unpacked(digests: bytes, hints: bytes) -> Parts:
    """As they were packed. ValueError: they were altered."""
    if not isinstance(digests, bytes) or not isinstance(hints, bytes) or len(digests) % _PACKED.size:
        raise ValueError("these are no digests of rows")
    parts: Parts = {}
    for part, number, digest in _PACKED.iter_unpack(digests):
        parts[part] = PartDigest(number, digest, hints[: number * _HINT])
        hints = hints[number * _HINT :]
    return parts


def _in_hex(value: object) -> object:
    if isinstance(value, bytes):
        return {"hex": value.hex()}
    raise TypeError
