"""What other promises would have made of the same records: cycles in pairs, and which of them turn.

Both sides judge the same facts as of the same instant. A cycle of one side meets the cycle of the other that has the
same record, clock and number.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from hubspot_sla.measure.standing import JUDGED, Standing

if TYPE_CHECKING:
    from hubspot_sla.measure.attainment import Counts


class Turn(StrEnum):
    """What becomes of one cycle. The first two are flips: kept before and broken after, and the other way round.
    `promised` is judged only after, `dropped` only before. `same` is all else."""

    BROKEN = "broken"
    KEPT = "kept"
    PROMISED = "promised"
    DROPPED = "dropped"
    SAME = "same"


FLIPS: Final = (Turn.BROKEN, Turn.KEPT)


def turn(before: Standing | None, after: Standing | None) -> Turn:
    """None: that side has no such cycle. Missed, and late and still open, are both broken."""
    was, becomes = before in JUDGED, after in JUDGED
    if was and becomes:
        kept_before, kept_after = before is Standing.MET, after is Standing.MET
        return Turn.SAME if kept_before == kept_after else Turn.KEPT if kept_after else Turn.BROKEN
    if was == becomes:
        return Turn.SAME
    return Turn.PROMISED if becomes else Turn.DROPPED


@dataclass(frozen=True, slots=True)
class Compared:
    """The counts of both sides over the same records, and how many cycles flipped each way."""

    before: Counts
    after: Counts
    broken: int = 0
    kept: int = 0

    @property
    def change(self) -> Fraction | None:
        """Attainment after less attainment before; None where one of them is of nothing."""
        if self.before.attainment is None or self.after.attainment is None:
            return None
        return self.after.attainment - self.before.attainment


def a_day(number: int, days: int) -> Fraction | None:
    """How many of something came on a day of so many, on average; None of no day."""
    return Fraction(number, days) if days else None
