"""What is likely to come of clocks that run, by how clocks of their kind have fared before."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from hubspot_sla.measure.forecast import OpenClock, groups_of, likely, turns_at
from hubspot_sla.measure.survival import survival

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hubspot_sla.measure.survival import Survival


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


@dataclass(frozen=True, slots=True)
class Prospect:
    """Of one clock that runs: the `chance` of being late, which rests on `ended` cycles of its kind; `turns_ms` is how
    long it has run (business time) when being late becomes likelier than not. `naive` is the share that was late of all
    that this policy promised before."""

    chance: float
    turns_ms: int
    ended: int
    naive: float


@dataclass
class Past:
    """What was seen of the clocks of the past."""

    _reached: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    _censored: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    _judged: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))

    @classmethod
    def of(cls, lives: Iterable[Life]) -> Past:
        past = cls()
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
        naive = next((self._judged[group] for group in groups[1:] if group in self._judged), None)
        if found is None or naive is None:
            return None
        group, met = found
        curve = self._curves[group]
        return Prospect(1 - met, turns_at(curve, elapsed_ms, target_ms), curve.ended, naive[0] / naive[1])

    @cached_property
    def _curves(self) -> dict[str, Survival]:
        groups = self._reached.keys() | self._censored.keys()
        return {group: survival(self._reached.get(group, ()), self._censored.get(group, ())) for group in groups}
