"""Dates as admins write them in calendars: one date, a range of dates, or a date or range of every year."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from hubspot_sla.policy.message_codes import Code
from hubspot_sla.policy.times import parse_date
from hubspot_sla.policy.value_errors import Refused
from hubspot_sla.policy.yaml_document import described

RANGE = ".."
LEAP_YEAR = 2024
LEAP_DAY = date(LEAP_YEAR, 2, 29)
LONGEST_DAYS = 3660
_MONTH_DAY = re.compile(r"(\d{2})-(\d{2})\Z", re.ASCII)

DATE_PATTERN = r"\d{4}-\d{2}-\d{2}"
YEARLY_PATTERN = r"\d{2}-\d{2}"
FORMS = "write 2026-12-24, 2026-12-24..2026-12-31, or 12-24..01-01 for every year"


@dataclass(frozen=True, slots=True)
class Days:
    """The dates from `first` to `last`, both of them included. `yearly`: of every year, and the year of the two says
    nothing but which comes first: a range over the turn of the year ends in the next one. `text` is as written."""

    text: str
    first: date
    last: date
    yearly: bool = False

    @property
    def dates(self) -> tuple[date, ...]:
        """Each date; those of a leap year where they are yearly."""
        return tuple(self.first + timedelta(days=number) for number in range((self.last - self.first).days + 1))

    @property
    def month_days(self) -> frozenset[tuple[int, int]]:
        """(month, day) of each."""
        return frozenset((day.month, day.day) for day in self.dates)


def parse_days(written: object) -> Days:
    """Any of the forms. Refused: something else, a range that ends before it begins, or one of both forms."""
    if isinstance(written, Days):
        return written
    text = written.strip() if isinstance(written, str) else ""
    first, dots, last = (part.strip() for part in text.partition(RANGE))
    if not first or (dots and not last):
        raise Refused(f"{described(written)} is no date and no range of dates", FORMS, code=Code.DATE)
    last = last if dots else first
    if bool(_MONTH_DAY.match(first)) is not bool(_MONTH_DAY.match(last)):
        raise Refused(f"{text!r} is half of one year and half of every year", FORMS, code=Code.DATE)
    return _yearly(text, first, last) if _MONTH_DAY.match(first) else _dated(text, first, last)


def parse_yearly(written: object) -> Days:
    """The same for `every`, where a year says nothing."""
    days = parse_days(written)
    if not days.yearly:
        raise Refused(f"{days.text!r} is of one year, not of every year", "write 12-24 or 12-24..01-01", code=Code.DATE)
    return days


def parse_dated(written: object) -> Days:
    """The same where `every` is the word for every year."""
    days = parse_days(written)
    if days.yearly:
        raise Refused(f"{days.text!r} is a date of every year", f"write {{every: {days.text}}}", code=Code.DATE)
    return days


def _dated(text: str, first: str, last: str) -> Days:
    try:
        days = Days(text, parse_date(first), parse_date(last))
    except Refused as refused:
        raise Refused(str(refused), "write 2026-12-24, or 2026-12-24..2026-12-31", code=Code.DATE) from None
    if days.last < days.first:
        raise Refused(
            f"{text!r} ends before it begins", "write the earlier date first", code=Code.ENDS_BEFORE_IT_BEGINS
        )
    if (days.last - days.first).days > LONGEST_DAYS:
        raise Refused(f"{text!r} is longer than ten years", "write a shorter range", code=Code.DATE)
    return days


def _yearly(text: str, first: str, last: str) -> Days:
    begins, ends = _of_every_year(first), _of_every_year(last)
    if ends < begins and begins == LEAP_DAY:
        ends = ends.replace(year=LEAP_YEAR + 1)
    elif ends < begins:  # over the turn of the year, with the leap day where it lies in between
        begins = begins.replace(year=LEAP_YEAR - 1)
    return Days(text, begins, ends, yearly=True)


def _of_every_year(text: str) -> date:
    match = _MONTH_DAY.match(text)
    try:
        return date(LEAP_YEAR, int(match[1]), int(match[2])) if match else date.fromisoformat(text)
    except ValueError:
        raise Refused(f"{text!r} is no date of any year", "write the month first: 12-24", code=Code.DATE) from None
