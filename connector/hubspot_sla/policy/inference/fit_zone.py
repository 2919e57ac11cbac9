"""The time zone of a rule, and the hours it then has.

Zones whose clocks change on the same days explain the same tickets: only the hours read differently. So hours are
fitted in one zone of the likeliest such family, and again in another family if they explain more there; then the zone
is chosen within the family: that of the account, of a user, or one of a short list, the first in which the hours look
like a day's work.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from hubspot_sla.clock.calendar import Calendar
from hubspot_sla.clock.local_time import reading_at
from hubspot_sla.policy.inference.fit_hours import LocalPair, explained, fitted_hours

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import tzinfo

    from hubspot_sla.policy.inference.observation import Observation
    from hubspot_sla.policy.inference.week_hours import WeekHours

OTHER_ZONES = (
    *("Europe/London", "Europe/Berlin", "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles"),
    *("America/Sao_Paulo", "Asia/Dubai", "Asia/Kolkata", "Asia/Singapore", "Asia/Tokyo", "Australia/Sydney"),
    "Pacific/Auckland",
)
_WORTH_A_ZONE = 2  # due instants that another family of zones must explain on top
_EARLIEST_OPENING, _LATEST_OPENING, _HALF_HOUR = 5 * 60, 12 * 60, 30
_MONDAY = datetime(1970, 1, 5, tzinfo=UTC).replace(tzinfo=None)
_MS = timedelta(milliseconds=1)
_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class ZonedHours:
    """Hours by the clock on the wall of an IANA zone."""

    zone: str
    hours: WeekHours

    def calendar(self, name: str) -> Calendar:
        return Calendar(name, ZoneInfo(self.zone), self.hours.as_week())


def known_zones(names: Iterable[str]) -> tuple[str, ...]:
    """Those that there are, each once."""
    return tuple(dict.fromkeys(name for name in names if name and _exists(name)))


def fitted(observations: Sequence[Observation], preferred: Sequence[str]) -> ZonedHours:
    """Hours and zone that explain most observations; `preferred` zones before others that explain as many."""
    families = _families(known_zones((*preferred, *OTHER_ZONES)), observations)
    family, pairs = families[0], local_pairs(observations, ZoneInfo(families[0][0]))
    hours = fitted_hours(pairs)
    if not hours.is_always and explained(hours, pairs) < len(pairs):
        better = _better_family(families, hours, explained(hours, pairs), observations)
        if better is not None:
            family, hours = better, fitted_hours(local_pairs(observations, ZoneInfo(better[0])))
    return _placed(hours, family, observations)


def _better_family(
    families: Sequence[list[str]], hours: WeekHours, score: int, observations: Sequence[Observation]
) -> list[str] | None:
    """The family in which hours that were fitted in the first one explain clearly more; None: there is none."""
    best, chosen = score + _WORTH_A_ZONE, None
    starts = [observation.start_ms for observation in observations]
    for family in families[1:]:
        pairs = local_pairs(observations, ZoneInfo(family[0]))
        for at in (min(starts), max(starts)):  # clocks may have changed in between
            ahead = _minutes_ahead(family[0], families[0][0], at)
            count = explained(hours.later_by(ahead), pairs)
            if count > best:
                best, chosen = count, family
    return chosen


def _minutes_ahead(zone: str, of_zone: str, at_ms: int) -> int:
    return (_local_ms(at_ms, ZoneInfo(zone)) - _local_ms(at_ms, ZoneInfo(of_zone))) // 60_000


def local_pairs(observations: Iterable[Observation], zone: tzinfo) -> list[LocalPair]:
    return [
        LocalPair(
            (observation.metric.value, observation.priority),
            _local_ms(observation.start_ms, zone),
            _local_ms(observation.due_ms, zone),
        )
        for observation in observations
    ]


def _local_ms(at_ms: int, zone: tzinfo) -> int:
    """Ms of the clock on the wall since a Monday."""
    return (reading_at(at_ms, zone) - _MONDAY) // _MS


def _families(zones: Sequence[str], observations: Sequence[Observation]) -> list[list[str]]:
    """Zones by the days on which their clocks change in the time that is looked at, in the order they were given."""
    first = min(observation.start_ms for observation in observations)
    days = range(first, max(observation.due_ms for observation in observations) + _DAY_MS, _DAY_MS)
    families: dict[tuple[int, ...], list[str]] = {}
    for name in zones:
        zone = ZoneInfo(name)
        offsets = [_local_ms(day, zone) - day for day in days]
        families.setdefault(tuple(offset - offsets[0] for offset in offsets), []).append(name)
    return list(families.values())


def _placed(hours: WeekHours, family: Sequence[str], observations: Sequence[Observation]) -> ZonedHours:
    """The hours in the first zone of the family in which they look like a day's work, else in the first of all."""
    at = min(observation.start_ms for observation in observations)
    for name in family:
        moved = hours if hours.is_always else hours.later_by(_minutes_ahead(name, family[0], at))
        if hours.is_always or _is_a_days_work(moved):
            return ZonedHours(name, moved)
    return ZonedHours(family[0], hours)


def _is_a_days_work(hours: WeekHours) -> bool:
    return all(
        _EARLIEST_OPENING <= start <= _LATEST_OPENING and start % _HALF_HOUR == 0 and end <= 24 * 60
        for _, (start, end) in hours.days
    )


def _exists(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
