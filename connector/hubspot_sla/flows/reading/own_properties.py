"""The properties of ours that a portal should have, and which of them are missing or are not as we make them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from hubspot_sla.errors import ScopeMissing
from hubspot_sla.hubspot.portal import MARKER_PROPERTY, NOTE_MARKER
from hubspot_sla.plan.properties import Written, written_for
from hubspot_sla.plan.rung_actions.note import WriteNote
from hubspot_sla.plan.rung_actions.task import MakeTask

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hubspot_sla.flows.context.context import Context
    from hubspot_sla.hubspot.schema import Property, Schema
    from hubspot_sla.policy.mappings import Mappings
    from hubspot_sla.policy.portal import PortalMap

MARKERS: Final = {"tasks": MARKER_PROPERTY, "notes": NOTE_MARKER}
"""The marker property of each object type that is put on tickets."""
_MADE_BY: Final = {MakeTask.word: "tasks", WriteNote.word: "notes"}
_TEXTS: Final = {"tasks": "hs_task_subject", "notes": "hs_note_body"}
"""A property of HubSpot's own in whose group ours goes: portals differ in what that group is called."""


@dataclass(frozen=True, slots=True)
class SetupPlan:
    """What is missing in the portal. `markers` by object type, `tasks` and `notes`, of those that ladders ask for;
    `drifted` are properties of ours that no longer are as we would make them."""

    group: str
    group_missing: bool
    ticket_properties: Sequence[dict[str, object]]
    markers: Mapping[str, dict[str, object]]
    drifted: Sequence[str]
    options: Mapping[str, Sequence[Mapping[str, object]]] = field(default_factory=dict)
    """By name, all options of a property of ours that lacks some."""

    @property
    def empty(self) -> bool:
        return not (self.group_missing or self.ticket_properties or self.markers or self.options)


def plan_setup(context: Context, mappings: Mappings) -> SetupPlan:
    """Compare the portal with what we need."""
    schema, portal_map = context.portal.schema, mappings.portal
    on_tickets = schema.properties("tickets")
    group = portal_map.written.group
    wanted = [_definition(written, portal_map) for written in written_for(mappings.policy_set.more_clocks)]
    markers: dict[str, dict[str, object]] = {}
    for object_type in made_types(mappings):
        there = readable_properties(schema, object_type)
        if MARKERS[object_type] not in there:
            markers[object_type] = _marker(object_type, there)
    return SetupPlan(
        group=group,
        group_missing=group not in schema.groups("tickets"),
        ticket_properties=[wish for wish in wanted if wish["name"] not in on_tickets],
        markers=markers,
        drifted=[drift for wish in wanted for drift in _drift(wish, on_tickets)],
        options={str(wish["name"]): options for wish in wanted if (options := _options_with_missing(wish, on_tickets))},
    )


def readable_properties(schema: Schema, object_type: str) -> dict[str, Property]:
    """Those of tasks or notes; none where the token may not read them, so that everything works without."""
    try:
        return schema.properties(object_type)
    except ScopeMissing:
        return {}


def made_types(mappings: Mappings) -> list[str]:
    """The object types that the ladders make, such as `tasks`."""
    ladders = mappings.policy_set.escalations.ladders.values()
    words = {action.word for ladder in ladders for rung in ladder.rungs for action in rung.actions}
    return [object_type for word, object_type in _MADE_BY.items() if word in words]


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


def _marker(object_type: str, there: Mapping[str, Property]) -> dict[str, object]:
    one = object_type.removesuffix("s")
    text = there.get(_TEXTS[object_type])
    return {
        "name": MARKERS[object_type],
        "label": f"SLA {one} key",
        "description": f"Which SLA breach this {one} is about. Written by hubspot-sla; do not edit.",
        "groupName": text.group if text is not None and text.group else f"{one}information",
        "type": "string",
        "fieldType": "text",
        "formField": False,
    }


def _drift(wish: Mapping[str, object], there: Mapping[str, Property]) -> list[str]:
    found = there.get(str(wish["name"]))
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
