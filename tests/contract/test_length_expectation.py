"""What figures of lengths may come to in a window that runs: held against every way in which it may end."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.made_contracts import OCTOBER, contract, settled_once
from hubspot_sla.contract.chances import PARTS, shares_in_parts
from hubspot_sla.contract.expectation import expected
from hubspot_sla.contract.length_expectation import CELLS, OpenLength, length_samples, lengths_can_be_expected
from hubspot_sla.contract.measuring import Kind, Measure
from hubspot_sla.contract.remedies import Band, Bands, EachMiss, Linear, Pay, Unit
from hubspot_sla.contract.sample import Sample
from hubspot_sla.contract.spans import Bound, Span
from hubspot_sla.contract.statement import Observed
from hubspot_sla.contract.terms import Objective
from proof import examples

MINUTE = 60_000
FIFTH = Pay(Unit.SHARE, Fraction(1, 5))
HALF = Pay(Unit.SHARE, Fraction(1, 2))
bounds = st.builds(Bound, st.integers(0, 12).map(lambda ms: Fraction(ms, 2)), st.booleans())
measures = st.builds(Measure, st.just(Kind.PERCENTILE), st.integers(1, 100)) | st.builds(
    Measure, st.sampled_from([Kind.MEAN, Kind.MEAN_LATENESS])
)
lengths = st.lists(st.integers(0, 9), max_size=4)
open_lengths = st.lists(
    st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, PARTS)).map(
        lambda two: OpenLength(((two[0], two[2]), (two[1], PARTS - two[2])))
    ),
    max_size=4,
)


def of_bands(measure: Measure, first: Bound, second: Bound) -> Objective:
    """Above the lower bound a fifth is owed, above the higher one a half."""
    one, other = sorted((first, second), key=lambda bound: (bound.value, not bound.closed))
    remedy = Bands((Band(Span(lower=one), FIFTH), Band(Span(lower=other), HALF)))
    return Objective("kept", measure, Span(upper=Bound(one.value, closed=not one.closed)), (remedy,))


def mean_of(objective: Objective, so_far: Sample, promises: list[OpenLength]) -> Fraction:
    evidence = {("kept", None): Observed(so_far)}
    found = expected(contract(objective), OCTOBER, evidence, (), {("kept", None): promises})
    assert found is not None
    assert found.least <= found.mean <= found.most
    return found.mean


def by_every_way(objective: Objective, so_far: Sample, promises: list[OpenLength]) -> Fraction:
    mean = Fraction(0)
    for ends in product(*(promise.ends for promise in promises)):
        chance = Fraction(1)
        for _, parts in ends:
            chance *= Fraction(parts, PARTS)
        whole = replace(
            so_far,
            good=so_far.good + len(ends),
            lengths_ms=tuple(sorted((*so_far.lengths_ms, *(ms for ms, _ in ends)))),
        )
        mean += chance * Fraction(settled_once(contract(objective), whole).payable)
    return mean


@given(measures, bounds, bounds, lengths, open_lengths)
@examples(60)
def test_it_is_the_mean_over_every_way_in_which_the_window_may_end(
    measure: Measure, one: Bound, other: Bound, fixed: list[int], promises: list[OpenLength]
) -> None:
    objective = of_bands(measure, one, other)
    so_far = Sample(good=len(fixed), lengths_ms=tuple(sorted(fixed)))
    assert mean_of(objective, so_far, promises) == by_every_way(objective, so_far, promises)


@given(lengths, open_lengths)
@examples(30)
def test_a_line_of_the_mean_too(fixed: list[int], promises: list[OpenLength]) -> None:
    remedy = Linear(Fraction(2), Fraction(1), Pay(Unit.SHARE, Fraction(1, 50)), higher_is_better=False)
    objective = Objective("kept", Measure(Kind.MEAN_LATENESS), None, (remedy,))
    so_far = Sample(good=len(fixed), lengths_ms=tuple(sorted(fixed)))
    assert mean_of(objective, so_far, promises) == by_every_way(objective, so_far, promises)


@given(measures, bounds, lengths, open_lengths)
@examples(30)
def test_the_chances_of_all_figures_sum_to_one(
    measure: Measure, bound: Bound, fixed: list[int], promises: list[OpenLength]
) -> None:
    found = length_samples(of_bands(measure, bound, bound), Sample(len(fixed), lengths_ms=tuple(fixed)), promises)
    chances: defaultdict[int, Fraction] = defaultdict(Fraction)
    for sample, chance in found:
        assert chance > 0
        assert sample.number == len(fixed) + len(promises)
        chances[len(sample.lengths_ms)] += chance
    assert dict(chances) == {len(fixed) + len(promises): 1}


def test_a_figure_that_is_rounded_reaches_its_band_earlier() -> None:
    """Of 4.5 minutes, rounded to whole ones, 5 are compared."""
    measure = Measure(Kind.PERCENTILE, 50, decimals=0)
    objective = of_bands(measure, *[Bound(Fraction(5 * MINUTE), closed=True)] * 2)
    half = OpenLength(((270_000 - 1, PARTS // 2), (270_000, PARTS // 2)))
    assert mean_of(objective, Sample(), [half]) == by_every_way(objective, Sample(), [half]) == 250


def test_the_mean_of_many_is_right_to_a_cell_of_the_sum() -> None:
    """Twelve, each an hour late with one chance in four: with 37 minutes that one was late already, the mean of
    thirteen is 20 minutes or more where at least four are late, which has 35 chances in a hundred."""
    hour = OpenLength(((0, 750), (60 * MINUTE, 250)))
    objective = of_bands(Measure(Kind.MEAN_LATENESS), *[Bound(Fraction(20 * MINUTE), closed=True)] * 2)
    found = mean_of(objective, Sample(good=1, lengths_ms=(37 * MINUTE,)), [hour] * 12)
    late = sum(
        (Fraction(1, 4) ** k * Fraction(3, 4) ** (12 - k) * comb for k, comb in enumerate(COMBINATIONS) if k >= 4),
        Fraction(0),
    )
    assert abs(found - 500 * late) < Fraction(500, CELLS)


COMBINATIONS = (1, 12, 66, 220, 495, 792, 924, 792, 495, 220, 66, 12, 1)


@pytest.mark.parametrize(
    ("kind", "remedy", "can"),
    [
        (Kind.PERCENTILE, Bands((Band(Span(), HALF),)), True),
        (Kind.PERCENTILE, Linear(Fraction(0), Fraction(1), HALF, higher_is_better=False), False),
        (Kind.MEAN, Bands((Band(Span(), HALF),)), True),
        (Kind.MEAN_LATENESS, Linear(Fraction(0), Fraction(1), HALF, higher_is_better=False), True),
        (Kind.MEAN_LATENESS, EachMiss(Pay(Unit.MONEY, Fraction(50))), False),
        (Kind.ATTAINMENT, Bands((Band(Span(), HALF),)), False),
    ],
)
def test_what_rests_on_the_figure_alone_can_be_expected(kind: Kind, remedy: object, can: bool) -> None:
    objective = Objective("kept", Measure(kind, 90), None, (remedy,))  # type: ignore[arg-type]
    assert lengths_can_be_expected(objective) is can


@given(st.lists(st.integers(0, 50), min_size=1, max_size=8).filter(any))
@examples(30)
def test_shares_in_parts_sum_to_all_parts_and_are_off_by_one_at_most(weights: list[int]) -> None:
    shares = [weight / sum(weights) for weight in weights]
    parts = shares_in_parts(shares)
    assert sum(parts) == PARTS
    assert all(abs(some - share * PARTS) <= 1 for some, share in zip(parts, shares, strict=True))


def test_without_open_promises_the_plain_statement_is_expected() -> None:
    objective = of_bands(Measure(Kind.PERCENTILE, 90), *[Bound(Fraction(5), closed=True)] * 2)
    assert mean_of(objective, Sample(1, lengths_ms=(7,)), []) == Fraction(Decimal("500.00"))
