"""calendars.yaml compiled into the calendars of `clock/`.

`extends` takes over another entry, key by key: what an entry says itself wins. Of `hours` and `open` that is
each weekday and each date; `closed` adds to what is inherited, and hours under `open` lift an inherited
closure of that date. An empty value (`holidays:`) takes nothing over.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from hubspot_sla.clock.calendar import ALWAYS, Calendar, no_holidays
from hubspot_sla.policy.calendar_problems import extension_problems, problems_alone, problems_inherited
from hubspot_sla.policy.documents import CalendarSection, WeekSection

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from hubspot_sla.clock.calendar import HolidaysOfYear, Hours
    from hubspot_sla.errors import Problem
    from hubspot_sla.policy.documents import CalendarsFile, HolidaysSection
    from hubspot_sla.policy.yaml_reader import Document

_LANGUAGE = "en_US"
"""In which holidays are named, where the library can; elsewhere their own."""

ALWAYS_SECTION = CalendarSection.model_validate(
    {"timezone": "UTC", "hours": dict.fromkeys(WeekSection.model_fields, "00:00-24:00"), "business_day": "24h"}
)
"""`always`, as an entry of calendars.yaml would say it, so that others can extend it."""


def compiled_calendars(document: Document, file: CalendarsFile) -> tuple[dict[str, Calendar], list[Problem]]:
    """The calendars by name, `always` among them, and what is wrong with the others."""
    sections = sections_of(file)
    problems = {
        name: [*extension_problems(document, name, sections), *problems_alone(document, name, section)]
        for name, section in file.calendars.items()
    }
    calendars = {ALWAYS.name: ALWAYS}
    for name in file.calendars:
        if any(problems.get(one) for one in lineage(name, sections)):
            continue  # said where it is wrong, once
        whole = whole_section(name, sections)
        problems[name].extend(problems_inherited(document, name, whole))
        if not problems[name]:
            calendars[name] = calendar_of(name, whole)
    return calendars, [problem for found in problems.values() for problem in found]


def sections_of(file: CalendarsFile) -> dict[str, CalendarSection]:
    """Every entry by name, `always` among them."""
    return {**file.calendars, ALWAYS.name: ALWAYS_SECTION}


def lineage(name: str, sections: Mapping[str, CalendarSection]) -> tuple[str, ...]:
    """This entry, the one it extends, and so on, as far as they exist and do not come round again."""
    names: list[str] = []
    at: str | None = name
    while at is not None and at in sections and at not in names:
        names.append(at)
        at = sections[at].extends
    return tuple(names)


def whole_section(name: str, sections: Mapping[str, CalendarSection]) -> CalendarSection:
    """The entry with everything it inherits filled in."""
    base, *derived = (sections[one] for one in lineage(name, sections)[::-1])
    for section in derived:
        base = _over(base, section)
    return base


def _over(base: CalendarSection, own: CalendarSection) -> CalendarSection:
    said = {key: getattr(own, key) for key in own.model_fields_set}
    kept = [rule for rule in base.closed if rule.date is None or rule.date not in own.open]
    days = {day: getattr(own.hours, day) for day in own.hours.model_fields_set}
    combined = {
        "hours": base.hours.model_copy(update=days),
        "closed": [*kept, *own.closed],
        "open": {**base.open, **own.open},
    }
    return base.model_copy(update=said | combined)


def calendar_of(name: str, section: CalendarSection) -> Calendar:
    """The calendar of a whole section without problems."""
    return Calendar(
        name,
        ZoneInfo(section.timezone),
        {number: hours for number, (_, hours) in enumerate(section.hours.days())},
        holidays=_holidays(section.holidays) if section.holidays else no_holidays,
        closed=_closed_hours(section),
        closed_ranges=[rule.instants for rule in section.closed if rule.date is None],
        opened=section.open,
        business_day_ms=section.business_day.ms if section.business_day else None,
        said=_digest(section),
    )


def _digest(section: CalendarSection) -> str:
    """Two readings of one calendar give the same, however the file around it, or the order in it, was changed."""
    closed = sorted(repr((rule.date, rule.hours if rule.date else rule.instants)) for rule in section.closed)
    opened = sorted((day.isoformat(), hours) for day, hours in section.open.items())
    days = [sorted(hours) for _, hours in section.hours.days()]
    length = section.business_day.ms if section.business_day else None
    said = repr((section.timezone, days, section.holidays, closed, opened, length))
    return sha256(said.encode()).hexdigest()


def _closed_hours(section: CalendarSection) -> dict[date, list[Hours]]:
    closed: dict[date, list[Hours]] = {}
    for rule in section.closed:
        if rule.date:
            closed.setdefault(rule.date, []).append(rule.hours)
    return closed


def _holidays(section: HolidaysSection) -> HolidaysOfYear:
    def of_year(year: int) -> Mapping[date, str]:
        import holidays  # 0.3 s: only a calendar that has holidays pays for them

        country, subdivision = section.country, section.subdivision
        known = holidays.country_holidays(country, subdiv=subdivision)
        # Unless told, the library names them in the language of the server's locale: the same verdict would read
        # differently on another machine.
        language = _LANGUAGE if _LANGUAGE in known.supported_languages else known.default_language
        found = holidays.country_holidays(country, subdiv=subdivision, years=year, language=language)
        return {day: name for day, name in found.items() if day.year == year}

    return of_year
