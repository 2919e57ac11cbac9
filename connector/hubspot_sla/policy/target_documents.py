"""The shape of one target in policies.yaml: a due time, one for each value of a property, one out of a number, or the
earlier or later of two.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import core_schema

from hubspot_sla.policy.choice_words import DEFAULT, NONE
from hubspot_sla.policy.due_texts import DUE_PATTERN, DueText, parse_due
from hubspot_sla.policy.field_types import CLOCK_TIME, OrOne, Section, Shape, Text, Variants
from hubspot_sla.policy.grammars import FIRST, grammar_of
from hubspot_sla.policy.message_codes import Code
from hubspot_sla.policy.times import parse_minute
from hubspot_sla.policy.value_errors import Refused
from hubspot_sla.policy.value_references import REFERENCE_PATTERN, Reference, literal_reference, parse_reference
from hubspot_sla.policy.yaml_document import described

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationInfo
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import CoreSchema

_NO_TARGETS = frozenset({NONE, "no", "never", "nothing", "null", "n/a", "-", "off", "0"})
"""What people write who mean `none`."""
BELONGS = {
    "due": "`due` stands alone, or with `cut_off` and `calendar`",
    "cut_off": "it belongs beside `due`",
    "calendar": "it belongs beside `due`",
    "property": "`property` stands alone with `unit`",
    "unit": "it belongs beside `property`",
    "earlier_of": "`earlier_of` stands alone",
    "later_of": "`later_of` stands alone",
    "each": "it belongs under the name of a stage, team or vendor",
    "total": "it belongs under the name of a stage, team or vendor",
    "every": "it stands alone under `update`",
}
"""Where each word of targets belongs. None of them is a priority, unless `by: priority` is said."""
UNITS = ("s", "m", "h", "bd")

Due = Annotated[DueText, BeforeValidator(parse_due)]
TimeOfDay = Annotated[int, BeforeValidator(parse_minute), Shape(CLOCK_TIME)]
Named = Annotated[Reference, BeforeValidator(parse_reference), Shape({"type": "string", "pattern": REFERENCE_PATTERN})]


class TargetForm(Section):
    """One of the forms of a target."""


class DueSection(TargetForm):
    """`4h`, or `{due: end of business day, cut_off: "16:00", calendar: always}`."""

    KEY: ClassVar[str] = "due"

    due: Due
    cut_off: TimeOfDay | None = None
    calendar: Text | None = None


class NumberSection(TargetForm):
    """The number in a property, counted in a unit: `{property: company.response_hours, unit: h}`."""

    KEY: ClassVar[str] = "property"

    property: Named
    unit: Literal["s", "m", "h", "bd"]


class EarlierSection(TargetForm):
    """Whichever is due first."""

    KEY: ClassVar[str] = "earlier_of"

    earlier_of: Annotated[list[Target], Field(min_length=2)]


class LaterSection(TargetForm):
    """Whichever is due last."""

    KEY: ClassVar[str] = "later_of"

    later_of: Annotated[list[Target], Field(min_length=2)]


class NothingSection(TargetForm):
    """`none`: nothing is promised for this value of a property, and the admin says so."""

    KEY: ClassVar[str] = NONE


class VisitsSection(TargetForm):
    """Of a stage, team or vendor: `each` visit, and the `total` of all of them."""

    KEY: ClassVar[str] = "total"

    each: Target | None = None
    total: Target | None = None

    @model_validator(mode="after")
    def _something_promised(self) -> VisitsSection:
        if self.each is None and self.total is None:
            raise Refused(
                "nothing is promised here", "write a duration, for example total: 8h", code=Code.NOTHING_PROMISED
            )
        return self


class ChoiceSection(TargetForm):
    """A target for each value of a property, `default` for all others, `none` where nothing is promised. Of two
    properties, the second chooses within what the first has chosen."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, TargetOfValue]

    by: Annotated[list[Named], Field(min_length=1, max_length=2), BeforeValidator(lambda by: _listed(by)), OrOne()] = [
        parse_reference("priority")
    ]

    @model_validator(mode="before")
    @classmethod
    def _second_property_within_the_first(cls, written: object) -> object:
        if not isinstance(written, dict) or not isinstance(written.get("by"), list) or len(written["by"]) != 2:
            return written
        return {key: value if key == "by" else _inner(value, written["by"][1]) for key, value in written.items()}

    @model_validator(mode="after")
    def _two_properties(self) -> ChoiceSection:
        if len(self.by) > len(set(self.by)):
            message = "both properties are the same, so the second chooses nothing"
            raise Refused(message, "name another property, or one alone", code=Code.SAID_TWICE)
        return self

    @model_validator(mode="after")
    def _something_promised(self) -> ChoiceSection:
        if all(isinstance(target, NothingSection) for target in self.targets.values()):
            raise Refused("nothing is promised here", "write a duration, for example 4h", code=Code.NOTHING_PROMISED)
        return self

    @property
    def targets(self) -> Mapping[str, TargetForm]:
        """By value."""
        return self.__pydantic_extra__


FORMS: list[type[TargetForm]] = [DueSection, NumberSection, EarlierSection, LaterSection]
"""The forms that a key names; a group without any of these keys is a choice by priority."""


class OfSomeForm(Variants):
    """For pydantic: a target is read by its form."""

    @classmethod
    def forms(cls) -> list[type[TargetForm]]:
        return FORMS

    @classmethod
    def form_of(cls, entry: object) -> type[TargetForm]:
        return form_of(entry)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.with_info_plain_validator_function(parse_target)

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"$defs_name": "Target"}  # recursive: `schema` puts a reference to TARGET_SCHEMA here


class OfValueForm(OfSomeForm):
    """For pydantic: the target of one value of a property, or that there is none."""

    @classmethod
    def form_of(cls, entry: object) -> type[TargetForm]:
        return NothingSection if entry == NONE else form_of(entry)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.with_info_plain_validator_function(parse_target_of_value)


class OfStageForm(OfSomeForm):
    """For pydantic: what a stage, team or vendor may take, where visits are counted one by one or together."""

    @classmethod
    def forms(cls) -> list[type[TargetForm]]:
        return [*FORMS, VisitsSection]

    @classmethod
    def form_of(cls, entry: object) -> type[TargetForm]:
        return VisitsSection if _of_visits(entry) else form_of(entry)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.with_info_plain_validator_function(parse_stage_target)

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"anyOf": [{"$defs_name": "Target"}, {"$defs_name": "Visits"}]}


Target = Annotated[TargetForm, OfSomeForm]
TargetOfValue = Annotated[TargetForm, OfValueForm]
StageTarget = Annotated[TargetForm, OfStageForm]


def form_of(entry: object) -> type[TargetForm]:
    """The form of what is written. Refused: it has none."""
    if isinstance(entry, str):
        return DueSection
    if not isinstance(entry, dict):
        raise Refused(
            f"a target is a duration or a group of keys, not {described(entry)}", "for example 4h", code=Code.WRONG_TYPE
        )
    if "by" in entry:
        return ChoiceSection
    named = [form for form in FORMS if form.KEY in entry]
    incomplete = [form for form in (DueSection, NumberSection) if entry and entry.keys() <= form.model_fields.keys()]
    return next(iter((*named, *incomplete)), ChoiceSection)


def parse_target(written: object, info: ValidationInfo) -> TargetForm:
    """What is written as its form reads it; in the first grammar every group was a choice."""
    if isinstance(written, TargetForm):
        return written
    if grammar_of(info) == FIRST and isinstance(written, dict):
        return _first_choice(written, info)
    if written == NONE:
        raise Refused(
            "`none` stands here alone",
            "leave the target out; `none` is said for a value of a property, as in default: none",
            code=Code.NOTHING_PROMISED,
        )
    form = form_of(written)
    content = {DueSection.KEY: written} if isinstance(written, str) else written
    return form.model_validate(content, context=info.context)


def parse_target_of_value(written: object, info: ValidationInfo) -> TargetForm:
    """Like `parse_target`; or `none`. What is left empty is refused: it may be a target that was forgotten."""
    if written is None:
        raise Refused("there is no target for this value", "write one, or none", code=Code.NOTHING_PROMISED)
    if written == NONE:
        return NothingSection()
    if isinstance(written, str) and written.strip().casefold() in _NO_TARGETS:
        raise Refused(f"{written!r} is no target", f"did you mean {NONE}?", code=Code.NOTHING_PROMISED)
    return parse_target(written, info)


def parse_stage_target(written: object, info: ValidationInfo) -> TargetForm:
    """Like `parse_target`; with `each` or `total` it speaks of visits."""
    if grammar_of(info) != FIRST and _of_visits(written):
        return VisitsSection.model_validate(written, context=info.context)
    return parse_target(written, info)


def _of_visits(written: object) -> bool:
    words = VisitsSection.model_fields.keys()
    return isinstance(written, dict) and "by" not in written and not words.isdisjoint(written)


def _first_choice(written: dict[str, object], info: ValidationInfo) -> TargetForm:
    by = literal_reference(str(written.get("by", "priority")))
    values = {key: value for key, value in written.items() if key != "by"}
    return ChoiceSection.model_validate({**values, "by": [by]}, context=info.context)


def _inner(written: object, by: object) -> object:
    """A row of a matrix: chosen by the second property, unless it says otherwise."""
    if isinstance(written, dict) and form_of(written) is ChoiceSection and "by" not in written:
        return {"by": by, **written}
    return written


def _listed(by: object) -> object:
    return by if isinstance(by, list) else [by]


_REFERENCE: dict[str, Any] = {"type": "string", "pattern": REFERENCE_PATTERN}
_DUE: dict[str, Any] = {
    "type": "string",
    "pattern": DUE_PATTERN,
    "description": "90s, 15m, 4h, 1h30m on the policy's calendar; 2bd: that calendar's business day; 2 days same time; "
    "end of next business day",
}
_TARGET: dict[str, Any] = {"$ref": "#/$defs/Target"}


def _group(required: list[str], **properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "required": required, "additionalProperties": False, "properties": properties}


def _two(key: str) -> dict[str, Any]:
    return _group([key], **{key: {"type": "array", "items": _TARGET, "minItems": 2}})


TARGET_SCHEMA: dict[str, Any] = {
    "anyOf": [
        _DUE,
        _group(["due"], due=_DUE, cut_off=dict(CLOCK_TIME), calendar={"type": "string"}),
        _group(["property", "unit"], property=_REFERENCE, unit={"enum": list(UNITS)}),
        _two("earlier_of"),
        _two("later_of"),
        {
            "type": "object",
            "required": [DEFAULT],
            "properties": {
                "by": {"anyOf": [_REFERENCE, {"type": "array", "items": _REFERENCE, "minItems": 1, "maxItems": 2}]}
            },
            "additionalProperties": {"anyOf": [{"const": NONE}, _TARGET]},
            "anyOf": [{"required": ["by"]}, {"not": {"anyOf": [{"required": [word]} for word in sorted(BELONGS)]}}],
        },
    ]
}
"""Of the editor's JSON Schema: it refers to itself, which pydantic does not do for us."""

VISITS_SCHEMA: dict[str, Any] = {
    "type": "object",
    "minProperties": 1,
    "additionalProperties": False,
    "description": "each: every visit by itself; total: the business time of all visits, added up",
    "properties": {"each": _TARGET, "total": _TARGET},
}

for _form in (EarlierSection, LaterSection, VisitsSection, ChoiceSection):
    _form.model_rebuild()
ChoiceSection.OTHER_KEYS = TargetOfValue
