"""Gather and decide, a page at a time: what a sync would record and send. Nothing is written here.

What a page of a search needs is read while the page before it is judged. What has been recorded of a ticket meanwhile,
or written to it, makes what was read of it old: then it is read once more.

A run records each batch before it asks for the next; `plan` only looks at them. So a dry run is the same
decision, printed.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from hubspot_sla.flows.judging import edits
from hubspot_sla.flows.judging.decide import Decision, Standing, Terms, decide
from hubspot_sla.flows.judging.edits import Held, Outlook
from hubspot_sla.flows.reading import incremental
from hubspot_sla.flows.reading.customers import Customers, contact_views, views
from hubspot_sla.flows.reading.incremental import Sorted, TicketPage
from hubspot_sla.flows.reading.prefetch import Reading
from hubspot_sla.flows.records import hubspot_facts, lineage
from hubspot_sla.flows.records.record_facts import RecordFacts
from hubspot_sla.hubspot.concurrency import land
from hubspot_sla.hubspot.tickets import CompanyLink
from hubspot_sla.ledger import companies, contacts, facts, outbox, records, rungs, verdicts
from hubspot_sla.ledger import edits as kept_edits
from hubspot_sla.ledger.facts import Fact
from hubspot_sla.ledger.records import RecordRow
from hubspot_sla.ledger.sql import chunks
from hubspot_sla.plan.records import TICKETS, RecordRef

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from hubspot_sla.flows.reading.prefetch import Findings
    from hubspot_sla.flows.records.hubspot_facts import Vocabulary
    from hubspot_sla.hubspot.portal import Portal
    from hubspot_sla.hubspot.tickets import Ticket
    from hubspot_sla.ledger.companies import CompanyRow
    from hubspot_sla.ledger.contacts import ContactRow
    from hubspot_sla.ledger.edits import Edit

LOCAL_BATCH = 500
NOT_ANSWERED = "HubSpot no longer knows this ticket"
SEEN_GONE, SEEN_BACK = "RECYCLE_BIN", "SHOWN_AGAIN"


@dataclass(frozen=True, slots=True)
class Batch:
    """What one page came to, to be recorded in one transaction. All of it is about records of one object type.

    `rows` replaces the records' rows; `failed` is record id to why it could not be judged, `refused` to why HubSpot
    would not let it be read; `after` are notes to
    write (None: forget) once all of it stands. `gone` is record id to where it went, `returned` are those that came
    back; `let_go` waited in quarantine and is gone, there is no more to be judged. `found` is how the page compared
    with the ledger, `lag_ms` by how much the search index was seen to lag, `shortened` what HubSpot told of histories
    that it no longer tells whole, and `caught` since when the changes had been waiting that the fast lane had missed.
    """

    decisions: Sequence[Decision] = ()
    rows: Sequence[RecordRow] = ()
    facts: Mapping[str, Sequence[Fact]] = field(default_factory=dict)
    companies: Sequence[CompanyRow] = ()
    contacts: Mapping[str, Sequence[ContactRow]] = field(default_factory=dict)
    failed: Mapping[str, str] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)
    after: Mapping[str, str | None] = field(default_factory=dict)
    seen: int = 0
    edits: Sequence[Edit] = ()
    settled: Sequence[Edit] = ()
    gone: Mapping[str, str] = field(default_factory=dict)
    returned: Sequence[str] = ()
    let_go: Sequence[str] = ()
    found: Sorted = field(default_factory=Sorted)
    lag_ms: int = 0
    shortened: Mapping[str, int] = field(default_factory=dict)
    caught: Sequence[int] = ()
    object_type: str = TICKETS

    def refs(self, record_ids: Iterable[str]) -> list[RecordRef]:
        return [RecordRef(self.object_type, record_id) for record_id in record_ids]


@dataclass(frozen=True, slots=True)
class Fresh:
    """What has just been read of some tickets and is not in the ledger yet."""

    facts: Mapping[str, Sequence[Fact]] = field(default_factory=dict)
    companies: Mapping[str, CompanyRow] = field(default_factory=dict)
    contacts: Mapping[str, Sequence[ContactRow]] = field(default_factory=dict)
    edited: Mapping[str, Held] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Asked:
    """A page, with what the ledger knew of its tickets when more was asked about those that need it."""

    look: TicketPage
    known: Mapping[str, RecordRow]
    reading: Reading


@dataclass(frozen=True, slots=True)
class PageEvaluator:
    """Decides about tickets with one portal, one ledger and one set of words. `terms` is asked for at each page:
    time goes on while a long walk runs."""

    db: sqlite3.Connection
    portal: Portal
    words: Vocabulary
    terms: Callable[[], Terms]
    before: Callable[[Iterable[RecordRef]], None] = lambda _records: None
    """Called with the records that are about to be judged: what is on its way to them must have arrived."""
    object_type: str = TICKETS

    def of_looks(self, looks: Iterable[TicketPage]) -> Iterator[Batch]:
        """A batch for each page HubSpot gave, in their order."""
        asked: deque[Asked] = deque()
        try:
            for look in looks:
                asked.append(self._ask(look))
                # Whole pages need nothing more: waiting for the next one would only keep this one from being judged.
                while len(asked) > (0 if look.whole else 1):
                    yield self._judge(asked.popleft())
            while asked:
                yield self._judge(asked.popleft())
        finally:
            land(future for one in asked for future in one.reading.flying)

    def of_deadlines(self, record_ids: Iterable[str]) -> Iterator[Batch]:
        """Judge tickets whose deadline has come, each read again first: the search index may not have shown yet what
        was done in time, and a breach must not be told on hearsay. What HubSpot does not answer for is looked for in
        its recycle bin; what is not there either is quarantined, and asked for again."""
        several = self.portal.tickets.read_in_turn(record_ids, self.words.requested, self.words.histories)
        for ids, read in several:
            self._wait_for(ids)
            known = self._load(ids)
            told = [replace(row, company_ids=_linked(known.get(row.id))) for row in read.rows]
            archived = self.portal.tickets.archived(read.missing_ids) if read.missing_ids else {}
            gone = [id_ for id_ in read.missing_ids if id_ in known and known[id_].gone]
            lost = [id_ for id_ in read.missing_ids if id_ not in archived and id_ not in gone]
            batch = self._of_look(TicketPage(told, whole=True, bad=read.bad))
            unread = [*lost, *(row.id for row in read.bad)]
            still = [replace(known[id_], next_at=None) for id_ in unread if id_ in known]
            failed = {**batch.failed, **dict.fromkeys(lost, NOT_ANSWERED)}
            yield replace(batch, rows=[*batch.rows, *still], failed=failed, seen=0, let_go=gone)
            yield from self.of_gone(archived)

    def of_gone(self, archived: Mapping[str, int]) -> Iterator[Batch]:
        """Tickets that HubSpot no longer shows, with the instant at which they went: their clocks end there."""
        for ids in chunks(archived, LOCAL_BATCH):
            self._wait_for(ids)
            known = [row for row in self._load(ids).values() if row.gone is None]
            now = self.terms().now
            went = {
                row.id: [Fact(hubspot_facts.GONE, min(archived[row.id], now), "archived", SEEN_GONE)] for row in known
            }
            rows = [replace(row, gone=records.ARCHIVED, open=False, next_at=None) for row in known]
            batch = self._judged(rows, Fresh(facts=went))
            gone = {**batch.gone, **dict.fromkeys(went, records.ARCHIVED)}
            yield replace(batch, facts=went, gone=gone, let_go=[id_ for id_ in ids if id_ not in went])

    def of_records(self, record_ids: Iterable[str]) -> Iterator[Batch]:
        """Judge records again from what the ledger holds, without a call: the promises have changed."""
        for ids in chunks(record_ids, LOCAL_BATCH):
            self._wait_for(ids)
            yield self._judged(list(self._load(ids).values()), Fresh())

    def of_customers(self, rows: Sequence[RecordRow], fresh: Fresh) -> Batch:
        """Judge tickets whose customers are not what they were. Nothing may be on its way to them any more."""
        return self._judged(rows, fresh)

    def customers(self) -> Customers:
        """Who the tickets are for, by the newest mappings."""
        terms = self.terms()
        return Customers(self.db, self.portal.customers, terms.current.mappings, terms.now)

    def _wait_for(self, record_ids: Iterable[str]) -> None:
        self.before(RecordRef(self.object_type, record_id) for record_id in record_ids)

    def _load(self, record_ids: Iterable[str]) -> dict[str, RecordRow]:
        return records.load(self.db, self.object_type, record_ids)

    def _of_look(self, look: TicketPage) -> Batch:
        return self._judge(self._ask(look))

    def _ask(self, look: TicketPage) -> Asked:
        """Have read what this page needs."""
        known = self._load(row.id for row in look.rows)
        stale = incremental.sort(look, known, self.words).stale
        return Asked(look, known, self._read(stale, whole=look.whole))

    def _read(self, rows: Sequence[Ticket], *, whole: bool) -> Reading:
        return Reading(self.portal, self.words, rows, whole=whole)

    def _judge(self, asked: Asked) -> Batch:
        look = asked.look
        self._wait_for(row.id for row in look.rows)
        known = self._load(row.id for row in look.rows)
        found = incremental.sort(look, known, self.words)
        read = self._still_so(asked, found, known)
        fresh = [self._row(row, known.get(row.id), read.links.get(row.id)) for row in read.rows]
        untold = {row.id: read.untold[row.id] for row in fresh if row.companies is None and row.id in read.untold}
        fresh = [row for row in fresh if row.id not in untold]
        fresh += [self._row(row, known[row.id], None) for row in found.touched]
        whole = [row for row in read.rows if row.id not in untold]
        seen, returned = self._facts(whole, known)
        edited = self._edited([*whole, *found.touched], fresh, known)
        customers = self.customers()
        people = customers.contacts(self.object_type, [row.id for row in whole])
        batch = self._judged(fresh, Fresh(seen, customers.companies(fresh), people, edited))
        bumped = [self._row(row, known[row.id], None) for row in found.bumped]
        bad = [row for row in (*look.bad, *read.bad) if row.id]
        return replace(
            batch,
            rows=[*batch.rows, *bumped],
            facts=seen,
            failed={**batch.failed, **{row.id: row.reason for row in bad if not row.rejected}},
            refused={**untold, **{row.id: row.reason for row in bad if row.rejected}},
            after=look.after,
            seen=len(look.rows),
            returned=returned,
            found=found,
            lag_ms=incremental.lag_ms(look, found, known, self.words, self.terms().now),
        )

    def _still_so(self, asked: Asked, found: Sorted, known: Mapping[str, RecordRow]) -> Findings:
        """What was read of these tickets; once more of those that are not what they were when it was asked for."""
        read = asked.reading.findings()
        if known == asked.known:
            return read
        same = {row.id for row in found.stale if known.get(row.id) == asked.known.get(row.id)}
        rest = [row for row in found.stale if row.id not in same]
        return read.of(same).and_(self._read(rest, whole=asked.look.whole).findings())

    def _facts(self, rows: Sequence[Ticket], known: Mapping[str, RecordRow]) -> tuple[dict[str, list[Fact]], list[str]]:
        """What these rows tell, and which of them had been gone."""
        seen = {row.id: hubspot_facts.facts_of(row, self.words) for row in rows}
        returned = [id_ for id_ in seen if id_ in known and known[id_].gone is not None]
        for id_ in returned:
            seen[id_].append(Fact(hubspot_facts.GONE, self.terms().now, None, SEEN_BACK))
        return seen, returned

    def _edited(
        self, told: Sequence[Ticket], rows: Sequence[RecordRow], known: Mapping[str, RecordRow]
    ) -> dict[str, Held]:
        found = edits.suspected(told, known, self.words)
        return (
            edits.without_ours(found, rows, outbox.changes_waiting(self.db, self.object_type, found)) if found else {}
        )

    def _row(self, row: Ticket, before: RecordRow | None, links: tuple[tuple[str, bool], ...] | None) -> RecordRow:
        return RecordRow(
            object_type=self.object_type,
            id=row.id,
            fingerprint=hubspot_facts.fingerprint(row.properties, self.words),
            updated_at=row.updated_at_ms,
            companies=links if links is not None else (before.companies if before else None),
            written=hubspot_facts.held_of(row.properties, self.words),
            inputs=hubspot_facts.inputs_of(row.properties, self.words),
            open=before.open if before else True,
            next_at=before.next_at if before else None,
        )

    def _judged(self, rows: Sequence[RecordRow], fresh: Fresh) -> Batch:
        """Decide about every row, leaving out those that cannot be decided."""
        lineages = {row.id: lineage.merged_ids(row.inputs) for row in rows}
        absorbed = {id_ for ids in lineages.values() for id_ in ids} - lineages.keys()
        self._wait_for(absorbed)
        rows = [*rows, *self._load(absorbed).values()]
        ids, kind = [row.id for row in rows], self.object_type
        known = facts.recall(self.db, kind, ids)
        cases = lineage.linked(self._cases(rows, known, fresh), lineages)
        standing = verdicts.load(self.db, kind, ids)
        tasks = lineage.tasks_of(kind, outbox.task_keys(self.db, kind, ids), lineages)
        done = lineage.rungs_of(rungs.load(self.db, kind, ids), lineages)
        unfinished = lineage.unfinished_of(outbox.unfinished(self.db, kind, ids), lineages)
        outlooks = self._outlooks(ids, fresh.edited)
        terms = self.terms()
        told: list[edits.Told] = []
        failed: dict[str, str] = {}
        for row in rows:
            outlook = outlooks(row.id)
            standing_now = Standing(
                outlook.held(row),
                standing.get(row.id, {}),
                tasks.get(row.id, set()),
                done.get(row.id, {}),
                unfinished.get(row.id, {}),
            )
            try:
                told.append(outlook.told(row, decide(cases[row.id], standing_now, terms)))
            except (ValueError, ArithmeticError) as error:
                failed[row.id] = str(error)
        decisions = {one.decision.case.record.record_id: one.decision for one in told}
        settled = [_settled(row, decisions.get(row.id)) for row in rows]
        return Batch(
            decisions=list(decisions.values()),
            rows=settled,
            companies=list(fresh.companies.values()),
            contacts=fresh.contacts,
            failed=failed,
            edits=[edit for one in told for edit in one.edits],
            settled=[edit for one in told for edit in one.settled],
            gone={now.id: now.gone for row, now in zip(rows, settled, strict=True) if now.gone and not row.gone},
            shortened=_shortened(fresh.facts, known),
            object_type=kind,
        )

    def _cases(
        self, rows: Sequence[RecordRow], known: Mapping[str, Sequence[Fact]], fresh: Fresh
    ) -> dict[str, RecordFacts]:
        company_rows = {
            **companies.load(self.db, {id_ for row in rows for id_, _ in row.companies or ()}),
            **fresh.companies,
        }
        contact_rows = {**contacts.load(self.db, self.object_type, [row.id for row in rows]), **fresh.contacts}
        cases = {}
        for row in rows:
            merged = facts.merge(known.get(row.id, ()), fresh.facts.get(row.id, ()))
            customers = views(row.companies or (), company_rows), contact_views(contact_rows.get(row.id, ()))
            cases[row.id] = RecordFacts(row.ref, row.inputs, merged, *customers)
        return cases

    def _outlooks(self, ids: Sequence[str], edited: Mapping[str, Held]) -> Callable[[str], Outlook]:
        respect = self.terms().current.mappings.portal.written.respects_edits
        standing = kept_edits.standing(self.db, self.object_type, ids)
        return lambda id_: Outlook(edited.get(id_, {}), standing.get(id_, {}), respect)


def _settled(row: RecordRow, decision: Decision | None) -> RecordRow:
    """The row with its next deadline; one that could not be judged waits in the quarantine."""
    if decision is None:
        return replace(row, next_at=None)
    gone = records.MERGED if decision.case.merged_into else row.gone
    return replace(row, open=decision.open, next_at=decision.next_at, gone=gone)


def _shortened(seen: Mapping[str, Sequence[Fact]], known: Mapping[str, Sequence[Fact]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for id_, told in seen.items():
        for name, length in hubspot_facts.shortened(told, known.get(id_, ())).items():
            found[name] = max(found.get(name, 0), length)
    return found


def _linked(row: RecordRow | None) -> tuple[CompanyLink, ...] | None:
    """The companies as they were linked at the last look; None where nobody has asked yet."""
    if row is None or row.companies is None:
        return None
    return tuple(CompanyLink(id_, primary) for id_, primary in row.companies)
