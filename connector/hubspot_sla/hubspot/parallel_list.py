"""The whole list of tickets, read at several places at once, without trusting where a place is.

HubSpot's list is paged by an opaque `after`: each page says where the next begins, so a list is read page by page, at
300 ms each. In practice `after` is the id of a record and pages are in order of id, so one can begin in the middle.
That is used here and not relied upon: a range that begins in the middle *ends the one before it only where its own
first row is*, whatever that row is. Between the first row of a range and its end only HubSpot's own cursors are
followed. So a jump that lands too far leaves no gap, one that lands too near is cut off, and where ids are not numbers
or not in order the list is read page by page, from where the first range has come to.

Where to begin: ids are sparse and clustered, so the middle of the ids is not the middle of the tickets. A search that
is sorted by id gives the id of the ticket so many rows further on, and how many there are in all. A range is cut
there, a whole number of pages ahead, so that no page is read twice. The search index lags, so the last range has no end
but the list's. What this costs: one search for every `PAGES_A_SEARCH` pages at most, and none where the list is short.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from hubspot_sla.hubspot import concurrency
from hubspot_sla.hubspot.list_range import ListRange, RangePage, UnreadRange
from hubspot_sla.hubspot.record_rows import Page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from hubspot_sla.hubspot.concurrency import Flight

LONE_PAGES: Final = 13
"""Read one after the other before anything is spent on reading faster."""
PAGES_A_SEARCH: Final = 40
"""No more than one search for so many pages: two or three calls in a hundred."""
SMALLEST_PART: Final = 10
"""Pages of which a part of its own is worth a search."""
FIRST_CUT_PAGES: Final = 50
"""Where the first cut is tried, before anybody knows how long the list is."""
MOST_ROWS_AHEAD: Final = 9_999
"""HubSpot's search gives the first 10,000 results of a query."""


@dataclass(frozen=True, slots=True)
class RowAhead:
    """What a search found `rank` rows ahead: the id of that row (None: there are not so many), and how many rows there
    are from the place that was asked about, both as far as the index shows."""

    id: int | None
    rows: int


class RowSearch(Protocol):
    """Finds the row that is `rank` rows behind the first one whose id is `start` or more, of those before `end`."""

    def __call__(self, start: int, end: int | None, rank: int) -> RowAhead: ...


@dataclass(frozen=True, slots=True)
class _Cut:
    """A cut that is being searched for: of which range, how many rows ahead, and what it had read when it was asked."""

    of: ListRange
    rank: int
    rows_read: int


class ParallelList:
    """One reading of the list, from `unread` on. `fetch` gives the page at a cursor."""

    def __init__(
        self,
        flight: Flight,
        fetch: Callable[[str | None], Page],
        search: RowSearch,
        page_size: int,
        unread: Sequence[UnreadRange] = (UnreadRange(),),
    ) -> None:
        self._flight = flight
        self._fetch = fetch
        self._search = search
        self._page_size = page_size
        self._ranges = [ListRange(each) for each in unread]
        self._fetching: dict[Future[Page], ListRange] = {}
        self._searching: dict[Future[RowAhead], _Cut] = {}
        self._arrived: deque[RangePage] = deque()
        self._may_cut = flight.most > 1
        self._pages_read = 0
        self._searches = 0
        self._cursor_is_first_row: bool | None = None

    def pages(self) -> Iterator[tuple[Page, tuple[UnreadRange, ...]]]:
        """Pages with what is left to be read once each is dealt with; nothing is left after the last. One that says
        that the next is waited for, whenever none has come for a while.

        Every ticket comes at least once, and rarely twice. Raises what `fetch` and `search` raise.
        """
        try:
            while self._goes_on():
                if not self._arrived:
                    yield Page([], None, waiting=True), self._left()
                    continue
                arrived = self._arrived.popleft()
                arrived.of.record(arrived)
                yield arrived.page, self._left()
        finally:
            self._finish_requests()

    def _goes_on(self) -> bool:
        """Take in what has come, once something has or `PULSE_S` is over, and ask for more; False when there is nothing
        more to come."""
        self._ask()
        self._take_in_what_is_there()
        if self._fetching and not self._arrived:
            wait(self._under_way(), timeout=concurrency.PULSE_S, return_when=FIRST_COMPLETED)
            self._take_in_what_is_there()
        return bool(self._arrived or self._fetching)

    def _take_in_what_is_there(self) -> None:
        for search in [search for search in self._searching if search.done()]:
            self._cut(self._searching.pop(search), search.result())
        for future in [future for future in self._fetching if future.done()]:
            if future in self._fetching:  # the page before it may have ended the reading at several places
                self._take_in(self._fetching.pop(future), future.result())
        self._ask()

    def _ask(self) -> None:
        """Have one page of each range on its way, as long as not too many wait to be dealt with."""
        self._search_for_a_cut()
        busy = set(map(id, self._fetching.values()))
        for each in self._ranges:
            if len(self._fetching) + len(self._arrived) >= 2 * self._flight.most:
                return
            if id(each) not in busy and each.may_fetch(self._page_size):
                self._fetching[self._flight.start(self._fetch, each.cursor)] = each

    def _take_in(self, of: ListRange, page: Page) -> None:
        self._pages_read += 1
        self._learn_cursor(of, page)
        if self._may_cut and not of.fits(page):
            self._read_one_by_one()
            if of not in self._ranges:
                return
        self._arrived.append(of.take(page))

    def _learn_cursor(self, of: ListRange, page: Page) -> None:
        """Learn from HubSpot's own cursors, before the first jump, what a cursor names."""
        begins_with_cursor = of.begins_with_cursor(page)
        if begins_with_cursor is not None and len(self._ranges) == 1:
            self._cursor_is_first_row = begins_with_cursor and self._cursor_is_first_row is not False

    def _read_one_by_one(self) -> None:
        """The list is not what it seemed: from where the first range has come to, page by page."""
        self._may_cut = False
        first = self._ranges[0]
        if len(self._ranges) == 1 and first.whole:
            return
        self._finish_requests()
        self._arrived.clear()
        self._ranges = [ListRange(UnreadRange(first.recorded))]

    def _search_for_a_cut(self) -> None:
        """Have a search under way for where to cut the longest range, while there are fewer than may be read at once
        and it is worth it. One at a time: each changes what the next should ask."""
        if not self._may_cut or self._searching or self._pages_read < LONE_PAGES:
            return
        unread = [each for each in self._ranges if not each.read]
        self._may_cut = bool(unread) and all(each.cursor_is_id for each in unread)
        if not self._may_cut or len(unread) >= self._flight.most:
            return
        longest = max(unread, key=self._pages_left)
        pages = self._pages_ahead(longest, self._flight.most - len(unread) + 1)
        if pages:
            self._searches += 1
            rank = pages * self._page_size
            search = self._flight.start(self._search, longest.next_id, longest.expected_end, rank)
            self._searching[search] = _Cut(longest, rank, longest.rows_read)

    def _pages_left(self, of: ListRange) -> float:
        """Infinite where nobody has counted."""
        return float("inf") if of.rows_left is None else of.rows_left / self._page_size

    def _pages_ahead(self, of: ListRange, parts: int) -> int:
        """How many pages ahead this range should be cut, to be read in so many equal parts; 0: not at all."""
        most = MOST_ROWS_AHEAD // self._page_size
        if of.rows_left is None:
            return min(FIRST_CUT_PAGES, most)
        pages = of.rows_left // self._page_size
        affordable = (self._pages_read + self._pages_counted()) // PAGES_A_SEARCH
        if pages < 2 * SMALLEST_PART or self._searches >= affordable:
            return 0
        return min(max(SMALLEST_PART, pages // parts), most)

    def _pages_counted(self) -> int:
        """Pages still to come, as far as their rows were counted."""
        return sum(each.rows_left or 0 for each in self._ranges) // self._page_size

    def _cut(self, cut: _Cut, row_ahead: RowAhead) -> None:
        """Cut the range where the search says; where it has come that far meanwhile, only its rows are counted."""
        of = cut.of
        if of not in self._ranges:
            return
        since = of.rows_read - cut.rows_read
        if (
            row_ahead.id is None
            or row_ahead.id <= of.reached
            or of.read
            or (row_ahead.id >= (of.expected_end or row_ahead.id + 1))
        ):
            of.rows_left = max(0, row_ahead.rows - since)
            return
        of.rows_left = max(0, cut.rank - since)
        following = of.cut_at(row_ahead.id, cursor_is_first_row=self._cursor_is_first_row is True)
        following.rows_left = max(0, row_ahead.rows - cut.rank)
        self._ranges.insert(self._ranges.index(of) + 1, following)

    def _left(self) -> tuple[UnreadRange, ...]:
        """What is not dealt with yet. A range of which nothing is known is still part of the one before it."""
        return tuple(unread for each in self._ranges if (unread := each.left()) is not None)

    def _under_way(self) -> list[Future[Any]]:
        return [*self._fetching, *self._searching]

    def _finish_requests(self) -> None:
        """No request is under way when this returns."""
        futures = self._under_way()
        for future in futures:
            future.cancel()
        wait(futures)
        self._fetching.clear()
        self._searching.clear()
