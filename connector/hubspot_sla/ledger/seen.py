"""When facts and values of companies and contacts were first seen: at the instant of the audit entry that covers them.

Each carries the number of that entry, so nothing more is kept. What is older than such numbers was seen at the latest
when an entry first told of it: one of the first form tells the facts and values themselves, any other names their
record or company.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hubspot_sla.ledger.facts import Fact
from hubspot_sla.ledger.sql import chunks, marks

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator

_WIRE: Final = (
    "strftime('%Y-%m-%dT%H:%M:%S', f.at / 1000, 'unixepoch')"
    " || case f.at % 1000 when 0 then '' else printf('.%03d', f.at % 1000) end || 'Z'"
)
_TOLD: Final = (
    "(select min(audit.seq) from audit, json_each(audit.body, '$.inputs.facts') as told"
    " where audit.record_id = f.record_id and audit.object_type = f.object_type and typeof(audit.hash) = 'text'"
    f" and json_extract(told.value, '$[0]') = f.name and json_extract(told.value, '$[1]') = {_WIRE}"
    " and json_extract(told.value, '$[2]') is f.value)"
)
_NAMED: Final = "(select min(seq) from audit where record_id = {whose}.record_id and object_type = {whose}.object_type)"
_COMPANY_NAMED: Final = (
    "coalesce((select min(seq) from audit where kind = 'company' and record_id = companies.id),"
    " (select min(seq) from audit where instr(body, '\"' || companies.id || '\"') > 0))"
)
_CHANGES: Final = "json_each({whose}.history) as property, json_each(property.value) as change"
_ENTRY: Final = "nullif(coalesce(json_extract(change.value, '$[2]'), 0), 0)"
_VALUE: Final = (
    "property.key as name, json_extract(change.value, '$[0]') as at, json_extract(change.value, '$[1]') as value"
)

FACTS: Final = (
    "select f.object_type, f.record_id, f.name, f.at, f.nth, f.value, f.source,"
    f" coalesce(f.entry, {_TOLD}, {_NAMED.format(whose='f')}) as seen_entry, f.entry is null as at_the_latest"
    " from facts as f"
)
COMPANY_VALUES: Final = (
    f"select companies.id as company_id, {_VALUE}, coalesce({_ENTRY}, {_COMPANY_NAMED}) as seen_entry,"
    f" {_ENTRY} is null as at_the_latest from companies, {_CHANGES.format(whose='companies')}"
)
CONTACT_VALUES: Final = (
    f"select contacts.object_type, contacts.record_id, contact_id, {_VALUE},"
    f" coalesce({_ENTRY}, {_NAMED.format(whose='contacts')}) as seen_entry, {_ENTRY} is null as at_the_latest"
    f" from contacts, {_CHANGES.format(whose='contacts')}"
)


@dataclass(frozen=True, slots=True)
class SeenValue:
    """A value of `whose` (the id of a record, company or contact), first covered by audit entry `entry`, at `seen_at`
    (epoch ms); None where none tells of it. `at_the_latest`: it is older than the numbers of entries."""

    whose: str
    fact: Fact
    entry: int | None
    seen_at: int | None
    at_the_latest: bool


def facts(db: sqlite3.Connection, object_type: str, record_ids: Iterable[str]) -> list[SeenValue]:
    """All facts of these records, in the order of record, name and instant."""
    return list(_read(db, FACTS, "record_id", record_ids, "and seen.object_type = ?", (object_type,)))


def company_values(db: sqlite3.Connection, company_ids: Iterable[str]) -> list[SeenValue]:
    return list(_read(db, COMPANY_VALUES, "company_id", company_ids))


def contact_values(db: sqlite3.Connection, object_type: str, record_id: str, ids: Iterable[str]) -> list[SeenValue]:
    """Of these contacts of one record."""
    more = "and seen.object_type = ? and seen.record_id = ?"
    return list(_read(db, CONTACT_VALUES, "contact_id", ids, more, (object_type, record_id)))


def _read(
    db: sqlite3.Connection, query: str, whose: str, ids: Iterable[str], more: str = "", bound: tuple[str, ...] = ()
) -> Iterator[SeenValue]:
    for some in chunks(ids):
        rows = db.execute(
            f"select seen.*, audit.at as seen_at from ({query}) as seen left join audit on audit.seq = seen_entry"
            f" where seen.{whose} in ({marks(some)}) {more} order by seen.{whose}, name, seen.at",
            (*some, *bound),
        )
        for row in rows:
            source = row["source"] if "source" in row.keys() else ""  # noqa: SIM118 - sqlite3.Row has no other way
            fact = Fact(row["name"], row["at"], row["value"], source)
            yield SeenValue(row[whose], fact, row["seen_entry"], row["seen_at"], bool(row["at_the_latest"]))
