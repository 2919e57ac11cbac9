"""Business time for scripts and notebooks: `from hubspot_sla import Calendar`.

Aware datetimes and seconds in; UTC datetimes and seconds out, exact to the microsecond. A naive datetime is
refused: which instant it means depends on the machine it is read on. Answers come in UTC because Python
compares and subtracts two datetimes of one zone by what the clock on the wall shows, which is an hour wrong
across a change of clocks; `answer.astimezone(calendar.zone)` shows them locally.

The judge works on `clock.calendar.Calendar`, in whole milliseconds; this is the same calendar, dressed for people.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import tzinfo
    from os import PathLike

    from hubspot_sla.clock.calendar import Calendar as MsCalendar

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_from_timestamp = datetime.fromtimestamp


class Calendar:
    """When work is done. Make one with `from_mapping` or `from_file`; it never changes.

    Intervals are half-open: the instant of closing is closed. Every method raises ValueError for a naive
    datetime, an end before its start, a negative number of seconds, or one that does not pass within 50 years.
    """

    __slots__ = ("_ms",)

    def __init__(self, calendar: MsCalendar) -> None:
        self._ms = calendar

    @classmethod
    def from_mapping(cls, entry: Mapping[str, object], *, name: str = "calendar") -> Calendar:
        """A calendar from the keys of one entry of calendars.yaml (docs/reference/calendar.md).

        Dates and instants may be text or `date` and aware `datetime` objects. `extends` may name `always` only.
        MappingInvalid (a ValueError): carries every problem at once.
        """
        from hubspot_sla.policy.calendar_from_values import calendar_from_entry

        return cls(calendar_from_entry(name, entry))

    @classmethod
    def from_file(cls, path: str | PathLike[str], name: str) -> Calendar:
        """The calendar `name` of a calendars.yaml. OSError: no such file. MappingInvalid: as for `from_mapping`.

        KeyError: the file is sound, but has no such calendar.
        """
        from pathlib import Path

        from hubspot_sla.policy.calendar_from_values import calendars_from_text

        file = Path(path)
        return cls(calendars_from_text(file.name, file.read_text(encoding="utf-8-sig"))[name])

    @property
    def name(self) -> str:
        return self._ms.name

    @property
    def zone(self) -> tzinfo:
        return self._ms.zone

    @property
    def business_day(self) -> float | None:
        """The seconds of `1bd`; None where the calendar does not say."""
        return None if self._ms.business_day_ms is None else self._ms.business_day_ms / 1000

    def __repr__(self) -> str:
        return f"<Calendar {self.name} {self.zone}>"

    def due(self, start: datetime, seconds: float) -> datetime:
        """The earliest instant at which that much business time has run since `start`.

        What ends at closing is due at closing. Zero seconds are due at `start` itself, open or not.
        """
        since = _since_epoch(start)
        if type(seconds) is int and seconds > 0 and not since.microseconds:  # nearly every call: no fractions to mind
            at = (since.days * 86_400 + since.seconds) * 1000
            return _from_timestamp(self._ms.due(at, 1000 * seconds) / 1000, UTC)
        at, rest = _split(since)
        budget = _micros(seconds)
        if not budget:
            return start.astimezone(UTC)
        if rest and self._ms.is_open(at):
            budget += rest  # as if it had begun with the millisecond
        whole, part = divmod(budget, 1000)
        if not part:
            return _datetime(self._ms.due(at, whole))
        return _datetime(self._ms.due(at, whole + 1), part - 1000)

    def before(self, end: datetime, seconds: float) -> datetime:
        """The latest instant from which that much business time remains until `end`.

        The mirror of `due`: what reaches back to an opening begins at that opening.
        """
        at, rest = _split(_since_epoch(end))
        budget = _micros(seconds)
        if rest and self._ms.is_open(at):
            budget -= rest
        if budget <= 0:  # it all lies within this open millisecond
            return end.astimezone(UTC) - timedelta(microseconds=_micros(seconds))
        whole, part = divmod(budget, 1000)
        if not part:
            return _datetime(self._ms.before(at, whole))
        return _datetime(self._ms.before(at, whole + 1), 1000 - part)

    def elapsed(self, start: datetime, end: datetime) -> float:
        """Seconds of business time between two instants."""
        since, until = _since_epoch(start), _since_epoch(end)
        if until < since:
            raise _backwards(start, end)
        if not since.microseconds and not until.microseconds:
            start_at = (since.days * 86_400 + since.seconds) * 1000
            return self._ms.elapsed(start_at, (until.days * 86_400 + until.seconds) * 1000) / 1000
        (start_at, start_rest), (end_at, end_rest) = _split(since), _split(until)
        micros = 1000 * self._ms.elapsed(start_at, end_at)
        if start_rest and self._ms.is_open(start_at):
            micros -= start_rest
        if end_rest and self._ms.is_open(end_at):
            micros += end_rest
        return micros / 1_000_000

    def is_open(self, at: datetime) -> bool:
        """Whether `at` is business time."""
        return self._ms.is_open(_split(_since_epoch(at))[0])

    def segments(self, start: datetime, end: datetime) -> tuple[tuple[datetime, datetime], ...]:
        """The open intervals between two instants, clipped to them, in order."""
        since, until = _since_epoch(start), _since_epoch(end)
        if until < since:
            raise _backwards(start, end)
        start_at, (end_at, end_rest) = _split(since)[0], _split(until)
        first, last = start.astimezone(UTC), end.astimezone(UTC)
        found = self._ms.segments(start_at, end_at + (1 if end_rest else 0))
        clipped = ((max(_datetime(at), first), min(_datetime(until), last)) for at, until in found)
        return tuple((at, until) for at, until in clipped if at < until)


def _since_epoch(at: datetime) -> timedelta:
    try:
        return at - _EPOCH
    except TypeError:
        raise _refused(at) from None


def _split(since: timedelta) -> tuple[int, int]:
    """Whole milliseconds, and the microseconds beyond them."""
    ms, rest = divmod(since.microseconds, 1000)
    return (since.days * 86_400 + since.seconds) * 1000 + ms, rest


def _backwards(start: datetime, end: datetime) -> ValueError:
    return ValueError(f"the end {end.isoformat()} is before the start {start.isoformat()}")


def _refused(at: object) -> Exception:
    if isinstance(at, datetime):
        return ValueError(f"{at.isoformat()} is naive: say its zone, for example .replace(tzinfo=ZoneInfo(...))")
    if isinstance(at, date):
        return TypeError(f"{at.isoformat()} is a date, not an instant: a datetime with a zone is needed")
    return TypeError(f"a datetime with a zone is needed, not {at!r}")


def _micros(seconds: float) -> int:
    try:
        micros = seconds * 1_000_000 if type(seconds) is int else round(seconds * 1_000_000)
    except TypeError:
        raise TypeError(f"seconds are a number, not {seconds!r}") from None
    except (ValueError, OverflowError):  # not a number, infinite
        raise ValueError(f"{seconds} seconds are no length of time") from None
    if micros < 0:
        raise ValueError(f"the seconds must not be negative: {seconds}")
    return micros


def _datetime(at_ms: int, micros: int = 0) -> datetime:
    """A float holds every millisecond up to the year 2242 closely enough to come back as the right microsecond."""
    return _from_timestamp(at_ms / 1000, UTC) + timedelta(0, 0, micros)
