"""How long things take: percentiles, Kaplan-Meier and Apdex, by hand and beside scipy and numpy."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import CensoredData, ecdf

from hubspot_sla.measure.apdex import Apdex
from hubspot_sla.measure.durations import Durations, durations, nearest_rank
from measure.curves import curve_of

MS = st.integers(0, 10**10)
LIVES = st.lists(st.tuples(st.integers(0, 40), st.booleans()), min_size=1, max_size=60)


def test_percentiles_are_durations_that_occurred() -> None:
    assert durations([50, 15, 40, 20, 35]) == Durations(n=5, mean_ms=32, p50_ms=35, p90_ms=50, p95_ms=50)
    assert durations([7]) == Durations(1, 7, 7, 7, 7)
    assert durations([1, 2]) == Durations(2, 2, 1, 2, 2)  # the mean of 1.5 is rounded up


def test_of_nothing_that_ended_there_is_no_duration() -> None:
    assert durations([]) == Durations(0, None, None, None, None)


@settings(max_examples=50)
@given(st.lists(MS, min_size=1, max_size=60), st.integers(1, 100))
def test_the_nearest_rank_is_that_of_numpy(values: list[int], percent: int) -> None:
    theirs = np.percentile(values, percent, method="inverted_cdf")
    assert nearest_rank(sorted(values), percent) == int(theirs)


@given(st.lists(MS, min_size=1))
def test_at_least_that_share_takes_no_longer_than_its_percentile(values: list[int]) -> None:
    found = durations(values)
    for share, limit in ((50, found.p50_ms), (90, found.p90_ms), (95, found.p95_ms)):
        assert limit in values
        assert 100 * sum(value <= limit for value in values) >= share * len(values)
        assert 100 * sum(value < limit for value in values) < share * len(values)
    assert min(values) <= (found.mean_ms or 0) <= max(values)


def test_what_is_still_open_counts_as_longer_than_so_far() -> None:
    # 6 cycles: done at 1, 3, 3 and 5; still open at 2 and 4.
    curve = curve_of([(1, True), (2, False), (3, True), (3, True), (4, False), (5, True)])
    assert curve.at_ms == [1, 3, 5]
    assert curve.above == pytest.approx([5 / 6, 5 / 6 * 2 / 4, 0])
    assert (curve.median_ms, curve.ended, curve.censored, curve.n) == (3, 4, 2, 6)
    assert [curve.longer_than(ms) for ms in (0, 1, 2)] == pytest.approx([1, 5 / 6, 5 / 6])


def test_a_median_that_most_have_not_reached_is_not_reached() -> None:
    assert curve_of([(5, True), (9, False), (9, False)]).median_ms is None
    assert curve_of([]).median_ms is None
    assert curve_of([(5, False)]).longer_than(10**9) == 1


@pytest.mark.parametrize("n", [24, 38, 44, 46, 54, 62, 66, 74])
def test_half_is_half_though_its_steps_cannot_be_written_in_binary(n: int) -> None:
    # Multiplied one by one, the shares of 24 steps come to a little more than one half at the twelfth.
    assert curve_of([(ms, True) for ms in range(1, n + 1)]).median_ms == n // 2


@given(LIVES)
def test_the_median_is_that_of_exact_fractions(lives: list[tuple[int, bool]]) -> None:
    above, median = Fraction(1), None
    for ms in sorted({ms for ms, reached in lives if reached}):
        at_risk = sum(other >= ms for other, _ in lives)
        above *= 1 - Fraction(lives.count((ms, True)), at_risk)
        median = ms if median is None and above <= Fraction(1, 2) else median
    assert curve_of(lives).median_ms == median


@settings(max_examples=25)
@given(LIVES)
def test_the_curve_is_that_of_scipy(lives: list[tuple[int, bool]]) -> None:
    data = CensoredData(
        uncensored=[ms for ms, reached in lives if reached], right=[ms for ms, reached in lives if not reached]
    )
    theirs = ecdf(data).sf
    curve = curve_of(lives)
    assert [curve.longer_than(ms) for ms in range(42)] == pytest.approx(list(theirs.evaluate(range(42))), abs=1e-12)


@given(LIVES)
def test_the_curve_only_falls_and_without_open_cycles_it_is_the_share_that_took_longer(
    lives: list[tuple[int, bool]],
) -> None:
    curve = curve_of(lives)
    assert list(curve.above) == sorted(curve.above, reverse=True)
    all_over = curve_of([(ms, True) for ms, _ in lives])
    for ms in range(42):
        assert all_over.longer_than(ms) == pytest.approx(sum(other > ms for other, _ in lives) / len(lives))


def test_apdex_counts_up_to_the_target_whole_and_up_to_four_times_it_half() -> None:
    found = Apdex.of([5, 10, 11, 40, 41], target_ms=10)
    assert (found, found.share, found.target_ms) == (Apdex(5, 2, 4, 10, 10), Fraction(3, 5), 10)
    assert (Apdex.of([], target_ms=10), Apdex().share, Apdex().target_ms) == (Apdex(), None, None)


@given(st.lists(st.tuples(st.lists(MS), st.integers(1, 10**10)), max_size=4))
def test_apdex_of_several_targets_goes_by_that_of_each(parts: list[tuple[list[int], int]]) -> None:
    whole = sum((Apdex.of(values, target) for values, target in parts), Apdex())
    scored = [
        Fraction(1) if ms <= target else Fraction(1, 2) if ms <= 4 * target else Fraction(0)
        for values, target in parts
        for ms in values
    ]
    targets = {target for values, target in parts if values}
    assert whole.share == (sum(scored) / len(scored) if scored else None)
    assert whole.target_ms == (targets.pop() if len(targets) == 1 else None)


@given(st.lists(MS, min_size=1), st.integers(1, 10**10))
def test_apdex_lies_between_what_was_in_time_and_what_took_up_to_four_times_as_long(
    values: list[int], target: int
) -> None:
    score = Apdex.of(values, target).share
    assert score is not None
    in_time, in_four = (Fraction(sum(ms <= limit for ms in values), len(values)) for limit in (target, 4 * target))
    assert score == (in_time + in_four) / 2
