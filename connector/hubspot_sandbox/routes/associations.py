"""Links between records in v4 and the dated editions: read by the batch and per record, and made one at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import TypeAdapter, ValidationError

from hubspot_sandbox import refusals
from hubspot_sandbox.bodies.body import parsed, read
from hubspot_sandbox.bodies.links import AssociationInput, AssociationRead
from hubspot_sandbox.bodies.records import LinkTypeIn
from hubspot_sandbox.json_views import Answer, Json, batch_json, link_json
from hubspot_sandbox.object_types import ObjectType, object_type
from hubspot_sandbox.refusals import Refused

if TYPE_CHECKING:
    from hubspot_sandbox.associations import LinkType
    from hubspot_sandbox.routes.call import Call

_LARGEST_BATCH = 1_000
_PAGE = 500
_LINK_TYPES = TypeAdapter(list[LinkTypeIn])


def read_links(call: Call) -> Answer:
    """Links of up to a thousand records. Those without any are listed one by one in `errors`."""
    records = read(AssociationRead, call.body).inputs
    if not records:
        raise refusals.invalid("Batch input provided should have at least one object.")
    if len(records) > _LARGEST_BATCH:
        raise refusals.invalid(f"The maximum number of inputs supported in a batch is {_LARGEST_BATCH}.")
    rows: list[Json] = []
    errors: list[Json] = []
    for record in records:
        try:
            rows.append(_links_of(call, record))
        except Refused as refused:
            errors.append(refused.row({}))
    return Answer(call.many if errors else 200, batch_json(call.portal, call.now_ms, rows[::-1], errors))


def list_links(call: Call) -> Answer:
    """Links of one record to one type."""
    record = call.portal.record(source(call), call.params["record_id"])
    limit_text = call.query.get("limit", "")
    limit = min(int(limit_text), _PAGE) if limit_text.isdecimal() and int(limit_text) else _PAGE
    page, following = _page(call, record.id, call.query.get("after"), limit)
    body: Json = {"results": page}
    if following is not None:
        link = str(call.url.include_query_params(after=following))
        body["paging"] = {"next": {"after": following, "link": link}}
    return Answer(200, body)


def link_by_default(call: Call) -> Answer:
    """The unlabelled link, in both directions."""
    link = call.portal.links.types.unlabelled(source(call), target(call))
    source_id, target_id = ends(call)
    call.portal.link(link, source_id, target_id, at_ms=call.now_ms)
    rows = made_both_ways(call, link, source_id, target_id)
    return Answer(200, batch_json(call.portal, call.now_ms, rows, []))


def link_with_types(call: Call) -> Answer:
    """A link with the types the body names."""
    try:
        link_types = _LINK_TYPES.validate_python(parsed(call.body))
    except ValidationError:
        raise refusals.bad_json("Cannot build a list of association types") from None
    source_id, target_id = ends(call)
    links = [
        call.portal.checked_link(source(call), link_type.association_type_id, target_id) for link_type in link_types
    ]
    for link in links:
        call.portal.link(link, source_id, target_id, at_ms=call.now_ms)
    return Answer(
        201,
        {
            "fromObjectTypeId": source(call).type_id,
            "fromObjectId": source_id,
            "toObjectTypeId": target(call).type_id,
            "toObjectId": target_id,
            "labels": [link.label for link in links if link.label],
        },
    )


def _links_of(call: Call, record: AssociationInput) -> Json:
    start, end = source(call), target(call)
    record_id = int(record.id) if record.id.isdecimal() else 0
    page, following = _page(call, record_id, record.after, _PAGE)
    if not page:
        raise Refused(
            404,
            f"No {end.singular} is associated with {start.singular} {record.id}.",
            category="OBJECT_NOT_FOUND",
            sub_category="crm.associations.NO_ASSOCIATIONS_FOUND",
            context={
                "fromObjectId": [record.id],
                "fromObjectType": [start.singular],
                "toObjectType": [end.singular],
            },
        )
    row: Json = {"from": {"id": record.id}, "to": page}
    if following is not None:
        row["paging"] = {"next": {"after": following}}
    return row


def _page(call: Call, record_id: int, after: str | None, limit: int) -> tuple[list[Json], str | None]:
    """Links in order of the other id, live ones only; `after` is the last id seen."""
    end = target(call)
    table = call.portal.table(end)
    linked = call.portal.links.of(source(call), record_id, end)
    last_seen_id = int(after) if after and after.isdecimal() else 0
    ids = [other for other in sorted(linked) if other > last_seen_id and table.find(other) is not None]
    following = str(ids[limit - 1]) if len(ids) > limit else None
    types = call.portal.links.types
    return [link_json(other, map(types.get, linked[other])) for other in ids[:limit]], following


def ends(call: Call) -> tuple[int, int]:
    """The records the path names, which must both be there. Raises `Refused` 404."""
    start = call.portal.record(source(call), call.params["record_id"])
    target_id = call.params["target_id"]
    end = call.portal.table(target(call)).find(int(target_id)) if target_id.isdecimal() else None
    if end is None:
        raise Refused(
            404,
            f"No {target(call).singular} with ID {target_id} exists",
            category="OBJECT_NOT_FOUND",
            sub_category="crm.associations.TO_OBJECT_NOT_FOUND",
        )
    return start.id, end.id


def made_both_ways(call: Call, link: LinkType, source_id: int, target_id: int) -> list[Json]:
    """A link that was made, as each of its ends sees it."""
    back = call.portal.links.types.get(link.reverse_id)
    return [_made(link, source_id, target_id), _made(back, target_id, source_id)]


def _made(link: LinkType, source_id: int, target_id: int) -> Json:
    return {
        "from": {"id": str(source_id)},
        "to": {"id": str(target_id)},
        "associationSpec": {"associationCategory": link.category, "associationTypeId": link.id},
    }


def source(call: Call) -> ObjectType:
    """The type the path begins from."""
    return object_type(call.params["object_type"])


def target(call: Call) -> ObjectType:
    """The type the path leads to."""
    return object_type(call.params["to_type"])
