"""A contract as it is held against what was measured: objectives and remedies, fees, caps, claims, rights."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from hubspot_sla.contract.fees import ALL_FEES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, tzinfo
    from fractions import Fraction

    from hubspot_sla.contract.claims import ClaimTerms
    from hubspot_sla.contract.fees import Base, Fee
    from hubspot_sla.contract.measuring import Measure
    from hubspot_sla.contract.money import Currency, Rounding
    from hubspot_sla.contract.remedies import Remedy, Unit
    from hubspot_sla.contract.rights import Right
    from hubspot_sla.contract.spans import Span
    from hubspot_sla.contract.windows import WindowRule


class Take(StrEnum):
    """What of several credits is owed."""

    SUM = "sum"
    WORST = "worst"
    EITHER = "either"  # the party chooses one: the highest is proposed


class Side(StrEnum):
    """Who the party is: a customer whom we owe, or a vendor who owes us."""

    CUSTOMER = "customer"
    VENDOR = "vendor"


@dataclass(frozen=True, slots=True)
class Party:
    """`key` is the id of the customer's company, or the name of the vendor in portal.yaml; `name` what people read."""

    side: Side
    key: str
    name: str = ""


class CapOver(StrEnum):
    """The time over which a cap counts."""

    WINDOW = "window"
    YEAR = "year"  # of the contract: from `year_begins` on
    ROLLING = "rolling"  # the last `months`


@dataclass(frozen=True, slots=True)
class Cap:
    """At most `amount`, or `share` of `base`, over a time. The rest is not payable."""

    over: CapOver = CapOver.WINDOW
    amount: Fraction | None = None
    share: Fraction | None = None
    base: Base = ALL_FEES
    months: int = 12


@dataclass(frozen=True, slots=True)
class Smallest:
    """Nothing is paid out below `amount`; exactly that is paid unless `over`."""

    amount: Fraction
    over: bool = False

    def allows(self, payable: Fraction) -> bool:
        return payable > self.amount if self.over else payable >= self.amount


@dataclass(frozen=True, slots=True)
class Objective:
    """`promised` is where the figure may lie; None where only the remedy says so. Of several `remedies` `take` says
    which is owed; `only_missed`: none where the promise is kept. Below `least_number` judged promises, or `least_ms`
    of observed time, nothing is owed; outages shorter than `least_outage_ms` do not count, and each is as many `whole`
    steps (ms) long as it is rounded to. `each` is the dimension whose every value is measured by itself. The first miss
    directly after a miss counts `repeat[0]` times, the next `repeat[1]` and so on, the last of them for ever. Nothing
    is owed for fewer than `from_misses` missed windows of the last `of_windows`, this one included."""

    id: str
    measure: Measure
    promised: Span | None = None
    remedies: tuple[Remedy, ...] = ()
    take: Take = Take.WORST
    base: Base = ALL_FEES
    window: WindowRule | None = None
    least_number: int = 0
    least_ms: int = 0
    least_outage_ms: int = 0
    each: str = ""
    repeat: tuple[Fraction, ...] = ()
    whole: tuple[int, Rounding] | None = None
    from_misses: int = 0
    of_windows: int = 0
    caps: tuple[Cap, ...] = ()
    claim: ClaimTerms | None = None
    name: str = ""
    only_missed: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Objectives of which `take` is owed, where the whole contract says otherwise."""

    objectives: tuple[str, ...]
    take: Take


@dataclass(frozen=True, slots=True)
class PointsTerms:
    """What the points of a window are worth together."""

    remedy: Remedy
    base: Base = ALL_FEES


@dataclass(frozen=True, slots=True)
class Partial:
    """How a window is settled of which only a part is valid: measured over the `part`, the base by its `days`."""

    measure_part: bool = True
    base_by_days: bool = True


BY_DAYS: Final = Partial()


@dataclass(frozen=True, slots=True)
class Contract:
    """One version. Days are in `zone`; `valid_to` is the first day after it. `unpaid` are the first days of months for
    which the party is behind with its payments, where that takes its credits away."""

    id: str
    party: Party
    zone: tzinfo
    currency: Currency
    window: WindowRule
    valid_from: date
    valid_to: date | None
    fees: Mapping[str, Fee]
    objectives: tuple[Objective, ...]
    take: Take = Take.SUM
    groups: tuple[Group, ...] = ()
    caps: tuple[Cap, ...] = ()
    smallest: Smallest | None = None
    points: PointsTerms | None = None
    claim: ClaimTerms | None = None
    rights: tuple[Right, ...] = ()
    partial: Partial = BY_DAYS
    unpaid: frozenset[date] = frozenset()
    sole_remedy: bool = False
    version: int = 1
    name: str = ""
    owner: str = ""
    texts: Mapping[str, str] = field(default_factory=dict)

    def objective(self, objective_id: str) -> Objective:
        return next(objective for objective in self.objectives if objective.id == objective_id)

    def claim_of(self, objective: Objective) -> ClaimTerms | None:
        return self.claim if objective.claim is None else objective.claim

    def window_of(self, objective: Objective) -> WindowRule:
        return objective.window or self.window


def units_of(objective: Objective) -> set[Unit]:
    return {remedy.unit for remedy in objective.remedies}
