"""One side of a simulation: mappings as if they had held all along, and what they make of a record."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hubspot_sla.clock.pauses import Pauses
from hubspot_sla.flows.judging.escalate import ladders_of, objection
from hubspot_sla.flows.judging.judgement import judgement_of
from hubspot_sla.flows.judging.outcomes import outcomes_without_time
from hubspot_sla.flows.records.asked import read_alike
from hubspot_sla.plan.rungs_reached import rungs_reached
from hubspot_sla.quickly_made import quickly_made

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hubspot_sla.clock.verdict import Cycle
    from hubspot_sla.flows.context.mappings_version import Version
    from hubspot_sla.flows.judging.judgement import Judgement
    from hubspot_sla.flows.records.record_facts import RecordFacts
    from hubspot_sla.measure.outcome import Outcome
    from hubspot_sla.plan.rungs_reached import ReachedRung

CycleKey = tuple[str, int]
"""The key of a clock, and the number of the cycle."""


@quickly_made
@dataclass(frozen=True, slots=True)
class JudgedCycle:
    """One cycle as the clock has it, and as figures count it."""

    cycle: Cycle
    outcome: Outcome


@quickly_made
@dataclass(frozen=True, slots=True)
class JudgedSide:
    """What one side says of one record. `rungs` are those that would have fired. `judgement` and `pauses` are what it
    came from, for the other side."""

    cycles: Mapping[CycleKey, JudgedCycle] = field(default_factory=dict)
    rungs: Sequence[ReachedRung] = ()
    judgement: Judgement | None = None
    pauses: Pauses | None = None


NOTHING = JudgedSide()


class Side:
    """One version of the mappings, for records of every type that they are about."""

    def __init__(self, version: Version) -> None:
        self.version = version
        self._by_type: dict[str, tuple[Version, ...]] = {
            object_type: (version.of(object_type),) for object_type in version.mappings.object_types
        }
        self._alike: dict[tuple[int, str], bool] = {}

    def of(self, object_type: str) -> tuple[Version, ...]:
        """The one version for records of this type; none where the mappings say nothing about them."""
        return self._by_type.get(object_type, ())

    def judge(self, record: RecordFacts, now: int, beside: JudgedSide = NOTHING) -> JudgedSide:
        """As of `now` (epoch ms). `beside` is what a side says of the same facts that this one `reads_like`: where both
        promise the same it need not be found out twice."""
        versions = self.of(record.ref.object_type)
        if not versions:
            return NOTHING
        judgement = judgement_of(record, versions, now, beside.judgement)
        pauses = beside.pauses or Pauses.at(judgement.timeline, now)
        outcomes = outcomes_without_time(record, judgement, versions, now)
        cycles = iter([cycle for verdict in judgement.verdicts for cycle in verdict.cycles])
        judged = {(outcome.clock, outcome.cycle): JudgedCycle(next(cycles), outcome) for outcome in outcomes}
        return JudgedSide(judged, _rungs(judgement, versions, now, pauses), judgement, pauses)

    def reads_like(self, other: Side, object_type: str) -> bool:
        """Whether records of this type have the same timeline by both: the same properties are read, and the stages
        have the same roles."""
        known = self._alike.get((id(other), object_type))
        if known is None:
            known = self._alike[id(other), object_type] = read_alike(self.of(object_type), other.of(object_type))
        return known


def _rungs(judgement: Judgement, versions: Sequence[Version], now: int, pauses: Pauses) -> tuple[ReachedRung, ...]:
    if judgement.timeline.merged is not None:
        return ()
    against = objection(judgement, versions)
    return tuple(rungs_reached(judgement.verdicts, ladders_of(judgement.agreed), pauses, now, against))
