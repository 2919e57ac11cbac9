"""A slow, obviously right count of business days: it steps from minute to minute and knows whose hours each one is."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import cached_property

from clock.wall_oracle import DAY, MINUTE, MINUTE_MS, Oracle


class DayOracle(Oracle):
    """Which date's hours each open minute belongs to: the latest date whose hours hold what the clock shows."""

    @cached_property
    def minutes_of(self) -> dict[date, list[int]]:
        """The open minutes of each business day."""
        minutes: dict[date, list[int]] = {}
        for number, is_open in enumerate(self.open):
            if is_open:
                minutes.setdefault(self.day_of(number), []).append(number)
        return minutes

    def day_of(self, number: int) -> date:
        shown = self.shown[number]
        for day in (shown.date(), shown.date() - DAY):
            midnight = datetime.combine(day, time())
            if any(midnight + start * MINUTE <= shown < midnight + end * MINUTE for start, end in self._hours(day)):
                return day
        raise AssertionError(f"{shown} is open by nobody's hours")

    def received(self, start: int, cut_off: int | None) -> tuple[date, int] | None:
        """The day it counts to and the first instant of it that counts; None: not within the window."""
        at = start
        while not self.is_open(at):
            at = at - at % MINUTE_MS + MINUTE_MS
            if self._minute(at) >= len(self.open):
                return None
        day = self.day_of(self._minute(at))
        if cut_off is not None and self._exact(at) > datetime.combine(day, time()) + cut_off * MINUTE:
            following = self._later(day, 1)
            if following is None:
                return None
            day, at = following, self._instant(self.minutes_of[following][0])
        return day, at

    def due_same_time(self, start: int, days: int, cut_off: int | None) -> int | None:
        counted = self.received(start, cut_off)
        if counted is None:
            return None
        day, at = counted
        goal = self._later(day, days)
        if goal is None:
            return None
        reading = datetime.combine(goal, time()) + (self._exact(at) - datetime.combine(day, time()))
        return next(
            (
                self._instant(number) + int((reading - shown) / timedelta(milliseconds=1))
                for number, shown in enumerate(self.shown)
                if shown <= reading < shown + MINUTE
            ),
            None,
        )

    def due_end_of_day(self, start: int, days: int, cut_off: int | None) -> int | None:
        counted = self.received(start, cut_off)
        goal = None if counted is None else self._later(counted[0], days)
        if goal is None:
            return None
        return self._instant(self.minutes_of[goal][-1] + 1)

    def _later(self, day: date, days: int) -> date | None:
        following = [day, *(other for other in sorted(self.minutes_of) if other > day)]
        return following[days] if days < len(following) else None

    def _instant(self, number: int) -> int:
        return self.first_ms + number * MINUTE_MS

    def _exact(self, at: int) -> datetime:
        return self.shown[self._minute(at)] + timedelta(milliseconds=(at - self.first_ms) % MINUTE_MS)
