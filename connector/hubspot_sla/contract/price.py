"""What something would have cost a window, from the windows that there have been: the mean, and its 95 % interval by
Student's distribution, which never goes below nothing."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

LEAST_WINDOWS: Final = 6
"""Of fewer windows no price is said."""
_STUDENT: Final = (
    *(12706, 4303, 3182, 2776, 2571, 2447, 2365, 2306, 2262, 2228),
    *(2201, 2179, 2160, 2145, 2131, 2120, 2110, 2101, 2093, 2086),
    *(2080, 2074, 2069, 2064, 2060, 2056, 2052, 2048, 2045, 2042),
)
"""A thousand times the quantile of 97.5 % by degrees of freedom, from 1 on; with more than these, that of the last."""


class NoPrice(ValueError):
    """Why no price can be said."""


@dataclass(frozen=True, slots=True)
class Price:
    """Of one window, over `windows` of them; the `mean` is exact."""

    windows: int
    mean: Fraction
    low: Fraction
    high: Fraction


def price(amounts: Sequence[Decimal]) -> Price:
    """`amounts` are what each window came to, in one currency. Raises NoPrice."""
    n = len(amounts)
    if n < LEAST_WINDOWS:
        raise NoPrice(f"n = {n} windows that are over, fewer than {LEAST_WINDOWS}")
    values = [Fraction(amount) for amount in amounts]
    mean = sum(values, Fraction(0)) / n
    variance = sum(((value - mean) ** 2 for value in values), Fraction(0)) / (n - 1)
    spread = variance / n
    root = Fraction((Decimal(spread.numerator) / Decimal(spread.denominator)).sqrt())
    within = Fraction(_STUDENT[min(n - 1, len(_STUDENT)) - 1], 1000) * root
    return Price(n, mean, max(mean - within, Fraction(0)), mean + within)
