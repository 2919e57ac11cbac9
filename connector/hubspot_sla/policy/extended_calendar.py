"""An entry of calendars.yaml with everything it takes over from the one it extends.

`extends` goes key by key: what an entry says itself wins. Of `hours` and `open` that is each weekday and each date;
`closed` adds to what is taken over, and hours under `open` lift a closure of that date that was taken over. An empty
value (`holidays:`) takes nothing over.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from hubspot_sla.clock.calendar import ALWAYS
from hubspot_sla.policy.calendar_documents import WEEKDAYS, CalendarSection

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from hubspot_sla.clock.hours import Hours, MonthDay
    from hubspot_sla.policy.calendar_documents import (
        AlternateWeeksSection,
        CalendarsFile,
        ClosedSection,
        HolidaysSection,
        SeasonSection,
        Weekdays,
    )
    from hubspot_sla.policy.dates import Days

    OpenHours = Mapping[date | MonthDay, Sequence[Hours]]

ALWAYS_SECTION = CalendarSection.model_validate(
    {"timezone": "UTC", "hours": dict.fromkeys(WEEKDAYS, "00:00-24:00"), "business_day": "24h"}
)
"""`always`, as an entry of calendars.yaml would say it, so that others can extend it."""


@dataclass(frozen=True, slots=True)
class Closure:
    """A rule of `closed`, and the dates on which an entry that took it over is open all the same."""

    rule: ClosedSection
    lifted: frozenset[date | MonthDay] = frozenset()


@dataclass(frozen=True, slots=True)
class WholeCalendar:
    """What a calendar says in all. `open` is by date, or by (month, day) for every year. `business_day_ms`: None where
    nobody says how long one is."""

    timezone: str
    week: Mapping[int, Sequence[Hours]] = field(default_factory=dict)
    open: OpenHours = field(default_factory=dict)
    closed: tuple[Closure, ...] = ()
    holidays: tuple[HolidaysSection, ...] = ()
    seasons: tuple[SeasonSection, ...] = ()
    alternate_weeks: AlternateWeeksSection | None = None
    business_day_ms: int | None = None


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


def whole_calendar(name: str, sections: Mapping[str, CalendarSection]) -> WholeCalendar:
    """The entry with everything it takes over."""
    whole = WholeCalendar("UTC")
    for ancestor in lineage(name, sections)[::-1]:
        whole = _over(whole, sections[ancestor])
    return whole


def week_of(hours: Mapping[Weekdays, Sequence[Hours]]) -> dict[int, Sequence[Hours]]:
    """The hours of each weekday that is named; one named alone goes before one named in a range."""
    ranges_first = sorted(hours, key=lambda weekdays: not weekdays.is_range)
    return {number: hours[weekdays] for weekdays in ranges_first for number in weekdays.numbers}


def _over(base: WholeCalendar, own: CalendarSection) -> WholeCalendar:
    opened = _open_hours(own.open)
    taken_over = tuple(replace(closure, lifted=closure.lifted | opened.keys()) for closure in base.closed)
    keys = own.model_fields_set
    length = own.business_day.ms if own.business_day else None
    return WholeCalendar(
        timezone=own.timezone if "timezone" in keys else base.timezone,
        week={**base.week, **week_of(own.hours)},
        open={**base.open, **opened},
        closed=(*taken_over, *(Closure(rule) for rule in own.closed)),
        holidays=tuple(own.holidays or ()) if "holidays" in keys else base.holidays,
        seasons=tuple(own.seasons or ()) if "seasons" in keys else base.seasons,
        alternate_weeks=own.alternate_weeks if "alternate_weeks" in keys else base.alternate_weeks,
        business_day_ms=length if "business_day" in keys else base.business_day_ms,
    )


def _open_hours(opened: Mapping[Days, Sequence[Hours]]) -> dict[date | MonthDay, Sequence[Hours]]:
    """By date; a date that is named alone goes before one in a range."""
    hours_by_day: dict[date | MonthDay, Sequence[Hours]] = {}
    for days in sorted(opened, key=lambda days: days.first == days.last):
        keys = days.month_days if days.yearly else days.dates
        hours_by_day.update(dict.fromkeys(keys, opened[days]))
    return hours_by_day
