"""The hours in which HubSpot's own SLAs run: a week of local hours in a time zone, without holidays.

Written to be read rather than to be fast: one day after the other, each with its hours as instants.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from hubspot_sandbox.instants import to_instant, to_ms

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_DAY_MINUTES = 24 * 60
_MOST_DAYS = 10 * 366

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class OperatingHours:
    """`week` holds for each weekday (0 is Monday) the minutes of the day from and to which work is done; a day that is
    not in it is closed. Without a week every hour counts."""

    zone: str = "UTC"
    week: Mapping[int, tuple[int, int]] = field(default_factory=lambda: dict.fromkeys(range(7), (0, _DAY_MINUTES)))

    def due_ms(self, start_ms: int, minutes: int, pauses: Iterable[Span] = ()) -> int:
        """The instant at which so many minutes of open time have run since `start_ms`; time in `pauses` does not
        count."""
        left_ms, cuts = minutes * 60_000, sorted(pauses)
        for opens_ms, closes_ms in self._open_from(start_ms):
            for from_ms, to_ms_ in _outside(max(opens_ms, start_ms), closes_ms, cuts):
                if to_ms_ - from_ms >= left_ms:
                    return from_ms + left_ms
                left_ms -= to_ms_ - from_ms
        raise ValueError(f"{minutes} minutes do not pass in these hours")

    def elapsed_ms(self, start_ms: int, end_ms: int, pauses: Iterable[Span] = ()) -> int:
        """Open time between two instants; time in `pauses` does not count."""
        cuts, total_ms = sorted(pauses), 0
        for opens_ms, closes_ms in self._open_from(start_ms):
            if opens_ms >= end_ms:
                break
            spans = _outside(max(opens_ms, start_ms), min(closes_ms, end_ms), cuts)
            total_ms += sum(to_ms_ - from_ms for from_ms, to_ms_ in spans)
        return total_ms

    def _open_from(self, start_ms: int) -> Iterator[Span]:
        zone = ZoneInfo(self.zone)
        day = to_instant(start_ms).astimezone(zone).date() - timedelta(days=1)
        for number in range(_MOST_DAYS):
            yield from self._open_on(day + timedelta(days=number), zone, start_ms)

    def _open_on(self, day: date, zone: ZoneInfo, start_ms: int) -> Iterator[Span]:
        hours = self.week.get(day.weekday())
        if hours is not None:
            opens_ms, closes_ms = (_instant_ms(day, minute, zone) for minute in hours)
            if closes_ms > start_ms:
                yield opens_ms, closes_ms


def _instant_ms(day: date, minute: int, zone: ZoneInfo) -> int:
    local = datetime.combine(day, time(), zone) + timedelta(minutes=minute)
    return to_ms(local.astimezone(UTC))


def _outside(from_ms: int, to_ms_: int, cuts: Iterable[Span]) -> Iterator[Span]:
    """What of one open span lies in none of the sorted `cuts`."""
    for cut_from_ms, cut_to_ms in cuts:
        if cut_from_ms < to_ms_ and cut_to_ms > from_ms:
            if cut_from_ms > from_ms:
                yield from_ms, cut_from_ms
            from_ms = max(from_ms, cut_to_ms)
    if from_ms < to_ms_:
        yield from_ms, to_ms_
