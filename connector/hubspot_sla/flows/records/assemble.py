"""The one road from the ledger to the facts of records: sync, deadlines, plan and explain all come this way.

What a page needs is loaded together, a few queries whatever its size: the records that went into others are joined to
them, and what is already written and done about them counts as the survivor's. Nothing is loaded later.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hubspot_sla.flows.records import merges
from hubspot_sla.flows.records.record_facts import RecordFacts
from hubspot_sla.ledger import companies, contacts, edits, facts, outbox, owner_ids, records, rungs, verdicts, waivers
from hubspot_sla.policy.customers import CompanyView, ContactView

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Mapping, Sequence, Set

    from hubspot_sla.flows.records.merges import Lineages
    from hubspot_sla.ledger.companies import CompanyRow
    from hubspot_sla.ledger.contacts import ContactRow
    from hubspot_sla.ledger.edits import Edit
    from hubspot_sla.ledger.facts import Fact
    from hubspot_sla.ledger.records import RecordRow
    from hubspot_sla.ledger.verdicts import Body
    from hubspot_sla.plan.ladder import Reached


@dataclass(frozen=True, slots=True)
class NewlyRead:
    """What has just been read of some records and is not in the ledger yet: facts and contacts by record id, companies
    by their own."""

    facts: Mapping[str, Sequence[Fact]] = field(default_factory=dict)
    companies: Mapping[str, CompanyRow] = field(default_factory=dict)
    contacts: Mapping[str, Sequence[ContactRow]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AlreadyDone:
    """What is so already: our properties as HubSpot holds them, the verdicts in force by clock, the keys of all tasks
    ever asked for, the rungs ever reached by key, the tasks that nobody has completed yet, key to id, and the number of
    the clock's rules that the verdicts were given by."""

    written: Mapping[str, str | None] = field(default_factory=dict)
    verdicts: Mapping[str, Body] = field(default_factory=dict)
    task_keys: Set[str] = frozenset()
    rungs: Mapping[str, Reached] = field(default_factory=dict)
    unfinished_tasks: Mapping[str, str] = field(default_factory=dict)
    rules: int | None = None
    replaced: Mapping[str, str | None] = field(default_factory=dict)
    """What was ours of our properties where somebody has put something else, which is to be corrected."""


@dataclass(frozen=True, slots=True)
class AssembledRecord:
    """One record with everything that judging it and deciding about it needs."""

    row: RecordRow
    facts: RecordFacts
    done: AlreadyDone
    respected_edits: Mapping[str, Edit]


@dataclass(frozen=True, slots=True)
class Assembled:
    """The records asked for, and those that went into them; `known_facts` are those that the ledger had."""

    records: Mapping[str, AssembledRecord]
    known_facts: Mapping[str, Sequence[Fact]]


def assemble(
    db: sqlite3.Connection,
    object_type: str,
    rows: Iterable[RecordRow],
    newly_read: NewlyRead | None = None,
    *,
    before_loading: Callable[[Iterable[str]], None] = lambda _record_ids: None,
    known_until: int | None = None,
) -> Assembled:
    """`rows`, all of one object type, with what the ledger and `newly_read` know of them, and the records they absorbed
    beside them. `before_loading` is called with the ids of the latter before they are read. `known_until`: only facts
    and values that audit entries covered up to this number."""
    newly_read = newly_read or NewlyRead()
    rows_by_id = {row.id: row for row in rows}
    lineages = _with_absorbed_rows(db, object_type, rows_by_id, before_loading)
    known_facts = facts.recall(db, object_type, rows_by_id, known_until)
    own = _own_facts(db, object_type, rows_by_id, known_facts, newly_read, known_until)
    joined = merges.joined(own, lineages, _merged_into(rows_by_id))
    done = _already_done(db, object_type, rows_by_id, lineages)
    respected = edits.standing(db, object_type, rows_by_id)
    return Assembled(
        {id_: AssembledRecord(row, joined[id_], done[id_], respected.get(id_, {})) for id_, row in rows_by_id.items()},
        known_facts,
    )


def assembled_facts(db: sqlite3.Connection, object_type: str, rows: Iterable[RecordRow]) -> dict[str, RecordFacts]:
    """The facts alone, by record id, in the order of `rows`: for those who judge and do nothing about it."""
    asked = {row.id: row for row in rows}
    rows_by_id = dict(asked)
    lineages = _with_absorbed_rows(db, object_type, rows_by_id, lambda _record_ids: None)
    known_facts = facts.recall(db, object_type, rows_by_id, None)
    own = _own_facts(db, object_type, rows_by_id, known_facts, NewlyRead(), None)
    joined = merges.joined(own, lineages, _merged_into(rows_by_id))
    return {id_: joined[id_] for id_ in asked}


def _merged_into(rows_by_id: Mapping[str, RecordRow]) -> dict[str, str]:
    return {id_: row.merged_into for id_, row in rows_by_id.items() if row.merged_into}


def _with_absorbed_rows(
    db: sqlite3.Connection,
    object_type: str,
    rows_by_id: dict[str, RecordRow],
    before_loading: Callable[[Iterable[str]], None],
) -> Lineages:
    """Adds to `rows_by_id` what these records absorbed, and what that had absorbed before."""
    unknown: set[str] = set()
    while True:
        lineages = merges.lineages_of({id_: row.inputs for id_, row in rows_by_id.items()})
        missing = {id_ for absorbed in lineages.values() for id_ in absorbed} - rows_by_id.keys() - unknown
        if not missing:
            return lineages
        before_loading(missing)
        loaded = records.load(db, object_type, missing)
        rows_by_id.update(loaded)
        unknown |= missing - loaded.keys()


def _own_facts(
    db: sqlite3.Connection,
    object_type: str,
    rows_by_id: Mapping[str, RecordRow],
    known_facts: Mapping[str, Sequence[Fact]],
    newly_read: NewlyRead,
    known_until: int | None,
) -> dict[str, RecordFacts]:
    """The facts of each record by itself."""
    linked = {company_id for row in rows_by_id.values() for company_id, _ in row.companies or ()}
    company_rows = {**companies.load(db, linked, known_until), **newly_read.companies}
    contact_rows = {**contacts.load(db, object_type, rows_by_id, known_until), **newly_read.contacts}
    granted = waivers.load(db, object_type, rows_by_id, known_until)
    by_actor = owner_ids.load(db)
    return {
        id_: RecordFacts(
            row.ref,
            row.inputs,
            facts.merge(known_facts.get(id_, ()), newly_read.facts.get(id_, ())),
            company_views(row.companies or (), company_rows),
            contact_views(contact_rows.get(id_, ())),
            waivers=granted,
            owner_ids=by_actor,
        )
        for id_, row in rows_by_id.items()
    }


def _already_done(
    db: sqlite3.Connection, object_type: str, rows_by_id: Mapping[str, RecordRow], lineages: Lineages
) -> dict[str, AlreadyDone]:
    """What was done about a record that went counts as done about its survivor."""
    in_force = verdicts.load(db, object_type, rows_by_id)
    rules = verdicts.rules_of(db, object_type, rows_by_id)
    task_keys = merges.tasks_of(object_type, outbox.task_keys(db, object_type, rows_by_id), lineages)
    reached = merges.rungs_of(rungs.load(db, object_type, rows_by_id), lineages)
    unfinished = merges.unfinished_of(outbox.unfinished(db, object_type, rows_by_id), lineages)
    return {
        id_: AlreadyDone(
            row.written,
            in_force.get(id_, {}),
            task_keys.get(id_, frozenset()),
            reached.get(id_, {}),
            unfinished.get(id_, {}),
            rules.get(id_),
        )
        for id_, row in rows_by_id.items()
    }


def company_views(links: Iterable[tuple[str, bool]], rows: Mapping[str, CompanyRow]) -> tuple[CompanyView, ...]:
    """The companies of one record as the tiers look at them."""
    return tuple(CompanyView(id_, primary, rows[id_].history if id_ in rows else {}) for id_, primary in links)


def contact_views(rows: Iterable[ContactRow]) -> tuple[ContactView, ...]:
    """The contacts of one record as the tiers look at them."""
    return tuple(ContactView(row.id, row.history) for row in rows)
