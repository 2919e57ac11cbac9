"""Properties and their groups."""

from __future__ import annotations

from hubspot_sandbox.bodies.body import Body, Text


class OptionIn(Body):
    """An option of a property that is being defined."""

    label: str
    value: Text
    display_order: int = -1
    hidden: bool = False
    description: str | None = None


class PropertyIn(Body):
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


class PropertyPatchIn(Body):
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


class BatchPropertyCreate(Body):
    """Several properties to define."""

    inputs: list[PropertyIn]


class GroupIn(Body):
    """A property group that is being made."""

    name: str
    label: str
    display_order: int = -1


class GroupPatchIn(Body):
    """What may change of a group."""

    label: str | None = None
    display_order: int | None = None


class PropertyNameIn(Body):
    """A property by its name."""

    name: str


class BatchPropertyRead(Body):
    """Properties to read."""

    inputs: list[PropertyNameIn]
    archived: bool = False


class BatchPropertyArchive(Body):
    """Properties to hide."""

    inputs: list[PropertyNameIn]
