"""A pause as mappings write it, before a calendar says how long its lengths are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hubspot_sla.clock.metrics import Condition
    from hubspot_sla.policy.durations import Duration


@dataclass(frozen=True, slots=True)
class PauseForm:
    """A condition that a clock stands still by, and of each wait the least and the greatest time that counts."""

    condition: Condition
    least: Duration | None = None
    greatest: Duration | None = None
