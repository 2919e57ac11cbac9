"""Why an attainment is another one than it was: the difference of two figures, split into parts that sum to it exactly.

Records come in cells, kinds of ticket that are alike in what decides how well they fare. What moved is how many there
are of each kind (mix), how well each kind fares (performance), and kinds that were not there before.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)
NOTHING = Fraction(0)


@dataclass(frozen=True, slots=True)
class Tally:
    """Of `judged` cycles `met` were met."""

    met: int = 0
    judged: int = 0

    @property
    def rate(self) -> Fraction | None:
        """None of none."""
        return Fraction(self.met, self.judged) if self.judged else None

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.met + other.met, self.judged + other.judged)


@dataclass(frozen=True, slots=True)
class CellDifference:
    """What one cell adds to each part, as shares of 1."""

    before: Tally
    after: Tally
    mix: Fraction = NOTHING
    performance: Fraction = NOTHING
    new_kind: Fraction = NOTHING


def by_cell(before: Mapping[Key, Tally], after: Mapping[Key, Tally]) -> dict[Key, CellDifference]:
    """The difference of the attainment of all cells together, `after` less `before`: over all cells `mix`,
    `performance` and `new_kind` sum to it.

    Both hold judged cycles, else there is no difference: ValueError. Cells without a cycle `before` are new kinds of
    ticket; they add what all `after` differs from the known kinds alone. Among the known kinds w and r are the share
    and the rate of a cell before, W and R after, and a is the attainment before: mix is (W - w)(r - a), performance
    W(R - r).
    """
    all_before, all_after = _sum(before), _sum(after)
    a = all_before.rate
    if a is None or not all_after.judged:
        raise ValueError("a difference needs judged cycles on both sides")
    known = {key for key, tally in before.items() if tally.judged}
    known_after = _sum({key: tally for key, tally in after.items() if key in known})
    rest = a if known_after.rate is None else known_after.rate
    parts: dict[Key, CellDifference] = {}
    for key in {**before, **after}:
        was, is_now = before.get(key, Tally()), after.get(key, Tally())
        if key not in known:
            rate = is_now.rate or NOTHING
            share = Fraction(is_now.judged, all_after.judged)
            parts[key] = CellDifference(was, is_now, new_kind=share * (rate - rest))
        elif known_after.judged:
            r = Fraction(was.met, was.judged)
            share_before, share = Fraction(was.judged, all_before.judged), Fraction(is_now.judged, known_after.judged)
            rate = r if is_now.rate is None else is_now.rate
            parts[key] = CellDifference(was, is_now, (share - share_before) * (r - a), share * (rate - r))
        else:
            parts[key] = CellDifference(was, is_now)
    return parts


def _sum(cells: Mapping[Key, Tally]) -> Tally:
    return sum(cells.values(), Tally())
