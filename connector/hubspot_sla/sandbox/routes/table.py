"""Where each route is found, in which dialects, what it counts as, and which scopes it asks for.

v3 and v4 put the version before the API's name (`/crm/v3/objects`), dated versions after it (`/crm/objects/2026-09`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubspot_sla.sandbox.access import ANY_OBJECT, OWNERS_READ
from hubspot_sla.sandbox.routes import account, associations, batches, objects, properties
from hubspot_sla.sandbox.routes.call import Call, Handler, Scopes, no_scope

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

DATED = ("2026-03", "2026-09")
V3 = ("v3", *DATED)
V4 = ("v4", *DATED)
V4_AND_MARCH = ("v4", "2026-03")  # the 2026-09 edition dropped the per-record list


@dataclass(frozen=True, slots=True)
class Route:
    """One path and method. `kind` names what the limits, headers and counts go by."""

    method: str
    path: str
    kind: str
    handler: Handler
    scopes: Scopes


def _read(call: Call) -> Sequence[str]:
    return call.kind.read_scopes


def _write(call: Call) -> Sequence[str]:
    return call.kind.write_scopes


def _read_schema(call: Call) -> Sequence[str]:
    return call.kind.schema_read_scopes


def _write_schema(call: Call) -> Sequence[str]:
    return call.kind.schema_write_scopes


def _any_object(_call: Call) -> Sequence[str]:
    return ANY_OBJECT


def _owners(_call: Call) -> Sequence[str]:
    return OWNERS_READ


def _base(api: str, version: str) -> str:
    return f"/crm/{version}/{api}" if version.startswith("v") else f"/crm/{api}/{version}"


_ONE = "/{object_type}/{record_id}"
_TO = f"{_ONE}/associations"
_PIPELINE = "/{object_type}/{pipeline_id}"

# api, versions, method, rest of the path, kind, handler, scopes; where two could match, the first one does.
_Entry = tuple[str, tuple[str, ...], str, str, str, Handler, Scopes]
_ENTRIES: tuple[_Entry, ...] = (
    ("objects", V3, "POST", "/{object_type}/search", "search", objects.search_records, _read),
    ("objects", V3, "POST", "/{object_type}/batch/read", "batch_read", batches.read_batch, _read),
    ("objects", V3, "POST", "/{object_type}/batch/update", "batch_update", batches.update_batch, _write),
    ("objects", V3, "POST", "/{object_type}/batch/create", "batch_create", batches.create_batch, _write),
    ("objects", V3, "POST", "/{object_type}/batch/archive", "batch_archive", batches.archive_batch, _write),
    ("objects", V3, "GET", "/{object_type}", "list", objects.list_records, _read),
    ("objects", V3, "POST", "/{object_type}", "create", objects.create_record, _write),
    ("objects", V3, "GET", _ONE, "get", objects.get_record, _read),
    ("objects", V3, "PATCH", _ONE, "update", objects.update_record, _write),
    ("objects", V3, "DELETE", _ONE, "archive", objects.archive_record, _write),
    (
        "associations",
        V4,
        "POST",
        "/{object_type}/{to_type}/batch/read",
        "associations",
        associations.read_links,
        _any_object,
    ),
    (
        "associations",
        V4,
        "GET",
        "/{object_type}/{to_type}/labels",
        "associations",
        associations.list_labels,
        _any_object,
    ),
    (
        "objects",
        V4,
        "PUT",
        _TO + "/default/{to_type}/{target_id}",
        "associations",
        associations.link_by_default,
        _any_object,
    ),
    (
        "objects",
        V4,
        "PUT",
        _TO + "/{to_type}/{target_id}",
        "associations",
        associations.link_with_types,
        _any_object,
    ),
    (
        "objects",
        V4_AND_MARCH,
        "GET",
        _TO + "/{to_type}",
        "associations",
        associations.list_links,
        _any_object,
    ),
    ("pipelines", V3, "GET", "/{object_type}", "pipelines", account.list_pipelines, _any_object),
    ("pipelines", V3, "GET", _PIPELINE, "pipelines", account.get_pipeline, _any_object),
    ("pipelines", V3, "GET", _PIPELINE + "/stages", "pipelines", account.list_stages, _any_object),
    ("pipelines", V3, "GET", _PIPELINE + "/stages/{stage_id}", "pipelines", account.get_stage, _any_object),
    ("properties", V3, "GET", "/{object_type}/groups", "properties", properties.list_groups, _read_schema),
    ("properties", V3, "POST", "/{object_type}/groups", "properties", properties.create_group, _write_schema),
    ("properties", V3, "GET", "/{object_type}/groups/{name}", "properties", properties.get_group, _read_schema),
    (
        "properties",
        V3,
        "PATCH",
        "/{object_type}/groups/{name}",
        "properties",
        properties.update_group,
        _write_schema,
    ),
    (
        "properties",
        V3,
        "DELETE",
        "/{object_type}/groups/{name}",
        "properties",
        properties.archive_group,
        _write_schema,
    ),
    (
        "properties",
        V3,
        "POST",
        "/{object_type}/batch/create",
        "properties",
        properties.create_properties,
        _write_schema,
    ),
    ("properties", V3, "GET", "/{object_type}", "properties", properties.list_properties, _read_schema),
    ("properties", V3, "POST", "/{object_type}", "properties", properties.create_property, _write_schema),
    ("properties", V3, "GET", "/{object_type}/{name}", "properties", properties.get_property, _read_schema),
    ("properties", V3, "PATCH", "/{object_type}/{name}", "properties", properties.update_property, _write_schema),
    (
        "properties",
        V3,
        "DELETE",
        "/{object_type}/{name}",
        "properties",
        properties.archive_property,
        _write_schema,
    ),
    ("owners", V3, "GET", "", "owners", account.list_owners, _owners),
    ("owners", V3, "GET", "/", "owners", account.list_owners, _owners),  # as the Python SDK spells it
    ("owners", V3, "GET", "/{owner_id}", "owners", account.get_owner, _owners),
)


def routes() -> Iterator[Route]:
    """Every route in every dialect that has it."""
    for api, versions, method, rest, kind, handler, scopes in _ENTRIES:
        for version in versions:
            yield Route(method, _base(api, version) + rest, kind, handler, scopes)
    for version in V3:
        path = f"/account-info/{version}/details"
        yield Route("GET", path, "account", account.account_details, no_scope)
    introspection = "/oauth/v2/private-apps/get/access-token-info"
    yield Route("POST", introspection, "account", account.token_info, no_scope)
