"""Which records hang together: HubSpot's association batch read, 1,000 records a call.

"None" and "no answer" are different: a record without associations comes back with an empty list, one
whose associations could not be read is absent (treating failures as empty has erased data elsewhere).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Final

from hubspot_sla.hubspot.batches import ASSOCIATION_BATCH, Halving, chunks
from hubspot_sla.hubspot.json_fields import Json, mapping, next_after, objects, text, texts
from hubspot_sla.hubspot.refusal_reason import reason_in
from hubspot_sla.hubspot.response import Response, word
from hubspot_sla.hubspot.sdk import sdk_api

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hubspot_sla.hubspot.transport import Transport

_NONE_FOUND: Final = "NO_ASSOCIATIONS_FOUND"
SILENT: Final = "HubSpot did not say which records it is associated with"


@dataclass(frozen=True, slots=True)
class Link:
    """One association, with the type ids and labels it is known by."""

    to_id: str
    type_ids: frozenset[int]
    labels: frozenset[str]


@dataclass(frozen=True, slots=True)
class LinksRead:
    """Links by record id, and HubSpot's reason for each record whose links it does not give."""

    links: dict[str, list[Link]] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)


class Associations:
    """Reads associations between two object types, such as `tickets` and `companies`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def read(self, from_type: str, to_type: str, ids: Iterable[str]) -> dict[str, list[Link]]:
        """Links by record id; empty where HubSpot says that there are none. An id is absent when HubSpot reports
        another error for it, as for a deleted record, or says nothing of it at all."""
        return self.read_with_refusals(from_type, to_type, ids).links

    def read_with_refusals(self, from_type: str, to_type: str, ids: Iterable[str]) -> LinksRead:
        """The same, with HubSpot's reason for each id that is absent. No id keeps another from being read."""

        def halved(chunk: Sequence[str]) -> Halving[LinksRead]:
            return Halving(partial(self._chunk, from_type, to_type)).read(chunk)

        joint = LinksRead()
        for reading in self._transport.flight.map(halved, chunks(ids, ASSOCIATION_BATCH)):
            joint.refused.update(reading.refused)
            for part in reading.parts:
                joint.links.update(part.links)
                joint.refused.update(part.refused)
        return joint

    def _chunk(self, from_type: str, to_type: str, ids: Iterable[str]) -> LinksRead:
        links_read = LinksRead()
        self._read(from_type, to_type, dict.fromkeys(ids), links_read)
        return links_read

    def _read(self, from_type: str, to_type: str, cursors: Mapping[str, str | None], links_read: LinksRead) -> None:
        """One call, and more for the records whose links do not fit into one answer."""
        inputs = [{"id": id_} | ({"after": after} if after else {}) for id_, after in cursors.items()]
        response: Response = self._batch.get_page(from_type, to_type, {"inputs": inputs}, _preload_content=False)
        links, failed = links_read.links, _failed(response.body)
        links_read.refused.update(failed)
        for id_ in _ids_without(response.body):
            links.setdefault(id_, [])
        unfinished: dict[str, str | None] = {}
        for result in objects(response.body, "results"):
            id_ = text(mapping(result, "from"), "id")
            links.setdefault(id_, []).extend(_links(result))
            if after := next_after(result):
                unfinished[id_] = after
        links_read.refused.update({id_: SILENT for id_ in cursors if id_ not in links and id_ not in failed})
        if unfinished:
            self._read(from_type, to_type, unfinished, links_read)

    @cached_property
    def _batch(self) -> Any:
        return sdk_api(self._transport, "hubspot.crm.associations.v4", "BatchApi")


def _links(result: Json) -> Sequence[Link]:
    return [_link(to) for to in objects(result, "to")]


def _link(to: Json) -> Link:
    types = objects(to, "associationTypes")
    return Link(
        to_id=text(to, "toObjectId"),
        type_ids=frozenset(number for kind in types if isinstance(number := kind.get("typeId"), int)),
        labels=frozenset(label for kind in types if (label := word(kind, "label"))),
    )


def _ids_without(body: Json) -> set[str]:
    """Records with the error "there are none" (subCategory crm.associations.NO_ASSOCIATIONS_FOUND)."""
    return {
        id_
        for error in objects(body, "errors")
        if _NONE_FOUND in (word(error, "subCategory") or "")
        for id_ in texts(mapping(error, "context"), "fromObjectId")
    }


def _failed(body: Json) -> dict[str, str]:
    """Records with any other error, and its reason."""
    return {
        id_: reason_in(error)
        for error in objects(body, "errors")
        if _NONE_FOUND not in (word(error, "subCategory") or "")
        for id_ in texts(mapping(error, "context"), "fromObjectId")
    }
