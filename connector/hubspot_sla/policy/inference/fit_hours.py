"""The hours of a week found again in due instants.

Of right hours every ticket of one kind has had the same open time between its start and its due instant. So hours are
tried, and those win under which most tickets agree. Where to look: nothing is ever due in closed time, so the due
instants themselves mark out the day; what is left is a search over quarters of an hour around that, then day by day.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise, product
from typing import TYPE_CHECKING

from hubspot_sla.clock.hours import DAY_MINUTES, DAYS_OF_WEEK
from hubspot_sla.policy.inference.observation import MINUTE_MS
from hubspot_sla.policy.inference.week_hours import ALL_WEEK, WeekHours

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from hubspot_sla.policy.inference.week_hours import DayHours

_DAY_MS = DAY_MINUTES * MINUTE_MS
_STEP, _FINE_STEP = 15, 5
_REACH = 240  # minutes around the due instants in which opening and closing are looked for
_LEAST_GAP = 60  # minutes without any due instant that may be a night
_RARE = 0.05  # a weekday with less than this share of the busiest one's due instants begins as closed
_OUTLIERS = 0.01  # due instants at either end of a day that may be exceptions
_WORTH_A_CHANGE = 2  # tickets that must be explained on top before one weekday gets hours of its own
_SAMPLE = 240


@dataclass(frozen=True, slots=True)
class LocalPair:
    """Start and due instant of one ticket in ms of local time; `kind` says which of them share a target."""

    kind: tuple[str, ...]
    start: int
    due: int


def explained(hours: WeekHours, pairs: Sequence[LocalPair]) -> int:
    """How many pairs agree with most of their kind on the open minutes between start and due."""
    minutes: dict[tuple[str, ...], Counter[int]] = {}
    for pair in pairs:
        if not hours.ends_open(pair.due):
            continue
        open_ms = hours.length_before(pair.due) - hours.length_before(pair.start)
        whole = (open_ms + MINUTE_MS // 2) // MINUTE_MS
        if whole > 0 and abs(open_ms - whole * MINUTE_MS) < MINUTE_MS // 2:
            minutes.setdefault(pair.kind, Counter())[whole] += 1
    most = (max(counter.values()) for counter in minutes.values())
    return sum(count for count in most if count > 1)


def fitted_hours(pairs: Sequence[LocalPair]) -> WeekHours:
    """The hours that explain most pairs; every hour of the week where no others explain more."""
    sample = _sampled(pairs)
    if not sample:
        return ALL_WEEK
    rotation = _middle_of_the_night(sample)
    turned = [
        LocalPair(pair.kind, pair.start - rotation * MINUTE_MS, pair.due - rotation * MINUTE_MS) for pair in sample
    ]
    best = _search(turned).later_by(rotation)
    return best if explained(best, pairs) > explained(ALL_WEEK, pairs) else ALL_WEEK


def _sampled(pairs: Sequence[LocalPair]) -> list[LocalPair]:
    """Evenly over the time of starting, so that every weekday is in it."""
    ordered = sorted(pairs, key=lambda pair: pair.start)
    stride = max(1, -(-len(ordered) // _SAMPLE))
    return ordered[::stride]


def _middle_of_the_night(pairs: Sequence[LocalPair]) -> int:
    """The minute of the day, on a quarter of an hour, around which nothing is ever due; 0 where there is none."""
    times = sorted({(pair.due - 1) % _DAY_MS // MINUTE_MS for pair in pairs})
    gaps = [(later - earlier, earlier) for earlier, later in pairwise([*times, times[0] + DAY_MINUTES])]
    length, begins = max(gaps)
    if length < _LEAST_GAP:
        return 0
    middle = (begins + length // 2) % DAY_MINUTES
    return middle - middle % _STEP


def _search(pairs: Sequence[LocalPair]) -> WeekHours:
    """Days begin in the middle of the night here, so no hours cross midnight."""
    dues = _due_minutes_by_day(pairs)
    busiest = max(len(minutes) for minutes in dues.values())
    open_days = [day for day, minutes in dues.items() if len(minutes) >= max(2, _RARE * busiest)] or list(dues)
    edges = _edges([minute for day in open_days for minute in dues[day]])
    spans = product(_openings(edges[0]), _closings(edges[1]))
    best = _best((WeekHours.of(dict.fromkeys(open_days, span)) for span in spans if span[0] < span[1]), pairs)
    best = _day_by_day(best, dues, pairs)
    if explained(best, pairs) < len(pairs):
        best = _finer(best, pairs)
    return best


def _due_minutes_by_day(pairs: Iterable[LocalPair]) -> dict[int, list[int]]:
    dues: dict[int, list[int]] = {}
    for pair in pairs:
        days, within = divmod(pair.due - 1, _DAY_MS)
        dues.setdefault(days % DAYS_OF_WEEK, []).append(within // MINUTE_MS)
    return dues


def _edges(minutes: Sequence[int]) -> DayHours:
    """Between which minutes of the day nearly all of it is due."""
    ordered = sorted(minutes)
    skipped = int(len(ordered) * _OUTLIERS)
    return ordered[skipped], ordered[-1 - skipped] + 1


def _openings(first: int) -> range:
    """When work may begin on days of which the first due instant is known."""
    first -= first % _STEP
    return range(max(0, first - _REACH), min(DAY_MINUTES, first + 2 * _STEP) + 1, _STEP)


def _closings(last: int) -> range:
    """When work may end on days of which the last due instant is known."""
    last += -last % _STEP
    return range(max(0, last - 2 * _STEP), min(DAY_MINUTES, last + _REACH) + 1, _STEP)


def _best(candidates: Iterable[WeekHours], pairs: Sequence[LocalPair]) -> WeekHours:
    return max(candidates, key=lambda hours: (explained(hours, pairs), _roundness(hours), -hours.total_ms))


def _roundness(hours: WeekHours) -> int:
    """Full hours before halves, halves before quarters."""
    minutes = {minute for _, span in hours.days for minute in span}
    return -sum(
        0 if minute % 60 == 0 else 1 if minute % 30 == 0 else 2 if minute % 15 == 0 else 3 for minute in minutes
    )


def _day_by_day(best: WeekHours, dues: Mapping[int, Sequence[int]], pairs: Sequence[LocalPair]) -> WeekHours:
    """One weekday after the other: closed, open as most are, or with hours of its own."""
    usual = best.days[0][1]
    while True:
        before = best
        for day in range(DAYS_OF_WEEK):
            best = _improved(best, _with_other_day(best, day, usual, dues.get(day, ())), pairs)
        if best == before:
            return best


def _with_other_day(hours: WeekHours, day: int, usual: DayHours, dues: Sequence[int]) -> Iterator[WeekHours]:
    days = dict(hours.days)
    own = days.pop(day, None)
    if own is not None and days:
        yield WeekHours.of(days)
    if own != usual:
        yield WeekHours.of({**days, day: usual})
    start, end = own or usual
    edges = _edges(dues) if dues else (start, end)
    spans = [(opens, end) for opens in _openings(edges[0])] + [(start, closes) for closes in _closings(edges[1])]
    yield from (WeekHours.of({**days, day: span}) for span in spans if span[0] < span[1])


def _improved(best: WeekHours, others: Iterable[WeekHours], pairs: Sequence[LocalPair]) -> WeekHours:
    """The best of the others where it explains enough on top."""
    candidates = list(dict.fromkeys(others))
    if not candidates:
        return best
    challenger = _best(candidates, pairs)
    return challenger if explained(challenger, pairs) >= explained(best, pairs) + _WORTH_A_CHANGE else best


def _finer(best: WeekHours, pairs: Sequence[LocalPair]) -> WeekHours:
    """Opening and closing of all days together, moved by five minutes."""
    moves = range(-_STEP, _STEP + 1, _FINE_STEP)
    moved = (
        WeekHours.of({day: (start + first, end + last) for day, (start, end) in best.days})
        for first, last in product(moves, moves)
        if all(0 <= start + first < end + last <= DAY_MINUTES for _, (start, end) in best.days)
    )
    return _improved(best, moved, pairs)
