"""Policies as they will be written: the priorities of a group of pipelines that share hours and metrics, together.

Only what was found is promised. A policy names its priorities, so that a priority without evidence gets nothing from
it; tickets without a priority are promised something only where enough of them were.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hubspot_sla.clock.metrics import Metric
    from hubspot_sla.policy.inference.infer import Group, Hours, PriorityPromise
    from hubspot_sla.policy.inference.segments import Segment

NO_PRIORITY = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """`priorities` are those that the policy is for. With `for_no_priority` it is also for tickets without one, and
    `excluded` are the priorities that it is not for."""

    pipelines: tuple[str, ...]
    hours: Hours
    priorities: tuple[str, ...]
    excluded: tuple[str, ...]
    for_no_priority: bool
    segments: tuple[Segment, ...]

    @property
    def metrics(self) -> tuple[Metric, ...]:
        return tuple(dict.fromkeys(segment.metric for segment in self.segments))

    def minutes(self, metric: Metric) -> Mapping[str, int]:
        """The targets of a metric, by priority."""
        return {
            segment.priority: segment.target_minutes
            for segment in self.segments
            if segment.metric is metric and segment.target_minutes is not None
        }


def doubt_about(segment: Segment, options: Sequence[str]) -> str:
    """Why a segment becomes no policy; "" where it does."""
    if segment.priority and segment.priority not in options:
        return "the portal has no such priority any more"
    return segment.doubt


def drafts_of(group: Group, options: Sequence[str]) -> list[Draft]:
    """`options` are the priorities of the portal in its order."""
    alike: dict[object, list[tuple[PriorityPromise, list[Segment]]]] = {}
    for promise in group.promises:
        sound = [segment for segment in promise.segments if not doubt_about(segment, options)]
        if sound:
            key = (promise.hours.zoned, tuple(segment.metric for segment in sound))
            alike.setdefault(key, []).append((promise, sound))
    return [_draft(group, rows, options) for rows in alike.values()]


def _draft(group: Group, rows: Sequence[tuple[PriorityPromise, Sequence[Segment]]], options: Sequence[str]) -> Draft:
    named = {promise.priority for promise, _ in rows}
    for_no_priority = NO_PRIORITY in named
    places = {priority: place for place, priority in enumerate(options)}
    sound = [segment for _, segments in rows for segment in segments]
    sound.sort(key=lambda segment: (segment.metric, places.get(segment.priority, len(places))))
    return Draft(
        group.pipelines,
        rows[0][0].hours,
        tuple(option for option in options if option in named),
        tuple(option for option in options if option not in named) if for_no_priority else (),
        for_no_priority,
        tuple(sound),
    )
