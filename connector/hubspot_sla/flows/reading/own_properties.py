"""The properties of ours held against the portal: which are missing, and which are no longer as we would make them."""

from __future__ import annotations

from dataclasses import dataclass, field
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
    options: Mapping[str, Sequence[Mapping[str, object]]] = field(default_factory=dict)
    """By name, all options of a property of ours that lacks some."""

    @property
    def empty(self) -> bool:
        return not (self.group_missing or self.ticket_properties or self.markers or self.options)


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
        options={str(wish["name"]): options for wish in wanted if (options := _options_with_missing(wish, there))},
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
    missing = [str(option["value"]) for option in _missing_options(wish, found)]
    return [f"{found.name} lacks the options {', '.join(missing)} - run `sla setup`"] if missing else []


def lacks_options(written: Written, name: str, there: Mapping[str, Property]) -> bool:
    """Whether a property of ours is there, and cannot hold all that we would write."""
    known = {option.value for option in there[name].options} if name in there else None
    return known is not None and any(value not in known for value, _ in written.options)


def _missing_options(wish: Mapping[str, object], found: Property) -> list[dict[str, object]]:
    known = {option.value for option in found.options}
    return [option for option in _options(wish) if option["value"] not in known]


def _options_with_missing(wish: Mapping[str, object], there: Mapping[str, Property]) -> list[dict[str, object]]:
    """Those that are there, followed by what is missing; none where nothing is, or where it is of another type."""
    found = there.get(str(wish["name"]))
    if found is None or (found.type, found.field_type) != (wish["type"], wish["fieldType"]):
        return []
    missing = _missing_options(wish, found)
    kept = [{"value": option.value, "label": option.label, "hidden": option.hidden} for option in found.options]
    return [{**option, "displayOrder": order} for order, option in enumerate([*kept, *missing])] if missing else []


def _options(wish: Mapping[str, object]) -> list[dict[str, object]]:
    options = wish.get("options", [])
    return options if isinstance(options, list) else []
