"""calendars.yaml compiled into the calendars of `clock/`."""

from __future__ import annotations

from datetime import date
from hashlib import sha256
from typing import TYPE_CHECKING

from hubspot_sla.clock.calendar import ALWAYS, Calendar, no_holidays
from hubspot_sla.clock.combined_calendar import Combination, CombinedCalendar
from hubspot_sla.clock.hours import AlternateWeeks, Season, YearlyClosure
from hubspot_sla.clock.intervals import merged
from hubspot_sla.policy.calendar_data import INSTALLED, CalendarData, HolidaysOf
from hubspot_sla.policy.calendar_problems import (
    made_of,
    never_opens,
    problems_alone,
    problems_of_whole,
    reference_problems,
)
from hubspot_sla.policy.extended_calendar import sections_of, week_of, whole_calendar
from hubspot_sla.policy.times import instant_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hubspot_sla.clock.calendar import HolidaysOfYear
    from hubspot_sla.clock.hours import Hours, MonthDay, Week
    from hubspot_sla.clock.intervals import Intervals
    from hubspot_sla.errors import Problem
    from hubspot_sla.policy.calendar_documents import (
        AlternateWeeksSection,
        CalendarSection,
        CalendarsFile,
        HolidaysSection,
    )
    from hubspot_sla.policy.extended_calendar import Closure, WholeCalendar
    from hubspot_sla.policy.yaml_document import Document


def compiled_calendars(
    document: Document, file: CalendarsFile, data: CalendarData = INSTALLED
) -> tuple[dict[str, Calendar], list[Problem]]:
    """The calendars by name, `always` among them, and what is wrong with the others."""
    return _Compiling(document, file, data).run()


class _Compiling:
    """One pass over the entries. What an entry takes from another that is wrong is not blamed on it."""

    def __init__(self, document: Document, file: CalendarsFile, data: CalendarData) -> None:
        self.document, self.file, self.data = document, file, data
        self.sections = sections_of(file)
        self.calendars = {ALWAYS.name: ALWAYS}
        self.problems: dict[str, list[Problem]] = {
            name: [
                *reference_problems(document, name, self.sections),
                *problems_alone(document, name, section, data),
            ]
            for name, section in file.calendars.items()
        }

    def run(self) -> tuple[dict[str, Calendar], list[Problem]]:
        for name in self.file.calendars:
            self._compile(name)
        return self.calendars, [problem for problems in self.problems.values() for problem in problems]

    def _compile(self, name: str) -> None:
        """This calendar, after those it is made of."""
        if name in self.calendars or any(self.problems.get(used) for used in made_of(name, self.sections)):
            return
        section = self.sections[name]
        if section.parts:
            for part in section.parts:
                self._compile(part)
            if all(part in self.calendars for part in section.parts):
                self._combine(name, section)
            return
        whole = whole_calendar(name, self.sections)
        self.problems[name].extend(problems_of_whole(self.document, name, self.sections, whole, self.data))
        if not self.problems[name]:
            calendar = calendar_of(name, whole, section.title or "", self.data)
            if calendar.closed_yearly:
                self.problems[name].extend(never_opens(self.document, name, calendar))
            self.calendars[name] = calendar

    def _combine(self, name: str, section: CalendarSection) -> None:
        calendar = combined(name, section, [self.calendars[part] for part in section.parts], self.data)
        self.problems[name].extend(never_opens(self.document, name, calendar))
        if not self.problems[name]:
            self.calendars[name] = calendar


def combined(
    name: str, section: CalendarSection, parts: Sequence[Calendar], data: CalendarData = INSTALLED
) -> CombinedCalendar:
    """The union or the intersection of calendars without problems, in the zone of the first where none is said."""
    combination = Combination.UNION if section.union else Combination.INTERSECTION
    zone = data.zone(section.timezone) if section.timezone else parts[0].zone
    length = section.business_day.ms if section.business_day else None
    meaning = (combination.value, sorted({part.digest for part in parts}), str(zone), length)
    return CombinedCalendar(
        name,
        zone,
        {},
        business_day_ms=length,
        digest=_digest(meaning),
        title=section.title or "",
        parts=tuple(parts),
        combination=combination,
    )


def calendar_of(name: str, whole: WholeCalendar, title: str = "", data: CalendarData = INSTALLED) -> Calendar:
    """The calendar of an entry without problems; `title` is what people call it."""
    zone = data.zone(whole.timezone)
    holidays = holidays_of(whole.holidays, data) if whole.holidays else no_holidays
    seasons = [Season(season.every.text, season.every.month_days, week_of(season.hours)) for season in whole.seasons]
    closed, closed_yearly = _closures(whole.closed)
    ranges = [
        (instant_in(start, zone), instant_in(end, zone))
        for start, end in (closure.rule.moments for closure in whole.closed if closure.rule.days is None)
    ]
    return Calendar(
        name,
        zone,
        whole.week,
        holidays=holidays,
        closed=closed,
        closed_ranges=ranges,
        opened={day: hours for day, hours in whole.open.items() if isinstance(day, date)},
        business_day_ms=whole.business_day_ms,
        digest=_digest(_meaning(whole, closed, closed_yearly, ranges), data.digests(whole.timezone, _named(whole))),
        closed_yearly=closed_yearly,
        opened_yearly={day: hours for day, hours in whole.open.items() if not isinstance(day, date)},
        seasons=seasons,
        alternate_weeks=_alternate(whole.alternate_weeks),
        title=title,
    )


def _alternate(section: AlternateWeeksSection | None) -> AlternateWeeks | None:
    return None if section is None else AlternateWeeks(section.first, tuple(week_of(week) for week in section.weeks))


def _closures(
    closures: Iterable[Closure],
) -> tuple[dict[date, list[Hours]], dict[MonthDay, list[YearlyClosure]]]:
    """By date, and by date of every year."""
    closed: dict[date, list[Hours]] = {}
    yearly: dict[MonthDay, list[YearlyClosure]] = {}
    for closure in closures:
        days, lifted = closure.rule.days, closure.lifted
        if days is None:
            continue
        for day in days.dates:
            month_day = (day.month, day.day)
            if days.yearly and month_day not in lifted:
                except_on = frozenset(on for on in lifted if isinstance(on, date) and (on.month, on.day) == month_day)
                yearly.setdefault(month_day, []).append(YearlyClosure(closure.rule.hours, except_on))
            elif not days.yearly and not lifted & {day, month_day}:
                closed.setdefault(day, []).append(closure.rule.hours)
    return closed, yearly


def _meaning(
    whole: WholeCalendar,
    closed: Mapping[date, Sequence[Hours]],
    yearly: Mapping[MonthDay, Sequence[YearlyClosure]],
    ranges: Sequence[tuple[int, int]],
) -> object:
    """What the calendar says, in one form whatever the words, the order and the names in the file."""
    alternate = _alternate(whole.alternate_weeks)
    return (
        whole.timezone,
        [day for day in _joined_week(whole.week) if day[1]],
        sorted(_named(whole)),
        sorted((day.isoformat(), _joined(hours)) for day, hours in closed.items()),
        sorted(
            (day, sorted((hours_of_days.hours, sorted(hours_of_days.except_on)) for hours_of_days in hours))
            for day, hours in yearly.items()
        ),
        merged(ranges),
        sorted((str(day), _joined(hours)) for day, hours in whole.open.items()),
        sorted((sorted(season.every.month_days), _joined_week(week_of(season.hours))) for season in whole.seasons),
        None if alternate is None else _in_turn(alternate),
        whole.business_day_ms,
    )


def _named(whole: WholeCalendar) -> set[tuple[str, str]]:
    """The countries, each with its subdivision, whose holidays it keeps."""
    return {(section.country, section.subdivision or "") for section in whole.holidays}


def _in_turn(alternate: AlternateWeeks) -> list[object]:
    """The weeks, beginning with the one that holds in a week that is always the same."""
    first = alternate.number_on(date(1970, 1, 5))
    return [_joined_week(week) for week in (*alternate.weeks[first:], *alternate.weeks[:first])]


def _joined_week(week: Week) -> list[tuple[int, Intervals]]:
    return sorted((number, _joined(hours)) for number, hours in week.items())


def _joined(hours: Iterable[Hours]) -> Intervals:
    """Hours that touch or overlap are one."""
    return merged((span.from_minute, span.to_minute) for span in hours)


def _digest(meaning: object, of_data: tuple[str, ...] = ()) -> str:
    return sha256(repr((meaning, of_data) if of_data else meaning).encode()).hexdigest()


def holidays_of(sections: Sequence[HolidaysSection], data: CalendarData = INSTALLED) -> HolidaysOfYear:
    """The holidays of every country that is named; one that several have carries all their names."""
    return HolidaysOf.of(tuple((section.country, section.subdivision or "") for section in sections), data)
