"""How many cases a property test generates: those of the suite, or a multiple of them for `make prove`."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

SCALE = int(os.environ.get("PROOF_SCALE", "1"))


def examples(count: int) -> settings:
    """A decorator: this many examples, times PROOF_SCALE. The machine may be busy, so no single one is timed."""
    return settings(max_examples=count * SCALE, deadline=None, suppress_health_check=[HealthCheck.too_slow])
