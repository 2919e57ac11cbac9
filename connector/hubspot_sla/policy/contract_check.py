"""What is wrong with a contract beyond its form: names that refer to nothing, figures of the wrong kind."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import combinations
from typing import TYPE_CHECKING

from hubspot_sla.contract.measuring import SHARES, Kind
from hubspot_sla.contract.remedies import Unit
from hubspot_sla.policy.contracts import MONTHS
from hubspot_sla.policy.currencies import currencies_since
from hubspot_sla.policy.figure_texts import COUNT, SHARE, TIME
from hubspot_sla.policy.message_codes import Code
from hubspot_sla.policy.objectives import Known, known_words, word_problems
from hubspot_sla.policy.remedy_documents import FROM_OUTCOMES, REMEDIES, VALUES
from hubspot_sla.policy.report_documents import WORDS
from hubspot_sla.policy.value_errors import nearest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from hubspot_sla.errors import Problem
    from hubspot_sla.policy.contract_documents import (
        BaseSection,
        ClaimSection,
        ContractSection,
        ContractsFile,
        DeadlineSection,
        ObjectiveSection,
    )
    from hubspot_sla.policy.figure_texts import Figure
    from hubspot_sla.policy.known_names import Names
    from hubspot_sla.policy.policy_set import PolicySet
    from hubspot_sla.policy.remedy_documents import BoundsSection, CreditSection, MeasureSection
    from hubspot_sla.policy.yaml_document import Document, Path


_OF_DOWN_TIME, _OF_PROMISES = ("uptime", "downtime"), ("attainment", "misses")
_NEEDS: dict[str, tuple[str, ...]] = {
    "time_down": _OF_DOWN_TIME,
    "slices_down": _OF_DOWN_TIME,
    "each_outage": _OF_DOWN_TIME,
    "each_miss": (*_OF_PROMISES, "outages"),
    "every_nth": (*_OF_PROMISES, "outages"),
    "each_late": (*_OF_PROMISES, "mean_lateness"),
}
"""What a remedy must be told of, by the measures that do."""


@dataclass(frozen=True, slots=True)
class Around:
    """What contracts may refer to. None: the file that would say so is wrong itself."""

    known: Known
    calendars: Collection[str] | None
    vendors: Collection[str] | None
    dimensions: Collection[str]

    @classmethod
    def of(cls, names: Names, policy_set: PolicySet) -> Around:
        portal = names.portal
        return cls(
            known_words(portal, policy_set, names.ranks),
            names.calendars,
            None if portal is None else portal.vendors,
            (*WORDS, *(portal.dimensions if portal else ())),
        )


def contract_problems(document: Document, file: ContractsFile, around: Around) -> list[Problem]:
    """Every one of them, with its place."""
    problems: list[Problem] = []
    for number, section in enumerate(file.contracts):
        problems += _Checked(document, ("contracts", number), section, file.feeds, around).problems()
    return [*problems, *_versions(document, file)]


def _versions(document: Document, file: ContractsFile) -> Iterator[Problem]:
    """Two versions of one contract that are valid on one day, and versions with two parties."""
    for (one, first), (other, second) in combinations(enumerate(file.contracts), 2):
        if first.id != second.id:
            continue
        path: Path = ("contracts", other)
        overlap = (first.valid_to is None or second.valid_from < first.valid_to) and (
            second.valid_to is None or first.valid_from < second.valid_to
        )
        if overlap:
            message = f"two versions of {first.id!r} are valid on one day"
            remedy = f"end version {first.version} (the entry {one + 1}) with `valid_to`, the first day of the next"
            yield document.problem((*path, "valid_from"), message, remedy, code=Code.OVERLAP)
        if (first.customer, first.vendor) != (second.customer, second.vendor):
            message = f"another version of {first.id!r} has another party"
            yield document.problem((*path, "id"), message, "give it another id", code=Code.NAME_TAKEN)
        if first.window != second.window or first.currency != second.currency:
            message = f"another version of {first.id!r} has another window or currency"
            yield document.problem((*path, "id"), message, "give it another id", code=Code.NAME_TAKEN)


@dataclass(frozen=True)
class _Checked:
    """One entry of the file at `path`."""

    document: Document
    path: Path
    section: ContractSection
    feeds: Collection[str]
    around: Around

    def problems(self) -> Iterator[Problem]:
        section, around = self.section, self.around
        ids = [objective.id for objective in section.objectives]
        yield from self._currency()
        if section.vendor is not None and around.vendors is not None:
            yield from self._name(("vendor",), "vendor in portal.yaml", section.vendor, around.vendors)
        for number, objective in enumerate(section.objectives):
            path: Path = ("objectives", number)
            if objective.id in ids[:number]:
                yield self._problem((*path, "id"), f"two objectives are called {objective.id!r}", "", Code.NAME_TAKEN)
            yield from self._objective(path, objective)
        for number, group in enumerate(section.groups):
            for place, name in enumerate(group.of):
                yield from self._name(("groups", number, "of", place), "objective", name, ids)
        for number, right in enumerate(section.rights):
            if right.objective is not None:
                yield from self._name(("rights", number, "objective"), "objective", right.objective, ids)
            yield from self._right_figures(number)
        yield from self._bases()
        for path, deadline in self._deadlines():
            if deadline.calendar is not None and around.calendars is not None:
                yield from self._name((*path, "calendar"), "calendar", deadline.calendar, around.calendars)

    def _currency(self) -> Iterator[Problem]:
        code = self.section.currency
        if code not in (known := currencies_since(date.min)):
            message = f"there is no currency {code!r}"
            yield self._problem(("currency",), message, nearest(code.upper(), known), Code.UNKNOWN_NAME)

    def _objective(self, path: Path, objective: ObjectiveSection) -> Iterator[Problem]:
        measure = objective.measure
        at: Path = (*self.path, *path, "measure")
        key = "of" if measure.kind == "percentile" else measure.kind
        if measure.kind in FROM_OUTCOMES:
            metrics = measure.metrics
            yield from word_problems(self.document, at, metrics, measure.when, self.around.known, key)
            if objective.each is not None:
                yield from self._name((*path, "each"), "dimension of outcomes", objective.each, self.around.dimensions)
        elif measure.feed is not None:
            yield from self._name((*path, "measure", measure.kind), "feed", measure.feed, self.feeds)
            yield from self._hours((*path, "measure"), measure)
        yield from self._figures(path, objective)
        yield from self._direction(path, objective)
        yield from self._window(path, objective)
        if objective.credit is not None:
            yield from self._credit((*path, "credit"), objective, objective.credit)

    def _hours(self, path: Path, measure: MeasureSection) -> Iterator[Problem]:
        for key in ("hours", "outside"):
            name = getattr(measure, key)
            if name is not None and self.around.calendars is not None:
                yield from self._name((*path, key), "calendar", name, self.around.calendars)

    def _figures(self, path: Path, objective: ObjectiveSection) -> Iterator[Problem]:
        """Each figure is of the kind that is measured."""
        wanted = _kind_of(Kind(objective.measure.kind))
        for place, figure in figures_of(objective):
            if figure.kind != wanted:
                example = {SHARE: "99.9%", COUNT: "3", TIME: "4h"}[wanted]
                if objective.measure.kind in VALUES:
                    example = "the number alone, in the unit of the feed"
                message = f"{objective.measure.kind} is {wanted}, and {figure.text!r} is {figure.kind}"
                yield self._problem((*path, *place), message, f"write {example}", Code.RANGE)

    def _direction(self, path: Path, objective: ObjectiveSection) -> Iterator[Problem]:
        """What is promised of values has an end on the side where they get worse."""
        better, promised = objective.measure.better, objective.promised
        if better is None or promised is None:
            return
        span = promised.span
        if (span.lower if better == "higher" else span.upper) is None:
            key = "at_least" if better == "higher" else "at_most"
            message = f"{better} values are better, and what is promised has no end where they get worse"
            yield self._problem(
                (*path, "promised"), message, f"write {{{key}: {promised.figures[0].text}}}", Code.RANGE
            )

    def _right_figures(self, number: int) -> Iterator[Problem]:
        right = self.section.rights[number]
        own = [objective for objective in self.section.objectives if objective.id == right.objective]
        for objective in own if right.figures is not None else ():
            wanted = _kind_of(Kind(objective.measure.kind))
            for figure in right.figures.figures if right.figures else ():
                if figure.kind != wanted:
                    message = f"{objective.id!r} measures {wanted}, and {figure.text!r} is {figure.kind}"
                    path: Path = ("rights", number, "figures")
                    yield self._problem(path, message, "write a figure of that kind", Code.RANGE)

    def _window(self, path: Path, objective: ObjectiveSection) -> Iterator[Problem]:
        window, step = objective.window, MONTHS[self.section.window]
        if window is None:
            return
        months = MONTHS[window.every] if window.every is not None else window.last_months or 0
        if months % step:
            message = f"the contract is settled by the {self.section.window}, and this is no number of those"
            yield self._problem((*path, "window"), message, "make the contract's `window` shorter", Code.RANGE)

    def _credit(self, path: Path, objective: ObjectiveSection, credit: CreditSection) -> Iterator[Problem]:
        kind = objective.measure.kind
        for name in REMEDIES:
            if getattr(credit, name) is not None and kind not in _NEEDS.get(name, (kind,)):
                message = f"`{name}` goes with {' and '.join(_NEEDS[name])}, and this measures {kind}"
                yield self._problem((*path, name), message, "measure that instead", Code.KEYS_TOGETHER)
        if credit.linear is not None and credit.linear.start is None and objective.promised is None:
            message = "nothing says where `linear` begins"
            yield self._problem((*path, "linear"), message, "write `promised`, or `start`", Code.MISSING_KEY)
        if not self.section.fees and _needs_base(credit):
            message = "a share is paid, and the contract has no fees"
            yield self._problem(path, message, "write `fees:`, or pay an amount", Code.MISSING_KEY)

    def _bases(self) -> Iterator[Problem]:
        """Fees that are named and not said."""
        section = self.section
        bases: list[tuple[Path, BaseSection]] = []
        for number, objective in enumerate(section.objectives):
            path: Path = ("objectives", number)
            bases += [((*path, "base"), objective.base)] if objective.base else []
            bases += [((*path, "caps", place, "base"), cap.base) for place, cap in enumerate(objective.caps)]
        bases += [(("caps", place, "base"), cap.base) for place, cap in enumerate(section.caps)]
        bases += [(("points", "base"), section.points.base)] if section.points else []
        bases += [
            (("rights", number, "credits", "base"), right.credits.base)
            for number, right in enumerate(section.rights)
            if right.credits is not None
        ]
        for path, base in bases:
            for name in base.fees or ():
                yield from self._name(path, "fee", name, section.fees)

    def _deadlines(self) -> Iterator[tuple[Path, DeadlineSection]]:
        claims: list[tuple[Path, ClaimSection]] = [(("claim",), self.section.claim)]
        for number, objective in enumerate(self.section.objectives):
            claims += [(("objectives", number, "claim"), objective.claim)] if objective.claim else []
        for path, claim in claims:
            for key in ("closes", "review", "answer", "pay"):
                if (deadline := getattr(claim, key)) is not None:
                    yield (*path, key), deadline
        for number, right in enumerate(self.section.rights):
            for key in ("notice", "cure"):
                if (deadline := getattr(right, key)) is not None:
                    yield ("rights", number, key), deadline

    def _name(self, path: Path, what: str, name: str, known: Iterable[str] | Mapping[str, object]) -> Iterator[Problem]:
        names = list(known)
        if name not in names:
            remedy = nearest(name, names)
            yield self._problem(path, f"there is no {what} {name!r}", remedy, Code.UNKNOWN_NAME)

    def _problem(self, path: Path, message: str, remedy: str, code: Code) -> Problem:
        return self.document.problem((*self.path, *path), message, remedy, code=code)


def _kind_of(kind: Kind) -> str:
    if kind in SHARES:
        return SHARE
    return TIME if kind.is_time else COUNT


def figures_of(objective: ObjectiveSection) -> Iterator[tuple[Path, Figure]]:
    """Every figure that the measure is compared with, and where it stands."""
    if objective.promised is not None:
        yield from ((("promised",), figure) for figure in objective.promised.figures)
    credit = objective.credit
    for number, band in enumerate((credit.bands if credit else None) or ()):
        yield from _ends(("credit", "bands", number), band)
    if credit is not None and credit.linear is not None:
        yield ("credit", "linear", "step"), credit.linear.step
        if credit.linear.start is not None:
            yield ("credit", "linear", "start"), credit.linear.start


def _ends(path: Path, bounds: BoundsSection) -> Iterator[tuple[Path, Figure]]:
    for key in ("above", "at_least", "at_most", "below"):
        if (figure := getattr(bounds, key)) is not None:
            yield (*path, key), figure


def _needs_base(credit: CreditSection) -> bool:
    shares = [band.pays for band in credit.bands or () if band.pays is not None]
    shares += [each.pays for each in (credit.linear, credit.each_miss, credit.every_nth) if each is not None]
    shares += [pay for each in (credit.each_late, credit.each_outage) if each is not None for pay in each.every_pay]
    return bool(credit.time_down or credit.slices_down) or any(
        pay.unit in (Unit.SHARE, Unit.FEE_DAYS) and pay.value for pay in shares
    )
