"""What is put on a ticket and must be there once: tasks and notes, each with our key in a marker property.

HubSpot has no idempotency key, so a record is found again by its marker: through the ticket's associations and a
batch read, which are consistent, never through the search index, which lags.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

from hubspot_sla.hubspot.answers import word
from hubspot_sla.hubspot.batches import batch_read
from hubspot_sla.hubspot.records import Properties, id_of, properties_of, read_rows
from hubspot_sla.hubspot.refusal import Refusal
from hubspot_sla.hubspot.sdk import sdk_api
from hubspot_sla.hubspot.wire import Json, mapping, text
from hubspot_sla.hubspot.writes import BatchWrite, Input, Written, write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from hubspot_sla.hubspot.associations import Associations
    from hubspot_sla.hubspot.transport import Transport

NO_TICKET: Final = "HubSpot says its ticket does not exist"


class Keyed(Protocol):
    """What can be made: ours and unique by `key`, to hang on one ticket."""

    @property
    def key(self) -> str: ...

    @property
    def ticket_id(self) -> str: ...


New = TypeVar("New", bound=Keyed)


@dataclass(frozen=True, slots=True)
class Created:
    """What became of each key: the record's id, the refusal, or unknown: HubSpot accepted the batch, said nothing of
    this record, and it does not hang on its ticket yet. Look again before sending again. `rules` counts the records
    that the earlier version had to take, by the reason that the current one gave."""

    created: dict[str, str]
    rejected: dict[str, Refusal]
    unknown: tuple[str, ...] = ()
    rules: Mapping[str, int] = field(default_factory=dict)

    @property
    def reasons(self) -> dict[str, str]:
        """HubSpot's reason against each key that was refused."""
        return {key: refusal.reason for key, refusal in self.rejected.items()}


@dataclass(frozen=True, slots=True)
class Engagement:
    """A record as HubSpot answered it."""

    id: str
    properties: Properties


@dataclass(frozen=True, slots=True)
class Markers:
    """Record ids by marker value, and the tickets whose records could not be read: of those nothing is known."""

    ids: Mapping[str, str]
    unread: frozenset[str]


@dataclass(frozen=True, slots=True)
class Sort:
    """One sort of record: `name` as in paths (`tasks`), the association type that hangs it on a ticket."""

    name: str
    to_ticket: int


class Engagements:
    """The records of one sort in one portal. `marker_property` is a text property of theirs that holds our key."""

    def __init__(self, transport: Transport, sort: Sort, marker_property: str, associations: Associations) -> None:
        self.sort = sort
        self.marker_property = marker_property
        self._transport = transport
        self._associations = associations

    def create(self, new: Sequence[New], properties_of_one: Callable[[New], Mapping[str, str]]) -> Created:
        """Make records, each associated with its ticket in the same call, 100 a call.

        Never sent twice. Raises OutcomeUnknown when an answer did not come: then any of these records may
        exist, also those of an earlier batch; `find_markers` tells which.
        """
        inputs = {one.key: self._input(one, properties_of_one(one)) for one in new}
        earlier = self._batch_without_rules
        outcome = BatchWrite(
            self._batch.create,
            inputs,
            self._key_of,
            repeatable=False,
            earlier=None if earlier is None else earlier.create,
        ).send()
        created = {key: id_of(row) for key, row in outcome.done.items()}
        rejected = outcome.rejected | dict.fromkeys(outcome.gone, Refusal(NO_TICKET))
        # One that was refused may be there too: where the marker is unique, that is what it is refused for.
        doubtful = [one for one in new if one.key in rejected or one.key in outcome.silent]
        if doubtful:
            found = self.find_markers([one.ticket_id for one in doubtful])
            created |= {one.key: found.ids[one.key] for one in doubtful if one.key in found.ids}
        unknown = tuple(key for key in outcome.silent if key not in created)
        refused = {key: refusal for key, refusal in rejected.items() if key not in created}
        return Created(created, refused, unknown, outcome.rules)

    def update(self, changes: Mapping[str, Mapping[str, str]]) -> Written:
        """Set properties by record id; may be repeated. `missing` in the answer are those HubSpot no longer has."""
        earlier = self._batch_without_rules
        return write(self._batch.update, changes, None if earlier is None else earlier.update)

    def of_tickets(self, ticket_ids: Iterable[str]) -> dict[str, list[str]]:
        """Record ids by ticket id, from the consistent association endpoint; an unreadable ticket is absent."""
        links = self._associations.read("tickets", self.sort.name, ticket_ids)
        return {ticket_id: [link.to_id for link in found] for ticket_id, found in links.items()}

    def read(self, ids: Iterable[str], properties: Sequence[str]) -> list[Engagement]:
        """The records that exist, in no order; 100 a call."""
        found = batch_read(self._transport.flight, self._batch.read, ids, properties, ())
        rows, _unreadable = read_rows(found.rows, _engagement)
        return rows

    def find_markers(self, ticket_ids: Iterable[str]) -> Markers:
        """The marked records of these tickets; never by search, whose index lags."""
        asked = set(ticket_ids)
        by_ticket = self.of_tickets(asked)
        ids = [id_ for found in by_ticket.values() for id_ in found]
        marked = dict(_marked(self.read(ids, [self.marker_property]), self.marker_property))
        return Markers(marked, frozenset(asked - by_ticket.keys()))

    def _input(self, one: Keyed, properties: Mapping[str, str]) -> Input:
        link = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": self.sort.to_ticket}
        return {
            "properties": {**properties, self.marker_property: one.key},
            "associations": [{"to": {"id": one.ticket_id}, "types": [link]}],
        }

    def _key_of(self, row: Json) -> str:
        return word(row, "objectWriteTraceId") or word(mapping(row, "properties"), self.marker_property) or ""

    @cached_property
    def _batch_without_rules(self) -> Any:
        earlier = self._transport.without_rules
        return None if earlier is None else sdk_api(earlier, f"hubspot.crm.objects.{self.sort.name}", "BatchApi")

    @cached_property
    def _batch(self) -> Any:
        return sdk_api(self._transport, f"hubspot.crm.objects.{self.sort.name}", "BatchApi")


def _engagement(row: Json) -> Engagement:
    return Engagement(text(row, "id"), properties_of(row))


def _marked(found: Iterable[Engagement], marker: str) -> Iterator[tuple[str, str]]:
    for one in found:
        if value := one.properties.get(marker):
            yield value, one.id
