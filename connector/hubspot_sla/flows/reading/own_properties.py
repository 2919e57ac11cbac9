"""The properties of ours that a portal should have, and which of them are missing or are not as we make them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hubspot_sla.errors import AccessDenied
from hubspot_sla.flows.reading import company_properties
from hubspot_sla.flows.reading.company_properties import COMPANIES
from hubspot_sla.hubspot.markers import MARKER_PROPERTY, NOTE_MARKER
from hubspot_sla.hubspot.notes import BODY
from hubspot_sla.hubspot.tasks import SUBJECT
from hubspot_sla.language.texts import LANGUAGES, texts_of
from hubspot_sla.ledger import state
from hubspot_sla.plan.records import TICKETS
from hubspot_sla.plan.rung_actions.note import WriteNote
from hubspot_sla.plan.rung_actions.task import MakeTask
from hubspot_sla.policy.object_words import TICKET
from hubspot_sla.render.property_words import property_words

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from hubspot_sla.flows.context.context import Context
    from hubspot_sla.hubspot.schema import Property, Schema
    from hubspot_sla.language.texts import Texts
    from hubspot_sla.plan.properties import Written
    from hubspot_sla.policy.mappings import Mappings
    from hubspot_sla.policy.portal import PortalMap

MARKERS: Final = {"tasks": MARKER_PROPERTY, "notes": NOTE_MARKER}
"""The marker property of each object type that is put on records."""
_MADE_BY: Final = {MakeTask.word: "tasks", WriteNote.word: "notes"}
_TEXTS: Final = {"tasks": SUBJECT, "notes": BODY}
"""A property of HubSpot's own in whose group ours goes: portals differ in what that group is called."""


@dataclass(frozen=True, slots=True)
class SetupPlan:
    """What is missing in the portal. `without_group` are the object types on which our group is not; `properties` are
    by object type, `counts` is how many there should be; `markers` by object type too, `tasks` and `notes`, of those
    that ladders ask for; `drifted` are properties of ours that no longer are as we would make them."""

    group: str
    without_group: Sequence[str]
    properties: Mapping[str, Sequence[dict[str, object]]]
    markers: Mapping[str, dict[str, object]]
    drifted: Sequence[str]
    counts: Mapping[str, int]
    options: Mapping[str, Mapping[str, Sequence[Mapping[str, object]]]]
    """By object type and name, all options of a property of ours that lacks some, or names some in another language."""

    labels: Mapping[str, Mapping[str, Mapping[str, object]]]
    """By object type and name, label and description of a property of ours that has them in another language. What
    somebody has called otherwise stays."""

    gone: Mapping[str, Collection[str]]
    """By object type, what an earlier setup made, somebody archived since, and the policies do not use: it is no longer
    written once setup has run."""

    @property
    def empty(self) -> bool:
        return not (
            self.without_group
            or any(self.properties.values())
            or self.markers
            or any(self.options.values())
            or any(self.labels.values())
            or self.gone
        )

    @property
    def missing(self) -> list[str]:
        """The names of the properties that are not there; of other object types than tickets with their type."""
        return [
            str(wish["name"]) if object_type == TICKETS else f"{wish['name']} on {object_type}"
            for object_type, wishes in self.properties.items()
            for wish in wishes
        ]


def plan_setup(context: Context, mappings: Mappings) -> SetupPlan:
    """Compare the portal with what we need."""
    schema, group = context.portal.schema, mappings.portal.written.group
    there_by_type = {object_type: schema.properties(object_type) for object_type in mappings.object_types}
    wanted = {
        portal_map.object_type: [
            _definition(written, portal_map, texts_of(portal_map.language))
            for written in mappings.of(portal_map.object_type).written_properties
        ]
        for portal_map in mappings.portals
    }
    if mappings.contracts.company_properties:
        there_by_type[COMPANIES] = readable_properties(schema, COMPANIES)
        wanted[COMPANIES] = company_properties.definitions(group, texts_of(mappings.portal.language))
    known_words = _words_in_any_language(mappings)
    markers: dict[str, dict[str, object]] = {}
    for object_type in made_types(mappings):
        there = readable_properties(schema, object_type)
        if MARKERS[object_type] not in there:
            markers[object_type] = _marker(object_type, there)
    return SetupPlan(
        group=group,
        without_group=[name for name in wanted if group not in _readable_groups(schema, name)],
        properties={
            object_type: [wish for wish in wishes if wish["name"] not in there_by_type[object_type]]
            for object_type, wishes in wanted.items()
        },
        markers=markers,
        drifted=[
            drift if object_type == TICKETS else f"{object_type}: {drift}"
            for object_type, wishes in wanted.items()
            for wish in wishes
            for drift in _drift(wish, there_by_type[object_type])
        ],
        counts={object_type: len(wishes) for object_type, wishes in wanted.items()},
        options={
            object_type: {
                str(wish["name"]): options
                for wish in wishes
                if (options := _other_options(wish, there_by_type[object_type], known_words))
            }
            for object_type, wishes in wanted.items()
        },
        labels={
            object_type: {
                str(wish["name"]): {"label": wish["label"], "description": wish["description"]}
                for wish in wishes
                if _is_in_another_language(wish, there_by_type[object_type], known_words)
            }
            for object_type, wishes in wanted.items()
        },
        gone=_gone(context, wanted, there_by_type),
    )


def _gone(
    context: Context, wanted: Mapping[str, Sequence[dict[str, object]]], there: Mapping[str, Mapping[str, Property]]
) -> dict[str, list[str]]:
    made = state.made_by_setup(context.ledger.db)
    gone: dict[str, list[str]] = {}
    for object_type, wishes in wanted.items():
        needed = {wish["name"] for wish in wishes}
        names = [name for name in made.get(object_type, ()) if name not in needed and name not in there[object_type]]
        if names:
            gone[object_type] = names
    return gone


def readable_properties(schema: Schema, object_type: str) -> dict[str, Property]:
    """Those of tasks, notes or companies; none where the token may not read them: everything works without."""
    try:
        return schema.properties(object_type)
    except AccessDenied:
        return {}


def _readable_groups(schema: Schema, object_type: str) -> dict[str, str]:
    """Without those of companies where the token may not read them: everything else works without."""
    if object_type != COMPANIES:
        return schema.groups(object_type)
    try:
        return schema.groups(object_type)
    except AccessDenied:
        return {}


def made_types(mappings: Mappings) -> list[str]:
    """The object types that the ladders make, such as `tasks`."""
    ladders = mappings.policy_set.escalations.ladders.values()
    words = {action.word for ladder in ladders for rung in ladder.rungs for action in rung.actions}
    return [object_type for word, object_type in _MADE_BY.items() if word in words]


def _definition(written: Written, portal_map: PortalMap, texts: Texts) -> dict[str, object]:
    words = property_words(written, texts)
    definition: dict[str, object] = {
        "name": portal_map.written.of(written.key),
        "label": words.label,
        "description": words.description.replace(TICKET, portal_map.singular),
        "groupName": portal_map.written.group,
        "type": written.type,
        "fieldType": written.field_type,
        "formField": False,
    }
    if written.options:
        definition["options"] = [
            {"value": value, "label": label, "displayOrder": order, "hidden": False}
            for order, (value, label) in enumerate(words.options)
        ]
    return definition


def _marker(object_type: str, there: Mapping[str, Property]) -> dict[str, object]:
    singular = object_type.removesuffix("s")
    text = there.get(_TEXTS[object_type])
    return {
        "name": MARKERS[object_type],
        "label": f"SLA {singular} key",
        "description": f"Which SLA breach this {singular} is about. Written by hubspot-sla; do not edit.",
        "groupName": text.group if text is not None and text.group else f"{singular}information",
        "type": "string",
        "fieldType": "text",
        "formField": False,
    }


def _drift(wish: Mapping[str, object], there: Mapping[str, Property]) -> list[str]:
    definition = there.get(str(wish["name"]))
    if definition is None:
        return []
    if (definition.type, definition.field_type) != (wish["type"], wish["fieldType"]):
        return [
            f"{definition.name} is {definition.type}/{definition.field_type}, not {wish['type']}/{wish['fieldType']}"
            " - archive it in HubSpot and run `sla setup`, or give ours another name in portal.yaml"
        ]
    missing = [str(option["value"]) for option in _missing_options(wish, definition)]
    return [f"{definition.name} lacks the options {', '.join(missing)} - run `sla setup`"] if missing else []


def lacks_options(written: Written, name: str, there: Mapping[str, Property]) -> bool:
    """Whether a property of ours is there, and cannot hold all that we would write."""
    known = {option.value for option in there[name].options} if name in there else None
    return known is not None and any(value not in known for value in written.options)


def _missing_options(wish: Mapping[str, object], definition: Property) -> list[dict[str, object]]:
    known = {option.value for option in definition.options}
    return [option for option in _options(wish) if option["value"] not in known]


def _words_in_any_language(mappings: Mappings) -> frozenset[str]:
    """Every label of a property of ours, and of one of its values, as we give it in any language."""
    words = (
        property_words(written, texts_of(language))
        for portal_map in mappings.portals
        for written in mappings.of(portal_map.object_type).written_properties
        for language in LANGUAGES
    )
    return frozenset(label for each in words for label in (each.label, *(name for _, name in each.options)))


def _is_in_another_language(
    wish: Mapping[str, object], there: Mapping[str, Property], known_words: Collection[str]
) -> bool:
    definition = there.get(str(wish["name"]))
    return definition is not None and definition.label != wish["label"] and definition.label in known_words


def _other_options(
    wish: Mapping[str, object], there: Mapping[str, Property], known_words: Collection[str]
) -> list[dict[str, object]]:
    """Those that are there, by our names for them, followed by what is missing; none where nothing is to be changed,
    or where it is of another type."""
    definition = there.get(str(wish["name"]))
    if definition is None or (definition.type, definition.field_type) != (wish["type"], wish["fieldType"]):
        return []
    label_by_value = {option["value"]: option["label"] for option in _options(wish)}
    present_options: list[dict[str, object]] = [
        {
            "value": option.value,
            "label": label_by_value.get(option.value, option.label) if option.label in known_words else option.label,
            "hidden": option.hidden,
        }
        for option in definition.options
    ]
    missing = _missing_options(wish, definition)
    same = [option["label"] for option in present_options] == [option.label for option in definition.options]
    if same and not missing:
        return []
    return [{**option, "displayOrder": order} for order, option in enumerate([*present_options, *missing])]


def _options(wish: Mapping[str, object]) -> list[dict[str, object]]:
    options = wish.get("options", [])
    return options if isinstance(options, list) else []
