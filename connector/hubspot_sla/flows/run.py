"""One run of any job that judges tickets: begun and ended in the ledger, each batch recorded before the next is asked
for, and sent as soon as there is a full one. A run that dies at any instant has lost nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hubspot_sla.errors import UsageProblem
from hubspot_sla.flows import binding, journal, policies
from hubspot_sla.flows.journal import Tally
from hubspot_sla.flows.judging import observe
from hubspot_sla.flows.judging.decide import Terms
from hubspot_sla.flows.milestones import Milestone
from hubspot_sla.flows.parts import keep_what_was_learned
from hubspot_sla.flows.pulling.survey import Surveyor
from hubspot_sla.flows.running.turn import failure, new_run_id
from hubspot_sla.flows.sending import deliver
from hubspot_sla.flows.sending.deliver import Delivery
from hubspot_sla.ledger import notes, runs
from hubspot_sla.plan.properties import WRITTEN

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hubspot_sla.flows.judging.case import Version
    from hubspot_sla.flows.judging.observe import Vocabulary
    from hubspot_sla.flows.parts import Parts
    from hubspot_sla.flows.pulling.survey import Batch

Progress = Callable[[Tally], None]
Before = Callable[[Iterable[str]], None]
"""Called with the tickets that are about to be judged: what is on its way to them must have arrived."""


def nothing_to_wait_for(_: Iterable[str]) -> None:
    """Nothing is on its way to any ticket."""


def silent(_: Tally) -> None:
    """Nobody asked how it goes."""


@dataclass(slots=True)
class Run:
    """A run under way. `id` is what its audit entries carry."""

    parts: Parts
    id: str
    command: str
    progress: Progress
    tally: Tally = field(default_factory=Tally)
    _before: Counter[str] = field(default_factory=Counter)
    _stopped: bool = False

    def carry_out(self, survey: Callable[[Before], Iterable[Batch]]) -> None:
        """Record and send every batch, then all that is left; what an earlier run left in the air goes first."""
        parts = self.parts
        deliver.resume(parts)
        parts.reached(Milestone.RESUMED)
        with Delivery(parts, self.id, self.tally) as delivery:
            for batch in survey(delivery.landed):
                parts.reached(Milestone.JUDGED)
                self.record(batch)
                parts.reached(Milestone.RECORDED)
                delivery.go_on()
                self._count_calls()
                self.progress(self.tally)
                if parts.stopping():
                    self._stopped = True
                    break
            delivery.finish()
        parts.reached(Milestone.ENDED)

    def record(self, batch: Batch) -> None:
        journal.write(self.parts.ledger, batch, run_id=self.id, at=self.parts.now())
        journal.count(batch, self.tally)

    def end(self, error: BaseException | None) -> None:
        self._count_calls()
        outcome = self.tally.as_json()
        if self._stopped:
            outcome[runs.STOPPED] = True
        if error is not None:  # also one that nobody else writes down, as Ctrl-C
            outcome |= failure(error, self.parts.settings.redactor)
        with self.parts.ledger.transaction() as db:
            runs.end(db, self.id, self.parts.now(), outcome)
            runs.prune(db, self.command)
            keep_what_was_learned(db, self.parts.portal.transport)

    def _count_calls(self) -> None:
        self.tally.calls = Counter(self.parts.portal.transport.calls) - self._before


@contextmanager
def begun(
    parts: Parts, command: str, progress: Progress = silent, *, calls: Counter[str] | None = None
) -> Iterator[Run]:
    """A run of `command` in the ledger's own portal, ended in the ledger however it ends. `calls` were those made
    before it, if not all."""
    with parts.ledger.telling_damage():
        before = Counter(parts.portal.transport.calls) if calls is None else calls
        binding.require_own(parts)
        running = Run(parts, new_run_id(), command, progress, _before=before)
        with parts.ledger.transaction() as db:
            runs.begin(db, running.id, command, parts.now())
        parts.reached(Milestone.BEGUN)
        try:
            yield running
        except BaseException as error:
            running.end(error)
            raise
        running.end(None)


def surveyor(
    parts: Parts,
    versions: Sequence[Version],
    go_live_at: int,
    *,
    backfill: bool = False,
    before: Before = nothing_to_wait_for,
) -> Surveyor:
    """Whoever decides, with the words of the newest version."""
    words = vocabulary(versions[-1])
    link = binding.ticket_link(parts.ledger.db)

    def terms() -> Terms:
        return Terms(versions, words.written, go_live_at, parts.now(), backfill, link)

    return Surveyor(parts.ledger.db, parts.portal, words, terms, before)


def vocabulary(version: Version) -> Vocabulary:
    current = version.mappings
    return observe.vocabulary(current.portal, (written.key for written in WRITTEN), also=current.book.ticket_properties)


def settled(parts: Parts, before: Before = nothing_to_wait_for) -> Surveyor | None:
    """Whoever decides by the versions in force; None while no sync has looked at all tickets yet, or since the
    mappings asked for more: then there is nothing to hold HubSpot against."""
    db = parts.ledger.db
    go_live_at, versions = went_live_at(parts), policies.in_force(db, parts.compiled)
    walking = notes.read(db, notes.CURSOR) is None or notes.read(db, notes.LISTING) is not None
    return None if walking or not versions else surveyor(parts, versions, go_live_at, before=before)


def went_live_at(parts: Parts) -> int:
    """UsageProblem: nobody has run `sla setup`."""
    at = notes.read_instant(parts.ledger.db, notes.GO_LIVE)
    if at is None:
        raise UsageProblem("this portal is not set up yet", remedy="run `sla setup` first")
    return at
