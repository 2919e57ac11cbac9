"""HubSpot tasks, made once: each carries a key in a marker property, by which it is found again."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from hubspot_sla.hubspot import wire_time
from hubspot_sla.hubspot.answers import word
from hubspot_sla.hubspot.associations import TASK_TO_TICKET, Associations
from hubspot_sla.hubspot.batches import batch_read
from hubspot_sla.hubspot.records import Properties, id_of, properties_of, read_rows
from hubspot_sla.hubspot.sdk import sdk_api
from hubspot_sla.hubspot.wire import Json, mapping, text
from hubspot_sla.hubspot.writes import BatchWrite

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from hubspot_sla.hubspot.transport import Transport


@dataclass(frozen=True, slots=True)
class NewTask:
    """A task to make. `key` is ours and unique; `priority` is HubSpot's LOW, MEDIUM or HIGH."""

    key: str
    ticket_id: str
    subject: str
    body: str
    due_at_ms: int
    owner_id: str | None
    priority: str


@dataclass(frozen=True, slots=True)
class Created:
    """What became of each key: the task's id, HubSpot's reason against it, or unknown: HubSpot accepted the
    batch, said nothing of this task, and it does not hang on its ticket yet. Look again before sending again."""

    created: dict[str, str]
    rejected: dict[str, str]
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Task:
    """A task as HubSpot answered it."""

    id: str
    properties: Properties


@dataclass(frozen=True, slots=True)
class Markers:
    """Task ids by marker value, and the tickets whose tasks could not be read: of those nothing is known."""

    task_ids: Mapping[str, str]
    unread: frozenset[str]


class Tasks:
    """The tasks of one portal. `marker_property` is a text property of tasks that holds our key."""

    def __init__(self, transport: Transport, marker_property: str, associations: Associations) -> None:
        self.marker_property = marker_property
        self._transport = transport
        self._associations = associations

    def create(self, tasks: Sequence[NewTask]) -> Created:
        """Make tasks, each associated with its ticket in the same call, 100 a call.

        Never sent twice. Raises OutcomeUnknown when an answer did not come: then any of these tasks may
        exist, also those of an earlier batch; `find_markers` tells which.
        """
        inputs = {task.key: self._input(task) for task in tasks}
        outcome = BatchWrite(self._batch.create, inputs, self._key_of, repeatable=False).send()
        created = {key: id_of(row) for key, row in outcome.done.items()}
        rejected = outcome.rejected | dict.fromkeys(outcome.gone, "HubSpot says its ticket does not exist")
        # One that was refused may be there too: where the marker is unique, that is what it is refused for.
        doubtful = [task for task in tasks if task.key in rejected or task.key in outcome.silent]
        if doubtful:
            found = self.find_markers([task.ticket_id for task in doubtful])
            created |= {task.key: found.task_ids[task.key] for task in doubtful if task.key in found.task_ids}
        unknown = tuple(key for key in outcome.silent if key not in created)
        return Created(created, {key: why for key, why in rejected.items() if key not in created}, unknown)

    def of_tickets(self, ticket_ids: Iterable[str]) -> dict[str, list[str]]:
        """Task ids by ticket id, from the consistent association endpoint; a ticket that cannot be read is absent."""
        links = self._associations.read("tickets", "tasks", ticket_ids)
        return {ticket_id: [link.to_id for link in found] for ticket_id, found in links.items()}

    def read(self, task_ids: Iterable[str], properties: Sequence[str]) -> list[Task]:
        """The tasks that exist, in no order; 100 a call."""
        rows, _unreadable = read_rows(
            batch_read(self._transport.flight, self._batch.read, task_ids, properties, ()), _task
        )
        return rows

    def find_markers(self, ticket_ids: Iterable[str]) -> Markers:
        """The marked tasks of these tickets; never by search, whose index lags."""
        asked = set(ticket_ids)
        by_ticket = self.of_tickets(asked)
        task_ids = [id_ for found in by_ticket.values() for id_ in found]
        marked = dict(_marked(self.read(task_ids, [self.marker_property]), self.marker_property))
        return Markers(marked, frozenset(asked - by_ticket.keys()))

    def _input(self, task: NewTask) -> Mapping[str, object]:
        link = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": TASK_TO_TICKET}
        properties = {
            "hs_timestamp": wire_time.to_wire(task.due_at_ms),
            "hs_task_subject": task.subject,
            "hs_task_body": task.body,
            "hs_task_status": "NOT_STARTED",
            "hs_task_priority": task.priority,
            "hs_task_type": "TODO",
            self.marker_property: task.key,
        }
        owner = {"hubspot_owner_id": task.owner_id} if task.owner_id else {}
        return {"properties": properties | owner, "associations": [{"to": {"id": task.ticket_id}, "types": [link]}]}

    def _key_of(self, row: Json) -> str:
        return word(row, "objectWriteTraceId") or word(mapping(row, "properties"), self.marker_property) or ""

    @cached_property
    def _batch(self) -> Any:
        return sdk_api(self._transport, "hubspot.crm.objects.tasks", "BatchApi")


def _task(row: Json) -> Task:
    return Task(text(row, "id"), properties_of(row))


def _marked(tasks: Iterable[Task], marker: str) -> Iterator[tuple[str, str]]:
    for task in tasks:
        if value := task.properties.get(marker):
            yield value, task.id
