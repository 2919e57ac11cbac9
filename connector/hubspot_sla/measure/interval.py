"""Wilson's score interval: how far a share of few could be from the truth."""

from __future__ import annotations

from typing import Final

Z_95: Final = 1.959963984540054
"""Of the normal distribution, 95 % lie within so many standard deviations."""


def wilson(met: int, judged: int) -> tuple[float, float] | None:
    """The 95 % interval of `met` of `judged`, both ends within 0 and 1; None of none."""
    if not judged:
        return None
    share, spread = met / judged, Z_95 * Z_95 / judged
    middle = share + spread / 2
    half = (spread * (share * (1 - share) + spread / 4)) ** 0.5
    low = 0.0 if met == 0 else (middle - half) / (1 + spread)
    high = 1.0 if met == judged else (middle + half) / (1 + spread)
    return low, high
