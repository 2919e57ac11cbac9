"""What objectives demand together, by hand and against counting promise by promise."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from hubspot_sla.measure.goal import goal


def test_95_of_a_hundred_for_thirty_and_80_for_ten_are_91_and_a_quarter() -> None:
    assert goal([(Fraction(95, 100), 30), (Fraction(4, 5), 10)]) == Fraction(9125, 10000)


def test_what_covers_nothing_demands_nothing() -> None:
    assert goal([(Fraction(95, 100), 0)]) is None
    assert goal([]) is None


@given(st.lists(st.tuples(st.fractions(0, 1), st.integers(0, 9)), max_size=5))
def test_every_promise_weighs_the_same(covered: list[tuple[Fraction, int]]) -> None:
    each = [share for share, number in covered for _ in range(number)]
    assert goal(covered) == (sum(each) / len(each) if each else None)
