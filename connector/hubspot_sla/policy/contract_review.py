"""What is worth a second look in contracts that are right: bands with holes, promises that nothing measures, claims
that lapse too early. Odd figures are named, and where worse service costs less, the two that show it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hubspot_sla.contract.measuring import SHARES, Kind, Measure
from hubspot_sla.contract.money import Rounding
from hubspot_sla.contract.remedies import Unit
from hubspot_sla.contract.review import Odd, findings
from hubspot_sla.contract.terms import Side
from hubspot_sla.policy.contract_clauses import clauses_without_effect
from hubspot_sla.policy.contract_documents import ContractsFile
from hubspot_sla.policy.contract_upkeep import feeds_not_there, months_without_fee
from hubspot_sla.policy.document_problems import validated
from hubspot_sla.policy.message_codes import Code
from hubspot_sla.policy.yaml_reader import read

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from fractions import Fraction

    from hubspot_sla.contract.review import Finding
    from hubspot_sla.contract.spans import Span
    from hubspot_sla.contract.terms import Contract, Objective
    from hubspot_sla.errors import Problem
    from hubspot_sla.policy.mappings import Mappings
    from hubspot_sla.policy.written_contracts import Source, WrittenContract
    from hubspot_sla.policy.yaml_document import Document, Path

_CODES = {
    Odd.GAP: Code.BANDS_WITH_A_GAP,
    Odd.OVERLAP: Code.BANDS_OVERLAP,
    Odd.CONTRADICTION: Code.BAND_WITHIN_THE_PROMISE,
    Odd.FALLING: Code.WORSE_COSTS_LESS,
    Odd.LEAST_NUMBER: Code.WORSE_COSTS_LESS,
    Odd.DEARER_YEAR: Code.WORSE_COSTS_LESS,
    Odd.BRIDGED: Code.WORSE_COSTS_LESS,
    Odd.ROUNDED: Code.WORSE_COSTS_LESS,
    Odd.CAP_BELOW_RATE: Code.CAP_BELOW_RATE,
}
_REMEDIES = {
    Odd.GAP: "write a band for it, with `pays: none` where nothing is owed",
    Odd.OVERLAP: "let one of the two bands end where the other begins",
    Odd.CONTRADICTION: "write `below` for `at_most`, or promise `above`",
    Odd.FALLING: "ask whoever wrote the contract: it is settled as it stands",
    Odd.LEAST_NUMBER: "know it: the contract says so",
    Odd.DEARER_YEAR: "know it: the contract says so",
    Odd.BRIDGED: "know it: the contract says so",
    Odd.ROUNDED: "know it: the contract says so",
    Odd.CAP_BELOW_RATE: "raise the cap, or leave the rates out that it cuts",
}


def contract_warnings(
    mappings: Mappings, texts: Mapping[str, str], file_name: str, now: int, missing: Collection[str] = ()
) -> Iterator[Problem]:
    """As of `now` (epoch ms), in the order of the file; `file_name` is that of contracts.yaml among `texts`, where
    there is one. `missing` are files of feeds that are not there."""
    document, _ = read(file_name, texts.get(file_name, "")) if file_name in texts else (None, [])
    file = validated(document, ContractsFile)[0] if document else None
    if document is None or file is None:
        return
    for written in mappings.contracts.written:
        terms = written.terms
        path: Path = ("contracts", written.number)
        places = {objective.id: number for number, objective in enumerate(terms.objectives)}
        for finding in findings(terms):
            at: Path = (*path, "objectives", places[finding.objective], "credit")
            text = said(finding, terms)
            yield document.problem(at, text, _REMEDIES[finding.odd], code=_CODES[finding.odd])
        yield from _not_fed(document, path, written, mappings)
        yield from _lapses(document, path, terms, mappings)
        yield from _without_tier(document, path, terms, mappings)
        yield from months_without_fee(document, path, terms, now)
        yield from clauses_without_effect(document, file, file.contracts[written.number], written)
    yield from _chains(document, mappings)
    yield from feeds_not_there(document, mappings, missing)


def said(finding: Finding, contract: Contract) -> str:
    """What is odd, in figures as they are written."""
    objective = contract.objective(finding.objective)
    of = replace(objective, measure=Measure(Kind.DOWNTIME)) if finding.of_lengths else objective
    figures = [figure_text(figure, of) for figure in finding.figures]
    match finding.odd:
        case Odd.GAP:
            what = f"nothing is said of exactly {figures[0]}"
            return what if len(figures) == 1 else f"nothing is said between {figures[0]} and {figures[1]}"
        case Odd.OVERLAP:
            return f"two bands speak of {figures[0]}, and pay differently"
        case Odd.CONTRADICTION:
            return f"{figures[0]} keeps the promise, and a band pays for it"
        case Odd.FALLING:
            unit = next((remedy.unit for remedy in objective.remedies), Unit.SHARE)
            better, worse = (pay_text(pay, unit) for pay in finding.pays)
            return f"worse service costs less: {better} at {figures[0]}, {worse} at {figures[1]}"
        case Odd.BRIDGED:
            return _bridged(finding, objective, figures)
        case Odd.ROUNDED:
            apart, joined = (figure_text(time, of) for time in finding.pays)
            counted = f"outages of {figures[0]} and {figures[1]} count as {apart}, one of {figures[2]} as {joined}"
            return f"worse service may cost less: {counted}"
        case Odd.LEAST_NUMBER:
            number = int(finding.figures[0])
            few = f"{number - 1} of {number - 1} promises broken cost nothing"
            return f"worse service may cost less: {few}, for {number} must have been judged"
        case Odd.DEARER_YEAR:
            before, after = (f"{float(figure):,.2f}" for figure in finding.figures)
            return f"one broken promise less may cost more: the base rises from {before} to {after}"
        case Odd.CAP_BELOW_RATE:
            cap, rate = (pay_text(figure, finding.unit) for figure in finding.figures)
            return f"the cap of {cap} cuts even the lowest rate, {rate}"


def _bridged(finding: Finding, objective: Objective, figures: Sequence[str]) -> str:
    unit = next((remedy.unit for remedy in objective.remedies), Unit.SHARE)
    apart, joined = (pay_text(pay, unit) for pay in finding.pays)
    if finding.of_lengths:
        two = f"{apart} for outages of {figures[0]} and {figures[1]}"
        return f"worse service costs less: {two}, {joined} for one of {figures[2]}"
    return (
        f"worse service may cost less: {apart} for {figures[0]} outages, {joined} for {figures[1]} that become longer"
    )


def figure_text(figure: Fraction, objective: Objective) -> str:
    """`99.9%`, `3`, `30 min`."""
    kind = objective.measure.kind
    number = decimal_text(figure / objective.measure.unit)
    if kind in SHARES:
        return f"{number}%"
    unit = "min" if kind.is_time else objective.measure.value_unit
    return f"{number}{unit}" if unit in ("", "%") else f"{number} {unit}"


def span_text(span: Span | None, objective: Objective) -> str:
    """Between which ends; nothing where there are none."""
    return "" if span is None else span.worded(lambda value: figure_text(value, objective))


def pay_text(value: Fraction, unit: Unit) -> str:
    """`10%`, `50`, `3 points`, `nothing`."""
    if not value:
        return "nothing"
    if unit is Unit.SHARE:
        return f"{decimal_text(value * 100)}%"
    if unit is Unit.FEE_DAYS:
        return f"{decimal_text(value)} day's fee" if value == 1 else f"{decimal_text(value)} days' fees"
    return decimal_text(value) if unit is Unit.MONEY else f"{decimal_text(value)} {unit.value}"


def decimal_text(value: Fraction) -> str:
    """Exact where it ends within six decimals, else cut off there with an ellipsis."""
    scaled = value * 10**6
    text = f"{int(scaled) // 10**6}.{int(scaled) % 10**6:06}".rstrip("0").rstrip(".")
    return text if scaled.denominator == 1 else f"{text}…"


def _not_fed(document: Document, path: Path, written: WrittenContract, mappings: Mappings) -> Iterator[Problem]:
    kind = "sla" if written.terms.party.side is Side.CUSTOMER else "uc"
    for number, objective in enumerate(written.terms.objectives):
        source = written.sources[objective.id]
        if source.feed is None and not _is_promised(source, kind, mappings):
            what = "any metric" if source.metrics is None else str(source.metrics)
            message = f"no policy of kind {kind} promises {what}, so {objective.id!r} is never measured"
            at: Path = (*path, "objectives", number, "measure")
            yield document.problem(at, message, "promise it in policies.yaml", code=Code.OBJECTIVE_NOT_FED)


def _is_promised(source: Source, kind: str, mappings: Mappings) -> bool:
    asked = source.when.wishes().get("kind")
    return any(
        (asked.accepts(str(policy.kind)) if asked else str(policy.kind) == kind)
        and any(source.metrics is None or source.metrics.accepts(clock.metric) for clock in policy.clocks)
        for policy in mappings.policy_set.policies
    )


def _lapses(document: Document, path: Path, terms: Contract, mappings: Mappings) -> Iterator[Problem]:
    """A claim that must be made before the months it rests on are closed."""
    claim, after = terms.claim, mappings.portal.close_after
    if claim is None or claim.closes is None or after is None or claim.since.value != "period_end":
        return
    days = claim.closes.days or claim.closes.business_days
    closing = -(-after.ms // 86_400_000) + after.business_days
    if days and days <= closing:
        length = "1 day" if days == 1 else f"{days} days"
        message = f"the claim lapses after {length}, and months are closed {after.text} after their end"
        yield document.problem(
            (*path, "claim", "closes"),
            message,
            "close months earlier (`report.close_after` in portal.yaml)",
            code=Code.CLAIM_LAPSES_EARLY,
        )


def _without_tier(document: Document, path: Path, terms: Contract, mappings: Mappings) -> Iterator[Problem]:
    """A customer whom no table of tiers names, where tables are all that there is."""
    tiers = mappings.tiers
    only_tables = not tiers.property_sources and not tiers.feeds and tiers.default is None
    known = {company for companies in tiers.company_lines.values() for company in companies}
    if terms.party.side is Side.CUSTOMER and only_tables and known and terms.party.key not in known:
        message = f"no table of tiers names the company {terms.party.key}, so nothing is promised to it by tier"
        yield document.problem((*path, "customer"), message, "write a row for it", code=Code.PARTY_WITHOUT_TIER)


def _chains(document: Document, mappings: Mappings) -> Iterator[Problem]:
    """What is promised to a customer of which a vendor, for the same feed and the same hours, promises less."""
    held: dict[_Chain, tuple[Fraction, str]] = {}
    for written in mappings.contracts.written:
        for objective in written.terms.objectives if written.terms.party.side is Side.VENDOR else ():
            chain, end = _chain(written, objective), _promised_end(objective)
            if chain is not None and end is not None:
                held[chain] = (end, written.terms.party.name)
    for written in mappings.contracts.written:
        for number, objective in enumerate(written.terms.objectives):
            chain, end = _chain(written, objective), _promised_end(objective)
            vendor = None if chain is None else held.get(chain)
            is_customer = written.terms.party.side is Side.CUSTOMER
            if is_customer and vendor and end is not None and _is_stricter(end, vendor[0], objective):
                ours, theirs = (figure_text(figure, objective) for figure in (end, vendor[0]))
                message = f"{ours} is promised, and {vendor[1]} promises {theirs} of the same"
                at: Path = ("contracts", written.number, "objectives", number, "promised")
                remedy = "promise no more than the chain holds"
                yield document.problem(at, message, remedy, code=Code.CHAIN_PROMISES_MORE)


_Chain = tuple[str, Measure, str, bool, int]
"""A feed, what is measured of it (however it is rounded), in or outside of whose hours, and over how many months where
it is no share."""


def _chain(written: WrittenContract, objective: Objective) -> _Chain | None:
    source, kind = written.sources[objective.id], objective.measure.kind
    if source.feed is None:
        return None
    hours = "" if source.hours is None else source.hours.name
    months = 0 if kind in SHARES else written.terms.window_of(objective).months
    measure = replace(objective.measure, decimals=None, rounding=Rounding.HALF_UP, value_unit="")
    return source.feed, measure, hours, source.outside, months


def _promised_end(objective: Objective) -> Fraction | None:
    """The worst figure that keeps the promise."""
    promised = objective.promised
    if promised is None:
        return None
    bound = promised.lower if objective.measure.higher_is_better else promised.upper
    return None if bound is None else bound.value


def _is_stricter(ours: Fraction, theirs: Fraction, objective: Objective) -> bool:
    return ours > theirs if objective.measure.higher_is_better else ours < theirs
