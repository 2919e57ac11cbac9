"""Policies out of native due instants.

First the hours: fitted to all tickets and to those of each priority, pipeline and rule, for a rule may have hours of
its own; every priority then takes the hours that explain most of it. Then the stages that pause. Then the targets, for
all pipelines together as far as one set of targets explains each of them, and apart where it does not.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from hubspot_sla.clock.metrics import Metric
from hubspot_sla.policy.inference.fit_zone import ZonedHours, fitted
from hubspot_sla.policy.inference.pausing_stages import Votes, Witness, votes_by_metric, votes_by_stage
from hubspot_sla.policy.inference.segments import (
    FEWEST_TICKETS,
    LEAST_SHARE,
    Segment,
    agrees,
    segments_of,
    total_explained,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence, Set

    from hubspot_sla.clock.calendar import Calendar
    from hubspot_sla.policy.inference.observation import Observation, StageKey, WithoutDue
    from hubspot_sla.policy.inference.segments import Pausing

_CLEARLY_MORE = 0.02
_FEW, _HALF = 3, 0.5
NO_TICKETS: WithoutDue = {}
_FEWEST_TO_FIT = 30  # due instants; hours that are fitted to fewer explain them by chance


@dataclass(frozen=True, slots=True)
class Hours:
    """Hours that some rule has, with the calendar that counts them."""

    zoned: ZonedHours
    calendar: Calendar


@dataclass(frozen=True, slots=True)
class PriorityPromise:
    """What is promised to the tickets of one priority: hours, and a segment for each metric."""

    priority: str
    hours: Hours
    segments: tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Pipelines that have the same promises."""

    pipelines: tuple[str, ...]
    promises: tuple[PriorityPromise, ...]

    @property
    def segments(self) -> tuple[Segment, ...]:
        return tuple(segment for promise in self.promises for segment in promise.segments)


@dataclass(frozen=True, slots=True)
class Inferred:
    """`stages` are the votes on every stage that a ticket passed through before it was due; `pausing` those that pause
    by them, or by their label where too few tickets show it; `metrics` the votes on whether they pause each metric."""

    observations: int
    groups: tuple[Group, ...] = ()
    stages: Mapping[StageKey, Votes] = field(default_factory=dict)
    pausing: frozenset[StageKey] = frozenset()
    metrics: Mapping[Metric, Votes] = field(default_factory=dict)

    @property
    def explained(self) -> int:
        return sum(total_explained(group.segments) for group in self.groups)

    def pauses(self, metric: Metric, pipelines: Collection[str]) -> bool:
        """Whether a metric stands still in some stage of these pipelines."""
        decided = self.metrics.get(metric, Votes()).decided
        return decided is not False and any(pipeline in pipelines for pipeline, _ in self.pausing)


def infer(
    observations: Sequence[Observation],
    guessed: Set[StageKey],
    zones: Sequence[str],
    without_due: WithoutDue = NO_TICKETS,
    known: Sequence[ZonedHours] = (),
) -> Inferred:
    """`guessed` are the stages that pause as far as their labels say, `zones` the likeliest time zones, best first.
    `known` are hours that are taken where they explain nearly everything, or as much as fitted ones."""
    if not observations:
        return Inferred(0)
    calm = [observation for observation in observations if not any(stay.stage in guessed for stay in observation.stays)]
    likely = _likely_hours(calm if len(calm) >= _FEWEST_TO_FIT else observations, zones, known)
    witnesses = _witnesses(calm or observations, observations, likely)
    votes = votes_by_stage(witnesses, guessed)
    stages = frozenset(stage for stage in {*guessed, *votes} if _pauses(stage, votes, guessed))
    metrics = votes_by_metric(witnesses, stages)
    pausing = {metric: stages for metric in Metric if metrics.get(metric, Votes()).decided is not False}
    return Inferred(
        len(observations), tuple(_groups(observations, _Terms(likely, pausing, without_due))), votes, stages, metrics
    )


def _pauses(stage: StageKey, votes: Mapping[StageKey, Votes], guessed: Set[StageKey]) -> bool:
    decided = votes.get(stage, Votes()).decided
    return stage in guessed if decided is None else decided


def _likely_hours(calm: Sequence[Observation], zones: Sequence[str], known: Sequence[ZonedHours]) -> list[Hours]:
    """The known ones, fitted to everything, then to what may have hours of its own unless everything is explained; the
    first ones explain most."""
    candidates = dict.fromkeys(known)
    if all(total_explained(_on(zoned, calm)) < _well_explained(calm) for zoned in candidates):
        candidates[fitted(calm, zones)] = None
    for rows in _parts(calm):
        if all(total_explained(_on(zoned, rows)) < _well_explained(rows) for zoned in candidates):
            candidates[fitted(rows, zones)] = None
    hours = [Hours(zoned, zoned.calendar("hours")) for zoned in candidates]
    return sorted(hours, key=lambda hours_on_zone: -total_explained(segments_of(calm, hours_on_zone.calendar, {})))


def _well_explained(rows: Sequence[Observation]) -> float:
    return 0.95 * len(rows)


def _on(zoned: ZonedHours, rows: Sequence[Observation]) -> tuple[Segment, ...]:
    return segments_of(rows, zoned.calendar("hours"), {})


def _parts(observations: Sequence[Observation]) -> Iterable[list[Observation]]:
    """The tickets of each priority, pipeline and rule, as far as there are enough of them."""
    ways: tuple[Callable[[Observation], str], ...] = (
        lambda observation: observation.rule,
        lambda observation: observation.priority,
        lambda observation: observation.pipeline,
    )
    for way in ways:
        parts: dict[str, list[Observation]] = defaultdict(list)
        for observation in observations:
            parts[way(observation)].append(observation)
        if len(parts) > 1:
            yield from (rows for rows in parts.values() if len(rows) >= _FEWEST_TO_FIT)


def _witnesses(
    calm: Iterable[Observation], observations: Iterable[Observation], likely: Sequence[Hours]
) -> list[Witness]:
    """Every observation with the hours and the target that undisturbed tickets of its pipeline and priority have."""
    rows: dict[tuple[str, str], list[Observation]] = defaultdict(list)
    for observation in calm:
        rows[observation.pipeline, observation.priority].append(observation)
    known: dict[tuple[str, str, Metric], tuple[Calendar, int]] = {}
    for (pipeline, priority), of_kind in rows.items():
        promise = _promise(priority, of_kind, likely, {})
        for segment in promise.segments:
            if segment.target_minutes is not None:
                known[pipeline, priority, segment.metric] = promise.hours.calendar, segment.target_minutes
    keyed = (
        (observation, known.get((observation.pipeline, observation.priority, observation.metric)))
        for observation in observations
    )
    return [Witness(observation, *terms) for observation, terms in keyed if terms is not None]


def _promise(priority: str, rows: Sequence[Observation], likely: Sequence[Hours], pausing: Pausing) -> PriorityPromise:
    """On the likeliest hours, unless others explain clearly more of these tickets."""
    promises = [PriorityPromise(priority, hours, segments_of(rows, hours.calendar, pausing)) for hours in likely]
    best = promises[0]
    for promise in promises[1:]:
        if total_explained(promise.segments) > total_explained(best.segments) + _CLEARLY_MORE * len(rows):
            best = promise
    return best


@dataclass(frozen=True, slots=True)
class _Terms:
    """What all groups are made with."""

    likely: Sequence[Hours]
    pausing: Pausing
    without_due: WithoutDue

    def without(self, pipelines: Iterable[str], priority: str, metric: Metric) -> int:
        return sum(self.without_due.get((pipeline, priority, metric), 0) for pipeline in pipelines)


def _groups(observations: Sequence[Observation], terms: _Terms) -> Iterable[Group]:
    """Pipelines together as far as the promises of all of them explain each; else the largest one goes first."""
    left: dict[str, list[Observation]] = defaultdict(list)
    for observation in observations:
        left[observation.pipeline].append(observation)
    while left:
        together = _group(left, terms)
        fitting = [pipeline for pipeline, rows in left.items() if _fits(together, pipeline, rows, terms)]
        if not fitting:
            largest = max(left, key=lambda pipeline: len(left[pipeline]))
            alone = _group({largest: left[largest]}, terms)
            fitting = [name for name, rows in left.items() if name == largest or _fits(alone, name, rows, terms)]
        yield _group({pipeline: left.pop(pipeline) for pipeline in fitting}, terms)


def _group(rows_by_pipeline: Mapping[str, Sequence[Observation]], terms: _Terms) -> Group:
    rows: dict[str, list[Observation]] = defaultdict(list)
    for of_pipeline in rows_by_pipeline.values():
        for observation in of_pipeline:
            rows[observation.priority].append(observation)
    promises = (_promise(priority, rows[priority], terms.likely, terms.pausing) for priority in sorted(rows))
    pipelines = tuple(rows_by_pipeline)
    return Group(pipelines, tuple(_with_counts(promise, pipelines, terms) for promise in promises))


def _with_counts(promise: PriorityPromise, pipelines: Sequence[str], terms: _Terms) -> PriorityPromise:
    """Its segments with the number of tickets that have no due instant."""
    segments = (
        replace(segment, without_due=terms.without(pipelines, promise.priority, segment.metric))
        for segment in promise.segments
    )
    return replace(promise, segments=tuple(segments))


def _fits(group: Group, pipeline: str, rows: Sequence[Observation], terms: _Terms) -> bool:
    """Whether the promises of the group hold for the tickets of this pipeline: for all of them, for each metric and
    priority of which there are enough, and for most where there are but a few."""
    targets = {
        (segment.metric, promise.priority): (promise.hours.calendar, segment.target_minutes)
        for promise in group.promises
        for segment in promise.segments
        if segment.target_minutes is not None
    }
    kinds: dict[tuple[Metric, str], list[bool]] = defaultdict(list)
    for observation in rows:
        target = targets.get((observation.metric, observation.priority))
        agreed = target is not None and agrees(observation, *target, terms.pausing.get(observation.metric, ()))
        kinds[observation.metric, observation.priority].append(agreed)
    for metric, priority in targets:
        kinds[metric, priority] += [False] * terms.without([pipeline], priority, metric)
    everything = [fits for of_kind in kinds.values() for fits in of_kind]
    return all(_mostly(of_kind) for of_kind in kinds.values()) and sum(everything) >= LEAST_SHARE * len(everything)


def _mostly(fits: Sequence[bool]) -> bool:
    if len(fits) < _FEW:
        return True
    return sum(fits) >= (LEAST_SHARE if len(fits) >= FEWEST_TICKETS else _HALF) * len(fits)
