"""The calendars of one calendars.yaml for who asks them something: compiled, or kept by an earlier command.

Zones are those of this machine. Holidays are kept for some years around the present; of other years the library is
asked, as without a cache.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from hubspot_sla.clock.calendar import Calendar
from hubspot_sla.flows.context.start_cache import key_of
from hubspot_sla.flows.context.value_codec import Unkeepable, Unreadable, decoded, encoded
from hubspot_sla.policy.calendar_data import INSTALLED, HolidaysOf

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import tzinfo

    from hubspot_sla.clock.calendar import HolidaysOfYear
    from hubspot_sla.flows.context.kept_shapes import Shape
    from hubspot_sla.flows.context.start_cache import StartCache

_KIND: Final = "calendars"
_SHAPE: Final[Shape] = {"table": [list], "holidays": {"": {"": {"": str}}}}
YEARS_BEFORE, YEARS_AFTER = 2, 4


def calendars_of(file: str, text: str, now: int, cache_of_user: StartCache) -> Mapping[str, Calendar]:
    """By name, `always` among them; `now` (epoch ms) says which years are worth keeping. MappingInvalid."""
    present = datetime.fromtimestamp(now / 1000, UTC).year
    key = key_of(file, text, str(present))
    kept = cache_of_user.recall(_KIND, key, _SHAPE)
    if kept is not None and (calendars := _restored(kept)) is not None:
        return calendars
    from hubspot_sla.policy.calendar_from_values import calendars_from_text

    compiled = calendars_from_text(file, text)
    years = range(present - YEARS_BEFORE, present + YEARS_AFTER)
    try:
        body = {"table": encoded(compiled), "holidays": _written(compiled.values(), years)}
        cache_of_user.store(_KIND, key, body)
    except Unkeepable:
        return compiled
    return compiled


def _restored(kept: Mapping[str, Any]) -> Mapping[str, Calendar] | None:
    try:
        data = _Kept({country: _read(years) for country, years in kept["holidays"].items()})
        calendars = decoded(kept["table"], data)
    except (Unreadable, ValueError):
        return None
    whole = isinstance(calendars, dict) and all(isinstance(calendar, Calendar) for calendar in calendars.values())
    return calendars if whole else None


def _written(calendars: Iterable[Calendar], years: Iterable[int]) -> dict[str, object]:
    """By country and subdivision, year and date."""
    named = (calendar.holidays for calendar in calendars)
    countries = {country for holidays in named if isinstance(holidays, HolidaysOf) for country in holidays.countries}
    return {
        " ".join(country): {
            str(year): {day.isoformat(): name for day, name in INSTALLED.holidays(*country)(year).items()}
            for year in years
        }
        for country in sorted(countries)
    }


def _read(years: Mapping[str, Mapping[str, str]]) -> dict[int, dict[date, str]]:
    return {int(year): {date.fromisoformat(day): name for day, name in days.items()} for year, days in years.items()}


@dataclass(frozen=True, slots=True)
class _Kept:
    """What this machine has, without asking the library about years that were kept."""

    years: Mapping[str, Mapping[int, Mapping[date, str]]] = field(default_factory=dict)

    def zone(self, name: str) -> tzinfo:
        return INSTALLED.zone(name)

    def holidays(self, country: str, subdivision: str) -> HolidaysOfYear:
        kept, of_library = self.years.get(f"{country} {subdivision}", {}), INSTALLED.holidays(country, subdivision)

        @cache
        def of_year(year: int) -> Mapping[date, str]:
            return kept[year] if year in kept else of_library(year)

        return of_year

    def digests(self, zone: str, holidays: set[tuple[str, str]]) -> tuple[str, ...]:
        return INSTALLED.digests(zone, holidays)

    def is_kept(self, name: str) -> bool:
        return INSTALLED.is_kept(name)
