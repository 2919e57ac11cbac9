"""The rows that an audit entry refers to, as the bytes that its digest covers.

A verdict rests on the facts of its record and of those merged into it, on a version of the mappings and on values of
companies and contacts. None of that is copied into the entry: its body names the rows, and its digest covers them as
they were known then. Each fact and value carries the number of the entry that first covered it, and none is ever
changed, so the same bytes can be made again at any later time.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import orjson

from hubspot_sla.ledger import companies, contacts
from hubspot_sla.ledger.sql import chunks, marks
from hubspot_sla.ledger.value_history import plain

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping, Sequence

    from hubspot_sla.ledger.value_history import Numbered
    from hubspot_sla.plan.records import RecordRef

REFERRING: Final = frozenset(
    {"verdict", "plan", "restatement", "facts", "company", "policy", "period", "erasure", "contract", "claim"}
)
"""The kinds of entries that refer to rows."""
_COPIES: Final = (
    "select entry, outcome_editions.* from outcome_editions where entry between ? and ? order by id",
    "select entry, periods.* from periods where entry between ? and ? order by id",
    "select periods.entry, period_outcomes.* from period_outcomes join periods on periods.id = closing"
    " where periods.entry between ? and ? order by period_outcomes.id",
    "select entry, contract_closings.* from contract_closings where entry between ? and ? order by id",
    *(
        f"select entry, {table}.* from {table} join contract_closings on contract_closings.id = closing"
        f" where entry between ? and ? order by {table}.id"
        for table in ("contract_promises", "contract_feeds")
    ),
    "select entry, contract_claims.* from contract_claims where entry between ? and ? order by id",
)
"""The outcomes that were kept before they were restated, those of the month that was closed, what entered the
window of a contract that was closed, and what became of a claim, by the entry that covers them."""

FactRow = tuple[str, str, int, int, str | None, str, int]
"""Record id, name, instant, rank, value, source, and the entry that covers it (0: older than such numbers)."""


@dataclass(frozen=True, slots=True)
class Reference:
    """What the entry of this number refers to: `mappings` is the number of a version, the others are ids. `absorbed`
    are records of the same object type."""

    entry: int
    record: RecordRef | None
    mappings: int | None
    companies: tuple[str, ...]
    contacts: tuple[str, ...]
    absorbed: tuple[str, ...]

    @classmethod
    def of(cls, entry: int, record: RecordRef | None, body: Mapping[str, object]) -> Reference:
        """As the body of the entry says it. TypeError: it was altered."""
        mappings = body.get("mappings")
        if mappings is not None and not isinstance(mappings, int):
            raise TypeError("the number of a version is a number")
        return cls(
            entry,
            record,
            mappings,
            tuple(str(company[0]) for company in _listed(body, "companies")),
            tuple(str(contact) for contact in _listed(body, "contacts")),
            tuple(str(record_id) for record_id in _listed(body, "absorbed")),
        )

    @property
    def record_ids(self) -> tuple[str, ...]:
        return () if self.record is None else (self.record.record_id, *self.absorbed)


def contents(db: sqlite3.Connection, references: Sequence[Reference]) -> dict[int, bytes]:
    """By the number of the entry, what its digest covers. TypeError, ValueError: a row was altered."""
    facts = _facts(db, references)
    versions = {
        number: _version(db, number)
        for number in {reference.mappings for reference in references}
        if number is not None
    }
    histories = companies.numbered(db, {id_ for reference in references for id_ in reference.companies})
    of_contacts = _contacts(db, references)
    copies = _copies(db, references)
    return {
        reference.entry: orjson.dumps(
            [
                [fact[:-1] for record in _refs(reference) for fact in facts[record] if fact[-1] <= reference.entry],
                None if reference.mappings is None else [reference.mappings, versions[reference.mappings]],
                _values(histories, reference.companies, reference.entry),
                _values(of_contacts[reference.record] if reference.record else {}, reference.contacts, reference.entry),
                *copies[reference.entry],
            ]
        )
        for reference in references
    }


def _copies(db: sqlite3.Connection, references: Sequence[Reference]) -> defaultdict[int, list[list[object]]]:
    """The rows that belong to each entry itself. Most entries have none, and their digest is as it always was."""
    copies: defaultdict[int, list[list[object]]] = defaultdict(list)
    numbers = [reference.entry for reference in references]
    if numbers:
        for query in _COPIES:
            for entry, *row in db.execute(query, (min(numbers), max(numbers))):
                copies[entry].append(row)
    return copies


def _refs(reference: Reference) -> list[tuple[str, str]]:
    return [(reference.record.object_type, id_) for id_ in reference.record_ids] if reference.record else []


def _facts(db: sqlite3.Connection, references: Iterable[Reference]) -> defaultdict[tuple[str, str], list[FactRow]]:
    facts: defaultdict[tuple[str, str], list[FactRow]] = defaultdict(list)
    for object_type, record_ids in _by_type(references).items():
        for ids in chunks(record_ids):
            query = (
                "select record_id, name, at, nth, value, source, coalesce(entry, 0) from facts"
                f" where object_type = ? and record_id in ({marks(ids)}) order by record_id, name, at, nth"
            )
            for row in db.execute(query, (object_type, *ids)):
                facts[object_type, row["record_id"]].append(tuple(row))
    return facts


def _by_type(references: Iterable[Reference]) -> dict[str, dict[str, None]]:
    """Record ids by object type, each once."""
    ids: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for reference in references:
        for object_type, record_id in _refs(reference):
            ids[object_type][record_id] = None
    return ids


def _version(db: sqlite3.Connection, number: int) -> str | None:
    """A digest of one version of the mappings; None where there is none of this number."""
    query = "select version, effective_at, texts, portal_ids from policy_versions where seq = ?"
    row = db.execute(query, (number,)).fetchone()
    if row is None:
        return None
    covered = [row["version"], row["effective_at"], hashlib.sha256(row["texts"]).hexdigest(), row["portal_ids"]]
    return hashlib.sha256(orjson.dumps(covered)).hexdigest()


def _contacts(
    db: sqlite3.Connection, references: Iterable[Reference]
) -> defaultdict[RecordRef | None, dict[str, Numbered]]:
    histories: defaultdict[RecordRef | None, dict[str, Numbered]] = defaultdict(dict)
    for record in {reference.record for reference in references if reference.contacts and reference.record}:
        histories[record] = contacts.numbered(db, record.object_type, [record.record_id])[record.record_id]
    return histories


def _values(histories: Mapping[str, Numbered], ids: Iterable[str], until: int) -> list[list[object]]:
    """The values of these, as the entry of number `until` knew them."""
    return [
        [id_, name, at, value]
        for id_ in ids
        for name, changes in sorted(plain(histories.get(id_, {}), until).items())
        for at, value in changes
    ]


def _listed(body: Mapping[str, object], name: str) -> list[Any]:
    listed = body.get(name, [])
    if not isinstance(listed, list):
        raise TypeError(f"{name} is a list")
    return listed
