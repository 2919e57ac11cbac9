"""Suggested targets that hold where all of one share are pasted at once.

A ticket that changes its group midway counts by the targets of both. So from the targets that hold each by itself on,
those that do not hold beside the others are looked for anew beside them, until all do or the rounds are over.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from hubspot_sla.flows.simulation.held import Search, Trial, attains
from hubspot_sla.flows.simulation.pasted import Paste
from hubspot_sla.measure.suggestion import step_down

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hubspot_sla.flows.simulation.held import Holding

ROUNDS: Final = 8
MOST_JUDGED: Final = 400_000
"""Judgements, about a minute, after which no further round is begun: where most tickets change their group, each round
takes as long as the first."""


@dataclass(frozen=True, slots=True)
class Together:
    """A target beside the others of its share: how many it meets, and judges, and the step below it."""

    share: Fraction
    target_ms: int
    at: tuple[int, int]
    below: tuple[int, int]

    @property
    def attained(self) -> Fraction | None:
        met, judged = self.at
        return Fraction(met, judged) if judged else None

    @property
    def holds(self) -> bool:
        """Whether it attains the share, and the step below does not."""
        return attains(self.at, self.share) and not attains(self.below, self.share)


def held_together(holding: Holding, searches: Sequence[Search], tell: Callable[[str], None]) -> list[Together]:
    """The targets of one share, found each by itself, as they have to be beside each other. Of all rounds that in which
    most hold."""
    targets = [search.target_ms for search in searches]
    most = holding.judged + MOST_JUDGED
    best = found = _beside_each_other(holding, searches, targets)
    for number in range(ROUNDS):
        failing = [place for place, together in enumerate(found) if not together.holds]
        if not failing or holding.judged > most:
            break
        tell(f"targets held beside each other, round {number + 1}")
        # Two that hang together could change places for ever: by turns one half waits.
        again = {place: _beside(searches, targets, place) for place in failing[number % 2 if failing[1:] else 0 :: 2]}
        lost = holding.hold(list(again.values()), lambda _: None)
        for place, search in again.items():
            if not any(search is other for other in lost):
                targets[place] = search.target_ms
        found = _beside_each_other(holding, searches, targets)
        if _holding(found) > _holding(best):
            best = found
    return best


def _holding(found: Sequence[Together]) -> int:
    return sum(together.holds for together in found)


def _beside(searches: Sequence[Search], targets: Sequence[int], place: int) -> Search:
    """A search for one target beside the others."""
    search = searches[place]
    return Search(
        replace(search.group, known={}), search.share, targets[place], others=_others(searches, targets, place)
    )


def _others(searches: Sequence[Search], targets: Sequence[int], place: int) -> tuple[Paste, ...]:
    return tuple(
        Paste(search.group.whom, target)
        for number, (search, target) in enumerate(zip(searches, targets, strict=True))
        if number != place
    )


def _beside_each_other(holding: Holding, searches: Sequence[Search], targets: Sequence[int]) -> list[Together]:
    """Every target beside all others, and the step below each beside the others' targets."""
    pastes = [Paste(search.group.whom, target) for search, target in zip(searches, targets, strict=True)]
    side = holding.pasting.side(pastes)
    at = [Trial(search.group, target, side) for search, target in zip(searches, targets, strict=True)]
    below = {}
    for place, search in enumerate(searches):
        if lower := step_down(targets[place]):
            others = [*pastes[:place], Paste(search.group.whom, lower), *pastes[place + 1 :]]
            below[place] = Trial(search.group, lower, holding.pasting.side(others))
    holding.run([*at, *below.values()])
    return [
        Together(search.share, target, at[place].result(), below[place].result() if place in below else (0, 0))
        for place, (search, target) in enumerate(zip(searches, targets, strict=True))
    ]
