"""Records to create, read, change, archive, merge."""

from __future__ import annotations

from typing import Self

from pydantic import Field, PrivateAttr

from hubspot_sandbox.bodies.body import Body, Text
from hubspot_sandbox.property_values import Scalar  # noqa: TC001 - pydantic reads it


class Reference(Body):
    """An id and nothing else."""

    id: Text


class LinkTypeIn(Body):
    """The type of an association asked for."""

    association_type_id: int
    association_category: str = "HUBSPOT_DEFINED"


class LinkIn(Body):
    """An association of a record that is being created."""

    to: Reference
    types: list[LinkTypeIn] = Field(min_length=1)


class WriteIn(Body):
    """Properties to write. `warnings` are those that the answer will carry."""

    properties: dict[str, Scalar] = Field(default_factory=dict)
    object_write_trace_id: str | None = None
    _warnings: list[dict[str, object]] = PrivateAttr(default_factory=list)

    @property
    def warnings(self) -> list[dict[str, object]]:
        """What HubSpot remarks on the values."""
        return self._warnings

    def with_values(self, properties: dict[str, Scalar], warnings: list[dict[str, object]]) -> Self:
        """The same with other values, and what HubSpot remarks on them."""
        other = self.model_copy(update={"properties": properties})
        other._warnings = warnings  # noqa: SLF001 - of its own class
        return other


class CreateIn(WriteIn):
    """A new record."""

    associations: list[LinkIn] | None = None


class PatchIn(WriteIn):
    """Changes to one record."""


class UpdateIn(WriteIn):
    """Changes to one record of a batch."""

    id: Text
    properties: dict[str, Scalar]
    id_property: str | None = None


class BatchRead(Body):
    """Ids to read, and what of them."""

    inputs: list[Reference]
    properties: list[str] | None = None
    properties_with_history: list[str] | None = None
    id_property: str | None = None


class BatchCreate(Body):
    """New records."""

    inputs: list[CreateIn]


class BatchUpdate(Body):
    """Changes to several records."""

    inputs: list[UpdateIn]


class BatchArchive(Body):
    """Ids to archive."""

    inputs: list[Reference]


class MergeIn(Body):
    """The record that stays, and the one that goes into it."""

    primary_object_id: Text
    object_id_to_merge: Text


class UpsertIn(WriteIn):
    """A record to change, or to make where nobody has that value; `id` is the value."""

    id: Text
    properties: dict[str, Scalar]
    id_property: str | None = None


class BatchUpsert(Body):
    """Several of them."""

    inputs: list[UpsertIn]
