"""Error budgets, bottlenecks and the forecast, by figures worked out by hand and by laws."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubspot_sla.measure.attainment import Counts
from hubspot_sla.measure.bottleneck import Bottleneck, HeldTime, bottlenecks
from hubspot_sla.measure.error_budget import ErrorBudget, error_budget
from hubspot_sla.measure.forecast import Forecast, OpenClock, chance_met, forecast
from hubspot_sla.measure.whose_time import Holder
from measure.curves import curve_of

HELD = st.builds(
    HeldTime, st.sampled_from(Holder), st.sampled_from(["", "a", "b"]), st.booleans(), st.integers(1, 10**9)
)


def test_an_error_budget_is_what_may_be_broken_of_what_comes_due_in_the_period() -> None:
    budget = error_budget(Counts(met=290, missed=9, late=1), Fraction(19, 20), to_come=100)
    assert budget == ErrorBudget(Fraction(20), 10, Fraction(2, 3), none_allowed=False)
    assert budget.left == 10


def test_a_burn_rate_above_one_uses_more_than_the_budget() -> None:
    budget = error_budget(Counts(met=90, missed=10), Fraction(19, 20), to_come=0)
    assert (budget.burn_rate, budget.left) == (2, -5)


def test_an_objective_of_everything_allows_nothing() -> None:
    budget = error_budget(Counts(met=99, missed=1), Fraction(1), to_come=50)
    assert budget == ErrorBudget(Fraction(0), 1, None, none_allowed=True)


def test_where_nothing_was_judged_nothing_burns() -> None:
    budget = error_budget(Counts(to_come=7), Fraction(9, 10), to_come=7)
    assert (budget.burn_rate, budget.left) == (None, Fraction(7, 10))


@given(st.integers(0, 500), st.integers(0, 500), st.integers(0, 99))
def test_at_the_end_of_a_period_a_burn_rate_of_at_most_one_is_an_objective_that_was_reached(
    met: int, missed: int, percent: int
) -> None:
    counts, objective = Counts(met=met, missed=missed), Fraction(percent, 100)
    budget = error_budget(counts, objective, to_come=0)
    if counts.attainment is not None and budget.burn_rate is not None:
        assert (budget.burn_rate <= 1) == (counts.attainment >= objective) == (budget.left >= 0)


def test_a_bottleneck_is_who_had_the_business_time_of_late_cycles() -> None:
    rows = bottlenecks(
        [
            HeldTime(Holder.QUEUE, "401", late=False, ms=100),
            HeldTime(Holder.QUEUE, "401", late=True, ms=50),
            HeldTime(Holder.VENDOR, "Bank", late=True, ms=250),
            HeldTime(Holder.CLOSED_HOURS, "", late=True, ms=999),
        ]
    )
    assert rows == [
        Bottleneck(Holder.VENDOR, "Bank", 250, 250, 250, Fraction(5, 8)),
        Bottleneck(Holder.QUEUE, "401", 150, 50, 150, Fraction(3, 8)),
        Bottleneck(Holder.CLOSED_HOURS, "", 0, 0, 999, None),
    ]
    assert bottlenecks([]) == []


@given(st.lists(HELD))
def test_the_shares_of_all_holders_are_the_whole_and_no_time_is_lost(times: list[HeldTime]) -> None:
    rows = bottlenecks(times)
    assert sum(row.wall_ms for row in rows) == sum(time.ms for time in times)
    shares = [row.share for row in rows if row.share is not None]
    assert sum(shares) == (1 if shares else 0)
    assert all(row.late_ms <= row.business_ms <= row.wall_ms for row in rows)


TEN = curve_of([(ms, True) for ms in range(1, 11)])
"""Ended after 1, 2, ... 10."""


def test_the_chance_of_an_open_clock_is_that_of_those_that_were_open_as_long() -> None:
    assert chance_met(TEN, elapsed_ms=0, target_ms=8) == pytest.approx(0.8)
    assert chance_met(TEN, elapsed_ms=5, target_ms=8) == pytest.approx(3 / 5)  # of 6..10 these: 6, 7, 8
    assert chance_met(TEN, elapsed_ms=9, target_ms=8) == 0
    assert chance_met(TEN, elapsed_ms=10, target_ms=12) is None  # none was ever open so long


def test_a_forecast_adds_the_chances_of_open_clocks_to_what_was_judged() -> None:
    curves = {"gold": curve_of([(ms, True) for ms in range(1, 21)]), "all": TEN}
    clocks = [
        OpenClock(("gold", "all"), elapsed_ms=0, target_ms=10),  # gold: 0.5
        OpenClock(("silver", "all"), elapsed_ms=5, target_ms=8),  # all: 0.6
        OpenClock(("bronze",), elapsed_ms=0, target_ms=1),  # like nothing that ever ended
    ]
    expected = forecast(Counts(met=8, missed=2), clocks, curves)
    assert (expected.expected_met, expected.expected_judged) == (pytest.approx(9.1), 12)
    assert (expected.from_ended, expected.without_history, expected.to_come) == (30, 1, 3)
    assert expected.attainment == pytest.approx(9.1 / 12)
    assert forecast(Counts(), [], {}) == Forecast(0.0, 0, 0, 0, 0)
    assert forecast(Counts(), [], {}).attainment is None


def test_a_curve_of_few_is_asked_after_a_wider_one_of_many() -> None:
    few, many = curve_of([(1, True)] * 19), curve_of([(9, True)] * 20)
    clock = OpenClock(("few", "many"), elapsed_ms=0, target_ms=5)
    assert forecast(Counts(), [clock], {"few": few, "many": many}).expected_met == 0
    assert forecast(Counts(), [clock], {"few": few}).expected_met == 1


@given(
    st.lists(st.tuples(st.integers(0, 40), st.booleans())),
    st.lists(st.tuples(st.integers(0, 40), st.integers(1, 40))),
    st.integers(0, 50),
    st.integers(0, 50),
)
def test_a_forecast_lies_between_all_open_clocks_missed_and_all_met(
    lives: list[tuple[int, bool]], clocks: list[tuple[int, int]], met: int, missed: int
) -> None:
    expected = forecast(
        Counts(met=met, missed=missed), [OpenClock(("all",), *clock) for clock in clocks], {"all": curve_of(lives)}
    )
    still_open = expected.expected_judged - met - missed
    assert still_open + expected.without_history == expected.to_come == len(clocks)
    assert met - 1e-9 <= expected.expected_met <= met + still_open + 1e-9
