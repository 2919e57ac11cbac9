"""Object types: a list of the custom ones, of which there are none, and what HubSpot's own are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sandbox.json_views import Answer, property_json

if TYPE_CHECKING:
    from hubspot_sandbox.routes.call import Call


def list_schemas(_call: Call) -> Answer:
    """Custom objects only; clients ask for them before anything else."""
    return Answer(200, {"results": []})


def get_schema(call: Call) -> Answer:
    """One of HubSpot's own types, with its properties and associations."""
    kind = call.kind
    types = call.portal.links.types
    return Answer(
        200,
        {
            "id": kind.type_id,
            "objectTypeId": kind.type_id,
            "name": kind.singular.upper(),
            "fullyQualifiedName": kind.singular.upper(),
            "labels": {"singular": kind.singular.capitalize(), "plural": kind.name.capitalize()},
            "requiredProperties": list(kind.required),
            "searchableProperties": list(kind.searched_text),
            "primaryDisplayProperty": kind.searched_text[0],
            "secondaryDisplayProperties": [],
            "properties": [property_json(definition) for definition in call.portal.catalogue(kind).listed()],
            "associations": [
                {
                    "id": str(link.id),
                    "fromObjectTypeId": link.source.type_id,
                    "toObjectTypeId": link.target.type_id,
                    "name": link.name or types.inline_name(link),
                }
                for link in types.leaving(kind)
            ],
            "allowsSensitiveProperties": False,
            "archived": False,
        },
    )


def old_properties(call: Call) -> Answer:
    """The definitions in the old form, a bare array, which data pipelines still ask for."""
    return Answer(200, [property_json(definition) for definition in call.portal.catalogue(call.kind).listed()])
