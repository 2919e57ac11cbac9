"""Terms of a policy as mappings write them, before a calendar says how long their lengths are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubspot_sla.clock.promise import Reopen
from hubspot_sla.policy.durations import Duration  # noqa: TC001 - pydantic reads the annotations of AtRisk

if TYPE_CHECKING:
    from hubspot_sla.clock.metrics import Condition


@dataclass(frozen=True, slots=True)
class PauseForm:
    """A condition that a clock stands still by, and of each wait the least and the greatest time that counts."""

    condition: Condition
    least: Duration | None = None
    greatest: Duration | None = None


@dataclass(frozen=True, slots=True)
class AtRisk:
    """`text` as written: a share of the target in percent, or so long before due."""

    text: str
    percent: int = 0
    before: Duration | None = None


@dataclass(frozen=True, slots=True)
class ReopenForm:
    """What a reopening does; with a `window`, RESUME within so much business time of the closing, `then` after it."""

    rule: Reopen
    window: Duration | None = None
    then: Reopen = Reopen.IGNORE
