"""The libraries that know zones and holidays: what a receipt says of them, compared with those of this machine."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from hubspot_sla.flows.receipts.stated_calendar import StatedHolidays, StatedZone, stated_zone
from hubspot_sla.policy import calendar_libraries
from hubspot_sla.policy.calendar_documents import CalendarsFile
from hubspot_sla.policy.calendars import holidays_of
from hubspot_sla.policy.document_problems import validated
from hubspot_sla.policy.extended_calendar import sections_of, whole_calendar
from hubspot_sla.policy.yaml_reader import read

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from hubspot_sla.clock.calendar import Calendar
    from hubspot_sla.policy.calendar_documents import HolidaysSection

NAMES: Final = ("holidays", "tzdata")


def holidays_named(calendars_yaml: str, name: str) -> list[dict[str, str]]:
    """The countries whose holidays a calendar keeps, by the text of the file that it stands in."""
    document, problems = read("calendars.yaml", calendars_yaml)
    file = None if document is None or problems else validated(document, CalendarsFile)[0]
    if file is None or name not in file.calendars or file.calendars[name].parts:
        return []
    sections = whole_calendar(name, sections_of(file)).holidays
    return [{"country": each.country, "subdivision": each.subdivision or ""} for each in sections]


@dataclass(frozen=True, slots=True)
class Compared:
    """`differences` are where this machine's library of the same version says otherwise; `remarks` what else there is
    to say."""

    differences: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


def compared(calendars: Iterable[tuple[Calendar, Sequence[HolidaysSection]]], named: dict[str, str]) -> Compared:
    """Hold what is said of zones and holidays against the libraries of this machine. `named` are the versions that it
    was taken from."""
    here = calendar_libraries.versions()
    found: dict[str, list[str]] = {name: [] for name in NAMES}
    for calendar, sections in calendars:
        found["tzdata"] += _zone_differences(calendar)
        found["holidays"] += _holiday_differences(calendar, sections)
    same = [name for name in NAMES if here[name] and here[name] == named.get(name)]
    remarks = [
        f"{name} {named.get(name) or 'of no known version'}: this machine has {here[name] or 'none'},"
        f" which {'says otherwise: ' + '; '.join(dict.fromkeys(found[name])) if found[name] else 'says the same'}"
        for name in NAMES
        if name not in same
    ]
    return Compared(tuple(dict.fromkeys(each for name in same for each in found[name])), tuple(remarks))


def _zone_differences(calendar: Calendar) -> Iterator[str]:
    zone = calendar.zone
    if not isinstance(zone, StatedZone) or zone.name == "UTC":
        return
    first = datetime.fromtimestamp(zone.changes[0][0], UTC).year
    last = datetime.fromtimestamp(zone.changes[-1][0], UTC).year
    try:
        here = stated_zone(ZoneInfo(zone.name), range(first, last + 1))
    except (ZoneInfoNotFoundError, ValueError):
        yield f"there is no zone {zone.name}"
        return
    if here.changes[: len(zone.changes)] != zone.changes:
        yield f"the clocks of {zone.name} change at other instants"


def _holiday_differences(calendar: Calendar, sections: Sequence[HolidaysSection]) -> Iterator[str]:
    holidays = calendar.holidays
    if not isinstance(holidays, StatedHolidays) or not sections:
        return
    here = holidays_of(sections)
    for year, by_date in holidays.by_year.items():
        try:
            days = sorted(by_date.keys() ^ here(year).keys())
        except NotImplementedError:  # the library's own words for a country or subdivision that it does not know
            yield f"it knows no holidays of {' and '.join(section.country for section in sections)}"
            return
        for day in days:
            yield f"{day} is {'no' if day in by_date else 'a'} holiday of calendar {calendar.name}"
