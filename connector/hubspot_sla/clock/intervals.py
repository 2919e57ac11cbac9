"""Sets of time as sorted, disjoint, non-touching half-open intervals `[from, to)` of whole milliseconds.

Empty and backward intervals are dropped; order and overlap of what comes in do not matter.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from itertools import accumulate, chain
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Interval = tuple[int, int]
Intervals = tuple[Interval, ...]
Cut = tuple[int, "int | None", *tuple[object, ...]]
"""What begins with where it starts and where it ends (None: never)."""


def merged(intervals: Iterable[Interval]) -> Intervals:
    """The union: sorted, overlapping and touching ones joined."""
    joined: list[Interval] = []
    for start, end in sorted(interval for interval in intervals if interval[0] < interval[1]):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return tuple(joined)


def without(intervals: Iterable[Interval], cuts: Iterable[Interval]) -> Intervals:
    """What is in `intervals` and in none of the `cuts`."""
    cutting = merged(cuts)
    ends = [end for _, end in cutting]
    left: list[Interval] = []
    for start, end in merged(intervals):
        at = start
        for cut_start, cut_end in cutting[bisect_right(ends, start) :]:
            if cut_start >= end:
                break
            left.append((at, cut_start))
            at = cut_end
        left.append((at, end))
    return tuple((start, end) for start, end in left if start < end)


def common(intervals: Iterable[Interval], others: Iterable[Interval]) -> Intervals:
    """What is in `intervals` and in `others`."""
    left, right = merged(intervals), merged(others)
    shared: list[Interval] = []
    at = 0
    for start, end in left:
        while at < len(right) and right[at][1] <= start:
            at += 1
        for other_start, other_end in right[at:]:
            if other_start >= end:
                break
            shared.append((max(start, other_start), min(end, other_end)))
    return tuple(shared)


def clipped(intervals: Iterable[Interval], start: int, end: int) -> Intervals:
    """What of sorted, disjoint `intervals` lies in `[start, end)`."""
    cut = ((max(at, start), min(until, end)) for at, until in intervals)
    return tuple((at, until) for at, until in cut if at < until)


@dataclass(frozen=True, slots=True)
class Measured:
    """Merged intervals with their running total, so that a length or a position is one bisection.

    `upto[i]` is the length of all intervals up to the end of the i-th, `total` the length of all. Answers hold
    only inside `[covers_from, covers_to)`, the span for which the intervals are known.
    """

    covers_from: int
    covers_to: int
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    upto: tuple[int, ...]
    total: int
    _bounds: tuple[int, ...]
    """Every start and end: an instant behind an odd number of them lies in an interval."""
    _lengths: tuple[int, ...]
    """By the number of bounds before an instant: where it is even the length before it, where it is odd what that
    length is short of the instant."""

    @classmethod
    def of(cls, intervals: Intervals, covers_from: int, covers_to: int) -> Measured:
        upto = tuple(accumulate(end - start for start, end in intervals))
        lengths = [0]
        for (_, end), length in zip(intervals, upto, strict=True):
            lengths += (end - length, length)
        return cls(
            covers_from,
            covers_to,
            tuple(start for start, _ in intervals),
            tuple(end for _, end in intervals),
            upto,
            upto[-1] if upto else 0,
            tuple(chain.from_iterable(intervals)),
            tuple(lengths),
        )

    def length_before(self, at: int) -> int:
        """How much lies before `at`."""
        place = bisect_right(self._bounds, at)
        length = self._lengths[place]
        return at - length if place & 1 else length

    def reached(self, length: int) -> int:
        """The earliest instant before which `length` lies; `0 < length <= total`."""
        index = bisect_left(self.upto, length)
        return self.ends[index] - (self.upto[index] - length)

    def reached_beside(self, start: int, length: int, cuts: Sequence[Cut], until: int | None) -> tuple[int, int] | None:
        """Where `length` lies behind `start` if what is in the `cuts` does not count: from where on it is counted
        without a cut, and what is asked for before it then, as `reached` takes it. `cuts` are sorted and disjoint;
        with `until` those that begin then or later are none, and the others end then at the latest. None: a cut
        without an end comes first."""
        bounds, lengths = self._bounds, self._lengths  # as `length_before`, without a call each time
        running_from, goal = start, self.length_before(start) + length
        for cut in cuts:
            begins, ends = cut[0], cut[1]
            if until is not None and (ends is None or ends > until):
                if begins >= until:
                    break
                ends = until
            if begins < running_from:
                if ends is not None and ends <= running_from:
                    continue
                begins = running_from
            place = bisect_right(bounds, begins)
            cut_from = begins - lengths[place] if place & 1 else lengths[place]
            if cut_from >= goal:
                break
            if ends is None:
                return None
            running_from = ends
            place = bisect_right(bounds, ends)
            goal += (ends - lengths[place] if place & 1 else lengths[place]) - cut_from
        return running_from, goal

    def left_at(self, length: int) -> int:
        """The latest instant before which no more than `length` lies; `0 <= length < total`."""
        index = bisect_right(self.upto, length)
        return self.ends[index] - (self.upto[index] - length)

    def contains(self, at: int) -> bool:
        return bool(bisect_right(self._bounds, at) & 1)

    def between(self, start: int, end: int) -> Intervals:
        first, last = bisect_right(self.ends, start), bisect_left(self.starts, end)
        if start >= end or first >= last:
            return ()
        within = list(zip(self.starts[first:last], self.ends[first:last], strict=True))
        if within[0][0] < start:
            within[0] = start, within[0][1]
        if within[-1][1] > end:
            within[-1] = within[-1][0], end
        return tuple(within)
