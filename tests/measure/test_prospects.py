"""What is likely to come of paused clocks, by hand and as a law."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubspot_sla.measure.prospects import ENOUGH_LOOKS, Kind, Life, Past, Stood
from proof import examples

GOLD, SILVER = Kind("resolution", "gold", "HIGH"), Kind("resolution", "silver", "LOW")
HOUR = 3_600_000
LIVES = [Life(GOLD, HOUR, True, False), Life(GOLD, 9 * HOUR, True, True)]


def test_of_its_policy_only_those_count_that_had_used_as_much() -> None:
    stood = [Stood(GOLD, share, late) for share, late in ((0.1, True), (0.5, False), (0.5, True), (0.9, False))] * 70
    found = Past.of(LIVES, stood).prospect_of_paused(GOLD, 4 * HOUR, 8 * HOUR)
    assert found is not None
    assert (found.chance, found.ended, found.turns_ms, found.naive) == (pytest.approx(1 / 3), 210, None, 0.5)


def test_where_few_were_as_old_the_oldest_count() -> None:
    stood = [Stood(GOLD, 0.4, True)] * (ENOUGH_LOOKS - 30) + [Stood(GOLD, 0.6, False)] * 30 + [Stood(GOLD, 0.1, True)]
    found = Past.of(LIVES, stood).prospect_of_paused(GOLD, 4 * HOUR, 8 * HOUR)
    assert found is not None
    assert (found.chance, found.ended) == (170 / 200, 200)


def test_where_its_policy_was_seen_too_seldom_those_of_its_metric_count() -> None:
    stood = [Stood(GOLD, 0.5, True)] * (ENOUGH_LOOKS - 1) + [Stood(SILVER, 0.5, False)]
    found = Past.of(LIVES, stood).prospect_of_paused(GOLD, 4 * HOUR, 8 * HOUR)
    assert found is not None
    assert (found.chance, found.ended) == (199 / 200, 200)


def test_nothing_of_its_metric_gives_no_chance() -> None:
    past = Past.of(LIVES, [Stood(GOLD, 0.4, True)])
    assert past.prospect_of_paused(Kind("update", "gold", ""), HOUR, 8 * HOUR) is None


@examples(20)
@given(
    st.lists(st.tuples(st.integers(0, 20), st.booleans()), min_size=1, max_size=40),
    st.integers(1, 15),
    st.integers(0, 20),
)
def test_the_chance_is_the_share_of_those_that_were_late(seen: list[tuple[int, bool]], times: int, used: int) -> None:
    """Whatever was seen: those as old where they are enough, else so many of the oldest, and all of few."""
    past = Past.of(LIVES, [Stood(GOLD, share / 20, late) for share, late in seen] * times)
    oldest = sorted((share for share, _ in seen * times), reverse=True)
    least = min(used, oldest[min(ENOUGH_LOOKS, len(oldest)) - 1])
    expected = [late for share, late in seen * times if share >= least]
    found = past.prospect_of_paused(GOLD, used, 20)
    assert found is not None
    assert (found.chance, found.ended) == (sum(expected) / len(expected), len(expected))
