"""Frozen figures never move, restated ones equal a fresh computation, and no settled outcome changes in silence."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from proof import PARTS, SCALE, SUITE
from proofs.closed_months import ClosedMonth


@pytest.mark.parametrize("part", PARTS)
def test_whatever_changes_the_past_of_a_closed_month_its_figures_stay(part: int) -> None:
    run_state_machine_as_test(
        ClosedMonth,
        settings=settings(
            max_examples=2 if SCALE == 1 else 6 * SCALE // len(PARTS),
            stateful_step_count=8,
            deadline=None,
            derandomize=SCALE == 1,
            phases=SUITE if SCALE == 1 else (*SUITE, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        ),
    )
