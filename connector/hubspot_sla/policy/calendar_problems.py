"""What can be wrong with an entry of calendars.yaml."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from hubspot_sla.clock.calendar import ALWAYS, DAY_MINUTES, WHOLE_DAY
from hubspot_sla.policy.times import written_hours
from hubspot_sla.policy.value_errors import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hubspot_sla.clock.calendar import Hours
    from hubspot_sla.errors import Problem
    from hubspot_sla.policy.documents import CalendarSection, HolidaysSection, WeekSection
    from hubspot_sla.policy.yaml_reader import Document, Path

_WEEK_MINUTES = 7 * DAY_MINUTES
_NO_ZONES = frozenset({"localtime", "posixrules", "Factory"})
_TEN_YEARS_MS = 3653 * DAY_MINUTES * 60_000


def extension_problems(document: Document, name: str, sections: Mapping[str, CalendarSection]) -> Iterator[Problem]:
    """An entry that extends what is not there, or, by however many steps, itself."""
    base, seen = sections[name].extends, [name]
    if base is not None and base not in sections:
        remedy = nearest(base, set(sections) - {name})
        yield document.problem(("calendars", name, "extends"), f"there is no calendar {base!r}", remedy)
    while base is not None and base in sections and base not in seen:
        seen.append(base)
        base = sections[base].extends
    if base == name:
        message = f"calendar {name!r} extends itself: {' -> '.join([*seen, name])}"
        yield document.problem(("calendars", name, "extends"), message)


def problems_alone(document: Document, name: str, section: CalendarSection) -> Iterator[Problem]:
    """What is wrong with what an entry says itself."""
    path: Path = ("calendars", name)
    if name == ALWAYS.name:
        yield document.problem(path, f"{name!r} is built in", "give this calendar another name", at_key=True)
    if not section.timezone and section.extends is None:
        yield document.problem(path, "'timezone' is missing", at_key=True)
    if section.timezone and not _zone_exists(section.timezone):
        remedy = nearest(section.timezone, filter(_zone_exists, available_timezones()))
        yield document.problem((*path, "timezone"), f"there is no time zone {section.timezone!r}", remedy)
    if section.holidays:
        yield from _holiday_problems(document, (*path, "holidays"), section.holidays)
    if section.business_day and section.business_day.business_days:
        message = "a business day cannot be counted in business days"
        yield document.problem((*path, "business_day"), message, "say its hours, for example 8h")
    yield from _week_problems(document, (*path, "hours"), section.hours)
    yield from _exception_problems(document, path, section)


def problems_inherited(document: Document, name: str, whole: CalendarSection) -> Iterator[Problem]:
    """What is wrong with an entry, sound in itself, once it has what it extends."""
    path: Path = ("calendars", name)
    if not any(hours for _, hours in whole.hours.days()) and not any(whole.open.values()):
        yield document.problem(path, f"calendar {name!r} never opens", "give it `hours`", at_key=True)
    for number, rule in enumerate(whole.closed):
        if rule.date is None and rule.instants[1] - rule.instants[0] > _TEN_YEARS_MS:
            message = f"calendar {name!r} never opens: it is closed for more than ten years"
            yield document.problem((*path, "closed", number), message)
    if whole.extends is not None:
        yield from _week_problems(document, (*path, "hours"), whole.hours)


def _zone_exists(name: str) -> bool:
    """Asked of the zone itself: listing all of them reads every zone file there is. Names that mean another zone on
    another machine, or another count of seconds, are no zones."""
    if name in _NO_ZONES or name.startswith(("posix/", "right/")):
        return False
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
                        message = f"{written_hours(span)} overlaps {other}"
                        yield document.problem((*path, weekday, position), message)
            taken.append((start, end, f"{weekday} {written_hours(span)}"))


def _exception_problems(document: Document, path: Path, section: CalendarSection) -> Iterator[Problem]:
    shut = {rule.date for rule in section.closed if rule.date and rule.hours == WHOLE_DAY}
    for day, hours in section.open.items():
        at: Path = (*path, "open", day.isoformat())
        if day in shut:
            yield document.problem(at, f"{day} is open here and closed under `closed`", at_key=True)
        for position, span in _overlapping(hours):
            yield document.problem((*at, position), f"{written_hours(span)} overlaps other hours of {day}")


def _overlapping(hours: Sequence[Hours]) -> Iterator[tuple[int, Hours]]:
    for position, span in enumerate(hours):
        earlier = hours[:position]
        if any(span.from_minute < other.to_minute and other.from_minute < span.to_minute for other in earlier):
            yield position, span
