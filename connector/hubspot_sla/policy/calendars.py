"""calendars.yaml compiled into the calendars of `clock/`."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from hubspot_sla.clock.calendar import ALWAYS, DAY_MINUTES, WHOLE_DAY, Calendar, no_holidays
from hubspot_sla.policy.refusals import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    from hubspot_sla.clock.calendar import HolidaysOfYear, Hours
    from hubspot_sla.errors import Problem
    from hubspot_sla.policy.documents import CalendarSection, CalendarsFile, HolidaysSection, WeekSection
    from hubspot_sla.policy.reading import Document, Path

_WEEK_MINUTES = 7 * DAY_MINUTES


def compiled_calendars(document: Document, file: CalendarsFile) -> tuple[dict[str, Calendar], list[Problem]]:
    """The calendars by name, `always` among them, and what is wrong with the others."""
    calendars = {ALWAYS.name: ALWAYS}
    problems: list[Problem] = []
    for name, section in file.calendars.items():
        found = list(_problems(document, name, section))
        if not found:
            calendars[name] = _calendar(name, section)
        problems.extend(found)
    return calendars, problems


def _calendar(name: str, section: CalendarSection) -> Calendar:
    return Calendar(
        name,
        ZoneInfo(section.timezone),
        {number: hours for number, (_, hours) in enumerate(section.hours.days())},
        holidays=_holidays(section.holidays) if section.holidays else no_holidays,
        closed=_closed_hours(section),
        closed_ranges=[rule.instants for rule in section.closed if rule.date is None],
        opened=section.open,
        business_day_ms=section.business_day.ms if section.business_day else None,
    )


def _closed_hours(section: CalendarSection) -> dict[date, list[Hours]]:
    closed: dict[date, list[Hours]] = {}
    for rule in section.closed:
        if rule.date:
            closed.setdefault(rule.date, []).append(rule.hours)
    return closed


def _holidays(section: HolidaysSection) -> HolidaysOfYear:
    def of_year(year: int) -> Mapping[date, str]:
        import holidays  # 0.3 s: only a calendar that has holidays pays for them

        found = holidays.country_holidays(section.country, subdiv=section.subdivision, years=year)
        return {day: name for day, name in found.items() if day.year == year}

    return of_year


def _problems(document: Document, name: str, section: CalendarSection) -> Iterator[Problem]:
    path: Path = ("calendars", name)
    if name == ALWAYS.name:
        yield document.problem(path, f"{name!r} is built in", "give this calendar another name", at_key=True)
    if not _zone_exists(section.timezone):
        remedy = nearest(section.timezone, available_timezones())
        yield document.problem((*path, "timezone"), f"there is no time zone {section.timezone!r}", remedy)
    if section.holidays:
        yield from _holiday_problems(document, (*path, "holidays"), section.holidays)
    if section.business_day and section.business_day.business_days:
        message = "a business day cannot be counted in business days"
        yield document.problem((*path, "business_day"), message, "say its hours, for example 8h")
    yield from _week_problems(document, (*path, "hours"), section.hours)
    yield from _exception_problems(document, path, section)
    if not any(hours for _, hours in section.hours.days()) and not any(section.open.values()):
        yield document.problem(path, f"calendar {name!r} never opens", "give it `hours`", at_key=True)


def _zone_exists(name: str) -> bool:
    """Asked of the zone itself: listing all of them reads every zone file there is."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _holiday_problems(document: Document, path: Path, section: HolidaysSection) -> Iterator[Problem]:
    import holidays

    try:
        holidays.country_holidays(section.country, subdiv=section.subdivision)
    except NotImplementedError:
        countries = holidays.list_supported_countries(include_aliases=True)
        if section.country not in countries:
            message = f"no holidays are known for country {section.country!r}"
            yield document.problem((*path, "country"), message, nearest(section.country, countries))
            return
        message = f"{section.country} has no subdivision {section.subdivision!r}"
        remedy = nearest(section.subdivision or "", countries[section.country])
        yield document.problem((*path, "subdivision"), message, remedy)


def _week_problems(document: Document, path: Path, week: WeekSection) -> Iterator[Problem]:
    """Overlaps anywhere in the week, the night from Sunday to Monday included."""
    taken: list[tuple[int, int, str]] = []
    for number, (weekday, hours) in enumerate(week.days()):
        for position, span in enumerate(hours):
            start = number * DAY_MINUTES + span.from_minute
            end = number * DAY_MINUTES + span.to_minute
            for shift in (-_WEEK_MINUTES, 0, _WEEK_MINUTES):
                for other_start, other_end, other in taken:
                    if start + shift < other_end and other_start < end + shift:
                        message = f"{_written(span)} overlaps {other}"
                        yield document.problem((*path, weekday, position), message)
            taken.append((start, end, f"{weekday} {_written(span)}"))


def _exception_problems(document: Document, path: Path, section: CalendarSection) -> Iterator[Problem]:
    shut = {rule.date for rule in section.closed if rule.date and rule.hours == WHOLE_DAY}
    for day, hours in section.open.items():
        at: Path = (*path, "open", day.isoformat())
        if day in shut:
            yield document.problem(at, f"{day} is open here and closed under `closed`", at_key=True)
        for position, span in _overlapping(hours):
            yield document.problem((*at, position), f"{_written(span)} overlaps other hours of {day}")


def _overlapping(hours: Sequence[Hours]) -> Iterator[tuple[int, Hours]]:
    for position, span in enumerate(hours):
        earlier = hours[:position]
        if any(span.from_minute < other.to_minute and other.from_minute < span.to_minute for other in earlier):
            yield position, span


def _written(span: Hours) -> str:
    return f"{_clock(span.from_minute)}-{_clock(span.to_minute)}"


def _clock(minute: int) -> str:
    shown = minute if minute <= DAY_MINUTES else minute - DAY_MINUTES
    return f"{shown // 60:02}:{shown % 60:02}"
