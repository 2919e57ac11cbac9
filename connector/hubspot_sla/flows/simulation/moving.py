"""Which cycles a target moves otherwise than by being longer or shorter: between groups, or in and out of what counts.

A cycle with one promise all its life, that reached its goal or lives, needs no second look: its least target says all.
Nor does it matter then what the record was when, as long as it always was the same.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING

from hubspot_sla.clock.timeline import Role
from hubspot_sla.clock.verdict import OPEN
from hubspot_sla.flows.judging.outcomes import told_at
from hubspot_sla.flows.records.property_history import history_of
from hubspot_sla.flows.reporting.outcome_values import value_of
from hubspot_sla.flows.reporting.where import parsed_where
from hubspot_sla.flows.simulation.group_words import asked_of_records, has_several
from hubspot_sla.measure.outcome import Promised
from hubspot_sla.policy.conditions import About

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hubspot_sla.clock.promise import Promise, PromiseChange
    from hubspot_sla.clock.timeline import Timeline
    from hubspot_sla.clock.verdict import Verdict
    from hubspot_sla.flows.context.mappings_version import Version
    from hubspot_sla.flows.judging.judgement import Judgement
    from hubspot_sla.flows.records.record_facts import RecordFacts
    from hubspot_sla.measure.outcome import Outcome
    from hubspot_sla.plan.records import RecordRef

Key = tuple[str | None, ...]
AnyKey = tuple["Key", "str | None"]
"""A group, and a policy by which a cycle may be in it."""


def asks_for_outcomes(where: str) -> bool:
    """Whether conditions look at what came of a cycle: no record says beforehand which target brings it in."""
    return bool(parsed_where(where).words() & {"status", "excluded"})


def watched_words(words: Sequence[str], where: str) -> tuple[str, ...]:
    """Those of groups and conditions by which a record is what it is at the time: another target is due at another
    one. The customer and the first responder are always the same."""
    asked = asked_of_records(dict.fromkeys((*words, *sorted(parsed_where(where).words()))))
    stage = (About.STAGE.value,) if "stage_role" in asked else ()
    return (*(word for word in asked if word not in ("customer", "first_responder", "stage_role")), *stage)


@dataclass(frozen=True, slots=True)
class Lived:
    """One record as it was judged. `now` in epoch ms."""

    facts: RecordFacts
    judgement: Judgement
    versions: Sequence[Version]
    outcomes: Sequence[Outcome]
    now: int

    @property
    def ref(self) -> RecordRef:
        return self.facts.ref


def moved_groups(words: Sequence[str], watched: Sequence[str], lived: Lived) -> Iterator[AnyKey]:
    """Every group by `words` into which cycles of this record may come, or out of which, as targets change. `watched`
    are `watched_words`."""
    judgement = lived.judgement
    if judgement.timeline.merged is not None or not lived.outcomes:
        return
    instants = _instants(watched, lived)
    changes_words = instants is not None
    done = 0
    for verdict in judgement.verdicts:
        of_clock = lived.outcomes[done : done + len(verdict.cycles)]
        done += len(verdict.cycles)
        changes = judgement.promised[verdict.clock]
        if not of_clock:
            continue
        if changes_words or _moves(judgement.timeline, verdict, of_clock, changes, lived.now):
            yield from _groups(words, lived, of_clock, changes, instants or ())


def ever(asked: Sequence[str], lived: Lived) -> set[Key]:
    """What the record was at any time, by words that it answers. Copies for others, and groups of others, are nothing
    to it."""
    if not lived.outcomes:
        return set()
    first = lived.outcomes[0]
    told = [told_at(lived.facts, lived.judgement, lived.versions, first, at) for at in _instants(asked, lived) or ()]
    return {key for like in told or [first] for key in _keys(asked, lived.ref, like)}


def _groups(
    words: Sequence[str],
    lived: Lived,
    outcomes: Sequence[Outcome],
    changes: Sequence[PromiseChange],
    instants: Sequence[int],
) -> Iterator[AnyKey]:
    """Whatever is promised at any time, with whatever the record is at any of these instants."""
    ref, first = lived.ref, outcomes[0]
    told = [told_at(lived.facts, lived.judgement, lived.versions, first, at) for at in instants] or [first]
    for promise in (change.promise for change in changes):
        if promise is None:
            continue
        for like in told:
            promised = Promised(policy=promise.policy, calendar=promise.calendar.name, tier=like.promised.tier)
            for key in _keys(words, ref, replace(like, promised=promised)):
                yield key, promise.policy
    for outcome in outcomes:
        for key in _keys(words, ref, outcome):
            yield key, outcome.promised.policy


def _keys(words: Sequence[str], ref: RecordRef, outcome: Outcome) -> Iterator[Key]:
    """Its own, and of values that are several in one those of each: a condition that asks for one takes it too."""
    values = [(word, value_of(word, ref, outcome)) for word in words]
    yield from product(
        *(
            dict.fromkeys((value, *(part.strip() for part in (value or "").split(";"))))
            if has_several(word, value)
            else (value,)
            for word, value in values
        )
    )


def _instants(watched: Sequence[str], lived: Lived) -> list[int] | None:
    """Every instant from which on the record may be another by these words, where it may ever; None: it is always the
    same."""
    created_at = lived.facts.created_at or 0
    found, is_unranked = {created_at}, False
    for word in watched:
        if word == About.TIER:
            agreed = lived.judgement.agreed
            if len({(each.tier.tier, each.subject.unranked) for each in agreed}) > 1:
                found.update(each.at for each in agreed)
            is_unranked = bool(agreed[0].subject.unranked)  # then no condition that asks for a tier takes it
        for name in _properties(word, lived):
            history = history_of(lived.facts, name)
            found.update(fact.at for fact in history if fact.at > created_at)
            if any(";" in (fact.value or "") for fact in history) and has_several(word, ";"):
                found.add(lived.now)
    return sorted(found) if len(found) > 1 or is_unranked else None


def _properties(word: str, lived: Lived) -> tuple[str, ...]:
    """Those that say what the record is."""
    profile = lived.facts.profile
    if word == About.STAGE:
        return profile.pipeline, profile.stage
    if word == About.PIPELINE:
        return (profile.pipeline,)
    if word == About.TIER:
        return ()
    return (getattr(lived.versions[-1].mappings.portal.properties, word, None) or word,)


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
