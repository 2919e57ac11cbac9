"""What is known of the companies behind the tickets: the history of the properties that tiers are read from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson

from hubspot_sla.ledger.sql import chunks, marks

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping

Changes = list[tuple[int, str | None]]
History = dict[str, Changes]


@dataclass(frozen=True, slots=True)
class CompanyRow:
    """`history` is property name to (since ms, value), oldest first."""

    id: str
    history: Mapping[str, list[tuple[int, str | None]]]
    seen_at: int


def save(db: sqlite3.Connection, rows: Iterable[CompanyRow]) -> None:
    """What was seen before and is no longer told stays."""
    rows = list(rows)
    known = load(db, [row.id for row in rows])
    db.executemany(
        "insert or replace into companies (id, history, seen_at) values (?,?,?)",
        [(row.id, orjson.dumps(merged(row, known.get(row.id)).history).decode(), row.seen_at) for row in rows],
    )


def load(db: sqlite3.Connection, company_ids: Iterable[str]) -> dict[str, CompanyRow]:
    found: dict[str, CompanyRow] = {}
    for ids in chunks(company_ids):
        for row in db.execute(f"select id, history, seen_at from companies where id in ({marks(ids)})", ids):
            history = {
                name: [(at, value) for at, value in changes] for name, changes in orjson.loads(row["history"]).items()
            }
            found[row["id"]] = CompanyRow(row["id"], history, row["seen_at"])
    return found


def merged(row: CompanyRow, known: CompanyRow | None) -> CompanyRow:
    """`row` with what is known besides: what `save` followed by `load` would give."""
    return CompanyRow(row.id, merged_history(row.history, known.history if known else {}), row.seen_at)


def merged_history(told: Mapping[str, Changes], before: Mapping[str, Changes]) -> History:
    """All changes ever told, by property, oldest first; those of one instant in the order in which they were told."""
    return {
        name: sorted(dict.fromkeys([*before.get(name, ()), *changes]), key=lambda change: change[0])
        for name, changes in {**before, **told}.items()
    }
