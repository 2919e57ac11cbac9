"""The small forms that every file in mappings/ is made of: text, names, durations, hours, and one value or several."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic_core import core_schema

from hubspot_sla.clock.hours import Hours
from hubspot_sla.policy.durations import Duration, parse_duration
from hubspot_sla.policy.name_patterns import ADDRESS, INTERNAL, MAIL, RUNG_NAME, VARIABLE
from hubspot_sla.policy.times import parse_date, parse_hours

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import CoreSchema


class Section(BaseModel):
    """A group of keys. An unknown key is an error.

    `LATER` names keys of the language that this version does not have yet: they are refused with that reason,
    because a policy that is half understood promises the wrong thing. `KEY` is the key that names this form, where
    there are several; `OTHER_KEYS` is the type of the value under a key that is not ours, where any is allowed.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True, defer_build=True)
    LATER: ClassVar[frozenset[str]] = frozenset()
    KEY: ClassVar[str] = ""
    OTHER_KEYS: ClassVar[object] = None
    UNKNOWN: ClassVar[str] = ""
    """What to do about a key that is none and resembles none; `{}` stands for it."""

    @classmethod
    def current(cls) -> type[Section]:
        """Itself, or what it is made into by a table that names its keys."""
        return cls


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """What the JSON Schema says of a value that code of ours reads."""

    schema: JsonSchemaValue

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return dict(self.schema)


@dataclass(frozen=True, slots=True, eq=False)
class ReadBy:
    """A value that a function of ours reads whole; `schema` is what the JSON Schema says of it."""

    parse: Callable[[object], object]
    schema: JsonSchemaValue

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.parse)

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return dict(self.schema)


@dataclass(frozen=True, slots=True, eq=False)
class CurrentShape:
    """What the JSON Schema says of a section whose keys a table names."""

    section: type[Section]

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return handler(self.section.current().__pydantic_core_schema__)


@dataclass(frozen=True, slots=True, eq=False)
class Also:
    """In the JSON Schema, a short form that is allowed beside the long one."""

    short: JsonSchemaValue

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"anyOf": [self.short, handler(core)]}


@dataclass(frozen=True, slots=True, eq=False)
class OrOne:
    """In the JSON Schema, one item that may stand for a list of it."""

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        whole = handler(core)
        return {"anyOf": [whole["items"], whole]}


class Variants:
    """Beside the type of a value that has one of several forms: which form an entry has. `KEY` of a form names it."""

    @classmethod
    def forms(cls) -> Sequence[type[Section]]:
        """All of them."""
        raise NotImplementedError

    @classmethod
    def form_of(cls, entry: object) -> type[Section]:
        """The form of this entry. Refused: it has none."""
        raise NotImplementedError


def as_list(written: object) -> object:
    """One value stands for a list of it."""
    return [written] if isinstance(written, str) else written


def under(key: str, written: object) -> object:
    """Text alone stands for a group with this one key."""
    return {key: written} if isinstance(written, str) else written


STRING: JsonSchemaValue = {"type": "string"}
SCALAR: JsonSchemaValue = {"type": ["string", "number", "boolean"]}
"""What an editor may read a bare word as; here it stays the text that was written."""
DURATION: JsonSchemaValue = {
    "type": "string",
    "pattern": r"^\s*(\d{1,9}\s*([sSmMhH]|[bB][dD])\s*)+$",
    "description": "90s, 15m, 4h, 1h30m on the policy's calendar; 1bd is that calendar's business day",
}
HOURS: JsonSchemaValue = {"type": "string", "pattern": r"^\s*\d{1,2}:\d{2}\s*-\s*\d{1,2}:\d{2}\s*$"}
CLOCK_TIME: JsonSchemaValue = {"type": "string", "pattern": r"^\s*\d{1,2}:\d{2}\s*$"}
HOURS_OF_DAY: JsonSchemaValue = {"anyOf": [HOURS, {"type": "array", "items": HOURS}]}

Text = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1), Shape({"type": ["string", "number"], "minLength": 1})
]
Internal = Annotated[str, StringConstraints(pattern=INTERNAL)]  # HubSpot's internal property names
Address = Annotated[str, StringConstraints(pattern=ADDRESS)]
Variable = Annotated[str, StringConstraints(pattern=VARIABLE)]  # of the environment
Mail = Annotated[str, StringConstraints(pattern=MAIL)]
RungName = Annotated[str, StringConstraints(pattern=RUNG_NAME)]  # part of a key that stands for ever
Texts = Annotated[list[Text], Field(min_length=1), BeforeValidator(as_list), Also(STRING)]
Internals = Annotated[list[Internal], Field(min_length=1), BeforeValidator(as_list), Also(STRING)]
Day = Annotated[date, BeforeValidator(parse_date)]
DayHours = Annotated[Hours, BeforeValidator(parse_hours), Shape(HOURS)]
HoursOfDay = Annotated[list[DayHours], BeforeValidator(as_list), Also(HOURS)]
Length = Annotated[Duration, BeforeValidator(parse_duration), Shape(DURATION)]
