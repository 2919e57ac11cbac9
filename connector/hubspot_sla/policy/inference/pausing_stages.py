"""In which stages HubSpot's own SLA stands still: both are tried on every ticket that was in one before it was due."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubspot_sla.policy.inference.observation import MINUTE_MS
from hubspot_sla.policy.inference.segments import business_ms, paused_ms

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence, Set

    from hubspot_sla.clock.calendar import Calendar
    from hubspot_sla.clock.metrics import Metric
    from hubspot_sla.policy.inference.observation import Observation, StageKey

_LEAST_VOTES = 3


@dataclass(frozen=True, slots=True)
class Votes:
    """How many due instants come out when the time in a stage does not count, and when it does."""

    paused: int = 0
    running: int = 0

    def plus(self, *, paused: bool, running: bool) -> Votes:
        return Votes(self.paused + paused, self.running + running)

    @property
    def decided(self) -> bool | None:
        """True: it pauses. None: too few tickets show it."""
        if self.paused + self.running < _LEAST_VOTES or self.paused == self.running:
            return None
        return self.paused > self.running


@dataclass(frozen=True, slots=True)
class Witness:
    """An observation with the calendar and the target (minutes) that its kind of tickets has."""

    observation: Observation
    calendar: Calendar
    minutes: int


def votes_by_stage(witnesses: Sequence[Witness], guessed: Set[StageKey]) -> dict[StageKey, Votes]:
    """For each stage that a ticket left before it was due. `guessed` are the stages that pause as far as labels say;
    the votes on one stage may change what those on another mean, so they are taken twice."""
    pausing = set(guessed)
    votes: dict[StageKey, Votes] = {}
    for _ in range(2):
        votes = _votes(witnesses, pausing)
        for stage, of_stage in votes.items():
            if of_stage.decided is not None:
                (pausing.add if of_stage.decided else pausing.discard)(stage)
    return votes


def votes_by_metric(witnesses: Iterable[Witness], pausing: Set[StageKey]) -> dict[Metric, Votes]:
    """For each metric whether the stages that pause at all pause this one too."""
    votes: dict[Metric, Votes] = {}
    for witness in witnesses:
        observation, calendar = witness.observation, witness.calendar
        paused = sum(paused_ms(observation, calendar, stage) for stage in pausing)
        if paused >= MINUTE_MS:
            length = business_ms(observation, calendar, ())
            votes[observation.metric] = votes.get(observation.metric, Votes()).plus(
                paused=_fits(length - paused, witness), running=_fits(length, witness)
            )
    return votes


def _votes(witnesses: Iterable[Witness], pausing: Set[StageKey]) -> dict[StageKey, Votes]:
    votes: dict[StageKey, Votes] = {}
    for witness in witnesses:
        observation, calendar = witness.observation, witness.calendar
        for stage in {stay.stage for stay in observation.stays}:
            inside = paused_ms(observation, calendar, stage)
            if inside >= MINUTE_MS:
                length = business_ms(observation, calendar, pausing - {stage})
                votes[stage] = votes.get(stage, Votes()).plus(
                    paused=_fits(length - inside, witness), running=_fits(length, witness)
                )
    return votes


def _fits(length_ms: int, witness: Witness) -> bool:
    return abs(length_ms - witness.minutes * MINUTE_MS) < MINUTE_MS
