"""One range of the list of tickets, read by HubSpot's cursors from its begin to the first row of the range after it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hubspot_sla.hubspot.record_rows import Page


@dataclass(frozen=True, slots=True)
class UnreadRange:
    """What is left of a range: from the page at `after` (None: the first of all) on, the ids from `start` up to, not
    including, `end` (None: to the end of the list). By default the whole list."""

    after: str | None = None
    start: int = 0
    end: int | None = None


@dataclass(frozen=True, slots=True)
class RangePage:
    """A page of a range, without rows of its neighbours, and where the range goes on after it; `last`: nowhere."""

    of: ListRange
    page: Page
    after: str | None
    last: bool


class ListRange:
    """`cursor` is what to ask for next, `recorded` the same as far as pages were dealt with; `first` is the id of its
    first row once that is known. It ends before the first row of `right`, or at `end` if it has no such neighbour.
    `rows_left` is how many rows it still has, as far as a search has counted them (None: nobody has counted)."""

    def __init__(self, unread: UnreadRange, right: ListRange | None = None, *, is_jump: bool = False) -> None:
        self.cursor = unread.after
        self.recorded = unread.after
        self.reached = unread.start
        self.read = False
        self.rows_left: int | None = None
        self.rows_read = 0
        self.start = unread.start
        self.end = unread.end
        self.right = right
        self.first: int | None = None
        self._dealt_with = False
        self._is_jump = is_jump

    @property
    def whole(self) -> bool:
        """Neither its beginning nor its end is of our making."""
        return self.start == 0 and self.end is None and self.right is None

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
    def next_id(self) -> int:
        """No row that is still to come has a smaller id."""
        return self.start if self.first is None else self.reached + 1

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
    def expected_end(self) -> int | None:
        """The same; before the first row of its neighbour is known, the id that this one was cut at."""
        bound = self.bound
        return self.right.start if bound is None and self.right is not None else bound

    @property
    def is_empty(self) -> bool:
        return self.read and self.first is None

    def may_fetch(self, page_size: int) -> bool:
        """Whether its next page can be asked for. Where that may reach into its neighbour, the neighbour's first row is
        waited for: else rows would come twice."""
        if self.read:
            return False
        near = self.rows_left is not None and self.rows_left <= page_size
        return not near or self.right is None or self.right.is_placed

    def cut_at(self, id_: int, *, cursor_is_first_row: bool = False) -> ListRange:
        """Leave what begins at `id_` to a new range, which this one then ends before. `cursor_is_first_row`: a page
        begins with the row that its cursor names, and not behind it; where nobody knows, the cursor is one before."""
        after = id_ if cursor_is_first_row else id_ - 1
        self.right = ListRange(UnreadRange(str(after), id_, self.end), self.right, is_jump=True)
        return self.right

    def begins_with_cursor(self, page: Page) -> bool | None:
        """Whether the page that was asked for now begins with the row that its cursor names; None: it has no row or
        had no cursor."""
        if self.cursor is None or not page.rows:
            return None
        return page.rows[0].id == self.cursor

    def fits(self, page: Page) -> bool:
        """Whether the page holds ids in order, none before the place that was asked for."""
        ids = [number(row.id) for row in page.rows]
        known = [id_ for id_ in ids if id_ is not None]
        if len(known) < len(ids) or any(later <= earlier for earlier, later in pairwise(known)):
            return False
        # The row before the one it was cut at is no surprise, see `cut_at`.
        return not known or known[0] >= self.reached - 1

    def take(self, page: Page) -> RangePage:
        """The page as part of this range."""
        ids = [id_ for row in page.rows if (id_ := number(row.id)) is not None]
        cursor_of_page, bound = self.cursor, self.bound
        own = [id_ for id_ in ids if id_ >= self.start]
        if self.first is None and own:
            self.first = own[0]
        self._count(len(own))
        self.reached = max([self.reached, *own])
        self.cursor = page.after
        self.read = page.after is None or (bound is not None and self._is_past(bound, page.after))
        if self.start or bound is not None:
            rows = [row for row in page.rows if self._owns(number(row.id), bound)]
            page = replace(page, rows=rows)
        # The last page holds rows of the next range: a run that no longer knows that one begins here.
        return RangePage(self, page, cursor_of_page if self.read else self.cursor, self.read)

    def record(self, arrived: RangePage) -> None:
        """The page has been dealt with."""
        self.recorded, self._dealt_with = arrived.after, arrived.last

    def left(self) -> UnreadRange | None:
        """What is not dealt with; None also while it is not known where it begins: until then it is the left one's."""
        if self._dealt_with or (self._is_jump and self.first is None):
            return None
        return UnreadRange(self.recorded, self.first or self.start if self._is_jump else self.start, self._known_end())

    def _known_end(self) -> int | None:
        """Where the next range begins of which that is known."""
        following: ListRange = self
        while following.right is not None:
            following = following.right
            if following.first is not None:
                return following.first
        return following.end

    def _count(self, rows: int) -> None:
        self.rows_read += rows
        if self.rows_left is not None:
            self.rows_left = max(0, self.rows_left - rows)

    def _is_past(self, bound: int, after: str) -> bool:
        following = number(after)
        return self.reached >= bound or (following is not None and self.reached < bound <= following)

    def _owns(self, id_: int | None, bound: int | None) -> bool:
        return id_ is None or (id_ >= self.start and (bound is None or id_ < bound))


def number(text: str | None) -> int | None:
    """An id or a cursor as a number, if it is one."""
    return int(text) if text and text.isascii() and text.isdecimal() else None
