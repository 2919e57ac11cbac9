"""The judgement on one record: every verdict, and all that it came from. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hubspot_sla.clock.judge import judge_all
from hubspot_sla.clock.pauses import NOBODY, Pauses
from hubspot_sla.clock.stays import closed_intervals
from hubspot_sla.clock.timeline import Role
from hubspot_sla.flows.judging.agreements import agreements, in_force_by, means_the_same, promised
from hubspot_sla.flows.judging.ai_agent import judged_apart
from hubspot_sla.flows.records.record_facts import timeline_of
from hubspot_sla.quickly_made import quickly_made

if TYPE_CHECKING:
    from collections.abc import Container, Mapping, Sequence

    from hubspot_sla.clock.promise import Clock, PromiseChange
    from hubspot_sla.clock.timeline import Timeline
    from hubspot_sla.clock.verdict import Verdict
    from hubspot_sla.clock.waivers import StoppedInterval
    from hubspot_sla.flows.context.mappings_version import Version
    from hubspot_sla.flows.judging.agreements import Agreement
    from hubspot_sla.flows.records.record_facts import RecordFacts

    Promises = Mapping[Clock, Sequence[PromiseChange]]


@quickly_made
@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdicts on one record and all they came from. `agreed` are the agreements that have begun, `promised` what
    they promise over time, `by_agent`: the AI agent has clocks of its own."""

    timeline: Timeline
    agreed: Sequence[Agreement]
    verdicts: tuple[Verdict, ...]
    promised: Promises
    by_agent: bool
    pauses: Pauses | None = None
    """Of the record at the instant it was judged at; None where they were not read for all of its clocks at once."""

    def without_pauses(self, authors: Container[str], clocks: Container[Clock], now: int) -> tuple[Verdict, ...]:
        """The verdicts on these clocks as if the pauses of these authors had never been."""
        promised = {clock: changes for clock, changes in self.promised.items() if clock in clocks}
        return _judged(self.timeline, promised, now, authors, by_agent=self.by_agent)

    def with_stops(self, stops: Sequence[StoppedInterval], clock: Clock, now: int) -> tuple[Verdict, ...]:
        """The verdict on one clock as if it had stood still in these intervals too."""
        timeline = replace(self.timeline, stopped=(*self.timeline.stopped, *stops))
        return verdicts_on(timeline, {clock: self.promised[clock]}, now, by_agent=self.by_agent)

    @property
    def tier(self) -> str | None:
        """As people read it: also one that is not ranked."""
        return self.agreed[-1].tier.shown


def judgement_of(
    record: RecordFacts, versions: Sequence[Version], now: int, known: Judgement | None = None
) -> Judgement:
    """Judge every clock of one record as of `now`. For a closed one the agreements are those that had begun when it
    was closed: no later edit of the mappings changes what it shows. `known` is the judgement by other mappings, which
    read the record alike (`read_alike`): a clock that is promised the same by both is judged once."""
    timeline = timeline_of(record, versions) if known is None else known.timeline
    messages = versions[-1].mappings.portal.messages
    agreed = agreements(record, versions)
    # Of a single agreement nobody asks when it began.
    closed_at = None if record.gone or len(agreed) == 1 else closed_at_of(timeline)
    begun_by = now if closed_at is None else min(now, closed_at)
    promises = promised(agreed, begun_by)
    by_agent = messages is not None and messages.separates_ai_agent
    pauses = None
    if known is not None:
        pauses, verdicts = known.pauses, _verdicts_beside(known, promises, now, by_agent=by_agent)
    elif by_agent:
        verdicts = verdicts_on(timeline, promises, now, by_agent=by_agent)
    else:
        pauses = Pauses.at(timeline, now)
        verdicts = judge_all(timeline, promises, now, pauses=pauses)
    return Judgement(timeline, in_force_by(agreed, begun_by), verdicts, promises, by_agent, pauses)


def _verdicts_beside(known: Judgement, promises: Promises, now: int, *, by_agent: bool) -> tuple[Verdict, ...]:
    """What a clock is promised decides its verdict, whatever others are."""
    verdicts = {
        verdict.clock: verdict
        for verdict in known.verdicts
        if verdict.clock in promises and means_the_same(known.promised[verdict.clock], promises[verdict.clock])
    }
    others = {clock: changes for clock, changes in promises.items() if clock not in verdicts}
    if others:
        judged = verdicts_on(known.timeline, others, now, by_agent=by_agent)
        verdicts |= {verdict.clock: verdict for verdict in judged}
    return tuple(verdicts[clock] for clock in promises)


def verdicts_on(timeline: Timeline, promises: Promises, now: int, *, by_agent: bool) -> tuple[Verdict, ...]:
    """The verdicts of the clock on these facts and promises."""
    return _judged(timeline, promises, now, NOBODY, by_agent=by_agent)


def _judged(
    timeline: Timeline,
    promises: Promises,
    now: int,
    without: Container[str],
    *,
    by_agent: bool,
) -> tuple[Verdict, ...]:
    return (judged_apart if by_agent else judge_all)(timeline, promises, now, without)


def closed_at_of(timeline: Timeline) -> int | None:
    """Since when the record is closed; None while it is open."""
    if not timeline.stages or timeline.stages[-1].role is not Role.CLOSED:
        return None
    return closed_intervals(timeline)[-1].start
