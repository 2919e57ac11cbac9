"""Links made and taken away by the batch, in v4 and the dated editions, and everything the v3 edition can do.

v3 knows a type by its name (`ticket_to_task`) or the text of its id; later editions by category and id.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sandbox import refusals
from hubspot_sandbox.bodies.body import read
from hubspot_sandbox.bodies.links import AssociationRead, LinkPairs, LinkPairsV3, LinksFrom, PlainPairs
from hubspot_sandbox.json_views import Answer, Json, batch_json
from hubspot_sandbox.refusals import Refused
from hubspot_sandbox.routes.associations import ends, made_both_ways, source, target
from hubspot_sandbox.routes.route import SEPTEMBER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import TypeVar

    from hubspot_sandbox.associations import LinkType
    from hubspot_sandbox.bodies.links import LinkPairIn, LinkPairV3, PlainPair
    from hubspot_sandbox.object_types import ObjectType
    from hubspot_sandbox.routes.call import Call

    Row = TypeVar("Row")

_MOST_READ, _MOST_CREATED, _MOST_ARCHIVED = 1_000, 2_000, 100


def create_links(call: Call) -> Answer:
    """Up to two thousand links with their types; rows that cannot be linked are in `errors`."""
    pairs = read(LinkPairs, call.body).inputs
    _check_count(pairs, _MOST_CREATED)

    def make(row: LinkPairIn) -> list[Json]:
        links = [_checked(call, link_type.association_type_id, row.from_.id, row.to.id) for link_type in row.types]
        _make(call, links, row.from_.id, row.to.id)
        return [_labels_json(call, links, row.from_.id, row.to.id)]

    return _created(call, *_by_row(pairs, make))


def create_default_links(call: Call) -> Answer:
    """Unlabelled links."""
    pairs = read(PlainPairs, call.body).inputs
    _check_count(pairs, _MOST_CREATED)
    plain = call.portal.links.types.unlabelled(source(call), target(call))

    def make(row: PlainPair) -> list[Json]:
        link = _checked(call, plain.id, row.from_.id, row.to.id)
        _make(call, [link], row.from_.id, row.to.id)
        return made_both_ways(call, link, int(row.from_.id), int(row.to.id))

    rows, errors = _by_row(pairs, make)
    return Answer(call.many if errors else 200, batch_json(call.portal, call.now_ms, rows, errors))


def archive_links(call: Call) -> Answer:
    """Take links away, whatever types they have. Those that are not there are fine."""
    rows = read(LinksFrom, call.body).inputs
    _check_count(rows, _MOST_ARCHIVED)
    for row in rows:
        for to in row.to:
            _unlink_all(call, row.from_.id, to.id)
    return _archived(call)


def archive_labels_of_links(call: Call) -> Answer:
    """Take types away from links; without its labels a link is still a link."""
    rows = read(LinkPairs, call.body).inputs
    _check_count(rows, _MOST_ARCHIVED)
    for row in rows:
        for link_type in row.types:
            _unlink(call, _type_by_id(call, link_type.association_type_id), row.from_.id, row.to.id)
    return _archived(call)


def unlink(call: Call) -> Answer:
    """Take a link between two records away, whatever types it has."""
    _unlink_all(call, call.params["record_id"], call.params["target_id"])
    return Answer(204)


def read_links_v3(call: Call) -> Answer:
    """Links of up to a thousand records, each with the name of its type."""
    records = read(AssociationRead, call.body).inputs
    _check_count(records, _MOST_READ)
    rows: list[Json] = []
    errors: list[Json] = []
    for record in records:
        links = _linked_v3(call, record.id)
        if links:
            rows.append({"from": {"id": record.id}, "to": links})
        else:
            errors.append(_without_links(call, record.id).row({}))
    return Answer(call.many if errors else 200, batch_json(call.portal, call.now_ms, rows[::-1], errors))


def list_links_v3(call: Call) -> Answer:
    """Links of one record, each with the name of its type; undocumented by now, and still served."""
    record = call.portal.record(source(call), call.params["record_id"])
    return Answer(200, {"results": _linked_v3(call, str(record.id))})


def create_links_v3(call: Call) -> Answer:
    """Links with one type each."""
    pairs = read(LinkPairsV3, call.body).inputs
    _check_count(pairs, _MOST_CREATED)

    def make(row: LinkPairV3) -> list[Json]:
        link = _checked(call, _type_by_name(call, row.type).id, row.from_.id, row.to.id)
        _make(call, [link], row.from_.id, row.to.id)
        return [{"from": {"id": row.from_.id}, "to": {"id": row.to.id}, "type": row.type}]

    return _created(call, *_by_row(pairs, make))


def archive_links_v3(call: Call) -> Answer:
    """Take links of a type away."""
    rows = read(LinkPairsV3, call.body).inputs
    _check_count(rows, _MOST_ARCHIVED)
    for row in rows:
        _unlink(call, _type_by_name(call, row.type), row.from_.id, row.to.id)
    return Answer(204)


def link_v3(call: Call) -> Answer:
    """One link of a type; answers the record it was made from."""
    source_id, target_id = ends(call)
    link = _checked(call, _type_by_name(call, call.params["type_id"]).id, str(source_id), str(target_id))
    _make(call, [link], str(source_id), str(target_id))
    return Answer(200, {"id": str(source_id), "properties": {}, "associations": _inline(call, str(source_id))})


def unlink_v3(call: Call) -> Answer:
    """Take one type of a link away."""
    link = _type_by_name(call, call.params["type_id"])
    _unlink(call, link, call.params["record_id"], call.params["target_id"])
    return Answer(204)


def list_types_v3(call: Call) -> Answer:
    """The types there are, as v3 names them."""
    types = call.portal.links.types
    rows: list[Json] = [
        {"id": str(link.id), "name": types.inline_name(link)} for link in types.between(source(call), target(call))
    ]
    return Answer(200, {"results": rows})


def _by_row(pairs: Iterable[Row], make: Callable[[Row], list[Json]]) -> tuple[list[Json], list[Json]]:
    """What was made, and why the rest was not."""
    rows: list[Json] = []
    errors: list[Json] = []
    for row in pairs:
        try:
            rows += make(row)
        except Refused as refused:
            errors.append(refused.row({}))
    return rows, errors


def _created(call: Call, rows: list[Json], errors: list[Json]) -> Answer:
    """The 2026-09 edition declares no 201 for links either."""
    fine = 200 if call.version == SEPTEMBER else 201
    return Answer(call.many if errors else fine, batch_json(call.portal, call.now_ms, rows, errors))


def _archived(call: Call) -> Answer:
    """Nothing in v4; the dated editions require `results`, of which there are none."""
    if call.version == "v4":
        return Answer(204)
    return Answer(200, batch_json(call.portal, call.now_ms, [], []))


def _check_count(inputs: Sequence[object], most: int) -> None:
    if not inputs:
        raise refusals.invalid("Batch input provided should have at least one object.")
    if len(inputs) > most:
        raise refusals.invalid(f"The maximum number of inputs supported in a batch is {most}.")


def _checked(call: Call, type_id: int, from_id: str, to_id: str) -> LinkType:
    """The type, if both records are there and may have it. Raises `Refused`."""
    link = _type_by_id(call, type_id)
    _check_there(call, source(call), from_id, "FROM_OBJECT_NOT_FOUND")
    _check_there(call, target(call), to_id, "TO_OBJECT_NOT_FOUND")
    return call.portal.checked_link(source(call), link.id, int(to_id))


def _check_there(call: Call, kind: ObjectType, record_id: str, sub_category: str) -> None:
    if not record_id.isdecimal() or call.portal.table(kind).find(int(record_id)) is None:
        raise Refused(
            404,
            f"No {kind.singular} with ID {record_id} exists",
            category="OBJECT_NOT_FOUND",
            sub_category=f"crm.associations.{sub_category}",
            context={"objectId": [record_id]},
        )


def _type_by_id(call: Call, type_id: int) -> LinkType:
    link = call.portal.links.types.find(type_id)
    if link is None or (link.source, link.target) != (source(call), target(call)):
        pair = f"{source(call).type_id} to {target(call).type_id}"
        raise refusals.invalid(f"Association type {type_id} does not exist for object types {pair}")
    return link


def _type_by_name(call: Call, name: str) -> LinkType:
    if name.isdecimal():
        return _type_by_id(call, int(name))
    types = call.portal.links.types
    for link in types.between(source(call), target(call)):
        if types.inline_name(link).lower() == name.lower():
            return link
    raise refusals.invalid(f"{name} is not a valid association type")


def _make(call: Call, links: Iterable[LinkType], from_id: str, to_id: str) -> None:
    for link in links:
        call.portal.link(link, int(from_id), int(to_id), at_ms=call.now_ms)


def _unlink(call: Call, link: LinkType, from_id: str, to_id: str) -> None:
    if from_id.isdecimal() and to_id.isdecimal():
        call.portal.unlink(link, int(from_id), int(to_id), at_ms=call.now_ms)


def _unlink_all(call: Call, from_id: str, to_id: str) -> None:
    for link in call.portal.links.types.between(source(call), target(call)):
        _unlink(call, link, from_id, to_id)


def _labels_json(call: Call, links: Iterable[LinkType], from_id: str, to_id: str) -> Json:
    return {
        "fromObjectTypeId": source(call).type_id,
        "fromObjectId": int(from_id),
        "toObjectTypeId": target(call).type_id,
        "toObjectId": int(to_id),
        "labels": [link.label for link in links if link.label],
    }


def _linked_v3(call: Call, record_id: str) -> list[Json]:
    end = target(call)
    types, table = call.portal.links.types, call.portal.table(end)
    linked = call.portal.links.of(source(call), int(record_id) if record_id.isdecimal() else 0, end)
    return [
        {"id": str(other_id), "type": types.inline_name(types.get(type_id))}
        for other_id, type_ids in sorted(linked.items())
        for type_id in type_ids
        if table.find(other_id) is not None
    ]


def _inline(call: Call, record_id: str) -> Json:
    return {target(call).name: {"results": _linked_v3(call, record_id)}}


def _without_links(call: Call, record_id: str) -> Refused:
    start, end = source(call), target(call)
    return Refused(
        404,
        f"No {end.singular} is associated with {start.singular} {record_id}.",
        category="OBJECT_NOT_FOUND",
        sub_category="crm.associations.NO_ASSOCIATIONS_FOUND",
        context={
            "fromObjectId": [record_id],
            "fromObjectType": [start.singular],
            "toObjectType": [end.singular],
        },
    )
