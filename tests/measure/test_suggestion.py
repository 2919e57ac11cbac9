"""Targets that would have been kept: worked by hand, beside SciPy, and against counting out every step."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from hubspot_sla.measure.suggestion import NoSuggestion, Sample, ranks, step_down, step_up, suggestion

MINUTE, HOUR = 60_000, 3_600_000
NINETY, NINETY_FIVE = Fraction(9, 10), Fraction(95, 100)


def test_the_shortest_step_that_keeps_the_share() -> None:
    """Of a hundred cycles that took 1 to 100 minutes ninety are kept within 90."""
    sample = Sample.of((minute * MINUTE for minute in range(1, 101)), [])
    found = suggestion(sample, NINETY, 20)
    assert (found.target_ms, found.attained, found.n) == (90 * MINUTE, NINETY, 100)
    assert (found.low_ms, found.high_ms) == (84 * MINUTE, 96 * MINUTE)  # ranks of 100 at 0.9, as SciPy has them
    assert sample.attained(75 * MINUTE) == Fraction(75, 100)


def test_what_is_open_counts_as_unmet_until_the_target_is_longer() -> None:
    """900 took a minute; 40 are open since an hour. With an hour they are late; beyond it nobody judges them."""
    sample = Sample.of([MINUTE] * 900, [HOUR] * 40)
    assert sample.attained(HOUR) == Fraction(900, 940)
    assert sample.attained(HOUR + 1) == 1
    assert suggestion(sample, NINETY, 20).target_ms == MINUTE
    assert suggestion(sample, Fraction(97, 100), 20).target_ms == HOUR + 15 * MINUTE


@pytest.mark.parametrize(
    ("sample", "share", "why"),
    [
        (Sample.of([MINUTE] * 19, []), NINETY, "n = 19, fewer than 20"),
        (Sample.of([MINUTE] * 20, [], 5), NINETY, "no target attains it"),
        (Sample.of([MINUTE] * 20, []), NINETY_FIVE, "n = 20 is too small for an upper end"),
        (Sample.of([MINUTE] * 96, [], 4), NINETY_FIVE, "the interval has no upper end"),
        (Sample.of([], [HOUR] * 30), NINETY, "no target attains it"),
        (Sample.of([MINUTE] * 10 + [2 * HOUR] * 5, [HOUR] * 30), NINETY, "would judge n = 15, fewer than 20"),
    ],
)
def test_what_cannot_be_suggested_says_why(sample: Sample, share: Fraction, why: str) -> None:
    with pytest.raises(NoSuggestion, match=why):
        suggestion(sample, share, 20)


@pytest.mark.parametrize("share", [Fraction(1, 2), NINETY, NINETY_FIVE, Fraction(99, 100)])
@pytest.mark.parametrize("n", [1, 2, 20, 29, 72, 73, 100, 368, 369, 5_000, 100_000])
def test_the_ranks_are_those_of_the_binomial_distribution(n: int, share: Fraction) -> None:
    p = float(share)
    low, high = ranks(n, share)
    assert binom.cdf(low - 1, n, p) <= 0.025 < binom.cdf(low, n, p)
    upper = n + 1 if high is None else high
    assert binom.cdf(upper - 2, n, p) < 0.975
    assert high is None or binom.cdf(high - 1, n, p) >= 0.975


@given(st.integers(1, 400 * HOUR))
def test_steps_follow_one_another(ms: int) -> None:
    step = step_up(ms)
    assert step_down(step) < ms <= step
    assert step_up(step) == step
    assert step_up(step_down(step) + 1) == step


LENGTHS = st.lists(st.integers(0, 3 * HOUR), max_size=60)


@given(LENGTHS, LENGTHS, st.integers(0, 3), st.sampled_from([Fraction(1, 2), NINETY, Fraction(99, 100)]))
def test_a_suggestion_attains_the_share_and_the_step_below_does_not(
    needed: list[int], still_open: list[int], never: int, share: Fraction
) -> None:
    sample = Sample.of(needed, still_open, never)

    def attained(target: int) -> Fraction:
        met = sum(ms <= target for ms in needed)
        judged = len(needed) + never + sum(ms >= target for ms in still_open)
        return Fraction(met, judged) if judged else Fraction(0)

    try:
        found = suggestion(sample, share, 1)
    except NoSuggestion:
        return
    assert attained(found.target_ms) >= share
    assert attained(step_down(found.target_ms)) < share or step_down(found.target_ms) == 0
