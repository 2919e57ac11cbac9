"""What is known of the companies behind the tickets: the history of the properties that tiers are read from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hubspot_sla.ledger import names, value_history
from hubspot_sla.ledger.names import Named
from hubspot_sla.ledger.sql import chunks, marks

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping, Sequence

    from hubspot_sla.ledger.value_history import Changes, History, Numbered


@dataclass(frozen=True, slots=True)
class CompanyRow:
    """`history` is property name to (since ms, value), oldest first; `name` is "" where it was not read."""

    id: str
    history: Mapping[str, Changes]
    seen_at: int
    name: str = field(default="", compare=False)


def save(db: sqlite3.Connection, rows: Iterable[CompanyRow], entry: int) -> None:
    """What was seen before and is no longer in HubSpot's answer stays. `entry` is the number of the first audit entry
    that may cover the news: the first of this transaction."""
    rows = list(rows)
    known = numbered(db, [row.id for row in rows])
    histories = (value_history.extended(known.get(row.id, {}), row.history, entry) for row in rows)
    db.executemany(
        "insert or replace into companies (id, history, seen_at) values (?,?,?)",
        [(row.id, value_history.packed(history), row.seen_at) for row, history in zip(rows, histories, strict=True)],
    )
    for row in rows:
        names.remember(db, Named.COMPANY, {row.id: row.name} if row.name else {}, row.seen_at)


def load(db: sqlite3.Connection, company_ids: Iterable[str], until: int | None = None) -> dict[str, CompanyRow]:
    """Those that are known, by id; with what audit entries covered up to number `until`, where that is said."""
    rows: dict[str, CompanyRow] = {}
    for ids in chunks(company_ids):
        for row in db.execute(f"select id, history, seen_at from companies where id in ({marks(ids)})", ids):
            history = value_history.plain(value_history.read(row["history"]), until)
            rows[row["id"]] = CompanyRow(row["id"], history, row["seen_at"])
    return rows


def with_news(db: sqlite3.Connection, rows: Sequence[CompanyRow]) -> list[str]:
    """The ids of those whose rows hold a value that is not known yet."""
    known = numbered(db, [row.id for row in rows])
    return [row.id for row in rows if value_history.has_news(known.get(row.id, {}), row.history)]


def numbered(db: sqlite3.Connection, company_ids: Iterable[str]) -> dict[str, Numbered]:
    """The histories of these companies, each value with the number of the entry that covers it."""
    histories: dict[str, Numbered] = {}
    for ids in chunks(company_ids):
        for row in db.execute(f"select id, history from companies where id in ({marks(ids)})", ids):
            histories[row["id"]] = value_history.read(row["history"])
    return histories


def merged(row: CompanyRow, known: CompanyRow | None) -> CompanyRow:
    """`row` with what is known besides: what `save` followed by `load` would give."""
    return CompanyRow(row.id, merged_history(row.history, known.history if known else {}), row.seen_at, row.name)


def merged_history(new: Mapping[str, Changes], before: Mapping[str, Changes]) -> History:
    """All changes ever seen, by property, oldest first; those of one instant in the order in which they were seen."""
    return {
        name: sorted(dict.fromkeys([*before.get(name, ()), *changes]), key=lambda change: change[0])
        for name, changes in {**before, **new}.items()
    }
