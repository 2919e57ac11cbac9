"""A slow, obviously right calendar: it looks at every minute and asks what the clock on the wall shows."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from zoneinfo import ZoneInfo

Span = tuple[int, int]  # minutes after midnight; the second may pass 24 h
MINUTE = timedelta(minutes=1)
MINUTE_MS = 60_000
DAY = timedelta(days=1)
LEAD = timedelta(days=3)  # hours that began before the window may reach into it


@lru_cache(maxsize=32)
def readings(zone: ZoneInfo, start: datetime, count: int) -> list[datetime]:
    """What the clock on the wall shows, minute after minute."""
    return [(start + n * MINUTE).astimezone(zone).replace(tzinfo=None) for n in range(count)]


@dataclass(frozen=True)
class Words:
    """What an entry says beyond weekdays and single dates. Dates of every year are `12-24`; a week is by weekday.

    `alternate` is a date of the first week and the weeks that take turns; `lifted` are dates on which a yearly closure
    does not count; `shut_readings` is closed between two readings of the clock on the wall.
    """

    opened_yearly: Mapping[str, Sequence[Span]] = field(default_factory=dict)
    seasons: Sequence[tuple[Collection[str], Mapping[int, Sequence[Span]]]] = ()
    alternate: tuple[date, Sequence[Mapping[int, Sequence[Span]]]] | None = None
    shut_yearly: Mapping[str, Sequence[Span]] = field(default_factory=dict)
    lifted: Collection[date] = ()
    shut_readings: Sequence[tuple[datetime, datetime]] = ()

    def hours(self, day: date) -> Sequence[Span] | None:
        """What goes before the hours of the weekday; None: nothing does."""
        if f"{day:%m-%d}" in self.opened_yearly:
            return self.opened_yearly[f"{day:%m-%d}"]
        for days, week in self.seasons:
            if f"{day:%m-%d}" in days and day.weekday() in week:
                return week[day.weekday()]
        if self.alternate is not None:
            first, weeks = self.alternate
            return weeks[_weeks_between(first, day) % len(weeks)].get(day.weekday())
        return None

    def is_lifted(self, day: date) -> bool:
        return day in self.lifted


def _weeks_between(first: date, day: date) -> int:
    """Counted Monday by Monday; negative before the first week."""
    count = 0
    while first.weekday() != 0:
        first -= timedelta(days=1)
    while day < first:
        day, count = day + timedelta(days=7), count - 1
    while day >= first + timedelta(days=7):
        day, count = day - timedelta(days=7), count + 1
    return count


def days_of_every_year(first: str, last: str) -> set[str]:
    """`12-24` to `01-01`, both included, walked through day by day of leap years."""
    day, found = date.fromisoformat(f"2024-{first}"), set[str]()
    while True:
        found.add(f"{day:%m-%d}")
        if f"{day:%m-%d}" == last or len(found) == 366:
            return found
        following = day + timedelta(days=1)
        day = date(2024, 1, 1) if following.year > 2024 else following


class Oracle:
    """Open or shut for each minute from `first` to `last` (aware, whole minutes)."""

    def __init__(
        self,
        zone: ZoneInfo,
        week: Mapping[int, Sequence[Span]],
        first: datetime,
        last: datetime,
        *,
        shut_days: Collection[date] = (),
        shut_parts: Mapping[date, Sequence[Span]] | None = None,
        opened: Mapping[date, Sequence[Span]] | None = None,
        words: Words | None = None,
    ) -> None:
        self.zone, self.week, self.opened = zone, week, opened or {}
        self.words = words or Words()
        start = (first - LEAD).astimezone(UTC)
        count = int((last + LEAD - start) / MINUTE)
        self.shown = readings(zone, start, count)
        self.open = [False] * count
        self.numbers: dict[date, list[int]] = {}  # of the minutes that show a date
        for number, shown in enumerate(self.shown):
            self.numbers.setdefault(shown.date(), []).append(number)
        day = self.shown[0].date() - timedelta(days=2)  # hours begun then may reach into the first minute
        while day <= self.shown[-1].date():  # a day that was left out has hours too, if only their tail
            self._mark(day, self._hours(day), opens=True)
            day += timedelta(days=1)
        for day in shut_days:
            for number in self.numbers.get(day, ()):
                self.open[number] = False
        for day, spans in (shut_parts or {}).items():
            self._mark(day, spans, opens=False)
        for day in sorted({*self.numbers, self.shown[0].date() - DAY}):
            if not self.words.is_lifted(day):
                self._mark(day, self.words.shut_yearly.get(f"{day:%m-%d}", ()), opens=False)
        for begin, over in self.words.shut_readings:
            self._shut_between(begin, over)
        self.first_ms = int(start.timestamp()) * 1000

    def _hours(self, day: date) -> Sequence[Span]:
        if day in self.opened:
            return self.opened[day]
        special = self.words.hours(day)
        return self.week.get(day.weekday(), ()) if special is None else special

    def _shut_between(self, begin: datetime, over: datetime) -> None:
        """From the first minute that shows `begin` or later to the first that shows `over` or later."""
        first = next((number for number, shown in enumerate(self.shown) if shown >= begin), len(self.shown))
        last = next((number for number, shown in enumerate(self.shown) if shown >= over), len(self.shown))
        self.open[first:last] = [False] * (last - first)

    def _mark(self, day: date, spans: Sequence[Span], *, opens: bool) -> None:
        """From the first minute whose reading is within the hours to the last such minute."""
        midnight = datetime.combine(day, time())
        for start, end in spans:
            begin, over = midnight + start * MINUTE, midnight + end * MINUTE
            on_both_dates = (number for date_ in (day, day + DAY) for number in self.numbers.get(date_, ()))
            within = sorted(number for number in on_both_dates if begin <= self.shown[number] < over)
            if within:
                self.open[within[0] : within[-1] + 1] = [opens] * (within[-1] + 1 - within[0])

    def elapsed_ms(self, start: int, end: int) -> int:
        """Count the open minutes that are touched, and take off what lies outside at both ends."""
        first, last = self._minute(start), self._minute(end)
        total = MINUTE_MS * sum(self.open[first : last + 1])
        before = (start - self.first_ms) % MINUTE_MS if self.open[first] else 0
        after = MINUTE_MS - (end - self.first_ms) % MINUTE_MS if self.open[last] else 0
        return total - before - after

    def due(self, start: int, budget: int) -> int | None:
        """Step on until the budget has run; None when the window ends first."""
        if not budget:
            return start
        for number in range(self._minute(start), len(self.open)):
            if not self.open[number]:
                continue
            minute = self.first_ms + number * MINUTE_MS
            begin = max(start, minute)
            if budget <= minute + MINUTE_MS - begin:
                return begin + budget
            budget -= minute + MINUTE_MS - begin
        return None

    def before(self, end: int, budget: int) -> int | None:
        """Step back until the budget has run; None when the window begins first."""
        if not budget:
            return end
        for number in range(self._minute(end), -1, -1):
            if not self.open[number]:
                continue
            minute = self.first_ms + number * MINUTE_MS
            until = min(end, minute + MINUTE_MS)
            if budget <= until - minute:
                return until - budget
            budget -= until - minute
        return None

    def _minute(self, at: int) -> int:
        return (at - self.first_ms) // MINUTE_MS

    def is_open(self, at: int) -> bool:
        return self.open[self._minute(at)]


def any_of(oracles: Sequence[Oracle]) -> Oracle:
    """Open in every minute in which one of them is; they look at the same minutes."""
    return _combined(oracles, any)


def all_of(oracles: Sequence[Oracle]) -> Oracle:
    """Open in every minute in which all of them are."""
    return _combined(oracles, all)


def _combined(oracles: Sequence[Oracle], how: Callable[[Iterable[bool]], bool]) -> Oracle:
    whole = copy(oracles[0])
    whole.open = [how(minute) for minute in zip(*(oracle.open for oracle in oracles), strict=True)]
    return whole
