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
    listed = _catalogue(call).listed(archived=call.flag("archived"))
    return Answer(200, {"results": [property_json(one) for one in listed]})


def get_property(call: Call) -> Answer:
    """One of them."""
    found = _catalogue(call).get(call.params["name"], archived=call.flag("archived"))
    return Answer(200, property_json(found))


def create_property(call: Call) -> Answer:
    """A new one, or an archived one restored with the new definition."""
    made = _catalogue(call).create(_definition(read(PropertyIn, call.body)), call.now_ms)
    return Answer(201, property_json(made))


def read_properties(call: Call) -> Answer:
    """Several of them; those that are not there are told in one entry, by name."""
    asked = read(BatchPropertyRead, call.body)
    rows: list[Json] = []
    missing: list[str] = []
    for name in dict.fromkeys(one.name for one in asked.inputs):
        try:
            rows.append(property_json(_catalogue(call).get(name, archived=asked.archived)))
        except Refused:
            missing.append(name)
    errors = [refusals.not_found("Could not find some properties").row({"name": missing})] if missing else []
    return Answer(207 if errors else 200, batch_json(call.portal, call.now_ms, rows, errors))


def archive_properties(call: Call) -> Answer:
    """Hide several; those that are not there are fine."""
    for one in read(BatchPropertyArchive, call.body).inputs:
        if _catalogue(call).find(one.name) is not None:
            _catalogue(call).archive(one.name, call.now_ms)
    return Answer(204)


def create_properties(call: Call) -> Answer:
    """Several new ones; those refused are listed with their names, the others made."""
    rows: list[Json] = []
    errors: list[Json] = []
    for asked in read(BatchPropertyCreate, call.body).inputs:
        try:
            rows.append(property_json(_catalogue(call).create(_definition(asked), call.now_ms)))
        except Refused as refused:
            errors.append(refused.row({"name": [asked.name]}))
    return Answer(207 if errors else 201, batch_json(call.portal, call.now_ms, rows, errors))


def update_property(call: Call) -> Answer:
    """Changes to one; `options` replaces the whole list, and leaving it out keeps it."""
    asked = read(PropertyPatchIn, call.body)
    catalogue = _catalogue(call)
    known = catalogue.get(call.params["name"])
    changed = replace(
        known,
        label=known.label if asked.label is None else asked.label,
        type=asked.type or known.type,
        field_type=asked.field_type or known.field_type,
        group=asked.group_name or known.group,
        description=known.description if asked.description is None else asked.description,
        options=known.options if asked.options is None else _options(asked.options),
        display_order=known.display_order if asked.display_order is None else asked.display_order,
        hidden=known.hidden if asked.hidden is None else asked.hidden,
        form_field=known.form_field if asked.form_field is None else asked.form_field,
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
    asked = read(GroupIn, call.body)
    made = _catalogue(call).create_group(Group(asked.name, asked.label, asked.display_order))
    return Answer(201, group_json(made))


def update_group(call: Call) -> Answer:
    """Changes to one group."""
    asked = read(GroupPatchIn, call.body)
    known = _catalogue(call).group(call.params["name"])
    order = known.display_order if asked.display_order is None else asked.display_order
    changed = replace(known, label=asked.label or known.label, display_order=order)
    return Answer(200, group_json(_catalogue(call).put_group(changed)))


def archive_group(call: Call) -> Answer:
    """Hide a group that holds nothing active."""
    _catalogue(call).archive_group(call.params["name"])
    return Answer(204)


def _catalogue(call: Call) -> Catalogue:
    return call.portal.catalogue(call.kind)


def _definition(asked: PropertyIn) -> Property:
    return Property(
        name=asked.name,
        label=asked.label,
        type=asked.type,
        field_type=asked.field_type,
        group=asked.group_name,
        description=asked.description or "",
        options=_options(asked.options or []),
        display_order=asked.display_order,
        unique=asked.has_unique_value,
        hidden=asked.hidden,
        form_field=asked.form_field,
    )


def _options(asked: list[OptionIn]) -> tuple[Option, ...]:
    return tuple(Option(one.label, one.value, one.display_order, one.hidden, one.description or "") for one in asked)
