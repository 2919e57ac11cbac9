"""Promises, calendars and words as JSON, and back: the values of the clock, under the names of their classes. Pure.

A value of a class is an object with one key, its name: `{"Place": {"name": "waiting", "kind": {"PlaceKind": "role"}}}`.
Fields that hold their default are left out. Tuples are lists, mappings `{"map": [[key, value], ...]}`, sets
`{"set": [...]}`, dates `{"date": "2026-12-24"}`. What is used in several places stands in `shared` once, and
`{"ref": n}` names its place there: calendars are compared by identity.

Only the classes of a fixed table are read, and each checks itself what it is made of.
"""

from __future__ import annotations

from dataclasses import MISSING, Field, dataclass, field, fields, is_dataclass
from datetime import date
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

import orjson

from hubspot_sla.clock import combined_calendar, due_rules, hours, messages, metrics, promise, timeline
from hubspot_sla.clock.calendar import Calendar
from hubspot_sla.flows.receipts import words
from hubspot_sla.flows.receipts.stated_calendar import StatedHolidays, StatedZone
from hubspot_sla.ledger.waivers import GrantedWaiver, WaiverScope, WaiverTerms
from hubspot_sla.policy.messages import MessageWords, Recognition
from hubspot_sla.policy.portal import ClosingWords, PropertyNames
from hubspot_sla.policy.portal_ids import PortalIds, StageRole

if TYPE_CHECKING:
    from collections.abc import Iterable

Json = Any
MOST_SHARED: Final = 10_000

CLASSES: Final[dict[str, type[Any]]] = {
    each.__name__: each
    for each in (
        *(promise.Clock, promise.Kind, promise.Promise, promise.PromiseChange, promise.Cause, promise.OnChange),
        *(promise.Reopen, promise.ReopenWithin, promise.Late, promise.Unanswered, promise.ChangeRules),
        *(promise.Threshold, metrics.Metric, metrics.Definition, metrics.Event, metrics.EventKind, metrics.Place),
        *(metrics.PlaceKind, metrics.InPlace, metrics.PropertyIs, metrics.Owned, metrics.TakenOverByReply),
        *(metrics.PauseRule, due_rules.BusinessTime, due_rules.SameTime, due_rules.EndOfDay, due_rules.OnCalendar),
        *(due_rules.Earlier, due_rules.Later, Calendar, combined_calendar.CombinedCalendar),
        *(combined_calendar.RelayCalendar, combined_calendar.Combination, hours.Hours, hours.Season),
        *(hours.AlternateWeeks, hours.YearlyClosure, timeline.Role, timeline.ClosingKind),
        *(messages.MessageRules, messages.AiAgent, messages.Counted, MessageWords, Recognition),
        *(ClosingWords, PropertyNames, PortalIds, StageRole, GrantedWaiver, WaiverScope, WaiverTerms),
        *(StatedZone, StatedHolidays, words.AcceptedValues, words.PortalWords, words.PolicyWords),
        *(words.MappingWords, words.VersionWords, words.RecordWords),
    )
}
_SHARED: Final = (Calendar, promise.Promise, metrics.Definition, StatedZone, StatedHolidays)


@dataclass(slots=True)
class Writing:
    """Writes values; afterwards `shared` holds what stands in several places."""

    shared: list[Json] = field(default_factory=list)
    _places: dict[int, int] = field(default_factory=dict)
    _kept: list[object] = field(default_factory=list)
    """What `_places` knows by its identity, which must not become that of another object."""

    def written(self, value: object) -> Json:
        if isinstance(value, _SHARED):
            if id(value) not in self._places:
                body = self._of_class(value)
                self._places[id(value)] = len(self.shared)
                self._kept.append(value)
                self.shared.append(body)
            return {"ref": self._places[id(value)]}
        if isinstance(value, Enum):
            return {_known(type(value)): value.value}
        if value is None or isinstance(value, bool | int | str):
            return value
        if is_dataclass(value):
            return self._of_class(value)
        return self._collection(value)

    def _collection(self, value: object) -> Json:
        if isinstance(value, date):
            return {"date": value.isoformat()}
        if isinstance(value, frozenset | set):
            return {"set": _sorted(map(self.written, value))}
        if isinstance(value, list | tuple):
            return [self.written(item) for item in value]
        if hasattr(value, "items"):
            return {"map": _sorted([self.written(key), self.written(item)] for key, item in value.items())}
        raise TypeError(f"a receipt holds no {type(value).__name__}")

    def _of_class(self, value: object) -> Json:
        body = {
            each.name: self.written(held)
            for each in _fields(type(value))
            if (held := getattr(value, each.name)) is not (default := _default(each)) and held != default
        }
        return {_known(type(value)): body}


@dataclass(slots=True)
class Reading:
    """Reads what `Writing` wrote. ValueError, TypeError, LookupError: nothing of ours wrote it."""

    _shared: list[object] = field(default_factory=list)

    @classmethod
    def of(cls, shared: Json) -> Reading:
        if not isinstance(shared, list) or len(shared) > MOST_SHARED:
            raise ValueError("`shared` is a list")
        reading = cls()
        for body in shared:
            reading._shared.append(reading.read(body))
        return reading

    def read(self, body: Json) -> Any:
        if isinstance(body, list):
            return tuple(self.read(item) for item in body)
        if not isinstance(body, dict):
            return body
        if len(body) != 1:
            raise ValueError("a value has one name")
        ((name, said),) = body.items()
        match name:
            case "ref" if type(said) is int and 0 <= said < len(self._shared):
                return self._shared[said]
            case "date":
                return date.fromisoformat(said)
            case "set":
                return frozenset(self.read(item) for item in said)
            case "map":
                return {self.read(key): self.read(item) for key, item in said}
        found = CLASSES[name]
        if issubclass(found, Enum):
            return found(said)
        known = {each.name for each in _fields(found)}
        if not said.keys() <= known:
            raise ValueError(f"{name} has no {sorted(said.keys() - known)}")
        return found(**{key: self.read(item) for key, item in said.items()})


def _fields(found: type[Any]) -> list[Field[Any]]:
    return [each for each in fields(found) if each.init]


def _default(each: Field[Any]) -> object:
    if each.default_factory is not MISSING:
        return each.default_factory()
    return each.default


def _known(found: type[Any]) -> str:
    if CLASSES.get(found.__name__) is not found:
        raise TypeError(f"a receipt holds no {found.__name__}")
    return found.__name__


def _sorted(bodies: Iterable[Json]) -> list[Json]:
    return sorted(bodies, key=lambda body: orjson.dumps(body, option=orjson.OPT_SORT_KEYS))
