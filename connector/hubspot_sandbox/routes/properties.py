"""Property definitions and groups."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hubspot_sandbox import refusals
from hubspot_sandbox.bodies.body import read
from hubspot_sandbox.bodies.definitions import (
    BatchPropertyArchive,
    BatchPropertyCreate,
    BatchPropertyRead,
    GroupIn,
    GroupPatchIn,
    OptionIn,
    PropertyIn,
    PropertyPatchIn,
)
from hubspot_sandbox.json_views import Answer, Json, batch_json, group_json, property_json
from hubspot_sandbox.properties import Catalogue, Group, Option, Property
from hubspot_sandbox.refusals import Refused

if TYPE_CHECKING:
    from hubspot_sandbox.routes.call import Call


def list_properties(call: Call) -> Answer:
    """All of them; there is no paging."""
    definitions = _catalogue(call).listed(archived=call.flag("archived"))
    return Answer(200, {"results": [property_json(definition) for definition in definitions]})


def get_property(call: Call) -> Answer:
    """One of them."""
    definition = _catalogue(call).get(call.params["name"], archived=call.flag("archived"))
    return Answer(200, property_json(definition))


def create_property(call: Call) -> Answer:
    """A new one, or an archived one restored with the new definition."""
    definition = _catalogue(call).create(_definition(read(PropertyIn, call.body)), call.now_ms)
    return Answer(201, property_json(definition))


def read_properties(call: Call) -> Answer:
    """Several of them; those that are not there are in one error, by name."""
    body = read(BatchPropertyRead, call.body)
    rows: list[Json] = []
    missing: list[str] = []
    for name in dict.fromkeys(named.name for named in body.inputs):
        try:
            rows.append(property_json(_catalogue(call).get(name, archived=body.archived)))
        except Refused:
            missing.append(name)
    errors = [refusals.not_found("Could not find some properties").row({"name": missing})] if missing else []
    return Answer(207 if errors else 200, batch_json(call.portal, call.now_ms, rows, errors))


def archive_properties(call: Call) -> Answer:
    """Hide several; those that are not there are fine."""
    for named in read(BatchPropertyArchive, call.body).inputs:
        if _catalogue(call).find(named.name) is not None:
            _catalogue(call).archive(named.name, call.now_ms)
    return Answer(204)


def create_properties(call: Call) -> Answer:
    """Several new ones; those refused are listed with their names, the others made."""
    rows: list[Json] = []
    errors: list[Json] = []
    for definition in read(BatchPropertyCreate, call.body).inputs:
        try:
            rows.append(property_json(_catalogue(call).create(_definition(definition), call.now_ms)))
        except Refused as refused:
            errors.append(refused.row({"name": [definition.name]}))
    return Answer(207 if errors else 201, batch_json(call.portal, call.now_ms, rows, errors))


def update_property(call: Call) -> Answer:
    """Changes to one; `options` replaces the whole list, and leaving it out keeps it."""
    changes = read(PropertyPatchIn, call.body)
    catalogue = _catalogue(call)
    before = catalogue.get(call.params["name"])
    changed = replace(
        before,
        label=before.label if changes.label is None else changes.label,
        type=changes.type or before.type,
        field_type=changes.field_type or before.field_type,
        group=changes.group_name or before.group,
        description=before.description if changes.description is None else changes.description,
        options=before.options if changes.options is None else _options(changes.options),
        display_order=before.display_order if changes.display_order is None else changes.display_order,
        hidden=before.hidden if changes.hidden is None else changes.hidden,
        form_field=before.form_field if changes.form_field is None else changes.form_field,
    )
    return Answer(200, property_json(catalogue.change(changed, call.now_ms)))


def archive_property(call: Call) -> Answer:
    """Hide one."""
    _catalogue(call).archive(call.params["name"], call.now_ms)
    return Answer(204)


def list_groups(call: Call) -> Answer:
    """All groups; there is no paging."""
    return Answer(200, {"results": [group_json(group) for group in _catalogue(call).groups()]})


def get_group(call: Call) -> Answer:
    """One group."""
    return Answer(200, group_json(_catalogue(call).group(call.params["name"])))


def create_group(call: Call) -> Answer:
    """A new group, or an archived one restored."""
    body = read(GroupIn, call.body)
    group = _catalogue(call).create_group(Group(body.name, body.label, body.display_order))
    return Answer(201, group_json(group))


def update_group(call: Call) -> Answer:
    """Changes to one group."""
    changes = read(GroupPatchIn, call.body)
    before = _catalogue(call).group(call.params["name"])
    order = before.display_order if changes.display_order is None else changes.display_order
    changed = replace(before, label=changes.label or before.label, display_order=order)
    return Answer(200, group_json(_catalogue(call).put_group(changed)))


def archive_group(call: Call) -> Answer:
    """Hide a group that holds nothing active."""
    _catalogue(call).archive_group(call.params["name"])
    return Answer(204)


def _catalogue(call: Call) -> Catalogue:
    return call.portal.catalogue(call.kind)


def _definition(body: PropertyIn) -> Property:
    return Property(
        name=body.name,
        label=body.label,
        type=body.type,
        field_type=body.field_type,
        group=body.group_name,
        description=body.description or "",
        options=_options(body.options or []),
        display_order=body.display_order,
        unique=body.has_unique_value,
        hidden=body.hidden,
        form_field=body.form_field,
    )


def _options(bodies: list[OptionIn]) -> tuple[Option, ...]:
    return tuple(
        Option(option.label, option.value, option.display_order, option.hidden, option.description or "")
        for option in bodies
    )
