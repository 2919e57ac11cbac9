"""Working hours as users have them in their profiles, into calendars."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubspot_sla.clock.hours import DAY_MINUTES, DAYS_OF_WEEK
from hubspot_sla.clock.intervals import merged
from hubspot_sla.policy.inference.fit_zone import known_zones

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hubspot_sla.policy.inference.week_hours import DayHours, WeekHours

_DAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
_RANGES = {
    "MONDAY_TO_FRIDAY": range(5),
    "SATURDAY_SUNDAY": range(5, 7),
    "EVERY_DAY": range(DAYS_OF_WEEK),
    **{name: range(day, day + 1) for day, name in enumerate(_DAYS)},
}


@dataclass(frozen=True, slots=True)
class WorkingWeek:
    """Hours of weekdays (0 is Monday) by the clock on the wall of a zone; a day may have several."""

    zone: str
    days: tuple[tuple[int, tuple[DayHours, ...]], ...]

    @classmethod
    def of_rule(cls, zone: str, hours: WeekHours) -> WorkingWeek:
        return cls(zone, tuple((day, (span,)) for day, span in hours.days))


@dataclass(frozen=True, slots=True)
class Profile:
    """What one user says of their time. `working_hours` is HubSpot's JSON."""

    time_zone: str
    working_hours: str


@dataclass(frozen=True, slots=True)
class SharedWeek:
    """A week that so many users share."""

    week: WorkingWeek
    users: int


@dataclass(frozen=True, slots=True)
class WeeksOfUsers:
    """`shared`, the most common first; how many users say no hours, and how many say some that make no sense."""

    shared: tuple[SharedWeek, ...]
    without: int = 0
    unreadable: int = 0


def weeks_of(profiles: Iterable[Profile], account_zone: str) -> WeeksOfUsers:
    """A user without a time zone works in that of the account."""
    counts: dict[WorkingWeek, int] = {}
    without = unreadable = 0
    for profile in profiles:
        if not profile.working_hours.strip():
            without += 1
            continue
        week = working_week(profile, account_zone)
        if week is None:
            unreadable += 1
        else:
            counts[week] = counts.get(week, 0) + 1
    shared = sorted(
        (SharedWeek(week, users) for week, users in counts.items()), key=lambda shared_week: -shared_week.users
    )
    return WeeksOfUsers(tuple(shared), without, unreadable)


def working_week(profile: Profile, account_zone: str) -> WorkingWeek | None:
    """None where zone or hours make no sense."""
    zones = known_zones([profile.time_zone or account_zone])
    try:
        rows = json.loads(profile.working_hours)
        spans = [_spans(row) for row in rows]
    except (ValueError, TypeError, KeyError):
        return None
    days = {day: merged(span for days, span in spans if day in days) for day in range(DAYS_OF_WEEK)}
    if not zones or not any(days.values()):
        return None
    return WorkingWeek(zones[0], tuple((day, hours) for day, hours in days.items() if hours))


def _spans(row: dict[str, object]) -> tuple[range, DayHours]:
    """Days, and hours in minutes. KeyError, ValueError, TypeError: there are none in it."""
    start, end = row["startMinute"], row["endMinute"]
    if not isinstance(start, int) or not isinstance(end, int) or not 0 <= start < end <= DAY_MINUTES:
        raise ValueError(f"hours from {start} to {end}")
    return _RANGES[str(row["days"])], (start, end)
