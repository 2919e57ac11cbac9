"""Coverage: of the records that were created, those to which nobody promised anything."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Coverage:
    """Numbers of records: to which anything was promised, to which nothing was, and of which facts are missing so that
    nobody can say. What was merged into another record is counted with that one."""

    promised: int = 0
    nothing: int = 0
    unknown: int = 0

    @property
    def uncovered(self) -> Fraction | None:
        """nothing / (promised + nothing); None where of no record it is known."""
        known = self.promised + self.nothing
        return Fraction(self.nothing, known) if known else None

    def __add__(self, other: Coverage) -> Coverage:
        return Coverage(self.promised + other.promised, self.nothing + other.nothing, self.unknown + other.unknown)
