"""HubSpot tasks, made once: each carries a key in a marker property, by which it is found again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from hubspot_sla.hubspot import wire_time
from hubspot_sla.hubspot.engagements import Created, Engagement, Engagements, Markers, Sort
from hubspot_sla.hubspot.html_text import as_html

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hubspot_sla.hubspot.associations import Associations
    from hubspot_sla.hubspot.refusal_reason import Refusal
    from hubspot_sla.hubspot.transport import Transport
    from hubspot_sla.hubspot.writes import Written
    from hubspot_sla.plan.records import RecordRef

TASKS: Final = Sort(
    "tasks",
    "hs_task_body",
    ("hs_task_subject", "hs_task_body", "hs_timestamp"),
    ("hs_task_subject", "hs_timestamp"),
)
SUBJECT: Final = "hs_task_subject"
OWNER: Final = "hubspot_owner_id"
STATUS: Final = "hs_task_status"
COMPLETED: Final = "COMPLETED"
_INVALID_OWNER: Final = "INVALID_OWNER_ID"


@dataclass(frozen=True, slots=True)
class OwnerRefused:
    """What a task says whose owner HubSpot refuses: where it goes to the lead, and where it is nobody's."""

    for_lead: str = "HubSpot refuses the owner, so this is for the lead."
    for_nobody: str = "HubSpot refuses the owner, so this is for nobody."


OWNER_REFUSED: Final = OwnerRefused()


@dataclass(frozen=True, slots=True)
class NewTask:
    """A task to make. `key` is ours and unique; `priority` is HubSpot's LOW, MEDIUM or HIGH. `deputy_id` is the owner
    where HubSpot refuses `owner_id`, as that of somebody who left; `refused` is what the body says then."""

    key: str
    record: RecordRef
    subject: str
    body: str
    due_at_ms: int
    owner_id: str | None
    priority: str
    deputy_id: str | None = None
    refused: OwnerRefused = OWNER_REFUSED


class Tasks:
    """The tasks of one portal. `marker_property` is a text property of tasks that holds our key."""

    def __init__(self, transport: Transport, marker_property: str, associations: Associations) -> None:
        self._records = Engagements(transport, TASKS, marker_property, associations)

    def create(self, tasks: Sequence[NewTask], *, marked: bool = True) -> Created:
        """Make tasks, each associated with its record in the same call, 100 a call; `marked` as for `Engagements`.

        Never sent twice. Raises OutcomeUnknown when an answer did not come: then any of these tasks may
        exist, also those of an earlier batch; `find_markers` finds out which.
        """
        created = self._records.create(tasks, _properties, marked=marked)
        for others in (_for_deputies, _for_nobody):
            again = others([task for task in tasks if _is_owner_refused(created.rejected.get(task.key))])
            if again:
                created = created.and_then(self._records.create(again, _properties, marked=marked))
                tasks = [
                    *again,
                    *(task for task in tasks if task.key not in {refused_task.key for refused_task in again}),
                ]
        return created

    def complete(self, task_ids: Iterable[str]) -> Written:
        """Mark tasks as done; may be repeated. `missing` in the answer are those somebody deleted: nothing to do."""
        return self._records.update({id_: {STATUS: COMPLETED} for id_ in task_ids})

    def on_records(self, object_type: str, record_ids: Iterable[str]) -> dict[str, list[str]]:
        """Task ids by record id, from the consistent association endpoint; a record that cannot be read is absent."""
        return self._records.on_records(object_type, record_ids)

    def read(self, task_ids: Iterable[str], properties: Sequence[str]) -> list[Engagement]:
        """The tasks that exist, in no order; 100 a call."""
        return self._records.read(task_ids, properties)

    def find_markers(self, object_type: str, record_ids: Iterable[str]) -> Markers:
        """Our tasks on these records; never by search, whose index lags."""
        return self._records.find_markers(object_type, record_ids)

    def there(self, records_by_key: Mapping[str, RecordRef]) -> Markers:
        """Our tasks of these keys; their records are of one object type."""
        return self._records.there(records_by_key)

    def is_same(self, engagement: Engagement, task: NewTask, *, edited: bool) -> bool:
        """Whether a task that carries no key is this one; `edited` as for `Engagements`."""
        return self._records.is_same(engagement, _properties(task), edited=edited)


def _is_owner_refused(refusal: Refusal | None) -> bool:
    """By the property that HubSpot names, or by its code where it names none."""
    return refusal is not None and (OWNER in refusal.properties or _INVALID_OWNER in refusal.codes)


def _for_deputies(refused: Sequence[NewTask]) -> list[NewTask]:
    """Those that have a deputy, for that one."""
    return [
        _instead(task, task.deputy_id, task.refused.for_lead)
        for task in refused
        if task.deputy_id and task.deputy_id != task.owner_id
    ]


def _for_nobody(refused: Sequence[NewTask]) -> list[NewTask]:
    return [_instead(task, None, task.refused.for_nobody) for task in refused]


def _instead(task: NewTask, owner_id: str | None, remark: str) -> NewTask:
    return replace(task, owner_id=owner_id, body=f"{task.body}\n{remark}", deputy_id=None)


def _properties(task: NewTask) -> Mapping[str, str]:
    properties = {
        "hs_timestamp": wire_time.to_wire(task.due_at_ms),
        SUBJECT: task.subject,
        "hs_task_body": as_html(task.body),
        STATUS: "NOT_STARTED",
        "hs_task_priority": task.priority,
        "hs_task_type": "TODO",
    }
    owner = {OWNER: task.owner_id} if task.owner_id else {}
    return properties | owner
