"""Notes, tasks, e-mails, calls and meetings in the first edition: one address for all, and metadata for properties.

They are the same records that the later editions serve as objects.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sandbox import refusals
from hubspot_sandbox.bodies.body import read
from hubspot_sandbox.bodies.engagements import EngagementIn
from hubspot_sandbox.instants import parse_instant
from hubspot_sandbox.json_views import Answer, Json
from hubspot_sandbox.object_types import (
    CALLS,
    COMPANIES,
    CONTACTS,
    DEALS,
    EMAILS,
    MEETINGS,
    NOTES,
    TASKS,
    TICKETS,
    ObjectType,
)
from hubspot_sandbox.portal import API, LinkRequest
from hubspot_sandbox.routes.old_companies import number

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hubspot_sandbox.property_values import Scalar
    from hubspot_sandbox.records import Record
    from hubspot_sandbox.routes.call import Call

_USUAL_PAGE, _LARGEST_PAGE, _LARGEST_RECENT_PAGE = 100, 250, 100
_RECENT_MS = 30 * 86_400_000
_KINDS = {"NOTE": NOTES, "TASK": TASKS, "EMAIL": EMAILS, "CALL": CALLS, "MEETING": MEETINGS}
_ENDS = {
    "contactIds": CONTACTS,
    "companyIds": COMPANIES,
    "dealIds": DEALS,
    "ticketIds": TICKETS,
}
_NOBODY = ("ownerIds", "workflowIds")  # told, and always empty: nothing here is associated with them
_METADATA: dict[str, dict[str, str]] = {
    "NOTE": {"body": "hs_note_body"},
    "TASK": {"subject": "hs_task_subject", "body": "hs_task_body", "status": "hs_task_status"},
    "EMAIL": {"subject": "hs_email_subject", "html": "hs_email_html", "text": "hs_email_text"},
    "CALL": {
        "title": "hs_call_title",
        "body": "hs_call_body",
        "status": "hs_call_status",
        "toNumber": "hs_call_to_number",
        "fromNumber": "hs_call_from_number",
        "durationMilliseconds": "hs_call_duration",
        "recordingUrl": "hs_call_recording_url",
        "disposition": "hs_call_disposition",
    },
    "MEETING": {
        "title": "hs_meeting_title",
        "body": "hs_meeting_body",
        "startTime": "hs_meeting_start_time",
        "endTime": "hs_meeting_end_time",
    },
}
_INSTANTS = ("startTime", "endTime")
_NUMBERS = ("durationMilliseconds",)


def list_engagements(call: Call) -> Answer:
    """A page of all kinds, in order of id; `offset` is where the next one begins."""
    offset, limit = number(call, "offset", 0), number(call, "limit", _USUAL_PAGE)
    limit = min(max(limit, 1), _LARGEST_PAGE)
    records = _from(call, offset, limit + 1)
    more = len(records) > limit
    rows = [_engagement(call, type_, record) for type_, record in records[:limit]]
    return Answer(200, {"results": rows, "hasMore": more, "offset": records[limit][1].id if more else 0})


def list_recent(call: Call) -> Answer:
    """Those modified since an instant, in epoch milliseconds, and at most thirty days ago; the latest first."""
    since = max(number(call, "since", 0), call.now_ms - _RECENT_MS)
    records = [
        (type_, record)
        for type_, kind in _KINDS.items()
        for record in call.portal.table(kind)
        if record.updated_ms >= since
    ]
    records.sort(key=lambda typed: (-typed[1].updated_ms, typed[1].id))
    offset, count = number(call, "offset", 0), min(max(number(call, "count", 20), 1), _LARGEST_RECENT_PAGE)
    rows = [_engagement(call, type_, record) for type_, record in records[offset : offset + count]]
    following = offset + len(rows)
    more = following < len(records)
    return Answer(200, {"results": rows, "hasMore": more, "offset": following, "total": len(records)})


def get_engagement(call: Call) -> Answer:
    """One of any kind: the kinds share one range of ids."""
    return Answer(200, _engagement(call, *_named(call)))


def create_engagement(call: Call) -> Answer:
    """A new note, task, e-mail, call or meeting with its associations."""
    body = read(EngagementIn, call.body)
    type_ = body.engagement.type
    if type_ not in _KINDS:
        raise refusals.invalid(f"Invalid engagement type: {type_}")
    when = call.now_ms if body.engagement.timestamp is None else body.engagement.timestamp
    properties = {**_properties(type_, body), "hs_timestamp": when}
    links = [
        LinkRequest(target_id, (call.portal.links.types.unlabelled(_KINDS[type_], end).id,))
        for end, target_id in _ends(body)
    ]
    record = call.portal.insert(_KINDS[type_], properties, at_ms=call.now_ms, source=API, links=links)
    return Answer(200, _engagement(call, type_, record))


def update_engagement(call: Call) -> Answer:
    """Changes to one. Whether associations not named go is not known; here they stay."""
    type_, record = _named(call)
    body = read(EngagementIn, call.body)
    kind, types = _KINDS[type_], call.portal.links.types
    new_links = [(types.unlabelled(kind, end), target_id) for end, target_id in _ends(body)]
    for link, target_id in new_links:
        call.portal.checked_link(kind, link.id, target_id)
    call.portal.change(kind, record, _properties(type_, body), at_ms=call.now_ms, source=API)
    for link, target_id in new_links:
        call.portal.link(link, record.id, target_id, at_ms=call.now_ms)
    return Answer(200, _engagement(call, type_, record))


def _from(call: Call, offset: int, most: int) -> list[tuple[str, Record]]:
    pages = [(type_, call.portal.table(kind).page(offset, most)[0]) for type_, kind in _KINDS.items()]
    records = [(type_, record) for type_, page in pages for record in page]
    return sorted(records, key=lambda typed: typed[1].id)[:most]


def _named(call: Call) -> tuple[str, Record]:
    record_id = call.params["record_id"]
    if not record_id.isdecimal():
        raise refusals.not_an_id(record_id)
    for type_, kind in _KINDS.items():
        record = call.portal.table(kind).find(int(record_id))
        if record is not None:
            return type_, record
    raise refusals.no_such_record()


def _properties(type_: str, body: EngagementIn) -> dict[str, Scalar]:
    head, names = body.engagement, _METADATA[type_]
    properties: dict[str, Scalar] = {
        names[name]: value if isinstance(value, str | int | float) else None
        for name, value in body.metadata.items()
        if name in names
    }
    if head.owner_id is not None:
        properties["hubspot_owner_id"] = head.owner_id
    if head.timestamp is not None:
        properties["hs_timestamp"] = head.timestamp
    return properties


def _ends(body: EngagementIn) -> Iterator[tuple[ObjectType, int]]:
    for name, end in _ENDS.items():
        yield from ((end, target_id) for target_id in body.associations.get(name, ()))


def _engagement(call: Call, type_: str, record: Record) -> Json:
    kind, values, links = _KINDS[type_], record.values, call.portal.links
    owner = values.get("hubspot_owner_id")
    head: Json = {
        "id": record.id,
        "portalId": call.portal.account.portal_id,
        "active": record.archived_ms is None,
        "createdAt": record.created_ms,
        "lastUpdated": record.updated_ms,
        "type": type_,
        "timestamp": parse_instant(values.get("hs_timestamp") or record.created_ms),
    }
    if owner and owner.isdecimal():
        head["ownerId"] = int(owner)
    ends: Json = {name: sorted(links.of(kind, record.id, end)) for name, end in _ENDS.items()}
    return {
        "engagement": head,
        "associations": ends | {name: [] for name in _NOBODY},
        "attachments": [],
        "metadata": _metadata(type_, values),
    }


def _metadata(type_: str, values: Mapping[str, str]) -> Json:
    metadata: Json = {
        name: _typed(name, values[property_]) for name, property_ in _METADATA[type_].items() if property_ in values
    }
    if type_ == "EMAIL":
        sender, receivers = values.get("hs_email_from_email"), values.get("hs_email_to_email", "")
        metadata["from"] = {"email": sender} if sender else {}
        metadata["to"] = [{"email": address} for address in receivers.split(";") if address]
    return metadata


def _typed(name: str, value: str) -> object:
    if name in _INSTANTS:
        return parse_instant(value)
    return int(float(value)) if name in _NUMBERS else value
