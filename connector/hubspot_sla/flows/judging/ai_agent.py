"""The clocks of the AI agent beside those of people: the same metrics, stopped by its messages, until people take over.

They are those of the agreement `ai`, where portal.yaml says `ai_agent: separate`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from hubspot_sla.clock.judge import judge_all
from hubspot_sla.clock.pauses import NOBODY
from hubspot_sla.clock.promise import PromiseChange
from hubspot_sla.policy.messages import AI_AGREEMENT

if TYPE_CHECKING:
    from collections.abc import Container, Mapping, Sequence

    from hubspot_sla.clock.promise import Clock
    from hubspot_sla.clock.timeline import Timeline
    from hubspot_sla.clock.verdict import Verdict

TAKEN_OVER: Final = "people took over from the AI agent"


def judged_apart(
    timeline: Timeline,
    promised: Mapping[Clock, Sequence[PromiseChange]],
    now: int,
    without: Container[str] = NOBODY,
) -> tuple[Verdict, ...]:
    """The verdicts in the order of the clocks; `without` as for `judge_all`."""
    of_people = {clock: changes for clock, changes in promised.items() if clock.agreement != AI_AGREEMENT}
    of_agent = {
        clock: until_handover(changes, timeline.handover_at)
        for clock, changes in promised.items()
        if clock.agreement == AI_AGREEMENT
    }
    verdicts = {
        verdict.clock: verdict
        for verdict in (
            *judge_all(timeline, of_people, now, without),
            *judge_all(as_agent_sees(timeline), of_agent, now, without),
        )
    }
    return tuple(verdicts[clock] for clock in promised)


def as_agent_sees(timeline: Timeline) -> Timeline:
    """The timeline on which the AI agent's messages are the answers."""
    since = timeline.created_at or 0
    first = tuple(message for message in timeline.ai_messages if message.at > since)[:1]
    return replace(timeline, first_replies=first, agent_messages=timeline.ai_messages)


def until_handover(changes: Sequence[PromiseChange], handover_at: int | None) -> list[PromiseChange]:
    """What the AI agent is promised to do ends when people take over, whatever its policy says of changes."""
    if handover_at is None:
        return list(changes)
    before = [change for change in changes if change.at < handover_at]
    if not before:
        return [PromiseChange(changes[0].at, None, TAKEN_OVER, final=True)] if changes else []
    return [*before, PromiseChange(handover_at, None, TAKEN_OVER, final=True)]
