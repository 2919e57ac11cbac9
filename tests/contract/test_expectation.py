"""What a running window is likely to come to: laws on contracts made at random, and one worked by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.made_contracts import OCTOBER, at_least, contract, objectives, percent, promises, settled_once
from hubspot_sla.contract.chances import PARTS, in_parts
from hubspot_sla.contract.expectation import OpenPromise, can_be_expected, expected, misses
from hubspot_sla.contract.measuring import Kind, Measure
from hubspot_sla.contract.remedies import Band, Bands, Pay, Unit
from hubspot_sla.contract.sample import Sample
from hubspot_sla.contract.spans import Bound, Span
from hubspot_sla.contract.statement import Observed
from hubspot_sla.contract.terms import Objective
from proof import examples

ON = date(2026, 10, 5)
by_number = objectives.filter(can_be_expected)
chances = st.lists(st.integers(0, PARTS).map(lambda broken: OpenPromise(broken, ON)), max_size=6)


def promised(objective: Objective, good: int, bad: int, open_promises: list[OpenPromise]):
    evidence = {("kept", None): Observed(promises(good, bad))}
    found = expected(contract(objective), OCTOBER, evidence, (), {("kept", None): open_promises})
    assert found is not None
    return found


def settled_with(objective: Objective, good: int, bad: int, broken: list[bool]) -> Decimal:
    sample = promises(good, bad) + Sample(broken.count(False), sum(broken), broken_on=(ON,) * sum(broken))
    return settled_once(contract(objective), sample).payable


@given(chances)
@examples(50)
def test_the_chances_of_all_numbers_of_misses_sum_to_one(open_promises: list[OpenPromise]) -> None:
    found = misses(open_promises)
    assert sum(found) == 1
    mean = sum(number * chance for number, chance in enumerate(found))
    assert mean == Fraction(sum(promise.broken for promise in open_promises), PARTS)


@given(by_number, st.integers(0, 9), st.integers(0, 9), st.lists(st.booleans(), max_size=6))
@examples(50)
def test_what_is_certain_is_expected_to_come_to_what_it_is_settled_to(
    objective: Objective, good: int, bad: int, broken: list[bool]
) -> None:
    found = promised(objective, good, bad, [OpenPromise(PARTS * each, ON) for each in broken])
    assert found.mean == Fraction(settled_with(objective, good, bad, broken))
    assert found.least == found.most


@given(by_number, st.integers(0, 9), st.integers(0, 9), chances)
@examples(50)
def test_it_is_the_mean_over_every_way_in_which_the_window_may_end(
    objective: Objective, good: int, bad: int, open_promises: list[OpenPromise]
) -> None:
    found = promised(objective, good, bad, open_promises)
    mean = Fraction(0)
    for broken in product([False, True], repeat=len(open_promises)):
        chance = Fraction(1)
        for promise, is_broken in zip(open_promises, broken, strict=True):
            chance *= Fraction(promise.broken if is_broken else PARTS - promise.broken, PARTS)
        mean += chance * Fraction(settled_with(objective, good, bad, list(broken)))
    assert found.mean == mean
    assert found.least <= found.mean <= found.most


def test_a_cliff_by_hand() -> None:
    """17 of 18 are kept, two are open, each broken with one chance in ten. Below 90 % half the fee of 1000 is owed: of
    20, three misses reach it; two, which has 18 chances in a hundred, do not."""
    half = Bands((Band(Span(upper=Bound(percent("90"), closed=False)), Pay(Unit.SHARE, Fraction(1, 2))),))
    objective = Objective("kept", Measure(Kind.ATTAINMENT), at_least("90"), (half,))
    found = promised(objective, 17, 1, [OpenPromise(100, ON)] * 2)
    assert (found.mean, found.least, found.most) == (5, Decimal("0.00"), Decimal("500.00"))


@pytest.mark.parametrize(("chance", "parts"), [(0.0, 0), (0.0004, 0), (1 / 3, 333), (0.9996, 1000), (1.0, 1000)])
def test_chances_are_taken_to_the_thousandth(chance: float, parts: int) -> None:
    assert in_parts(chance) == parts
