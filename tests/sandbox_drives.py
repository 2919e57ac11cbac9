"""How the official Python SDK asks for each route: the method of the SDK, and what it is given.

A key is a method and a path without its version, with `{}` for each part that varies. Where v3 and v4 are different
things under one name, the key ends in the version. `api_request` is how the SDK calls what it has no method for.
"""

# ruff: noqa: ARG005 - a drive is given the world whether it needs it or not

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlencode

import requests

from hubspot_sandbox.conversation_model import CHANNEL_ACCOUNTS, INBOX_ID, MAIL
from hubspot_sandbox.oauth import App
from hubspot_sandbox.object_types import TICKETS
from hubspot_sandbox.pipelines import Pipeline, Stage
from hubspot_sandbox.properties import Group, Property

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import hubspot
    from hubspot_sandbox.portal import Portal
    from hubspot_sandbox.routes.table import Route
    from hubspot_sandbox.server import Running

_VERSION = re.compile(r"/(v\d|20\d\d-\d\d)(?=/|$)")
_VERSION_PART = re.compile(r"v\d|20\d\d-\d\d")
CLOSED = {"metadata": {"ticketState": "CLOSED"}, "label": "Over", "displayOrder": 1}
OPEN = {"metadata": {"ticketState": "OPEN"}, "label": "Begun", "displayOrder": 0}


@dataclass(frozen=True, slots=True)
class World:
    """What a driver can point at. Whatever it may remove or merge is there twice."""

    token: str
    ticket: str
    other: str
    company: str
    contact: str
    task: str
    user: int
    pipeline: str
    spare_pipeline: str
    spare_stage: str
    client: str
    secret: str
    refresh_token: str
    access_token: str
    inbox: str
    thread: str
    message: str
    label: int


class Drive(NamedTuple):
    """A method of the SDK, and its arguments in a world."""

    name: str
    given: Callable[[World], Mapping[str, object]]


def version_of(path: str) -> str:
    """`v3`, `v4`, `2026-09`, or nothing."""
    match = _VERSION.search(path)
    return match[1] if match else ""


def shape(route: Route) -> str:
    """`GET /crm/objects/{}`: what is the same in every dialect."""
    return f"{route.method} " + re.sub(r"{\w+}", "{}", _VERSION.sub("", route.path, count=1))


def drive_for(route: Route) -> Drive | None:
    """The driver of a route; dated versions follow v4 where v3 and v4 differ."""
    key, version = shape(route), version_of(route.path)
    own = DRIVES.get(f"{key} {version}") or (DRIVES.get(f"{key} v4") if not version.startswith("v") else None)
    return own or DRIVES.get(key)


def respelled(path: str, like: str) -> str:
    """A path of the SDK with its version replaced by that of `like`, and put where `like` has it."""
    parts = [part for part in path.split("/") if not _VERSION_PART.fullmatch(part)]
    wanted = like.split("/")
    at = next(at for at, part in enumerate(wanted) if _VERSION_PART.fullmatch(part))
    return "/".join([*parts[:at], wanted[at], *parts[at:]])


class Respelling:
    """Stands where a generated API keeps its HTTP client, and sends what it builds to another dialect's path."""

    def __init__(self, real: object, host: str, like: str) -> None:
        self._real, self._host, self._like = real, host, like

    def __getattr__(self, verb: str) -> Callable[..., object]:
        def send(*args: object, **more: object) -> object:
            url = str(args[0])
            return getattr(self._real, verb)(self._host + self._path(url), *args[1:], **more)

        return send

    def _path(self, url: str) -> str:
        return respelled(url.removeprefix(self._host), self._like)


class Speaker:
    """The SDK in the dialect of one route."""

    def __init__(self, client: hubspot.Client, url: str, route: Route) -> None:
        self._client, self._url, self._route = client, url, route

    def call(self, drive: Drive, world: World) -> None:
        """Asks for the route. Raises what the SDK raises when it is refused."""
        given = drive.given(world)
        if drive.name == "api_request":
            self._request(dict(given))
            return
        *path, method = drive.name.split(".")
        api = self._client
        for part in path:
            api = getattr(api, part)
        api.api_client.rest_client = Respelling(api.api_client.rest_client, self._url, self._route.path)
        getattr(api, method)(**given)

    def _request(self, options: dict[str, object]) -> None:
        parts = iter(options.pop("parts"))
        path = re.sub(r"{\w+}", lambda _: next(parts), self._route.path)
        answer = self._client.api_request(
            {"base_url": self._url, "method": self._route.method, "path": path, **options}
        )
        assert answer.status_code < 300, answer.text


_STAGES = (
    Stage("spare-1", "One"),
    Stage("spare-2", "Two"),
    Stage("spare-3", "Three"),
    Stage("spare-4", "Over", closed=True),
)


def _agent_message(world: World) -> dict[str, object]:
    return {
        "type": "MESSAGE",
        "text": "We are on it.",
        "senderActorId": f"A-{world.user}",
        "channelId": MAIL,
        "channelAccountId": CHANNEL_ACCOUNTS[MAIL],
        "recipients": [],
        "attachments": [],
    }


def world_of(served: Running, token: str, *, labelled: bool) -> World:
    """Adds to a seeded portal what a driver may use up: two tickets with links, a pipeline, a property, an app."""
    portal = served.portal
    _definitions(portal)
    ticket, other = (portal.create("tickets", {"subject": "x", "hs_pipeline_stage": "1"}) for _ in range(2))
    company, contact = portal.create("companies", {"name": "x"}), portal.create("contacts", {"firstname": "x"})
    portal.associate("tickets", ticket, "companies", company)
    portal.associate("tickets", ticket, "contacts", contact)
    portal.receive_customer_message(ticket)
    owner = next(iter(portal.owners.values()))
    app = App(client_id=f"client-{ticket}", refresh_token=f"refresh-{ticket}")
    served.access.apps.install(app)
    [thread] = portal.threads_of(ticket)
    with portal.lock:
        access_token = served.access.issue(app, portal.clock.now_ms())
    http = _Http(served.url, token)
    messages = f"/conversations/v3/conversations/threads/{thread}/messages"
    return World(
        token=token,
        ticket=ticket,
        other=other,
        company=company,
        contact=contact,
        task=portal.create("tasks", {"hs_timestamp": "2026-11-24T09:00:00Z"}),
        user=owner.user_id,
        pipeline="0",
        spare_pipeline="spare",
        spare_stage="spare-3",
        client=app.client_id,
        secret=app.client_secret,
        refresh_token=app.refresh_token,
        access_token=access_token,
        inbox=INBOX_ID,
        thread=thread,
        message=http.json("GET", messages)["results"][0]["id"],
        label=_label(http, ticket) if labelled else 0,
    )


def _definitions(portal: Portal) -> None:
    pipelines = [value for value in portal.pipelines.values() if value.id != "spare"]
    portal.set_pipelines([*pipelines, Pipeline("spare", "Spare", _STAGES)])
    catalogue = portal.catalogue(TICKETS)
    catalogue.put_group(Group("x_empty", "Empty"))
    catalogue.put_group(Group("x_group", "Away", archived=True))
    catalogue.define(Property("x_there", "There", "string", "text", "ticketinformation"))
    catalogue.define(Property("x_new", "Away", "string", "text", "ticketinformation", archived_ms=1))


@dataclass(frozen=True, slots=True)
class _Http:
    """What no arranging method of the portal does, done as a client would."""

    url: str
    token: str

    def json(self, method: str, path: str, body: object = None) -> dict:
        headers = {"Authorization": f"Bearer {self.token}"}
        answer = requests.request(method, self.url + path, json=body, headers=headers, timeout=5)
        assert answer.status_code < 300, answer.text
        return answer.json()


def _label(http: _Http, ticket: str) -> int:
    """The type id of a new label; an account may have only a few, so there is one only where it is asked for."""
    asked = {"label": f"Label {ticket}", "name": f"label_{ticket}"}
    made = http.json("POST", "/crm/v4/associations/tickets/companies/labels", asked)
    return made["results"][0]["typeId"]


def _inputs(*rows: Mapping[str, object]) -> dict[str, object]:
    return {"inputs": list(rows)}


def _new(w: World) -> dict[str, object]:
    return {"properties": {"subject": "New", "hs_pipeline": w.pipeline, "hs_pipeline_stage": "1"}}


_T, _B, _S = "crm.tickets.basic_api.", "crm.tickets.batch_api.", "crm.tickets.search_api."
_PL, _PS = "crm.pipelines.pipelines_api.", "crm.pipelines.pipeline_stages_api."
_PR, _PB, _PG = "crm.properties.core_api.", "crm.properties.batch_api.", "crm.properties.groups_api."
_A3, _A4, _A4B = "crm.associations.batch_api.", "crm.associations.v4.basic_api.", "crm.associations.v4.batch_api."
_AD = "crm.associations.v4.schema.definitions_api."
_OF = {"object_type": "tickets"}
_TO = {"from_object_type": "tickets", "to_object_type": "companies"}
_NEW_PROPERTY = {"name": "x_new", "label": "X", "type": "string", "fieldType": "text", "groupName": "ticketinformation"}
_SPEC = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 339}


def _pair(w: World) -> dict[str, object]:
    return {"from": {"id": w.ticket}, "to": {"id": w.company}}


def _ends(w: World) -> dict[str, object]:
    return {"object_type": "tickets", "object_id": w.ticket, "to_object_type": "companies", "to_object_id": w.company}


def _old_link(w: World) -> list[str]:
    return ["tickets", w.ticket, "companies", w.company, "ticket_to_company"]


def _client(w: World) -> dict[str, str]:
    return {"client_id": w.client, "client_secret": w.secret}


def _app(w: World) -> dict[str, str]:
    return {**_client(w), "refresh_token": w.refresh_token}


def _raw(
    parts: Callable[[World], list[str]] = lambda w: [], body: Callable[[World], Mapping[str, object]] | None = None
) -> Drive:
    """The SDK's `api_request`, with what stands in the path's placeholders."""
    return Drive("api_request", lambda w: {"parts": parts(w), **({"body": body(w)} if body else {})})


def _form(fields: Callable[[World], Mapping[str, str]]) -> Drive:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return Drive(
        "api_request",
        lambda w: {"parts": [], "body": urlencode(fields(w)), "headers": headers, "default_json": False},
    )


DRIVES: dict[str, Drive] = {
    "GET /crm/objects/{}": Drive(_T + "get_page", lambda w: {"limit": 2, "archived": False}),
    "POST /crm/objects/{}": Drive(
        _T + "create", lambda w: {"simple_public_object_input_for_create": {**_new(w), "associations": []}}
    ),
    "GET /crm/objects/{}/{}": Drive(
        _T + "get_by_id", lambda w: {"ticket_id": w.ticket, "properties_with_history": ["subject"], "archived": False}
    ),
    "PATCH /crm/objects/{}/{}": Drive(
        _T + "update", lambda w: {"ticket_id": w.ticket, "simple_public_object_input": {"properties": {"subject": "x"}}}
    ),
    "DELETE /crm/objects/{}/{}": Drive(_T + "archive", lambda w: {"ticket_id": w.ticket}),
    "POST /crm/objects/{}/merge": Drive(
        _T + "merge", lambda w: {"public_merge_input": {"primaryObjectId": w.ticket, "objectIdToMerge": w.other}}
    ),
    "POST /crm/objects/{}/search": Drive(_S + "do_search", lambda w: {"public_object_search_request": {"limit": 1}}),
    "POST /crm/objects/{}/batch/read": Drive(
        _B + "read",
        lambda w: {
            "batch_read_input_simple_public_object_id": {**_inputs({"id": w.ticket}), "properties": ["subject"]}
        },
    ),
    "POST /crm/objects/{}/batch/create": Drive(
        _B + "create", lambda w: {"batch_input_simple_public_object_batch_input_for_create": _inputs(_new(w))}
    ),
    "POST /crm/objects/{}/batch/update": Drive(
        _B + "update",
        lambda w: {
            "batch_input_simple_public_object_batch_input": _inputs({"id": w.ticket, "properties": {"subject": "x"}})
        },
    ),
    "POST /crm/objects/{}/batch/archive": Drive(
        _B + "archive", lambda w: {"batch_input_simple_public_object_id": _inputs({"id": w.ticket})}
    ),
    "POST /crm/objects/{}/batch/upsert": Drive(
        "crm.contacts.batch_api.upsert",
        lambda w: {
            "batch_input_simple_public_object_batch_input_upsert": _inputs(
                {"idProperty": "email", "id": "new@customer.example", "properties": {"firstname": "New"}}
            )
        },
    ),
    "GET /crm/pipelines/{}": Drive(_PL + "get_all", lambda w: _OF),
    "POST /crm/pipelines/{}": Drive(
        _PL + "create",
        lambda w: {**_OF, "pipeline_input": {"label": f"New {w.ticket}", "displayOrder": 9, "stages": [OPEN, CLOSED]}},
    ),
    "GET /crm/pipelines/{}/{}": Drive(_PL + "get_by_id", lambda w: {**_OF, "pipeline_id": w.pipeline}),
    "PATCH /crm/pipelines/{}/{}": Drive(
        _PL + "update", lambda w: {**_OF, "pipeline_id": w.pipeline, "pipeline_patch_input": {"label": "Renamed"}}
    ),
    "PUT /crm/pipelines/{}/{}": Drive(
        _PL + "replace",
        lambda w: {
            **_OF,
            "pipeline_id": w.spare_pipeline,
            "pipeline_input": {"label": "Replaced", "displayOrder": 9, "stages": [OPEN, CLOSED]},
        },
    ),
    "DELETE /crm/pipelines/{}/{}": Drive(_PL + "archive", lambda w: {**_OF, "pipeline_id": w.spare_pipeline}),
    "GET /crm/pipelines/{}/{}/audit": Drive(
        "crm.pipelines.pipeline_audits_api.get_audit", lambda w: {**_OF, "pipeline_id": w.pipeline}
    ),
    "GET /crm/pipelines/{}/{}/stages": Drive(_PS + "get_all", lambda w: {**_OF, "pipeline_id": w.pipeline}),
    "POST /crm/pipelines/{}/{}/stages": Drive(
        _PS + "create",
        lambda w: {**_OF, "pipeline_id": w.pipeline, "pipeline_stage_input": {**OPEN, "label": w.ticket}},
    ),
    "GET /crm/pipelines/{}/{}/stages/{}": Drive(
        _PS + "get_by_id", lambda w: {**_OF, "pipeline_id": w.pipeline, "stage_id": "1"}
    ),
    "PATCH /crm/pipelines/{}/{}/stages/{}": Drive(
        _PS + "update",
        lambda w: {
            **_OF,
            "pipeline_id": w.pipeline,
            "stage_id": "1",
            "pipeline_stage_patch_input": {"label": "Newest", "metadata": {"ticketState": "OPEN"}},
        },
    ),
    "PUT /crm/pipelines/{}/{}/stages/{}": Drive(
        _PS + "replace",
        lambda w: {
            **_OF,
            "pipeline_id": w.spare_pipeline,
            "stage_id": w.spare_stage,
            "pipeline_stage_input": {**OPEN, "label": "Put"},
        },
    ),
    "DELETE /crm/pipelines/{}/{}/stages/{}": Drive(
        _PS + "archive", lambda w: {**_OF, "pipeline_id": w.spare_pipeline, "stage_id": w.spare_stage}
    ),
    "GET /crm/pipelines/{}/{}/stages/{}/audit": _raw(lambda w: ["tickets", w.pipeline, "1"]),
    "GET /crm/properties/{}": Drive(_PR + "get_all", lambda w: {**_OF, "archived": False}),
    "POST /crm/properties/{}": Drive(_PR + "create", lambda w: {**_OF, "property_create": _NEW_PROPERTY}),
    "GET /crm/properties/{}/{}": Drive(_PR + "get_by_name", lambda w: {**_OF, "property_name": "subject"}),
    "PATCH /crm/properties/{}/{}": Drive(
        _PR + "update", lambda w: {**_OF, "property_name": "x_there", "property_update": {"label": "There"}}
    ),
    "DELETE /crm/properties/{}/{}": Drive(_PR + "archive", lambda w: {**_OF, "property_name": "x_there"}),
    "POST /crm/properties/{}/batch/create": Drive(
        _PB + "create", lambda w: {**_OF, "batch_input_property_create": _inputs(_NEW_PROPERTY)}
    ),
    "POST /crm/properties/{}/batch/read": Drive(
        _PB + "read",
        lambda w: {**_OF, "batch_read_input_property_name": {**_inputs({"name": "subject"}), "archived": False}},
    ),
    "POST /crm/properties/{}/batch/archive": Drive(
        _PB + "archive", lambda w: {**_OF, "batch_input_property_name": _inputs({"name": "x_there"})}
    ),
    "GET /crm/properties/{}/groups": Drive(_PG + "get_all", lambda w: _OF),
    "POST /crm/properties/{}/groups": Drive(
        _PG + "create", lambda w: {**_OF, "property_group_create": {"name": "x_group", "label": "X"}}
    ),
    "GET /crm/properties/{}/groups/{}": Drive(
        _PG + "get_by_name", lambda w: {**_OF, "group_name": "ticketinformation"}
    ),
    "PATCH /crm/properties/{}/groups/{}": Drive(
        _PG + "update", lambda w: {**_OF, "group_name": "x_empty", "property_group_update": {"label": "Empty"}}
    ),
    "DELETE /crm/properties/{}/groups/{}": Drive(_PG + "archive", lambda w: {**_OF, "group_name": "x_empty"}),
    "GET /crm/owners": _raw(),
    "GET /crm/owners/": Drive("crm.owners.owners_api.get_page", lambda w: {"limit": 500, "archived": False}),
    "GET /crm/owners/{}": Drive(
        "crm.owners.owners_api.get_by_id", lambda w: {"owner_id": w.user, "id_property": "userId", "archived": False}
    ),
    "POST /crm/associations/{}/{}/batch/read v3": Drive(
        _A3 + "read", lambda w: {**_TO, "batch_input_public_object_id": _inputs({"id": w.ticket})}
    ),
    "POST /crm/associations/{}/{}/batch/create v3": Drive(
        _A3 + "create",
        lambda w: {**_TO, "batch_input_public_association": _inputs({**_pair(w), "type": "ticket_to_company"})},
    ),
    "POST /crm/associations/{}/{}/batch/archive v3": Drive(
        _A3 + "archive",
        lambda w: {**_TO, "batch_input_public_association": _inputs({**_pair(w), "type": "ticket_to_company"})},
    ),
    "GET /crm/associations/{}/{}/types v3": Drive("crm.associations.schema.types_api.get_all", lambda w: _TO),
    "POST /crm/associations/{}/{}/batch/read v4": Drive(
        _A4B + "get_page",
        lambda w: {**_TO, "batch_input_public_fetch_associations_batch_request": _inputs({"id": w.ticket})},
    ),
    "POST /crm/associations/{}/{}/batch/create v4": Drive(
        _A4B + "create",
        lambda w: {**_TO, "batch_input_public_association_multi_post": _inputs({**_pair(w), "types": [_SPEC]})},
    ),
    "POST /crm/associations/{}/{}/batch/archive v4": Drive(
        _A4B + "archive",
        lambda w: {
            **_TO,
            "batch_input_public_association_multi_archive": _inputs(
                {"from": {"id": w.ticket}, "to": [{"id": w.company}]}
            ),
        },
    ),
    "POST /crm/associations/{}/{}/batch/associate/default v4": Drive(
        _A4B + "create_default",
        lambda w: {**_TO, "batch_input_public_default_association_multi_post": _inputs(_pair(w))},
    ),
    "POST /crm/associations/{}/{}/batch/labels/archive v4": Drive(
        _A4B + "archive_labels",
        lambda w: {**_TO, "batch_input_public_association_multi_post": _inputs({**_pair(w), "types": [_SPEC]})},
    ),
    "GET /crm/associations/{}/{}/labels": Drive(_AD + "get_all", lambda w: _TO),
    "POST /crm/associations/{}/{}/labels": Drive(
        _AD + "create",
        lambda w: {
            **_TO,
            "public_association_definition_create_request": {"label": f"New {w.ticket}", "name": f"x_{w.ticket}"},
        },
    ),
    "PUT /crm/associations/{}/{}/labels": Drive(
        _AD + "update",
        lambda w: {
            **_TO,
            "public_association_definition_update_request": {"label": "Partner", "associationTypeId": w.label},
        },
    ),
    "DELETE /crm/associations/{}/{}/labels/{}": Drive(
        _AD + "remove", lambda w: {**_TO, "association_type_id": w.label}
    ),
    "GET /crm/objects/{}/{}/associations/{} v4": Drive(
        _A4 + "get_page", lambda w: {"object_type": "tickets", "object_id": w.ticket, "to_object_type": "companies"}
    ),
    "PUT /crm/objects/{}/{}/associations/default/{}/{}": Drive(
        _A4 + "create_default",
        lambda w: {
            "from_object_type": "tickets",
            "from_object_id": w.ticket,
            "to_object_type": "companies",
            "to_object_id": w.company,
        },
    ),
    "PUT /crm/objects/{}/{}/associations/{}/{} v4": Drive(
        _A4 + "create", lambda w: {**_ends(w), "association_spec": [_SPEC]}
    ),
    "DELETE /crm/objects/{}/{}/associations/{}/{} v4": Drive(_A4 + "archive", _ends),
    "GET /crm/objects/{}/{}/associations/{} v3": _raw(lambda w: ["tickets", w.ticket, "companies"]),
    "PUT /crm/objects/{}/{}/associations/{}/{}/{}": _raw(lambda w: _old_link(w)),
    "DELETE /crm/objects/{}/{}/associations/{}/{}/{}": _raw(lambda w: _old_link(w)),
    "GET /account-info/details": _raw(),
    "GET /account-info/api-usage/daily/private-apps": _raw(),
    "GET /account-info/api-usage/daily": _raw(),
    "POST /oauth/private-apps/get/access-token-info": _raw(body=lambda w: {"tokenKey": w.token}),
    "POST /oauth/token v1": Drive("oauth.tokens_api.create", lambda w: {"grant_type": "refresh_token", **_app(w)}),
    "POST /oauth/token": _form(lambda w: {"grant_type": "refresh_token", **_app(w)}),
    "POST /oauth/token/introspect": _form(lambda w: {**_client(w), "token": w.access_token}),
    "POST /oauth/token/revoke": _form(lambda w: {**_client(w), "token": w.refresh_token}),
    "GET /oauth/access-tokens/{}": Drive("oauth.access_tokens_api.get", lambda w: {"token": w.access_token}),
    "GET /oauth/refresh-tokens/{}": Drive("oauth.refresh_tokens_api.get", lambda w: {"token": w.refresh_token}),
    "DELETE /oauth/refresh-tokens/{}": Drive("oauth.refresh_tokens_api.archive", lambda w: {"token": w.refresh_token}),
    "GET /settings/users": _raw(),
    "GET /settings/users/": Drive("settings.users.users_api.get_page", lambda w: {"limit": 5}),
    "GET /settings/users/{}": Drive("settings.users.users_api.get_by_id", lambda w: {"user_id": str(w.user)}),
    "GET /settings/users/teams": Drive("settings.users.teams_api.get_all", lambda w: {}),
    "GET /settings/users/roles": Drive("settings.users.roles_api.get_all", lambda w: {}),
    "GET /conversations/conversations/threads": _raw(),
    "GET /conversations/conversations/threads/{}": _raw(lambda w: [w.thread]),
    "GET /conversations/conversations/threads/{}/messages": _raw(lambda w: [w.thread]),
    "GET /conversations/conversations/threads/{}/messages/{}": _raw(lambda w: [w.thread, w.message]),
    "GET /conversations/conversations/threads/{}/messages/{}/original-content": _raw(lambda w: [w.thread, w.message]),
    "POST /conversations/conversations/threads/{}/messages": _raw(lambda w: [w.thread], lambda w: _agent_message(w)),
    "PATCH /conversations/conversations/threads/{}": _raw(lambda w: [w.thread], lambda w: {"status": "CLOSED"}),
    "DELETE /conversations/conversations/threads/{}": _raw(lambda w: [w.thread]),
    "PUT /conversations/conversations/threads/{}/assignee": _raw(
        lambda w: [w.thread], lambda w: {"actorId": f"A-{w.user}"}
    ),
    "DELETE /conversations/conversations/threads/{}/assignee": _raw(lambda w: [w.thread]),
    "GET /conversations/conversations/channels": _raw(),
    "GET /conversations/conversations/channels/{}": _raw(lambda w: [MAIL]),
    "GET /conversations/conversations/channel-accounts": _raw(),
    "GET /conversations/conversations/channel-accounts/{}": _raw(lambda w: [CHANNEL_ACCOUNTS[MAIL]]),
    "GET /conversations/conversations/inboxes": _raw(),
    "GET /conversations/conversations/inboxes/{}": _raw(lambda w: [w.inbox]),
    "GET /conversations/conversations/actors/{}": _raw(lambda w: [f"A-{w.user}"]),
    "POST /conversations/conversations/actors/batch/read": _raw(body=lambda w: {"inputs": [f"A-{w.user}"]}),
    "GET /crm/schemas": _raw(),
    "GET /crm/schemas/{}": _raw(lambda w: ["tickets"]),
    "GET /crm-object-schemas/schemas": Drive("crm.schemas.core_api.get_all", lambda w: {}),
    "GET /crm-object-schemas/schemas/{}": Drive("crm.schemas.core_api.get_by_id", lambda w: {"object_type": "tickets"}),
    "GET /properties/{}/properties": _raw(lambda w: ["tickets"]),
    "GET /companies/properties": _raw(),
    "GET /companies/companies/paged": _raw(),
    "GET /companies/companies/{}": _raw(lambda w: [w.company]),
    "GET /engagements/engagements/paged": _raw(),
    "GET /engagements/engagements/recent/modified": _raw(),
    "POST /engagements/engagements": _raw(body=lambda w: {"engagement": {"type": "NOTE"}, "metadata": {"body": "a"}}),
    "GET /engagements/engagements/{}": _raw(lambda w: [w.task]),
    "PATCH /engagements/engagements/{}": _raw(lambda w: [w.task], lambda w: {"metadata": {"status": "COMPLETED"}}),
}
