"""The judgement on one record: every verdict, and all that it came from. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubspot_sla.clock.judge import judge_all
from hubspot_sla.clock.stays import closed_intervals
from hubspot_sla.clock.timeline import Role
from hubspot_sla.flows.judging.agreements import agreements, in_force_by, promised
from hubspot_sla.flows.judging.ai_agent import judged_apart
from hubspot_sla.flows.records.record_facts import timeline_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hubspot_sla.clock.promise import Clock, PromiseChange
    from hubspot_sla.clock.timeline import Timeline
    from hubspot_sla.clock.verdict import Verdict
    from hubspot_sla.flows.context.mappings_version import Version
    from hubspot_sla.flows.judging.agreements import Agreement
    from hubspot_sla.flows.records.record_facts import RecordFacts


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdicts on one record and all they came from. `agreed` are the agreements that have begun."""

    timeline: Timeline
    agreed: Sequence[Agreement]
    verdicts: tuple[Verdict, ...]

    @property
    def tier(self) -> str | None:
        """As people read it: also one that is not ranked."""
        return self.agreed[-1].tier.shown


@dataclass(frozen=True, slots=True)
class Grounds:
    """What one record is judged on: its timeline, every agreement there ever was or will be, and what was promised for
    each clock from when on. `begun_by` (epoch ms) is until when an agreement counts that begins."""

    timeline: Timeline
    agreed: Sequence[Agreement]
    promises: Mapping[Clock, Sequence[PromiseChange]]
    begun_by: int


def grounds_of(record: RecordFacts, versions: Sequence[Version], now: int) -> Grounds:
    """As of `now`. For a closed record the agreements are those that had begun when it was closed: no later edit of the
    mappings changes what it shows."""
    timeline = timeline_of(record, versions)
    agreed = agreements(record, versions)
    closed_at = None if record.gone else closed_at_of(timeline)
    begun_by = now if closed_at is None else min(now, closed_at)
    return Grounds(timeline, agreed, promised(agreed, begun_by), begun_by)


def judgement_of(record: RecordFacts, versions: Sequence[Version], now: int) -> Judgement:
    """Judge every clock of one record as of `now`."""
    grounds = grounds_of(record, versions, now)
    messages = versions[-1].mappings.portal.messages
    if messages is None or not messages.separates_ai_agent:
        verdicts = judge_all(grounds.timeline, grounds.promises, now)
    else:
        verdicts = judged_apart(grounds.timeline, grounds.promises, now)
    return Judgement(grounds.timeline, in_force_by(grounds.agreed, grounds.begun_by), verdicts)


def closed_at_of(timeline: Timeline) -> int | None:
    """Since when the record is closed; None while it is open."""
    if not timeline.stages or timeline.stages[-1].role is not Role.CLOSED:
        return None
    return closed_intervals(timeline)[-1].start
