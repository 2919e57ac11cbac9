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
    body = read(LabelIn, call.body)
    if not body.label:
        raise refusals.invalid("label is required")
    link_types = call.portal.links.types.define(
        source(call), target(call), body.name, body.label, body.inverse_label or body.label
    )
    return Answer(200, {"results": [link_type_json(link_type) for link_type in link_types]})


def update_label(call: Call) -> Answer:
    """Other texts for a label; without an inverse one both directions get the same."""
    body = read(LabelPatchIn, call.body)
    call.portal.links.types.relabel(body.association_type_id, body.label, body.inverse_label or body.label)
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
    return {"results": [link_type_json(link_type) for link_type in types]}
