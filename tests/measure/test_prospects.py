"""What is likely to come of paused clocks, by hand and as a law."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubspot_sla.measure.forecast import ENOUGH
from hubspot_sla.measure.prospects import Kind, Life, Past, Stood
from proof import examples

GOLD, SILVER = Kind("resolution", "gold", "HIGH"), Kind("resolution", "silver", "LOW")
HOUR = 3_600_000
LIVES = [Life(GOLD, HOUR, True, False), Life(GOLD, 9 * HOUR, True, True)]


def test_of_its_policy_only_those_count_that_had_used_as_much() -> None:
    stood = [Stood(GOLD, share, late) for share, late in ((0.1, True), (0.5, False), (0.5, True), (0.9, False))] * 7
    found = Past.of(LIVES, stood).prospect_of_paused(GOLD, 4 * HOUR, 8 * HOUR)
    assert found is not None
    assert (found.chance, found.ended, found.turns_ms, found.naive) == (pytest.approx(1 / 3), 21, None, 0.5)


def test_where_too_few_were_of_its_policy_those_of_its_metric_count() -> None:
    stood = [Stood(GOLD, 0.5, True)] * (ENOUGH - 1) + [Stood(SILVER, 0.5, False)] * 21
    found = Past.of(LIVES, stood).prospect_of_paused(GOLD, 4 * HOUR, 8 * HOUR)
    assert found is not None
    assert (found.chance, found.ended) == (19 / 40, 40)
    few = Past.of(LIVES, stood[:3]).prospect_of_paused(GOLD, 4 * HOUR, 8 * HOUR)
    assert few is not None
    assert (few.chance, few.ended) == (1, 3)


def test_nothing_that_was_as_old_gives_no_chance() -> None:
    past = Past.of(LIVES, [Stood(GOLD, 0.4, True)])
    assert past.prospect_of_paused(GOLD, 4 * HOUR, 8 * HOUR) is None
    assert past.prospect_of_paused(Kind("update", "gold", ""), HOUR, 8 * HOUR) is None


@examples(20)
@given(st.lists(st.tuples(st.integers(0, 20), st.booleans()), min_size=ENOUGH, max_size=60), st.integers(0, 20))
def test_the_chance_is_the_share_of_those_that_were_late(seen: list[tuple[int, bool]], used: int) -> None:
    past = Past.of(LIVES, [Stood(GOLD, share / 20, late) for share, late in seen])
    older = [late for share, late in seen if share >= used]
    found = past.prospect_of_paused(GOLD, used, 20)
    assert (found.chance if found else None) == (sum(older) / len(older) if older else None)
