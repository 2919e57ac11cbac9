"""One stretch of the list, read by HubSpot's cursors from a place to where the next stretch was found to begin."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hubspot_sla.hubspot.tickets import Page


@dataclass(frozen=True, slots=True)
class Span:
    """What is left of a stretch: from the page at `after` (None: the first of all) on, the ids from `start` up to,
    not including, `end` (None: to the end of the list). The whole list unless told otherwise."""

    after: str | None = None
    start: int = 0
    end: int | None = None


@dataclass(frozen=True, slots=True)
class Arrival:
    """A page of a stretch, without rows of its neighbours, and where the stretch goes on after it; `last`: nowhere."""

    stretch: ListRange
    page: Page
    after: str | None
    last: bool


class ListRange:
    """`cursor` is what to ask for next, `recorded` the same as far as pages were dealt with; `first` is the id of its
    first row once that is known. It ends before the first row of `right`, or at `end` if it has no such neighbour."""

    def __init__(self, span: Span, right: ListRange | None = None, *, is_jump: bool = False) -> None:
        self.cursor = span.after
        self.recorded = span.after
        self.reached = span.start
        self.read = False
        self._begun_at = span.start
        self._start = span.start
        self.end = span.end
        self.right = right
        self.first: int | None = None
        self._dealt_with = False
        self._rows = 0
        self._is_jump = is_jump

    @property
    def whole(self) -> bool:
        """Neither its beginning nor its end is of our making."""
        return self._start == 0 and self.end is None and self.right is None

    @property
    def may_be_halved(self) -> bool:
        """Not before it is known where it begins, nor while it is not known where it ends."""
        return self._rows > 0 and (self.right is None or self.right.is_placed)

    @property
    def is_placed(self) -> bool:
        """It is known which row it begins with, or that there is none."""
        return self.first is not None or self.read

    @property
    def cursor_is_id(self) -> bool:
        """Whether HubSpot's cursor can be the id of the row to come, or of the last one."""
        cursor = number(self.cursor)
        return cursor is not None and cursor >= self.reached - 1

    @property
    def density(self) -> float:
        """Rows an id, as far as it has been read."""
        return self._rows / (self.reached - self._begun_at) if self.reached > self._begun_at else 0.0

    @property
    def bound(self) -> int | None:
        """The id at which it ends; None when it has no end of its own, or none that is known yet."""
        if self.right is None:
            return self.end
        if self.right.is_empty:
            self.end, self.right = self.right.end, self.right.right
            return self.bound
        return self.right.first

    @property
    def is_empty(self) -> bool:
        return self.read and self.first is None

    def halved(self, end: int) -> ListRange:
        """Give the further half of what is left to a new stretch, which this one then ends before."""
        middle = self.reached + (end - self.reached) // 2
        # One before it: whether HubSpot's page begins with the row at `after` or behind it, the middle is on it.
        self.right = ListRange(Span(str(middle - 1), middle, self.end), self.right, is_jump=True)
        return self.right

    def fits(self, page: Page) -> bool:
        """Whether the page holds ids in order, none before the place that was asked for."""
        ids = [number(row.id) for row in page.rows]
        known = [id_ for id_ in ids if id_ is not None]
        if len(known) < len(ids) or any(later <= earlier for earlier, later in pairwise(known)):
            return False
        # The row before a middle is no surprise, see `halved`.
        return not known or known[0] >= self.reached - 1

    def take(self, page: Page) -> Arrival:
        """The page as part of this stretch."""
        ids = [id_ for row in page.rows if (id_ := number(row.id)) is not None]
        asked, bound = self.cursor, self.bound
        own = [id_ for id_ in ids if id_ >= self._start]
        if self.first is None and own:
            self.first = self._begun_at = own[0]
        self._rows += len(own)
        self.reached = max([self.reached, *own])
        self.cursor = page.after
        self.read = page.after is None or (bound is not None and self._is_past(bound, page.after))
        if self._start or bound is not None:
            rows = [row for row in page.rows if self._owns(number(row.id), bound)]
            page = replace(page, rows=rows)
        # The last page holds rows of the next stretch: to whom that one is no longer known, they begin here.
        return Arrival(self, page, asked if self.read else self.cursor, self.read)

    def record(self, arrival: Arrival) -> None:
        """The page has been dealt with."""
        self.recorded, self._dealt_with = arrival.after, arrival.last

    def left(self) -> Span | None:
        """What is not dealt with; None also while it is not known where it begins: until then it is the left one's."""
        if self._dealt_with or (self._is_jump and self.first is None):
            return None
        return Span(self.recorded, self.first or self._start if self._is_jump else self._start, self._known_end())

    def _known_end(self) -> int | None:
        """Where the next stretch begins of which that is known."""
        stretch: ListRange = self
        while stretch.right is not None:
            stretch = stretch.right
            if stretch.first is not None:
                return stretch.first
        return stretch.end

    def _is_past(self, bound: int, after: str) -> bool:
        following = number(after)
        return self.reached >= bound or (following is not None and self.reached < bound <= following)

    def _owns(self, id_: int | None, bound: int | None) -> bool:
        return id_ is None or (id_ >= self._start and (bound is None or id_ < bound))


def number(text: str | None) -> int | None:
    """An id or a cursor as a number, if it is one."""
    return int(text) if text and text.isascii() and text.isdecimal() else None
