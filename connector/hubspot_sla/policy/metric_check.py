"""What is wrong with a metric that policies.yaml defines: names that do not exist, and clocks that can never run.

Cautious: only what follows from the definition and from portal.yaml, whatever happens on a ticket, is a problem.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from hubspot_sla.clock.metrics import EventKind, InPlace, Owned, PlaceKind, PropertyIs
from hubspot_sla.clock.timeline import Role
from hubspot_sla.policy.condition_values import Wanted
from hubspot_sla.policy.defined_metrics import EVENT_LISTS, in_words, waits_in_place
from hubspot_sla.policy.message_codes import Code
from hubspot_sla.policy.value_errors import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence, Set

    from hubspot_sla.clock.metrics import Condition, Definition, Event, Place
    from hubspot_sla.errors import Problem
    from hubspot_sla.policy.defined_metrics import DefinedMetric
    from hubspot_sla.policy.portal import PortalMap
    from hubspot_sla.policy.term_forms import PauseForm
    from hubspot_sla.policy.yaml_document import Document, Path

Stages = frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class MetricCheck:
    """Looks at metrics and pauses with what portal.yaml says. `written` are the properties that we write ourselves."""

    document: Document
    portal: PortalMap
    written: Set[str]

    def metric_problems(self, metric: DefinedMetric) -> Iterator[Problem]:
        path: Path = ("metrics", metric.name)
        unknown = list(self._unknown_names(path, metric))
        yield from unknown
        if unknown:
            return
        yield from self._impossible_events(path, metric.definition)
        yield from self._ends(path, metric.definition)
        yield from self.pause_problems((*path, "pauses"), metric.pauses, metric.definition)

    def pause_problems(self, path: Path, forms: Sequence[PauseForm], definition: Definition) -> Iterator[Problem]:
        """Pauses of places that do not exist, that read what we write, and by which a clock would never run."""
        unknown = [
            problem
            for number, form in enumerate(forms)
            for problem in self._condition_problems((*path, number), form.condition)
        ]
        yield from unknown
        if not unknown and (why := self._never_runs(forms, definition)):
            yield self.document.problem(
                path, f"the clock would stand still for ever: {why}", "narrow the pauses", code=Code.METRIC_SENSE
            )

    def start_problems(self, path: Path, definition: Definition, remedy: str) -> Iterator[Problem]:
        """Starts by which the ticket is always closed already."""
        if definition.notices_closing and definition.starts and all(map(self._is_closing, definition.starts)):
            message = "it can never start: the ticket is closed then, and a closing ends the clock"
            yield self.document.problem(path, message, remedy, code=Code.METRIC_SENSE)

    # names

    def _unknown_names(self, path: Path, metric: DefinedMetric) -> Iterator[Problem]:
        for key in EVENT_LISTS:
            for number, event in enumerate(getattr(metric.definition, key)):
                at: Path = (*path, key, number)
                if event.kind in (EventKind.ENTERED, EventKind.LEFT):
                    yield from self._place_problems(at, event.place)
                if event.property:
                    yield from self._own_property(at, event.property)
                for condition in event.conditions():
                    yield from self._condition_problems(at, condition)

    def _condition_problems(self, path: Path, condition: Condition) -> Iterator[Problem]:
        if isinstance(condition, InPlace):
            yield from self._place_problems(path, condition.place)
        elif isinstance(condition, PropertyIs):
            yield from self._own_property(path, condition.property)

    def _place_problems(self, path: Path, place: Place) -> Iterator[Problem]:
        if self.stages_in(place):
            return
        if place.kind is PlaceKind.ROLE:
            yield self.document.problem(
                path, f"no stage in portal.yaml has the role {place.name}", "name another place", code=Code.UNKNOWN_NAME
            )
            return
        nouns = {PlaceKind.STAGE: "stage", PlaceKind.HOLDER: "team or vendor", PlaceKind.ANY: "stage, team or vendor"}
        stages = {stage for rules in self.portal.stages.values() for stage in rules}
        holders = set(self.portal.holders)
        valid = {PlaceKind.STAGE: stages, PlaceKind.HOLDER: holders, PlaceKind.ANY: stages | holders}[place.kind]
        message = f"there is no {nouns[place.kind]} {place.name!r} in portal.yaml"
        remedy = nearest(place.name, valid)
        if place.name in stages | holders:
            remedy = f"it is a {'stage' if place.name in stages else 'team or vendor'}: write its name alone"
        yield self.document.problem(path, message, remedy, code=Code.UNKNOWN_NAME)

    def _own_property(self, path: Path, name: str) -> Iterator[Problem]:
        if name in self.written:
            message = f"{name} is written by hubspot-sla itself, so the clock would depend on what it says"
            yield self.document.problem(
                path, message, "name a property that people or other tools set", code=Code.UNKNOWN_NAME
            )

    # events

    def _impossible_events(self, path: Path, definition: Definition) -> Iterator[Problem]:
        for key in EVENT_LISTS:
            for number, event in enumerate(getattr(definition, key)):
                for first, second in combinations(_known_then(event), 2):
                    if self.excludes(first, second):
                        message = f"this can never happen: not at once {first} and {second}"
                        yield self.document.problem(
                            (*path, key, number), message, "leave one of the two out", code=Code.METRIC_SENSE
                        )
        remedy = "start it at `reopened`, or say `closing: ignored`"
        yield from self.start_problems((*path, "starts"), definition, remedy)
        at_creation = all(start.kind is EventKind.CREATED for start in definition.starts)
        if definition.after and at_creation and not any(map(self._may_come_with_the_creation, definition.after)):
            message = "it can never start: nothing of `after` comes before the creation, or with it"
            remedy = "start it at what comes later, or leave `after` out"
            yield self.document.problem((*path, "after"), message, remedy, code=Code.METRIC_SENSE)

    def _may_come_with_the_creation(self, event: Event) -> bool:
        never = (EventKind.CLOSED, EventKind.REOPENED, EventKind.LEFT, EventKind.BECAME)
        return event.kind not in never and not self._is_closing(event)

    def _is_closing(self, event: Event) -> bool:
        if event.kind is EventKind.CLOSED:
            return True
        closed = self._closed_stages()
        places = [known.place for known in _known_then(event) if isinstance(known, InPlace)]
        return any(self.stages_in(place) <= closed for place in places)

    def _ends(self, path: Path, definition: Definition) -> Iterator[Problem]:
        if not definition.stops and not definition.resets:
            message = "nothing stops it, so what is promised can never be met"
            yield self.document.problem(path, message, "say `stops`, or `resets`", at_key=True, code=Code.METRIC_SENSE)
        for key in ("stops", "resets"):
            for number, event in enumerate(getattr(definition, key)):
                at: Path = (*path, key, number)
                if event.kind is EventKind.CREATED:
                    message = "it would stop before it starts: nothing comes before the creation"
                    yield self.document.problem(at, message, "name what happens later", code=Code.METRIC_SENSE)
                if event.kind is EventKind.CONDITION:
                    yield from self._holds_at_start(at, event, definition)

    def _holds_at_start(self, path: Path, stop: Event, definition: Definition) -> Iterator[Problem]:
        for start in definition.starts:
            if stop.condition is not None and self._holds_then(start, stop.condition):
                message = f"it would stop in the instant in which it starts: {stop} when {start}"
                yield self.document.problem(path, message, "name what happens later", code=Code.METRIC_SENSE)
                return

    # pauses

    def _never_runs(self, forms: Sequence[PauseForm], definition: Definition) -> str:
        """Why a clock with these pauses stands still from its start to its end; "" where it may run."""
        places = [place.place for form in forms if (place := waits_in_place(form))]
        paused = frozenset[tuple[str, str]]().union(*(self.stages_in(place) for place in places))
        every = frozenset((pipeline, stage) for pipeline, rules in self.portal.stages.items() for stage in rules)
        if places and every - self._closed_stages() <= paused:
            return "it is paused in every stage that is not closed"
        unlimited = [form for form in forms if form.least is None and form.greatest is None]
        for form in unlimited:
            if definition.starts and self._holds_throughout(form.condition, definition):
                return f"{in_words(form)} from its start to its end"
        property_conditions = [form.condition for form in unlimited if isinstance(form.condition, PropertyIs)]
        for first, second in combinations(property_conditions, 2):
            if first.property == second.property and {_known(first), _known(second)} == {True, False}:
                return f"{first.property} is always either known or unknown"
        return ""

    def _holds_throughout(self, condition: Condition, definition: Definition) -> bool:
        ends = (*definition.stops, *definition.resets)
        if not ends or not all(self._holds_then(start, condition) for start in definition.starts):
            return False
        if not isinstance(condition, InPlace):
            return False
        paused = self.stages_in(condition.place)
        return all(end.kind is EventKind.LEFT and self.stages_in(end.place) <= paused for end in ends)

    # what follows from what

    def _holds_then(self, event: Event, condition: Condition) -> bool:
        return any(self.implies(known, condition) for known in _known_then(event))

    def implies(self, condition: Condition, other: Condition) -> bool:
        """While `condition` holds, `other` does. False where that is not certain."""
        if isinstance(condition, InPlace) and isinstance(other, InPlace):
            return self.stages_in(condition.place) <= self.stages_in(other.place)
        if isinstance(condition, PropertyIs) and isinstance(other, PropertyIs) and condition.property == other.property:
            return _wanted(condition).implies(_wanted(other))
        return isinstance(condition, Owned) and isinstance(other, Owned)

    def excludes(self, condition: Condition, other: Condition) -> bool:
        """They never hold at once. False where that is not certain."""
        if isinstance(condition, InPlace) and isinstance(other, InPlace):
            return not self.stages_in(condition.place) & self.stages_in(other.place)
        if isinstance(condition, PropertyIs) and isinstance(other, PropertyIs) and condition.property == other.property:
            return not _may_have_several_values(condition, other) and _wanted(condition).excludes(_wanted(other))
        return False

    def stages_in(self, place: Place) -> Stages:
        """(pipeline, stage) of every stage of the place, by the names of portal.yaml."""
        return frozenset(
            (pipeline, name)
            for pipeline, rules in self.portal.stages.items()
            for name, rule in rules.items()
            if _is_in(place, name, rule.role, rule.team or rule.vendor)
        )

    def _closed_stages(self) -> Stages:
        return frozenset(
            (pipeline, name)
            for pipeline, rules in self.portal.stages.items()
            for name, rule in rules.items()
            if rule.role == Role.CLOSED.value
        )


def _is_in(place: Place, stage: str, role: str, holder: str | None) -> bool:
    match place.kind:
        case PlaceKind.ANY:
            return place.name in (stage, holder)
        case PlaceKind.STAGE:
            return place.name == stage
        case PlaceKind.HOLDER:
            return place.name == holder
        case PlaceKind.ROLE:
            return place.name == role


def _known_then(event: Event) -> list[Condition]:
    """What holds in the instant in which this happens."""
    known = list(event.conditions())
    if event.kind is EventKind.ENTERED:
        known.append(InPlace(event.place))
    if event.kind is EventKind.OWNER_SET:
        known.append(Owned())
    return known


def _wanted(condition: PropertyIs) -> Wanted:
    assert isinstance(condition.matcher, Wanted)  # noqa: S101 - so the file was read
    return condition.matcher


def _known(condition: PropertyIs) -> bool | None:
    return _wanted(condition).known


def _may_have_several_values(first: PropertyIs, second: PropertyIs) -> bool:
    """A property of checkboxes may hold two words at once."""
    return bool(_wanted(first).one_of and _wanted(second).one_of)
