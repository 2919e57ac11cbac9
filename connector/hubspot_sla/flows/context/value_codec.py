"""Compiled mappings as plain JSON, and back: a table of values, each of which names the values before it that it holds.

What was one object is one object again, for calendars are compared by identity. Only the classes listed here are ever
made, each by its own constructor with values of the types that its fields say; anything else is Unreadable.
Of a document its name alone is kept: where in it something stands, nobody asks who judges.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import date, tzinfo
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from functools import lru_cache
from importlib import import_module
from types import MappingProxyType, NoneType
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from zoneinfo import ZoneInfo

from hubspot_sla.clock.calendar import ALWAYS, no_holidays
from hubspot_sla.flows.context.kept_classes import CLASSES
from hubspot_sla.policy.calendar_data import HolidaysOf
from hubspot_sla.policy.yaml_document import Document

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hubspot_sla.policy.calendar_data import CalendarData

Table = list[list[Any]]
_PLAIN: Final = (str, int, float, bool, NoneType)
_TYPES: Final[Mapping[str, tuple[type, ...]]] = {
    "str": (str,),
    "int": (int,),
    "bool": (bool,),
    "float": (float, int),
    "None": (NoneType,),
    "tuple": (tuple,),
    "list": (list,),
    "dict": (dict,),
    "frozenset": (frozenset,),
    "set": (set,),
    "Mapping": (dict,),
    "Sequence": (list, tuple),
    "Collection": (list, tuple, frozenset, set),
    "date": (date,),
    "tzinfo": (tzinfo,),
    "Decimal": (Decimal,),
    "Fraction": (Fraction,),
}
"""What a field holds, by the word that its annotation begins with; other words are of classes."""
_Fields: TypeAlias = "tuple[tuple[str, tuple[type, ...]], ...]"
_FIELDS: Final[dict[type, _Fields]] = {}


class Unkeepable(TypeError):
    """A value of a kind that is not listed: what holds it is compiled each time."""


class Unreadable(ValueError):
    """This is no table of values that this program has written."""


def encoded(value: object) -> Table:
    """Raises Unkeepable."""
    encoder = _Encoder()
    encoder.place(value)
    return encoder.table


def decoded(table: object, data: CalendarData) -> Any:
    """The last value of the table, with zones and holidays out of `data`. Raises Unreadable."""
    if not isinstance(table, list) or not table:
        raise Unreadable("there is no value")
    values: list[Any] = []
    makers = _makers(data)
    try:
        for entry in table:
            kind, *parts = entry
            held = [values[part[0]] if type(part) is list else part for part in parts]
            values.append(makers[kind](held) if kind in makers else _made(_class_of(kind), held))
    except Unreadable:
        raise
    except Exception as error:
        raise Unreadable(f"{type(error).__name__}: {error}") from error
    return values[-1]


class _Encoder:
    def __init__(self) -> None:
        self.table: Table = []
        self._places: dict[int, int] = {}
        self._alive: list[object] = []
        """An id is another object's once its own is gone."""

    def place(self, value: object) -> int:
        """Where the value stands in the table, after all that it holds."""
        if id(value) not in self._places:
            entry = self._entry(value)
            self._places[id(value)] = len(self.table)
            self._alive.append(value)
            self.table.append(entry)
        return self._places[id(value)]

    def _held(self, value: object) -> object:
        return value if type(value) in _PLAIN else [self.place(value)]

    def _entry(self, value: object) -> list[Any]:
        match value:
            case Enum():
                return [_name_of(value), value.value]
            case dict() | MappingProxyType():
                return ["dict", *(self._held(part) for pair in value.items() for part in pair)]
            case ZoneInfo():
                return ["zone", value.key]
            case date():
                return ["date", value.isoformat()]
            case Decimal() | Fraction():
                return [type(value).__name__, str(value)]
            case Document():
                return ["document", value.file]
            case HolidaysOf():
                return ["holidays", *(part for country in value.countries for part in country)]
        return self._of_parts(value)

    def _of_parts(self, value: object) -> list[Any]:
        if value is ALWAYS or value is no_holidays:
            return ["always" if value is ALWAYS else "no holidays"]
        if type(value) in (tuple, list):
            return [type(value).__name__, *map(self._held, value)]  # type: ignore[call-overload]
        if type(value) in (frozenset, set):
            return [type(value).__name__, *map(self._held, sorted(value, key=repr))]  # type: ignore[call-overload]
        name = _name_of(value)
        if isinstance(value, tuple):
            return [name, *map(self._held, value)]
        if not is_dataclass(value):
            raise Unkeepable(f"nothing keeps a {name}")
        return [name, *(self._held(getattr(value, field)) for field, _ in _fields_of(type(value)))]


def _makers(data: CalendarData) -> Mapping[str, Callable[[list[Any]], object]]:
    return {
        "dict": lambda held: dict(zip(held[::2], held[1::2], strict=True)),
        "tuple": tuple,
        "list": list,
        "frozenset": frozenset,
        "set": set,
        "document": lambda held: Document(_text(held), {}),
        "zone": lambda held: data.zone(*held),
        "date": lambda held: date.fromisoformat(*held),
        "Decimal": lambda held: Decimal(*held),
        "Fraction": lambda held: Fraction(*held),
        "holidays": lambda held: HolidaysOf.of(tuple(zip(held[::2], held[1::2], strict=True)), data),
        "always": lambda _: ALWAYS,
        "no holidays": lambda _: no_holidays,
    }


def _text(held: list[Any]) -> str:
    (text,) = held
    if type(text) is not str:
        raise Unreadable("this is no text")
    return text


def _made(made: type, held: list[Any]) -> object:
    if issubclass(made, Enum):
        return made(*held)
    if issubclass(made, tuple):
        return made(*held)
    names = _fields_of(made)
    if len(names) != len(held):
        raise Unreadable(f"{made.__name__} has {len(names)} fields")
    for (name, types), value in zip(names, held, strict=True):
        if (types and not isinstance(value, types)) or (type(value) is bool and types and bool not in types):
            raise Unreadable(f"{made.__name__}.{name} is no {type(value).__name__}")
    return made(**{name: value for (name, _), value in zip(names, held, strict=True)})


def _name_of(value: object) -> str:
    name = f"{type(value).__module__.removeprefix('hubspot_sla.')}.{type(value).__qualname__}"
    if name not in CLASSES:
        raise Unkeepable(f"nothing keeps a {name}")
    return name


@lru_cache(maxsize=len(CLASSES))
def _class_of(name: str) -> type:
    if name not in CLASSES:
        raise Unreadable(f"{name} is not made here")
    module, _, class_name = name.rpartition(".")
    found: type = getattr(import_module(f"hubspot_sla.{module}"), class_name)
    return found


def _fields_of(made: type) -> _Fields:
    """What its constructor is given, and of which types each may be; () for any. What begins with _ is worked out."""
    if made not in _FIELDS:
        given = [field for field in fields(made) if field.init and not field.name.startswith("_")]
        _FIELDS[made] = tuple((field.name, _types_of(str(field.type))) for field in given)
    return _FIELDS[made]


def _types_of(annotation: str) -> tuple[type, ...]:
    """Of `Mapping[str, Hours] | None` a dict and None; a word that is no type of the list may be anything."""
    words, depth = [""], 0
    for letter in annotation:
        depth += (letter == "[") - (letter == "]")
        if letter == "|" and not depth:
            words.append("")
        elif not depth and letter != "]":
            words[-1] += letter
    names = [word.strip() for word in words]
    return tuple(one for name in names for one in _TYPES[name]) if all(name in _TYPES for name in names) else ()
