"""The zones and holidays that calendars are compiled with: those of this machine, or those that were kept by content.

Mappings name a zone and a country; what these mean comes from libraries that change. So a ledger keeps, with each
version of its mappings, what they meant: a content for each name, such as `zone Europe/Berlin` and `holidays DE-BE`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING, Final, Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from hubspot_sla.policy import holiday_content, zone_content

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date, tzinfo

    from hubspot_sla.clock.calendar import HolidaysOfYear

Contents = Mapping[str, bytes]
"""By name, as `zone_of` and `holidays_of` have it."""
_ZONE, _HOLIDAYS = "zone ", "holidays "


@dataclass(frozen=True, slots=True)
class DatesInUse:
    """Both included."""

    first: date
    last: date


class CalendarData(Protocol):
    """Where calendars take zones and holidays from. `digests` says of which content they are; () where nobody kept
    it. `is_kept`: whether there is need to ask the libraries whether they know the name."""

    def zone(self, name: str) -> tzinfo: ...

    def holidays(self, country: str, subdivision: str) -> HolidaysOfYear: ...

    def digests(self, zone: str, holidays: set[tuple[str, str]]) -> tuple[str, ...]: ...

    def is_kept(self, name: str) -> bool: ...


def zone_name(zone: str) -> str:
    return f"{_ZONE}{zone}"


def holidays_name(country: str, subdivision: str) -> str:
    return f"{_HOLIDAYS}{country}{f'-{subdivision}' if subdivision else ''}"


@dataclass(frozen=True, slots=True)
class HolidaysOf:
    """The holidays of these countries, each with its subdivision or ""; one that several have carries all their
    names."""

    countries: tuple[tuple[str, str], ...]
    of_year: HolidaysOfYear

    @classmethod
    def of(cls, countries: tuple[tuple[str, str], ...], data: CalendarData) -> HolidaysOf:
        of_each = [data.holidays(country, subdivision) for country, subdivision in countries]

        def of_year(year: int) -> Mapping[date, str]:
            names: dict[date, list[str]] = {}
            for of_country in of_each:
                for day, name in of_country(year).items():
                    if name not in names.setdefault(day, []):
                        names[day].append(name)
            return {day: " / ".join(of_day) for day, of_day in names.items()}

        return cls(countries, cache(of_year))

    def __call__(self, year: int) -> Mapping[date, str]:
        return self.of_year(year)


class _Installed:
    """What this machine has, asked when it is needed."""

    def zone(self, name: str) -> tzinfo:
        return ZoneInfo(name)

    def holidays(self, country: str, subdivision: str) -> HolidaysOfYear:
        @cache
        def of_year(year: int) -> Mapping[date, str]:
            return holiday_content.named_by_library(country, subdivision, [year])

        return of_year

    def digests(self, zone: str, holidays: set[tuple[str, str]]) -> tuple[str, ...]:  # noqa: ARG002
        return ()

    def is_kept(self, name: str) -> bool:  # noqa: ARG002
        return False


INSTALLED: Final[CalendarData] = _Installed()


@dataclass(slots=True)
class ResolvedData:
    """By content. What is not among `known` is resolved from what is installed; so is, where `in_use` is said, what the
    installed libraries say otherwise about one of these dates. `used` are the contents that were asked for."""

    known: Contents = field(default_factory=dict)
    in_use: DatesInUse | None = None
    used: dict[str, bytes] = field(default_factory=dict)

    def zone(self, name: str) -> tzinfo:
        return zone_content.zone_of(self._content(zone_name(name), lambda: zone_content.installed(name)))

    def holidays(self, country: str, subdivision: str) -> HolidaysOfYear:
        name = holidays_name(country, subdivision)
        years = holiday_content.years_of(self._content(name, lambda: holiday_content.installed(country, subdivision)))
        return lambda year: years.get(year, holiday_content.NONE)

    def digests(self, zone: str, holidays: set[tuple[str, str]]) -> tuple[str, ...]:
        names = [zone_name(zone), *sorted(holidays_name(*each) for each in holidays)]
        return tuple(digest_of(self.used[name]) for name in names)

    def is_kept(self, name: str) -> bool:
        return name in self.known

    def _content(self, name: str, resolved: Callable[[], bytes]) -> bytes:
        if name not in self.used:
            known = self.known.get(name)
            outdated = known is not None and self.in_use is not None and is_outdated(name, known, self.in_use)
            self.used[name] = resolved() if known is None or outdated else known
        return self.used[name]


def is_outdated(name: str, content: bytes, dates: DatesInUse) -> bool:
    """Whether what is installed says otherwise about any of these dates. What is installed no more says nothing."""
    differs = zone_content.differs if name.startswith(_ZONE) else holiday_content.differs
    try:
        return differs(content, dates.first, dates.last)
    except (ZoneInfoNotFoundError, NotImplementedError, ValueError, OSError):
        return False


def zone_in(name: str) -> str:
    """The zone of a name that `zone_name` made."""
    return name.removeprefix(_ZONE)


def names_holidays(name: str) -> bool:
    return name.startswith(_HOLIDAYS)


def digest_of(content: bytes) -> str:
    """SHA-256, in hex."""
    return sha256(content).hexdigest()
