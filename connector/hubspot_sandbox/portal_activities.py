"""What an activity does to the tickets it is logged on: an e-mail, a call, a meeting or a note is news of them.

Tasks are work to be done, not activity, and move nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sandbox.instants import parse_instant
from hubspot_sandbox.object_types import CALLS, EMAILS, MEETINGS, NOTES, TICKETS, ObjectType
from hubspot_sandbox.portal_writes import PortalWrites
from hubspot_sandbox.records import CALCULATED, versions_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hubspot_sandbox.associations import LinkType
    from hubspot_sandbox.property_values import Scalar
    from hubspot_sandbox.records import Record
    from hubspot_sandbox.stage_effects import Changes

LOGGED = (EMAILS, CALLS, MEETINGS, NOTES)
"""What counts in `num_notes`, and modifies the ticket it is logged on."""
_LAST_EMAIL = "hs_last_email_activity"


class PortalActivities(PortalWrites):
    """Speaks epoch milliseconds. Whoever calls holds the portal's lock."""

    def link(self, link: LinkType, record_id: int, other_id: int, *, at_ms: int) -> None:
        """Associate two existing records; a ticket follows what is logged on it."""
        super().link(link, record_id, other_id, at_ms=at_ms)
        self.follow_link(link, record_id, other_id, at_ms=at_ms)

    def follow_link(self, link: LinkType, record_id: int, other_id: int, *, at_ms: int) -> None:
        """What a new link changes of a ticket on which something is logged by it."""
        for kind, activity_id, target, ticket_id in (
            (link.source, record_id, link.target, other_id),
            (link.target, other_id, link.source, record_id),
        ):
            if kind in LOGGED and target is TICKETS:
                self._is_logged(kind, activity_id, ticket_id, at_ms)

    def change(
        self, kind: ObjectType, record: Record, properties: Mapping[str, Scalar], *, at_ms: int, source: str
    ) -> set[str]:
        """Write properties; tickets follow an activity whose time was changed."""
        changed = super().change(kind, record, properties, at_ms=at_ms, source=source)
        if kind in LOGGED and "hs_timestamp" in changed:
            for ticket_id in self.links.of(kind, record.id, TICKETS):
                self._is_logged(kind, record.id, ticket_id, at_ms)
        return changed

    def _is_logged(self, kind: ObjectType, activity_id: int, ticket_id: int, at_ms: int) -> None:
        activity, ticket = self.table(kind).find(activity_id), self.table(TICKETS).find(ticket_id)
        if activity is None or ticket is None:
            return
        changes = _last_email(ticket, activity) if kind is EMAILS else {}
        modified_ms = at_ms if self.behaviour.activities_modify_tickets else None
        self.table(TICKETS).write(ticket, versions_of(changes, at_ms, CALCULATED), modified_ms=modified_ms)


def _last_email(ticket: Record, email: Record) -> Changes:
    """The time of the latest one, which is not the time at which it was logged."""
    at, before = email.values["hs_timestamp"], ticket.values.get(_LAST_EMAIL)
    is_later = before is None or parse_instant(at) > parse_instant(before)
    return {_LAST_EMAIL: at} if is_later else {}
