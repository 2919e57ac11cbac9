"""Spans of figures between bounds that are open or closed: where a band pays, and where a promise is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Bound:
    """An end of a span. `closed`: the value itself lies inside."""

    value: Fraction
    closed: bool


@dataclass(frozen=True, slots=True)
class Span:
    """All figures between two bounds; None is no bound on that side."""

    lower: Bound | None = None
    upper: Bound | None = None

    def __contains__(self, value: Fraction) -> bool:
        above = self.lower is None or value > self.lower.value or (self.lower.closed and value == self.lower.value)
        below = self.upper is None or value < self.upper.value or (self.upper.closed and value == self.upper.value)
        return above and below

    @property
    def ends(self) -> tuple[Fraction, ...]:
        return tuple(bound.value for bound in (self.lower, self.upper) if bound is not None)

    def worded(self, figure: Callable[[Fraction], str]) -> str:
        """`≥ 99.9%`, `> 99%, ≤ 99.9%`; `figure` writes each end."""
        lower, upper = self.lower, self.upper
        parts = [] if lower is None else [f"{'≥' if lower.closed else '>'} {figure(lower.value)}"]
        parts += [] if upper is None else [f"{'≤' if upper.closed else '<'} {figure(upper.value)}"]
        return ", ".join(parts)

    @property
    def is_empty(self) -> bool:
        """Whether no figure lies in it."""
        if self.lower is None or self.upper is None:
            return False
        touching = self.lower.value == self.upper.value
        return self.lower.value > self.upper.value or (touching and not (self.lower.closed and self.upper.closed))
