"""The objectives of contracts.yaml as OpenSLO has them: a service for each version of each contract.

Shares become ratios, a percentile the share of times or values below a threshold, which says the same. A number of
misses, a time down, a mean lateness or the greatest value is one figure of a window, and OpenSLO has no objective over
one: only its indicator is written.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from hubspot_sla.contract.measuring import SHARES, Kind
from hubspot_sla.contract.terms import Side
from hubspot_sla.flows.inspection.openslo.names import Named, slug, unique_names
from hubspot_sla.flows.inspection.openslo.objects import (
    LEDGER,
    Exported,
    Metadata,
    asked_labels,
    calendar_window,
    decimal,
    made,
    promised_by,
    ratio,
    service,
    slo,
    threshold,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hubspot_sla.contract.spans import Bound
    from hubspot_sla.contract.terms import Contract, Objective
    from hubspot_sla.flows.inspection.openslo.objects import Object
    from hubspot_sla.policy.policy_set import Policy
    from hubspot_sla.policy.written_contracts import Contracts, Source, WrittenContract
    from hubspot_sla.policy.yaml_document import Document

_DURATIONS: Final = {1: "1M", 3: "1Q", 12: "1Y"}
_COUNTS: Final = {
    Kind.ATTAINMENT: ("promises kept", "promises judged"),
    Kind.REQUESTS: ("requests that succeeded", "requests"),
    Kind.REQUEST_RATES: ("sum of the shares of requests that succeeded, by interval", "intervals"),
    Kind.UPTIME: ("ms that were not down", "ms"),
    Kind.VALUES_WITHIN: ("values within the limit", "values"),
}
"""What is good, and what all of it is."""
_FIGURES: Final = {
    Kind.MISSES: "promises broken in the window",
    Kind.OUTAGES: "outages that began in the window",
    Kind.DOWNTIME: "time down in the window, in s",
    Kind.MEAN: "how long promises took on average in the window, in s of business time",
    Kind.MEAN_LATENESS: "mean lateness of promises in the window, in s of business time",
    Kind.PERCENTILE: "how long each took, in s of business time",
    Kind.OF_VALUES: "each value",
    Kind.MEAN_VALUE: "mean of the values in the window",
    Kind.MAX_VALUE: "greatest value in the window",
    Kind.MIN_VALUE: "smallest value in the window",
}
_OF_MEASURE: Final = ("decimals", "round", "only_late", "time", "hours", "outside", "whole", "better", "limit", "unit")
_RANKED: Final = (Kind.PERCENTILE, Kind.OF_VALUES)
"""Keys of a measure that OpenSLO has no field for."""
_SAID: Final = ("id", "name", "promised", "window", "version", "objectives", "timezone")
"""Keys of contracts.yaml that fields of OpenSLO hold too; all others stand in annotations alone."""


def of_contracts(contracts: Contracts, document: Document | None, policies: Sequence[Policy]) -> Exported:
    """`document` is contracts.yaml as written; None: there is none, and there are no contracts."""
    if document is None or not contracts.written:
        return Exported()
    places = [(written, objective) for written in contracts.written for objective in written.terms.objectives]
    names = iter(unique_names([_named(written.terms, objective) for written, objective in places]))
    services = unique_names([_named(written.terms) for written in contracts.written])
    objects = _feeds(contracts, document)
    noted: list[str] = []
    notes: list[str] = []
    for written, service_name in zip(contracts.written, services, strict=True):
        section = _entry(document.content["contracts"], written.number)
        objects.append(_service(written, service_name, section))
        noted += [key for key in section if key not in _SAID and key not in ("customer", "vendor")]
        for number, objective in enumerate(written.terms.objectives):
            one = _Promise(written, objective, _entry(section["objectives"], number), next(names), policies)
            objects += one.objects(service_name)
            noted += one.only_noted
            notes += one.notes
    return Exported(objects, noted, notes)


@dataclass(frozen=True)
class _Promise:
    """One objective of one version; `section` is what was written."""

    written: WrittenContract
    objective: Objective
    section: Mapping[str, object]
    name: str
    policies: Sequence[Policy]

    @property
    def source(self) -> Source:
        return self.written.sources[self.objective.id]

    @property
    def only_noted(self) -> list[str]:
        measure = self.section["measure"]
        of_measure = [key for key in _OF_MEASURE if isinstance(measure, dict) and key in measure]
        return [key for key in self.section if key not in (*_SAID, "measure")] + of_measure

    @property
    def notes(self) -> list[str]:
        if why := self._unsaid():
            return [f"{self.name}: only its SLI is written, for {why}"]
        bound, promised = self._bound, self.objective.promised
        told = []
        if bound is not None and not bound.closed and self.objective.measure.kind in SHARES:
            told.append(f"{self.name}: the share must be above its target, and OpenSLO takes the target itself as kept")
        if promised is not None and promised.lower is not None and promised.upper is not None:
            told.append(f"{self.name}: one end of what is promised is written: the other stands in the annotation")
        if (rule := self.written.terms.window_of(self.objective)).rolling:
            told.append(f"{self.name}: the last {rule.months} months are looked at when a window of the contract ends")
        return told

    def objects(self, service_name: str) -> list[Object]:
        metadata = self._metadata()
        indicator = made("SLI", metadata, self._indicator())
        return [indicator] if self._unsaid() else [indicator, self._slo(metadata, service_name)]

    @property
    def _bound(self) -> Bound | None:
        """Which end of what is promised a target can say."""
        promised = self.objective.promised
        if promised is None:
            return None
        return promised.lower if self.objective.measure.higher_is_better else promised.upper

    def _unsaid(self) -> str:
        """Why OpenSLO has no objective for it; "" where it has."""
        measure, bound = self.objective.measure, self._bound
        if measure.kind not in (*SHARES, *_RANKED):
            return f"OpenSLO has no objective over one figure: {self._figure}"
        if self.objective.promised is None:
            return "the contract promises no figure of it"
        if measure.kind is Kind.OF_VALUES and measure.larger_is_better:
            return "a share of values above a threshold does not say what this percentile does"
        if bound is None:
            return "what is promised has no end that a target could say"
        full = measure.rank == 100 if measure.kind in _RANKED else bound.value >= 1
        return "a target of OpenSLO is below 100%" if full else ""

    def _metadata(self) -> Metadata:
        terms, source = self.written.terms, self.source
        kind = "sla" if terms.party.side is Side.CUSTOMER else "uc"
        annotations = {**self.section, **_valid(terms)}
        if source.feed is None:
            annotations["policies"] = promised_by(self.policies, source.metrics, source.when, kind)
        labels = {**asked_labels(source.metrics, source.when), **_labels(terms)}
        return Metadata(self.name, f"{terms.id}: {self.objective.name or self.objective.id}", labels, annotations)

    def _indicator(self) -> Object:
        kind, source = self.objective.measure.kind, self.source
        type_ = LEDGER if source.feed is None else "feed"
        ref = LEDGER if source.feed is None else feed_name(source.feed)
        asked = {"contract": self.written.terms.id, "objective": self.objective.id, "measure": self.section["measure"]}
        if kind in _COUNTS:
            good, total = _COUNTS[kind]
            return ratio(ref, type_, {"count": good, **asked}, {"count": total, **asked})
        return threshold(ref, type_, {"figure": self._figure, **asked})

    @property
    def _figure(self) -> str:
        measure = self.objective.measure
        figure = _FIGURES[measure.kind] + (f", in {measure.value_unit}" if measure.value_unit else "")
        return figure.replace("of business time", "by the calendar") if self.source.on_the_wall else figure

    def _slo(self, metadata: Metadata, service_name: str) -> Object:
        terms, measure, bound = self.written.terms, self.objective.measure, self._bound
        assert bound is not None  # noqa: S101 - `_unsaid` says so before
        target: dict[str, object] = {"displayName": self.objective.id, "target": decimal(bound.value)}
        if measure.kind in _RANKED:
            per_s = 1000 if measure.kind is Kind.PERCENTILE else 1
            target |= {
                "op": "lte" if bound.closed else "lt",
                "value": decimal(bound.value / per_s),
                "target": decimal(Fraction(measure.rank, 100)),
            }
        text = f"{measure.kind.value} of {terms.id}, version {terms.version}, promised {_side(terms)}"
        return slo(metadata, text, service_name, _window(terms, self.objective), target)


def feed_name(feed: str) -> str:
    """Names of feeds are lower-case words with underscores, so no two of them become one."""
    return f"feed-{slug(feed)}"


def _feeds(contracts: Contracts, document: Document) -> list[Object]:
    """Each file and address that something is measured by."""
    used = {source.feed for written in contracts.written for source in written.sources.values()}
    sections = document.content.get("feeds")
    feeds = sections if isinstance(sections, dict) else {}
    return [
        made("DataSource", Metadata(feed_name(name), name), {"type": "feed", "connectionDetails": section})
        for name, section in feeds.items()
        if name in used
    ]


def _service(written: WrittenContract, name: str, section: Mapping[str, object]) -> Object:
    terms = written.terms
    annotations = {key: value for key, value in section.items() if key != "objectives"}
    title = f"{terms.name or terms.id}, version {terms.version}"
    return service(Metadata(name, title, _labels(terms), annotations), f"What is promised {_side(terms)}.")


def _named(terms: Contract, objective: Objective | None = None) -> Named:
    words = (terms.id, f"v{terms.version}", *([] if objective is None else [objective.id]))
    return Named(words, "/".join(words))


def _side(terms: Contract) -> str:
    return f"to the company {terms.party.key}" if terms.party.side is Side.CUSTOMER else f"by {terms.party.name}"


def _labels(terms: Contract) -> dict[str, Sequence[str]]:
    party = terms.party
    said = {"contract": terms.id, "contract-version": str(terms.version), "party": party.key, "side": str(party.side)}
    return {key: [value] for key, value in said.items()}


def _valid(terms: Contract) -> dict[str, object]:
    """`valid_to` is the first day after it."""
    days = {"valid_from": terms.valid_from, "valid_to": terms.valid_to}
    return {"party": terms.party.key, **{key: day.isoformat() for key, day in days.items() if day is not None}}


def _window(terms: Contract, objective: Objective) -> Object:
    rule = terms.window_of(objective)
    duration = _DURATIONS.get(rule.months, f"{rule.months}M")
    if rule.rolling:
        return {"duration": duration, "isRolling": True}
    start = rule.holding(terms.valid_from, terms.zone).start
    return calendar_window(duration, start.isoformat(), str(terms.zone))


def _entry(sections: object, number: int) -> dict[str, object]:
    """One of a list; where one alone was written without a list, that."""
    entry = sections[number] if isinstance(sections, list) else sections
    return dict(entry) if isinstance(entry, dict) else {}
