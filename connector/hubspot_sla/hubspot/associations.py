"""Which records hang together: HubSpot's association batch read, 1,000 records a call.

"None" and "no answer" are different: a record without associations comes back with an empty list, one
whose associations could not be read is absent (treating failures as empty has erased data elsewhere).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Final

from hubspot_sla.hubspot.answers import Answer, word
from hubspot_sla.hubspot.batches import ASSOCIATION_BATCH, chunks
from hubspot_sla.hubspot.sdk import sdk_api
from hubspot_sla.hubspot.wire import Json, mapping, next_after, objects, text, texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hubspot_sla.hubspot.transport import Transport

# Type ids of HubSpot's own associations (associations guide; hubspot/crm/association_type.py in the SDK).
TICKET_TO_PRIMARY_COMPANY: Final = 26
NOTE_TO_TICKET: Final = 228
TASK_TO_TICKET: Final = 230

_NONE_FOUND: Final = "NO_ASSOCIATIONS_FOUND"


@dataclass(frozen=True, slots=True)
class Link:
    """One association, with the type ids and labels it is known by."""

    to_id: str
    type_ids: frozenset[int]
    labels: frozenset[str]


class Associations:
    """Reads associations between two object types, such as `tickets` and `companies`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def read(self, from_type: str, to_type: str, ids: Iterable[str]) -> dict[str, list[Link]]:
        """Links by record id; empty where HubSpot says that there are none. An id is absent when HubSpot reports
        another error for it, as for a deleted record, or says nothing of it at all."""
        links: dict[str, list[Link]] = {}
        for found in self._transport.flight.map(
            partial(self._chunk, from_type, to_type), chunks(ids, ASSOCIATION_BATCH)
        ):
            links |= found
        return links

    def _chunk(self, from_type: str, to_type: str, ids: Iterable[str]) -> dict[str, list[Link]]:
        links: dict[str, list[Link]] = {}
        self._read(from_type, to_type, dict.fromkeys(ids), links)
        return links

    def _read(
        self, from_type: str, to_type: str, cursors: Mapping[str, str | None], links: dict[str, list[Link]]
    ) -> None:
        """One call, and more for the records whose links do not fit into one answer."""
        inputs = [{"id": id_} | ({"after": after} if after else {}) for id_, after in cursors.items()]
        answer: Answer = self._batch.get_page(from_type, to_type, {"inputs": inputs}, _preload_content=False)
        for id_ in _ids_without(answer.body):
            links.setdefault(id_, [])
        unfinished: dict[str, str | None] = {}
        for result in objects(answer.body, "results"):
            id_ = text(mapping(result, "from"), "id")
            links.setdefault(id_, []).extend(_links(result))
            if after := next_after(result):
                unfinished[id_] = after
        if unfinished:
            self._read(from_type, to_type, unfinished, links)

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
