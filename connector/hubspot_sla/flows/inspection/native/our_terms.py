"""What the ledger counts the clocks of a ticket by that HubSpot has too."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hubspot_sla.clock.judge import judge
from hubspot_sla.clock.promise import Clock, Kind, PromiseChange
from hubspot_sla.clock.verdict import Status
from hubspot_sla.flows.judging.judgement import judgement_of
from hubspot_sla.measure.comparison.terms import Terms
from hubspot_sla.policy.messages import AI_AGREEMENT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubspot_sla.clock.metrics import Metric
    from hubspot_sla.flows.context.mappings_version import Version
    from hubspot_sla.flows.judging.judgement import Judgement
    from hubspot_sla.flows.records.record_facts import RecordFacts


@dataclass(frozen=True, slots=True)
class OurClock:
    """A clock with its verdict's status."""

    terms: Terms
    status: Status


@dataclass(frozen=True, slots=True)
class NotJudged:
    """A clock of which nothing can be said, and why."""

    status: Status
    reason: str


@dataclass(frozen=True, slots=True)
class OurTicket:
    """A ticket as the ledger counts it. `without_merged` is the same without those that were merged into it, and
    `own_creation_at` (epoch ms) when it was created itself; None where none was."""

    subject: str
    judgement: Judgement
    without_merged: Judgement | None
    own_creation_at: int | None
    now: int

    def clock(self, metric: Metric) -> OurClock | NotJudged:
        """That of the promise to the customer; where several agreements promise one, that of no name, else the
        first."""
        terms = _terms(self.judgement, self._which(metric))
        cycle = judge(terms.timeline, terms.clock, terms.promises, self.now).cycle
        if cycle.status in (Status.UNKNOWN, Status.MERGED):
            return NotJudged(cycle.status, cycle.reason)
        return OurClock(terms, cycle.status)

    def alone(self, clock: OurClock) -> Terms | None:
        """None: nothing was merged into it."""
        return None if self.without_merged is None else _terms(self.without_merged, clock.terms.clock)

    def _which(self, metric: Metric) -> Clock:
        usual = Clock(Kind.SLA, metric)
        promised = [
            clock
            for clock, changes in self.judgement.promised.items()
            if clock.kind is Kind.SLA
            and clock.metric == metric
            and clock.agreement != AI_AGREEMENT
            and any(change.promise for change in changes)
        ]
        return usual if usual in promised or not promised else promised[0]


def our_terms(record: RecordFacts, versions: Sequence[Version], now: int) -> OurTicket:
    """As of `now` (epoch ms)."""
    subject = record.inputs.get(record.profile.title) or ""
    judgement = judgement_of(record, versions, now)
    if not record.absorbed:
        return OurTicket(subject, judgement, None, None, now)
    alone = judgement_of(replace(record, absorbed=()), versions, now)
    return OurTicket(subject, judgement, alone, record.own_created_at, now)


def _terms(judgement: Judgement, clock: Clock) -> Terms:
    changes = tuple(judgement.promised.get(clock, ()))
    nothing = PromiseChange(judgement.timeline.created_at or 0, None, "nothing is promised")
    return Terms(clock, judgement.timeline, changes or (nothing,))
