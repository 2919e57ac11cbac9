"""How a property that HubSpot ships is defined, and those that every object type has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sandbox.properties import Option, Property

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hubspot_sandbox.object_types import ObjectType

_FIELD = {
    "bool": "booleancheckbox",
    "enumeration": "select",
    "date": "date",
    "datetime": "date",
    "number": "number",
    "string": "text",
}
_YES_NO = (Option("Yes", "true", 0), Option("No", "false", 1))


def options(*pairs: tuple[str, str]) -> tuple[Option, ...]:
    """Options from (value, label), in that order."""
    return tuple(Option(label, value, order) for order, (value, label) in enumerate(pairs))


def titled(*values: str) -> tuple[Option, ...]:
    """Options whose labels are their values, made readable."""
    return options(*((value, value.replace("_", " ").capitalize()) for value in values))


def standard(
    group: str,
    type_: str,
    name: str,
    label: str,
    *,
    allowed: tuple[Option, ...] = (),
    read_only: bool = False,
    calculated: bool = False,
    field_type: str | None = None,
    referenced: str | None = None,
) -> Property:
    """One definition of HubSpot's own. What is calculated cannot be written."""
    return Property(
        name=name,
        label=label,
        type=type_,
        field_type=field_type or _FIELD[type_],
        group=group,
        options=allowed or (_YES_NO if type_ == "bool" else ()),
        read_only=read_only or calculated,
        calculated=calculated,
        external_options=referenced is not None,
        referenced=referenced,
        hubspot_defined=True,
    )


def calculated_ones(group: str, type_: str, names: Iterable[tuple[str, str]]) -> list[Property]:
    """Definitions of what HubSpot works out by itself."""
    return [standard(group, type_, name, label, calculated=True) for name, label in names]


def of_every_object(group: str, kind: ObjectType) -> list[Property]:
    """Found on every type. Contacts call their modification time otherwise, and engagements have no `createdate`."""
    created = [] if kind.created == "hs_createdate" else [standard(group, "datetime", kind.created, "Create date")]
    return [
        *created,
        standard(group, "datetime", kind.modified, "Last modified date", read_only=True),
        standard(group, "number", "hs_object_id", "Record ID", read_only=True),
        standard(group, "datetime", "hs_createdate", "Object create date/time", read_only=True),
        standard(group, "string", "hs_object_source", "Record source", read_only=True),
        standard(group, "string", "hs_object_source_label", "Record source label", read_only=True),
        standard(group, "string", "hs_object_source_id", "Record source ID", read_only=True),
        standard(group, "number", "hs_object_source_user_id", "Record source user ID", read_only=True),
        standard(group, "enumeration", "hs_merged_object_ids", "Merged record IDs", read_only=True, referenced="ID"),
        standard(group, "string", "hs_unique_creation_key", "Unique creation key", read_only=True),
        standard(group, "enumeration", "hubspot_owner_id", "Owner", referenced="OWNER"),
        standard(group, "datetime", "hubspot_owner_assigneddate", "Owner assigned date", calculated=True),
        standard(group, "enumeration", "hubspot_team_id", "HubSpot team", read_only=True, referenced="TEAM"),
    ]
