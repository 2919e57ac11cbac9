"""The messages of records, read where something says that there are new ones; see `docs/explanation/messages.md`.

Threads are read when a message time of a record moved, or when a thread that was listed for that is newer than it was
read; activities that a policy needs, when a property that counts them, or the record itself, changed. The sweep reads
both of every open record. What may not be read rests: the record's properties stand in for it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

from hubspot_sla.errors import AccessDenied, RequestRejected, UnexpectedAnswer
from hubspot_sla.flows.reading.customers import reason_to_rest
from hubspot_sla.flows.reading.message_work import NEVER, MessageWork
from hubspot_sla.flows.reading.messages_read import NOTHING_READ
from hubspot_sla.ledger import message_reading

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from hubspot_sla.flows.reading.message_work import MessageScope
    from hubspot_sla.flows.reading.messages_read import MessagesRead
    from hubspot_sla.hubspot.record_rows import CrmRecord
    from hubspot_sla.ledger.message_reading import Reading

MESSAGES: Final = "messages"
"""What rests where the token may not read conversations."""
LOGGED: Final = "logged {}"
"""What rests where it may not read a kind of activities: each has a scope of its own."""


@dataclass(slots=True)
class MessageReader:
    """Reads for one run, of one object type."""

    scope: MessageScope
    is_closed: Callable[[CrmRecord], bool]
    closed_too: bool = False
    """Whether a walk also reads records that were closed before anything was read of them."""
    _resting: dict[str, str] = field(default_factory=dict)

    def read(self, rows: Sequence[CrmRecord], *, whole: bool) -> MessagesRead:
        """What is new on these records. `whole`: they come of a walk, in no order of time; what was closed before it is
        left out. The sweep brings closed ones only where no sync has seen them."""
        scope, readings = self.scope, self._readings(row.id for row in rows)
        if whole and not self.closed_too and not scope.everything:
            rows = [row for row in rows if row.id in readings or not self.is_closed(row)]
        of_threads = [row for row in rows if self._threads_moved(row, readings)] if scope.words.reads_threads else []
        of_activities = [row for row in rows if self._activities_moved(row, readings)] if scope.activities else []
        if not of_threads and not of_activities:
            return NOTHING_READ
        work = MessageWork(scope, readings, {row.id: row for row in (*of_threads, *of_activities)})
        if of_threads and not self._rests(MESSAGES):
            self._attempt(MESSAGES, partial(work.read_threads, of_threads, whole=whole))
        if of_threads and self._rests(MESSAGES):
            work.owe(of_threads)
        for kind in scope.activities if of_activities else ():
            if not self._rests(LOGGED.format(kind)):
                self._attempt(LOGGED.format(kind), partial(work.read_activities, kind, of_activities))
        if of_activities and not any(self._rests(LOGGED.format(kind)) for kind in scope.activities):
            work.note_activities(of_activities)
        return work.result(self._resting)

    def read_listed(self) -> MessagesRead:
        """Of the threads that were listed, those of records that no page has shown; and the threads of records that
        told of a message which no thread showed, for which a list is asked for if there is none yet."""
        scope = self.scope
        pending = [] if scope.everything else message_reading.pending(scope.db, scope.object_type, scope.now())
        if self._rests(MESSAGES) or not (pending or scope.listing.by_ticket):
            return NOTHING_READ
        work = MessageWork(scope, self._readings((*pending, *scope.listing.by_ticket)), {})
        self._attempt(MESSAGES, partial(work.read_listed, pending))
        return work.result(self._resting)

    def owed(self, rows: Sequence[CrmRecord]) -> set[str]:
        """Those whose threads have moved, and could not be read then: they may have been closed since."""
        if not self.scope.words.reads_threads:
            return set()
        readings = self._readings(row.id for row in rows)
        return {row.id for row in rows if (one := readings.get(row.id)) and one.seen not in ("", self.scope.seen(row))}

    def _readings(self, record_ids: Iterable[str]) -> dict[str, Reading]:
        return message_reading.load(self.scope.db, self.scope.object_type, record_ids)

    def _rests(self, part: str) -> bool:
        """Whether this run has been refused already."""
        return bool(self._resting.get(part))

    def _attempt(self, part: str, read: Callable[[], None]) -> None:
        """HubSpot's refusal makes the part rest; it is tried again by the next run."""
        try:
            read()
        except AccessDenied as missing:
            self._resting[part] = reason_to_rest(missing)
        except (RequestRejected, UnexpectedAnswer) as rejected:
            self._resting[part] = f"HubSpot does not let it be read: {rejected}"
        else:
            self._resting[part] = ""

    def _threads_moved(self, row: CrmRecord, readings: Mapping[str, Reading]) -> bool:
        reading = readings.get(row.id, NEVER)
        return self.scope.everything or self.scope.seen(row) != (reading.seen or self.scope.nothing_seen)

    def _activities_moved(self, row: CrmRecord, readings: Mapping[str, Reading]) -> bool:
        return self.scope.everything or self.scope.activities_seen(row) != readings.get(row.id, NEVER).activities_seen
