"""The types of association between two object types, and the labels somebody adds to HubSpot's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sandbox import refusals
from hubspot_sandbox.bodies.body import read
from hubspot_sandbox.bodies.links import LabelIn, LabelPatchIn
from hubspot_sandbox.json_views import Answer, Json, link_type_json
from hubspot_sandbox.routes.associations import source, target

if TYPE_CHECKING:
    from hubspot_sandbox.routes.call import Call


def list_labels(call: Call) -> Answer:
    """The association types from one object type to another."""
    return Answer(200, _listed(call))


def create_label(call: Call) -> Answer:
    """A label with a type for each direction; without an inverse text both directions share one."""
    asked = read(LabelIn, call.body)
    if not asked.label:
        raise refusals.invalid("label is required")
    made = call.portal.links.types.define(
        source(call), target(call), asked.name, asked.label, asked.inverse_label or asked.label
    )
    return Answer(200, {"results": [link_type_json(one) for one in made]})


def update_label(call: Call) -> Answer:
    """Other texts for a label; without an inverse one both directions get the same."""
    asked = read(LabelPatchIn, call.body)
    call.portal.links.types.relabel(asked.association_type_id, asked.label, asked.inverse_label or asked.label)
    return Answer(204)


def delete_label(call: Call) -> Answer:
    """Take a label away in both directions; links that had it stay, without it."""
    type_id = call.params["type_id"]
    link = call.portal.links.types.find(int(type_id)) if type_id.isdecimal() else None
    if link is None:
        raise refusals.not_found(f"Association type {type_id} does not exist")
    call.portal.links.drop_type(link)
    return Answer(204)


def _listed(call: Call) -> Json:
    types = call.portal.links.types.between(source(call), target(call))
    return {"results": [link_type_json(one) for one in types]}
