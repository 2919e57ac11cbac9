"""Gather and decide, a page at a time: what a sync would record and send. Nothing is written here.

`sync` records each batch before it asks for the next; `plan` only looks at them. So a dry run is the same
decision, printed.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from hubspot_sla.flows import gather, lineage, observe
from hubspot_sla.flows.case import Case
from hubspot_sla.flows.decide import Decision, Standing, Terms, decide
from hubspot_sla.flows.gather import Look
from hubspot_sla.hubspot.batches import BATCH_WITH_HISTORY
from hubspot_sla.hubspot.tickets import CompanyLink
from hubspot_sla.ledger import companies, contacts, facts, outbox, rungs, tickets, verdicts
from hubspot_sla.ledger.companies import CompanyRow
from hubspot_sla.ledger.contacts import ContactRow
from hubspot_sla.ledger.rows import chunks
from hubspot_sla.ledger.tickets import TicketRow
from hubspot_sla.policy.tiers import CompanyView, ContactView

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from hubspot_sla.flows.observe import Vocabulary
    from hubspot_sla.hubspot.customers import Company, Contact
    from hubspot_sla.hubspot.portal import Portal
    from hubspot_sla.hubspot.tickets import Ticket
    from hubspot_sla.ledger.facts import Fact

COMPANY_AGE_MS = 60 * 60_000
"""A company is read again when a ticket of it changes and the last look is older than this."""
LOCAL_BATCH = 500


@dataclass(frozen=True, slots=True)
class Batch:
    """What one page came to, to be recorded in one transaction.

    `rows` replaces the tickets' rows; `failed` is ticket id to why it could not be judged; `after` are notes to
    write (None: forget) once all of it stands.
    """

    decisions: Sequence[Decision] = ()
    rows: Sequence[TicketRow] = ()
    facts: Mapping[str, Sequence[Fact]] = field(default_factory=dict)
    companies: Sequence[CompanyRow] = ()
    contacts: Mapping[str, Sequence[ContactRow]] = field(default_factory=dict)
    failed: Mapping[str, str] = field(default_factory=dict)
    after: Mapping[str, str | None] = field(default_factory=dict)
    seen: int = 0


@dataclass(frozen=True, slots=True)
class Surveyor:
    """Decides about tickets with one portal, one ledger and one set of words. `terms` is asked for at each page:
    time goes on while a long walk runs."""

    db: sqlite3.Connection
    portal: Portal
    words: Vocabulary
    terms: Callable[[], Terms]

    def of_looks(self, looks: Iterable[Look]) -> Iterator[Batch]:
        """A batch for each page HubSpot gave."""
        for look in looks:
            yield self._of_look(look)

    def of_deadlines(self, ticket_ids: Iterable[str]) -> Iterator[Batch]:
        """Judge tickets whose deadline has come, each read again first: the search index may not have shown yet what
        was done in time, and a breach must not be told on hearsay."""
        for ids in chunks(ticket_ids, BATCH_WITH_HISTORY):
            known = tickets.load(self.db, ids)
            read = self.portal.tickets.read(ids, self.words.requested, self.words.histories)
            told = [replace(row, company_ids=_linked(known[row.id])) for row in read.rows]
            batch = self._of_look(Look(told, whole=True, bad=read.bad))
            gone = [replace(known[id_], open=False, next_at=None) for id_ in read.missing_ids]
            yield replace(
                batch,
                rows=[*batch.rows, *gone],
                failed={**batch.failed, **dict.fromkeys(read.missing_ids, "HubSpot no longer knows this ticket")},
                seen=0,
            )

    def of_tickets(self, ticket_ids: Iterable[str]) -> Iterator[Batch]:
        """Judge tickets again from what the ledger holds, without a call: the promises have changed."""
        for ids in chunks(ticket_ids, LOCAL_BATCH):
            known = tickets.load(self.db, ids)
            yield self._judged(list(known.values()), {}, {}, {})

    def _of_look(self, look: Look) -> Batch:
        known = tickets.load(self.db, (row.id for row in look.rows))
        found = gather.sort(look, known, self.words)
        stale, unreadable = self._whole(found.stale) if not look.whole else (found.stale, {})
        links = self._companies_of(stale)
        fresh = [self._row(row, known.get(row.id), links.get(row.id)) for row in stale]
        fresh += [self._row(row, known[row.id], None) for row in found.touched]
        seen = {row.id: observe.facts_of(row, self.words) for row in stale}
        batch = self._judged(fresh, seen, self._company_rows(fresh), self._contact_rows(stale))
        bumped = [self._row(row, known[row.id], None) for row in found.bumped]
        bad = {row.id: row.reason for row in look.bad if row.id}
        return Batch(
            decisions=batch.decisions,
            rows=[*batch.rows, *bumped],
            facts=seen,
            companies=batch.companies,
            contacts=batch.contacts,
            failed={**batch.failed, **unreadable, **bad},
            after=look.after,
            seen=len(look.rows),
        )

    def _whole(self, rows: Sequence[Ticket]) -> tuple[list[Ticket], dict[str, str]]:
        """The rows again, with their histories; what is gone meanwhile is left for a later look."""
        if not rows:
            return [], {}
        read = self.portal.tickets.read([row.id for row in rows], self.words.requested, self.words.histories)
        return read.rows, {row.id: row.reason for row in read.bad if row.id}

    def _companies_of(self, rows: Sequence[Ticket]) -> dict[str, tuple[tuple[str, bool], ...]]:
        links = {row.id: row.company_ids for row in rows if row.company_ids is not None}
        missing = [row.id for row in rows if row.company_ids is None]
        if missing:
            links.update(self.portal.customers.companies_of(missing))
        return {id_: tuple((link.id, link.primary) for link in of_ticket) for id_, of_ticket in links.items()}

    def _row(self, row: Ticket, before: TicketRow | None, links: tuple[tuple[str, bool], ...] | None) -> TicketRow:
        return TicketRow(
            id=row.id,
            fingerprint=observe.fingerprint(row.properties, self.words),
            updated_at=row.updated_at_ms,
            companies=links if links is not None else (before.companies if before else None),
            held=observe.held_of(row.properties, self.words),
            inputs=observe.inputs_of(row.properties, self.words),
            open=before.open if before else True,
            next_at=before.next_at if before else None,
        )

    def _company_rows(self, rows: Sequence[TicketRow]) -> dict[str, CompanyRow]:
        """Companies of these tickets that are unknown or were last read too long ago."""
        asked = self.terms().current.mappings.company_properties
        wanted = dict.fromkeys(id_ for row in rows for id_, _ in row.companies or ())
        if not asked or not wanted:
            return {}
        since = _needed_since(rows, self.terms().now - COMPANY_AGE_MS)
        known = companies.load(self.db, wanted)
        stale = [id_ for id_ in wanted if id_ not in known or _is_old(known[id_], since[id_], asked)]
        if not stale:
            return {}
        now = self.terms().now
        found = self.portal.customers.companies(stale, asked, asked)
        read = {id_: CompanyRow(id_, _history(found[id_], asked) if id_ in found else {}, now) for id_ in stale}
        return {id_: companies.merged(row, known.get(id_)) for id_, row in read.items()}

    def _contact_rows(self, rows: Sequence[Ticket]) -> dict[str, list[ContactRow]]:
        """The contacts of these tickets, where the mappings look at any property of theirs."""
        asked = self.terms().current.mappings.contact_properties
        if not asked or not rows:
            return {}
        customers = self.portal.customers
        named = customers.contacts_of([row.id for row in rows])
        found = customers.contacts({id_ for ids in named.values() for id_ in ids}, asked, asked)
        known = contacts.load(self.db, named)
        return {
            ticket_id: contacts.merged(
                [ContactRow(id_, _history(found[id_], asked)) for id_ in ids if id_ in found], known[ticket_id]
            )
            for ticket_id, ids in named.items()
        }

    def _judged(
        self,
        rows: Sequence[TicketRow],
        seen: Mapping[str, Sequence[Fact]],
        fresh_companies: Mapping[str, CompanyRow],
        fresh_contacts: Mapping[str, Sequence[ContactRow]],
    ) -> Batch:
        """Decide about every row, leaving out those that cannot be decided."""
        lineages = {row.id: lineage.merged_ids(row.inputs) for row in rows}
        absorbed = {id_ for ids in lineages.values() for id_ in ids} - lineages.keys()
        rows = [*rows, *tickets.load(self.db, absorbed).values()]
        ids = [row.id for row in rows]
        known_facts = facts.recall(self.db, ids)
        standing = verdicts.load(self.db, ids)
        tasks = outbox.task_keys(self.db, ids)
        done = rungs.load(self.db, ids)
        unfinished = outbox.unfinished(self.db, ids)
        company_rows = {
            **companies.load(self.db, {id_ for row in rows for id_, _ in row.companies or ()}),
            **fresh_companies,
        }
        contact_rows = {**contacts.load(self.db, ids), **fresh_contacts}
        terms = self.terms()
        decisions: list[Decision] = []
        failed: dict[str, str] = {}
        cases = {}
        for row in rows:
            merged = facts.merge(known_facts.get(row.id, ()), seen.get(row.id, ()))
            customers = views(row.companies or (), company_rows), contact_views(contact_rows.get(row.id, ()))
            cases[row.id] = Case(row.id, row.inputs, merged, *customers)
        cases, tasks = lineage.linked(cases, lineages), lineage.tasks_of(tasks, lineages)
        done, unfinished = lineage.rungs_of(done, lineages), lineage.unfinished_of(unfinished, lineages)
        for row in rows:
            standing_now = Standing(
                row.held,
                standing.get(row.id, {}),
                tasks.get(row.id, set()),
                done.get(row.id, {}),
                unfinished.get(row.id, {}),
            )
            try:
                decisions.append(decide(cases[row.id], standing_now, terms))
            except (ValueError, ArithmeticError) as error:
                failed[row.id] = str(error)
        judged = {decision.case.ticket_id: decision for decision in decisions}
        return Batch(
            decisions=decisions,
            rows=[_settled(row, judged.get(row.id)) for row in rows],
            companies=list(fresh_companies.values()),
            contacts=fresh_contacts,
            failed=failed,
        )


def _settled(row: TicketRow, decision: Decision | None) -> TicketRow:
    """The row with its next deadline; one that could not be judged waits for its next change."""
    if decision is None:
        return replace(row, next_at=None)
    return replace(row, open=decision.open, next_at=decision.next_at)


def _linked(row: TicketRow) -> tuple[CompanyLink, ...] | None:
    """The companies as they were linked at the last look; None where nobody has asked yet."""
    return None if row.companies is None else tuple(CompanyLink(id_, primary) for id_, primary in row.companies)


def _needed_since(rows: Iterable[TicketRow], oldest: int) -> dict[str, int]:
    """Company id to the instant since which it must have been read: a tier that was new when a ticket of it was
    created must not be overlooked because the company was read a moment before."""
    since: dict[str, int] = {}
    for row in rows:
        created_at = observe.created_at(row.inputs)
        for id_, _ in row.companies or ():
            since[id_] = max(since.get(id_, oldest), created_at or oldest)
    return since


def views(links: Iterable[tuple[str, bool]], rows: Mapping[str, CompanyRow]) -> tuple[CompanyView, ...]:
    """The companies of one ticket as the tiers look at them."""
    return tuple(CompanyView(id_, primary, rows[id_].history if id_ in rows else {}) for id_, primary in links)


def contact_views(rows: Iterable[ContactRow]) -> tuple[ContactView, ...]:
    """The contacts of one ticket as the tiers look at them."""
    return tuple(ContactView(row.id, row.history) for row in rows)


def _is_old(row: CompanyRow, oldest: int, asked: Sequence[str]) -> bool:
    """Read too long ago, or before the mappings looked at all of these properties."""
    return row.seen_at < oldest or any(name not in row.history for name in asked)


def _history(told: Company | Contact, names: Iterable[str]) -> companies.History:
    ordered = {name: observe.oldest_first(told.history.get(name, []), told.properties.get(name)) for name in names}
    return {name: [(entry.at_ms, entry.value or None) for entry in entries] for name, entries in ordered.items()}
