"""The whole explanation of verdicts, as values for people and programs: what applied, and how the time was spent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hubspot_sla.clock.explain import rule, story
from hubspot_sla.clock.pauses import Pauses
from hubspot_sla.clock.segments import State, segments, spent
from hubspot_sla.clock.verdict import Status
from hubspot_sla.flows.judging.verdict_json import Body, of_cycle, of_verdict
from hubspot_sla.plan.instant_text import wire

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hubspot_sla.clock.segments import Segment
    from hubspot_sla.clock.timeline import Timeline
    from hubspot_sla.clock.verdict import Cycle, Verdict
    from hubspot_sla.flows.judging.agreements import Agreement
    from hubspot_sla.flows.judging.judgement import Judgement
    from hubspot_sla.policy.policy_set import Match

_RUNNING: Final = State.RUNNING  # to look up a member of an enum takes longer than a call
_WORDS: Final = {state: state.value for state in State}


def explained_verdict(judgement: Judgement, verdict: Verdict, now: int, pauses: Pauses | None = None) -> Body:
    """One verdict with everything that can be said of it as of `now`, for people and programs that ask.

    Beside what is kept: `kind`, `agreement`, `metric`, `place`, `at_risk_at`, `next_at`; `rule` of a metric that the
    mappings define; `elapsed_s` and `paused_s` (business seconds), `late_by_s` (on the wall) and `late_by_business_s`;
    `hands`: whose the counted and the paused time was; every cycle with the same; and the segments, cut at opening and
    hours. `pauses` are those of the record at `now`, for those who explain several verdicts.
    """
    body, shown, clock = of_verdict(verdict), verdict.cycle, verdict.clock
    body["kind"], body["metric"] = str(clock.kind), clock.name
    if clock.agreement:
        body["agreement"] = clock.agreement
    if clock.place:
        body["place"] = clock.place
    if shown.promise is not None and (definition := rule(shown.promise)):
        body["rule"] = definition
    if shown.started_at is None:
        return body
    if shown.at_risk_at is not None:
        body["at_risk_at"] = wire(shown.at_risk_at)
    if shown.next_at is not None:
        body["next_at"] = wire(shown.next_at)
    timeline = judgement.timeline
    pauses = pauses or Pauses.at(timeline, now)
    by_the_hour = segments(timeline, shown, now, hours=True, pauses=pauses)
    spent_by_shown = _spent(shown, by_the_hour, now)
    body.update(spent_by_shown)
    body["cycles"] = [
        {**of_cycle(cycle), **(spent_by_shown if cycle is shown else _spent_by(timeline, cycle, now, pauses))}
        for cycle in verdict.cycles
    ]
    body["segments"] = [of_segment(segment) for segment in by_the_hour]
    return body


def _spent_by(timeline: Timeline, cycle: Cycle, now: int, pauses: Pauses) -> Body:
    return _spent(cycle, segments(timeline, cycle, now, pauses=pauses), now)


def _spent(cycle: Cycle, cycle_segments: Sequence[Segment], now: int) -> Body:
    time_spent = spent(cycle, cycle_segments, now)
    return {
        "elapsed_s": _seconds(time_spent.elapsed_ms),
        "paused_s": _seconds(time_spent.paused_ms),
        "late_by_s": _seconds(time_spent.late_by_ms),
        "late_by_business_s": _seconds(time_spent.late_ms),
        "hands": {whose: _seconds(ms) for whose, ms in time_spent.hands.items()},
    }


def of_segment(segment: Segment) -> Body:
    """`[from, to)`, what the clock did, why, and whose time it was."""
    start, end, state, why, whose, business_ms, late, by = segment
    body: Body = {"from": wire(start), "to": wire(end), "state": _WORDS[state]}
    if late:
        body["late"] = True
    body["why"], body["whose"] = why, whose
    if by:
        body["by"] = by
    body["business_s"] = _seconds(business_ms) if state is _RUNNING else 0
    return body


def _seconds(ms: int) -> int | float:
    """Whole where they are: a fraction is never rounded away."""
    return ms // 1000 if ms % 1000 == 0 else ms / 1000


def policies(last: Agreement) -> Body:
    """The policy that applies and why the ones before it do not; those of other agreements under `agreements`."""
    body: Body = {
        "policy": last.match.policy.id if last.match.policy else None,
        "rejected": _rejected(last.match),
    }
    others = {key.key: match for key, match in last.matches.items() if match is not last.match}
    if others:
        body["agreements"] = {
            key: {"policy": match.policy.id if match.policy else None, "rejected": _rejected(match)}
            for key, match in others.items()
        }
    return body


def _rejected(match: Match) -> list[Body]:
    return [{"policy": name, "why": why} for name, why in match.rejected]


def story_of(timeline: Timeline, verdicts: Iterable[Verdict], now: int) -> str:
    """The explanation of all verdicts as plain text, in the words of the mappings, for those who write them."""
    pauses = Pauses.at(timeline, now)
    return "\n".join(
        story(verdict, segments(timeline, verdict.cycle, now, pauses=pauses))
        for verdict in verdicts
        if verdict.status is not Status.NO_SLA
    )
