"""What a checker wants to know of a client after a run: tasks made twice, writes that were lost or had no answer."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubspot_sandbox.object_types import TASKS, TICKETS, object_type

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubspot_sandbox.portal import Portal
    from hubspot_sandbox.records import Record
    from hubspot_sandbox.request_log import Json, Request, RequestLog, Write

MARKERS = ("sla_task_key", "hs_task_subject")


@dataclass(frozen=True, slots=True)
class Duplicates:
    """Live tasks on one ticket that say the same; `marker` is the property that says it."""

    ticket_id: str
    marker: str
    value: str
    task_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lost:
    """A value a client wrote last, and what is there instead; `request` is the one that wrote it."""

    type: str
    record_id: str
    name: str
    wrote: str | None
    actual: str | None
    request: int


def duplicate_tasks(portal: Portal, markers: tuple[str, ...] = MARKERS) -> list[Duplicates]:
    """Tasks that are on one ticket twice, by the first of `markers` that a task carries."""
    groups: dict[tuple[int, str, str], list[str]] = defaultdict(list)
    for task in portal.table(TASKS):
        marker = next((name for name in markers if task.values.get(name)), None)
        if marker is not None:
            for ticket_id in portal.links.of(TASKS, task.id, TICKETS):
                groups[ticket_id, marker, task.values[marker]].append(str(task.id))
    return [Duplicates(str(group[0]), *group[1:], tuple(ids)) for group, ids in sorted(groups.items()) if len(ids) > 1]


def lost_writes(portal: Portal, request_log: RequestLog) -> list[Lost]:
    """Values that requests wrote and that somebody else has overwritten since, in records that still live."""
    last: dict[tuple[str, int], dict[str, tuple[str | None, int]]] = {}
    for write in request_log.writes():
        if write.action in ("create", "update"):
            last_values = last.setdefault((write.type, write.record_id), {})
            last_values.update({name: (value, write.request) for name, value in write.properties.items()})
    return [
        lost
        for (type_name, record_id), last_values in last.items()
        for lost in _lost(portal, type_name, record_id, last_values)
    ]


def _lost(
    portal: Portal, type_name: str, record_id: int, last_values: dict[str, tuple[str | None, int]]
) -> Iterator[Lost]:
    kind = object_type(type_name)
    record = portal.table(kind).find(record_id)
    for name, (wrote, request) in last_values.items() if record is not None else ():
        actual = _value(record, name)
        definition = portal.catalogue(kind).find(name)
        if actual != wrote and definition is not None and not definition.read_only:
            yield Lost(type_name, str(record_id), name, wrote, actual, request)


def _value(record: Record | None, name: str) -> str | None:
    return None if record is None else record.values.get(name)


def unanswered_writes(request_log: RequestLog) -> int:
    """Writes that are kept though their client never got the answer."""
    return sum(len(request_log.written_by(request)) for request in request_log.unanswered())


def summary(portal: Portal, request_log: RequestLog) -> Json:
    """The counts, for the admin endpoint and the command."""
    return {
        **request_log.as_json(),
        "refused": request_log.refused(),
        "writes": request_log.written(),
        "duplicate_tasks": len(duplicate_tasks(portal)),
        "lost_writes": len(lost_writes(portal, request_log)),
        "unanswered_writes": unanswered_writes(request_log),
    }


class ClientReport:
    """What happened, read under the portal's lock: what a test asks a running sandbox."""

    def __init__(self, portal: Portal, request_log: RequestLog) -> None:
        self._portal = portal
        self._request_log = request_log

    def requests(self, *, kind: str | None = None, status: int | None = None) -> list[Request]:
        """All requests, oldest first; of one kind, or with one status."""
        with self._portal.lock:
            return self._request_log.latest(-1, kind=kind, status=status)[::-1]

    def writes(self, type_name: str | None = None, record_id: str | int | None = None) -> list[Write]:
        """Every write that is kept, in order; of one type, or of one record."""
        kind = None if type_name is None else object_type(type_name).name
        with self._portal.lock:
            wanted_id = None if record_id is None else int(record_id)
            return list(self._request_log.writes(type_name=kind, record_id=wanted_id))

    def written_by(self, request: Request) -> list[Write]:
        """What one request left behind."""
        with self._portal.lock:
            return self._request_log.written_by(request)

    def refused(self) -> dict[str, int]:
        """429s by policy."""
        with self._portal.lock:
            return self._request_log.refused()

    def duplicate_tasks(self, *markers: str) -> list[Duplicates]:
        """Tasks that are on one ticket twice."""
        with self._portal.lock:
            return duplicate_tasks(self._portal, markers or MARKERS)

    def lost_writes(self) -> list[Lost]:
        """Values requests wrote that somebody else has overwritten since."""
        with self._portal.lock:
            return lost_writes(self._portal, self._request_log)

    def unanswered_writes(self) -> int:
        """Writes that are kept though their client never got the answer."""
        with self._portal.lock:
            return unanswered_writes(self._request_log)

    def summary(self) -> Json:
        """The counts of everything."""
        with self._portal.lock:
            return summary(self._portal, self._request_log)
