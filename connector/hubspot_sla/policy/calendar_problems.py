"""What can be wrong with an entry of calendars.yaml."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from hubspot_sla.clock.calendar import ALWAYS
from hubspot_sla.clock.combined_calendar import CombinedCalendar
from hubspot_sla.clock.hours import DAY_MINUTES, DAYS_OF_WEEK
from hubspot_sla.policy.calendar_data import INSTALLED, CalendarData, holidays_name, zone_name
from hubspot_sla.policy.calendar_documents import WEEKDAYS
from hubspot_sla.policy.extended_calendar import lineage, week_of
from hubspot_sla.policy.message_codes import Code
from hubspot_sla.policy.times import instant_in, written_hours
from hubspot_sla.policy.value_errors import nearest
from hubspot_sla.policy.zone_remedy import zone_remedy

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from hubspot_sla.clock.calendar import Calendar
    from hubspot_sla.clock.hours import Hours
    from hubspot_sla.errors import Problem
    from hubspot_sla.policy.calendar_documents import CalendarSection, HolidaysSection, Weekdays
    from hubspot_sla.policy.dates import Days
    from hubspot_sla.policy.extended_calendar import WholeCalendar
    from hubspot_sla.policy.yaml_document import Document, Path

_WEEK_MINUTES = DAYS_OF_WEEK * DAY_MINUTES
_NO_ZONES = frozenset({"localtime", "posixrules", "Factory"})
_TEN_YEARS_MS = 3653 * DAY_MINUTES * 60_000
_OF_ITS_OWN = ("hours", "alternate_weeks", "seasons", "holidays", "closed", "open", "extends")
_FROM_2026_MS = 1_767_225_600_000
"""Where the search for an instant begins at which all parts are open: what a calendar is asked for lies near."""


# what an entry refers to


def made_of(name: str, sections: Mapping[str, CalendarSection]) -> set[str]:
    """This entry and every other that it takes anything from, at any depth."""
    names: set[str] = set()
    waiting = [name]
    while waiting:
        at = waiting.pop()
        if at not in names and at in sections:
            names.add(at)
            waiting += _named_by(sections[at])
    return names


def _named_by(section: CalendarSection) -> list[str]:
    return [*section.parts, *([section.extends] if section.extends is not None else [])]


def reference_problems(document: Document, name: str, sections: Mapping[str, CalendarSection]) -> Iterator[Problem]:
    """An entry that names calendars which do not exist, or, by however many steps, itself."""
    section = sections[name]
    others = set(sections) - {name}
    for path, named in _references(name, section):
        if named not in sections:
            yield document.problem(
                path, f"there is no calendar {named!r}", nearest(named, others), code=Code.UNKNOWN_NAME
            )
        elif path[2] == "extends" and sections[named].parts:
            remedy = "make a union or intersection of it, or extend one of its parts"
            yield document.problem(
                path,
                f"calendar {named!r} is made of others and has no hours to take over",
                remedy,
                code=Code.COMBINED_CALENDAR,
            )
        else:
            way = _way_back(named, name, sections, ())
            if way:
                verb = "extends" if path[2] == "extends" else "is made of"
                yield document.problem(
                    path,
                    f"calendar {name!r} {verb} itself: {' -> '.join([name, *way])}",
                    "name another calendar",
                    code=Code.CIRCLE,
                )


def _references(name: str, section: CalendarSection) -> Iterator[tuple[Path, str]]:
    if section.extends is not None:
        yield ("calendars", name, "extends"), section.extends
    for word, parts in (("union", section.union), ("intersection", section.intersection)):
        for number, part in enumerate(parts or ()):
            yield ("calendars", name, word, number), part


def _way_back(at: str, goal: str, sections: Mapping[str, CalendarSection], passed: tuple[str, ...]) -> tuple[str, ...]:
    """The names from `at` to `goal`, both of them included; none where no way leads there."""
    if at == goal:
        return (*passed, at)
    if at in passed or at not in sections:
        return ()
    ways = (_way_back(named, goal, sections, (*passed, at)) for named in _named_by(sections[at]))
    return next((way for way in ways if way), ())


# what an entry says itself


def problems_alone(
    document: Document, name: str, section: CalendarSection, data: CalendarData = INSTALLED
) -> Iterator[Problem]:
    """What is wrong with what an entry says itself. A zone or a country that `data` has kept is right, whatever the
    libraries of today know."""
    path: Path = ("calendars", name)
    if name == ALWAYS.name:
        yield document.problem(
            path, f"{name!r} is built in", "give this calendar another name", at_key=True, code=Code.NAME_TAKEN
        )
    yield from _zone_problems(document, path, section, data)
    if section.business_day and section.business_day.business_days:
        message = "a business day cannot be counted in business days"
        yield document.problem(
            (*path, "business_day"), message, "say its hours, for example 8h", code=Code.BUSINESS_DAY_LENGTH
        )
    if section.parts:
        yield from _combination_problems(document, path, section)
        return
    for number, holidays in enumerate(section.holidays or ()):
        if not data.is_kept(holidays_name(holidays.country, holidays.subdivision or "")):
            yield from _holiday_problems(document, (*path, "holidays", number), holidays)
    yield from _hours_problems(document, path, section)
    yield from _season_problems(document, path, section)
    yield from _open_problems(document, path, section)


def _zone_problems(document: Document, path: Path, section: CalendarSection, data: CalendarData) -> Iterator[Problem]:
    if not section.timezone and section.extends is None and not section.parts:
        yield document.problem(path, "'timezone' is missing", at_key=True, code=Code.MISSING_KEY)
    if not data.is_kept(zone_name(section.timezone)):
        yield from zone_problems(document, (*path, "timezone"), section.timezone)


def zone_problems(document: Document, path: Path, name: str | None) -> Iterator[Problem]:
    """A name at `path` that is no time zone."""
    if name and not _zone_exists(name):
        remedy = zone_remedy(name, filter(_zone_exists, available_timezones()))
        yield document.problem(path, f"there is no time zone {name!r}", remedy, code=Code.UNKNOWN_TIME_ZONE)


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


def _combination_problems(document: Document, path: Path, section: CalendarSection) -> Iterator[Problem]:
    """A calendar made of others has no hours of its own."""
    if section.union and section.intersection:
        yield document.problem(
            (*path, "intersection"),
            "a calendar is a union or an intersection, not both",
            at_key=True,
            code=Code.COMBINED_CALENDAR,
        )
    word = "union" if section.union else "intersection"
    for key in _OF_ITS_OWN:
        if key in section.model_fields_set:
            remedy = f"say it in one of the calendars that the {word} is made of"
            yield document.problem(
                (*path, key),
                f"a calendar made of others has no {key!r} of its own",
                remedy,
                at_key=True,
                code=Code.COMBINED_CALENDAR,
            )


def _subdivision_apart(written: str, countries: Mapping[str, Collection[str]]) -> str:
    """`DE-BE` is a country and its subdivision."""
    country, _, subdivision = written.partition("-")
    return f"write country: {country}, subdivision: {subdivision}" if subdivision in countries.get(country, ()) else ""


def _holiday_problems(document: Document, path: Path, section: HolidaysSection) -> Iterator[Problem]:
    import holidays

    try:
        holidays.country_holidays(section.country, subdiv=section.subdivision)
    except NotImplementedError:
        countries = holidays.list_supported_countries(include_aliases=True)
        if section.country not in countries:
            message = f"no holidays are known for country {section.country!r}"
            remedy = _subdivision_apart(section.country, countries) or _country_code(section.country)
            remedy = remedy or nearest(section.country, countries)
            yield document.problem((*path, "country"), message, remedy, code=Code.UNKNOWN_HOLIDAYS)
            return
        message = f"{section.country} has no subdivision {section.subdivision!r}"
        remedy = nearest(section.subdivision or "", countries[section.country])
        yield document.problem((*path, "subdivision"), message, remedy, code=Code.UNKNOWN_HOLIDAYS)


def _country_code(written: str) -> str:
    """The remedy for a country that is named in English, or whose code is in lower case."""
    from holidays.registry import COUNTRIES

    word = re.sub(r"[^a-z]+", "_", written.casefold())
    codes = COUNTRIES.get(word, ()) or next((names for names in COUNTRIES.values() if written.upper() in names), ())
    return f"write its code: {codes[1]}" if codes else ""


def _hours_problems(document: Document, path: Path, section: CalendarSection) -> Iterator[Problem]:
    """Of the week, of each season and of each alternate week: overlaps, and weekdays that are named by two ranges."""
    weeks: list[tuple[Path, Mapping[Weekdays, Sequence[Hours]]]] = [((*path, "hours"), section.hours)]
    for number, season in enumerate(section.seasons or ()):
        weeks.append(((*path, "seasons", number, "hours"), season.hours))
    for number, week in enumerate(section.alternate_weeks.weeks if section.alternate_weeks else ()):
        weeks.append(((*path, "alternate_weeks", "weeks", number), week))
    for at, hours in weeks:
        yield from _named_twice(document, at, hours)
        yield from week_problems(document, at, week_of(hours), {n: w.text for w in hours for n in w.numbers})


def _named_twice(document: Document, path: Path, hours: Mapping[Weekdays, Sequence[Hours]]) -> Iterator[Problem]:
    ranges: dict[int, Weekdays] = {}
    for weekdays in hours:
        taken = next((ranges[number] for number in weekdays.numbers if number in ranges), None)
        if weekdays.is_range and taken is not None:
            message = f"{weekdays.text} and {taken.text} share a weekday"
            yield document.problem(
                (*path, weekdays.text), message, "name it in one of them, or alone", at_key=True, code=Code.OVERLAP
            )
        if weekdays.is_range:
            ranges |= dict.fromkeys(weekdays.numbers, weekdays)


def week_problems(
    document: Document, path: Path, week: Mapping[int, Sequence[Hours]], keys: Mapping[int, str]
) -> Iterator[Problem]:
    """Overlaps anywhere in the week, the night from Sunday to Monday included. `keys` are those of the file."""
    taken: list[tuple[int, int, str]] = []
    for number in sorted(week):
        for position, span in enumerate(week[number]):
            start = number * DAY_MINUTES + span.from_minute
            end = number * DAY_MINUTES + span.to_minute
            for shift in (-_WEEK_MINUTES, 0, _WEEK_MINUTES):
                for other_start, other_end, other in taken:
                    if start + shift < other_end and other_start < end + shift:
                        message = f"{written_hours(span)} overlaps {other}"
                        yield document.problem(
                            (*path, keys.get(number, WEEKDAYS[number]), position), message, code=Code.OVERLAP
                        )
            taken.append((start, end, f"{WEEKDAYS[number]} {written_hours(span)}"))


def _season_problems(document: Document, path: Path, section: CalendarSection) -> Iterator[Problem]:
    """No date belongs to two seasons."""
    seasons = section.seasons or []
    for number, season in enumerate(seasons):
        for earlier in seasons[:number]:
            shared = sorted(season.every.month_days & earlier.every.month_days)
            if shared:
                month, day = shared[0]
                message = f"the seasons {earlier.every.text} and {season.every.text} overlap, on {month:02}-{day:02}"
                remedy = "let one end on the day before the other begins"
                yield document.problem((*path, "seasons", number, "every"), message, remedy, code=Code.OVERLAP)


def _open_problems(document: Document, path: Path, section: CalendarSection) -> Iterator[Problem]:
    ranges: list[Days] = []
    for days, hours in section.open.items():
        at: Path = (*path, "open", days.text)
        for position, span in _overlapping(hours):
            yield document.problem(
                (*at, position), f"{written_hours(span)} overlaps other hours of {days.text}", code=Code.OVERLAP
            )
        if days.first != days.last:
            twin = next((other for other in ranges if _share_a_date(days, other)), None)
            if twin is not None:
                message = f"{days.text} and {twin.text} share a date"
                yield document.problem(at, message, "name it in one of them, or alone", at_key=True, code=Code.OVERLAP)
            ranges.append(days)


def _share_a_date(first: Days, second: Days) -> bool:
    return first.yearly is second.yearly and bool(
        first.month_days & second.month_days if first.yearly else set(first.dates) & set(second.dates)
    )


def _overlapping(hours: Sequence[Hours]) -> Iterator[tuple[int, Hours]]:
    for position, span in enumerate(hours):
        earlier = hours[:position]
        if any(span.from_minute < other.to_minute and other.from_minute < span.to_minute for other in earlier):
            yield position, span


# what comes of it


def problems_of_whole(
    document: Document,
    name: str,
    sections: Mapping[str, CalendarSection],
    whole: WholeCalendar,
    data: CalendarData = INSTALLED,
) -> Iterator[Problem]:
    """What is wrong with an entry, sound in itself, once it has what it extends and its zone."""
    path: Path = ("calendars", name)
    own, zone = sections[name], data.zone(whole.timezone)
    for number, rule in enumerate(own.closed):
        if rule.days is not None:
            continue
        start, end = (instant_in(moment, zone) for moment in rule.moments)
        if end <= start:
            yield document.problem(
                (*path, "closed", number), "the range ends before it begins", code=Code.ENDS_BEFORE_IT_BEGINS
            )
        elif end - start > _TEN_YEARS_MS:
            message = f"calendar {name!r} never opens: it is closed for more than ten years"
            yield document.problem((*path, "closed", number), message, code=Code.NEVER_OPENS)
    if not _has_hours(whole):
        yield document.problem(
            path, f"calendar {name!r} never opens", "give it `hours`", at_key=True, code=Code.NEVER_OPENS
        )
    if len(lineage(name, sections)) > 1:
        keys = {number: weekdays.text for weekdays in own.hours for number in weekdays.numbers}
        yield from week_problems(document, (*path, "hours"), whole.week, keys)


def _has_hours(whole: WholeCalendar) -> bool:
    weeks = [whole.week, *(week_of(season.hours) for season in whole.seasons)]
    weeks += [week_of(week) for week in (whole.alternate_weeks.weeks if whole.alternate_weeks else ())]
    return any(whole.open.values()) or any(hours for week in weeks for hours in week.values())


def never_opens(document: Document, name: str, calendar: Calendar) -> Iterator[Problem]:
    """Parts that are never open at the same time, or dates of every year that close every hour there is."""
    try:
        calendar.due(_FROM_2026_MS, 1)
    except ValueError:
        is_combined = isinstance(calendar, CombinedCalendar)
        why = "its parts are never open at the same time" if is_combined else "every date of every year is closed"
        key = calendar.combination.value if isinstance(calendar, CombinedCalendar) else "closed"
        message = f"calendar {name!r} never opens: {why}"
        yield document.problem(("calendars", name, key), message, "leave hours open", code=Code.NEVER_OPENS)
