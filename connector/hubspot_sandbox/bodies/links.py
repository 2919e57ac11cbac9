"""Associations between records, in each edition's form, and their labels."""

from __future__ import annotations

from pydantic import Field

from hubspot_sandbox.bodies.body import Body, Text
from hubspot_sandbox.bodies.records import LinkTypeIn, Reference  # noqa: TC001 - pydantic reads it


class AssociationInput(Body):
    """One record whose associations are wanted, from a page on."""

    id: Text
    after: Text | None = None


class AssociationRead(Body):
    """Records whose associations are wanted."""

    inputs: list[AssociationInput]


class LinkPairIn(Body):
    """Two records and the types of their link."""

    from_: Reference = Field(alias="from")
    to: Reference
    types: list[LinkTypeIn] = Field(min_length=1)


class LinkPairs(Body):
    """Several links, each with its types."""

    inputs: list[LinkPairIn]


class PlainPair(Body):
    """Two records."""

    from_: Reference = Field(alias="from")
    to: Reference


class PlainPairs(Body):
    """Several links of the plain type."""

    inputs: list[PlainPair]


class LinkPairV3(Body):
    """Two records and the one type of their link, by name or id."""

    from_: Reference = Field(alias="from")
    to: Reference
    type: Text


class LinkPairsV3(Body):
    """Several links in the manner of v3."""

    inputs: list[LinkPairV3]


class LinkFrom(Body):
    """A record, and those it shall no longer be linked to."""

    from_: Reference = Field(alias="from")
    to: list[Reference]


class LinksFrom(Body):
    """Links to take away."""

    inputs: list[LinkFrom]


class LabelIn(Body):
    """A label of links that is being made."""

    name: str
    label: str
    inverse_label: str | None = None


class LabelPatchIn(Body):
    """What a label shall be called."""

    association_type_id: int
    label: str
    inverse_label: str | None = None
