"""Outages, and which of their time a contract leaves out: announced maintenance, the customer's fault, force
majeure."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from hubspot_sla.clock.intervals import clipped, common, merged, without

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hubspot_sla.clock.intervals import Interval, Intervals
    from hubspot_sla.contract.money import Rounding

EVERYBODY: Final = Fraction(1)


@dataclass(frozen=True, slots=True)
class Outage:
    """Down in [start_at, end_at) (epoch ms), for a share of those who use it: `affected`, 1 for all. `kind` is the word
    of the file for why, "" for none; `announced_at` when it was announced, None for not at all."""

    start_at: int
    end_at: int
    kind: str = ""
    announced_at: int | None = None
    affected: Fraction = EVERYBODY


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Outages of `kind` are left out, where they were announced `notice_ms` before, and `most_ms` of them at most: in
    each window, or in every so many months (`per_months`) of the contract. `proof` says who must prove it."""

    kind: str
    notice_ms: int = 0
    most_ms: int | None = None
    per_months: int = 0
    proof: str = ""

    def covers(self, outage: Outage) -> bool:
        if outage.kind != self.kind:
            return False
        announced_at = outage.announced_at
        return not self.notice_ms or (announced_at is not None and outage.start_at - announced_at >= self.notice_ms)


@dataclass(frozen=True, slots=True)
class DownTime:
    """What of a window was down and counts, what was down at all, and what is left out by reason (ms)."""

    counted: Intervals
    all: Intervals
    excluded: tuple[tuple[str, int], ...]


def down_time(
    outages: Iterable[Outage],
    exclusions: Sequence[Exclusion],
    window: Interval,
    spans: Mapping[int, Sequence[Interval]],
    hours: Intervals | None = None,
) -> DownTime:
    """Within `hours`, where only some count: what is down outside of them neither counts nor uses up what may be left
    out. `spans` are by number of months those of the contract that the window touches; `outages` are all since the
    first of them, up to the window's end, in any order. Of what may be left out in a span, the earliest is left out
    first. Time that is down twice, once for no excuse, counts."""
    ordered = sorted(outages, key=lambda outage: (outage.start_at, outage.end_at, outage.kind))
    excused: dict[str, list[Interval]] = {exclusion.kind: [] for exclusion in exclusions}
    blamed: list[Interval] = []
    for outage in ordered:
        exclusion = next((each for each in exclusions if each.covers(outage)), None)
        (blamed if exclusion is None else excused[exclusion.kind]).append((outage.start_at, outage.end_at))
    left_out: list[Interval] = []
    sums: Counter[str] = Counter()
    for exclusion in exclusions:
        own = _within(merged(excused.pop(exclusion.kind, ())), hours)
        within = spans[exclusion.per_months] if exclusion.per_months else (window,)
        allowed = [each for span in within for each in _first(clipped(own, *span), exclusion.most_ms)]
        kept = without(clipped(allowed, *window), [*blamed, *left_out])
        left_out += kept
        sums[exclusion.kind] += sum(end - start for start, end in kept)
    every = _within(clipped(merged((outage.start_at, outage.end_at) for outage in ordered), *window), hours)
    excluded = tuple(sorted((kind, ms) for kind, ms in sums.items() if ms))
    return DownTime(without(every, left_out), every, excluded)


def _within(intervals: Intervals, hours: Intervals | None) -> Intervals:
    return intervals if hours is None else common(intervals, hours)


def _first(intervals: Intervals, most_ms: int | None) -> Intervals:
    """The first so many ms of sorted intervals."""
    if most_ms is None:
        return intervals
    kept, left = [], most_ms
    for start, end in intervals:
        if left <= 0:
            break
        kept.append((start, min(end, start + left)))
        left -= end - start
    return tuple(kept)


def in_whole(outages: Iterable[Outage], step_ms: int, rounding: Rounding) -> list[Outage]:
    """Each one that stands by itself, those that touch or overlap as one, as many whole `step_ms` long as its time is
    rounded to; what is added or cut off is at its end. One of no step is left out."""
    every = list(outages)
    spells = merged((each.start_at, each.end_at) for each in every)
    starts = [start for start, _ in spells]
    found: list[Outage] = []
    for each in every:
        if each.end_at > each.start_at:
            start, end = spells[bisect_right(starts, each.start_at) - 1]
            until = start + rounding.of(Fraction(end - start, step_ms)) * step_ms
            last = until if each.end_at == end else min(each.end_at, until)
            found += [replace(each, end_at=last)] if each.start_at < last else []
    return found


def begun(outages: Iterable[Outage], counted: Intervals, window: Interval) -> list[int]:
    """When each outage began (epoch ms) that began in the window and of which any time counts; those that touch or
    overlap are one."""
    spells = merged((each.start_at, each.end_at) for each in outages)
    ends = [end for _, end in counted]
    found = []
    for start, end in spells:
        first = bisect_right(ends, start)  # of what counts, the first that ends after it began
        if window[0] <= start < window[1] and first < len(counted) and counted[first][0] < end:
            found.append(start)
    return found


def long_enough(outages: Iterable[Outage], least_ms: int) -> list[Outage]:
    """Without those that do not last so long, together with those that they touch or overlap."""
    every = list(outages)
    spells = merged((each.start_at, each.end_at) for each in every)
    starts = [start for start, _ in spells]

    def is_long(each: Outage) -> bool:
        place = bisect_right(starts, each.start_at) - 1
        start, end = spells[place] if place >= 0 else (0, 0)
        return each.start_at < end and end - start >= least_ms

    return [each for each in every if is_long(each)]


def by_affected(counted: Intervals, outages: Iterable[Outage]) -> tuple[Intervals, Fraction]:
    """What of `counted` was down for everybody, and the ms of the rest, each by the share of those affected; where
    outages overlap, by the greatest share."""
    spans: dict[Fraction, list[Interval]] = {EVERYBODY: []}
    for outage in outages:
        spans.setdefault(outage.affected, []).append((outage.start_at, outage.end_at))
    everybody = common(counted, spans.pop(EVERYBODY))
    rest, weighted = without(counted, everybody), Fraction(0)
    for affected in sorted(spans, reverse=True):
        own = common(rest, spans[affected])
        weighted += affected * sum(end - start for start, end in own)
        rest = without(rest, own)
    return everybody, weighted
