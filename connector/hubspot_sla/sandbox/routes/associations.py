"""Links between records: by the batch, per record, made with and without a label, and what labels there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import TypeAdapter, ValidationError

from hubspot_sla.sandbox import refusals
from hubspot_sla.sandbox.associations import LinkType, types_between, unlabelled
from hubspot_sla.sandbox.intake import AssociationInput, AssociationRead, LinkTypeIn, parsed, read
from hubspot_sla.sandbox.object_types import ObjectType, object_type
from hubspot_sla.sandbox.refusals import Refused
from hubspot_sla.sandbox.views import Answer, Json, batch_json, link_json

if TYPE_CHECKING:
    from hubspot_sla.sandbox.routes.call import Call

_LARGEST_BATCH = 1_000
_PAGE = 500
_LINK_TYPES = TypeAdapter(list[LinkTypeIn])


def read_links(call: Call) -> Answer:
    """Links of up to a thousand records. Those without any are told one by one in `errors`."""
    asked = read(AssociationRead, call.body).inputs
    if not asked:
        raise refusals.invalid("Batch input provided should have at least one object.")
    if len(asked) > _LARGEST_BATCH:
        raise refusals.invalid(f"The maximum number of inputs supported in a batch is {_LARGEST_BATCH}.")
    rows: list[Json] = []
    errors: list[Json] = []
    for one in asked:
        try:
            rows.append(_links_of(call, one))
        except Refused as refused:
            errors.append(refused.row({}))
    return Answer(207 if errors else 200, batch_json(call.portal, call.now_ms, rows[::-1], errors))


def list_links(call: Call) -> Answer:
    """Links of one record to one type."""
    call.portal.record(_source(call), call.params["record_id"])
    asked = call.query.get("limit", "")
    limit = min(int(asked), _PAGE) if asked.isdecimal() and int(asked) else _PAGE
    page, following = _page(call, int(call.params["record_id"]), call.query.get("after"), limit)
    body: Json = {"results": page}
    if following is not None:
        link = str(call.url.include_query_params(after=following))
        body["paging"] = {"next": {"after": following, "link": link}}
    return Answer(200, body)


def link_by_default(call: Call) -> Answer:
    """The unlabelled link, in both directions."""
    link = unlabelled(_source(call), _target(call))
    source_id, target_id = _ends(call)
    call.portal.link(link, source_id, target_id, at_ms=call.now_ms)
    rows = [_made(link, source_id, target_id), _made(_reverse(link), target_id, source_id)]
    return Answer(200, batch_json(call.portal, call.now_ms, rows, []))


def link_with_types(call: Call) -> Answer:
    """A link with the types the body names."""
    try:
        asked = _LINK_TYPES.validate_python(parsed(call.body))
    except ValidationError:
        raise refusals.bad_json("Cannot build a list of association types") from None
    source_id, target_id = _ends(call)
    links = [call.portal.checked_link(_source(call), one.association_type_id, target_id) for one in asked]
    for link in links:
        call.portal.link(link, source_id, target_id, at_ms=call.now_ms)
    return Answer(
        201,
        {
            "fromObjectTypeId": _source(call).type_id,
            "fromObjectId": source_id,
            "toObjectTypeId": _target(call).type_id,
            "toObjectId": target_id,
            "labels": [link.label for link in links if link.label],
        },
    )


def list_labels(call: Call) -> Answer:
    """The association types from one object type to another."""
    types = types_between(_source(call), _target(call))
    rows = [{"category": "HUBSPOT_DEFINED", "typeId": link.id, "label": link.label} for link in types]
    return Answer(200, {"results": rows})


def _links_of(call: Call, asked: AssociationInput) -> Json:
    source, target = _source(call), _target(call)
    record_id = int(asked.id) if asked.id.isdecimal() else 0
    page, following = _page(call, record_id, asked.after, _PAGE)
    if not page:
        raise Refused(
            404,
            f"No {target.singular} is associated with {source.singular} {asked.id}.",
            category="OBJECT_NOT_FOUND",
            sub_category="crm.associations.NO_ASSOCIATIONS_FOUND",
            context={
                "fromObjectId": [asked.id],
                "fromObjectType": [source.singular],
                "toObjectType": [target.singular],
            },
        )
    row: Json = {"from": {"id": asked.id}, "to": page}
    if following is not None:
        row["paging"] = {"next": {"after": following}}
    return row


def _page(call: Call, record_id: int, after: str | None, limit: int) -> tuple[list[Json], str | None]:
    """Links in order of the other id, live ones only; `after` is the last id seen."""
    target = _target(call)
    table = call.portal.table(target)
    linked = call.portal.links.of(_source(call), record_id, target)
    seen = int(after) if after and after.isdecimal() else 0
    ids = [other for other in sorted(linked) if other > seen and table.find(other) is not None]
    following = str(ids[limit - 1]) if len(ids) > limit else None
    return [link_json(other, linked[other]) for other in ids[:limit]], following


def _ends(call: Call) -> tuple[int, int]:
    source = call.portal.record(_source(call), call.params["record_id"])
    target_id = call.params["target_id"]
    target = call.portal.table(_target(call)).find(int(target_id)) if target_id.isdecimal() else None
    if target is None:
        raise Refused(
            404,
            f"No {_target(call).singular} with ID {target_id} exists",
            category="OBJECT_NOT_FOUND",
            sub_category="crm.associations.TO_OBJECT_NOT_FOUND",
        )
    return source.id, target.id


def _made(link: LinkType, source_id: int, target_id: int) -> Json:
    return {
        "from": {"id": str(source_id)},
        "to": {"id": str(target_id)},
        "associationSpec": {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": link.id},
    }


def _reverse(link: LinkType) -> LinkType:
    return next(one for one in types_between(link.target, link.source) if one.id == link.reverse_id)


def _source(call: Call) -> ObjectType:
    return object_type(call.params["object_type"])


def _target(call: Call) -> ObjectType:
    return object_type(call.params["to_type"])
