"""How things look on the wire: records, definitions, pipelines, owners, the account, and whole answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from hubspot_sandbox.derived_properties import value_of
from hubspot_sandbox.instants import to_wire
from hubspot_sandbox.object_types import TASKS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hubspot_sandbox.account import Owner
    from hubspot_sandbox.associations import LinkType
    from hubspot_sandbox.object_types import ObjectType
    from hubspot_sandbox.pipelines import Audited, Pipeline, Stage
    from hubspot_sandbox.portal import Portal
    from hubspot_sandbox.properties import Group, Property
    from hubspot_sandbox.records import Record, Version

Json = dict[str, object]
_EDITOR_USER_ID = "61000001"
_TITLES = {404: "HTTP 404 Not Found", 405: "HTTP 405 Method Not Allowed"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a route answers. `body` None is an empty one; `page` is HTML in its place."""

    status: int
    body: Json | list[Json] | None = None
    headers: Mapping[str, str] | None = None
    page: str | None = None


def error_page(status: int) -> str:
    """The HTML with which HubSpot answers what it does not know."""
    title = f"<title>Error {status}</title>"
    return f"<html>\n<head>\n{title}\n</head>\n<body>\n<h2>{_TITLES[status]}</h2>\n</body>\n</html>\n"


@dataclass(frozen=True, slots=True)
class Selection:
    """Which properties of a record are answered, and of which with history; sorted, and known to exist."""

    names: tuple[str, ...]
    with_history: tuple[str, ...]


def selection(
    portal: Portal, kind: ObjectType, names: Iterable[str] | None, with_history: Iterable[str] | None = None
) -> Selection:
    """The defaults of the type when no names are given; names nobody defined are dropped without a word."""
    catalogue = portal.catalogue(kind)
    history = sorted(set(catalogue.known(with_history or ())))
    chosen_names = list(names or ()) or kind.shown
    always = (kind.created, kind.modified, "hs_object_id")
    return Selection(tuple(sorted({*catalogue.known(chosen_names), *history, *always})), tuple(history))


def record_json(portal: Portal, kind: ObjectType, record: Record, chosen: Selection) -> Json:
    """A record as lists, searches and reads answer it."""
    body: Json = {
        "id": str(record.id),
        "properties": {name: value_of(portal, kind, record, name) for name in chosen.names},
        **_frame(portal, kind, record),
    }
    if chosen.with_history:
        body["propertiesWithHistory"] = {
            name: [_version_json(version) for version in record.versions(name)] for name in chosen.with_history
        }
    return body


def written_json(portal: Portal, kind: ObjectType, record: Record, changed: Iterable[str]) -> Json:
    """A record as changes answer it: what was changed or calculated, and what is always there."""
    echoed = [name for name in record.values if name.startswith(kind.echoed)] if kind.echoed else []
    names = sorted({*changed, *echoed, kind.created, kind.modified, "hs_object_id"})
    return {
        "id": str(record.id),
        "properties": {name: value_of(portal, kind, record, name) for name in names},
        **_frame(portal, kind, record),
    }


def created_json(portal: Portal, kind: ObjectType, record: Record) -> Json:
    """A record as its creation answers it: all that is set, and more that is not."""
    return written_json(portal, kind, record, {*record.values, *kind.echoed_new})


def _frame(portal: Portal, kind: ObjectType, record: Record) -> Json:
    frame: Json = {
        "createdAt": to_wire(record.created_ms),
        "updatedAt": to_wire(record.updated_ms),
        "archived": record.archived_ms is not None,
        "url": f"https://{portal.account.ui_domain}{page_path(portal, kind, record.id)}",
    }
    if record.archived_ms is not None:
        frame["archivedAt"] = to_wire(record.archived_ms)
    return frame


def page_path(portal: Portal, kind: ObjectType, record_id: int) -> str:
    """Where a record is shown in HubSpot's own pages, below its domain."""
    portal_id = portal.account.portal_id
    if kind is TASKS:
        return f"/tasks/{portal_id}/view/all/task/{record_id}"
    return f"/contacts/{portal_id}/record/{kind.type_id}/{record_id}"


def _version_json(version: Version) -> Json:
    body: Json = {
        "value": version.value,
        "timestamp": to_wire(version.at_ms),
        "sourceType": version.source,
    }
    if version.source_id is not None:
        body["sourceId"] = version.source_id
    return body


def associations_json(portal: Portal, kind: ObjectType, record: Record, targets: Iterable[ObjectType]) -> Json:
    """A record's inline associations: one row per link and type, so an id may be there twice."""
    body: Json = {}
    types = portal.links.types
    for target in targets:
        rows = [
            {"id": str(other_id), "type": types.inline_name(types.get(type_id))}
            for other_id, type_ids in portal.links.of(kind, record.id, target).items()
            for type_id in type_ids
        ]
        if rows:
            body[target.name] = {"results": rows}
    return body


def link_json(other_id: int, types: Iterable[LinkType]) -> Json:
    """One row of the v4 and dated associations. Ids are numbers there, whatever the schema says."""
    return {"toObjectId": other_id, "associationTypes": [link_type_json(link) for link in types]}


def link_type_json(link: LinkType) -> Json:
    """An association type, in one direction."""
    return {"category": link.category, "typeId": link.id, "label": link.label}


def property_json(definition: Property) -> Json:
    """A property definition."""
    custom = not definition.hubspot_defined
    body: Json = {
        "updatedAt": to_wire(definition.updated_ms),
        "createdAt": to_wire(definition.created_ms),
        "name": definition.name,
        "label": definition.label,
        "type": definition.type,
        "fieldType": definition.field_type,
        "description": definition.description,
        "groupName": definition.group,
        "options": [
            {
                "label": option.label,
                "value": option.value,
                "description": option.description,
                "displayOrder": option.display_order,
                "hidden": option.hidden,
            }
            for option in definition.options
        ],
        "displayOrder": definition.display_order,
        "calculated": definition.calculated,
        "externalOptions": definition.external_options,
        "archived": definition.archived_ms is not None,
        "hasUniqueValue": definition.unique,
        "hidden": definition.hidden,
        "modificationMetadata": {
            "archivable": custom,
            "readOnlyDefinition": not custom,
            "readOnlyOptions": not custom and definition.type != "enumeration",
            "readOnlyValue": definition.read_only,
        },
        "formField": definition.form_field,
        "dataSensitivity": "non_sensitive",
    }
    if custom:
        body |= {"createdUserId": _EDITOR_USER_ID, "updatedUserId": _EDITOR_USER_ID}
    else:
        body["hubspotDefined"] = True
    if definition.referenced is not None:
        body["referencedObjectType"] = definition.referenced
    if definition.archived_ms is not None:
        body["archivedAt"] = to_wire(definition.archived_ms)
    return body


def group_json(group: Group) -> Json:
    """A property group."""
    return {
        "name": group.name,
        "label": group.label,
        "displayOrder": group.display_order,
        "archived": group.archived,
    }


def pipeline_json(pipeline: Pipeline) -> Json:
    """A pipeline with its stages."""
    return {
        "label": pipeline.label,
        "displayOrder": pipeline.display_order,
        "id": pipeline.id,
        "stages": [stage_json(stage) for stage in pipeline.stages],
        "createdAt": to_wire(pipeline.created_ms),
        "updatedAt": to_wire(pipeline.updated_ms),
        "archived": False,
    }


_TICKET_STATES = {False: "OPEN", True: "CLOSED"}


def stage_json(stage: Stage) -> Json:
    """A stage. `isClosed` of a ticket's is undocumented, and sent."""
    is_closed = str(stage.closed).lower()
    state = {"probability": stage.probability} if stage.probability else {"ticketState": _TICKET_STATES[stage.closed]}
    return {
        "label": stage.label,
        "displayOrder": stage.display_order,
        "metadata": {**state, "isClosed": is_closed},
        "id": stage.id,
        "createdAt": to_wire(stage.created_ms),
        "updatedAt": to_wire(stage.updated_ms),
        "archived": False,
        "writePermissions": "CRM_PERMISSIONS_ENFORCEMENT",
    }


def audit_json(entry: Audited, portal_id: int) -> Json:
    """One entry of the trail of a pipeline or stage."""
    return {
        "identifier": entry.identifier,
        "portalId": portal_id,
        "action": entry.action,
        "timestamp": to_wire(entry.at_ms),
        "fromUserId": entry.user_id,
        "message": entry.message,
        "rawObject": entry.raw,
    }


def owner_json(owner: Owner) -> Json:
    """An owner with teams. Whoever was deactivated has no `userId` any more, and keeps the other one."""
    body: Json = {
        "id": owner.id,
        "email": owner.email,
        "type": "PERSON",
        "firstName": owner.first_name,
        "lastName": owner.last_name,
        "userId": owner.user_id,
        "userIdIncludingInactive": owner.user_id,
        "createdAt": to_wire(owner.created_ms),
        "updatedAt": to_wire(owner.updated_ms),
        "archived": owner.archived,
        "teams": [{"id": team.id, "name": team.name, "primary": team.primary} for team in owner.teams],
    }
    if owner.archived:
        del body["userId"]
    return body


def user_json(owner: Owner) -> Json:
    """A user of the account, as its settings show one."""
    primary = owner.primary_team
    body: Json = {
        "id": str(owner.user_id),
        "email": owner.email,
        "firstName": owner.first_name,
        "lastName": owner.last_name,
        "roleIds": [],
        "secondaryTeamIds": [team.id for team in owner.teams if not team.primary],
        "superAdmin": False,
    }
    return body if primary is None else body | {"primaryTeamId": primary.id}


def account_json(portal: Portal) -> Json:
    """What account-info tells, with the offset from UTC as of the portal's clock."""
    account = portal.account
    offset = portal.clock.now().astimezone(ZoneInfo(account.time_zone)).utcoffset() or timedelta()
    sign, minutes = "-" if offset < timedelta() else "+", abs(offset) // timedelta(minutes=1)
    return {
        "portalId": account.portal_id,
        "accountType": account.account_type,
        "timeZone": account.time_zone,
        "companyCurrency": account.currency,
        "additionalCurrencies": [],
        "utcOffset": f"{sign}{minutes // 60:02}:{minutes % 60:02}",
        "utcOffsetMilliseconds": offset // timedelta(milliseconds=1),
        "uiDomain": account.ui_domain,
        "dataHostingLocation": account.hosting,
    }


def batch_json(portal: Portal, started_ms: int, results: list[Json], errors: list[Json]) -> Json:
    """A batch answer. There is no `numErrors` when all went well."""
    body: Json = {
        "status": "COMPLETE",
        "results": results,
        "startedAt": to_wire(started_ms),
        "completedAt": to_wire(portal.clock.now_ms()),
    }
    if errors:
        body |= {"numErrors": len(errors), "errors": errors}
    return body
