"""True hours: the promised hours of the week in which nobody ever answers.

An hour of the week is promised as far as the calendar is open in it. It is silent where in all the time looked at not
one answer fell into it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import tzinfo

    from hubspot_sla.clock.calendar import Calendar

Hour = tuple[int, int]
"""Weekday (0 is Monday) and hour of a calendar's own zone."""
_WEEK_MS: Final = 7 * 24 * 3_600_000
_HOUR_MS: Final = 3_600_000


@dataclass(frozen=True, slots=True)
class TrueHours:
    """Milliseconds of an average week: `promised_ms`, and of it `silent_ms` in the hours `silent`. `answers` is how
    many there were; without any nothing is known of silence."""

    promised_ms: Fraction
    silent_ms: Fraction
    silent: Sequence[Hour]
    answers: int

    @property
    def silent_share(self) -> Fraction | None:
        """Of the promised time; None where nothing was promised, or nobody ever answered."""
        return self.silent_ms / self.promised_ms if self.promised_ms and self.answers else None


def hour_of(at: int, zone: tzinfo) -> Hour:
    """The hour of the week in which an instant (epoch ms) lies."""
    local = datetime.fromtimestamp(at // 1000, zone)
    return local.weekday(), local.hour


def promised_hours(calendar: Calendar, start: int, end: int) -> dict[Hour, int]:
    """How many ms of `[start, end)` (epoch ms) the calendar is open, by hour of the week."""
    open_ms: Counter[Hour] = Counter()
    for opened, shut in calendar.segments(start, end):
        at = opened
        while at < shut:
            local = datetime.fromtimestamp(at // 1000, calendar.zone)
            until = min(shut, at - at % 1000 + _HOUR_MS - (local.minute * 60 + local.second) * 1000)
            open_ms[local.weekday(), local.hour] += until - at
            at = until
    return dict(open_ms)


def true_hours(promised: Mapping[Hour, int], answers: Mapping[Hour, int], looked_at_ms: int) -> TrueHours:
    """`promised` is ms by hour of the week within `looked_at_ms`, `answers` how many fell into each."""
    weeks = Fraction(looked_at_ms, _WEEK_MS)
    silent = sorted(hour for hour, ms in promised.items() if ms and not answers.get(hour))
    silent_ms, promised_ms = sum(promised[hour] for hour in silent), sum(promised.values())
    number = sum(answers.values())
    if not weeks:
        return TrueHours(Fraction(0), Fraction(0), (), number)
    return TrueHours(promised_ms / weeks, silent_ms / weeks, tuple(silent) if number else (), number)
