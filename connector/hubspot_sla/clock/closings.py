"""What the closings of a ticket do to one clock: which end its cycles, and which only make it stand still."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from hubspot_sla.clock.promise import Reopen
from hubspot_sla.clock.timeline import ClosingKind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hubspot_sla.clock.metrics import Definition
    from hubspot_sla.clock.promise import Promise
    from hubspot_sla.clock.stays import Stay
    from hubspot_sla.clock.timeline import Pause, Timeline

    PromiseAt = Callable[[int], Promise]


_ORDINARY: Final = ClosingKind.ORDINARY  # to look up a member of an enum takes longer than a call

Cut = tuple[int, int | None, bool]
"""A closing that ends the cycles: when the ticket was closed, when a new cycle may start (None: never), and whether the
closing is the goal of the clock."""


class ClosingsOfClock(NamedTuple):
    """What one clock makes of the closings. `standstills` are the intervals in which it stands still."""

    cuts: Sequence[Cut] = ()
    standstills: Sequence[Pause] = ()

    @property
    def final_at(self) -> int | None:
        """The closing after which no cycle can start any more; None while one still can."""
        if not self.cuts:
            return None
        closed_at, again_at, _ = self.cuts[-1]
        return closed_at if again_at is None else None

    def open_at(self, at: int) -> int | None:
        """`at`, or the reopening where the ticket was closed then; None where it was never reopened."""
        for start, end, *_ in self.standstills:
            if start <= at and (end is None or at < end):
                return end
        return at


UNNOTICED = ClosingsOfClock()
"""What a clock makes of closings that mean nothing to it."""

closings_of_clock: Final[Callable[[tuple[object, ...]], ClosingsOfClock]] = partial(tuple.__new__, ClosingsOfClock)
"""As `_make`, with both fields, in less time."""


def closings_of(
    definition: Definition, closed: Sequence[Pause], promise_at: PromiseAt, *, reaches_goal: bool = True
) -> ClosingsOfClock:
    """The closings as a clock of this definition takes them. `promise_at(at)` is what was promised at an instant.

    Without `reaches_goal` the closing that still lasts is no stop, although closing is the goal: the ticket was
    cancelled.
    """
    if not closed or not definition.notices_closing:
        return UNNOTICED
    cuts: list[Cut] = []
    standstills: list[Pause] = []
    stops = definition.stops_at_closing
    for place, pause in enumerate(closed, 1):
        if pause.end is None:
            return ClosingsOfClock([*cuts, (pause.start, None, stops and reaches_goal)], [*standstills, pause])
        rule = promise_at(pause.end).reopening(pause.start, pause.end)
        if rule is not Reopen.COUNT:
            standstills.append(pause)
        if rule is Reopen.IGNORE:
            return ClosingsOfClock([*cuts, (pause.start, None, stops)], [*standstills, *closed[place:]])
        if rule is Reopen.RESTART:
            cuts.append((pause.start, pause.end, stops))
    return ClosingsOfClock(cuts, standstills)


def only_closing(closed: Sequence[Pause], *, reaches_goal: bool) -> Sequence[ClosingsOfClock] | None:
    """Where the ticket was closed once and still is, or never: what each clock makes of that, by what a closing means
    to its definition. It depends on nothing that was promised. None: the ticket was reopened."""
    if not closed:
        return UNNOTICED, UNNOTICED, UNNOTICED
    if closed[0][1] is not None:
        return None
    closed_at = closed[0][0]
    ends = closings_of_clock((((closed_at, None, False),), closed))
    stops = closings_of_clock((((closed_at, None, True),), closed)) if reaches_goal else ends
    return UNNOTICED, ends, stops


class LastClosing(NamedTuple):
    """Why the ticket is closed, since when it is, since when a stage or property says why, and who moved or set it."""

    kind: ClosingKind
    closed_at: int
    said_at: int
    by: str = ""


def last_closing(timeline: Timeline, closed_at: int, last_stay: Stay) -> LastClosing | None:
    """Why a closed ticket is, by where it stays; None: because its work is done, as far as anybody says.

    A stage that says why speaks before a property does.
    """
    stage = timeline.stages[-1]
    if stage.closing is not _ORDINARY:
        since, _, last = last_stay
        return LastClosing(stage.closing, closed_at, since, last.by)
    if not timeline.closing_reasons or timeline.closing_reasons[-1].kind is _ORDINARY:
        return None
    reason = timeline.closing_reasons[-1]
    return LastClosing(reason.kind, closed_at, max(reason.at, closed_at), reason.by or last_stay[2].by)
