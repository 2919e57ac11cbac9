"""Contracts made at random, and small ones that a test writes down."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from hubspot_sla.contract.fees import Base, Fee, FeeEntry
from hubspot_sla.contract.measuring import Kind, Measure
from hubspot_sla.contract.money import Currency
from hubspot_sla.contract.remedies import (
    Band,
    Bands,
    EachLate,
    EachMiss,
    EachNth,
    EachOutage,
    Linear,
    Pay,
    Steps,
    TimeDown,
    Unit,
)
from hubspot_sla.contract.sample import Sample
from hubspot_sla.contract.settlement import settled
from hubspot_sla.contract.spans import Bound, Span
from hubspot_sla.contract.statement import Observed
from hubspot_sla.contract.terms import Cap, CapOver, Contract, Objective, Party, Side, Smallest, Take
from hubspot_sla.contract.windows import WindowRule
from hubspot_sla.measure.periods import Period, month

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubspot_sla.contract.remedies import Remedy
    from hubspot_sla.contract.statement import Statement

EUR = Currency("EUR")
HUNDREDTH = Fraction(1, 100)
OCTOBER = month(2026, 10, UTC)


def percent(text: str) -> Fraction:
    return Fraction(text) / 100


def at_least(text: str) -> Span:
    return Span(lower=Bound(percent(text), closed=True))


def contract(*objectives: Objective, fee: str = "1000", **more: Any) -> Contract:
    """In UTC and euros, by the month, valid for ever."""
    terms: dict[str, Any] = {
        "id": "made",
        "party": Party(Side.CUSTOMER, "1"),
        "zone": UTC,
        "currency": EUR,
        "window": WindowRule(1),
        "valid_from": date(2020, 1, 1),
        "valid_to": None,
        "fees": {"all": Fee("all", (FeeEntry(Fraction(fee)),))},
        "objectives": objectives,
    }
    return Contract(**(terms | more))


def settled_once(of: Contract, sample: Sample, window: Period = OCTOBER, past: Sequence[Statement] = ()) -> Statement:
    """With the same sample for every objective."""
    return settled(of, window, {(objective.id, None): Observed(sample) for objective in of.objectives}, past)


LATE_MS = 90 * 60_000


def promises(good: int, bad: int, late_ms: int = LATE_MS) -> Sample:
    """Every broken one as late as the others."""
    lengths = (0,) * good + (late_ms,) * bad
    return Sample(good, bad, lengths_ms=lengths, broken_on=(date(2026, 10, 5),) * bad)


shares = st.integers(0, 100).map(lambda number: number * HUNDREDTH)
pays = st.builds(Pay, st.just(Unit.SHARE), st.integers(0, 100).map(lambda number: number * HUNDREDTH))


@st.composite
def bands(draw: st.DrawFn) -> Bands:
    """From one to four bands, side by side, apart or one over the other, open or closed, rising or not."""
    made = []
    for _ in range(draw(st.integers(1, 4))):
        low, high = sorted((draw(shares), draw(shares)))
        lower = None if draw(st.booleans()) else Bound(low, draw(st.booleans()))
        made.append(Band(Span(lower, Bound(high, draw(st.booleans()))), draw(pays)))
    return Bands(tuple(made))


@st.composite
def bands_of_lateness(draw: st.DrawFn) -> Bands:
    """The same, up to so many minutes."""
    spans = [(band.span.lower, band.span.upper, band.pay) for band in draw(bands()).bands]
    scale = 6_000_000
    times = [[end and Bound(end.value * scale, end.closed) for end in ends] for *ends, _ in spans]
    return Bands(tuple(Band(Span(*ends), pay) for ends, (*_, pay) in zip(times, spans, strict=True)))


mosts = st.one_of(st.none(), st.integers(1, 100).map(lambda number: number * HUNDREDTH))
remedies: st.SearchStrategy[Remedy] = st.one_of(
    bands(),
    st.builds(Linear, shares, st.just(HUNDREDTH), pays, st.just(True), st.sampled_from(Steps)),
    st.builds(EachMiss, pays, st.integers(0, 3)),
    st.builds(EachNth, st.integers(1, 4), pays),
    st.builds(EachLate, st.just(0), st.just(Pay(Unit.SHARE, None)), bands=bands_of_lateness()),
    st.builds(EachLate, st.integers(1, 240).map(lambda minutes: minutes * 60_000), pays, st.sampled_from(Steps), mosts),
)
objectives = st.builds(
    Objective,
    st.just("kept"),
    st.builds(Measure, st.just(Kind.ATTAINMENT), decimals=st.sampled_from([None, 0, 1])),
    st.one_of(st.none(), shares.map(lambda share: Span(lower=Bound(share, closed=True)))),
    st.lists(remedies, min_size=1, max_size=2).map(tuple),
    st.sampled_from([Take.WORST, Take.SUM]),
    least_number=st.sampled_from([0, 0, 0, 5]),
)
caps = st.builds(
    Cap,
    st.sampled_from(CapOver),
    st.integers(0, 2000).map(Fraction),
    months=st.sampled_from([2, 3, 12]),
)


minutes = st.integers(1, 240).map(lambda number: number * 60_000)
each_outage = st.one_of(
    st.builds(EachOutage, st.just(0), st.just(Pay(Unit.SHARE, None)), bands=bands_of_lateness()),
    st.builds(EachOutage, minutes, pays, st.sampled_from(Steps), mosts, st.sampled_from([0, 60_000, 3_600_000])),
)
outage_objectives = st.one_of(
    st.builds(Objective, st.just("down"), st.just(Measure(Kind.DOWNTIME)), remedies=st.tuples(each_outage)),
    st.builds(
        Objective,
        st.just("down"),
        st.just(Measure(Kind.OUTAGES)),
        remedies=st.tuples(st.builds(EachMiss, pays, st.integers(0, 3))),
    ),
)


def outages_of(objective: Objective, lengths: Sequence[int], gap: int) -> Sample:
    """So many minutes each, and so many between them."""
    down, at = [], OCTOBER.start_at
    for length in lengths:
        down.append((at, at + length * 60_000))
        at += (length + gap) * 60_000
    bad = len(down) if objective.measure.kind is Kind.OUTAGES else 0
    total = OCTOBER.end_at - OCTOBER.start_at
    return Sample(0, bad, total, tuple(down), broken_on=(date(2026, 10, 5),) * bad)


def uptime_objective(factor: int, allowed: Fraction) -> Objective:
    return Objective("up", Measure(Kind.UPTIME), None, (TimeDown(Fraction(factor), allowed),))


def with_caps(of: Contract, *more: Cap, smallest: Smallest | None = None) -> Contract:
    return replace(of, caps=more, smallest=smallest)


def all_fees_of_a_year() -> Base:
    from hubspot_sla.contract.fees import Span as Times

    return Base((), Times.YEAR)
