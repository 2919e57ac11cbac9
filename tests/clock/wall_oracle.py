"""A slow, obviously right calendar: it looks at every minute and asks what the clock on the wall shows."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from zoneinfo import ZoneInfo

Span = tuple[int, int]  # minutes after midnight; the second may pass 24 h
MINUTE = timedelta(minutes=1)
MINUTE_MS = 60_000
LEAD = timedelta(days=3)  # hours that began before the window may reach into it


@lru_cache(maxsize=32)
def readings(zone: ZoneInfo, start: datetime, count: int) -> list[datetime]:
    """What the clock on the wall shows, minute after minute."""
    return [(start + n * MINUTE).astimezone(zone).replace(tzinfo=None) for n in range(count)]


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
    ) -> None:
        self.zone, self.week, self.opened = zone, week, opened or {}
        start = (first - LEAD).astimezone(UTC)
        count = int((last + LEAD - start) / MINUTE)
        self.shown = readings(zone, start, count)
        self.open = [False] * count
        day = self.shown[0].date() - timedelta(days=2)  # hours begun then may reach into the first minute
        while day <= self.shown[-1].date():  # a day that was left out has hours too, if only their tail
            self._mark(day, self._hours(day), opens=True)
            day += timedelta(days=1)
        for number, shown in enumerate(self.shown):
            if shown.date() in shut_days:
                self.open[number] = False
        for day, spans in (shut_parts or {}).items():
            self._mark(day, spans, opens=False)
        self.first_ms = int(start.timestamp()) * 1000

    def _hours(self, day: date) -> Sequence[Span]:
        return self.opened[day] if day in self.opened else self.week.get(day.weekday(), ())

    def _mark(self, day: date, spans: Sequence[Span], *, opens: bool) -> None:
        """From the first minute whose reading is within the hours to the last such minute."""
        midnight = datetime.combine(day, time())
        for start, end in spans:
            begin, over = midnight + start * MINUTE, midnight + end * MINUTE
            within = [number for number, shown in enumerate(self.shown) if begin <= shown < over]
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
            minute = self.first_ms + number * MINUTE_MS
            begin = max(start, minute)
            if not self.open[number]:
                continue
            if budget <= minute + MINUTE_MS - begin:
                return begin + budget
            budget -= minute + MINUTE_MS - begin
        return None

    def before(self, end: int, budget: int) -> int | None:
        """Step back until the budget has run; None when the window begins first."""
        if not budget:
            return end
        for number in range(self._minute(end), -1, -1):
            minute = self.first_ms + number * MINUTE_MS
            until = min(end, minute + MINUTE_MS)
            if not self.open[number]:
                continue
            if budget <= until - minute:
                return until - budget
            budget -= until - minute
        return None

    def _minute(self, at: int) -> int:
        return (at - self.first_ms) // MINUTE_MS

    def is_open(self, at: int) -> bool:
        return self.open[self._minute(at)]
