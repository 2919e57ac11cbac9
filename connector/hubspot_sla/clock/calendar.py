"""Business time: when a calendar is open, and what that makes of a budget.

A calendar is said in local time and answers on the absolute time line: a day on which clocks change has the
hours that really pass (`local_time.py` says how). Hours belong to the day on which they begin. A holiday or closed
day shuts that date from midnight to midnight, with the tail of the night before; open exceptions replace the
hours that begin on their date and lift a holiday, but never an explicit closure.

Which hours begin on a date: those of the date itself, of the date in every year, of the season, of the alternate week,
of the weekday, in this order.

Years are expanded once each, when first asked for, into merged open intervals with running totals; every
answer after that is one or two bisections. The growing expansion is a cache: a calendar never changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, timedelta, tzinfo
from itertools import chain
from typing import TYPE_CHECKING

from hubspot_sla.clock import local_time
from hubspot_sla.clock.hours import WHOLE_DAY
from hubspot_sla.clock.intervals import Interval, Intervals, Measured, clipped, merged, without

if TYPE_CHECKING:
    from hubspot_sla.clock.hours import AlternateWeeks, Hours, MonthDay, Season, Week, YearlyClosure

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS

FIRST_YEAR, LAST_YEAR = 1900, 2199
HORIZON_YEARS = 50
NOTHING_KNOWN = Measured.of((), 0, 0)

HolidaysOfYear = Callable[[int], Mapping[date, str]]


def no_holidays(year: int) -> Mapping[date, str]:  # noqa: ARG001  (the shape of HolidaysOfYear)
    return {}


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Calendar:
    """Opening hours, compared by identity. All instants and durations are whole milliseconds.

    `week` gives the hours of each weekday (0 is Monday), `holidays` the named holidays of one year. `closed`
    are the hours shut on a date (a whole day is `WHOLE_DAY`), `closed_ranges` shut intervals of instants,
    `opened` the hours that replace those of a date; `closed_yearly` and `opened_yearly` say the same of a date in
    every year. `business_day_ms` is the length of `1bd`; None: unsaid. `digest` stands for the meaning of all this,
    where it was read from mappings; `title` is what people call it ("": by its name), and no part of the meaning.
    ValueError at construction: the calendar could never open.
    """

    name: str
    zone: tzinfo
    week: Week
    holidays: HolidaysOfYear = no_holidays
    closed: Mapping[date, Sequence[Hours]] = field(default_factory=dict)
    closed_ranges: Sequence[Interval] = ()
    opened: Mapping[date, Sequence[Hours]] = field(default_factory=dict)
    business_day_ms: int | None = None
    digest: str = ""
    closed_yearly: Mapping[MonthDay, Sequence[YearlyClosure]] = field(default_factory=dict)
    opened_yearly: Mapping[MonthDay, Sequence[Hours]] = field(default_factory=dict)
    seasons: Sequence[Season] = ()
    alternate_weeks: AlternateWeeks | None = None
    title: str = ""
    _known: Measured = field(default=NOTHING_KNOWN, init=False)

    def __post_init__(self) -> None:
        if not self.has_hours:
            raise ValueError(f"calendar {self.name} never opens")

    def __repr__(self) -> str:
        return f"<Calendar {self.name} {self.zone}>"

    def same_as(self, other: Calendar) -> bool:
        """Whether both mean the same, also where they come from two readings of the mappings, under two names."""
        return self is other or (bool(self.digest) and self.digest == other.digest)

    @property
    def has_hours(self) -> bool:
        """Whether it opens on any date, closures aside."""
        weeks = [self.week, *(season.week for season in self.seasons)]
        weeks += self.alternate_weeks.weeks if self.alternate_weeks else ()
        dates = chain(self.opened.values(), self.opened_yearly.values())
        return any(chain(dates, *(week.values() for week in weeks)))

    def hours_beginning_on(self, day: date) -> Sequence[Hours]:
        """The hours that begin on this date, closures and holidays aside."""
        hours = self.opened.get(day)
        if hours is None and self.opened_yearly:
            hours = self.opened_yearly.get((day.month, day.day))
        if hours is None and (self.seasons or self.alternate_weeks):
            hours = self._special_hours(day)
        return self.week.get(day.weekday(), ()) if hours is None else hours

    def season_on(self, day: date) -> Season | None:
        """The season that this date falls into."""
        return next((season for season in self.seasons if (day.month, day.day) in season.days), None)

    def closures_on(self, day: date) -> Iterator[Hours]:
        """The hours that are closed on this date on purpose; a holiday is none."""
        yield from self.closed.get(day, ())
        for closure in self.closed_yearly.get((day.month, day.day), ()) if self.closed_yearly else ():
            if day not in closure.except_on:
                yield closure.hours

    def has_opening_of_its_own(self, day: date) -> bool:
        """Whether `opened` or `opened_yearly` says the hours of this date, which lifts a holiday."""
        return day in self.opened or (day.month, day.day) in self.opened_yearly

    def open_on(self, day: date) -> Intervals:
        """The open intervals that begin on this date, closures and holidays taken off; a night shift ends on the next
        date."""
        hours = [span.on(day, self.zone) for span in self.hours_beginning_on(day)]
        if not hours:
            return ()
        dates = (day + timedelta(days=number) for number in (-1, 0, 1))  # closures may reach into the next date too
        closures = (interval for near in dates for interval in self._shut_on(near, self.holidays(near.year)))
        return without(hours, chain(closures, self.closed_ranges))

    def due(self, start: int, budget: int) -> int:
        """The earliest instant at which `budget` ms of business time have run since `start`.

        A budget that ends at closing is due at closing; a zero budget at `start` itself, open or not.
        ValueError: a negative budget, or one that does not end within HORIZON_YEARS.
        """
        if budget <= 0:
            return _nothing_to_run(start, budget)
        known = self._known
        if known.covers_from <= start < known.covers_to:
            goal = known.length_before(start) + budget
            if goal <= known.total:
                return known.reached(goal)
        known = self._reaching_on(start, budget)
        return known.reached(known.length_before(start) + budget)

    def before(self, end: int, budget: int) -> int:
        """The latest instant from which `budget` ms of business time run until `end`.

        The mirror of `due`: a budget that reaches back to an opening began at that opening, not at the closing
        before it; a zero budget at `end` itself. ValueError: as for `due`.
        """
        if budget <= 0:
            return _nothing_to_run(end, budget)
        known = self._known
        if known.covers_from <= end < known.covers_to:
            goal = known.length_before(end) - budget
            if goal >= 0:
                return known.left_at(goal)
        known = self._reaching_back(end, budget)
        return known.left_at(known.length_before(end) - budget)

    def elapsed(self, start: int, end: int) -> int:
        """Business ms between two instants. ValueError: the end is before the start."""
        if end < start:
            raise ValueError(f"the end {end} is before the start {start}")
        known = self._known
        if start < known.covers_from or end >= known.covers_to:
            known = self.measured(start, end)
        return known.length_before(end) - known.length_before(start)

    def is_open(self, at: int) -> bool:
        """Whether `at` is business time. The instant of closing is not."""
        return self.measured(at, at).contains(at)

    def segments(self, start: int, end: int) -> Intervals:
        """The open intervals between two instants, clipped to them. ValueError: end before start."""
        if end < start:
            raise ValueError(f"the end {end} is before the start {start}")
        return self.measured(start, end).between(start, end)

    def segments_within(self, start: int, end: int) -> Intervals:
        """The same, as far as the two instants lie in the years for which a calendar can answer."""
        first, last = self._bounds(FIRST_YEAR)[0], self._bounds(LAST_YEAR)[1] - 1
        return self.segments(max(start, first), min(end, last)) if start < last and first < end else ()

    def measured(self, start: int, end: int) -> Measured:
        """Business time as far as it is known, which is at least from `start` to `end`."""
        known = self._known
        if known.covers_from <= start and end < known.covers_to:
            return known
        return self._expand(_local_year(start, self.zone), _local_year(end, self.zone))

    def _reaching_on(self, start: int, budget: int) -> Measured:
        """Years are added one at a time until the budget fits behind `start`."""
        first = _local_year(start, self.zone)
        for year in range(first, min(first + HORIZON_YEARS, LAST_YEAR) + 1):
            known = self._expand(first, year)
            if known.length_before(start) + budget <= known.total:
                return known
        raise self._never(budget)

    def _reaching_back(self, end: int, budget: int) -> Measured:
        """Years are added one at a time until the budget fits in front of `end`."""
        last = _local_year(end, self.zone)
        for year in range(last, max(last - HORIZON_YEARS, FIRST_YEAR) - 1, -1):
            known = self._expand(year, last)
            if known.length_before(end) >= budget:
                return known
        raise self._never(budget)

    def _never(self, budget: int) -> ValueError:
        return ValueError(
            f"calendar {self.name}: {budget / 1000:,.15g} s of business time do not pass within {HORIZON_YEARS} years"
        )

    def _expand(self, first: int, last: int) -> Measured:
        """Know the years `first` to `last`, and all between them and the years known already."""
        known, years = self._known, self._known_years()
        wanted = range(min(first, years.start), max(last + 1, years.stop)) if years else range(first, last + 1)
        if wanted == years:
            return known
        intervals = list(zip(known.starts, known.ends, strict=True))
        for year in wanted:
            if year not in years:
                intervals.extend(self._open_in(year))
        start, end = self._bounds(wanted.start)[0], self._bounds(wanted.stop - 1)[1]
        known = Measured.of(merged(intervals), start, end)
        object.__setattr__(self, "_known", known)  # a cache, replaced whole: safe to read from other threads
        return known

    def _known_years(self) -> range:
        known = self._known
        if known is NOTHING_KNOWN:
            return range(0)
        return range(_local_year(known.covers_from, self.zone), _local_year(known.covers_to - 1, self.zone) + 1)

    def _bounds(self, year: int) -> Interval:
        return WHOLE_DAY.on(date(year, 1, 1), self.zone)[0], WHOLE_DAY.on(date(year, 12, 31), self.zone)[1]

    def _open_in(self, year: int) -> Intervals:
        days = tuple(_days_of(year))  # and the eve, whose night may reach into the year
        hours = (span.on(day, self.zone) for day in days for span in self.hours_beginning_on(day))
        holidays = self.holidays(year)
        shut = (interval for day in days for interval in self._shut_on(day, holidays))
        return clipped(without(hours, chain(shut, self.closed_ranges)), *self._bounds(year))

    def _special_hours(self, day: date) -> Sequence[Hours] | None:
        """Those of the season, or else of the alternate week; None: neither says anything of this weekday."""
        season, weekday = self.season_on(day), day.weekday()
        if season is not None and weekday in season.week:
            return season.week[weekday]
        alternate = self.alternate_weeks
        return None if alternate is None else alternate.weeks[alternate.number_on(day)].get(weekday)

    def _shut_on(self, day: date, holidays: Mapping[date, str]) -> Iterator[Interval]:
        if day in holidays and not self.has_opening_of_its_own(day):
            yield WHOLE_DAY.on(day, self.zone)
        for span in self.closures_on(day):
            yield span.on(day, self.zone)


def _nothing_to_run(at: int, budget: int) -> int:
    if budget < 0:
        raise ValueError(f"a budget cannot be negative: {budget} ms")
    return at


def _days_of(year: int) -> Iterator[date]:
    """The last day of the year before, then every day of `year`."""
    eve = date(year, 1, 1) - timedelta(days=1)
    return (eve + timedelta(days=n) for n in range((date(year, 12, 31) - eve).days + 1))


def _local_year(at: int, zone: tzinfo) -> int:
    try:
        year = local_time.local_date(at, zone).year
    except (OverflowError, ValueError, OSError):
        year = 0
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError(f"instant {at} is outside the years {FIRST_YEAR} to {LAST_YEAR}")
    return year


ALWAYS = Calendar("always", UTC, dict.fromkeys(range(7), (WHOLE_DAY,)), business_day_ms=24 * HOUR_MS)
"""Open without end: what `calendar: always` names in policies.yaml."""
