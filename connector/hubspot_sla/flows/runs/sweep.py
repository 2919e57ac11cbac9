"""The sweep: every record there is held against the ledger, once a night.

By the list endpoint, which is consistent and has no cap, a hundred a call. It sees what no poll can: records that
were archived or merged, changes that left no trace in what is compared between two looks (the histories of all open
records are read again), associations. Interrupted, it starts again: what it has set right by then stays right.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from hubspot_sla.flows.reading import incremental
from hubspot_sla.flows.reading.incremental import RecordPage
from hubspot_sla.flows.records import merges
from hubspot_sla.flows.records.hubspot_facts import changed_at
from hubspot_sla.flows.runs.sync_run import Before, Progress, begun, settled, silent
from hubspot_sla.hubspot.batches import BATCH, BATCH_WITH_HISTORY
from hubspot_sla.ledger import records, state, sweep_seen, sync_health
from hubspot_sla.ledger.sql import chunks

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hubspot_sla.flows.context.context import Context
    from hubspot_sla.flows.reading.batch import Batch
    from hubspot_sla.flows.reading.evaluate_page import PageEvaluator
    from hubspot_sla.flows.reading.incremental import PageChanges
    from hubspot_sla.flows.sending.commit import RunStats
    from hubspot_sla.hubspot.record_rows import CrmRecord, Page
    from hubspot_sla.ledger.records import RecordRow

_COUNTED = ("listed", "drift", "gone", "returned")
HISTORIES = 4 * BATCH_WITH_HISTORY
"""Records whose histories are read together, several calls at once."""


def sweep(context: Context, progress: Progress = silent) -> RunStats:
    """One run; `ledger.sync_health.last_sweep` holds afterwards what it found."""
    with begun(context, "sweep", progress) as run:
        run.carry_out(lambda before: _survey(context, before))
    return run.stats


def _survey(context: Context, before: Before) -> Iterator[Batch]:
    sweeps = [
        _Sweep(context, evaluator, _polled_until(context, evaluator))
        for evaluator in settled(context, before, everything=True)
    ]
    for sweeping in sweeps:
        yield from sweeping.listed()
        yield from sweeping.missing()
    if sweeps:
        counts = sum((sweeping.counts for sweeping in sweeps), Counter(dict.fromkeys(_COUNTED, 0)))
        with context.ledger.transaction() as db:
            sync_health.swept(db, sync_health.Sweep(context.now(), **{name: counts[name] for name in _COUNTED}))


def _polled_until(context: Context, evaluator: PageEvaluator) -> int:
    return state.read_instant(context.ledger.db, state.of(evaluator.object_type, state.CURSOR)) or 0


@dataclass(slots=True)
class _Sweep:
    """Of one object type. `seen_until`: what changed before this instant has been polled: a difference is drift."""

    context: Context
    evaluator: PageEvaluator
    seen_until: int
    _deep: list[CrmRecord] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def listed(self) -> Iterator[Batch]:
        """Every page of the list; what needs its history is gathered until it fills a call."""
        sweep_seen.begin(self.context.ledger.db)
        for page, _left in self.context.portal.of(self.evaluator.object_type).walk(self.evaluator.words.requested):
            if page.waiting:
                yield self.evaluator.waiting
                continue
            yield from self._page(page)
            yield from self._histories(at_least=HISTORIES)
        yield from self._histories(at_least=1)

    def missing(self) -> Iterator[Batch]:
        """What the ledger has and the list had not: asked for by id, looked for in the recycle bin, ended."""
        after = ""
        while ids := sweep_seen.missing(self.context.ledger.db, self.evaluator.object_type, after, BATCH):
            after = ids[-1]
            read = self.context.portal.of(self.evaluator.object_type).read(ids, self.evaluator.words.requested)
            yield from self._counted(self.evaluator.evaluate_pages([RecordPage(read.rows, whole=False, bad=read.bad)]))
            yield from self._counted(self._ended(read.missing_ids))

    def _page(self, page: Page) -> Iterator[Batch]:
        with self.context.ledger.transaction() as db:
            ids = [row.id for row in page.rows] + [row.id for row in page.bad if row.id]
            sweep_seen.note(db, ids, self._absorbed(page.rows))
        known = records.load(self.context.ledger.db, self.evaluator.object_type, (row.id for row in page.rows))
        changes = incremental.compare(RecordPage(page.rows, whole=False), known, self.evaluator.words)
        self._count(page, changes, known)
        stale = {row.id for row in changes.changed}
        messages = self.evaluator.messages
        stale |= set() if messages is None else messages.owed(page.rows)
        deep = [row for row in page.rows if row.id in stale or (row.id in known and known[row.id].open)]
        taken = {row.id for row in deep}
        shallow = [row for row in (*changes.only_ours_changed, *changes.only_time_changed) if row.id not in taken]
        self._deep += deep
        if shallow or page.bad:
            yield from self._counted(self.evaluator.evaluate_pages([RecordPage(shallow, whole=False, bad=page.bad)]))

    def _histories(self, at_least: int) -> Iterator[Batch]:
        while len(self._deep) >= at_least:
            rows, self._deep = self._deep[:HISTORIES], self._deep[HISTORIES:]
            links = {row.id: row.company_ids for row in rows}
            words = self.evaluator.words
            read = self.context.portal.of(self.evaluator.object_type).read(links, words.requested, words.histories)
            rows = [replace(row, company_ids=links[row.id]) for row in read.rows]
            yield from self._counted(self.evaluator.evaluate_pages([RecordPage(rows, whole=True, bad=read.bad)]))

    def _ended(self, ids: Sequence[str]) -> Iterator[Batch]:
        """Merged records end with their survivor, which is judged again; all others are archived, or deleted."""
        survivors = sweep_seen.survivors(self.context.ledger.db, ids)
        yield from self.evaluator.evaluate_again(dict.fromkeys(survivors.values()))
        rest = [id_ for id_ in ids if id_ not in survivors]
        for some in chunks(rest):
            now = self.context.now()
            archived = self.context.portal.of(self.evaluator.object_type).archived(some)
            yield from self.evaluator.evaluate_gone({id_: archived.get(id_, now) for id_ in some})

    def _absorbed(self, rows: Sequence[CrmRecord]) -> dict[str, str]:
        return {id_: row.id for row in rows for id_ in merges.merged_ids(row.properties) if id_ != row.id}

    def _count(self, page: Page, changes: PageChanges, known: Mapping[str, RecordRow]) -> None:
        """What was read before a deadline was met is no drift."""
        rows = (*changes.changed, *changes.only_ours_changed, *changes.only_time_changed)
        differing = [row for row in rows if not incremental.is_older(row, known.get(row.id))]
        self.counts["listed"] += len(page.rows) + len(page.bad)
        self.counts["drift"] += sum(changed_at(row, self.evaluator.words) < self.seen_until for row in differing)

    def _counted(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        for batch in batches:
            self.counts["gone"] += len(batch.gone)
            self.counts["returned"] += len(batch.returned)
            yield batch
