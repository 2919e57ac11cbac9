"""How many cases a property test generates: those of the suite, or a multiple of them for `make prove`."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, Phase, settings

SCALE = int(os.environ.get("PROOF_SCALE", "1"))
PARTS = range(1 if SCALE == 1 else 10)
"""What plays stories at length is so many tests, for as many processes as there are."""
SUITE = (Phase.explicit, Phase.reuse, Phase.generate)
"""Of what plays stories: making one shorter takes minutes, so it is done at length only."""


def examples(count: int) -> settings:
    """A decorator: this many examples, times PROOF_SCALE. The machine may be busy, so no single one is timed."""
    return settings(max_examples=count * SCALE, deadline=None, suppress_health_check=[HealthCheck.too_slow])
