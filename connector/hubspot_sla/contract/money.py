"""Money: exact until a line of a statement is rounded, halves up, to the smallest coin of the currency."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Final

HALF: Final = Fraction(1, 2)


class Rounding(StrEnum):
    """How a figure is rounded, where a contract says so."""

    HALF_UP = "half_up"
    DOWN = "down"
    UP = "up"

    def of(self, value: Fraction) -> int:
        """To a whole number."""
        match self:
            case Rounding.HALF_UP:
                return (value + HALF).__floor__()
            case Rounding.DOWN:
                return value.__floor__()
            case Rounding.UP:
                return value.__ceil__()


@dataclass(frozen=True, slots=True)
class Currency:
    """`code` as ISO 4217 has it; `places` decimals has its smallest coin: 2 of EUR, 0 of JPY, 3 of KWD."""

    code: str
    places: int = 2

    def rounded(self, amount: Fraction) -> Decimal:
        """To the smallest coin, halves up. `amount` is not negative."""
        return decimal_of(round_half_up(amount, self.places), self.places)

    @property
    def nothing(self) -> Decimal:
        return self.rounded(Fraction(0))


def round_half_up(value: Fraction, places: int) -> Fraction:
    """`value` to so many decimals; what lies in the middle goes up."""
    scale = 10**places
    return Fraction(Rounding.HALF_UP.of(value * scale), scale)


def round_down(value: Fraction, places: int) -> Fraction:
    """`value` to so many decimals, the rest cut off."""
    scale = 10**places
    return Fraction(Rounding.DOWN.of(value * scale), scale)


def decimal_of(value: Fraction, places: int) -> Decimal:
    """A fraction that has so many decimals at most, as a decimal with exactly so many."""
    units = value * 10**places
    return Decimal(int(units)).scaleb(-places)
