"""Whatever people, HubSpot and the worker do in whatever order: the ledger ends as the portal is, and nothing is done
twice. `make crash` plays this a hundred times as long."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, settings

from proof import SCALE
from proofs.machine import Desk

TestDesk = Desk.TestCase
TestDesk.settings = settings(
    max_examples=10 * SCALE,
    stateful_step_count=30,
    deadline=None,
    derandomize=SCALE == 1,
    phases=(Phase.explicit, Phase.reuse, Phase.generate, *((Phase.shrink,) if SCALE > 1 else ())),
    suppress_health_check=list(HealthCheck),
)
