"""What is odd about a contract that can be settled: holes between bands, bands that contradict the promise, remedies by
which worse service costs less. Each finding has the figures that show it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

from hubspot_sla.contract.bridged import bridged
from hubspot_sla.contract.fees import FeeMissing
from hubspot_sla.contract.measuring import SHARES, Kind, Measure
from hubspot_sla.contract.remedies import Bands, EachLate, EachMiss, EachNth, Linear, Reading, Steps, Unit
from hubspot_sla.contract.sample import Sample
from hubspot_sla.contract.spans import Bound, Span
from hubspot_sla.measure.periods import Period, add_months

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hubspot_sla.contract.remedies import Band, Pay, Remedy
    from hubspot_sla.contract.terms import Cap, Contract, Objective

NOTHING = Fraction(0)


class Odd(StrEnum):
    """What is odd."""

    GAP = "gap"  # a figure below the promise that no band speaks of
    OVERLAP = "overlap"  # a figure that two bounded bands speak of
    CONTRADICTION = "contradiction"  # a figure that keeps the promise and costs
    FALLING = "falling"  # a worse figure that costs less
    LEAST_NUMBER = "least_number"  # more broken promises that cost nothing, because there are too few
    DEARER_YEAR = "dearer_year"  # one broken promise less, and the fee of a dearer year counts
    BRIDGED = "bridged"  # two outages that cost less as one
    ROUNDED = "rounded"  # two outages that count for less as one, because each is rounded
    CAP_BELOW_RATE = "cap_below_rate"  # a cap that the lowest rate passes


@dataclass(frozen=True, slots=True)
class Finding:
    """`figures` show it: one of GAP (or the ends of an open gap), OVERLAP and CONTRADICTION; of FALLING the better and
    the worse; of BRIDGED and ROUNDED the lengths of two outages and that of the one in their place, or two
    numbers of outages; of LEAST_NUMBER the number asked for; of DEARER_YEAR two years' amounts; of CAP_BELOW_RATE the
    cap and the rate, in `unit`. `pays` is what the figures of FALLING and BRIDGED cost, in the unit of the remedy, and
    how long (ms) those of ROUNDED count; with `of_lengths` they are of how late or long each one was (ms)."""

    odd: Odd
    objective: str
    figures: tuple[Fraction, ...]
    pays: tuple[Fraction, ...] = ()
    unit: Unit = Unit.SHARE
    of_lengths: bool = False

    @property
    def breaks_the_laws(self) -> bool:
        """Whether worse service may cost less because of it."""
        return self.odd in (Odd.FALLING, Odd.LEAST_NUMBER, Odd.DEARER_YEAR, Odd.BRIDGED, Odd.ROUNDED)


def findings(contract: Contract) -> list[Finding]:
    """In the order of the objectives, each once."""
    every = (finding for objective in contract.objectives for finding in _of_objective(contract, objective))
    return list(dict.fromkeys(every))


def _of_objective(contract: Contract, objective: Objective) -> Iterator[Finding]:
    window = _any_window(contract)
    figures = figures_of(objective)
    yield from _gaps(objective, figures)
    for figure in figures:
        if any(_overlap(remedy.bands, figure, objective) for remedy in objective.remedies if isinstance(remedy, Bands)):
            yield Finding(Odd.OVERLAP, objective.id, (figure,))
        promised = objective.promised
        free = promised is None or objective.only_missed or figure not in promised
        if not free and _cost(objective.remedies, figure, window) > 0:
            yield Finding(Odd.CONTRADICTION, objective.id, (figure,))
    for remedy in objective.remedies:
        yield from _falling(objective, remedy, figures, window)
    if objective.least_number > 1 and objective.remedies:
        yield Finding(Odd.LEAST_NUMBER, objective.id, (Fraction(objective.least_number),))
    for pair in bridged(objective, window):
        odd = Odd.ROUNDED if pair.is_time else Odd.BRIDGED
        yield Finding(odd, objective.id, (*pair.apart, pair.joined), pair.pays, of_lengths=len(pair.apart) > 1)
    yield from _dearer(contract, objective)
    yield from _caps(contract, objective, window)


def figures_of(objective: Objective) -> list[Fraction]:
    """The figures that matter, best first: every end of a band and of the promise, and one between each two; with a
    stated number of decimals only figures that there are then."""
    spans = [band.span for remedy in objective.remedies if isinstance(remedy, Bands) for band in remedy.bands]
    spans += [objective.promised] if objective.promised is not None else []
    starts = [remedy.start for remedy in objective.remedies if isinstance(remedy, Linear)]
    measure = objective.measure
    most = Fraction(1) if measure.kind in SHARES else None
    ends = {NOTHING, *(end for span in spans for end in span.ends), *starts}
    ends.add(max(ends) + 2 * measure.unit if most is None else most)
    ordered = sorted(end for end in ends if end >= 0 and (most is None or end <= most))
    found = {end for end in ordered if measure.step is None or not end % measure.step}
    for low, high in pairwise(ordered):
        between = (low + high) / 2 if measure.step is None else (low // measure.step + 1) * measure.step
        if low < between < high:
            found.add(between)
    return sorted(found, reverse=measure.higher_is_better)


def _gaps(objective: Objective, figures: Sequence[Fraction]) -> Iterator[Finding]:
    bands = [band for remedy in objective.remedies if isinstance(remedy, Bands) for band in remedy.bands]
    if not bands or any(not isinstance(remedy, Bands) for remedy in objective.remedies):
        return
    best = _best_end(bands, objective)
    for figure in figures:
        kept = objective.promised is not None and figure in objective.promised
        if objective.promised is None and best is not None:
            kept = figure not in _worse_than(best, objective)
        if not kept and not any(figure in band.span for band in bands):
            yield Finding(Odd.GAP, objective.id, _ends_of_gap(bands, objective, figure))


def _best_end(bands: Sequence[Band], objective: Objective) -> Fraction | None:
    """The best figure that a band begins or ends at; None where a band has no end on the better side."""
    higher = objective.measure.higher_is_better
    ends = [band.span.upper if higher else band.span.lower for band in bands]
    values = [end.value for end in ends if end is not None]
    if len(values) < len(ends):
        return None
    return max(values) if higher else min(values)


def _worse_than(figure: Fraction, objective: Objective) -> Span:
    bound = Bound(figure, closed=False)
    return Span(upper=bound) if objective.measure.higher_is_better else Span(lower=bound)


def _ends_of_gap(bands: Sequence[Band], objective: Objective, figure: Fraction) -> tuple[Fraction, ...]:
    """The figure alone where it is an end itself; else the ends beside it."""
    spans = [band.span for band in bands] + ([objective.promised] if objective.promised is not None else [])
    ends = sorted({end for span in spans for end in span.ends})
    if figure in ends or objective.measure.step is not None:
        return (figure,)
    below = [end for end in ends if end < figure][-1:]
    above = [end for end in ends if end > figure][:1]
    return tuple(below + above)


def _overlap(bands: Sequence[Band], figure: Fraction, objective: Objective) -> bool:
    """Whether two bands hold it that both have an end on the worse side: where that is left out, the next band begins
    by itself."""
    higher = objective.measure.higher_is_better
    holding = [band for band in bands if figure in band.span]
    bounded = [band for band in holding if (band.span.lower if higher else band.span.upper) is not None]
    return len({band.pay for band in bounded}) > 1


def _falling(objective: Objective, remedy: Remedy, figures: Sequence[Fraction], window: Period) -> Iterator[Finding]:
    """The first worse figure that costs less than a better one; in a gap it costs nothing."""
    if isinstance(remedy, EachLate) and remedy.bands is not None:
        of_times = replace(objective, measure=Measure(Kind.DOWNTIME), remedies=(remedy.bands,), promised=None)
        for finding in _falling(of_times, remedy.bands, figures_of(of_times), window):
            yield replace(finding, of_lengths=True)
        return
    if not isinstance(remedy, Bands | Linear):
        return
    dearest: tuple[Fraction, Fraction] | None = None
    for figure in figures:
        cost = _cost([remedy], figure, window)
        if dearest is not None and cost < dearest[1]:
            yield Finding(Odd.FALLING, objective.id, (dearest[0], figure), (dearest[1], cost))
            return
        if dearest is None or cost > dearest[1]:
            dearest = (figure, cost)


def _cost(remedies: Sequence[Remedy], figure: Fraction, window: Period) -> Fraction:
    by_figure = [remedy for remedy in remedies if isinstance(remedy, Bands | Linear)]
    dues = [due for remedy in by_figure for due in remedy.dues(Reading(figure, Sample(), window))]
    return sum((due.pay.value or NOTHING for due in dues), NOTHING)


def _dearer(contract: Contract, objective: Objective) -> Iterator[Finding]:
    """Fees that rise while a number of broken promises is counted: one fewer moves the last into a dearer year."""
    if not any(isinstance(remedy, EachNth) and remedy.unit is Unit.SHARE for remedy in objective.remedies):
        return
    starts = {entry.since for fee in contract.fees.values() for entry in fee.entries if entry.since is not None}
    amounts: list[Fraction] = []
    for start in sorted(starts):
        try:
            amounts.append(objective.base.amount(contract.fees, Period(start, add_months(start, 1), contract.zone)))
        except FeeMissing:
            continue
    for before, after in pairwise(amounts):
        if after > before:
            yield Finding(Odd.DEARER_YEAR, objective.id, (before, after))
            return


def _caps(contract: Contract, objective: Objective, window: Period) -> Iterator[Finding]:
    """Caps of the objective and of the contract: as shares where both are of one base, else in money."""
    pays = [pay for remedy in objective.remedies for pay in _pays(remedy) if pay.value]
    shares = [pay.value for pay in pays if pay.unit is Unit.SHARE and pay.value]
    money = _in_money(contract, objective, pays, window)
    for cap in (*objective.caps, *contract.caps):
        if cap.share is not None and cap.base == objective.base:
            if shares and cap.share < min(shares):
                yield Finding(Odd.CAP_BELOW_RATE, objective.id, (cap.share, min(shares)))
            continue
        most = _cap_in_money(contract, cap, window)
        if most is not None and money and most < min(money):
            yield Finding(Odd.CAP_BELOW_RATE, objective.id, (most, min(money)), unit=Unit.MONEY)


def _in_money(contract: Contract, objective: Objective, pays: Sequence[Pay], window: Period) -> list[Fraction]:
    """What the rates come to; nothing where a fee is missing, or where each value of a dimension has its own."""
    amounts = [pay.value for pay in pays if pay.unit is Unit.MONEY and pay.value]
    shares = [pay.value for pay in pays if pay.unit is Unit.SHARE and pay.value]
    if not shares or objective.each:
        return amounts
    try:
        base = objective.base.amount(contract.fees, window)
    except FeeMissing:
        return amounts
    return amounts + [share * base for share in shares]


def _cap_in_money(contract: Contract, cap: Cap, window: Period) -> Fraction | None:
    if cap.share is None:
        return cap.amount
    try:
        return cap.share * cap.base.amount(contract.fees, window)
    except FeeMissing:
        return None


def _pays(remedy: Remedy) -> list[Pay]:
    """The least that is owed where anything is; none where that has no least."""
    match remedy:
        case Bands():
            return [band.pay for band in remedy.bands]
        case EachMiss() | EachNth():
            return [remedy.pay]
        case EachLate() if remedy.bands is not None:
            return [band.pay for band in remedy.bands.bands]
        case Linear() | EachLate() if remedy.steps is not Steps.EXACT:
            return [remedy.pay]
    return []


def _any_window(contract: Contract) -> Period:
    return contract.window.holding(contract.valid_from, contract.zone)
