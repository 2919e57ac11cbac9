"""What is not wrong in calendars.yaml, but worth a second look: warnings of `sla check`."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from hubspot_sla.clock.calendar import MINUTE_MS
from hubspot_sla.clock.hours import DAYS_OF_WEEK, WHOLE_DAY
from hubspot_sla.policy.calendars import holidays_of
from hubspot_sla.policy.message_codes import Code
from hubspot_sla.policy.whole_calendar import sections_of, whole_calendar

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from datetime import date

    from hubspot_sla.clock.calendar import Calendar
    from hubspot_sla.errors import Problem
    from hubspot_sla.policy.calendar_documents import CalendarSection, CalendarsFile, ClosedSection
    from hubspot_sla.policy.whole_calendar import WholeCalendar
    from hubspot_sla.policy.yaml_reader import Document, Path

_NAMED = 3


@dataclass(frozen=True, slots=True)
class BusinessDay:
    """What `1bd` means on one calendar, beside how long its weekdays are; `None` where it does not say."""

    calendar: str
    length_ms: int | None
    weekdays_ms: tuple[int, ...]

    def __str__(self) -> str:
        if self.length_ms is None:
            return f"{self.calendar}: 1bd is not said; targets on it cannot count business days"
        said = f"{self.calendar}: 1bd = {_length(self.length_ms)}"
        usual, days = (
            Counter(ms for ms in self.weekdays_ms if ms).most_common(1)[0] if any(self.weekdays_ms) else (0, 0)
        )
        if not days or usual == self.length_ms:
            return said
        return f"{said}, though most of its days have {_length(usual)}"


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
    """Holidays missing next year, holidays and closures on days closed anyway, calendars nobody uses.

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
            warnings.extend(_missing_next_year(document, name, whole_calendar(name, sections), year))
            warnings.extend(_without_effect(document, name, file.calendars[name], calendars[name], year))
    return warnings


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
    if own.holidays:
        yield from _lost_holidays(document, (*path, "holidays"), calendar, year)


def _closed_anyway(
    document: Document, path: Path, rule: ClosedSection, calendar: Calendar, year: int
) -> Iterator[Problem]:
    """A single date; that a range covers a weekend is no mistake."""
    days = rule.date
    if days is not None and days.first == days.last and days.first.year >= year and rule.hours == WHOLE_DAY:
        why = _shut_anyway(days.first, calendar)
        if why:
            yield document.problem(path, f"{days.first} is closed anyway: {why}", code=Code.CLOSED_ANYWAY)


def _lost_holidays(document: Document, path: Path, calendar: Calendar, year: int) -> Iterator[Problem]:
    lost = [
        (day, name)
        for each in (year, year + 1)
        for day, name in sorted(calendar.holidays(each).items())
        if _no_hours(day, calendar)
    ]
    if lost:
        named = ", ".join(f"{day} {name} ({day:%a})" for day, name in lost[:_NAMED])
        more = f" and {len(lost) - _NAMED} more" if len(lost) > _NAMED else ""
        message = f"holidays of {year} and {year + 1} on days that are closed anyway: {named}{more}"
        yield document.problem(path, message, code=Code.CLOSED_ANYWAY)


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
