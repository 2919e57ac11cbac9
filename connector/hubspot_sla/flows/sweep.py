"""The sweep: every ticket there is held against the ledger, once a night.

By the list endpoint, which is consistent and has no cap, a hundred a call. It sees what no poll can: tickets that
were archived or merged, changes that left no trace in what is compared between two looks (the histories of all open
tickets are read again), associations. Interrupted, it starts again: what it has set right by then stays right.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from hubspot_sla.flows.judging import lineage
from hubspot_sla.flows.judging.observe import changed_at
from hubspot_sla.flows.pulling import gather
from hubspot_sla.flows.pulling.gather import Look
from hubspot_sla.flows.run import Before, Progress, begun, settled, silent
from hubspot_sla.hubspot.batches import BATCH, BATCH_WITH_HISTORY
from hubspot_sla.ledger import lanes, listed, notes, tickets
from hubspot_sla.ledger.rows import chunks

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hubspot_sla.flows.journal import Tally
    from hubspot_sla.flows.parts import Parts
    from hubspot_sla.flows.pulling.gather import Sorted
    from hubspot_sla.flows.pulling.survey import Batch, Surveyor
    from hubspot_sla.hubspot.tickets import Page, Ticket

HISTORIES = 4 * BATCH_WITH_HISTORY
"""Tickets whose histories are read together, several calls at once."""


def sweep(parts: Parts, progress: Progress = silent) -> Tally:
    """One run; `ledger.lanes.last_sweep` tells afterwards what it found."""
    with begun(parts, "sweep", progress) as run:
        run.carry_out(lambda before: _survey(parts, before))
    return run.tally


def _survey(parts: Parts, before: Before) -> Iterator[Batch]:
    decider = settled(parts, before)
    if decider is None:
        return
    sweeping = _Sweep(parts, decider, notes.read_instant(parts.ledger.db, notes.CURSOR) or 0)
    yield from sweeping.listed()
    yield from sweeping.missing()
    with parts.ledger.transaction() as db:
        lanes.swept(db, sweeping.found(parts.now()))


@dataclass(slots=True)
class _Sweep:
    """`seen_until`: what changed before this instant has been polled, so that a difference is drift."""

    parts: Parts
    decider: Surveyor
    seen_until: int
    _deep: list[Ticket] = field(default_factory=list)
    _counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("listed", "drift", "gone", "returned"), 0))

    def found(self, at: int) -> lanes.Sweep:
        return lanes.Sweep(at, **self._counts)

    def listed(self) -> Iterator[Batch]:
        """Every page of the list; what needs its history is gathered until it fills a call."""
        listed.begin(self.parts.ledger.db)
        for page, _left in self.parts.portal.tickets.walk(self.decider.words.requested):
            yield from self._page(page)
            yield from self._histories(at_least=HISTORIES)
        yield from self._histories(at_least=1)

    def missing(self) -> Iterator[Batch]:
        """What the ledger has and the list had not: asked for by id, looked for in the recycle bin, ended."""
        after = ""
        while ids := listed.missing(self.parts.ledger.db, after, BATCH):
            after = ids[-1]
            read = self.parts.portal.tickets.read(ids, self.decider.words.requested)
            yield from self._counted(self.decider.of_looks([Look(read.rows, whole=False, bad=read.bad)]))
            yield from self._counted(self._ended(read.missing_ids))

    def _page(self, page: Page) -> Iterator[Batch]:
        with self.parts.ledger.transaction() as db:
            ids = [row.id for row in page.rows] + [row.id for row in page.bad if row.id]
            listed.note(db, ids, self._absorbed(page.rows))
        known = tickets.load(self.parts.ledger.db, (row.id for row in page.rows))
        found = gather.sort(Look(page.rows, whole=False), known, self.decider.words)
        self._count(page, found)
        stale = {row.id for row in found.stale}
        deep = [row for row in page.rows if row.id in stale or (row.id in known and known[row.id].open)]
        taken = {row.id for row in deep}
        shallow = [row for row in (*found.touched, *found.bumped) if row.id not in taken]
        self._deep += deep
        if shallow or page.bad:
            yield from self._counted(self.decider.of_looks([Look(shallow, whole=False, bad=page.bad)]))

    def _histories(self, at_least: int) -> Iterator[Batch]:
        while len(self._deep) >= at_least:
            rows, self._deep = self._deep[:HISTORIES], self._deep[HISTORIES:]
            links = {row.id: row.company_ids for row in rows}
            words = self.decider.words
            read = self.parts.portal.tickets.read(links, words.requested, words.histories)
            told = [replace(row, company_ids=links[row.id]) for row in read.rows]
            yield from self._counted(self.decider.of_looks([Look(told, whole=True, bad=read.bad)]))

    def _ended(self, ids: Sequence[str]) -> Iterator[Batch]:
        """Merged tickets end with their survivor, which is judged again; all others are archived, or deleted."""
        survivors = listed.survivors(self.parts.ledger.db, ids)
        yield from self.decider.of_tickets(dict.fromkeys(survivors.values()))
        rest = [id_ for id_ in ids if id_ not in survivors]
        for some in chunks(rest):
            now = self.parts.now()
            archived = self.parts.portal.tickets.archived(some)
            yield from self.decider.of_gone({id_: archived.get(id_, now) for id_ in some})

    def _absorbed(self, rows: Sequence[Ticket]) -> dict[str, str]:
        return {id_: row.id for row in rows for id_ in lineage.merged_ids(row.properties) if id_ != row.id}

    def _count(self, page: Page, found: Sorted) -> None:
        differing = (*found.stale, *found.touched, *found.bumped)
        self._counts["listed"] += len(page.rows) + len(page.bad)
        self._counts["drift"] += sum(changed_at(row, self.decider.words) < self.seen_until for row in differing)

    def _counted(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        for batch in batches:
            self._counts["gone"] += len(batch.gone)
            self._counts["returned"] += len(batch.returned)
            yield batch
