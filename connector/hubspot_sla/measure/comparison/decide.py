"""Whether our clock and HubSpot's own SLA say the same of one goal of one ticket, and if not, why not.

A cause is proven, or it is not named: our clock counted again with that one rule as HubSpot has it gives HubSpot's due
instant within one second, and the time that the goal took, and whether it was in time, as far as HubSpot shows them.
The causes are tried in the order of their list; where none alone gives that, the first pair that does is the cause.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Final

from hubspot_sla.measure.comparison.cause import OF_RULES, Cause
from hubspot_sla.measure.comparison.one_rule import EXCHANGES
from hubspot_sla.measure.comparison.terms import NOTHING, Figures, Standing, figures_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from hubspot_sla.measure.comparison.terms import Terms
    from hubspot_sla.measure.comparison.theirs import Shown, Theirs

WITHIN_MS: Final = 1000


@dataclass(frozen=True, slots=True)
class Compared:
    """Ours beside what HubSpot shows. No `causes`: they agree; two: it takes both."""

    ours: Figures
    shown: Shown
    causes: tuple[Cause, ...]


def compare(terms: Terms, shown: Shown, theirs: Theirs, now: int) -> Compared | None:
    """As of `now` (epoch ms); None where neither of the two has a clock."""
    ours = figures_of(terms, now, counts_pauses=theirs.counts_pauses)
    if shown.due_at is None:
        return None if ours.due_at is None else Compared(ours, shown, (Cause.NO_NATIVE_CLOCK,))
    return Compared(ours, shown, _causes(terms, ours, shown, theirs, now))


def _causes(terms: Terms, ours: Figures, shown: Shown, theirs: Theirs, now: int) -> tuple[Cause, ...]:
    if _gives(ours, shown):
        return () if ours.due_at == shown.due_at else (Cause.UNDER_A_SECOND,)
    if _stopped_in_between(ours, shown):
        return (Cause.UNDER_A_SECOND,)
    proving = _Proving(terms, shown, theirs, now)
    for causes in (*combinations(OF_RULES, 1), *combinations(OF_RULES, 2)):
        if proving.prove(causes):
            return causes
    return (Cause.UNKNOWN,)


def _stopped_in_between(ours: Figures, shown: Shown) -> bool:
    """Whether the due instants are less than a second apart, and the goal was reached between the two."""
    due_at, stopped_at = ours.due_at, ours.stopped_at
    if due_at is None or shown.due_at is None or stopped_at is None or due_at == shown.due_at:
        return False
    in_between = min(due_at, shown.due_at) <= stopped_at <= max(due_at, shown.due_at)
    return in_between and _is_near(due_at, shown.due_at) and _takes_as_long(ours, shown)


@dataclass(frozen=True, slots=True)
class _Proving:
    terms: Terms
    shown: Shown
    theirs: Theirs
    now: int

    def prove(self, causes: Collection[Cause]) -> bool:
        return any(_gives(figures, self.shown) for figures in self._figures(causes))

    def _figures(self, causes: Collection[Cause]) -> Iterator[Figures]:
        in_order = [cause for cause in EXCHANGES if cause in causes]
        for terms in self._exchanged(self.terms, in_order):
            yield self._counted(terms)

    def _exchanged(self, terms: Terms, causes: list[Cause]) -> Iterator[Terms]:
        if not causes:
            yield terms
            return
        try:
            for exchanged in EXCHANGES[causes[0]](terms, self.theirs, self.now):
                yield from self._exchanged(exchanged, causes[1:])
        except ValueError:  # a calendar that would never open: HubSpot's cannot be like that
            return

    def _counted(self, terms: Terms) -> Figures:
        try:
            return figures_of(terms, self.now, counts_pauses=self.theirs.counts_pauses)
        except ValueError:
            return NOTHING


def _gives(figures: Figures, shown: Shown) -> bool:
    if figures.due_at is None or shown.due_at is None or not _is_near(figures.due_at, shown.due_at):
        return False
    return _takes_as_long(figures, shown) and _stands_as(figures.standing, shown.standing)


def _takes_as_long(figures: Figures, shown: Shown) -> bool:
    if shown.elapsed_ms is None:
        return True
    return figures.elapsed_ms is not None and _is_near(figures.elapsed_ms, shown.elapsed_ms)


def _is_near(one: int, other: int) -> bool:
    return abs(one - other) <= WITHIN_MS


def _stands_as(ours: Standing | None, shown: Standing | None) -> bool:
    return shown is None or ours is shown
