"""Records one at a time: list, get, search, create, change, archive."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sandbox import refusals
from hubspot_sandbox.bodies.body import read
from hubspot_sandbox.bodies.records import CreateIn, LinkIn, PatchIn, WriteIn
from hubspot_sandbox.bodies.searches import SearchIn
from hubspot_sandbox.json_views import (
    Answer,
    Json,
    Selection,
    associations_json,
    created_json,
    record_json,
    selection,
    written_json,
)
from hubspot_sandbox.object_types import find_type
from hubspot_sandbox.portal import API, LinkRequest
from hubspot_sandbox.search import LONGEST_BODY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubspot_sandbox.records import Record
    from hubspot_sandbox.routes.call import Call

_LARGEST_PAGE, _LARGEST_PAGE_WITH_HISTORY = 100, 50


def list_records(call: Call) -> Answer:
    """A page in order of id; `after` is the id the page begins at."""
    chosen = _selection(call)
    limit = _limit(call, chosen)
    after = call.query.get("after") or "0"
    if not after.isdecimal():
        raise refusals.invalid(f"after {after!r} is not valid")
    records, next_id = call.portal.table(call.kind).page(int(after), limit, archived=call.flag("archived"))
    body: Json = {"results": [_full(call, record, chosen) for record in records]}
    if next_id is not None:
        link = str(call.url.include_query_params(after=str(next_id)))
        body["paging"] = {"next": {"after": str(next_id), "link": link}}
    return Answer(200, body)


def get_record(call: Call) -> Answer:
    """One record, with inline associations when asked for."""
    record = _named(call, archived=call.flag("archived"))
    return Answer(200, _full(call, record, _selection(call)))


def search_records(call: Call) -> Answer:
    """A page of a search; its `paging` carries no link."""
    if len(call.body) > LONGEST_BODY:
        raise refusals.invalid(f"The request body of a search is at most {LONGEST_BODY:,} characters long.")
    search = read(SearchIn, call.body)
    page = call.search.page(call.kind, search)
    chosen = selection(call.portal, call.kind, search.properties)
    rows = [record_json(call.portal, call.kind, record, chosen) for record in page.records]
    body: Json = {"total": page.total, "results": rows}
    if page.after is not None:
        body["paging"] = {"next": {"after": str(page.after)}}
    return Answer(200, body)


def create_record(call: Call) -> Answer:
    """A new record, whole with its associations or not at all."""
    row = call.with_dates(read(CreateIn, call.body))
    links = link_requests(row.associations)
    record = call.portal.insert(call.kind, row.properties, at_ms=call.now_ms, source=API, links=links)
    body = echo(created_json(call.portal, call.kind, record), row)
    location = f"{call.url.replace(query='')}/{record.id}"
    return Answer(201, body, headers={"Location": location})


def update_record(call: Call) -> Answer:
    """Changes to one record; answers what changed."""
    changes = call.with_dates(read(PatchIn, call.body))
    record = _named(call)
    if not changes.properties:
        raise refusals.invalid("No properties found to update, please provide at least one.")
    changed = call.portal.change(call.kind, record, changes.properties, at_ms=call.now_ms, source=API)
    body = written_json(call.portal, call.kind, record, changed | changes.properties.keys())
    return Answer(200, echo(body, changes))


def archive_record(call: Call) -> Answer:
    """Into the recycle bin. An id nobody has is fine too."""
    record_id = call.params["record_id"]
    table = call.portal.table(call.kind)
    record = table.find(int(record_id)) if record_id.isdecimal() else None
    if record is not None:
        table.archive(record, call.now_ms)
    return Answer(204)


def echo(body: Json, row: WriteIn) -> Json:
    """A written record with the trace id it was sent with, and what HubSpot remarks on its values."""
    if row.object_write_trace_id is not None:
        body["objectWriteTraceId"] = row.object_write_trace_id
    if row.warnings:
        body["warnings"] = row.warnings
    return body


def link_requests(links: Sequence[LinkIn] | None) -> list[LinkRequest]:
    """Inline associations in the portal's terms."""
    requests = []
    for link in links or ():
        if not link.to.id.isdecimal():
            raise refusals.not_an_id(link.to.id)
        requests.append(LinkRequest(int(link.to.id), tuple(link_type.association_type_id for link_type in link.types)))
    return requests


def _named(call: Call, *, archived: bool = False) -> Record:
    """The record the path names, by id or by a unique property. Raises `Refused`."""
    record_id, id_property = call.params["record_id"], call.query.get("idProperty")
    if not id_property or id_property == "hs_object_id":
        return call.portal.record(call.kind, record_id, archived=archived)
    call.unique.check_identifier(id_property)
    record = call.unique.holder(id_property, record_id)
    if record is None:
        raise refusals.no_such_record()
    return record


def _selection(call: Call) -> Selection:
    return selection(call.portal, call.kind, call.names("properties"), call.names("propertiesWithHistory"))


def _limit(call: Call, chosen: Selection) -> int:
    text = call.query.get("limit") or "10"
    most = _LARGEST_PAGE_WITH_HISTORY if chosen.with_history else _LARGEST_PAGE
    if not text.isdecimal() or not 1 <= int(text) <= most:
        raise refusals.invalid(f"limit must be between 1 and {most}, not {text}.")
    return int(text)


def _full(call: Call, record: Record, chosen: Selection) -> Json:
    body = record_json(call.portal, call.kind, record, chosen)
    # The published schema has types that do not exist passed over here, not refused as in a path.
    targets = [kind for kind in map(find_type, call.names("associations")) if kind is not None]
    links = associations_json(call.portal, call.kind, record, targets)
    if links:
        body["associations"] = links
    return body
