"""The shape of one thing that a rung does in escalations.yaml, made from the table in `plan.rung_actions`."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BeforeValidator, Field, create_model, model_validator

from hubspot_sla.plan.rung_actions.kind import PropertiesKind, UnusableValue
from hubspot_sla.plan.rung_actions.table import RUNG_ACTIONS
from hubspot_sla.policy.field_types import Internal, Section, Shape, Text
from hubspot_sla.policy.message_codes import Code
from hubspot_sla.policy.value_errors import Refused, one_of
from hubspot_sla.policy.yaml_document import described

if TYPE_CHECKING:
    from pydantic.json_schema import JsonSchemaValue

    from hubspot_sla.plan.rung_actions.kind import RungActionKind
    from hubspot_sla.plan.rung_context import RungAction


def _value(written: object) -> str:
    """What HubSpot is to hold; empty clears the property."""
    if written is None or isinstance(written, bool):
        return "" if written is None else str(written).lower()
    if isinstance(written, str):
        return written
    raise Refused(f"{described(written)} is no value of a property", code=Code.NO_VALUE)


_VALUE: JsonSchemaValue = {"type": ["string", "number", "boolean", "null"]}
Value = Annotated[str, BeforeValidator(_value), Shape(_VALUE)]


class RungActionSection(Section):
    """One thing to do: exactly one of these."""

    @classmethod
    def current(cls) -> type[Section]:
        return _section_of(tuple(RUNG_ACTIONS.values()))

    @property
    def action(self) -> RungAction:
        """Raises UnusableValue."""
        (word,) = self._words()
        return RUNG_ACTIONS[word].make(getattr(self, _field(word)))

    def _words(self) -> list[str]:
        return [word for word in RUNG_ACTIONS if _field(word) in self.model_fields_set]

    @model_validator(mode="after")
    def _one_thing(self) -> RungActionSection:
        words = self._words()
        if len(words) != 1 or getattr(self, _field(words[0])) is None:
            raise Refused(f"an action is {one_of(RUNG_ACTIONS)}", "begin each with a dash", code=Code.MISSING_KEY)
        try:
            _ = self.action
        except UnusableValue as error:
            raise Refused(str(error), error.remedy, code=Code.NO_VALUE) from error
        return self


@cache
def _section_of(kinds: tuple[RungActionKind, ...]) -> type[RungActionSection]:
    """With a key for each of these kinds."""
    fields: dict[str, Any] = {_field(kind.word): (_after(kind) | None, Field(None, alias=kind.word)) for kind in kinds}
    return create_model(
        RungActionSection.__name__, __base__=RungActionSection, __doc__=RungActionSection.__doc__, **fields
    )


def _after(kind: RungActionKind) -> Any:
    """What may follow the word of a kind of action, as a type for pydantic."""
    if isinstance(kind, PropertiesKind):
        return Annotated[dict[Internal, Value], Field(min_length=1)]
    return Literal[kind.choices] if kind.choices else Text


def _field(word: str) -> str:
    return f"{word}_"
