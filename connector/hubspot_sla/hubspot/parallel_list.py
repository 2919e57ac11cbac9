"""The whole list of tickets, read at several places at once, without trusting where a place is.

HubSpot's list is paged by an opaque `after`: one page tells where the next begins, so a list is read page by page, at
300 ms each. In practice `after` is the id of a record and pages are in order of id, so one can begin in the middle.
That is used here and not relied upon: a stretch that begins in the middle *ends the one before it only where its own
first row is*, whatever that row is. Between the first row of a stretch and its end only HubSpot's own cursors are
followed. So a jump that lands too far leaves no gap, one that lands too near is cut off, and where ids are not numbers
or not in order the list is read page by page, from where the first stretch has come to.

A list of a few pages is read one page after the other, with not a call more. Beyond that one search tells the highest
id; the search index lags, so the last stretch has no end but the list's. A stretch that is done has the longest of
the others split in two. The calls this costs beyond the pages themselves: the search, and about half a page a split.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hubspot_sla.hubspot.list_range import Arrival, ListRange, Span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from hubspot_sla.hubspot.concurrency import Flight
    from hubspot_sla.hubspot.tickets import Page

LONE_PAGES: Final = 4
"""Read one after the other before anything is spent on reading faster."""
WORTH_SPLITTING: Final = 10
"""Pages that must be left of a stretch: each half costs up to a page more."""


@dataclass(frozen=True, slots=True)
class Top:
    """The highest id that a search finds, and how many records it counts."""

    id: int
    total: int


class ParallelList:
    """One reading of the list, from `spans` on. `top` is asked at most once, `fetch` gives the page at a cursor."""

    def __init__(
        self,
        flight: Flight,
        fetch: Callable[[str | None], Page],
        top: Callable[[], Top | None],
        page_size: int,
        spans: Sequence[Span] = (Span(),),
    ) -> None:
        self._flight = flight
        self._fetch = fetch
        self._ask_top = top
        self._page_size = page_size
        self._stretches = [ListRange(span) for span in spans]
        self._flying: dict[Future[Page], ListRange] = {}
        self._arrived: deque[Arrival] = deque()
        self._may_split = flight.most > 1
        self._top: Top | None = None
        self._read = 0

    def pages(self) -> Iterator[tuple[Page, tuple[Span, ...]]]:
        """Pages with what is left to be read once each is dealt with; nothing is left after the last.

        Every ticket comes at least once, and rarely twice. Raises what `fetch` raises.
        """
        try:
            while self._go_on():
                arrival = self._arrived.popleft()
                arrival.stretch.record(arrival)
                yield arrival.page, self._left()
        finally:
            self._land()

    def _go_on(self) -> bool:
        """Take in what has come and ask for more; False when there is nothing more to come."""
        self._launch()
        while self._flying and not self._arrived:
            wait(self._flying, return_when=FIRST_COMPLETED)
            self._take_in_what_is_there()
        self._take_in_what_is_there()
        return bool(self._arrived)

    def _take_in_what_is_there(self) -> None:
        for future in [future for future in self._flying if future.done()]:
            if future in self._flying:  # what came before it may have ended the reading side by side
                self._take_in(self._flying.pop(future), future.result())
        self._launch()

    def _launch(self) -> None:
        """Each stretch has one page in the air, as long as not too many wait to be dealt with."""
        self._split()
        busy = set(map(id, self._flying.values()))
        for stretch in self._stretches:
            if len(self._flying) + len(self._arrived) >= 2 * self._flight.most:
                return
            if not stretch.read and id(stretch) not in busy:
                self._flying[self._flight.start(self._fetch, stretch.cursor)] = stretch

    def _take_in(self, stretch: ListRange, page: Page) -> None:
        self._read += 1
        if self._may_split and not stretch.fits(page):
            self._one_by_one()
            if stretch not in self._stretches:
                return
        self._arrived.append(stretch.take(page))

    def _one_by_one(self) -> None:
        """The list is not what it seemed: from where the first stretch has come to, page by page."""
        self._may_split = False
        first = self._stretches[0]
        if len(self._stretches) == 1 and first.whole:
            return
        self._land()
        self._arrived.clear()
        self._stretches = [ListRange(Span(first.recorded))]

    def _split(self) -> None:
        """Have as many stretches as may fly, by halving the longest, while that is worth it."""
        if not self._may_split or not self._knows_top():
            return
        while sum(not stretch.read for stretch in self._stretches) < self._flight.most:
            longest = max(self._stretches, key=self._pages_left)
            if self._pages_left(longest) < WORTH_SPLITTING:
                return
            self._stretches.insert(self._stretches.index(longest) + 1, longest.halved(self._end(longest)))

    def _knows_top(self) -> bool:
        """Asks once, when there is more than a few pages and the cursors look like ids."""
        if self._top is None and self._read >= LONE_PAGES:
            more = [stretch for stretch in self._stretches if not stretch.read]
            self._may_split = bool(more) and all(stretch.cursor_is_id for stretch in more)
            self._top = self._ask_top() if self._may_split else None
            self._may_split = self._top is not None
        return self._top is not None

    def _end(self, stretch: ListRange) -> int:
        end = stretch.bound
        return end if end is not None else (self._top.id + 1 if self._top else 0)

    def _pages_left(self, stretch: ListRange) -> float:
        if stretch.read or self._top is None or not stretch.may_be_halved:
            return 0.0
        density = stretch.density or self._top.total / max(1, self._top.id)
        return density * (self._end(stretch) - stretch.reached) / self._page_size

    def _left(self) -> tuple[Span, ...]:
        """What is not dealt with yet. A stretch of which nothing is known is still part of the one before it."""
        return tuple(span for stretch in self._stretches if (span := stretch.left()) is not None)

    def _land(self) -> None:
        """Nothing is in the air when this returns."""
        for future in self._flying:
            future.cancel()
        wait(self._flying)
        self._flying.clear()
