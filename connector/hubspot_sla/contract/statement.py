"""What follows for one window of a contract: lines by objective, what is payable, and what is not and why."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hubspot_sla.contract.remedies import Due
    from hubspot_sla.contract.sample import Sample
    from hubspot_sla.contract.terms import Cap
    from hubspot_sla.measure.periods import Period


class State(StrEnum):
    """How an objective stands in a window."""

    KEPT = "kept"
    MISSED = "missed"
    NOT_MEASURED = "not_measured"  # nothing was observed: no credit
    TOO_FEW = "too_few"  # less was observed than the contract asks for: no credit

    @property
    def is_measured(self) -> bool:
        return self in (State.KEPT, State.MISSED)


@dataclass(frozen=True, slots=True)
class Observed:
    """What was observed of an objective in its window. `everything` is the same with nothing left out, where something
    is."""

    sample: Sample
    everything: Sample | None = None


@dataclass(frozen=True, slots=True)
class Credit:
    """What one remedy says of a line: `exact` money before it is rounded to `money`. `base` is what a share is of; None
    where none was needed. `rate` is in the unit of the remedy, repeats included; None: the contract does not say it."""

    due: Due
    rate: Fraction | None
    base: Fraction | None
    exact: Fraction
    money: Decimal
    points: Fraction = Fraction(0)
    days: Fraction = Fraction(0)


@dataclass(frozen=True, slots=True)
class Line:
    """One objective (of one value of its dimension, `key`) in its window. `measured` is exact, `compared` what was held
    against the bands, `unexcluded` the figure with nothing left out. `times`: 2 where a repeat counts double. `money`,
    `points` and `days` are what is owed of its `credits`. `missing` says what keeps the credit from being known."""

    objective: str
    key: str | None
    window: Period
    state: State
    sample: Sample
    measured: Fraction | None = None
    compared: Fraction | None = None
    unexcluded: Fraction | None = None
    credits: tuple[Credit, ...] = ()
    times: Fraction = Fraction(1)
    money: Decimal = Decimal(0)
    points: Fraction = Fraction(0)
    days: Fraction = Fraction(0)
    missing: str = ""


class Why(StrEnum):
    """Why a part of a credit is not payable."""

    NOT_TAKEN = "not_taken"  # another credit is owed instead
    CAP = "cap"
    CAP_UNKNOWN = "cap_unknown"  # a fee that the cap rests on is missing
    SMALLEST = "smallest"
    UNPAID = "unpaid"


@dataclass(frozen=True, slots=True)
class Withheld:
    """A part of a credit that is not payable. `objective` is "" for the whole contract; `cap` the amount of the cap
    `limit` in this window."""

    why: Why
    money: Decimal
    objective: str = ""
    key: str | None = None
    cap: Decimal | None = None
    limit: Cap | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """One window, settled. `owed` is the sum of what the lines come to, `payable` what of it is paid out; the
    difference is `withheld`, part by part. `points_money` is what the points are worth, a part of `owed`."""

    contract: str
    version: int
    window: Period
    lines: tuple[Line, ...]
    owed: Decimal
    payable: Decimal
    withheld: tuple[Withheld, ...] = ()
    points: Fraction = Fraction(0)
    points_money: Decimal = Decimal(0)
    days: Fraction = Fraction(0)
    points_missing: str = ""

    @property
    def missing(self) -> tuple[str, ...]:
        """What must be known before the figures are whole."""
        every = (*(line.missing for line in self.lines), self.points_missing)
        return tuple(dict.fromkeys(each for each in every if each))

    def lines_of(self, objective: str, key: str | None) -> list[Line]:
        return [line for line in self.lines if line.objective == objective and line.key == key]
