"""policies.yaml compiled into a `PolicySet`, and everything wrong with what cannot be compiled."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from hubspot_sla.clock.metrics import Metric
from hubspot_sla.clock.promise import (
    AgreementKey,
    Cause,
    ChangeRules,
    Clock,
    Kind,
    Late,
    OnChange,
    Unanswered,
)
from hubspot_sla.plan.records import TICKETS
from hubspot_sla.policy.compile_metrics import compiled_metrics
from hubspot_sla.policy.compile_targets import (
    TargetCheck,
    calendars_of,
    clocks_of,
    compiled_targets,
    counting_calendars,
    policy_calendar,
)
from hubspot_sla.policy.conditions import About, All, Any, Asks, Not
from hubspot_sla.policy.counted_messages import counted_by
from hubspot_sla.policy.defined_metrics import (
    HANDOVER_WORD,
    compiled_pauses,
    definition_of,
    pause_forms,
    places_of,
    start_place,
)
from hubspot_sla.policy.message_check import ai_agent_problems, unread_handover
from hubspot_sla.policy.message_codes import Code
from hubspot_sla.policy.object_words import object_type_of, singular_of
from hubspot_sla.policy.policy_set import Policy, PolicySet
from hubspot_sla.policy.promise_terms import PromiseTerms
from hubspot_sla.policy.term_check import length_problems, unknown_metrics
from hubspot_sla.policy.times import is_date, parse_date, parse_instant
from hubspot_sla.policy.value_errors import nearest
from hubspot_sla.policy.value_references import MAPPED

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from hubspot_sla.clock.calendar import Calendar
    from hubspot_sla.clock.messages import Effect
    from hubspot_sla.errors import Problem
    from hubspot_sla.policy.condition_values import Wanted
    from hubspot_sla.policy.conditions import Condition
    from hubspot_sla.policy.defined_metrics import DefinedMetric
    from hubspot_sla.policy.known_names import Names
    from hubspot_sla.policy.ladders import Escalations
    from hubspot_sla.policy.policy_documents import (
        PoliciesFile,
        PolicySection,
        WhenSection,
    )
    from hubspot_sla.policy.portal import PortalMap
    from hubspot_sla.policy.term_forms import PauseForm
    from hubspot_sla.policy.yaml_document import Document, Path

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ROOMS = {"property": About.TICKET, "company": About.COMPANY, "contact": About.CONTACT}


def compiled_policies(
    document: Document, file: PoliciesFile, names: Names, escalations: Escalations
) -> tuple[PolicySet, list[Problem]]:
    """The policies, and everything wrong with those that cannot be compiled."""
    policies: list[Policy] = []
    metrics_by_type, problems = compiled_metrics(document, file, names)
    first_at: dict[str, int] = {}
    for number, section in enumerate(file.policies):
        path: Path = ("policies", number)
        first = first_at.setdefault(section.id, number)
        if first != number:
            message = f"the id {section.id!r} is taken by policy {first + 1}"
            problems.append(document.problem((*path, "id"), message, code=Code.NAME_TAKEN))
        object_type = object_type_of(section.object, names.object_types)
        if object_type is None:
            if names.portal is not None:
                problems.append(_unknown_object(document, path, section, names))
            continue
        own_names, metrics = names.of(object_type), metrics_by_type[object_type]
        own_problems = list(_problems(document, path, section, own_names, metrics.metrics))
        if not own_problems:
            own_problems += dict.fromkeys(metrics.own_property_problems(path, section))
            own_problems += dict.fromkeys(metrics.pause_problems(path, section))
            own_problems += metrics.start_problems(path, section)
        if names.calendars and own_names.portal and not own_problems:
            calendars = {name: calendar for name, calendar in names.calendars.items() if calendar}
            if _calendar_names(section) <= calendars.keys():
                policies.append(_policy(number, section, calendars, own_names.portal, metrics.metrics))
        problems.extend(own_problems)
    defined = metrics_by_type[TICKETS].metrics
    return PolicySet(document, tuple(policies), escalations, defined), problems


# compiling


def _policy(
    number: int,
    section: PolicySection,
    calendars: Mapping[str, Calendar],
    portal: PortalMap,
    metrics: Mapping[str, DefinedMetric],
) -> Policy:
    calendar = calendars[policy_calendar(section)]
    terms = _Terms(section, portal, metrics)
    return Policy(
        section.id,
        number,
        AgreementKey(Kind(section.kind), section.agreement or ""),
        calendar,
        compiled_when(section.when, portal),
        compiled_targets(section, calendars, portal, terms.of),
        from_ms=_moment(section.valid_from, calendar),
        to_ms=_moment(section.valid_to, calendar),
        from_text=section.valid_from or "",
        to_text=section.valid_to or "",
        new_only=section.applies_to == "new",
        ladders={str(metric): name for metric in (*Metric, *metrics) if (name := section.ladder.of(metric))},
        pauses={key: compiled_pauses(forms, portal) for key, forms in section.pauses.entries()},
        metrics={name: metrics[name] for name in section.targets.defined},
        object_type=portal.object_type,
        counts=frozenset(effect for clock, _, _ in clocks_of(section) for effect in terms.counts(clock)),
    )


def _calendar_names(section: PolicySection) -> set[str]:
    return {name for clock, _, _ in clocks_of(section) for name in calendars_of(section, clock.metric)}


@dataclass(frozen=True, slots=True)
class _Terms:
    """The terms of one policy, by metric."""

    section: PolicySection
    portal: PortalMap
    metrics: Mapping[str, DefinedMetric]

    def pauses(self, metric: str) -> tuple[PauseForm, ...] | None:
        return pause_forms(metric, self.section.pauses.of(metric), self.metrics, self.portal)

    def counts(self, clock: Clock) -> frozenset[Effect]:
        definition = definition_of(clock, self.metrics, self._starts_in(clock))
        pauses = self.pauses(clock.metric) != ()
        return counted_by(definition, ends_waits=pauses and self.section.resume_on_customer_message)

    def _starts_in(self, clock: Clock) -> str:
        return start_place(self.section.starts_in, clock.metric, self.portal)

    def of(self, clock: Clock) -> PromiseTerms:
        section, metric = self.section, clock.metric
        starts_in = self._starts_in(clock)
        rules = {cause.value: OnChange(getattr(section.on_change, cause.value)) for cause in Cause}
        return PromiseTerms(
            clock,
            section.id,
            definition_of(clock, self.metrics, starts_in),
            self.pauses(metric),
            resume_on_customer_message=section.resume_on_customer_message,
            starts_in=starts_in,
            at_risk=tuple(section.at_risk.of(metric)),
            on_change=ChangeRules(**rules),
            reopen=section.reopen.of(metric),
            close_without_reply=Unanswered(section.close_without_reply),
            late=Late(section.late.of(metric)),
        )


def compiled_when(section: WhenSection, portal: PortalMap, path: Path = ()) -> All:
    """The conditions in the order of the language, which is the order in which reasons are given."""
    return All(tuple(_conditions(section, portal, path)))


def _conditions(section: WhenSection, portal: PortalMap, path: Path) -> Iterator[Condition]:
    for word in ("pipeline", "stage", *MAPPED, "tier"):
        wanted: Wanted | None = getattr(section, word)
        if wanted:
            yield Asks(word, *_place_of(word, portal), wanted, (*path, word))
    for word, about in _ROOMS.items():
        for name, wish in (getattr(section, word) or {}).items():
            called = name if about is About.TICKET else f"{word} {name}"
            yield Asks(called, about, name, wish, (*path, word, name))
    for number, inner in enumerate(section.all_):
        yield compiled_when(inner, portal, (*path, "all", number))
    if section.any_:
        alternatives = enumerate(section.any_)
        yield Any(tuple(compiled_when(inner, portal, (*path, "any", number)) for number, inner in alternatives))
    if section.not_:
        yield Not(compiled_when(section.not_, portal, (*path, "not")))


def _place_of(word: str, portal: PortalMap) -> tuple[About, str]:
    """Where the value of a word is found; any other word is the internal name of a ticket property."""
    if word in (About.TIER, About.PIPELINE, About.STAGE):
        return About(word), ""
    name: str = getattr(portal.properties, word) if word in MAPPED else word
    return About.TICKET, name


def _moment(text: str | None, calendar: Calendar) -> int | None:
    """A date is its midnight in the calendar's zone."""
    if text is None:
        return None
    if not is_date(text):
        return parse_instant(text)
    day = parse_date(text)
    midnight = datetime(day.year, day.month, day.day, tzinfo=calendar.zone)
    return (midnight - _EPOCH) // timedelta(milliseconds=1)


# checking


def _unknown_object(document: Document, path: Path, section: PolicySection, names: Names) -> Problem:
    words = [singular_of(name) for name in names.object_types]
    message = f"portal.yaml names no object type {section.object!r}"
    remedy = nearest(section.object, words) or f"describe it under `objects` there; it names {', '.join(words)}"
    return document.problem((*path, "object"), message, remedy, code=Code.UNKNOWN_OBJECT_TYPE)


def _problems(
    document: Document, path: Path, section: PolicySection, names: Names, metrics: Mapping[str, DefinedMetric]
) -> Iterator[Problem]:
    yield from when_problems(document, (*path, "when"), section.when, names)
    yield from _place_problems(document, path, section, names.portal)
    yield from ai_agent_problems(document, path, section, names.portal)
    unknown = list(unknown_metrics(document, path, section, metrics))
    yield from unknown
    if names.calendars is None or unknown:
        return
    check = TargetCheck(document, path, section, names, metrics.keys())
    # One name may stand for every metric, and is wrong once.
    yield from dict.fromkeys(check.problems())
    yield from dict.fromkeys(length_problems(path, section, check, metrics))
    yield from dict.fromkeys(_ladder_problems(document, path, section, names))
    calendar = names.calendars.get(policy_calendar(section))
    if calendar:
        yield from _validity_problems(document, path, section, calendar)


def when_problems(document: Document, path: Path, when: WhenSection, names: Names) -> Iterator[Problem]:
    """Every tier, pipeline and stage that conditions name and that does not exist."""
    yield from _unknown(document, (*path, "tier"), "tier", when.tier, names.ranks)
    if names.portal:
        stages = names.portal.stages
        yield from _unknown(document, (*path, "pipeline"), "pipeline", when.pipeline, stages)
        named = when.pipeline.one_of if when.pipeline else ()
        inside = [stage for name in named or stages for stage in stages.get(name, ())]
        yield from _unknown(document, (*path, "stage"), "stage", when.stage, inside)
    for word, inner in (("all", when.all_), ("any", when.any_)):
        for number, inner_when in enumerate(inner):
            yield from when_problems(document, (*path, word, number), inner_when, names)
    if when.not_:
        yield from when_problems(document, (*path, "not"), when.not_, names)


def _unknown(
    document: Document, path: Path, noun: str, asked_values: Wanted | None, valid: Collection[str] | None
) -> Iterator[Problem]:
    for number, name in enumerate(asked_values.one_of if asked_values else ()):
        if valid is not None and name not in valid:
            yield document.problem(
                (*path, number), f"there is no {noun} {name!r}", nearest(name, valid), code=Code.UNKNOWN_NAME
            )


def _place_problems(
    document: Document, path: Path, section: PolicySection, portal: PortalMap | None
) -> Iterator[Problem]:
    if portal is None:
        return
    places = places_of(portal)
    for place in section.targets.stage or {}:
        if place not in places:
            message = f"there is no stage, team or vendor {place!r} in portal.yaml"
            at = (*path, "targets", "stage", place)
            yield document.problem(at, message, nearest(place, places), at_key=True, code=Code.UNKNOWN_NAME)
    if section.starts_in == HANDOVER_WORD and section.starts_in not in places:
        yield from unread_handover(document, path, portal)
    elif section.starts_in and section.starts_in not in places:
        message = f"there is no stage, team or vendor {section.starts_in!r} in portal.yaml"
        yield document.problem(
            (*path, "starts_in"), message, nearest(section.starts_in, places), code=Code.UNKNOWN_NAME
        )


def _ladder_problems(document: Document, path: Path, section: PolicySection, names: Names) -> Iterator[Problem]:
    ladders, calendars = names.ladders, names.calendars or {}
    if ladders is None:
        return
    promised = {str(clock.metric) for clock, _, _ in clocks_of(section)}
    for metric in dict.fromkeys((*Metric, *section.ladder.named, *promised)):
        name = section.ladder.of(metric)
        at = (*path, "ladder", str(metric))
        if name is not None and name not in ladders:
            yield document.problem(
                at, f"there is no ladder {name!r} in escalations.yaml", nearest(name, ladders), code=Code.UNKNOWN_NAME
            )
            continue
        counts_days = name is not None and ladders[name].counts_days
        for calendar in counting_calendars(section, metric) if counts_days else ():
            known = calendars.get(calendar)
            if known is not None and known.business_day_ms is None:
                message = f"ladder {name!r} counts business days, and the calendar does not say how long one is"
                remedy = f"give calendar {calendar!r} a business_day, for example 8h"
                yield document.problem(at, message, remedy, code=Code.BUSINESS_DAY_LENGTH)


def _validity_problems(document: Document, path: Path, section: PolicySection, calendar: Calendar) -> Iterator[Problem]:
    start, end = _moment(section.valid_from, calendar), _moment(section.valid_to, calendar)
    if start is not None and end is not None and end <= start:
        message = f"the policy ends on {section.valid_to}, not after it begins on {section.valid_from}"
        yield document.problem(
            (*path, "valid_to"), message, "valid_to is the first moment without it", code=Code.ENDS_BEFORE_IT_BEGINS
        )
