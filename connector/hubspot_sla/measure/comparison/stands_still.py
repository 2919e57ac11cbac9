"""A clock that stands still where HubSpot's does, and only there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hubspot_sla.clock.judge import judge
from hubspot_sla.clock.metrics import IN_WAITING
from hubspot_sla.clock.stays import stays
from hubspot_sla.clock.timeline import Role

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hubspot_sla.clock.promise import PromiseChange
    from hubspot_sla.clock.timeline import StageChange, Timeline
    from hubspot_sla.measure.comparison.terms import Terms


def standing_still_as(terms: Terms, paused_in: frozenset[str], now: int) -> Terms:
    """In these stages alone (ids), until the ticket leaves them; no message ends a pause, and no waiver makes one. A
    pause in which the goal is reached never was one: HubSpot adds a pause to the due instant when it ends."""
    stages = tuple(_waiting_as(stage, paused_in) for stage in terms.timeline.stages)
    timeline = replace(terms.timeline, stages=stages, stopped=())
    changed = replace(terms, timeline=timeline, promises=tuple(map(_paused_by_stage, terms.promises)))
    cycle = judge(timeline, terms.clock, changed.promises, now).cycles[-1]
    if cycle.stopped_at is None:
        return changed
    return replace(changed, timeline=_without_the_pause_at(timeline, cycle.stopped_at))


def _waiting_as(stage: StageChange, paused_in: Iterable[str]) -> StageChange:
    if stage.role is Role.CLOSED or stage.role is None:
        return stage
    return replace(stage, role=Role.WAITING if stage.id in paused_in else Role.OPEN)


def _paused_by_stage(change: PromiseChange) -> PromiseChange:
    if change.promise is None:
        return change
    return replace(change, promise=replace(change.promise, pauses=IN_WAITING, resume_on_customer_message=False))


def _without_the_pause_at(timeline: Timeline, stopped_at: int) -> Timeline:
    """What is left in the very instant of the stop was left before it."""
    for start, end, stage in stays(timeline):
        if stage.role is Role.WAITING and start < stopped_at and (end is None or stopped_at < end):
            stages = (
                replace(each, role=Role.OPEN) if start <= each.at and (end is None or each.at < end) else each
                for each in timeline.stages
            )
            return replace(timeline, stages=tuple(stages))
    return timeline
