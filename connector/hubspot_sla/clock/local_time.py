"""When does a clock on the wall of some zone show a time? Local times in, instants out.

Hours stay in one piece on the two odd days of a year. They begin the first time the clock shows their start,
and end one second after the last time it shows the second before their end; a time that the clock jumps over
in spring is the instant of the jump. So the days of a zone lie end to end on the absolute line, with the 23,
24 or 25 hours that really pass, also where clocks change at midnight (Beirut, Havana) or a whole day is
missing (Apia, 2011-12-30).
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, tzinfo
from functools import lru_cache

_KEPT = 1 << 14  # some years of some calendars; those of one zone ask for the same days

_SECOND = timedelta(seconds=1)


@lru_cache(_KEPT)
def begins_at(day: date, minute: int, zone: tzinfo) -> int:
    """The first instant at which hours that start at `minute` of `day` have begun (ms)."""
    return 1000 * _instant_s(_reading(day, minute), zone, fold=0)


@lru_cache(_KEPT)
def ends_at(day: date, minute: int, zone: tzinfo) -> int:
    """The instant at which hours that end at `minute` of `day` are over (ms). `minute` may pass 24 h."""
    last = _reading(day, minute) - _SECOND
    if _is_skipped(last, zone):
        return 1000 * _jump_s(last, zone)
    return 1000 * (_instant_s(last, zone, fold=1) + 1)


def instant_of(reading: datetime, zone: tzinfo) -> int:
    """The first instant (ms) at which the clock on the wall shows `reading`, which has no zone. Fractions of a second
    count; a time that the clock jumps over is the instant of the jump."""
    whole = reading.replace(microsecond=0)
    if _is_skipped(whole, zone):
        return 1000 * _jump_s(whole, zone)
    return 1000 * _seconds(whole, zone, fold=0) + reading.microsecond // 1000


def reading_at(at: int, zone: tzinfo) -> datetime:
    """What the clock on the wall shows at `at` (ms), without a zone."""
    return datetime.fromtimestamp(at // 1000, zone).replace(tzinfo=None) + timedelta(milliseconds=at % 1000)


def local_date(at: int, zone: tzinfo) -> date:
    """The date a calendar on the wall shows at `at` (ms)."""
    return datetime.fromtimestamp(at // 1000, zone).date()


def _reading(day: date, minute: int) -> datetime:
    return datetime.combine(day, time()) + timedelta(minutes=minute)


def _instant_s(reading: datetime, zone: tzinfo, *, fold: int) -> int:
    if _is_skipped(reading, zone):
        return _jump_s(reading, zone)
    return _seconds(reading, zone, fold)


def _seconds(reading: datetime, zone: tzinfo, fold: int) -> int:
    return int(reading.replace(tzinfo=zone, fold=fold).timestamp())


def _is_skipped(reading: datetime, zone: tzinfo) -> bool:
    """Whether the clock never shows this time. PEP 495: only in a gap is fold=1 the earlier."""
    return _seconds(reading, zone, 0) > _seconds(reading, zone, 1)


def _jump_s(reading: datetime, zone: tzinfo) -> int:
    """The instant at which the clock jumped over `reading`, found by bisection."""
    before, after = _seconds(reading, zone, 1), _seconds(reading, zone, 0)
    while after - before > 1:
        middle = (before + after) // 2
        if datetime.fromtimestamp(middle, zone).replace(tzinfo=None) > reading:
            after = middle
        else:
            before = middle
    return after
