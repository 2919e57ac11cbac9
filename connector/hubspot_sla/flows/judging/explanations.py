"""The whole explanation of verdicts, as values for people and programs: what applied, and how the time was spent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.clock.explain import rule, story
from hubspot_sla.clock.pauses import Pauses
from hubspot_sla.clock.segments import segments, spent
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


def explained_verdict(judgement: Judgement, verdict: Verdict, now: int, pauses: Pauses | None = None) -> Body:
    """One verdict with everything that can be said of it as of `now`, for people and programs that ask.

    Beside what is kept: `kind`, `agreement`, `metric`, `place`, `at_risk_at`, `next_at`; `rule` of a metric that the
    mappings define; `elapsed_s` and `paused_s` (business seconds), `late_by_s` (on the wall) and `late_by_business_s`;
    `hands`: whose the counted and the paused time was; every cycle with the same; and the segments, cut at opening and
    hours. `pauses` are those of the record at `now`, for those who explain several verdicts.
    """
    body = of_verdict(verdict)
    body.update(kind=verdict.kind.value, metric=verdict.clock.name)
    if verdict.clock.agreement:
        body["agreement"] = verdict.clock.agreement
    if verdict.clock.place:
        body["place"] = verdict.clock.place
    if verdict.promise is not None and (definition := rule(verdict.promise)):
        body["rule"] = definition
    shown = verdict.cycle
    if shown.started_at is None:
        return body
    for name in ("at_risk_at", "next_at"):
        if getattr(shown, name) is not None:
            body[name] = wire(getattr(shown, name))
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
    body: Body = {"from": wire(segment.start), "to": wire(segment.end), "state": str(segment.state)}
    if segment.late:
        body["late"] = True
    body["why"], body["whose"] = segment.why, segment.whose
    if segment.by:
        body["by"] = segment.by
    body["business_s"] = _seconds(segment.counted_ms)
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
