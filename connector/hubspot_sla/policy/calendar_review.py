"""What is not wrong in calendars.yaml, but worth a second look: warnings of `sla check`."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from hubspot_sla.clock.calendar import MINUTE_MS
from hubspot_sla.clock.hours import DAYS_OF_WEEK, WHOLE_DAY
from hubspot_sla.policy.calendars import holidays_of
from hubspot_sla.policy.extended_calendar import sections_of, whole_calendar
from hubspot_sla.policy.message_codes import Code
from hubspot_sla.policy.times import hours_between, written_hours

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from datetime import date

    from hubspot_sla.clock.calendar import Calendar
    from hubspot_sla.clock.hours import Hours
    from hubspot_sla.errors import Problem
    from hubspot_sla.policy.calendar_documents import CalendarSection, CalendarsFile, ClosedSection, Weekdays
    from hubspot_sla.policy.extended_calendar import WholeCalendar
    from hubspot_sla.policy.yaml_document import Document, Path

_NAMED = 3
_LONGEST_NIGHT = 12 * 60
"""Minutes. Shifts past midnight that are longer are most often a day with its times swapped."""


@dataclass(frozen=True, slots=True)
class BusinessDay:
    """What `1bd` means on one calendar, beside how long its weekdays are; `None` where it does not say."""

    calendar: str
    length_ms: int | None
    weekdays_ms: tuple[int, ...]

    def __str__(self) -> str:
        if self.length_ms is None:
            return f"{self.calendar}: 1bd is not said; targets on it cannot count business days"
        text = f"{self.calendar}: 1bd = {_length(self.length_ms)}"
        usual, days = (
            Counter(ms for ms in self.weekdays_ms if ms).most_common(1)[0] if any(self.weekdays_ms) else (0, 0)
        )
        if not days or usual == self.length_ms:
            return text
        return f"{text}, though most of its days have {_length(usual)}"


def business_days(calendars: Mapping[str, Calendar]) -> list[BusinessDay]:
    """What 1bd means on each calendar, in the order of their names."""
    return [
        BusinessDay(
            name,
            calendar.business_day_ms,
            tuple(_lengths(calendar)),
        )
        for name, calendar in sorted(calendars.items())
    ]


def _lengths(calendar: Calendar) -> Iterator[int]:
    """How long each weekday is (ms), in each of the weeks that take turns."""
    for alternate in calendar.alternate_weeks.weeks if calendar.alternate_weeks else ({},):
        week = {**calendar.week, **alternate}
        for weekday in range(DAYS_OF_WEEK):
            yield MINUTE_MS * sum(span.to_minute - span.from_minute for span in week.get(weekday, ()))


def calendar_warnings(
    document: Document, file: CalendarsFile, calendars: Mapping[str, Calendar], used: Collection[str], year: int
) -> list[Problem]:
    """Holidays missing next year, closures on days closed anyway, hours that look swapped, calendars nobody uses.

    `calendars` are those compiled from `file`, `used` the names that policies name, `year` the current one.
    """
    sections = sections_of(file)
    needed = {*used}
    for section in file.calendars.values():
        needed |= {section.extends or "", *section.parts}
    warnings: list[Problem] = []
    for name in file.calendars:
        if name not in needed:
            warnings.append(
                document.problem(
                    ("calendars", name),
                    f"no policy uses calendar {name!r}",
                    "remove it, or name it in a policy",
                    at_key=True,
                    code=Code.CALENDAR_UNUSED,
                )
            )
        if name in calendars:
            warnings.extend(_swapped_times(document, name, file.calendars[name]))
            warnings.extend(_missing_next_year(document, name, whole_calendar(name, sections), year))
            warnings.extend(_without_effect(document, name, file.calendars[name], calendars[name], year))
    return warnings


def _swapped_times(document: Document, name: str, section: CalendarSection) -> Iterator[Problem]:
    """The first hours that go on past midnight for longer than any shift: `17:00-09:00`, where the day was meant."""
    for at, spans in _written_hours(section):
        for position, span in enumerate(spans):
            if span.to_minute > WHOLE_DAY.to_minute and _minutes(span) > _LONGEST_NIGHT:
                meant = hours_between(span.to_minute - WHOLE_DAY.to_minute, span.from_minute)
                length = _length(_minutes(span) * MINUTE_MS)
                message = f"{written_hours(span)} goes on past midnight, for {length}: is that what was meant?"
                remedy = f"write {written_hours(meant)} for the day"
                path: Path = ("calendars", name, *at, position)
                yield document.problem(path, message, remedy, code=Code.HOURS_LOOK_SWAPPED)
                return


def _written_hours(section: CalendarSection) -> Iterator[tuple[Path, Sequence[Hours]]]:
    """Where hours stand in this calendar: of weekdays, of seasons, of alternate weeks, of single days."""
    weeks: list[tuple[Path, Mapping[Weekdays, Sequence[Hours]]]] = [(("hours",), section.hours)]
    weeks += [(("seasons", number, "hours"), season.hours) for number, season in enumerate(section.seasons or ())]
    alternate = section.alternate_weeks.weeks if section.alternate_weeks else ()
    weeks += [(("alternate_weeks", "weeks", number), week) for number, week in enumerate(alternate)]
    for at, week in weeks:
        for weekdays, spans in week.items():
            yield (*at, weekdays.text), spans
    for day, spans in section.open.items():
        yield ("open", day.text), spans


def _minutes(span: Hours) -> int:
    return span.to_minute - span.from_minute


def _missing_next_year(document: Document, name: str, whole: WholeCalendar, year: int) -> Iterator[Problem]:
    path: Path = ("calendars", name)
    for number, section in enumerate(whole.holidays):
        if not holidays_of([section])(year + 1):
            message = f"no holidays of {section.country} are known for {year + 1}"
            yield document.problem(
                (*path, "holidays", number), message, "name them under `closed`", code=Code.NO_HOLIDAYS_NEXT_YEAR
            )
    dated = [closure.rule.date for closure in whole.closed if closure.rule.date]
    years = {each for days in dated for each in (days.first.year, days.last.year)}
    if year in years and year + 1 not in years:
        message = f"calendar {name!r} closes on dates of {year} and on none of {year + 1}"
        yield document.problem((*path, "closed"), message, f"add those of {year + 1}", code=Code.NOT_CLOSED_NEXT_YEAR)


def _without_effect(
    document: Document, name: str, own: CalendarSection, calendar: Calendar, year: int
) -> Iterator[Problem]:
    """Days that are shut for two reasons, and hours on days that are shut: often a typing error, or a day off that is
    lost."""
    path: Path = ("calendars", name)
    for number, rule in enumerate(own.closed):
        yield from _closed_anyway(document, (*path, "closed", number), rule, calendar, year)
    for days in own.open:
        shut = [day for day in days.dates if not days.yearly and WHOLE_DAY in calendar.closures_on(day)]
        if shut:
            message = f"{shut[0]} is closed, so that its hours here have no effect"
            yield document.problem(
                (*path, "open", days.text), message, "the closure wins", at_key=True, code=Code.HOURS_WITHOUT_EFFECT
            )


def _closed_anyway(
    document: Document, path: Path, rule: ClosedSection, calendar: Calendar, year: int
) -> Iterator[Problem]:
    """A single date; that a range covers a weekend is no mistake."""
    days = rule.date
    if days is not None and days.first == days.last and days.first.year >= year and rule.hours == WHOLE_DAY:
        why = _shut_anyway(days.first, calendar)
        if why:
            yield document.problem(path, f"{days.first} is closed anyway: {why}", code=Code.CLOSED_ANYWAY)


def lost_holidays(file: CalendarsFile, calendars: Mapping[str, Calendar], year: int) -> list[str]:
    """For each calendar with holidays of its own: which of this year and the next fall on days without hours. Nothing
    is wrong with that, and people ask about it."""
    own = (name for name, section in file.calendars.items() if section.holidays and name in calendars)
    return [f"{name}: {lost}" for name in own if (lost := _lost_holidays(calendars[name], year))]


def _lost_holidays(calendar: Calendar, year: int) -> str:
    lost = [
        (day, name)
        for each in (year, year + 1)
        for day, name in sorted(calendar.holidays(each).items())
        if _no_hours(day, calendar)
    ]
    if not lost:
        return ""
    named = ", ".join(f"{day} {name} ({day:%a})" for day, name in lost[:_NAMED])
    more = f" and {len(lost) - _NAMED} more" if len(lost) > _NAMED else ""
    return f"holidays of {year} and {year + 1} on days that are closed anyway: {named}{more}"


def _shut_anyway(day: date, calendar: Calendar) -> str:
    holiday = calendar.holidays(day.year).get(day)
    if holiday:
        return f"it is {holiday}"
    return f"{day:%A} has no hours" if _no_hours(day, calendar) else ""


def _no_hours(day: date, calendar: Calendar) -> bool:
    """Whether no hours begin on this date, nor reach into it from the night before."""
    eve = calendar.hours_beginning_on(day - timedelta(days=1))
    nights = any(span.to_minute > WHOLE_DAY.to_minute for span in eve)
    return not calendar.hours_beginning_on(day) and not nights


def _length(ms: int) -> str:
    minutes, rest = divmod(ms, MINUTE_MS)
    hours, minutes = divmod(minutes, 60)
    parts = ((hours, "h"), (minutes, "m"), (rest // 1000, "s"))
    return "".join(f"{count}{unit}" for count, unit in parts if count) or "0h"
