"""A cycle that flips: kept by the mappings before and broken by the new ones, or the other way round; and why.

The reason names the terms that differ, of the promise or of the record. Where those are the same it names what the two
mappings read differently, so that the clock stood still at other times.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubspot_sla.clock.time_text import length

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubspot_sla.clock.promise import Promise
    from hubspot_sla.clock.verdict import Cycle
    from hubspot_sla.flows.judging.judgement import Judgement
    from hubspot_sla.flows.simulation.side import CycleKey, JudgedCycle, JudgedSide
    from hubspot_sla.measure.simulation import Turn
    from hubspot_sla.plan.records import RecordRef


@dataclass(frozen=True, slots=True)
class Flip:
    """One cycle of one clock of one record. Instants are epoch ms; the due instants are those of each side."""

    turn: Turn
    record: RecordRef
    clock: str
    cycle: int
    tier: str | None
    customer: str | None
    reason: str
    due_before: int | None
    due_after: int | None
    over_at: int | None


def flip_of(
    turn: Turn,
    record: RecordRef,
    key: CycleKey,
    pair: tuple[JudgedCycle | None, JudgedCycle | None],
    sides: tuple[JudgedSide, JudgedSide],
) -> Flip:
    """Both sides have the cycle: only what both judge can flip. `sides` are what they say of the record."""
    before, after = pair
    assert before is not None  # noqa: S101 - a flip has two sides
    assert after is not None  # noqa: S101
    return Flip(
        turn=turn,
        record=record,
        clock=key[0],
        cycle=key[1],
        tier=after.outcome.promised.tier,
        customer=after.outcome.who.company_id,
        reason="; ".join(reasons(before, after, sides)),
        due_before=before.cycle.due_at,
        due_after=after.cycle.due_at,
        over_at=after.cycle.over_at,
    )


def reasons(before: JudgedCycle, after: JudgedCycle, sides: tuple[JudgedSide, JudgedSide]) -> Iterator[str]:
    """What differs, in words: `target 4h instead of 8h`."""
    promised, course = list(_promised(before, after)), list(_of_courses(before.cycle, after.cycle))
    yield from promised
    yield from course
    if not promised:
        read = list(_read(sides[0].judgement, sides[1].judgement)) if sides[0].judgement and sides[1].judgement else []
        yield from read or ([] if course else ["what was promised before a change is another promise"])


def _promised(before: JudgedCycle, after: JudgedCycle) -> Iterator[str]:
    tiers = before.outcome.promised.tier, after.outcome.promised.tier
    if tiers[0] != tiers[1]:
        yield f"tier {tiers[1] or 'unknown'} instead of {tiers[0] or 'unknown'}"
    if before.cycle.promise is not None and after.cycle.promise is not None:
        yield from differences_of_promises(before.cycle.promise, after.cycle.promise)


def _read(before: Judgement, after: Judgement) -> Iterator[str]:
    """What the two mappings make of the same facts."""
    one, other = before.timeline, after.timeline
    messages = ("first_replies", "agent_messages", "ai_messages", "handover_at", "ai_hold", "not_needed")
    differ = (
        ("the stages have other roles", ("stages",)),
        ("waivers stop it at other times", ("stopped",)),
        ("other messages of customers count", ("customer_messages",)),
        ("other messages count as answers", messages),
        ("closings have other reasons", ("closing_reasons",)),
        ("other properties are read", ("owners", "properties")),
    )
    for words, fields in differ:
        if any(getattr(one, field) != getattr(other, field) for field in fields):
            yield words


def differences_of_promises(before: Promise, after: Promise) -> Iterator[str]:
    """The terms in which two promises differ, in words; none where the same is promised, however it is written."""
    if before.policy != after.policy:
        yield f"policy {after.policy} instead of {before.policy}"
    is_longer_or_shorter = before.budget_ms != after.budget_ms
    if before.target != after.target and (is_longer_or_shorter or before.due_rule != after.due_rule):
        yield f"target {after.target} instead of {before.target}"
    elif is_longer_or_shorter:
        yield f"target {after.target} is {length(after.budget_ms)} instead of {length(before.budget_ms)}"
    if before.calendar.name != after.calendar.name:
        yield f"calendar {after.calendar.name} instead of {before.calendar.name}"
    elif not before.calendar.same_as(after.calendar):
        yield f"calendar {after.calendar.name} has other hours"
    rules = (
        ("it pauses by other rules", before.pauses != after.pauses),
        (
            "a customer's message ends a wait, or no longer",
            before.resume_on_customer_message != after.resume_on_customer_message,
        ),
        ("it starts and stops by other rules", before.definition != after.definition),
        ("a reopening does otherwise", before.reopen != after.reopen),
        ("a change of the promise does otherwise", before.on_change != after.on_change),
        ("a closing without a reply does otherwise", before.close_without_reply != after.close_without_reply),
        ("its due instant is fixed otherwise", before.due_rule != after.due_rule and before.target == after.target),
        ("lateness begins otherwise", before.late != after.late),
    )
    yield from (words for words, differs in rules if differs)


def _of_courses(before: Cycle, after: Cycle) -> Iterator[str]:
    if before.started_at != after.started_at:
        yield "it starts at another instant"
    if before.over_at != after.over_at:
        yield "it stops at another instant"
