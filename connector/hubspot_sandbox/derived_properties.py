"""Properties that HubSpot works out when they are read, as a count of links or a comparison with the clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sandbox.instants import parse_instant
from hubspot_sandbox.object_types import CALLS, COMPANIES, EMAILS, MEETINGS, NOTES, TASKS, TICKETS

if TYPE_CHECKING:
    from collections.abc import Callable

    from hubspot_sandbox.object_types import ObjectType
    from hubspot_sandbox.portal_state import PortalState
    from hubspot_sandbox.records import Record


def value_of(portal: PortalState, kind: ObjectType, record: Record, name: str) -> str | None:
    """The value of a property of a record, stored or derived; None when it has none."""
    derive = _DERIVED.get((kind.name, name))
    return record.values.get(name) if derive is None else derive(portal, record)


def _companies(portal: PortalState, ticket: Record) -> str:
    return str(len(portal.links.of(TICKETS, ticket.id, COMPANIES)))


def _conversations(portal: PortalState, ticket: Record) -> str:
    stored = portal.conversations.of_ticket(ticket.id)
    return str(len(stored)) if stored else "1" if "hs_last_message_received_at" in ticket.values else "0"


def _activities(portal: PortalState, ticket: Record) -> str:
    """Tasks do not count."""
    return str(sum(len(portal.links.of(TICKETS, ticket.id, kind)) for kind in (EMAILS, CALLS, MEETINGS, NOTES)))


def _overdue(portal: PortalState, task: Record) -> str:
    due = task.values.get("hs_timestamp")
    is_open = task.values.get("hs_task_status") != "COMPLETED"
    return "true" if due and is_open and parse_instant(due) < portal.clock.now_ms() else "false"


_DERIVED: dict[tuple[str, str], Callable[[PortalState, Record], str]] = {
    (TICKETS.name, "hs_num_associated_companies"): _companies,
    (TICKETS.name, "hs_num_associated_conversations"): _conversations,
    (TICKETS.name, "num_notes"): _activities,
    (TASKS.name, "hs_task_is_overdue"): _overdue,
}
