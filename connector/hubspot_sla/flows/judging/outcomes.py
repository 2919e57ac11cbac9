"""From a judgement to outcomes, one for each cycle of each clock: whose record it was, and whose time it took. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from hubspot_sla.clock.cycle_state import reached
from hubspot_sla.clock.pauses import Pauses
from hubspot_sla.clock.promise import Clock
from hubspot_sla.clock.segments import segments, spent
from hubspot_sla.flows.judging.attributions import Course, attributions
from hubspot_sla.flows.records.property_history import history_of, value_at
from hubspot_sla.flows.records.record_facts import in_force
from hubspot_sla.measure.outcome import Outcome, Promised, When, Who, excluded
from hubspot_sla.measure.whose_time import TeamChange, whose_time
from hubspot_sla.plan.escalation import is_after
from hubspot_sla.policy.messages import AI_AGREEMENT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubspot_sla.clock.segments import Segment
    from hubspot_sla.clock.verdict import Cycle
    from hubspot_sla.flows.context.mappings_version import Version
    from hubspot_sla.flows.judging.agreements import Agreement
    from hubspot_sla.flows.judging.judgement import Judgement
    from hubspot_sla.flows.records.record_facts import RecordFacts
    from hubspot_sla.measure.outcome import Attribution, Excluded
    from hubspot_sla.measure.whose_time import HolderTime
    from hubspot_sla.policy.portal import PortalMap


def outcomes_of(
    case: RecordFacts, judgement: Judgement, versions: Sequence[Version], now: int, go_live_at: int
) -> tuple[Outcome, ...]:
    """All outcomes of one record as of `now` (epoch ms), in the order of its verdicts. `versions` are those of the
    mappings that were known then."""
    return _Record(case, judgement, versions, now, go_live_at).outcomes()


def outcomes_without_time(
    case: RecordFacts, judgement: Judgement, versions: Sequence[Version], now: int, go_live_at: int | None = None
) -> tuple[Outcome, ...]:
    """The same without any duration, holder or author: for counts that ask for none of these. Without a go-live nothing
    is excluded for having been before it."""
    record = _Record(case, judgement, versions, now, go_live_at)
    return tuple([record.briefly(verdict.clock, cycle) for verdict in judgement.verdicts for cycle in verdict.cycles])


def told_at(case: RecordFacts, judgement: Judgement, versions: Sequence[Version], like: Outcome, at: int) -> Outcome:
    """An outcome as it would be if `at` were the instant that decides whose record it was."""
    record = _Record(case, judgement, versions, at, 0)
    promised = replace(like.promised, tier=record.tier_at(at))
    return replace(like, promised=promised, who=record.who_at(at, Clock.of(like.clock)))


@dataclass(frozen=True)
class _Record:
    """What all cycles of one record have in common."""

    case: RecordFacts
    judgement: Judgement
    versions: Sequence[Version]
    now: int
    go_live_at: int | None

    def outcomes(self) -> tuple[Outcome, ...]:
        courses = [
            self._course(verdict.clock, cycle) for verdict in self.judgement.verdicts for cycle in verdict.cycles
        ]
        attributed = attributions(self.judgement, courses, self.now, teams=self._teams, vendors=self._vendors)
        return tuple(map(self._outcome, courses, attributed))

    def briefly(self, clock: Clock, cycle: Cycle) -> Outcome:
        at = self._known_at(cycle)
        return Outcome(
            clock=clock.key,
            cycle=cycle.number,
            status=cycle.status,
            excluded=self._excluded(cycle),
            inferred=cycle.inferred,
            promised=self._promised(cycle, at),
            who=self.who_at(at, clock),
            when=When(
                started_at=cycle.started_at,
                due_at=cycle.due_at,
                stopped_at=cycle.stopped_at,
                ended_at=cycle.ended_at,
                breached_at=cycle.breached_at,
            ),
        )

    def _excluded(self, cycle: Cycle) -> Excluded | None:
        went_live, began = self.go_live_at, cycle.started_at is not None
        before_go_live = went_live is not None and began and not is_after(cycle, went_live)
        return excluded(cycle.status, before_go_live=before_go_live)

    def _known_at(self, cycle: Cycle) -> int:
        """The earlier of due and stop; now where there is neither."""
        due_at, stopped_at = cycle.due_at, cycle.stopped_at
        if due_at is None:
            return self.now if stopped_at is None else stopped_at
        return due_at if stopped_at is None else min(due_at, stopped_at)

    def _course(self, clock: Clock, cycle: Cycle) -> Course:
        if cycle.started_at is None or cycle.promise is None:
            return Course(clock, cycle)
        return Course(clock, cycle, segments(self.judgement.timeline, cycle, self.now, pauses=self._pauses))

    def _outcome(self, course: Course, attribution: Attribution) -> Outcome:
        clock, cycle = course.clock, course.cycle
        at = self._known_at(cycle)
        when, holders = self._when(cycle, course.segments)
        return Outcome(
            clock=clock.key,
            cycle=cycle.number,
            status=cycle.status,
            excluded=self._excluded(cycle),
            inferred=cycle.inferred,
            promised=self._promised(cycle, at),
            who=self.who_at(at, clock),
            when=when,
            whose_time=holders,
            attribution=attribution,
        )

    def _promised(self, cycle: Cycle, at: int) -> Promised:
        promise, mappings = cycle.promise, in_force(self.versions, at) + 1
        tier = self.tier_at(at)
        if promise is None:
            return Promised(mappings=mappings, tier=tier)
        return Promised(promise.policy, mappings, tier, promise.calendar.name, promise.budget_ms)

    def tier_at(self, at: int) -> str | None:
        return self._agreement(at).tier.tier

    def _agreement(self, at: int) -> Agreement:
        agreed = self.judgement.agreed
        if len(agreed) == 1:
            return agreed[0]
        return next((agreement for agreement in reversed(agreed) if agreement.at <= at), agreed[0])

    def who_at(self, at: int, clock: Clock) -> Who:
        names = self._portal.properties
        profile = self.case.profile
        pipeline_id, stage_id = self._value(profile.pipeline, at), self._value(profile.stage, at)
        stage = self.versions[in_force(self.versions, at)].portal_ids.role(pipeline_id or "", stage_id or "")
        return Who(
            at=at,
            company_id=self._company_id,
            owner_id=self._value(names.owner, at),
            team_id=self._value(names.team, at),
            pipeline_id=pipeline_id,
            stage_id=stage_id,
            stage_role=stage.role.value if stage else None,
            priority=self._value(names.priority, at),
            source=self._value(names.source, at),
            category=self._value(names.category, at),
            first_responder_id=self._first_responder(clock) or None,
            dimensions=tuple((name, self._value(name, at)) for name in self._portal.dimensions),
        )

    def _first_responder(self, clock: Clock) -> str:
        messages, timeline = self._portal.messages, self.judgement.timeline
        is_ai_agents = messages is not None and messages.separates_ai_agent and clock.agreement == AI_AGREEMENT
        return timeline.first_ai_responder if is_ai_agents else timeline.first_responder

    def _when(self, cycle: Cycle, of_cycle: Sequence[Segment]) -> tuple[When, tuple[HolderTime, ...]]:
        withdrawn = tuple((undone.breached_at, undone.withdrawn_at) for undone in cycle.withdrawn)
        if cycle.started_at is None or cycle.promise is None:
            return When(withdrawn=withdrawn), ()
        sums = spent(cycle, of_cycle, self.now)
        when = When(
            started_at=cycle.started_at,
            at_risk_at=self._at_risk_at(cycle),
            due_at=cycle.due_at,
            stopped_at=cycle.stopped_at,
            ended_at=cycle.ended_at,
            breached_at=cycle.breached_at,
            withdrawn=withdrawn,
            elapsed_ms=sums.elapsed_ms,
            paused_ms=sums.paused_ms,
            late_ms=sums.late_ms,
            late_wall_ms=sums.late_by_ms,
        )
        calendar, breached_at = cycle.promise.calendar, cycle.breached_at
        return when, whose_time(of_cycle, calendar, breached_at=breached_at, teams=self._teams, vendors=self._vendors)

    def _at_risk_at(self, cycle: Cycle) -> int | None:
        """The first threshold: known of a live clock; of one that is over where it came that far."""
        if cycle.over_at is None or cycle.promise is None or cycle.started_at is None or not cycle.promise.at_risk:
            return cycle.at_risk_at
        run_ms = cycle.promise.at_risk[0].run_ms
        at = reached(cycle.promise, run_ms, cycle.started_at, cycle.over_at, self._pauses)
        return at if at is not None and at <= cycle.over_at else None

    def _value(self, name: str, at: int) -> str | None:
        return value_at(history_of(self.case, name), at)

    @cached_property
    def _pauses(self) -> Pauses:
        return Pauses.at(self.judgement.timeline, self.now)

    @property
    def _portal(self) -> PortalMap:
        return self.versions[-1].mappings.portal

    @cached_property
    def _company_id(self) -> str | None:
        """The primary company, else the first."""
        companies = sorted(self.case.companies, key=lambda company: not company.primary)
        return companies[0].id if companies else None

    @cached_property
    def _teams(self) -> list[TeamChange]:
        history = history_of(self.case, self._portal.properties.team)
        return [TeamChange(fact.at, fact.value or "") for fact in history]

    @cached_property
    def _vendors(self) -> set[str]:
        return {vendor for version in self.versions for vendor in version.mappings.portal.vendors}
