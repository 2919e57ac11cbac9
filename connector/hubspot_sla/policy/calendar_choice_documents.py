"""The shape of `calendar` in policies.yaml: one name, one for each value of a property, or one for each metric."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import BeforeValidator, ConfigDict, model_validator
from pydantic_core import core_schema

from hubspot_sla.policy.choice_words import DEFAULT, HOLDER
from hubspot_sla.policy.conditions import About
from hubspot_sla.policy.field_types import Section, Shape, Text, Variants
from hubspot_sla.policy.message_codes import Code
from hubspot_sla.policy.value_errors import Refused
from hubspot_sla.policy.value_references import REFERENCE_PATTERN, Reference, parse_reference
from hubspot_sla.policy.yaml_document import described

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import CoreSchema

_FOLLOWS = "write holder (of the stage, by portal.yaml), team, owner, or a ticket property"

Named = Annotated[Reference, BeforeValidator(parse_reference), Shape({"type": "string", "pattern": REFERENCE_PATTERN})]


def parse_followed(written: object) -> Reference:
    """Who holds a ticket changes over its life: a value of the ticket. Refused: one of anything else."""
    if isinstance(written, str) and written.strip() == HOLDER:
        return Reference(HOLDER, About.TICKET, HOLDER)
    reference = parse_reference(written)
    if reference.about is not About.TICKET:
        raise Refused(
            f"nothing follows {reference.text!r}: it does not go from hand to hand", _FOLLOWS, code=Code.REFERENCE
        )
    return reference


Followed = Annotated[Reference, BeforeValidator(parse_followed), Shape({"type": "string"})]


class CalendarForm(Section):
    """One of the forms of `calendar`."""


class CalendarName(CalendarForm):
    """One calendar for everybody."""

    name: Text


class _Cases(CalendarForm):
    """A calendar for each value; everybody else has `default`."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Text]

    @model_validator(mode="after")
    def _for_everybody(self) -> _Cases:
        if DEFAULT not in self.names:
            raise Refused("no calendar is said for everybody else", "add default: NAME", code=Code.DEFAULT_MISSING)
        return self

    @property
    def names(self) -> Mapping[str, str]:
        """By value."""
        return self.__pydantic_extra__


class CalendarBy(_Cases):
    """`{by: company.country, DE: germany, default: us}`."""

    KEY: ClassVar[str] = "by"

    by: Named


class CalendarFollows(_Cases):
    """`{follow: holder, Sydney team: sydney, default: berlin}`: each holder's time on their own calendar."""

    KEY: ClassVar[str] = "follow"

    follow: Followed


class CalendarOfMetrics(CalendarForm):
    """One for each metric; all others have `default`."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, OneCalendar]

    @model_validator(mode="after")
    def _something(self) -> CalendarOfMetrics:
        if not self.by_metric:
            raise Refused(
                "no calendar is named", "write its name, or one for each metric and a `default`", code=Code.MISSING_KEY
            )
        return self

    @property
    def by_metric(self) -> Mapping[str, CalendarForm]:
        """`default` among them, where it is said."""
        return self.__pydantic_extra__


FORMS: list[type[CalendarForm]] = [CalendarBy, CalendarFollows]


class OfSomeForm(Variants):
    """For pydantic: one calendar, read by its form."""

    @classmethod
    def forms(cls) -> list[type[CalendarForm]]:
        return FORMS

    @classmethod
    def form_of(cls, entry: object) -> type[CalendarForm]:
        return _form_of(entry, CalendarBy)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(cls._parsed)

    @classmethod
    def _parsed(cls, written: object) -> CalendarForm:
        if isinstance(written, CalendarForm):
            return written
        return cls.form_of(written).model_validate({"name": written} if isinstance(written, str) else written)

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return _ONE


class OfAnyForm(OfSomeForm):
    """The same, or one for each metric."""

    @classmethod
    def form_of(cls, entry: object) -> type[CalendarForm]:
        return _form_of(entry, CalendarOfMetrics)

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        per_metric = {
            "type": "object",
            "minProperties": 1,
            "additionalProperties": _ONE,
            "not": {"anyOf": [{"required": [form.KEY]} for form in FORMS]},
        }
        return {"anyOf": [*_ONE["anyOf"], per_metric]}


OneCalendar = Annotated[CalendarForm, OfSomeForm]
CalendarOfPolicy = Annotated[CalendarForm, OfAnyForm]


def _form_of(entry: object, without_key: type[CalendarForm]) -> type[CalendarForm]:
    if isinstance(entry, str):
        return CalendarName
    if not isinstance(entry, dict):
        raise Refused(
            f"a calendar is a name or a group of keys, not {described(entry)}",
            "for example berlin",
            code=Code.WRONG_TYPE,
        )
    return next((form for form in FORMS if form.KEY in entry), without_key)


def _cases_schema(key: str, shape: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "required": [key, DEFAULT],
        "properties": {key: shape},
        "additionalProperties": {"type": ["string", "number"]},
    }


_ONE: dict[str, Any] = {
    "anyOf": [
        {"type": ["string", "number"], "minLength": 1},
        _cases_schema("by", {"type": "string", "pattern": REFERENCE_PATTERN}),
        _cases_schema("follow", {"type": "string", "description": _FOLLOWS}),
    ]
}

CalendarOfMetrics.model_rebuild()
CalendarOfMetrics.OTHER_KEYS = OneCalendar
