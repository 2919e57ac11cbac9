"""The quality of chances, by hand and against SciPy."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from hubspot_sla.measure.calibration import Bin, Prediction, binomial_interval, brier, reliability
from hubspot_sla.measure.forecast import chance_met, turns_at
from hubspot_sla.measure.survival import survival


def test_the_brier_score_by_hand() -> None:
    """0.8 and late: 0.04; 0.3 and met: 0.09; 0.5 and late: 0.25. Naive 0.5 each: 0.25."""
    predictions = [Prediction(0.8, 0.5, True), Prediction(0.3, 0.5, False), Prediction(0.5, 0.5, True)]
    assert brier(predictions, lambda one: one.chance) == pytest.approx((0.04 + 0.09 + 0.25) / 3)
    assert brier(predictions, lambda one: one.naive) == pytest.approx(0.25)
    assert brier([], lambda one: one.chance) is None


def test_ten_bins_of_equal_numbers() -> None:
    predictions = [Prediction(place / 100, 0, place % 2 == 0) for place in range(100)]
    bins = reliability(predictions)
    assert [each.number for each in bins] == [10] * 10
    assert bins[3] == Bin(0.30, 0.39, pytest.approx(0.345), 10, 5, 1, 6)
    assert [each.is_inside for each in bins].count(False) == 4, "half late is too many of few, and too few of most"


def test_what_came_does_not_decide_in_which_bin_of_equal_chances_a_prediction_is() -> None:
    """All have the same chance, and every other one was late: so it is in each bin."""
    bins = reliability([Prediction(0.5, 0.5, place % 2 == 0) for place in range(100)])
    assert [each.late for each in bins] == [5] * 10


def test_fewer_predictions_than_bins_are_no_table() -> None:
    with pytest.raises(ValueError, match="too few"):
        reliability([Prediction(0.5, 0.5, True)] * 9)


def test_what_is_certain_has_no_interval() -> None:
    assert binomial_interval(7, 0) == (0, 0)
    assert binomial_interval(7, 1) == (7, 7)


@given(st.integers(1, 3000), st.floats(0.001, 0.999))
def test_the_interval_is_that_of_scipy(number: int, chance: float) -> None:
    least, most = binomial_interval(number, chance)
    for mine, quantile in ((least, 0.025), (most, 0.975)):
        theirs = int(binom.ppf(quantile, number, chance))
        if mine != theirs:  # where a sum is the quantile itself the last digit decides
            assert abs(mine - theirs) == 1
            assert binom.cdf(min(mine, theirs), number, chance) == pytest.approx(quantile, rel=1e-9)


def test_when_late_becomes_likelier_than_not_by_hand() -> None:
    """Of ten, one each takes 1, 2, ... 10 hours; the target is 8. Two of ten take longer; from the sixth hour on four
    are still open, and two of four are half: as likely as not. From the seventh on it is two of three."""
    curve = survival(range(1, 11), [])
    assert turns_at(curve, 0, 8) == 7
    assert turns_at(curve, 7, 8) == 7
    assert turns_at(curve, 0, 10) == 10


@given(st.lists(st.integers(1, 50), min_size=1, max_size=30), st.integers(0, 40), st.integers(1, 50))
def test_from_when_it_turns_on_being_late_is_likelier_and_before_that_it_is_not(
    ended: list[int], elapsed: int, target: int
) -> None:
    curve = survival(ended, [])
    at = turns_at(curve, elapsed, target)
    for age in range(min(elapsed, target), target):
        chance = chance_met(curve, age, target)
        if age >= elapsed and chance is not None:
            assert (age < at) == (chance > 0.5 - 1e-9)
