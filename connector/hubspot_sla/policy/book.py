"""policies.yaml compiled: the policies in their order, and what each promises."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubspot_sla.clock.promise import Metric, Promise
from hubspot_sla.policy.conditions import OneOf, When
from hubspot_sla.policy.refusals import Refused, nearest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from hubspot_sla.clock.calendar import Calendar
    from hubspot_sla.errors import Problem
    from hubspot_sla.policy.documents import PoliciesFile, PolicySection
    from hubspot_sla.policy.durations import Duration
    from hubspot_sla.policy.reading import Document, Path
    from hubspot_sla.policy.resolution import Resolution

DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Policy:
    """`promises` holds one promise for each metric and priority that has a target, `default` among them."""

    id: str
    kind: str
    calendar: Calendar
    when: When
    promises: Mapping[Metric, Mapping[str, Promise]]

    def promise(self, metric: Metric, priority: str | None) -> Promise | None:
        """None: nothing is promised for this metric at this priority."""
        targets = self.promises.get(metric, {})
        return targets.get(priority or DEFAULT) or targets.get(DEFAULT)


@dataclass(frozen=True, slots=True)
class Match:
    """The policy that applies, and (policy id, reason) for each one asked before it."""

    policy: Policy | None
    rejected: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Book:
    """All policies, first match wins."""

    document: Document
    policies: tuple[Policy, ...]

    def match(self, pipeline_id: str, priority: str | None, tier: str | None, resolution: Resolution) -> Match:
        """The first policy that applies to a ticket with these values."""
        pipeline = resolution.pipeline_name(pipeline_id)
        rejected: list[tuple[str, str]] = []
        for policy in self.policies:
            reason = policy.when.reason_against(pipeline, priority, tier)
            if reason is None:
                return Match(policy, tuple(rejected))
            rejected.append((policy.id, reason))
        return Match(None, tuple(rejected))


@dataclass(frozen=True, slots=True)
class Names:
    """What policies may refer to. None: the file that would say so is wrong itself, so nothing is checked.

    `calendars` maps every name to its calendar, or to None where that one calendar is wrong itself.
    """

    calendars: Mapping[str, Calendar | None] | None
    pipelines: Collection[str] | None
    ranks: Sequence[str] | None


def compiled_book(document: Document, file: PoliciesFile, names: Names) -> tuple[Book, list[Problem]]:
    """The policies, and everything wrong with those that cannot be compiled."""
    policies: list[Policy] = []
    problems: list[Problem] = []
    first_at: dict[str, int] = {}
    for number, section in enumerate(file.policies):
        path: Path = ("policies", number)
        first = first_at.setdefault(section.id, number)
        if first != number:
            message = f"the id {section.id!r} is taken by policy {first + 1}"
            problems.append(document.problem((*path, "id"), message))
        found = list(_problems(document, path, section, names))
        calendar = (names.calendars or {}).get(section.calendar)
        if calendar and not found:
            policies.append(_policy(section, calendar))
        problems.extend(found)
    return Book(document, tuple(policies)), problems


def _policy(section: PolicySection, calendar: Calendar) -> Policy:
    promises = {
        metric: {priority: _promise(section, metric, calendar, target) for priority, target in targets.items()}
        for metric, targets in _targets(section)
    }
    when = When(
        _one_of("pipeline", section.when.pipeline),
        _one_of("priority", section.when.priority),
        _one_of("tier", section.when.tier),
    )
    return Policy(section.id, section.kind, calendar, when, promises)


def _promise(section: PolicySection, metric: Metric, calendar: Calendar, target: Duration) -> Promise:
    return Promise(
        metric,
        section.id,
        target.text,
        target.on(calendar.business_day_ms),
        calendar,
        pauses=getattr(section.pauses, metric),
        resume_on_customer_message=section.resume_on_customer_message,
    )


def _targets(section: PolicySection) -> Iterator[tuple[Metric, Mapping[str, Duration]]]:
    for metric in Metric:
        targets = getattr(section.targets, metric, None)
        if targets:
            yield metric, targets


def _one_of(subject: str, wanted: list[str] | None) -> OneOf | None:
    return OneOf(subject, tuple(wanted)) if wanted else None


def _problems(document: Document, path: Path, section: PolicySection, names: Names) -> Iterator[Problem]:
    when: Path = (*path, "when")
    yield from _unknown(document, (*when, "tier"), "tier", section.when.tier, names.ranks)
    yield from _unknown(document, (*when, "pipeline"), "pipeline", section.when.pipeline, names.pipelines)
    if names.calendars is not None:
        calendar = [section.calendar]
        yield from _unknown(document, (*path, "calendar"), "calendar", calendar, names.calendars)
        yield from _target_problems(document, path, section, names.calendars.get(section.calendar))


def _unknown(
    document: Document, path: Path, noun: str, said: Sequence[str] | None, valid: Collection[str] | None
) -> Iterator[Problem]:
    for number, name in enumerate(said or ()):
        if valid is not None and name not in valid:
            yield document.problem((*path, number), f"there is no {noun} {name!r}", nearest(name, valid))


def _target_problems(
    document: Document, path: Path, section: PolicySection, calendar: Calendar | None
) -> Iterator[Problem]:
    for metric, targets in _targets(section):
        for priority, target in targets.items():
            try:
                target.on(calendar.business_day_ms if calendar else 0)
            except Refused as refused:
                at = (*path, "targets", metric.value, priority)
                remedy = f"give calendar {section.calendar!r} a business_day, for example 8h"
                yield document.problem(at, str(refused), remedy)
