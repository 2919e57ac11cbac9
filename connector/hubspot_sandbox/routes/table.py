"""Where each route is found, in which dialects, what it counts as, and which scopes it asks for."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from hubspot_sandbox.routes import (
    account,
    associations,
    batches,
    conversation_writes,
    conversations,
    labels,
    links,
    merges,
    oauth,
    objects,
    old_companies,
    old_engagements,
    pipelines,
    properties,
    schemas,
    stages,
    upserts,
    users,
)
from hubspot_sandbox.routes import route as ask
from hubspot_sandbox.routes.call import no_scope
from hubspot_sandbox.routes.route import V3, V3_AND_V4, V4, V4_AND_MARCH, Entry, Route, spread

if TYPE_CHECKING:
    from collections.abc import Iterator

_TYPE = "/{object_type}"
_ONE = "/{object_type}/{record_id}"
_TO = f"{_ONE}/associations"
_PAIR = "/{object_type}/{to_type}"
_PIPELINE = "/{object_type}/{pipeline_id}"
_STAGE = f"{_PIPELINE}/stages/{{stage_id}}"
_PROPERTY = "/{object_type}/{name}"
_GROUP = "/{object_type}/groups/{name}"
_THREAD = "/threads/{thread_id}"

# Where two could match, the first one does.
_OBJECTS: tuple[Entry, ...] = (
    Entry("objects", V3_AND_V4, "POST", _TYPE + "/search", "search", objects.search_records, ask.read),
    Entry("objects", V3_AND_V4, "POST", _TYPE + "/batch/read", "batch_read", batches.read_batch, ask.read),
    Entry("objects", V3_AND_V4, "POST", _TYPE + "/batch/update", "batch_update", batches.update_batch, ask.write),
    Entry("objects", V3_AND_V4, "POST", _TYPE + "/batch/create", "batch_create", batches.create_batch, ask.write),
    Entry("objects", V3_AND_V4, "POST", _TYPE + "/batch/upsert", "batch_upsert", upserts.upsert_batch, ask.write),
    Entry("objects", V3_AND_V4, "POST", _TYPE + "/batch/archive", "batch_archive", batches.archive_batch, ask.write),
    Entry("objects", V3_AND_V4, "POST", _TYPE + "/merge", "merge", merges.merge_records, ask.write),
    Entry("objects", V3_AND_V4, "GET", _TYPE, "list", objects.list_records, ask.read),
    Entry("objects", V3_AND_V4, "POST", _TYPE, "create", objects.create_record, ask.write),
    Entry("objects", V3_AND_V4, "GET", _ONE, "get", objects.get_record, ask.read),
    Entry("objects", V3_AND_V4, "PATCH", _ONE, "update", objects.update_record, ask.write),
    Entry("objects", V3_AND_V4, "DELETE", _ONE, "archive", objects.archive_record, ask.write),
)

_ASSOCIATIONS: tuple[Entry, ...] = (
    Entry("associations", ("v3",), "POST", _PAIR + "/batch/read", "associations", links.read_links_v3, ask.any_object),
    Entry(
        "associations", ("v3",), "POST", _PAIR + "/batch/create", "associations", links.create_links_v3, ask.any_object
    ),
    Entry(
        "associations",
        ("v3",),
        "POST",
        _PAIR + "/batch/archive",
        "associations",
        links.archive_links_v3,
        ask.any_object,
    ),
    Entry("associations", ("v3",), "GET", _PAIR + "/types", "associations", links.list_types_v3, ask.any_object),
    Entry("associations", V4, "POST", _PAIR + "/batch/read", "associations", associations.read_links, ask.any_object),
    Entry("associations", V4, "POST", _PAIR + "/batch/create", "associations", links.create_links, ask.any_object),
    Entry(
        "associations",
        V4,
        "POST",
        _PAIR + "/batch/associate/default",
        "associations",
        links.create_default_links,
        ask.any_object,
    ),
    Entry("associations", V4, "POST", _PAIR + "/batch/archive", "associations", links.archive_links, ask.any_object),
    Entry(
        "associations",
        V4,
        "POST",
        _PAIR + "/batch/labels/archive",
        "associations",
        links.archive_labels_of_links,
        ask.any_object,
    ),
    Entry("associations", V4, "GET", _PAIR + "/labels", "associations", labels.list_labels, ask.any_object),
    Entry("associations", V4, "POST", _PAIR + "/labels", "associations", labels.create_label, ask.any_object),
    Entry("associations", V4, "PUT", _PAIR + "/labels", "associations", labels.update_label, ask.any_object),
    Entry(
        "associations", V4, "DELETE", _PAIR + "/labels/{type_id}", "associations", labels.delete_label, ask.any_object
    ),
    Entry(
        "objects",
        V4,
        "PUT",
        _TO + "/default/{to_type}/{target_id}",
        "associations",
        associations.link_by_default,
        ask.any_object,
    ),
    Entry(
        "objects",
        V4,
        "PUT",
        _TO + "/{to_type}/{target_id}",
        "associations",
        associations.link_with_types,
        ask.any_object,
    ),
    Entry("objects", V4, "DELETE", _TO + "/{to_type}/{target_id}", "associations", links.unlink, ask.any_object),
    Entry("objects", V4_AND_MARCH, "GET", _TO + "/{to_type}", "associations", associations.list_links, ask.any_object),
    Entry("objects", ("v3",), "GET", _TO + "/{to_type}", "associations", links.list_links_v3, ask.any_object),
    Entry(
        "objects",
        ("v3",),
        "PUT",
        _TO + "/{to_type}/{target_id}/{type_id}",
        "associations",
        links.link_v3,
        ask.any_object,
    ),
    Entry(
        "objects",
        ("v3",),
        "DELETE",
        _TO + "/{to_type}/{target_id}/{type_id}",
        "associations",
        links.unlink_v3,
        ask.any_object,
    ),
)

_PIPELINES: tuple[Entry, ...] = (
    Entry("pipelines", V3, "GET", _TYPE, "pipelines", pipelines.list_pipelines, ask.any_object),
    Entry("pipelines", V3, "POST", _TYPE, "pipelines", pipelines.create_pipeline, ask.any_object),
    Entry("pipelines", V3, "GET", _PIPELINE, "pipelines", pipelines.get_pipeline, ask.any_object),
    Entry("pipelines", V3, "PATCH", _PIPELINE, "pipelines", pipelines.update_pipeline, ask.any_object),
    Entry("pipelines", V3, "PUT", _PIPELINE, "pipelines", pipelines.replace_pipeline, ask.any_object),
    Entry("pipelines", V3, "DELETE", _PIPELINE, "pipelines", pipelines.delete_pipeline, ask.any_object),
    Entry("pipelines", V3, "GET", _PIPELINE + "/audit", "pipelines", pipelines.audit_pipeline, ask.any_object),
    Entry("pipelines", V3, "GET", _PIPELINE + "/stages", "pipelines", stages.list_stages, ask.any_object),
    Entry("pipelines", V3, "POST", _PIPELINE + "/stages", "pipelines", stages.create_stage, ask.any_object),
    Entry("pipelines", V3, "GET", _STAGE, "pipelines", stages.get_stage, ask.any_object),
    Entry("pipelines", V3, "PATCH", _STAGE, "pipelines", stages.update_stage, ask.any_object),
    Entry("pipelines", V3, "PUT", _STAGE, "pipelines", stages.replace_stage, ask.any_object),
    Entry("pipelines", V3, "DELETE", _STAGE, "pipelines", stages.delete_stage, ask.any_object),
    Entry("pipelines", V3, "GET", _STAGE + "/audit", "pipelines", stages.audit_stage, ask.any_object),
)

_PROPERTIES: tuple[Entry, ...] = (
    Entry("properties", V3, "GET", _TYPE + "/groups", "properties", properties.list_groups, ask.read_schema),
    Entry("properties", V3, "POST", _TYPE + "/groups", "properties", properties.create_group, ask.write_schema),
    Entry("properties", V3, "GET", _GROUP, "properties", properties.get_group, ask.read_schema),
    Entry("properties", V3, "PATCH", _GROUP, "properties", properties.update_group, ask.write_schema),
    Entry("properties", V3, "DELETE", _GROUP, "properties", properties.archive_group, ask.write_schema),
    Entry("properties", V3, "POST", _TYPE + "/batch/read", "properties", properties.read_properties, ask.read_schema),
    Entry(
        "properties", V3, "POST", _TYPE + "/batch/create", "properties", properties.create_properties, ask.write_schema
    ),
    Entry(
        "properties",
        V3,
        "POST",
        _TYPE + "/batch/archive",
        "properties",
        properties.archive_properties,
        ask.write_schema,
    ),
    Entry("properties", V3, "GET", _TYPE, "properties", properties.list_properties, ask.read_schema),
    Entry("properties", V3, "POST", _TYPE, "properties", properties.create_property, ask.write_schema),
    Entry("properties", V3, "GET", _PROPERTY, "properties", properties.get_property, ask.read_schema),
    Entry("properties", V3, "PATCH", _PROPERTY, "properties", properties.update_property, ask.write_schema),
    Entry("properties", V3, "DELETE", _PROPERTY, "properties", properties.archive_property, ask.write_schema),
)

_OWNERS: tuple[Entry, ...] = (
    Entry("owners", V3, "GET", "", "owners", account.list_owners, ask.owners),
    Entry("owners", V3, "GET", "/", "owners", account.list_owners, ask.owners),  # as the Python SDK spells it
    Entry("owners", V3, "GET", "/{owner_id}", "owners", account.get_owner, ask.owners),
)


_CONVERSATION_READS = (
    ("/threads", conversations.list_threads),
    (_THREAD, conversations.get_thread),
    (f"{_THREAD}/messages", conversations.list_messages),
    (f"{_THREAD}/messages/{{message_id}}", conversations.get_message),
    (f"{_THREAD}/messages/{{message_id}}/original-content", conversations.original_content),
    ("/channels", conversations.list_channels),
    ("/channels/{channel_id}", conversations.get_channel),
    ("/channel-accounts", conversations.list_channel_accounts),
    ("/channel-accounts/{account_id}", conversations.get_channel_account),
    ("/inboxes", conversations.list_inboxes),
    ("/inboxes/{inbox_id}", conversations.get_inbox),
    ("/actors/{actor_id}", conversations.get_actor),
)
_CONVERSATION_WRITES = (
    ("POST", f"{_THREAD}/messages", conversation_writes.create_message),
    ("PATCH", _THREAD, conversation_writes.update_thread),
    ("DELETE", _THREAD, conversation_writes.archive_thread),
    ("PUT", f"{_THREAD}/assignee", conversation_writes.assign_thread),
    ("DELETE", f"{_THREAD}/assignee", conversation_writes.unassign_thread),
)


def routes() -> Iterator[Route]:
    """Every route in every dialect that has it."""
    yield from spread(chain(_OBJECTS, _ASSOCIATIONS, _PIPELINES, _PROPERTIES, _OWNERS))
    yield from _account()
    yield from _users()
    yield from _conversations()
    yield from _tokens()
    yield from _schemas()
    yield from _old_editions()


def _account() -> Iterator[Route]:
    for version in V3:
        base = f"/account-info/{version}"
        yield Route("GET", f"{base}/details", "account", account.account_details, no_scope, version)
        usage = f"{base}/api-usage/daily/private-apps"
        yield Route("GET", usage, "account", account.api_usage, no_scope, version)
    yield Route("GET", "/account-info/v3/api-usage/daily", "account", account.api_usage, no_scope, "v3")


def _users() -> Iterator[Route]:
    """The later editions turned the path around, and the Python SDK ends the old one with a slash."""
    places = (("v3", "/settings/v3/users"), ("v3", "/settings/users/v3"), ("2026-03", "/settings/users/2026-03"))
    for version, base in places:
        yield Route("GET", f"{base}/teams", "users", users.list_teams, ask.teams, version)
        yield Route("GET", f"{base}/roles", "users", users.list_roles, ask.settings_users, version)
        for path in (base, f"{base}/"):
            yield Route("GET", path, "users", users.list_users, ask.settings_users, version)
        yield Route("GET", f"{base}/{{user_id}}", "users", users.get_user, ask.settings_users, version)


def _conversations() -> Iterator[Route]:
    places = (("v3", "/conversations/v3/conversations"), ("2026-09", "/conversations/conversations/2026-09"))
    for version, base in places:
        for path, reader in _CONVERSATION_READS:
            yield Route("GET", base + path, "conversations", reader, ask.conversations, version)
        actors = f"{base}/actors/batch/read"
        yield Route("POST", actors, "conversations", conversations.read_actors, ask.conversations, version)
        for method, path, writer in _CONVERSATION_WRITES:
            yield Route(method, base + path, "conversation_writes", writer, ask.conversations_write, version)


def _tokens() -> Iterator[Route]:
    """Who asks for a token has none yet."""
    for version in ("v1", *V3):
        base = f"/oauth/{version}"
        yield Route("POST", f"{base}/token", "oauth", oauth.exchange, no_scope, version, public=True)
        if version != "v1":
            yield Route("POST", f"{base}/token/introspect", "oauth", oauth.introspect, no_scope, version, public=True)
            yield Route("POST", f"{base}/token/revoke", "oauth", oauth.revoke, no_scope, version, public=True)
    access, refresh = "/oauth/v1/access-tokens/{token}", "/oauth/v1/refresh-tokens/{token}"
    yield Route("GET", access, "oauth", oauth.access_token, no_scope, "v1", public=True)
    yield Route("GET", refresh, "oauth", oauth.refresh_token, no_scope, "v1", public=True)
    yield Route("DELETE", refresh, "oauth", oauth.end_refresh_token, no_scope, "v1", public=True)
    static = "/oauth/v2/private-apps/get/access-token-info"
    yield Route("POST", static, "account", oauth.static_token, no_scope, "v2", public=True)


def _schemas() -> Iterator[Route]:
    """Clients ask which custom objects there are before anything else."""
    places = (("v3", "/crm/v3/schemas"), *((version, f"/crm-object-schemas/{version}/schemas") for version in V3))
    for version, base in places:
        yield Route("GET", base, "schemas", schemas.list_schemas, no_scope, version)
        yield Route("GET", f"{base}{_TYPE}", "schemas", schemas.get_schema, ask.read_schema, version)
    old = f"/properties/v2{_TYPE}/properties"
    yield Route("GET", old, "properties", schemas.old_properties, ask.read_schema, "v2")


def _old_editions() -> Iterator[Route]:
    """What HubSpot's MCP server and Singer's and Airbyte's sources still call."""
    definitions = f"/properties/v1{_TYPE}/properties"
    yield Route("GET", definitions, "properties", schemas.old_properties, ask.read_schema, "v1")
    base, companies = "/companies/v2", "/companies/v2/companies"
    yield Route("GET", f"{base}/properties", "properties", old_companies.list_definitions, ask.companies, "v2")
    yield Route("GET", f"{companies}/paged", "old", old_companies.list_companies, ask.companies, "v2")
    yield Route("GET", f"{companies}/{{record_id}}", "old", old_companies.get_company, ask.companies, "v2")
    base = "/engagements/v1/engagements"
    one_engagement = f"{base}/{{record_id}}"
    yield Route("GET", f"{base}/paged", "old", old_engagements.list_engagements, ask.engagements, "v1")
    recent = f"{base}/recent/modified"
    yield Route("GET", recent, "old", old_engagements.list_recent, ask.engagements, "v1")
    yield Route("POST", base, "old", old_engagements.create_engagement, ask.engagements_write, "v1")
    yield Route("GET", one_engagement, "old", old_engagements.get_engagement, ask.engagements, "v1")
    yield Route("PATCH", one_engagement, "old", old_engagements.update_engagement, ask.engagements_write, "v1")
