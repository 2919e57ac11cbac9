"""The shape of a metric in policies.yaml: the events and conditions that start, stop, pause and reset its clock.

Only the form is seen here; `compile_metrics` checks what the names refer to, and whether the clock can run at all.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BeforeValidator, Field

from hubspot_sla.clock.metrics import Event, EventKind, InPlace, Owned, Place, PlaceKind, PropertyIs
from hubspot_sla.clock.timeline import Role
from hubspot_sla.policy.condition_values import RANGE_SCHEMA, parse_wanted
from hubspot_sla.policy.durations import parse_duration
from hubspot_sla.policy.field_types import DURATION, OrOne, ReadBy, Section
from hubspot_sla.policy.message_codes import Code
from hubspot_sla.policy.name_patterns import INTERNAL
from hubspot_sla.policy.term_forms import PauseForm
from hubspot_sla.policy.value_errors import Refused, nearest
from hubspot_sla.policy.yaml_document import described

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from pydantic.json_schema import JsonSchemaValue

    from hubspot_sla.clock.metrics import Condition

EVENT_WORDS = {
    kind.value: kind
    for kind in (
        EventKind.CREATED,
        EventKind.CLOSED,
        EventKind.REOPENED,
        EventKind.OWNER_SET,
        EventKind.CUSTOMER_MESSAGE,
        EventKind.AGENT_MESSAGE,
        EventKind.AGENT_REPLY,
        EventKind.FIRST_REPLY,
        EventKind.NOTE,
    )
}
CONDITION_WORDS: Mapping[str, Condition] = {
    "waiting": InPlace(Place(Role.WAITING.value, PlaceKind.ROLE)),
    "owned": Owned(),
}
PLACE_KEYS = ("role", "stage", "team", "vendor")
EVENT_KEYS = ("entered", "left", "became", "date", "event", "in", "is")
CONDITION_KEYS = ("in", "is")
_INTERNAL = re.compile(INTERNAL)
_EVENTS = f"write {', '.join(EVENT_WORDS)}, owned, waiting, or a group with {', '.join(EVENT_KEYS)}"
_CONDITIONS = "write waiting, owned, {in: STAGE} or {is: {PROPERTY: VALUE}}"
_PLACE = "write the name of a stage, team or vendor of portal.yaml, or for example {role: waiting}"


# places and conditions


def parse_place(written: object) -> Place:
    """A name of portal.yaml, or a group with the one key that says of what kind it is. Refused: neither."""
    if isinstance(written, str) and written.strip():
        return Place(written.strip())
    if not isinstance(written, dict) or len(written) != 1:
        raise Refused(f"{described(written)} is no place", _PLACE, code=Code.METRIC_EVENT)
    ((key, name),) = written.items()
    if key not in PLACE_KEYS:
        raise Refused(f"a place has no {key!r}", nearest(str(key), PLACE_KEYS), code=Code.METRIC_EVENT)
    if not isinstance(name, str) or not name.strip():
        raise Refused(f"{described(name)} is no {key}", _PLACE, code=Code.METRIC_EVENT)
    if key == "role":
        return Place(_role(name.strip()), PlaceKind.ROLE)
    return Place(name.strip(), PlaceKind.STAGE if key == "stage" else PlaceKind.HOLDER)


def _role(name: str) -> str:
    roles = [role.value for role in Role]
    if name not in roles:
        raise Refused(f"there is no role {name!r}", nearest(name, roles), code=Code.METRIC_EVENT)
    return name


def parse_condition(written: object) -> Condition:
    """What may hold for a while. Refused: anything else."""
    if isinstance(written, str):
        word = written.strip()
        if word not in CONDITION_WORDS:
            raise Refused(
                f"there is no condition {word!r}",
                f"{nearest(word, CONDITION_WORDS)}; a stage, team or vendor is written {{in: {word}}}",
                code=Code.METRIC_EVENT,
            )
        return CONDITION_WORDS[word]
    group = _group(written, CONDITION_KEYS, _CONDITIONS)
    return _condition(_the_key(group, CONDITION_KEYS, _CONDITIONS), group)


def _condition(key: str, group: Mapping[str, object]) -> Condition:
    return InPlace(parse_place(group[key])) if key == "in" else parse_property(group[key])


def parse_property(written: object) -> PropertyIs:
    """`{PROPERTY: VALUE}`; the value as in a condition of a policy."""
    if not isinstance(written, dict) or len(written) != 1:
        raise Refused(
            f"{described(written)} is not one property with its value",
            "write {PROPERTY: VALUE}",
            code=Code.METRIC_EVENT,
        )
    ((name, value),) = written.items()
    return PropertyIs(_property(name), parse_wanted(value))


def _property(name: object) -> str:
    if not isinstance(name, str) or not _INTERNAL.match(name.strip()):
        raise Refused(
            f"{described(name)} is not an internal property name",
            "lower-case letters, digits and underscores, a letter first",
            code=Code.WRONG_FORM,
        )
    return name.strip()


# events


def parse_event(written: object) -> Event:
    """What happens in an instant; a condition happens when it begins to hold. Refused: anything else."""
    if isinstance(written, str):
        return _event_of_word(written.strip())
    group = _group(written, (*EVENT_KEYS, "while"), _EVENTS)
    key = _the_key(group, EVENT_KEYS, _EVENTS)
    event = _event_of_key(key, group)
    return event if "while" not in group else _only_while(event, group["while"])


def _event_of_word(word: str) -> Event:
    if word in CONDITION_WORDS:
        return Event(EventKind.CONDITION, condition=CONDITION_WORDS[word])
    if word not in EVENT_WORDS:
        raise Refused(
            f"there is no event {word!r}",
            nearest(word, [*EVENT_WORDS, *CONDITION_WORDS]) or _EVENTS,
            code=Code.METRIC_EVENT,
        )
    return Event(EVENT_WORDS[word])


def _event_of_key(key: str, group: Mapping[str, object]) -> Event:
    value = group[key]
    match key:
        case "event":
            if not isinstance(value, str):
                raise Refused(f"{described(value)} is no event", _EVENTS, code=Code.METRIC_EVENT)
            return _event_of_word(value.strip())
        case "date":
            return Event(EventKind.DATE_REACHED, property=_property(value))
        case "became":
            return Event(EventKind.BECAME, condition=parse_property(value))
        case "entered" | "left":
            return Event(EventKind(key), parse_place(value))
    return Event(EventKind.CONDITION, condition=_condition(key, group))


def _only_while(event: Event, written: object) -> Event:
    if event.kind is EventKind.CONDITION:
        raise Refused(
            "a condition holds for a while by itself, so it has no `while`",
            "write an event with the `while`",
            code=Code.METRIC_EVENT,
        )
    conditions = written if isinstance(written, list) else [written]
    if not conditions:
        raise Refused("`while` is empty", _CONDITIONS, code=Code.METRIC_EVENT)
    return Event(event.kind, event.place, event.property, event.condition, tuple(map(parse_condition, conditions)))


# pauses


def parse_pause(written: object) -> PauseForm:
    """`waiting`, `{in: Bank, least: 30m, greatest: 5bd}`. Refused: no condition, or no length."""
    if isinstance(written, PauseForm):
        return written
    if isinstance(written, str):
        return PauseForm(parse_condition(written))
    group = _group(written, (*CONDITION_KEYS, "least", "greatest"), _CONDITIONS)
    if not any(key in group for key in CONDITION_KEYS):
        raise Refused("nothing says what it waits for", _CONDITIONS, code=Code.METRIC_EVENT)
    condition = parse_condition({key: group[key] for key in CONDITION_KEYS if key in group})
    return PauseForm(
        condition, *(parse_duration(group[key]) if key in group else None for key in ("least", "greatest"))
    )


def _group(written: object, keys: Collection[str], forms: str) -> Mapping[str, object]:
    if not isinstance(written, dict):
        raise Refused(f"{described(written)} is neither an event nor a condition", forms, code=Code.METRIC_EVENT)
    for key in written:
        if key not in keys:
            raise Refused(f"there is no {key!r} here", nearest(str(key), keys) or forms, code=Code.METRIC_EVENT)
    return written


def _the_key(group: Mapping[str, object], keys: Collection[str], forms: str) -> str:
    named = [key for key in keys if key in group]
    if len(named) != 1:
        raise Refused(
            f"{' and '.join(named) or 'nothing'} is said, where one thing must be", forms, code=Code.METRIC_EVENT
        )
    return named[0]


# the JSON Schema of the same

_TEXT: JsonSchemaValue = {"type": ["string", "number"]}
_PLACE_SCHEMA: JsonSchemaValue = {
    "anyOf": [
        _TEXT,
        {
            "type": "object",
            "minProperties": 1,
            "maxProperties": 1,
            "additionalProperties": False,
            "properties": {
                "role": {"enum": [role.value for role in Role]},
                **{key: _TEXT for key in PLACE_KEYS if key != "role"},
            },
        },
    ]
}
_VALUE: JsonSchemaValue = {"type": ["string", "number", "boolean"]}
_PROPERTY_SCHEMA: JsonSchemaValue = {
    "type": "object",
    "minProperties": 1,
    "maxProperties": 1,
    "propertyNames": {"pattern": INTERNAL},
    "additionalProperties": {"anyOf": [_VALUE, {"type": "array", "items": _VALUE, "minItems": 1}, RANGE_SCHEMA]},
}
_PLACE_REF: JsonSchemaValue = {"$ref": "#/$defs/Place"}
_PROPERTY_REF: JsonSchemaValue = {"$ref": "#/$defs/PropertyValue"}
_OF_KEY: Mapping[str, JsonSchemaValue] = {
    "entered": _PLACE_REF,
    "left": _PLACE_REF,
    "became": _PROPERTY_REF,
    "date": {"type": "string", "pattern": INTERNAL},
    "event": {"enum": list(EVENT_WORDS)},
    "in": _PLACE_REF,
    "is": _PROPERTY_REF,
}


def _one_of(keys: Collection[str], beside: Mapping[str, JsonSchemaValue]) -> JsonSchemaValue:
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {**{key: _OF_KEY[key] for key in keys}, **beside},
        "oneOf": [{"required": [key]} for key in keys],
    }


_CONDITION_SCHEMA: JsonSchemaValue = {"anyOf": [{"enum": list(CONDITION_WORDS)}, _one_of(CONDITION_KEYS, {})]}
_CONDITION: JsonSchemaValue = {"$ref": "#/$defs/Condition"}
_WHILE_SCHEMA: JsonSchemaValue = {"anyOf": [_CONDITION, {"type": "array", "items": _CONDITION, "minItems": 1}]}
_EVENT_SCHEMA: JsonSchemaValue = {
    "anyOf": [{"enum": [*EVENT_WORDS, *CONDITION_WORDS]}, _one_of(EVENT_KEYS, {"while": _WHILE_SCHEMA})]
}
_PAUSE_SCHEMA: JsonSchemaValue = {
    "anyOf": [{"enum": list(CONDITION_WORDS)}, _one_of(CONDITION_KEYS, {"least": DURATION, "greatest": DURATION})]
}
EVENT: JsonSchemaValue = {"$defs_name": "Event"}
PAUSE: JsonSchemaValue = {"$defs_name": "PauseRule"}
METRIC_DEFINITIONS: Mapping[str, JsonSchemaValue] = {
    "Place": _PLACE_SCHEMA,
    "PropertyValue": _PROPERTY_SCHEMA,
    "Condition": _CONDITION_SCHEMA,
    "Event": _EVENT_SCHEMA,
    "PauseRule": _PAUSE_SCHEMA,
}
"""Of the editor's JSON Schema, by name."""


def listed(written: object) -> object:
    """One event or condition stands for a list of it."""
    return [written] if isinstance(written, str | dict) else written


EventForm = Annotated[Event, ReadBy(parse_event, EVENT)]
Events = Annotated[list[EventForm], BeforeValidator(listed), OrOne()]
PauseRuleForm = Annotated[PauseForm, ReadBy(parse_pause, PAUSE)]
PauseRules = Annotated[list[PauseRuleForm], BeforeValidator(listed), OrOne()]


class MetricSection(Section):
    """What starts, stops, resets and pauses the clock of a metric."""

    starts: Annotated[list[EventForm], Field(min_length=1), BeforeValidator(listed), OrOne()]
    stops: Events = []
    resets: Events = []
    after: Events = []
    pauses: PauseRules = []
    cycles: Literal["first", "each"] = "first"
    closing: Literal["ends", "ignored"] = "ends"
