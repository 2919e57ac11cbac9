"""Gather and decide, a page at a time: what a sync would record and send. Nothing is written here.

For each page first everything that it needs is loaded, then its records are judged. What a page of a search needs of
HubSpot is read while the page before it is judged. What has been recorded of a record meanwhile, or written to it,
makes what was read of it old: then it is read once more.

A run records each batch before it asks for the next; `plan` only looks at them. So a dry run is the same
decision, printed.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hubspot_sla.flows.judging import edits
from hubspot_sla.flows.judging.decide import decide
from hubspot_sla.flows.judging.edits import RecordEdits
from hubspot_sla.flows.reading import incremental
from hubspot_sla.flows.reading.batch import Batch
from hubspot_sla.flows.reading.customers import COMPANY_AGE_MS, CUSTOMERS, Customers, read_customers
from hubspot_sla.flows.reading.incremental import RecordPage
from hubspot_sla.flows.reading.messages_read import NOTHING_READ
from hubspot_sla.flows.reading.prefetch import Prefetch
from hubspot_sla.flows.reading.restated import with_restatements
from hubspot_sla.flows.records import hubspot_facts
from hubspot_sla.flows.records.assemble import NewlyRead, assemble
from hubspot_sla.flows.records.message_facts import is_message, only_properties
from hubspot_sla.hubspot.concurrency import have_landed, landing
from hubspot_sla.hubspot.record_rows import CompanyLink
from hubspot_sla.ledger import outbox, outcomes, records
from hubspot_sla.ledger.facts import Fact
from hubspot_sla.ledger.names import Named
from hubspot_sla.ledger.records import RecordRow
from hubspot_sla.ledger.sql import chunks
from hubspot_sla.plan.records import RecordRef

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set

    from hubspot_sla.flows.judging.edits import DecisionWithEdits, PropertyValues
    from hubspot_sla.flows.judging.judging_context import JudgingContext
    from hubspot_sla.flows.reading.incremental import PageChanges
    from hubspot_sla.flows.reading.message_reading import MessageReader
    from hubspot_sla.flows.reading.messages_read import MessagesRead
    from hubspot_sla.flows.reading.prefetch import Prefetched
    from hubspot_sla.flows.records.hubspot_facts import Vocabulary
    from hubspot_sla.hubspot.portal import Portal
    from hubspot_sla.hubspot.record_rows import CrmRecord

LOCAL_BATCH = 500
NOT_ANSWERED = "HubSpot no longer knows this {}"
SEEN_GONE, SEEN_BACK = "RECYCLE_BIN", "SHOWN_AGAIN"


@dataclass(frozen=True, slots=True)
class RequestedPage:
    """A page, with what the ledger knew of its records when more was asked about those that need it."""

    page: RecordPage
    known: Mapping[str, RecordRow]
    prefetch: Prefetch


@dataclass(frozen=True, slots=True)
class PageEvaluator:
    """Decides about records of one object type, with one portal, one ledger and one set of words. `judging` is asked
    for at each page: time goes on while a long scan runs."""

    db: sqlite3.Connection
    portal: Portal
    words: Vocabulary
    judging: Callable[[], JudgingContext]
    before: Callable[[Iterable[RecordRef]], None] = lambda _records: None
    """Called with the records that are about to be judged: what is on its way to them must have arrived."""
    company_age_ms: int | None = COMPANY_AGE_MS
    """Companies that were read longer ago are read again; None: all are."""
    messages: MessageReader | None = None
    """Reads the messages of records, where the mappings name a source of them."""

    @property
    def object_type(self) -> str:
        return self.words.object_type

    @property
    def waiting(self) -> Batch:
        return Batch(self.object_type, waiting=True)

    def evaluate_pages(self, pages: Iterable[RecordPage]) -> Iterator[Batch]:
        """A batch for each page HubSpot gave, in their order; one that says so whenever something is waited for."""
        requested: deque[RequestedPage] = deque()
        with landing(lambda: [future for page_ahead in requested for future in page_ahead.prefetch.in_flight]):
            for page in pages:
                if page.waiting:
                    yield self.waiting
                    continue
                requested.append(self._request(page))
                # Whole pages need nothing more: waiting for the next one would only keep this one from being judged.
                while len(requested) > (0 if page.whole else 1):
                    yield from self._once_read(requested)
            while requested:
                yield from self._once_read(requested)

    def _once_read(self, requested: deque[RequestedPage]) -> Iterator[Batch]:
        """The first of these, when all that it needs has come."""
        while not have_landed(requested[0].prefetch.in_flight):
            yield self.waiting
        yield self._evaluate(requested.popleft())

    def evaluate_deadlines(self, record_ids: Iterable[str]) -> Iterator[Batch]:
        """Judge records whose deadline has come, each read again first: the search index may not have shown yet what
        was done in time, and a breach must not be told on hearsay. What HubSpot does not answer for is looked for in
        its recycle bin; what is not there either is quarantined, and asked for again."""
        several = self.portal.of(self.object_type).read_in_turn(record_ids, self.words.requested, self.words.histories)
        for ids, read in several:
            self._wait_for(ids)
            known = self._load(ids)
            rows = [replace(row, company_ids=_company_links(known.get(row.id))) for row in read.rows]
            archived = self.portal.of(self.object_type).archived(read.missing_ids) if read.missing_ids else {}
            gone = [id_ for id_ in read.missing_ids if id_ in known and known[id_].gone]
            lost = [id_ for id_ in read.missing_ids if id_ not in archived and id_ not in gone]
            batch = self._evaluate(self._request(RecordPage(rows, whole=True, bad=read.bad)))
            unread = [*lost, *(row.id for row in read.bad)]
            still = [replace(known[id_], next_at=None) for id_ in unread if id_ in known]
            failed = {**batch.failed, **dict.fromkeys(lost, NOT_ANSWERED.format(self.words.profile.singular))}
            yield replace(batch, rows=[*batch.rows, *still], failed=failed, seen=0, let_go=gone)
            yield from self.evaluate_gone(archived)

    def evaluate_by_id(self, record_ids: Iterable[str]) -> Iterator[tuple[Batch, Sequence[str]]]:
        """Judge these records and no others, each read by its id with its companies, and the ids for which HubSpot has
        no record: archived, deleted, or merged into another."""
        several = self.portal.of(self.object_type).read_in_turn(record_ids, self.words.requested, self.words.histories)
        for ids, read in several:
            self._wait_for(ids)
            asked = [row for row in read.rows if row.id in ids]
            batch = self._evaluate(self._request(RecordPage(asked, whole=True, bad=read.bad)))
            answered = {row.id for row in asked} | {row.id for row in read.bad}
            yield batch, [id_ for id_ in ids if id_ not in answered]

    def evaluate_gone(self, archived: Mapping[str, int]) -> Iterator[Batch]:
        """Records that HubSpot no longer shows, with the instant at which they went: their clocks end there."""
        for ids in chunks(archived, LOCAL_BATCH):
            self._wait_for(ids)
            known = [row for row in self._load(ids).values() if row.gone is None]
            now = self.judging().now
            gone_facts = {
                row.id: [Fact(hubspot_facts.GONE, min(archived[row.id], now), "archived", SEEN_GONE)] for row in known
            }
            rows = [replace(row, gone=records.ARCHIVED, open=False, next_at=None) for row in known]
            batch = self._judged(rows, NewlyRead(facts=gone_facts))
            gone = {**batch.gone, **dict.fromkeys(gone_facts, records.ARCHIVED)}
            let_go = [id_ for id_ in ids if id_ not in gone_facts]
            yield replace(batch, facts=gone_facts, gone=gone, let_go=let_go)

    def evaluate_again(self, record_ids: Iterable[str]) -> Iterator[Batch]:
        """Judge records again from what the ledger holds, without a call: the promises have changed."""
        for ids in chunks(record_ids, LOCAL_BATCH):
            self._wait_for(ids)
            yield self._judged(list(self._load(ids).values()), NewlyRead())

    def evaluate_customers(self, rows: Sequence[RecordRow], newly_read: NewlyRead) -> Batch:
        """Judge records whose customers are not what they were. Nothing may be on its way to them any more."""
        return self._judged(rows, newly_read)

    def customers(self) -> Customers:
        """Who the records are for, by the newest mappings."""
        judging = self.judging()
        return Customers(self.db, self.portal.customers, judging.current.mappings, judging.now)

    def _wait_for(self, record_ids: Iterable[str]) -> None:
        self.before(RecordRef(self.object_type, record_id) for record_id in record_ids)

    def _load(self, record_ids: Iterable[str]) -> dict[str, RecordRow]:
        return records.load(self.db, self.object_type, record_ids)

    def _request(self, page: RecordPage) -> RequestedPage:
        """Have read what this page needs."""
        known = self._load(row.id for row in page.rows)
        changed = incremental.compare(page, known, self.words).changed
        return RequestedPage(page, known, self._prefetch(changed, known, whole=page.whole))

    def _prefetch(self, rows: Sequence[CrmRecord], known: Mapping[str, RecordRow], *, whole: bool) -> Prefetch:
        """`whole` rows are read again only where the ledger has come to know more since: by a deadline that was met
        while they were waiting."""
        if not whole:
            return Prefetch(self.portal, self.words, rows)
        older = {row.id for row in rows if incremental.is_older(row, known.get(row.id))}
        again = [row for row in rows if row.id in older]
        return Prefetch(self.portal, self.words, again, [row for row in rows if row.id not in older])

    def _evaluate(self, requested: RequestedPage) -> Batch:
        page = requested.page
        self._wait_for(row.id for row in page.rows)
        known = self._load(row.id for row in page.rows)
        changes = incremental.compare(page, known, self.words)
        read = self._still_valid(requested, changes, known)
        changed = [self._row(row, known.get(row.id), read.company_links.get(row.id)) for row in read.rows]
        unlinked = {
            row.id: read.unlinked[row.id] for row in changed if row.companies is None and row.id in read.unlinked
        }
        changed = [row for row in changed if row.id not in unlinked]
        customers = read_customers(self.customers(), self.object_type, changed, known.__contains__, self.company_age_ms)
        unlinked.update(customers.withheld)
        missing_scope = customers.missing_scope or read.missing_scope
        changed = [row for row in changed if row.id not in unlinked]
        changed += [self._row(row, known[row.id], None) for row in changes.only_ours_changed]
        whole = [row for row in read.rows if row.id not in unlinked]
        facts_by_id, returned = self._facts(whole, known)
        messages = self._messages([*whole, *changes.only_time_changed], whole=page.whole)
        facts_by_id.update(
            (id_, [*facts_by_id.get(id_, ()), *facts_of_record]) for id_, facts_of_record in messages.facts.items()
        )
        touched = [self._row(row, known[row.id], None) for row in changes.only_time_changed]
        changed += [row for row in touched if row.id in messages.facts]
        touched = [row for row in touched if row.id not in messages.facts]
        newly_read = NewlyRead(facts_by_id, customers.companies, customers.contacts)
        batch = self._judged(
            changed,
            newly_read,
            self._edited([*whole, *changes.only_ours_changed], changed, known),
            self._shown_late(messages),
        )
        resting = {} if missing_scope is None else {CUSTOMERS: missing_scope}
        bad = [row for row in (*page.bad, *read.bad) if row.id]
        return replace(
            batch,
            rows=[*batch.rows, *touched],
            facts=facts_by_id,
            failed={**batch.failed, **{row.id: row.reason for row in bad if not row.rejected}},
            refused={**unlinked, **{row.id: row.reason for row in bad if row.rejected}},
            after=page.after,
            seen=len(page.rows),
            returned=returned,
            resting={**resting, **messages.resting},
            messages=messages,
            changes=changes,
            lag_ms=incremental.lag_ms(page, changes, known, self.words, self.judging().now),
        )

    def evaluate_listed(self) -> Iterator[Batch]:
        """Judge the records of threads that were listed as newer, and that no page has shown; note how far the list
        went. Nothing where no list was asked for."""
        if self.messages is None:
            return
        messages = self.messages.read_listed()
        shown_late = self._shown_late(messages)  # before anything else can have been judged by them
        for ids in chunks(messages.facts, LOCAL_BATCH):
            self._wait_for(ids)
            rows = [row for row in self._load(ids).values() if row.gone is None]
            facts_by_id = {row.id: messages.facts[row.id] for row in rows}
            batch = self._judged(rows, NewlyRead(facts=facts_by_id), shown_late=shown_late)
            yield replace(batch, facts=facts_by_id, messages=messages.of(facts_by_id), resting=messages.resting)
        notes = self.messages.scope.listing.notes()
        if notes or messages.readings:
            unchanged = messages.without(messages.facts)
            yield Batch(self.object_type, after=notes, messages=unchanged, resting=messages.resting)

    def _messages(self, rows: Sequence[CrmRecord], *, whole: bool) -> MessagesRead:
        return NOTHING_READ if self.messages is None else self.messages.read(rows, whole=whole)

    def _shown_late(self, messages: MessagesRead) -> set[str]:
        """The records on which a message is shown now that was written before they were last judged."""
        judged_at = outcomes.last_judged(self.db, self.object_type, messages.facts)
        return {
            id_
            for id_, facts_of_record in messages.facts.items()
            if any(is_message(fact) and fact.at <= judged_at.get(id_, -1) for fact in facts_of_record)
        }

    def _still_valid(
        self, requested: RequestedPage, changes: PageChanges, known: Mapping[str, RecordRow]
    ) -> Prefetched:
        """What was read of these records; once more of those that are not what they were when it was asked for."""
        read = requested.prefetch.result()
        if known == requested.known:
            return read
        same = {row.id for row in changes.changed if known.get(row.id) == requested.known.get(row.id)}
        rest = [row for row in changes.changed if row.id not in same]
        return read.of(same).and_(self._prefetch(rest, known, whole=requested.page.whole).result())

    def _facts(
        self, rows: Sequence[CrmRecord], known: Mapping[str, RecordRow]
    ) -> tuple[dict[str, list[Fact]], list[str]]:
        """The facts in these rows, and which of them had been gone."""
        facts_by_id = {row.id: hubspot_facts.facts_of(row, self.words) for row in rows}
        returned = [id_ for id_ in facts_by_id if id_ in known and known[id_].gone is not None]
        for id_ in returned:
            facts_by_id[id_].append(Fact(hubspot_facts.GONE, self.judging().now, None, SEEN_BACK))
        return facts_by_id, returned

    def _edited(
        self, shown: Sequence[CrmRecord], rows: Sequence[RecordRow], known: Mapping[str, RecordRow]
    ) -> dict[str, PropertyValues]:
        suspected = edits.suspected(shown, known, self.words)
        if not suspected:
            return {}
        return edits.without_ours(suspected, rows, outbox.changes_waiting(self.db, self.object_type, suspected))

    def _row(self, row: CrmRecord, before: RecordRow | None, links: tuple[tuple[str, bool], ...] | None) -> RecordRow:
        return RecordRow(
            object_type=self.object_type,
            id=row.id,
            fingerprint=hubspot_facts.fingerprint(row.properties, self.words),
            updated_at=row.updated_at_ms,
            companies=links if links is not None else (before.companies if before else None),
            written=hubspot_facts.written_of(row.properties, self.words),
            inputs=hubspot_facts.inputs_of(row.properties, self.words),
            open=before.open if before else True,
            next_at=before.next_at if before else None,
        )

    def _judged(
        self,
        rows: Sequence[RecordRow],
        newly_read: NewlyRead,
        edited: Mapping[str, PropertyValues] | None = None,
        shown_late: Set[str] = frozenset(),
    ) -> Batch:
        """Decide about every row, leaving out those that cannot be decided. `edited` is what somebody replaced of what
        we had written, by record id; `shown_late` are those of which a source shows now what it did not before."""
        assembled = assemble(self.db, self.object_type, rows, newly_read, before_loading=self._wait_for)
        judging = _naming(self.judging(), newly_read)
        respect = judging.current.mappings.portal.written.respects_edits
        decided: dict[str, DecisionWithEdits] = {}
        failed: dict[str, str] = {}
        for id_, record in assembled.records.items():
            record_edits = RecordEdits(record.row, (edited or {}).get(id_, {}), record.respected_edits, respect)
            done = replace(
                record.done,
                written=record_edits.seemingly_written(),
                replaced={} if respect else record_edits.replaced,
            )
            try:
                decision = decide(record.facts, done, judging.of(record.row.next_at))
                decision = replace(decision, shown_late=id_ in shown_late)
                decided[id_] = record_edits.settled_with(decision)
            except (ValueError, ArithmeticError) as error:
                failed[id_] = str(error)
        decisions = {id_: result.decision for id_, result in decided.items()}
        restated = with_restatements(self.db, self.object_type, decisions, judging, newly_read.facts)
        decided = {id_: replace(result, decision=restated[id_]) for id_, result in decided.items()}
        before = {id_: record.row for id_, record in assembled.records.items()}
        after = {id_: _judged_row(row, decided.get(id_)) for id_, row in before.items()}
        return Batch(
            decisions=[result.decision for result in decided.values()],
            rows=list(after.values()),
            companies=list(newly_read.companies.values()),
            contacts=newly_read.contacts,
            failed=failed,
            edits=[edit for result in decided.values() for edit in result.edits],
            settled_edits=[edit for result in decided.values() for edit in result.settled],
            gone={id_: row.gone for id_, row in after.items() if row.gone and not before[id_].gone},
            shortened=_shortened(newly_read.facts, assembled.known_facts),
            object_type=self.object_type,
        )


def _naming(judging: JudgingContext, newly_read: NewlyRead) -> JudgingContext:
    """The same, which also knows companies by name that were read just now."""
    read = {row.id: row.name for row in newly_read.companies.values() if row.name}
    if not read:
        return judging
    known = judging.name_of
    return replace(
        judging, name_of=lambda kind, id_: (read.get(id_) if kind is Named.COMPANY else "") or known(kind, id_)
    )


def _judged_row(row: RecordRow, decided: DecisionWithEdits | None) -> RecordRow:
    """The row with its next deadline; one that could not be judged waits in the quarantine."""
    if decided is None:
        return replace(row, next_at=None)
    decision = decided.decision
    merged_into = decision.record.merged_into or None
    gone = records.MERGED if merged_into else row.gone
    return replace(row, open=decision.open, next_at=decision.next_at, gone=gone, merged_into=merged_into)


def _shortened(facts_by_id: Mapping[str, Sequence[Fact]], known: Mapping[str, Sequence[Fact]]) -> dict[str, int]:
    """By property how many values HubSpot gave, where the ledger knows older ones."""
    lengths: dict[str, int] = {}
    for id_, facts in facts_by_id.items():
        for name, length in hubspot_facts.shortened(only_properties(facts), known.get(id_, ())).items():
            lengths[name] = max(lengths.get(name, 0), length)
    return lengths


def _company_links(row: RecordRow | None) -> tuple[CompanyLink, ...] | None:
    """The companies as they were linked when last read; None where nobody has asked yet."""
    if row is None or row.companies is None:
        return None
    return tuple(CompanyLink(id_, primary) for id_, primary in row.companies)
