"""Targets: of all tickets of one metric and priority, the business time that most of them had.

A segment is held against the clock itself: each due instant is counted again from its start, the target and the pauses,
and every one that does not come out to the minute is named.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubspot_sla.policy.inference.observation import MINUTE_MS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from hubspot_sla.clock.calendar import Calendar
    from hubspot_sla.clock.metrics import Metric
    from hubspot_sla.policy.inference.observation import Observation, StageKey

    Pausing = Mapping[Metric, Collection[StageKey]]

FEWEST_TICKETS = 20
LEAST_SHARE = 0.8


@dataclass(frozen=True, slots=True)
class Difference:
    """A native due instant that the rule does not give. `computed_ms` is None where the rule gives none at all."""

    observation: Observation
    computed_ms: int | None


@dataclass(frozen=True, slots=True)
class Segment:
    """The tickets of one metric and priority ("": those without one). `target_minutes` is None where no two agree.
    `without_due` are as many more tickets to which HubSpot's own SLA gives no due instant, which a target would."""

    metric: Metric
    priority: str
    tickets: int
    target_minutes: int | None
    differences: tuple[Difference, ...]
    without_due: int = 0

    @property
    def explained(self) -> int:
        return self.tickets - len(self.differences)

    @property
    def share(self) -> float:
        return self.explained / (self.tickets + self.without_due)

    @property
    def doubt(self) -> str:
        """Why it is no policy; "" where it is one."""
        if self.tickets < FEWEST_TICKETS:
            return f"fewer than {FEWEST_TICKETS} tickets"
        if self.target_minutes is None or self.share < LEAST_SHARE:
            return f"less than {LEAST_SHARE:.0%} explained"
        return ""


def segments_of(observations: Iterable[Observation], calendar: Calendar, pausing: Pausing) -> tuple[Segment, ...]:
    """By metric and priority, on one calendar; `pausing` are the stages in which each metric stands still."""
    rows: dict[tuple[Metric, str], list[Observation]] = {}
    for observation in observations:
        rows.setdefault((observation.metric, observation.priority), []).append(observation)
    return tuple(_segment(rows[key], calendar, pausing.get(key[0], ())) for key in sorted(rows))


def total_explained(segments: Iterable[Segment]) -> int:
    return sum(segment.explained for segment in segments)


def business_ms(observation: Observation, calendar: Calendar, pausing: Collection[StageKey]) -> int:
    """Open time from start to due, without the pauses; negative where the due instant lies before the start."""
    if observation.due_ms < observation.start_ms:
        return -1
    open_ms = calendar.elapsed(observation.start_ms, observation.due_ms)
    return open_ms - sum(paused_ms(observation, calendar, stage) for stage in pausing)


def paused_ms(observation: Observation, calendar: Calendar, stage: StageKey) -> int:
    """Open time that the ticket spent in a stage between start and due."""
    total = 0
    for stay in observation.stays:
        start, end = max(stay.from_ms, observation.start_ms), min(stay.to_ms, observation.due_ms)
        if stay.stage == stage and start < end:
            total += calendar.elapsed(start, end)
    return total


def due_again(observation: Observation, calendar: Calendar, minutes: int, pausing: Collection[StageKey]) -> int:
    """The due instant (epoch ms) as the clock counts it: a pause that begins at or after it moves nothing."""
    budget = minutes * MINUTE_MS
    due = calendar.due(observation.start_ms, budget)
    for stay in sorted(observation.stays, key=lambda stay: stay.from_ms):
        start = max(stay.from_ms, observation.start_ms)
        if stay.stage in pausing and start < stay.to_ms and start < due:
            budget += calendar.elapsed(start, stay.to_ms)
            due = calendar.due(observation.start_ms, budget)
    return due


def agrees(observation: Observation, calendar: Calendar, minutes: int, pausing: Collection[StageKey]) -> bool:
    """Whether the due instant comes out to the minute."""
    return abs(due_again(observation, calendar, minutes, pausing) - observation.due_ms) < MINUTE_MS


def _segment(rows: Sequence[Observation], calendar: Calendar, pausing: Collection[StageKey]) -> Segment:
    minutes = _most_common_minutes(business_ms(row, calendar, pausing) for row in rows)
    differences = []
    for row in rows:
        computed = None if minutes is None else due_again(row, calendar, minutes, pausing)
        if computed is None or abs(computed - row.due_ms) >= MINUTE_MS:
            differences.append(Difference(row, computed))
    first = rows[0]
    return Segment(first.metric, first.priority, len(rows), minutes, tuple(differences))


def _most_common_minutes(lengths: Iterable[int]) -> int | None:
    """None where no two tickets agree on a whole number of minutes above 0."""
    counts: Counter[int] = Counter()
    for length in lengths:
        minutes = (length + MINUTE_MS // 2) // MINUTE_MS
        if minutes > 0 and abs(length - minutes * MINUTE_MS) < MINUTE_MS // 2:
            counts[minutes] += 1
    minutes, count = counts.most_common(1)[0] if counts else (0, 0)
    return minutes if count > 1 else None
