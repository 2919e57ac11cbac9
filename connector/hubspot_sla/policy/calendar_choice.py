"""Which calendar counts for a ticket: one for all, one by a property, or that of its owner or team at the time."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING

from hubspot_sla.clock.combined_calendar import RelayCalendar

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hubspot_sla.clock.calendar import Calendar
    from hubspot_sla.policy.conditions import Subject
    from hubspot_sla.policy.subject_values import Value

_RELAYS_KEPT = 256


@dataclass(frozen=True, slots=True)
class CalendarChoice:
    """`cases` by value; `default` for all others. `follows`: the calendar changes hands with the value, and business
    time is that of each on its own calendar, added up."""

    default: Calendar
    value: Value | None = None
    cases: Mapping[str, Calendar] = field(default_factory=dict)
    follows: bool = False

    @property
    def calendars(self) -> tuple[Calendar, ...]:
        """Every calendar that may count."""
        return tuple({calendar.name: calendar for calendar in (self.default, *self.cases.values())}.values())

    def calendar(self, subject: Subject) -> Calendar:
        """The calendar for this ticket; where it follows, one made of all who ever held it."""
        if self.value is None:
            return self.default
        if self.follows:
            return self._relay(subject, self.value)
        chosen = self.value.chosen(subject, self.cases)
        return self.default if chosen is None else self.cases[chosen]

    def _relay(self, subject: Subject, value: Value) -> Calendar:
        legs: list[tuple[int, Calendar]] = []
        for at, value_then in subject.histories.get(value.name, ()):
            calendar = self.cases.get(value_then or "", self.default)
            if not legs or legs[-1][1] is not calendar:
                legs.append((at, calendar))
        if not legs or (len(legs) == 1 and self._counts_days_alike(legs[0][1])):
            return legs[0][1] if legs else self.default
        return relay(value.word, self.default, tuple(legs))

    def _counts_days_alike(self, calendar: Calendar) -> bool:
        default = self.default
        return (calendar.business_day_ms, calendar.zone) == (default.business_day_ms, default.zone)

    def __str__(self) -> str:
        if self.value is None:
            return self.default.name
        verb = "follows" if self.follows else "by"
        cases = ", ".join(f"{value} {calendar.name}" for value, calendar in self.cases.items())
        return f"{verb} {self.value.word}: {cases}, default {self.default.name}"


@lru_cache(maxsize=_RELAYS_KEPT)
def relay(word: str, default: Calendar, legs: tuple[tuple[int, Calendar], ...]) -> RelayCalendar:
    """The calendar that changes hands at these instants; the zone and the business day are those of `default`."""
    names = dict.fromkeys(calendar.name for _, calendar in legs)
    meaning = repr([(at, calendar.digest or calendar.name) for at, calendar in legs])
    return RelayCalendar(
        f"of {word}: {', '.join(names)}",
        default.zone,
        {},
        business_day_ms=default.business_day_ms,
        digest=sha256(meaning.encode()).hexdigest(),
        legs=legs,
    )
