"""What clients send, as types: one model per request body, and the arrays of a query in either spelling.

Fields are HubSpot's, in Python's spelling. A body that does not fit is answered in the words of HubSpot's own JSON
reader.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypeVar

import orjson
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from hubspot_sandbox import refusals
from hubspot_sandbox.values import Scalar  # noqa: TC001 - pydantic reads it

if TYPE_CHECKING:
    from collections.abc import Iterable

Text = Annotated[str, BeforeValidator(lambda value: str(value) if isinstance(value, int) else value)]
Body = TypeVar("Body", bound="Intake")


class Intake(BaseModel):
    """Unknown fields are ignored, as HubSpot does."""

    model_config = ConfigDict(extra="ignore", frozen=True, alias_generator=to_camel, populate_by_name=True)


class Reference(Intake):
    """An id and nothing else."""

    id: Text


class LinkTypeIn(Intake):
    """The type of an association asked for."""

    association_type_id: int
    association_category: str = "HUBSPOT_DEFINED"


class LinkIn(Intake):
    """An association of a record that is being created."""

    to: Reference
    types: list[LinkTypeIn] = Field(min_length=1)


class CreateIn(Intake):
    """A new record."""

    properties: dict[str, Scalar]
    associations: list[LinkIn] | None = None
    object_write_trace_id: str | None = None


class PatchIn(Intake):
    """Changes to one record."""

    properties: dict[str, Scalar] = {}


class UpdateIn(Intake):
    """Changes to one record of a batch."""

    id: Text
    properties: dict[str, Scalar]
    id_property: str | None = None
    object_write_trace_id: str | None = None


class BatchRead(Intake):
    """Ids to read, and what of them."""

    inputs: list[Reference]
    properties: list[str] | None = None
    properties_with_history: list[str] | None = None
    id_property: str | None = None


class BatchCreate(Intake):
    """New records."""

    inputs: list[CreateIn]


class BatchUpdate(Intake):
    """Changes to several records."""

    inputs: list[UpdateIn]


class BatchArchive(Intake):
    """Ids to archive."""

    inputs: list[Reference]


class FilterIn(Intake):
    """One condition of a search."""

    property_name: str
    operator: str
    value: Text | None = None
    high_value: Text | None = None
    values: list[Text] | None = None


class FilterGroupIn(Intake):
    """Conditions that must all hold."""

    filters: list[FilterIn]


class SortIn(Intake):
    """What to order by."""

    property_name: str
    direction: str = "ASCENDING"


class SearchIn(Intake):
    """A search. The SDK's types call `after` and `sorts` required; the live API does without."""

    filter_groups: list[FilterGroupIn] | None = None
    sorts: list[SortIn | str] | None = None
    query: str | None = None
    properties: list[str] | None = None
    limit: int = 10
    after: Text | None = None


class OptionIn(Intake):
    """An option of a property that is being defined."""

    label: str
    value: Text
    display_order: int = -1
    hidden: bool = False
    description: str | None = None


class PropertyIn(Intake):
    """A property that is being defined."""

    name: str
    label: str
    type: str
    field_type: str
    group_name: str
    description: str | None = None
    options: list[OptionIn] | None = None
    display_order: int = -1
    has_unique_value: bool = False
    hidden: bool = False
    form_field: bool = False


class PropertyPatchIn(Intake):
    """What may change of a property; None leaves it alone."""

    label: str | None = None
    type: str | None = None
    field_type: str | None = None
    group_name: str | None = None
    description: str | None = None
    options: list[OptionIn] | None = None
    display_order: int | None = None
    hidden: bool | None = None
    form_field: bool | None = None


class BatchPropertyCreate(Intake):
    """Several properties to define."""

    inputs: list[PropertyIn]


class GroupIn(Intake):
    """A property group that is being made."""

    name: str
    label: str
    display_order: int = -1


class GroupPatchIn(Intake):
    """What may change of a group."""

    label: str | None = None
    display_order: int | None = None


class AssociationInput(Intake):
    """One record whose associations are wanted, from a page on."""

    id: Text
    after: Text | None = None


class AssociationRead(Intake):
    """Records whose associations are wanted."""

    inputs: list[AssociationInput]


class LinkPairIn(Intake):
    """Two records and the types of their link."""

    from_: Reference = Field(alias="from")
    to: Reference
    types: list[LinkTypeIn] = Field(min_length=1)


class LinkPairs(Intake):
    """Several links, each with its types."""

    inputs: list[LinkPairIn]


class PlainPair(Intake):
    """Two records."""

    from_: Reference = Field(alias="from")
    to: Reference


class PlainPairs(Intake):
    """Several links of the plain type."""

    inputs: list[PlainPair]


class LinkPairV3(Intake):
    """Two records and the one type of their link, by name or id."""

    from_: Reference = Field(alias="from")
    to: Reference
    type: Text


class LinkPairsV3(Intake):
    """Several links in the manner of v3."""

    inputs: list[LinkPairV3]


class LinkFrom(Intake):
    """A record, and those it shall no longer be linked to."""

    from_: Reference = Field(alias="from")
    to: list[Reference]


class LinksFrom(Intake):
    """Links to take away."""

    inputs: list[LinkFrom]


class LabelIn(Intake):
    """A label of links that is being made."""

    name: str
    label: str
    inverse_label: str | None = None


class LabelPatchIn(Intake):
    """What a label shall be called."""

    association_type_id: int
    label: str
    inverse_label: str | None = None


class MergeIn(Intake):
    """The record that stays, and the one that goes into it."""

    primary_object_id: Text
    object_id_to_merge: Text


class UpsertIn(Intake):
    """A record to change, or to make where nobody has that value; `id` is the value."""

    id: Text
    properties: dict[str, Scalar]
    id_property: str | None = None
    object_write_trace_id: str | None = None


class BatchUpsert(Intake):
    """Several of them."""

    inputs: list[UpsertIn]


class PropertyNameIn(Intake):
    """A property by its name."""

    name: str


class BatchPropertyRead(Intake):
    """Properties to read."""

    inputs: list[PropertyNameIn]
    archived: bool = False


class BatchPropertyArchive(Intake):
    """Properties to hide."""

    inputs: list[PropertyNameIn]


class ActorRead(Intake):
    """Ids of those who write in conversations."""

    inputs: list[str]


class StageIn(Intake):
    """A stage that is being made or replaced."""

    label: str
    display_order: int
    metadata: dict[str, Text] = {}
    stage_id: str | None = None


class StagePatchIn(Intake):
    """What may change of a stage; None leaves it alone."""

    label: str | None = None
    display_order: int | None = None
    metadata: dict[str, Text | None] = {}


class PipelineIn(Intake):
    """A pipeline that is being made or replaced. In a replacement, stages are known by their `stage_id`."""

    label: str
    display_order: int
    stages: list[StageIn] = []
    pipeline_id: str | None = None


class PipelinePatchIn(Intake):
    """What may change of a pipeline; None leaves it alone."""

    label: str | None = None
    display_order: int | None = None


class TokenIn(Intake):
    """The token somebody asks about."""

    token_key: str


class ClockIn(Intake):
    """A move of the virtual clock."""

    now: str | None = None
    advance_s: float | None = Field(default=None, alias="advance_s")
    frozen: bool | None = None


def parsed(body: bytes) -> object:
    """The JSON of a body. Raises `Refused` 400."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise refusals.bad_json(error.msg, line=error.lineno, column=error.colno) from None


def read(model: type[Body], body: bytes) -> Body:
    """The body as that model. Raises `Refused` 400."""
    try:
        return model.model_validate(parsed(body))
    except ValidationError as error:
        raise _unfit(model, error) from None


def _unfit(model: type[Intake], error: ValidationError) -> refusals.Refused:
    missing = [_path(one["loc"]) for one in error.errors() if one["type"] == "missing"]
    if missing:
        listed = ", ".join(missing)
        return refusals.bad_json(f"Cannot build {model.__name__}, some of required attributes are not set [{listed}]")
    first = error.errors()[0]
    return refusals.bad_json(f"Cannot build {model.__name__}: {_path(first['loc'])}: {first['msg']}")


def _path(location: Iterable[str | int]) -> str:
    return ".".join(map(str, location))


def names(values: Iterable[str]) -> list[str]:
    """An array of a query, repeated (`a=1&a=2`) or joined (`a=1,2`)."""
    return [name for value in values for name in value.split(",") if name]


class EngagementHeadIn(Intake):
    """What the first edition of engagements tells of every kind alike. The type is set once."""

    type: str = ""
    owner_id: int | None = None
    timestamp: int | None = None


class EngagementIn(Intake):
    """An engagement of the first edition, or changes to one."""

    engagement: EngagementHeadIn = EngagementHeadIn()
    associations: dict[str, list[int]] = {}
    metadata: dict[str, object] = {}
