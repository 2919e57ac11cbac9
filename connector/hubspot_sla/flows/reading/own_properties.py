"""The properties of ours held against the portal: which are missing, and which are no longer as we would make them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubspot_sla.hubspot.portal import MARKER_PROPERTY, NOTE_MARKER
from hubspot_sla.plan.properties import Written, written_for

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hubspot_sla.flows.context.context import Context
    from hubspot_sla.hubspot.schema import Property
    from hubspot_sla.policy.mappings import Mappings
    from hubspot_sla.policy.portal import PortalMap

MARKED = ("tasks", "notes")
"""What we put on tickets, found again by a marker property."""


@dataclass(frozen=True, slots=True)
class SetupPlan:
    """What is missing in the portal. `drifted` are properties of ours that no longer are as we would make them."""

    group: str
    group_missing: bool
    ticket_properties: Sequence[dict[str, object]]
    markers: Mapping[str, dict[str, object]]
    """By object type, `tasks` and `notes`."""
    drifted: Sequence[str]

    @property
    def empty(self) -> bool:
        return not (self.group_missing or self.ticket_properties or self.markers)


def plan_setup(context: Context, mappings: Mappings) -> SetupPlan:
    """Compare the portal with what we need."""
    schema, portal_map = context.portal.schema, mappings.portal
    there = schema.properties("tickets")
    markers = {kind: marker_definition(kind) for kind in MARKED}
    group = portal_map.written.group
    wanted = [_definition(written, portal_map) for written in written_for(mappings.policy_set.more_clocks)]
    return SetupPlan(
        group=group,
        group_missing=group not in schema.groups("tickets"),
        ticket_properties=[wish for wish in wanted if wish["name"] not in there],
        markers={kind: marker for kind, marker in markers.items() if marker["name"] not in schema.properties(kind)},
        drifted=[drift for wish in wanted for drift in _drift(wish, there)],
    )


def _definition(written: Written, portal_map: PortalMap) -> dict[str, object]:
    definition: dict[str, object] = {
        "name": portal_map.written.of(written.key),
        "label": written.label,
        "description": written.description,
        "groupName": portal_map.written.group,
        "type": written.type,
        "fieldType": written.field_type,
        "formField": False,
    }
    if written.options:
        definition["options"] = [
            {"value": value, "label": label, "displayOrder": order, "hidden": False}
            for order, (value, label) in enumerate(written.options)
        ]
    return definition


def marker_definition(object_type: str) -> dict[str, object]:
    """The property that holds our key on `tasks` or `notes`."""
    one = object_type.removesuffix("s")
    return {
        "name": {"tasks": MARKER_PROPERTY, "notes": NOTE_MARKER}[object_type],
        "label": f"SLA {one} key",
        "description": f"Which SLA breach this {one} is about. Written by hubspot-sla; do not edit.",
        "groupName": f"{one}information",
        "type": "string",
        "fieldType": "text",
        "formField": False,
    }


def _drift(wish: Mapping[str, object], held: Mapping[str, Property]) -> list[str]:
    found = held.get(str(wish["name"]))
    if found is None:
        return []
    if (found.type, found.field_type) != (wish["type"], wish["fieldType"]):
        return [
            f"{found.name} is {found.type}/{found.field_type}, not {wish['type']}/{wish['fieldType']}"
            " - archive it in HubSpot and run `sla setup`, or give ours another name in portal.yaml"
        ]
    wanted = [str(option["value"]) for option in _options(wish)]
    missing = [value for value in wanted if value not in {option.value for option in found.options}]
    return [f"{found.name} lacks the options {', '.join(missing)} - add them in HubSpot"] if missing else []


def _options(wish: Mapping[str, object]) -> list[dict[str, object]]:
    options = wish.get("options", [])
    return options if isinstance(options, list) else []
