"""What is likely to come of open clocks, by how clocks of their kind have fared before.

A clock that runs goes by how long its kind took, given that it has run so long. For a clock that stands still that
would be wrong: what waits for a customer is often over without running again, and most of what came to be late never
stood still. It goes by clocks of its policy that were seen standing still before, having used as much of their target.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple

from hubspot_sla.measure.forecast import OpenClock, groups_of, likely, turns_at
from hubspot_sla.measure.survival import survival

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hubspot_sla.measure.survival import Survival


ENOUGH_LOOKS: Final = 200
"""So many a share that is often small needs: of 20 none may be late by chance, and no promise is certain."""


class Kind(NamedTuple):
    """What clocks have in common that are likely to fare alike; "" for no policy and no priority."""

    metric: str
    policy: str
    priority: str


class Life(NamedTuple):
    """One cycle as it was seen: `elapsed_ms` of business time until it reached its goal, or else until it was last seen
    or ended without that. `is_late`: whether it was late then; None where it was not judged."""

    kind: Kind
    elapsed_ms: int
    reached: bool
    is_late: bool | None


class Stood(NamedTuple):
    """One cycle as it was seen standing still at one instant, not late then: the share of its target that it had
    `used`, and whether it came to be late."""

    kind: Kind
    used: float
    is_late: bool


@dataclass(frozen=True, slots=True)
class Prospect:
    """Of one open clock: the `chance` of being late, which rests on `ended` cycles of its kind; `turns_ms` is how
    long it has run (business time) when being late becomes likelier than not, None while it stands still: nobody knows
    when it runs again. `naive` is the share that was late of all that this policy promised before."""

    chance: float
    turns_ms: int | None
    ended: int
    naive: float


@dataclass
class Past:
    """What was seen of the clocks of the past."""

    _reached: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    _censored: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    _judged: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))
    _stood: defaultdict[str, list[tuple[float, bool]]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def of(cls, lives: Iterable[Life], stood: Iterable[Stood] = ()) -> Past:
        past = cls()
        for one in stood:
            for group in groups_of(*one.kind)[1:]:
                past._stood[group].append((one.used, one.is_late))
        for some in past._stood.values():
            some.sort()
        for life in lives:
            groups = groups_of(*life.kind)
            for group in groups:
                (past._reached if life.reached else past._censored)[group].append(life.elapsed_ms)
            for group in groups[1:] if life.is_late is not None else ():
                past._judged[group][0] += bool(life.is_late)
                past._judged[group][1] += 1
        return past

    def prospect(self, kind: Kind, elapsed_ms: int, target_ms: int) -> Prospect | None:
        """None: nothing like it was ever judged, or ever ran so long."""
        groups = groups_of(*kind)
        found = likely(OpenClock(groups, elapsed_ms, target_ms), self._curves)
        naive = self._naive(groups[1:])
        if found is None or naive is None:
            return None
        group, met = found
        curve = self._curves[group]
        return Prospect(1 - met, turns_at(curve, elapsed_ms, target_ms), curve.ended, naive)

    def ends(self, kind: Kind, elapsed_ms: int, target_ms: int) -> list[tuple[int, float]] | None:
        """How long one may take that has run for `elapsed_ms`: lengths with their shares, which sum to 1. What never
        ended counts as the longest that did. None: as for `prospect`."""
        found = likely(OpenClock(groups_of(*kind), elapsed_ms, target_ms), self._curves)
        if found is None:
            return None
        curve = self._curves[found[0]]
        left = before = curve.longer_than(elapsed_ms)
        if not left:  # it is late already, and none took so long
            return [(elapsed_ms, 1.0)]
        ends: list[tuple[int, float]] = []
        for ms, above in zip(curve.at_ms, curve.above, strict=True):
            if ms > elapsed_ms:
                ends.append((ms, (before - above) / left))
                before = above
        longest = ends[-1][0] if ends else elapsed_ms
        return [*ends, (longest, before / left)] if before else ends

    def prospect_of_paused(self, kind: Kind, elapsed_ms: int, target_ms: int) -> Prospect | None:
        """Of those of its policy that were seen standing still with at least as much of their target used, the share
        that came to be late. Where these are fewer than `ENOUGH_LOOKS`, so many that had used most; where its policy
        was seen less often altogether, those of its metric. None: nothing like it was seen."""
        groups = groups_of(*kind)[1:]
        naive = self._naive(groups)
        alike = [self._stood[group] for group in groups if group in self._stood]
        some = next((each for each in alike if len(each) >= ENOUGH_LOOKS), alike[-1] if alike else None)
        if some is None or naive is None:
            return None
        least = min(elapsed_ms / target_ms, some[max(len(some) - ENOUGH_LOOKS, 0)][0])
        chosen = some[bisect_left(some, (least, False)) :]
        return Prospect(sum(is_late for _, is_late in chosen) / len(chosen), None, len(chosen), naive)

    def _naive(self, groups: Iterable[str]) -> float | None:
        late, judged = next((self._judged[group] for group in groups if group in self._judged), (0, 0))
        return late / judged if judged else None

    @cached_property
    def _curves(self) -> dict[str, Survival]:
        groups = self._reached.keys() | self._censored.keys()
        return {group: survival(self._reached.get(group, ()), self._censored.get(group, ())) for group in groups}
