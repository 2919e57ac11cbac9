"""Targets that fix a due instant at the start: `2 days same time`, `end of next business day`, a cut-off, one of two.

Each rule gives the due instant of one start on one calendar. What a clock is held to is the business time from the
start to that instant: pauses, shares, rungs and a recalculation go by it, on the calendar that the rule names, or else
on the one it was given. Rules are equal when they mean the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from hubspot_sla.clock.business_days import business_day_after, closing_of, received, same_time_on

if TYPE_CHECKING:
    from hubspot_sla.clock.calendar import Calendar


class DueRule(Protocol):
    """When something that starts at an instant is due."""

    def due(self, start: int, calendar: Calendar) -> int:
        """Epoch ms. ValueError: the calendar does not open often enough."""
        ...

    def counts_on(self, start: int, calendar: Calendar) -> Calendar:
        """The calendar on which the time from the start to the due instant is counted."""
        ...


class _OnTheCalendarGiven:
    """A rule that names no calendar."""

    __slots__ = ()

    def counts_on(self, start: int, calendar: Calendar) -> Calendar:  # noqa: ARG002 - the same from every start
        return calendar


@dataclass(frozen=True, slots=True)
class BusinessTime(_OnTheCalendarGiven):
    """So much business time. After the cut-off (minutes after midnight) it counts from the next business day on."""

    ms: int
    cut_off: int | None = None

    def due(self, start: int, calendar: Calendar) -> int:
        if self.cut_off is None:
            return calendar.due(start, self.ms)
        return calendar.due(received(calendar, start, self.cut_off).at, self.ms)


@dataclass(frozen=True, slots=True)
class SameTime(_OnTheCalendarGiven):
    """At the same time of day, so many business days later."""

    days: int
    cut_off: int | None = None

    def due(self, start: int, calendar: Calendar) -> int:
        counted = received(calendar, start, self.cut_off)
        return same_time_on(calendar, counted, business_day_after(calendar, counted.day, self.days))


@dataclass(frozen=True, slots=True)
class EndOfDay(_OnTheCalendarGiven):
    """At the closing of the business day so many days later; 0 is the day itself."""

    days: int
    cut_off: int | None = None

    def due(self, start: int, calendar: Calendar) -> int:
        counted = received(calendar, start, self.cut_off)
        return closing_of(calendar, business_day_after(calendar, counted.day, self.days))


@dataclass(frozen=True, slots=True, eq=False)
class OnCalendar:
    """A rule on a calendar of its own: 24 hours around the clock for a team with office hours, say."""

    rule: DueRule
    calendar: Calendar

    def due(self, start: int, calendar: Calendar) -> int:  # noqa: ARG002 - its own goes before the policy's
        return self.rule.due(start, self.calendar)

    def counts_on(self, start: int, calendar: Calendar) -> Calendar:  # noqa: ARG002 - its own goes before the policy's
        return self.calendar

    def __eq__(self, other: object) -> bool:
        return isinstance(other, OnCalendar) and self.rule == other.rule and self.calendar.same_as(other.calendar)

    def __hash__(self) -> int:
        return hash((self.rule, self.calendar.digest))


@dataclass(frozen=True, slots=True)
class Earlier:
    """Whichever of the rules is due first; its calendar counts."""

    rules: frozenset[DueRule]

    def due(self, start: int, calendar: Calendar) -> int:
        return min(rule.due(start, calendar) for rule in self.rules)

    def counts_on(self, start: int, calendar: Calendar) -> Calendar:
        return _deciding_calendar(self, start, calendar)


@dataclass(frozen=True, slots=True)
class Later:
    """Whichever of the rules is due last; its calendar counts."""

    rules: frozenset[DueRule]

    def due(self, start: int, calendar: Calendar) -> int:
        return max(rule.due(start, calendar) for rule in self.rules)

    def counts_on(self, start: int, calendar: Calendar) -> Calendar:
        return _deciding_calendar(self, start, calendar)


def _deciding_calendar(whole: Earlier | Later, start: int, calendar: Calendar) -> Calendar:
    """That of the rule which says when the whole is due. Where several do, the calendar given counts before others."""
    due_at = whole.due(start, calendar)
    deciding = [rule for rule in whole.rules if rule.due(start, calendar) == due_at]
    calendars = [rule.counts_on(start, calendar) for rule in deciding]
    return min(calendars, key=lambda each: (each is not calendar, each.name))
