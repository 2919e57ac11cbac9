"""The shape of calendars.yaml: hours of weekdays, seasons and alternate weeks, closures, and unions of calendars."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field, model_validator

from hubspot_sla.clock.hours import DAYS_OF_WEEK, WHOLE_DAY, Hours
from hubspot_sla.policy.dates import (
    DATE_PATTERN,
    FORMS,
    YEARLY_PATTERN,
    Days,
    parse_dated,
    parse_days,
    parse_yearly,
)
from hubspot_sla.policy.field_types import (
    HOURS_OF_DAY,
    Also,
    Day,
    HoursOfDay,
    Length,
    OrOne,
    Section,
    Shape,
    Text,
    under,
)
from hubspot_sla.policy.message_codes import Code
from hubspot_sla.policy.times import hours_between, parse_minute, parse_moment
from hubspot_sla.policy.value_errors import Refused, nearest

if TYPE_CHECKING:
    from datetime import datetime

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Weekdays:
    """`mon`, or from one weekday to another: `mon-fri`, `fri-mon`. `numbers` counts from 0, Monday."""

    text: str
    numbers: tuple[int, ...]

    @property
    def is_range(self) -> bool:
        return len(self.numbers) > 1


def parse_weekdays(written: object) -> Weekdays:
    """Refused: anything but a weekday, or two of them with a dash in between."""
    if isinstance(written, Weekdays):
        return written
    text = str(written).strip()
    names = [part.strip() for part in text.split("-")]
    if len(names) > 2 or any(name not in WEEKDAYS for name in names):
        ranges = [f"{first}-{last}" for first in WEEKDAYS for last in WEEKDAYS if first != last]
        remedy = nearest(text, WEEKDAYS if len(names) == 1 else ranges)
        raise Refused(
            f"there is no key {text!r} here",
            remedy if len(names) <= 2 else "write mon, or mon-fri",
            code=Code.UNKNOWN_KEY,
        )
    first, last = WEEKDAYS.index(names[0]), WEEKDAYS.index(names[-1])
    length = (last - first) % DAYS_OF_WEEK + 1
    return Weekdays(text, tuple((first + number) % DAYS_OF_WEEK for number in range(length)))


_ONE_WEEKDAY = f"({'|'.join(WEEKDAYS)})"
_WEEK_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "The hours of each weekday (mon) or of several (mon-fri); a single weekday goes before several.",
    "propertyNames": {"pattern": f"^{_ONE_WEEKDAY}(-{_ONE_WEEKDAY})?$"},
    "properties": dict.fromkeys(("mon-fri", *WEEKDAYS), HOURS_OF_DAY),
    "additionalProperties": HOURS_OF_DAY,
}
WeekHours = Annotated[dict[Annotated[Weekdays, BeforeValidator(parse_weekdays)], HoursOfDay], Shape(_WEEK_SCHEMA)]

_OPEN_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": f"Hours instead of the usual ones: {FORMS}",
    "propertyNames": {
        "pattern": f"^({DATE_PATTERN}(\\.\\.{DATE_PATTERN})?|{YEARLY_PATTERN}(\\.\\.{YEARLY_PATTERN})?)$"
    },
    "additionalProperties": HOURS_OF_DAY,
}
OpenDays = Annotated[dict[Annotated[Days, BeforeValidator(parse_days)], HoursOfDay], Shape(_OPEN_SCHEMA)]

_DATED: dict[str, Any] = {"type": "string", "pattern": f"^{DATE_PATTERN}(\\.\\.{DATE_PATTERN})?$"}
_YEARLY: dict[str, Any] = {"type": "string", "pattern": f"^{YEARLY_PATTERN}(\\.\\.{YEARLY_PATTERN})?$"}
DatedDays = Annotated[Days, BeforeValidator(parse_dated), Shape(_DATED)]
YearlyDays = Annotated[Days, BeforeValidator(parse_yearly), Shape(_YEARLY)]


class HolidaysSection(Section):
    """Public holidays, by ISO 3166 codes."""

    country: Text
    subdivision: Text | None = None


Holidays = Annotated[
    list[HolidaysSection],
    Field(min_length=1),
    BeforeValidator(lambda written: [written] if isinstance(written, dict) else written),
    OrOne(),
]


class SeasonSection(Section):
    """Other hours on some dates of every year."""

    every: YearlyDays
    hours: WeekHours

    @model_validator(mode="after")
    def _something_differs(self) -> SeasonSection:
        if not self.hours:
            raise Refused("the season says no hours", "write the weekdays that differ; [] closes one", code=Code.EMPTY)
        return self


class AlternateWeeksSection(Section):
    """Weeks that take turns; the first of them holds in the week of the date `first`."""

    first: Day
    weeks: Annotated[list[WeekHours], Field(min_length=2)]


class ClosedSection(Section):
    """Dates, or dates of every year, or hours of either; or a range of instants."""

    date: DatedDays | None = None
    every: YearlyDays | None = None
    from_: Annotated[Text | None, Field(alias="from")] = None
    to: Text | None = None

    @model_validator(mode="after")
    def _one_of_the_forms(self) -> ClosedSection:
        if (self.from_ is None) != (self.to is None):
            raise Refused("`from` and `to` belong together", code=Code.KEYS_TOGETHER)
        if self.date and self.every:
            raise Refused(
                "`date` is of one year, `every` of every year", "keep one of the two", code=Code.KEYS_TOGETHER
            )
        if self.days is None and self.from_ is None:
            raise Refused(
                "nothing is said to be closed", "write a date, `every`, or `from` and `to`", code=Code.MISSING_KEY
            )
        _ = self.hours if self.days else self.moments
        return self

    @property
    def days(self) -> Days | None:
        """The dates; None for a range of instants."""
        return self.date or self.every

    @property
    def hours(self) -> Hours:
        """The closed hours of each date."""
        if self.from_ is None or self.to is None:
            return WHOLE_DAY
        return hours_between(parse_minute(self.from_), parse_minute(self.to))

    @property
    def moments(self) -> tuple[datetime, datetime]:
        """The closed range, where no date is given; without an offset it is in the calendar's zone."""
        start, end = parse_moment(self.from_), parse_moment(self.to)
        if (start.tzinfo is None) == (end.tzinfo is None) and end <= start:
            raise Refused("the range ends before it begins", code=Code.ENDS_BEFORE_IT_BEGINS)
        return start, end


ClosedRule = Annotated[ClosedSection, BeforeValidator(lambda written: under("date", written)), Also(_DATED)]
Names = Annotated[list[Text], Field(min_length=2)]


class CalendarSection(Section):
    """When work is done. `timezone` may be left out where another calendar says it."""

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [{"required": [key]} for key in ("timezone", "extends", "union", "intersection")],
        }
    )

    title: Text | None = None
    extends: Text | None = None
    union: Names | None = None
    intersection: Names | None = None
    timezone: Text = ""
    hours: WeekHours = {}
    alternate_weeks: AlternateWeeksSection | None = None
    seasons: list[SeasonSection] | None = None
    holidays: Holidays | None = None
    closed: list[ClosedRule] = []
    open: OpenDays = {}
    business_day: Length | None = None

    @property
    def parts(self) -> tuple[str, ...]:
        """The calendars that this one is made of; none where it has hours of its own."""
        return tuple(self.union or self.intersection or ())


class CalendarsFile(Section):
    """calendars.yaml."""

    calendars: dict[Text, CalendarSection] = {}
