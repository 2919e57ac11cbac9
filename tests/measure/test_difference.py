"""The difference of two figures, by hand, and that its parts sum to it whatever the cells are."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubspot_sla.measure.difference import Tally, by_cell

CELLS = st.dictionaries(
    st.sampled_from("abcdef"),
    st.integers(0, 9).flatmap(lambda judged: st.integers(0, judged).map(lambda met: Tally(met, judged))),
)


def parts(before: dict[str, Tally], after: dict[str, Tally]) -> tuple[Fraction, Fraction, Fraction]:
    cells = by_cell(before, after).values()
    return (
        sum((cell.mix for cell in cells), Fraction(0)),
        sum((cell.performance for cell in cells), Fraction(0)),
        sum((cell.new_kind for cell in cells), Fraction(0)),
    )


def test_by_hand() -> None:
    """Before 1/2 of two a and 3/4 of four b are 2/3. After, six a of which 2 are met, two b, both met, and two c of
    which one is: 5/10. Without c it were 4/8: c adds 1/2 - 1/2 = 0. The share of a went from 1/3 to 3/4."""
    before = {"a": Tally(1, 2), "b": Tally(3, 4)}
    after = {"a": Tally(2, 6), "b": Tally(2, 2), "c": Tally(1, 2)}
    cells = by_cell(before, after)
    assert cells["a"].mix == (Fraction(3, 4) - Fraction(1, 3)) * (Fraction(1, 2) - Fraction(2, 3))
    assert cells["b"].mix == (Fraction(1, 4) - Fraction(2, 3)) * (Fraction(3, 4) - Fraction(2, 3))
    assert cells["a"].performance == Fraction(3, 4) * (Fraction(1, 3) - Fraction(1, 2))
    assert cells["b"].performance == Fraction(1, 4) * (1 - Fraction(3, 4))
    assert cells["c"].new_kind == 0
    assert sum(parts(before, after)) == Fraction(1, 2) - Fraction(2, 3)


def test_the_mix_alone_and_the_rates_alone() -> None:
    before = {"a": Tally(1, 2), "b": Tally(3, 4)}
    assert parts(before, {"a": Tally(2, 4), "b": Tally(3, 4)}) == (Fraction(5, 8) - Fraction(2, 3), 0, 0)
    assert parts(before, {"a": Tally(0, 2), "b": Tally(3, 4)}) == (0, Fraction(1, 2) - Fraction(2, 3), 0)
    assert parts(before, {**before, "c": Tally(0, 2)}) == (0, 0, Fraction(1, 2) - Fraction(2, 3))


def test_where_only_new_kinds_are_left_they_are_the_whole_difference() -> None:
    assert parts({"a": Tally(1, 2)}, {"c": Tally(3, 3)}) == (0, 0, Fraction(1, 2))


def test_nothing_judged_is_no_figure() -> None:
    with pytest.raises(ValueError, match="both sides"):
        by_cell({"a": Tally()}, {"a": Tally(1, 1)})
    with pytest.raises(ValueError, match="both sides"):
        by_cell({"a": Tally(1, 1)}, {})


@given(CELLS, CELLS)
def test_the_parts_sum_to_the_difference_exactly(before: dict[str, Tally], after: dict[str, Tally]) -> None:
    was, is_now = (sum(cells.values(), Tally()).rate for cells in (before, after))
    if was is not None and is_now is not None:
        assert sum(parts(before, after)) == is_now - was
