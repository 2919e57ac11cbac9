"""The audit log as a file: every entry, the oldest first, one at a time.

`body`, `commitment`, `digest` and `hash` are as they are sealed, so that the chain can be computed again without us.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Final

import orjson

from hubspot_sla.plan.instant_text import wire
from hubspot_sla.render.report.comma_separated import defused

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Mapping

JSON_LINES, CSV = "jsonl", "csv"
COLUMNS: Final = (
    *("seq", "at", "at_ms", "run_id", "kind", "object_type", "record_id", "body", "texts"),
    *("salt", "commitment", "digest", "prev", "hash", "form"),
)
_QUERY: Final = "select audit.*, salt, texts from audit left join audit_texts on entry = seq order by seq"


def entries(db: sqlite3.Connection) -> Iterator[Mapping[str, object]]:
    """JSON-able, with bytes in hex."""
    yield from map(_entry, db.execute(_QUERY))


def lines(db: sqlite3.Connection, form: str) -> Iterator[bytes]:
    """The file, line by line; with a line of column names in front where it is CSV."""
    if form == CSV:
        yield _comma_separated(COLUMNS)
    for entry in entries(db):
        if form == CSV:
            yield _comma_separated([entry[name] for name in COLUMNS])
        else:
            yield orjson.dumps(entry, option=orjson.OPT_APPEND_NEWLINE)


def _entry(row: sqlite3.Row) -> Mapping[str, object]:
    """Bytes in hex; `at` both as it is sealed and for people."""
    sealed = {name: _plain(row[name]) for name in row.keys() if name in COLUMNS}  # noqa: SIM118 - a row is no mapping
    return {**sealed, "at": wire(row["at"]), "at_ms": row["at"], "form": 2 if isinstance(row["hash"], bytes) else 1}


def _plain(value: object) -> object:
    return value.hex() if isinstance(value, bytes) else value


def _comma_separated(cells: Iterable[object]) -> bytes:
    """One line by RFC 4180. A text that a spreadsheet would take for a formula is defused."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow(
        [defused(cell) if isinstance(cell, str) else "" if cell is None else cell for cell in cells]
    )
    return text.getvalue().encode()
