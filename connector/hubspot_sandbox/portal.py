"""One HubSpot account, as the routes serve it and as tests arrange it.

What it holds is in `portal_state`, how it is written in `portal_writes`. `Portal` adds what is convenient from Python:
names, ids as text, aware datetimes. These methods take the portal's `lock` themselves; whoever calls the others while
the portal is being served holds it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sandbox import ticket_effects
from hubspot_sandbox.behaviour import Behaviour
from hubspot_sandbox.instants import to_ms
from hubspot_sandbox.object_types import TASKS, TICKETS, object_type
from hubspot_sandbox.portal_writes import LinkRequest, PortalWrites

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from hubspot_sandbox.portal_state import Id
    from hubspot_sandbox.property_values import Scalar
    from hubspot_sandbox.records import Version

__all__ = ["API", "PERSON", "Behaviour", "LinkRequest", "Portal"]

API = "INTEGRATION"
PERSON = "CRM_UI"


class Portal(PortalWrites):
    """The whole account."""

    def create(
        self, type_name: str, properties: Mapping[str, Scalar], *, at: datetime | None = None, source: str = PERSON
    ) -> str:
        """Create a record as of `at` (default: now) and answer its id."""
        with self.current():
            record = self.insert(object_type(type_name), properties, at_ms=self._at_ms(at), source=source)
            return str(record.id)

    def update(
        self,
        type_name: str,
        record_id: Id,
        properties: Mapping[str, Scalar],
        *,
        at: datetime | None = None,
        source: str = PERSON,
    ) -> None:
        """Write properties as of `at` (default: now)."""
        kind = object_type(type_name)
        with self.current():
            self.change(kind, self.record(kind, record_id), properties, at_ms=self._at_ms(at), source=source)

    def archive(self, type_name: str, record_id: Id) -> None:
        """Move a record into the recycle bin."""
        kind = object_type(type_name)
        with self.current():
            self.table(kind).archive(self.record(kind, record_id), self.clock.now_ms())

    def associate(
        self,
        from_type: str,
        from_id: Id,
        to_type: str,
        to_id: Id,
        *,
        primary: bool = False,
        at: datetime | None = None,
    ) -> None:
        """Link two records; `primary` makes the company the one of its ticket or contact."""
        source, target = object_type(from_type), object_type(to_type)
        types = self.links.types
        link = types.primary(source, target) if primary else types.unlabelled(source, target)
        with self.current():
            self.record(source, from_id)
            self.record(target, to_id)
            self.link(link, int(from_id), int(to_id), at_ms=self._at_ms(at))

    def read(self, type_name: str, record_id: Id) -> dict[str, str]:
        """The properties that are set. Raises `Refused` 404."""
        with self.current():
            return dict(self.record(object_type(type_name), record_id).values)

    def history(self, type_name: str, record_id: Id, name: str) -> list[Version]:
        """The values a property had, newest first."""
        with self.current():
            return self.record(object_type(type_name), record_id).versions(name)

    def ids(self, type_name: str) -> list[str]:
        """Ids of the live records of a type, ascending."""
        with self.current():
            return [str(record_id) for record_id in self.table(object_type(type_name)).ids()]

    def tasks_of(self, ticket_id: Id) -> list[dict[str, str]]:
        """The properties of the live tasks on a ticket, oldest first."""
        with self.current():
            linked = self.links.of(TICKETS, int(ticket_id), TASKS)
            tasks = [self.table(TASKS).find(task_id) for task_id in sorted(linked)]
            return [dict(task.values) for task in tasks if task is not None]

    def receive_customer_message(self, ticket_id: Id, at: datetime | None = None) -> None:
        """The customer wrote. As in HubSpot, `hs_lastmodifieddate` stays as it is."""
        with self.current():
            at_ms = self._at_ms(at)
            self.calculate(TICKETS, self.record(TICKETS, ticket_id), ticket_effects.customer_message(at_ms), at_ms)

    def send_agent_message(self, ticket_id: Id, at: datetime | None = None) -> None:
        """An agent answered. As in HubSpot, `hs_lastmodifieddate` stays as it is."""
        with self.current():
            at_ms = self._at_ms(at)
            ticket = self.record(TICKETS, ticket_id)
            self.calculate(TICKETS, ticket, ticket_effects.agent_message(ticket.values, at_ms), at_ms)

    def _at_ms(self, at: datetime | None) -> int:
        return self.clock.now_ms() if at is None else to_ms(at)
