"""Which cycles a target moves otherwise than by being longer or shorter: between groups, or in and out of what counts.

A cycle with one promise all its life, that reached its goal or lives, needs no second look: its least target says all.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from hubspot_sla.clock.timeline import Role
from hubspot_sla.clock.verdict import OPEN
from hubspot_sla.flows.reporting.outcome_values import value_of
from hubspot_sla.flows.reporting.where import parsed_where
from hubspot_sla.measure.outcome import Promised

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from hubspot_sla.clock.promise import Promise, PromiseChange
    from hubspot_sla.clock.timeline import Timeline
    from hubspot_sla.clock.verdict import Verdict
    from hubspot_sla.flows.judging.judgement import Judgement
    from hubspot_sla.measure.outcome import Outcome
    from hubspot_sla.plan.records import RecordRef

Key = tuple[str | None, ...]
BY_PROMISE: Final = frozenset({"policy", "metric", "place", "calendar", "kind", "agreement"})
"""Words that the promise itself answers, at whatever instant it is due."""


def by_policy(words: Iterable[str]) -> bool:
    """Whether groups by these words are targets that stand in policies.yaml, whose place another can take."""
    asked = set(words)
    return "policy" in asked and asked <= BY_PROMISE


def asks_for_instants(where: str) -> bool:
    """Whether conditions look at what a record had when it was due, or kept: another target is due at another time."""
    written = parsed_where(where).model_dump(exclude_defaults=True, by_alias=True)
    return not written.keys() <= BY_PROMISE


def moved_groups(
    words: Sequence[str], ref: RecordRef, judgement: Judgement, outcomes: Sequence[Outcome], now: int
) -> Iterator[Key]:
    """Every group by `words` into which cycles of this record may come, or out of which, as targets change."""
    if judgement.timeline.merged is not None:
        return
    done = 0
    for verdict in judgement.verdicts:
        of_clock = outcomes[done : done + len(verdict.cycles)]
        done += len(verdict.cycles)
        changes = judgement.promised[verdict.clock]
        if not of_clock or not _moves(judgement.timeline, verdict, of_clock, changes, now):
            continue
        for promise in (change.promise for change in changes):
            if promise is not None:
                promised = Promised(policy=promise.policy, calendar=promise.calendar.name)
                like = replace(of_clock[0], promised=promised)
                yield tuple(value_of(word, ref, like) for word in words)
        for outcome in of_clock:
            yield tuple(value_of(word, ref, outcome) for word in words)


def _moves(
    timeline: Timeline, verdict: Verdict, outcomes: Sequence[Outcome], changes: Sequence[PromiseChange], now: int
) -> bool:
    """Lateness may be excused, or need no answer; a cycle that ended without its goal is missed if it was late by then,
    else it does not apply; what is due in the instant of a closing is not late while the ticket stays closed; and of
    several promises it depends on the instants which one is due."""
    if timeline.waivers or timeline.gaps or timeline.not_needed is not None:
        return True
    if any(outcome.excluded is not None for outcome in outcomes):
        return True
    if any(cycle.stopped_at is None and cycle.status not in OPEN for cycle in verdict.cycles):
        return True
    until = max(now if cycle.over_at is None else cycle.over_at for cycle in verdict.cycles)
    if any(stage.role is Role.CLOSED and stage.at < until for stage in timeline.stages):
        return True
    first = changes[0].promise
    return any(not _is_same(first, change.promise) for change in changes[1:] if change.at <= until)


def _is_same(one: Promise | None, other: Promise | None) -> bool:
    return one is other or (one is not None and one.same_as(other))
