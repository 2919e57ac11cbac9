"""What HubSpot itself changes on a ticket when somebody changes its stage or owner, or a message comes or goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sandbox.instants import parse_instant, to_wire
from hubspot_sandbox.object_types import TICKETS
from hubspot_sandbox.records import CALCULATED, versions_of
from hubspot_sandbox.stage_effects import Changes, Values, new_stage, stage_entered

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hubspot_sandbox.account import Owner
    from hubspot_sandbox.pipelines import Pipeline
    from hubspot_sandbox.records import Version

_SOURCE_ID = "2900001"


def at_creation(record_id: int, source: str, at_ms: int) -> Changes:
    """What every new ticket carries without being told."""
    return {
        "hs_ticket_id": str(record_id),
        "hs_helpdesk_sort_timestamp": to_wire(at_ms),
        "hs_is_visible_in_help_desk": "true",
        "hs_object_source_id": _SOURCE_ID,
        "hs_num_times_contacted": "0",
        "hs_last_message_from_visitor": "false",
        "hs_object_source": source,
        "hs_object_source_label": source,
    }


def _stage_entered(before: Values, stage_id: str, at_ms: int, *, closed: bool) -> Changes:
    """Calculated properties after a move to a stage. Reopening clears `closed_date` and keeps the last one."""
    at = to_wire(at_ms)
    changes = stage_entered(TICKETS, before, stage_id, at_ms)
    was_closed = before.get("hs_is_closed") == "true"
    changes["hs_is_closed"] = "true" if closed else "false"
    if closed and not was_closed:
        changes |= {"closed_date": at, "hs_last_closed_date": at, "time_to_close": _since_creation(before, at_ms)}
    if was_closed and not closed:
        changes |= {"closed_date": None, "hs_ticket_reopened_at": at, "time_to_close": None}
    return changes


def _since_creation(before: Values, at_ms: int) -> str:
    created = before.get("createdate")
    return str(at_ms - parse_instant(created)) if created else "0"


def owner_changed(
    before: Values, changes: Mapping[str, str | None], owners: Mapping[str, Owner], at_ms: int
) -> Changes:
    """Calculated properties after an assignment, or after the owner was taken away."""
    if "hubspot_owner_id" not in changes or changes["hubspot_owner_id"] == before.get("hubspot_owner_id"):
        return {}
    owner_id = changes["hubspot_owner_id"]
    owner = owners.get(owner_id or "")
    team = owner.primary_team if owner else None
    return {
        "hubspot_owner_assigneddate": to_wire(at_ms) if owner_id else None,
        "hubspot_team_id": team.id if team else None,
    }


def consequences(
    before: Values,
    changes: Mapping[str, str | None],
    pipelines: Mapping[str, Pipeline],
    owners: Mapping[str, Owner],
    at_ms: int,
) -> Changes:
    """Everything HubSpot adds to `changes` of its own accord."""
    added: Changes = {}
    stage_id = changes.get(TICKETS.stage)
    if stage_id and stage_id != before.get(TICKETS.stage):
        stage = new_stage(TICKETS, before, changes, pipelines)
        added |= _stage_entered(before, stage_id, at_ms, closed=stage is not None and stage.closed)
    given = owner_changed(before, changes, owners, at_ms)
    if given and changes["hubspot_owner_id"] and "hs_time_to_first_rep_assignment" not in before:
        given["hs_time_to_first_rep_assignment"] = _since_creation(before, at_ms)
    return added | given


def customer_message(at_ms: int) -> Changes:
    """A message of the customer came in."""
    at = to_wire(at_ms)
    return {
        "hs_last_message_received_at": at,
        "last_reply_date": at,
        "hs_last_message_from_visitor": "true",
        "hs_latest_message_visible_to_visitor_sent_at": at,
        "hs_latest_message_is_thread_comment": "false",
    }


def agent_message(before: Values, at_ms: int, *, first: bool = True, sent_by: str = "") -> Changes:
    """The help desk wrote; the first time also sets the first-reply properties, unless `first` is False.

    `sent_by` is the owner who wrote, "" for a machine.
    """
    at = to_wire(at_ms)
    contacted = int(before.get("hs_num_times_contacted", "0")) + 1
    changes: Changes = {
        "hs_last_message_sent_at": at,
        "hs_last_message_from_visitor": "false",
        "hs_num_times_contacted": str(contacted),
        "hs_latest_message_visible_to_visitor_sent_at": at,
        "hs_latest_message_is_thread_comment": "false",
    }
    if first and "hs_first_agent_message_sent_at" not in before:
        changes |= {"hs_first_agent_message_sent_at": at, "first_agent_reply_date": at}
        if sent_by:
            changes["hs_first_agent_message_sent_by"] = sent_by
        if "createdate" in before:
            changes["time_to_first_agent_reply"] = str(at_ms - parse_instant(before["createdate"]))
    return changes


def escalated(at_ms: int) -> dict[str, Version]:
    """The AI agent handed over."""
    changes = {"hs_customer_agent_ticket_status": "ESCALATED", "hs_customer_agent_escalated_time": to_wire(at_ms)}
    return versions_of(changes, at_ms, CALCULATED)
