"""Rights that follow from chronic failure: to end the contract, or to ask for another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubspot_sla.contract.fees import ALL_FEES

if TYPE_CHECKING:
    from fractions import Fraction

    from hubspot_sla.contract.deadlines import Deadline
    from hubspot_sla.contract.fees import Base
    from hubspot_sla.contract.spans import Span


@dataclass(frozen=True, slots=True)
class Right:
    """To do `action` where, within the last `of` windows, `misses` windows missed an objective (`objective` "": any),
    or lay in `figures` where that is said. Or where the credits owed within `months` pass `credits_over` (money, or a
    share of `base`), or the points reach `points`. `notice` and `cure` are days that the party must give."""

    action: str
    objective: str = ""
    misses: int = 0
    of: int = 0
    figures: Span | None = None
    credits_over: Fraction | None = None
    share: bool = False
    base: Base = ALL_FEES
    points: Fraction | None = None
    months: int = 12
    notice: Deadline | None = None
    cure: Deadline | None = None
    name: str = ""
