"""escalations.yaml compiled: ladders, the conditions of their rungs, who leads whom, and where notifications go."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from hubspot_sla.plan.ladder import BUILT_IN, NONE
from hubspot_sla.policy.conditions import EVERYBODY

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from hubspot_sla.clock.calendar import Calendar
    from hubspot_sla.plan.channels import Channel
    from hubspot_sla.plan.contract_rungs import ContractLadder
    from hubspot_sla.plan.ladder import Ladder
    from hubspot_sla.policy.conditions import All, Asks, Subject
    from hubspot_sla.policy.yaml_document import Document, Path

ANYBODY = "default"
"""In `leads`: who leads everybody that is not named, and tickets without an owner."""


@dataclass(frozen=True, slots=True)
class RungCondition:
    """When a rung fires: the words of policies, and the hours of a calendar at the rung's own instant."""

    when: All = EVERYBODY
    hours: Calendar | None = None
    outside: Calendar | None = None

    def reason_against(self, subject: Subject, at: int) -> str | None:
        """Why it does not hold for a rung reached `at`; None: it does."""
        if self.hours is not None and not self.hours.is_open(at):
            return f"calendar {self.hours.name} was closed"
        if self.outside is not None and self.outside.is_open(at):
            return f"calendar {self.outside.name} was open"
        return self.when.reason_against(subject)


@dataclass(frozen=True, slots=True)
class Escalations:
    """`conditions` by ladder and rung, where there are any; `leads` and `people` as they are written, `people` with
    the first place that names each. `document` is None where there is no escalations.yaml."""

    document: Document | None = None
    ladders: Mapping[str, Ladder] = field(default_factory=lambda: {BUILT_IN.name: BUILT_IN, NONE.name: NONE})
    conditions: Mapping[tuple[str, str], RungCondition] = field(default_factory=dict)
    leads: Mapping[str, str] = field(default_factory=dict)
    channels: Mapping[str, Channel] = field(default_factory=dict)
    people: Mapping[str, Path] = field(default_factory=dict)
    paths: Mapping[tuple[str, str], Path] = field(default_factory=dict)
    contracts: tuple[ContractLadder, ...] = ()
    """Of contracts: the first that is for a contract holds for it."""

    def only(self, ladders: Collection[str]) -> Escalations:
        """Without the conditions and actions of all other ladders."""
        conditions = {key: condition for key, condition in self.conditions.items() if key[0] in ladders}
        return replace(
            self, conditions=conditions, paths={key: at for key, at in self.paths.items() if key[0] in ladders}
        )

    @property
    def calendars(self) -> set[str]:
        """The calendars that conditions, quiet times and rungs of contracts name."""
        asked_calendars = (
            calendar for condition in self.conditions.values() for calendar in (condition.hours, condition.outside)
        )
        quiet = (channel.quiet.calendar for channel in self.channels.values() if channel.quiet)
        before = (rung.before.calendar for ladder in self.contracts for rung in ladder.rungs)
        return {calendar.name for calendar in (*asked_calendars, *quiet, *before) if calendar}

    @property
    def variables(self) -> dict[str, tuple[str, ...]]:
        """The variables of the environment that each channel names, by its name."""
        return {name: channel.variables for name, channel in self.channels.items() if channel.variables}

    def questions(self) -> Iterator[tuple[Path, Asks]]:
        """Every question that a condition asks, and where the condition stands."""
        for key, condition in self.conditions.items():
            for question in condition.when.parts():
                yield (*self.paths[key], "when"), question

    def settings(self) -> Iterator[tuple[Path, str, str]]:
        """Every ticket property that a rung sets, with its value and where it says so."""
        for key, path in self.paths.items():
            rung = next(rung for rung in self.ladders[key[0]].rungs if rung.name == key[1])
            for number, action in enumerate(rung.actions):
                for name, value in action.properties:
                    yield (*path, "do", number, action.word, name), name, value


NOTHING_SAID = Escalations()
