"""The metrics that policies.yaml defines, compiled, and what they look at."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from hubspot_sla.clock.metrics import (
    HANDOVER,
    IN_WAITING,
    Definition,
    InPlace,
    Metric,
    PauseRule,
    PropertyIs,
    built_in,
)
from hubspot_sla.policy.value_references import MAPPED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hubspot_sla.clock.calendar import Calendar
    from hubspot_sla.clock.metrics import Condition, Event
    from hubspot_sla.clock.promise import Clock
    from hubspot_sla.policy.metric_documents import MetricSection
    from hubspot_sla.policy.metric_term_documents import PausesForm
    from hubspot_sla.policy.portal import PortalMap
    from hubspot_sla.policy.term_forms import PauseForm
    from hubspot_sla.policy.yaml_document import Path

EVENT_LISTS = ("starts", "stops", "resets", "after")


@dataclass(frozen=True, slots=True)
class DefinedMetric:
    """What a metric times, and by what its clock stands still where the policy does not say otherwise."""

    name: str
    definition: Definition
    pauses: tuple[PauseForm, ...] = ()

    def ticket_properties(self) -> Iterator[str]:
        """The internal names of those it looks at."""
        yield from self.definition.properties()
        yield from properties_of_pauses(self.pauses)

    def looked_at(self) -> Iterator[tuple[Path, PropertyIs]]:
        """Each property that a condition asks for, and where in the file."""
        for key in EVENT_LISTS:
            events: tuple[Event, ...] = getattr(self.definition, key)
            for number, event in enumerate(events):
                for condition in event.conditions():
                    if isinstance(condition, PropertyIs):
                        yield ("metrics", self.name, key, number), condition
        for number, pause in enumerate(self.pauses):
            if isinstance(pause.condition, PropertyIs):
                yield ("metrics", self.name, "pauses", number), pause.condition

    def dates(self) -> Iterator[tuple[Path, str]]:
        """Each property whose date is waited for, and where in the file."""
        for key in EVENT_LISTS:
            for number, event in enumerate(getattr(self.definition, key)):
                if event.property:
                    yield ("metrics", self.name, key, number), event.property


def compiled_metric(name: str, section: MetricSection, portal: PortalMap) -> DefinedMetric:
    """A metric whose names are right."""

    def events(written: list[Event]) -> tuple[Event, ...]:
        return tuple(_event(event, portal) for event in written)

    definition = Definition(
        events(section.starts),
        events(section.stops),
        events(section.resets),
        events(section.after),
        first_only=section.cycles == "first",
        notices_closing=section.closing == "ends",
    )
    return DefinedMetric(name, definition, compiled_pauses(section.pauses, portal))


def compiled_pauses(forms: list[PauseForm], portal: PortalMap) -> tuple[PauseForm, ...]:
    """With the internal names of properties in place of the words of portal.yaml."""
    return tuple(replace(form, condition=_condition(form.condition, portal)) for form in forms)


def properties_of_pauses(forms: tuple[PauseForm, ...]) -> Iterator[str]:
    """The internal names of the ticket properties they look at."""
    return (form.condition.property for form in forms if isinstance(form.condition, PropertyIs))


def _event(event: Event, portal: PortalMap) -> Event:
    return replace(
        event,
        property=_internal(event.property, portal),
        condition=None if event.condition is None else _condition(event.condition, portal),
        while_=tuple(_condition(condition, portal) for condition in event.while_),
    )


def _condition(condition: Condition, portal: PortalMap) -> Condition:
    if isinstance(condition, PropertyIs):
        return replace(condition, property=_internal(condition.property, portal))
    return condition


def _internal(name: str, portal: PortalMap) -> str:
    """`priority` and the like stand for the property that portal.yaml names."""
    internal: str = getattr(portal.properties, name) if name in MAPPED else name
    return internal


# what a promise takes from it


def definition_of(clock: Clock, metrics: Mapping[str, DefinedMetric], starts_in: str) -> Definition:
    """That of one of the six, or of a metric of the file."""
    if clock.metric in metrics:
        return metrics[clock.metric].definition
    return built_in(clock.metric, clock.place, starts_in, total=clock.total)


HANDOVER_WORD: Final = "handover"


def start_place(written: str | None, metric: str, portal: PortalMap) -> str:
    """Where a clock of this metric begins: "" at the creation. A stage, team or vendor of the name `handover` comes
    before the hand-over by the AI agent."""
    if not written or metric != Metric.FIRST_RESPONSE:
        return ""
    return HANDOVER if starts_at_handover(written, portal) else written


def starts_at_handover(written: str, portal: PortalMap) -> bool:
    """Whether this is the hand-over from the AI agent to people: only threads tell when that was."""
    read = portal.messages is not None and portal.messages.reads_threads
    return written == HANDOVER_WORD and read and written not in places_of(portal)


def places_of(portal: PortalMap) -> set[str]:
    """Every stage, team and vendor."""
    return {stage for rules in portal.stages.values() for stage in rules} | set(portal.holders)


def pause_forms(
    metric: str, pausing: PausesForm | None, metrics: Mapping[str, DefinedMetric], portal: PortalMap
) -> tuple[PauseForm, ...] | None:
    """By what a clock stands still: what its policy says, or else its metric. None: in every waiting stage."""
    if pausing is None:
        if metric in metrics:
            return metrics[metric].pauses
        return None if metric != Metric.STAGE and built_in(metric).pauses else ()
    if isinstance(pausing, bool):
        return None if pausing else ()
    return compiled_pauses(pausing, portal)


def pause_rules(forms: tuple[PauseForm, ...] | None, calendar: Calendar) -> tuple[PauseRule, ...]:
    """The same with lengths in the business time of a calendar. Refused: it does not say how long a business day is."""
    if forms is None:
        return IN_WAITING
    day_ms = calendar.business_day_ms
    rules = tuple(
        PauseRule(
            form.condition,
            form.least.on(day_ms) if form.least else 0,
            form.greatest.on(day_ms) if form.greatest else None,
        )
        for form in forms
    )
    return IN_WAITING if rules == IN_WAITING else rules


def described(metric: DefinedMetric) -> str:
    """`starts when the ticket is created; stops when the ticket enters Bank; one cycle`."""
    definition = metric.definition
    lists = (
        ("starts when", definition.starts),
        ("but only after", definition.after),
        ("stops when", definition.stops),
        ("ends and starts again when", definition.resets),
    )
    clauses = [f"{verb} {' or '.join(map(str, events))}" for verb, events in lists if events]
    if metric.pauses:
        clauses.append(f"stands still while {' or '.join(map(in_words, metric.pauses))}")
    return "; ".join((*clauses, "one cycle" if definition.first_only else "a cycle for each start"))


def in_words(form: PauseForm) -> str:
    """A clause: `the ticket is in Bank, from 30m on, up to 5bd`."""
    words = str(form.condition)
    if form.least:
        words += f", once it has lasted {form.least.text}"
    return f"{words}, up to {form.greatest.text}" if form.greatest else words


def waits_in_place(form: PauseForm) -> InPlace | None:
    """The place that an unlimited pause is about; None: it is limited, or about something else."""
    unlimited = form.least is None and form.greatest is None
    return form.condition if unlimited and isinstance(form.condition, InPlace) else None
