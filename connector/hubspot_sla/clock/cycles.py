"""When one clock started and stopped: the timeline as its metric reads it, as a list of cycles.

Events of one instant count in the order stop, pause, resume, start: what starts a clock is not stopped by what happens
in the same instant, unless the stop is a condition that holds then. The creation comes before all else.

An edit of the mappings may define a metric anew. A cycle that runs then keeps its start, and ends by the new
definition; where none has begun yet, the new definition looks at the whole history.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, NamedTuple

from hubspot_sla.clock.summary import FOREVER

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import tzinfo

    from hubspot_sla.clock.closings import ClosingsOfClock, Cut
    from hubspot_sla.clock.history import Marks, TicketHistory
    from hubspot_sla.clock.metrics import Definition
    from hubspot_sla.clock.phases import Phase


CycleTimes = tuple[int, "int | None", "int | None", bool]
"""From when to when one clock ran: its start; when the goal was reached; when it ended without that, because the ticket
was closed first; and whether it is inferred: a message at its start or end may have hidden others."""


def over_at(times: CycleTimes) -> int | None:
    """When the clock stopped or ended; None while it lives."""
    _, stopped_at, ended_at, _ = times
    return ended_at if stopped_at is None else stopped_at


def known_by(times: Iterable[CycleTimes], at: int) -> list[CycleTimes]:
    """The cycles that had begun by then; one that stopped later was running."""
    return [
        (start, stop if stop is not None and stop <= at else None, end, inferred)
        for start, stop, end, inferred in times
        if start <= at
    ]


def cycle_times(history: TicketHistory, phases: Sequence[Phase], closings: ClosingsOfClock) -> list[CycleTimes]:
    """Every cycle of one clock, oldest first; none where it has never started. `phases` are sorted, never none."""
    if len(phases) == 1:
        return cycles_of_one(history, phases[0].definition, phases[0].zone, closings)
    search = _CycleSearch(history.created_at, closings)
    for place, phase in enumerate(phases):
        until = phases[place + 1].since if place + 1 < len(phases) else FOREVER
        search.run(phase, history.marks(phase.definition, phase.zone), until)
    times = search.finished()
    return _as_one(times) if phases[-1].definition.adds_up else times


def cycles_of_one(
    history: TicketHistory, definition: Definition, zone: tzinfo, closings: ClosingsOfClock
) -> list[CycleTimes]:
    """The same where the metric was always defined so. A date without a time begins in `zone`."""
    if definition.runs_once_from_creation:
        return once_from_creation(history, definition, zone, closings)
    times = _of_one_definition(history, definition, zone, closings)
    return _as_one(times) if definition.adds_up else times


def once_from_creation(
    history: TicketHistory, definition: Definition, zone: tzinfo, closings: ClosingsOfClock
) -> list[CycleTimes]:
    """The same of a definition that runs once from the creation on: what the search below finds, in one step."""
    start, cuts = history.created_at, closings[0]
    stop, inferred = (None, False) if definition.is_bare else history.first_stop(definition, zone)
    if not cuts or (stop is not None and stop <= cuts[0][0]):
        return [(start, stop, None, inferred)]
    closed_at, again_at, stops = cuts[0]
    if again_at is None and closed_at >= start:
        return [(start, closed_at, None, inferred) if stops else (start, None, closed_at, inferred)]
    return list(_split_at_closings(start, stop, cuts, inferred=inferred))


def _of_one_definition(
    history: TicketHistory, definition: Definition, zone: tzinfo, closings: ClosingsOfClock
) -> list[CycleTimes]:
    """What the search below finds where the metric was always defined so."""
    marks = history.marks(definition, zone, if_started=True)
    starts, inferred_starts = marks[0]
    times: list[CycleTimes] = []
    place, closed_from = 0, history.closed_from
    while place < len(starts):
        start = starts[place]
        inferred = start in inferred_starts
        is_reset = True
        while is_reset:
            end = marks.next_end(start, 0)
            if end is None:
                reader = _CycleReader(history.created_at, definition, closings)
                return [*times, *reader.cycles(start, None, inferred=inferred)]
            end_at, is_reset = end
            inferred = inferred or marks.is_inferred_end(end_at, is_reset=is_reset)
            if end_at <= closed_from and start < closed_from:  # no closing touches it
                times.append((start, end_at, None, inferred))
            else:
                reader = _CycleReader(history.created_at, definition, closings)
                times += reader.cycles(start, end_at, inferred=inferred)
            place = bisect_left(starts, max(end_at, start + 1))  # one start begins one cycle
            start, inferred = end_at, False
        if times and definition.first_only:
            break
    return times


class _CycleReader(NamedTuple):
    """Makes cycles of starts and ends, by what the closings of the ticket make of them."""

    created_at: int
    definition: Definition
    closings: ClosingsOfClock

    def begun_at(self, start: int) -> int | None:
        """The start, or the reopening behind it; None where there was none, and behind the final closing. The creation
        comes before a closing."""
        if start == self.created_at and self.definition.starts_at_creation:
            return start
        begun_at, final_at = self.closings.open_at(start), self.closings.final_at
        return None if begun_at is not None and final_at is not None and begun_at > final_at else begun_at

    def cycles(self, start: int, end_at: int | None, *, inferred: bool) -> Iterable[CycleTimes]:
        """A cycle that is over at `end_at`, or goes on. What would have begun with a reopening, and was over before it,
        was no cycle."""
        if not self.closings.standstills and not self.closings.cuts:
            return ((start, end_at, None, inferred),)
        begun_at = self.begun_at(start)
        if begun_at is None or (begun_at != start and end_at is not None and end_at <= begun_at):
            return ()
        return _split_at_closings(begun_at, end_at, self.closings.cuts, inferred=inferred)


def _as_one(times: list[CycleTimes]) -> list[CycleTimes]:
    """One cycle from the first start to the last stop."""
    if not times:
        return []
    started_at, _, ended_at, inferred = times[0]
    return [(started_at, times[-1][1], ended_at, inferred)]


class _CycleSearch:
    """Goes from a start to its end and on to the next start. `started_at` is the start of a cycle that goes on, and
    `ends` what can end it."""

    __slots__ = ("closings", "created_at", "definition", "ends", "inferred", "started_at", "times")

    def __init__(self, created_at: int, closings: ClosingsOfClock) -> None:
        self.created_at = created_at
        self.closings = closings
        self.times: list[CycleTimes] = []
        self.started_at: int | None = None
        self.inferred = False

    def run(self, phase: Phase, marks: Marks, until: int) -> None:
        """Look for cycles in what happened in one phase, which ends at `until`."""
        runs = self.started_at is not None and self._has_begun(self.started_at, phase.since)
        if not runs and not self.times:
            self.started_at = None
        if not (runs and phase.keeps_running):
            self.ends = marks
        self.definition = phase.definition
        search_from = phase.since if self.times else 0
        since = 0 if self.started_at is None else phase.since
        while (start := self._start(marks, search_from, until)) is not None:
            end = self.ends.next_end(start, since)
            if end is None or end[0] >= until:
                self.started_at = start
                return
            end_at, is_reset = end
            self.inferred |= self.ends.is_inferred_end(end_at, is_reset=is_reset)
            self._add(start, end_at)
            self.started_at, self.inferred, self.ends = end_at if is_reset else None, False, marks
            search_from, since = max(end_at, start + 1), 0  # one start begins one cycle

    def _start(self, marks: Marks, search_from: int, until: int) -> int | None:
        """The start of the cycle that goes on, or else the next one."""
        if self.started_at is not None:
            return self.started_at
        if self.times and self.definition.first_only:
            return None
        start = marks.next_start(search_from)
        if start is None or start >= until:
            return None
        self.inferred = start in marks.starts[1]
        return start

    def _add(self, start: int, end_at: int | None) -> None:
        self.times += self._reader.cycles(start, end_at, inferred=self.inferred)

    def _has_begun(self, start: int, by: int) -> bool:
        begun_at = self._reader.begun_at(start)
        return begun_at is not None and begun_at < by

    @property
    def _reader(self) -> _CycleReader:
        return _CycleReader(self.created_at, self.definition, self.closings)

    def finished(self) -> list[CycleTimes]:
        if self.started_at is not None:
            self._add(self.started_at, None)
        return self.times


def _split_at_closings(start: int, stop: int | None, cuts: Sequence[Cut], *, inferred: bool) -> Iterator[CycleTimes]:
    """One cycle from `start` to `stop`, or several where the ticket was closed and began anew in between."""
    for closed_at, again_at, stops in cuts:
        if closed_at < start:
            if again_at is None:
                return
            start = max(start, again_at)
        elif stop is not None and stop <= closed_at:
            break
        else:
            yield (start, closed_at, None, inferred) if stops else (start, None, closed_at, inferred)
            if again_at is None or (stop is not None and stop <= again_at):
                return
            start = again_at
    if stop is None or stop >= start:
        yield start, stop, None, inferred
