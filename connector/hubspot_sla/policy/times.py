"""Times of day, dates and instants as admins write them."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, tzinfo

from hubspot_sla.clock import local_time
from hubspot_sla.clock.hours import DAY_MINUTES, Hours
from hubspot_sla.policy.message_codes import Code
from hubspot_sla.policy.value_errors import Refused

_CLOCK = re.compile(r"(\d{1,2}):(\d{2})\Z", re.ASCII)
_HOUR = re.compile(r"(\d{1,2})(?:[:.h]?(\d{2}))?\s*(am|pm|h|uhr)?", re.ASCII)
_DASHES = re.compile("[-–—−]|\\b(?:to|until|bis)\\b")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}\Z", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def parse_minute(written: object) -> int:
    """`09:30` as minutes after midnight; `24:00` is the end of the day."""
    match = _CLOCK.match(written.strip()) if isinstance(written, str) else None
    minute = int(match[1]) * 60 + int(match[2]) if match and int(match[2]) < 60 else DAY_MINUTES + 1
    if minute > DAY_MINUTES:
        raise Refused(f"{written!r} is not a time of day", "write 00:00 to 24:00", code=Code.HOURS)
    return minute


def hours_between(start: int, end: int) -> Hours:
    """An end at or before the start is on the next day. Refused: nothing, or more than a day, in between."""
    if start == DAY_MINUTES:
        raise Refused("hours cannot begin at 24:00", "begin them at 00:00 of the next day", code=Code.HOURS)
    if start == end:
        raise Refused("hours begin and end at the same time", 'a whole day is "00:00-24:00"', code=Code.HOURS)
    return Hours(start, end if end > start else end + DAY_MINUTES)


_CLOSED = frozenset({"closed", "none", "off", "free", "no"})


def parse_hours(written: object) -> Hours:
    """`09:00-12:30`; `22:00-06:00` ends on the next day."""
    start, dash, end = written.partition("-") if isinstance(written, str) else ("", "", "")
    if not dash:
        is_closed = isinstance(written, str) and written.strip().casefold() in _CLOSED
        remedy = "leave the day out: it is closed then" if is_closed else _hours_meant(written) or 'write "09:00-17:30"'
        raise Refused(f"{written!r} are not hours", remedy, code=Code.HOURS)
    try:
        return hours_between(parse_minute(start), parse_minute(end))
    except Refused as refused:
        remedy = _hours_meant(written) or refused.remedy
        raise Refused(f"{written!r}: {refused}", remedy, code=refused.code) from None


def _hours_meant(written: object) -> str:
    """The remedy for `9-17`, `9am-5pm` and `09.00–17.00`; "" where it cannot be told, or would be no hours either."""
    parts = _DASHES.split(written.casefold()) if isinstance(written, str) else []
    ends = [_HOUR.fullmatch(part.strip()) for part in parts]
    times = [f"{_hour_of_24(int(match[1]), match[3]):02}:{match[2] or '00'}" for match in ends if match]
    if len(times) != len(parts) or len(times) != _BEGIN_AND_END:
        return ""
    try:
        hours_between(*map(parse_minute, times))
    except Refused:
        return ""
    return f'write "{"-".join(times)}"'


_BEGIN_AND_END = 2


def _hour_of_24(hour: int, half: str | None) -> int:
    return hour % 12 + (12 if half == "pm" else 0) if half in ("am", "pm") else hour


def parse_date(written: object) -> date:
    """`2026-12-24`, nothing else."""
    if isinstance(written, str) and _DATE.match(written):
        with suppress(ValueError):
            return date.fromisoformat(written)
    raise Refused(f"{written!r} is not a date", "write 2026-12-24", code=Code.DATE)


def parse_instant(written: object) -> int:
    """`2026-12-24T12:00:00+01:00` in ms since the epoch. Refused: no offset, so no instant."""
    instant = None
    if isinstance(written, str):
        with suppress(ValueError):
            instant = datetime.fromisoformat(written.strip())
    if instant is None:
        raise Refused(f"{written!r} is not an instant", "write 2026-12-24T12:00:00+01:00", code=Code.INSTANT)
    if instant.tzinfo is None:
        raise Refused(
            f"{written!r} does not say in which zone", "add the offset, for example +01:00 or Z", code=Code.INSTANT
        )
    return (instant - _EPOCH) // timedelta(milliseconds=1)


def parse_moment(written: object) -> datetime:
    """A date (its midnight) or an instant; naive where it has no offset, for a calendar whose zone is known later."""
    text = written.strip() if isinstance(written, str) else ""
    if is_date(text):
        day = parse_date(text)
        return datetime(day.year, day.month, day.day)  # noqa: DTZ001 - the calendar's zone belongs to it
    moment = None
    with suppress(ValueError):
        moment = datetime.fromisoformat(text)
    if moment is None:
        raise Refused(
            f"{written!r} is neither a date nor an instant",
            "write 2026-12-24 or 2026-12-24T12:00:00",
            code=Code.INSTANT,
        )
    return moment


def instant_in(moment: datetime, zone: tzinfo) -> int:
    """The instant (ms) of what `parse_moment` gave, in the zone where it has no offset of its own."""
    if moment.tzinfo is None:
        return local_time.instant_of(moment, zone)
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def parse_date_or_instant(written: str) -> int:
    """A date is its midnight in UTC; otherwise an instant. In ms since the epoch."""
    if _DATE.match(written):
        return parse_instant(f"{parse_date(written).isoformat()}T00:00:00Z")
    try:
        return parse_instant(written)
    except Refused as refused:
        if re.match(r"\d{4}-", written):
            raise
        remedy = f"write 2026-12-24, or {refused.remedy.removeprefix('write ')}"
        raise Refused(f"{written!r} is neither a date nor an instant", remedy, code=refused.code) from None


def written_hours(hours: Hours) -> str:
    """Hours as an admin writes them: `22:00-06:00`."""
    return f"{_written_minute(hours.from_minute)}-{_written_minute(hours.to_minute)}"


def _written_minute(minute: int) -> str:
    shown = minute if minute <= DAY_MINUTES else minute - DAY_MINUTES
    return f"{shown // 60:02}:{shown % 60:02}"


def is_date(written: str) -> bool:
    """Whether it has the form of a date, without a time."""
    return bool(_DATE.match(written))
