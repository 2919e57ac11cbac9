"""What audit entries say for people, outside the chain: texts with the salt of their commitment.

An entry holds a commitment only. Value and salt stand here, one row an entry, and can be removed together: then nothing
in the log tells what the text was, and the chain still holds. The salt also covers the digest of the rows that the
entry refers to, for these may hold names too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from hubspot_sla.ledger.audit_seals import commitment

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class SaltedTexts:
    """`texts` is JSON as it was committed to; None where the entry has none and the salt serves its digest alone."""

    salt: Any
    texts: Any
    """As SQLite holds them: bytes, and text or None, unless somebody altered the row."""

    def holds(self, committed: bytes | None) -> bool:
        """Whether these are the texts that an entry was committed to; none where it was to none."""
        if not isinstance(self.salt, bytes) or not isinstance(self.texts, str | None):
            return False
        if self.texts is None or committed is None:
            return self.texts is None and committed is None
        return commitment(self.salt, self.texts.encode()) == committed


def packed(texts: Mapping[str, object]) -> str | None:
    """The texts as one string, the same for equal texts; None for none."""
    return orjson.dumps(texts, option=orjson.OPT_SORT_KEYS).decode() if texts else None


def save(db: sqlite3.Connection, rows: Mapping[int, SaltedTexts]) -> None:
    """By the number of their entry."""
    values = ((entry, row.salt, row.texts) for entry, row in rows.items())
    db.executemany("insert into audit_texts (entry, salt, texts) values (?,?,?)", values)


def between(db: sqlite3.Connection, first: int, last: int) -> dict[int, SaltedTexts]:
    """By the number of their entry, from `first` to `last`, both included."""
    query = "select entry, salt, texts from audit_texts where entry between ? and ?"
    return {row["entry"]: SaltedTexts(row["salt"], row["texts"]) for row in db.execute(query, (first, last))}
