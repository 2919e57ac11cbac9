"""The targets of one policy compiled, with the calendars they run on, and what is wrong with them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING

from hubspot_sla.clock.metrics import Metric
from hubspot_sla.clock.promise import Clock, Kind
from hubspot_sla.policy.calendar_choice import CalendarChoice
from hubspot_sla.policy.calendar_choice_documents import (
    CalendarBy,
    CalendarFollows,
    CalendarForm,
    CalendarName,
    CalendarOfMetrics,
)
from hubspot_sla.policy.choice_words import DEFAULT, HOLDER
from hubspot_sla.policy.conditions import About
from hubspot_sla.policy.message_codes import Code
from hubspot_sla.policy.policy_documents import UpdateSection
from hubspot_sla.policy.subject_values import Value, value_of
from hubspot_sla.policy.target_documents import (
    BELONGS,
    ChoiceSection,
    DueSection,
    EarlierSection,
    LaterSection,
    NothingSection,
    NumberSection,
    TargetForm,
    VisitsSection,
)
from hubspot_sla.policy.targets import ChoiceNode, DueNode, NothingNode, NumberNode, OneOfNode, Target
from hubspot_sla.policy.value_errors import Refused, nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from hubspot_sla.clock.calendar import Calendar
    from hubspot_sla.errors import Problem
    from hubspot_sla.policy.known_names import Names
    from hubspot_sla.policy.policy_documents import PolicySection
    from hubspot_sla.policy.portal import PortalMap
    from hubspot_sla.policy.promise_terms import PromiseTerms
    from hubspot_sla.policy.targets import TargetNode
    from hubspot_sla.policy.yaml_document import Document, Path


DESCRIBES_A_CALENDAR = frozenset({"timezone", "hours", "holidays", "closed", "business_day", "extends"})
ALIKE = 0.8
"""How much a key must resemble a word to be taken for it."""


def clocks_of(section: PolicySection) -> Iterator[tuple[Clock, tuple[str, ...], TargetForm]]:
    """Each clock the policy has a target for, and the keys under `targets` that lead to it."""
    for metric in Metric:
        written = getattr(section.targets, metric.value)
        if isinstance(written, UpdateSection):
            written = written.every
        if written is None:
            continue
        if isinstance(written, dict):
            for place, target in written.items():
                yield from _clocks_of_place(Clock(Kind(section.kind), metric, place, section.agreement or ""), target)
        else:
            keys = ("update", "every") if metric == Metric.UPDATE else (metric.value,)
            yield Clock(Kind(section.kind), metric, agreement=section.agreement or ""), keys, written
    for name, target in section.targets.defined.items():
        yield Clock(Kind(section.kind), name, agreement=section.agreement or ""), (name,), target


def _clocks_of_place(clock: Clock, target: TargetForm) -> Iterator[tuple[Clock, tuple[str, ...], TargetForm]]:
    """Of a stage, team or vendor: each visit by itself, all of them together, or both."""
    keys = (Metric.STAGE.value, clock.place)
    if not isinstance(target, VisitsSection):
        yield clock, keys, target
        return
    if target.each is not None:
        yield clock, (*keys, "each"), target.each
    if target.total is not None:
        yield replace(clock, total=True), (*keys, "total"), target.total


# compiling


def compiled_targets(
    section: PolicySection,
    calendars: Mapping[str, Calendar],
    portal: PortalMap,
    terms: Callable[[Clock], PromiseTerms],
) -> dict[Clock, Target]:
    """The target of each clock. `terms` are those of this policy."""
    return {
        clock: Target(
            keys,
            _node(form, calendars, portal),
            calendar_choice(section.calendar, clock.metric, calendars, portal),
            terms(clock),
        )
        for clock, keys, form in clocks_of(section)
    }


def calendar_choice(
    form: CalendarForm, metric: str, calendars: Mapping[str, Calendar], portal: PortalMap
) -> CalendarChoice:
    """The calendars of one metric; `default` is also that of the policy itself."""
    match form:
        case CalendarOfMetrics():
            own = form.by_metric.get(metric) or form.by_metric.get(DEFAULT) or next(iter(form.by_metric.values()))
            return calendar_choice(own, metric, calendars, portal)
        case CalendarName():
            return CalendarChoice(calendars[form.name])
        case CalendarBy() | CalendarFollows():
            cases = {value: calendars[name] for value, name in form.names.items() if value != DEFAULT}
            value = _followed(form, portal) if isinstance(form, CalendarFollows) else value_of(form.by, portal)
            return CalendarChoice(calendars[form.names[DEFAULT]], value, cases, isinstance(form, CalendarFollows))
        case _:
            raise TypeError(f"no form of a calendar: {type(form).__name__}")


def _followed(form: CalendarFollows, portal: PortalMap) -> Value:
    return Value(HOLDER, About.STAGE, HOLDER) if form.follow.text == HOLDER else value_of(form.follow, portal)


def _node(form: TargetForm, calendars: Mapping[str, Calendar], portal: PortalMap) -> TargetNode:
    match form:
        case DueSection():
            return DueNode(form.due, form.cut_off, calendars[form.calendar] if form.calendar else None)
        case NumberSection():
            return NumberNode(value_of(form.property, portal), form.unit)
        case EarlierSection() | LaterSection():
            inner = form.earlier_of if isinstance(form, EarlierSection) else form.later_of
            return OneOfNode(form.KEY, tuple(_node(inner_form, calendars, portal) for inner_form in inner))
        case ChoiceSection():
            cases = {value: _node(inner, calendars, portal) for value, inner in form.targets.items()}
            return ChoiceNode(value_of(form.by[0], portal), cases, portal.singular)
        case NothingSection():
            return NothingNode()
        case _:
            raise TypeError(f"no form of a target: {type(form).__name__}")


# checking


@dataclass(frozen=True, slots=True)
class TargetCheck:
    """Looks for what is wrong with the targets and the calendars of one policy, which stands at `path`."""

    document: Document
    path: Path
    section: PolicySection
    names: Names
    defined_metrics: Collection[str] = ()

    def problems(self) -> Iterator[Problem]:
        """Names that do not exist, values that cannot be, and business days on a calendar that does not say them."""
        yield from self._calendar_problems((*self.path, "calendar"), self.section.calendar)
        for clock, keys, form in clocks_of(self.section):
            path: Path = (*self.path, "targets", *keys)
            yield from self._target_problems(path, form, calendars_of(self.section, clock.metric))

    def _calendar_problems(self, path: Path, form: CalendarForm) -> Iterator[Problem]:
        match form:
            case CalendarName():
                yield from self._unknown(path, "calendar", form.name, self.names.calendars)
            case CalendarOfMetrics():
                yield from self._metric_problems(path, form)
            case CalendarBy() | CalendarFollows():
                for value, name in form.names.items():
                    yield from self._unknown((*path, value), "calendar", name, self.names.calendars)
                if isinstance(form, CalendarBy):
                    yield from self._value_problems(path, form.by.about, set(form.names))
                else:
                    yield from self._holder_problems(path, form)

    def _metric_problems(self, path: Path, form: CalendarOfMetrics) -> Iterator[Problem]:
        metrics = {*(metric.value for metric in Metric), *self.defined_metrics}
        if described := sorted(form.by_metric.keys() & DESCRIBES_A_CALENDAR):
            message = f"{described[0]!r} describes a calendar, and a policy only names one"
            remedy = "describe it in calendars.yaml, and write its name here"
            yield self.document.problem((*path, described[0]), message, remedy, at_key=True, code=Code.UNKNOWN_KEY)
            return
        for metric, own in form.by_metric.items():
            if metric != DEFAULT and metric not in metrics:
                message, remedy = f"there is no metric {metric!r}", nearest(metric, {*metrics, DEFAULT})
                yield self.document.problem((*path, metric), message, remedy, at_key=True, code=Code.UNKNOWN_KEY)
            yield from self._calendar_problems((*path, metric), own)
        missing = {str(clock.metric) for clock, _, _ in clocks_of(self.section)} - form.by_metric.keys()
        if missing and DEFAULT not in form.by_metric:
            message = f"no calendar is said for {' and '.join(sorted(missing))}"
            yield self.document.problem(path, message, "add default: NAME", code=Code.DEFAULT_MISSING)

    def _holder_problems(self, path: Path, form: CalendarFollows) -> Iterator[Problem]:
        if form.follow.text == HOLDER and self.names.portal is not None:
            for value in form.names.keys() - {DEFAULT}:
                at: Path = (*path, value)
                yield from self._unknown(at, "team or vendor", value, self.names.portal.holders, at_key=True)

    def _target_problems(self, path: Path, form: TargetForm, calendars: list[str]) -> Iterator[Problem]:
        match form:
            case DueSection():
                yield from self._due_problems(path, form, calendars)
            case NumberSection():
                yield from self._number_problems(path, form, calendars)
            case EarlierSection() | LaterSection():
                inner = form.earlier_of if isinstance(form, EarlierSection) else form.later_of
                for number, inner_form in enumerate(inner):
                    yield from self._target_problems((*path, form.KEY, number), inner_form, calendars)
            case ChoiceSection():
                yield from self._word_problems(path, form)
                yield from self._value_problems(path, form.by[0].about, set(form.targets))
                yield from self._column_problems((*path, "by"), form.by[0].about, form.by[0].name)
                for value, inner_form in form.targets.items():
                    yield from self._target_problems((*path, value), inner_form, calendars)

    def _word_problems(self, path: Path, form: ChoiceSection) -> Iterator[Problem]:
        """Words of targets, and what looks like one, where priorities are named without saying so."""
        if "by" in form.model_fields_set:
            return
        for value in form.targets.keys() - {DEFAULT}:
            meant = next(iter(get_close_matches(value.casefold(), {DEFAULT, *BELONGS}, n=1, cutoff=ALIKE)), None)
            if meant is not None:
                belongs = BELONGS.get(meant) if value == meant else f"did you mean {meant!r}?"
                remedy = f"{belongs}; a priority of this name needs by: priority"
                yield self.document.problem(
                    (*path, value), f"there is no key {value!r} here", remedy, at_key=True, code=Code.UNKNOWN_KEY
                )

    def _due_problems(self, path: Path, form: DueSection, calendars: list[str]) -> Iterator[Problem]:
        if form.calendar:
            yield from self._unknown((*path, "calendar"), "calendar", form.calendar, self.names.calendars)
        if form.due.length:
            yield from self.length_problems(
                (*path, "due"), form.due.length.on, [form.calendar] if form.calendar else calendars
            )

    def _number_problems(self, path: Path, form: NumberSection, calendars: list[str]) -> Iterator[Problem]:
        yield from self._column_problems((*path, "property"), form.property.about, form.property.name)
        if form.property.about in (About.TIER, About.PIPELINE, About.STAGE):
            message = f"{form.property.text} is a name and never a number"
            remedy = f"name a property that holds a number, or write a target for each value: by: {form.property.text}"
            yield self.document.problem((*path, "property"), message, remedy, code=Code.REFERENCE)
        if form.unit == "bd":
            yield from self.length_problems((*path, "unit"), _business_day, calendars)

    def length_problems(
        self, path: Path, length: Callable[[int | None], int], calendars: list[str]
    ) -> Iterator[Problem]:
        """Business days on calendars that do not say how long one is."""
        for name in calendars:
            calendar = (self.names.calendars or {}).get(name)
            try:
                length(calendar.business_day_ms if calendar else 0)
            except Refused as refused:
                remedy = f"give calendar {name!r} a business_day, for example 8h"
                yield self.document.problem(path, str(refused), remedy, code=Code.BUSINESS_DAY_LENGTH)

    def _value_problems(self, path: Path, about: About, values: Collection[str]) -> Iterator[Problem]:
        """Values that our own files say, and that do not exist."""
        portal = self.names.portal
        stages = {stage for rules in portal.stages.values() for stage in rules} if portal else None
        valid: dict[About, Collection[str] | None] = {
            About.TIER: self.names.ranks,
            About.PIPELINE: portal.stages if portal else None,
            About.STAGE: stages,
        }
        for value in sorted(set(values) - {DEFAULT}) if about in valid else ():
            yield from self._unknown((*path, value), about.value, value, valid[about], at_key=True)

    def _column_problems(self, path: Path, about: About, name: str) -> Iterator[Problem]:
        columns = self.names.contract_columns
        if about is About.CONTRACT and columns is not None and name not in columns:
            message = f"no table in tiers.yaml has a column {name!r}"
            yield self.document.problem(path, message, nearest(name, columns), code=Code.UNKNOWN_NAME)

    def _unknown(
        self, path: Path, noun: str, name: str, valid: Collection[str] | None, *, at_key: bool = False
    ) -> Iterator[Problem]:
        if valid is not None and name not in valid:
            yield self.document.problem(
                path, f"there is no {noun} {name!r}", nearest(name, valid), at_key=at_key, code=Code.UNKNOWN_NAME
            )


def _business_day(business_day_ms: int | None) -> int:
    if business_day_ms is None:
        raise Refused(
            "the unit is business days, and the calendar does not say how long one is", code=Code.BUSINESS_DAY_LENGTH
        )
    return business_day_ms


def _form_of(form: CalendarForm, metric: str) -> CalendarForm:
    if isinstance(form, CalendarOfMetrics):
        return form.by_metric.get(metric) or form.by_metric.get(DEFAULT) or next(iter(form.by_metric.values()))
    return form


def _names_in(form: CalendarForm) -> list[str]:
    if isinstance(form, CalendarName):
        return [form.name]
    return list(dict.fromkeys(form.names.values())) if isinstance(form, CalendarBy | CalendarFollows) else []


def calendars_of(section: PolicySection, metric: str) -> list[str]:
    """The names of the calendars that a clock of this metric may run on."""
    return _names_in(_form_of(section.calendar, metric))


def counting_calendars(section: PolicySection, metric: str) -> list[str]:
    """The same, and those that its targets name: each may be the one on which business days are counted."""
    own = (name for clock, _, form in clocks_of(section) if clock.metric == metric for name in _own_calendars(form))
    return list(dict.fromkeys((*calendars_of(section, metric), *own)))


def _own_calendars(form: TargetForm) -> Iterator[str]:
    """The calendars that parts of a target name."""
    match form:
        case DueSection():
            yield from [form.calendar] if form.calendar else []
        case EarlierSection():
            yield from (name for inner in form.earlier_of for name in _own_calendars(inner))
        case LaterSection():
            yield from (name for inner in form.later_of for name in _own_calendars(inner))
        case ChoiceSection():
            yield from (name for inner in form.targets.values() for name in _own_calendars(inner))


def policy_calendar(section: PolicySection) -> str:
    """The calendar of the policy itself, in whose zone its dates are: that of metrics without their own."""
    form = section.calendar
    names = _names_in(_form_of(form, DEFAULT))
    return form.names[DEFAULT] if isinstance(form, CalendarBy | CalendarFollows) else names[-1]
