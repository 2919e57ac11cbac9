"""Whatever people, HubSpot and the worker do in whatever order: the ledger ends as the portal is, and nothing is done
twice. `make crash` plays this fifty times as long."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from proof import PARTS, SCALE, SUITE
from proofs.machine import Desk


@pytest.mark.parametrize("part", PARTS)
def test_whatever_happens_in_whatever_order_the_ledger_ends_as_the_portal_is(part: int) -> None:
    run_state_machine_as_test(
        Desk,
        settings=settings(
            max_examples=(3 if SCALE == 1 else 6 * SCALE) // len(PARTS),
            stateful_step_count=30,
            deadline=None,
            derandomize=SCALE == 1,
            phases=SUITE if SCALE == 1 else (*SUITE, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        ),
    )
