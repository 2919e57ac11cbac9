"""Why nothing can be said about a ticket, or about one of its clocks: facts that are missing or impossible."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.clock.history import instant_of
from hubspot_sla.clock.metrics import EventKind, PropertyIs
from hubspot_sla.clock.summary import summary_of
from hubspot_sla.clock.timeline import OWNER_GAP

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from hubspot_sla.clock.metrics import Definition
    from hubspot_sla.clock.phases import Phase
    from hubspot_sla.clock.promise import PromiseChange
    from hubspot_sla.clock.timeline import Timeline

SKEW_MS = 5 * 60_000
"""How far a fact may lie ahead of `now` before it is called impossible: clocks of two machines differ."""


def ticket_defect(timeline: Timeline, now: int) -> str:
    """Why nothing can be said about this ticket as of `now`; "" where something can."""
    summary = summary_of(timeline)
    if summary.latest > now + SKEW_MS and not timeline.defects and timeline.created_at is not None:
        return "a fact lies in the future"
    return summary.defect


def clock_defect(timeline: Timeline, phases: Sequence[Phase], promises: Iterable[PromiseChange]) -> str:
    """Why nothing can be said about a clock of these definitions and promises; "" where something can."""
    definition = phases[-1].definition
    if timeline.gaps:
        subjects = {*_subjects(definition), *_pausing_properties(promises)}
        for subject, why in timeline.gaps:
            if subject in subjects:
                return why
    if summary_of(timeline).replied_before_creation and definition.has(EventKind.FIRST_REPLY, among=definition.stops):
        return "the first agent reply is dated before the ticket's creation"
    if definition.dates:
        return next(_unreadable_dates(timeline, phases[-1]), "")
    return ""


def _subjects(definition: Definition) -> Iterator[str]:
    """What must be known whole for the events of a metric to be told."""
    yield from definition.properties()
    if definition.looks_at_owner():
        yield OWNER_GAP


def _pausing_properties(promises: Iterable[PromiseChange]) -> Iterator[str]:
    for change in promises:
        for rule in change.promise.pauses if change.promise else ():
            if isinstance(rule.condition, PropertyIs):
                yield rule.condition.property


def _unreadable_dates(timeline: Timeline, phase: Phase) -> Iterator[str]:
    for name in phase.definition.dates:
        for change in timeline.properties.get(name, ()):
            try:
                instant_of(change.value, phase.zone)
            except ValueError:
                yield f"{name} holds {change.value!r}, which is no date"
