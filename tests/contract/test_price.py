"""What a promise would have cost a window: the mean, its interval, and how few windows are none."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubspot_sla.contract.price import LEAST_WINDOWS, NoPrice, price
from proof import examples

amounts = st.lists(st.integers(0, 100_000).map(lambda cents: Decimal(cents).scaleb(-2)), min_size=6, max_size=40)


def test_an_interval_by_hand() -> None:
    """Of 0, 0, 0, 0, 100 and 200 the mean is 50, the variance 7000; 2.571 times the root of a sixth of it is 87.82."""
    found = price([Decimal(amount) for amount in (0, 0, 0, 0, 100, 200)])
    assert (found.windows, found.mean, found.low) == (6, 50, 0)
    assert float(found.high) == pytest.approx(137.82, abs=0.01)


@given(amounts)
@examples(50)
def test_the_mean_is_exact_and_lies_in_its_interval(each: list[Decimal]) -> None:
    found = price(each)
    assert found.mean == Fraction(sum(each)) / len(each)
    assert 0 <= found.low <= found.mean <= found.high


@given(amounts, st.integers(1, 9))
@examples(20)
def test_what_always_costs_the_same_has_no_width(each: list[Decimal], number: int) -> None:
    found = price([each[0]] * (LEAST_WINDOWS + number))
    assert found.low == found.mean == found.high


def test_few_windows_are_no_price() -> None:
    with pytest.raises(NoPrice, match="n = 5 windows that are over, fewer than 6"):
        price([Decimal(1)] * (LEAST_WINDOWS - 1))
