"""What was promised for one record, with everything that it takes from a library or from other people's values
replaced by values: calendars with their holidays and clock changes, conditions with what they accept of this record.
Pure.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from hubspot_sla.clock.calendar import FIRST_YEAR, LAST_YEAR
from hubspot_sla.clock.combined_calendar import CombinedCalendar, RelayCalendar
from hubspot_sla.clock.due_rules import Earlier, Later, OnCalendar
from hubspot_sla.clock.metrics import PropertyIs
from hubspot_sla.flows.receipts.stated_calendar import StatedHolidays, stated_zone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import date, tzinfo

    from hubspot_sla.clock.calendar import Calendar, HolidaysOfYear
    from hubspot_sla.clock.due_rules import DueRule
    from hubspot_sla.clock.metrics import Condition, Definition, Event, PauseRule
    from hubspot_sla.clock.promise import Clock, Promise, PromiseChange
    from hubspot_sla.flows.receipts.words import Reducing

Promises = dict["Clock", list["PromiseChange"]]
_BESIDE = 1
"""Years that are said of a zone before the first and after the last that anybody asks for."""


@dataclass(slots=True)
class AskedYears:
    """Notes which years of holidays somebody asks for."""

    asked: HolidaysOfYear
    years: set[int] = field(default_factory=set)

    def __call__(self, year: int) -> Mapping[date, str]:
        self.years.add(year)
        return self.asked(year)


@dataclass(slots=True)
class Replacing:
    """Makes each promise anew, with `calendar(original)` in place of each calendar; the same for the same."""

    calendar: Callable[[Calendar], Calendar]
    reducing: Reducing
    _made: dict[int, tuple[object, Any]] = field(default_factory=dict)

    def promises(self, promised: Mapping[Clock, Sequence[PromiseChange]]) -> Promises:
        return {
            clock: [
                change if change.promise is None else replace(change, promise=self._once(change.promise, self._promise))
                for change in changes
            ]
            for clock, changes in promised.items()
        }

    def _once(self, original: Any, make: Callable[[Any], Any]) -> Any:
        if id(original) not in self._made:
            self._made[id(original)] = original, make(original)
        return self._made[id(original)][1]

    def _promise(self, promise: Promise) -> Promise:
        return replace(
            promise,
            calendar=self.calendar(promise.calendar),
            due_rule=None if promise.due_rule is None else self._rule(promise.due_rule),
            definition=self._once(promise.definition, self._definition),
            pauses=tuple(map(self._pause, promise.pauses)),
        )

    def _rule(self, rule: DueRule) -> DueRule:
        match rule:
            case OnCalendar():
                return OnCalendar(self._rule(rule.rule), self.calendar(rule.calendar))
            case Earlier():
                return Earlier(frozenset(map(self._rule, rule.rules)))
            case Later():
                return Later(frozenset(map(self._rule, rule.rules)))
        return rule

    def _definition(self, definition: Definition) -> Definition:
        return replace(
            definition,
            starts=self._events(definition.starts),
            stops=self._events(definition.stops),
            resets=self._events(definition.resets),
            after=self._events(definition.after),
            pauses=tuple(map(self._pause, definition.pauses)),
        )

    def _events(self, events: Sequence[Event]) -> tuple[Event, ...]:
        return tuple(
            event
            if event.is_plain
            else replace(
                event,
                condition=None if event.condition is None else self._condition(event.condition),
                while_=tuple(map(self._condition, event.while_)),
            )
            for event in events
        )

    def _pause(self, rule: PauseRule) -> PauseRule:
        return replace(rule, condition=self._condition(rule.condition))

    def _condition(self, condition: Condition) -> Condition:
        if isinstance(condition, PropertyIs):
            return PropertyIs(condition.property, self.reducing.reduced(condition.property, condition.matcher))
        return condition


@dataclass(slots=True)
class ObservedCalendars:
    """Copies of calendars that note which years they are asked for, so that these can be said by value afterwards."""

    _copies: dict[int, tuple[Calendar, Calendar]] = field(default_factory=dict)

    def copy(self, calendar: Calendar) -> Calendar:
        if id(calendar) not in self._copies:
            made = _replaced(calendar, self.copy, calendar.zone, AskedYears(calendar.holidays))
            self._copies[id(calendar)] = calendar, made
        return self._copies[id(calendar)][1]

    @property
    def originals(self) -> Iterator[Calendar]:
        for calendar, _ in self._copies.values():
            yield calendar

    def stating(self, years: range) -> Callable[[Calendar], Calendar]:
        """What turns each original into one that says what its copy was asked for; of zones at least `years`."""
        asked = {*years, *(year for _, copy in self._copies.values() for year in _years(copy))}
        span = range(max(min(asked) - _BESIDE, FIRST_YEAR), min(max(asked) + _BESIDE, LAST_YEAR) + 1)
        zones: dict[tzinfo, tzinfo] = {}
        stated: dict[int, Calendar] = {}

        def calendar(original: Calendar) -> Calendar:
            if id(original) not in stated:
                if original.zone not in zones:
                    zones[original.zone] = stated_zone(original.zone, span)
                _, copy = self._copies[id(original)]
                holidays = StatedHolidays({year: original.holidays(year) for year in sorted(_years(copy))})
                stated[id(original)] = _replaced(original, calendar, zones[original.zone], holidays)
            return stated[id(original)]

        return calendar


def _years(copy: Calendar) -> set[int]:
    return copy.holidays.years if isinstance(copy.holidays, AskedYears) else set()


def _replaced(
    calendar: Calendar, part: Callable[[Calendar], Calendar], zone: tzinfo, holidays: HolidaysOfYear
) -> Calendar:
    match calendar:
        case CombinedCalendar():
            return replace(calendar, zone=zone, holidays=holidays, parts=tuple(map(part, calendar.parts)))
        case RelayCalendar():
            legs = tuple((at, part(leg)) for at, leg in calendar.legs)
            return replace(calendar, zone=zone, holidays=holidays, legs=legs)
    return replace(calendar, zone=zone, holidays=holidays)
