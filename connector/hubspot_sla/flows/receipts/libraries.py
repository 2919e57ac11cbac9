"""The libraries that know zones and holidays: what a receipt says of them, compared with those of this machine."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from hubspot_sla.clock.calendar import FIRST_YEAR, LAST_YEAR
from hubspot_sla.flows.receipts.stated_calendar import StatedHolidays, StatedZone, stated_zone
from hubspot_sla.policy import calendar_libraries
from hubspot_sla.policy.calendar_documents import CalendarsFile
from hubspot_sla.policy.calendars import holidays_of
from hubspot_sla.policy.document_problems import validated
from hubspot_sla.policy.extended_calendar import sections_of, whole_calendar
from hubspot_sla.policy.yaml_reader import read

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from hubspot_sla.clock.calendar import Calendar
    from hubspot_sla.policy.calendar_documents import HolidaysSection


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


@dataclass(frozen=True, slots=True)
class Stated:
    """A calendar of a receipt, whose holidays it keeps, and the releases that both were taken from, by library."""

    calendar: Calendar
    sections: Sequence[HolidaysSection]
    of: Mapping[str, str]


def compared(calendars: Iterable[Stated]) -> Compared:
    """Hold what is said of zones and holidays against the libraries of this machine."""
    here = calendar_libraries.versions()
    differences: dict[str, None] = {}
    remarks: dict[str, None] = {}
    for stated in calendars:
        for library, found in (
            ("tzdata", list(_zone_differences(stated.calendar))),
            ("holidays", list(_holiday_differences(stated.calendar, stated.sections))),
        ):
            release = stated.of[library]
            if release and release == here[library]:
                differences |= dict.fromkeys(found)
            elif found or library == "tzdata" or stated.sections:
                says = f"says otherwise: {'; '.join(found)}" if found else "says the same"
                has = f"this machine has {here[library] or 'none of a known release'}"
                remarks[f"{library} {release or 'of no known release'}: {has}, which {says}"] = None
    return Compared(tuple(differences), tuple(remarks))


def _zone_differences(calendar: Calendar) -> Iterator[str]:
    zone = calendar.zone
    if not isinstance(zone, StatedZone) or zone.name == "UTC":
        return
    first, last = (datetime.fromtimestamp(at, UTC).year for at, _ in (zone.changes[0], zone.changes[-1]))
    if first < FIRST_YEAR or last > LAST_YEAR:
        yield f"no zone is known from {first} to {last}"
        return
    try:
        here = stated_zone(ZoneInfo(zone.name), range(first, last + 1))
    except (ZoneInfoNotFoundError, ValueError, OSError):
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
