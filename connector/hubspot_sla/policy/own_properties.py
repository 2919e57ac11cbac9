"""Targets and calendars that look at a ticket property which we write ourselves: they would depend on what they say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.policy.calendar_choice_documents import CalendarBy, CalendarFollows, CalendarOfMetrics
from hubspot_sla.policy.compile_targets import clocks_of
from hubspot_sla.policy.conditions import About
from hubspot_sla.policy.message_codes import Code
from hubspot_sla.policy.subject_values import value_of
from hubspot_sla.policy.target_documents import ChoiceSection, EarlierSection, LaterSection, NumberSection

if TYPE_CHECKING:
    from collections.abc import Iterator, Set

    from hubspot_sla.errors import Problem
    from hubspot_sla.policy.calendar_choice_documents import CalendarForm
    from hubspot_sla.policy.policy_documents import PolicySection
    from hubspot_sla.policy.portal import PortalMap
    from hubspot_sla.policy.target_documents import TargetForm
    from hubspot_sla.policy.value_references import Reference
    from hubspot_sla.policy.yaml_document import Document, Path


def own_property_problems(
    document: Document, path: Path, section: PolicySection, portal: PortalMap, written: Set[str]
) -> Iterator[Problem]:
    """Each value of a policy's targets and calendars that is one of `written`, the properties that we write."""
    references = [*_of_calendar((*path, "calendar"), section.calendar)]
    for _, keys, form in clocks_of(section):
        references += _of_target((*path, "targets", *keys), form)
    for at, reference in references:
        name = value_of(reference, portal).name
        if reference.about is About.TICKET and name in written:
            message = f"{name} is written by hubspot-sla itself, so what is promised would depend on what it says"
            remedy = "name a property that people or other tools set"
            yield document.problem(at, message, remedy, code=Code.UNKNOWN_NAME)


def _of_calendar(path: Path, form: CalendarForm) -> Iterator[tuple[Path, Reference]]:
    match form:
        case CalendarOfMetrics():
            for metric, own in form.by_metric.items():
                yield from _of_calendar((*path, metric), own)
        case CalendarBy():
            yield (*path, "by"), form.by
        case CalendarFollows():
            yield (*path, "follow"), form.follow


def _of_target(path: Path, form: TargetForm) -> Iterator[tuple[Path, Reference]]:
    match form:
        case NumberSection():
            yield (*path, "property"), form.property
        case ChoiceSection():
            yield from (((*path, "by"), reference) for reference in form.by)
            for value, inner in form.targets.items():
                yield from _of_target((*path, value), inner)
        case EarlierSection():
            for number, inner in enumerate(form.earlier_of):
                yield from _of_target((*path, form.KEY, number), inner)
        case LaterSection():
            for number, inner in enumerate(form.later_of):
                yield from _of_target((*path, form.KEY, number), inner)
