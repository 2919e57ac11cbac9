"""What HubSpot itself changes on a ticket when somebody changes its stage or owner, or a message comes or goes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from hubspot_sandbox.instants import parse_instant, to_wire
from hubspot_sandbox.refusals import BadValue

if TYPE_CHECKING:
    from hubspot_sandbox.account import Owner
    from hubspot_sandbox.pipelines import Pipeline

_SOURCE_ID = "2900001"
Values = Mapping[str, str]
Changes = dict[str, str | None]


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


def stage_problem(
    before: Values, changes: Mapping[str, str | None], pipelines: Mapping[str, Pipeline]
) -> BadValue | None:
    """Why the ticket may not be in the stage it would have: a stage belongs to one pipeline."""
    if "hs_pipeline_stage" not in changes and "hs_pipeline" not in changes:
        return None
    after = {**before, **changes}
    pipeline = pipelines.get(after.get("hs_pipeline") or "")
    stage_id = after.get("hs_pipeline_stage") or ""
    if pipeline is None or pipeline.stage(stage_id):
        return None
    allowed = ", ".join(stage.id for stage in pipeline.stages)
    return BadValue(
        "hs_pipeline_stage",
        "INVALID_OPTION",
        f"{stage_id} was not one of the allowed options: [{allowed}] of pipeline {pipeline.id}",
    )


def stage_entered(before: Values, stage_id: str, pipeline: Pipeline | None, at_ms: int) -> Changes:
    """Calculated properties after a move to a stage. Reopening clears `closed_date` and keeps the last one."""
    at = to_wire(at_ms)
    changes = stage_left(before, at_ms)
    entered = "hs_v2_date_entered_current_stage", "hs_v2_time_in_current_stage", f"hs_v2_date_entered_{stage_id}"
    changes |= dict.fromkeys(entered, at)
    stage = pipeline.stage(stage_id) if pipeline else None
    closed = stage is not None and stage.closed
    was_closed = before.get("hs_is_closed") == "true"
    changes["hs_is_closed"] = "true" if closed else "false"
    if closed and not was_closed:
        changes |= {"closed_date": at, "hs_last_closed_date": at, "time_to_close": _since_creation(before, at_ms)}
    if was_closed and not closed:
        changes |= {"closed_date": None, "hs_ticket_reopened_at": at, "time_to_close": None}
    return changes


def stage_left(before: Values, at_ms: int) -> Changes:
    """When the stage it was in was left, and how long it was in it, this time and in all (milliseconds)."""
    stage_id = before.get("hs_pipeline_stage")
    entered = before.get(f"hs_v2_date_entered_{stage_id}")
    if stage_id is None or entered is None:
        return {}
    stayed_ms = max(0, at_ms - parse_instant(entered))
    total_ms = int(before.get(f"hs_v2_cumulative_time_in_{stage_id}", "0")) + stayed_ms
    return {
        f"hs_v2_date_exited_{stage_id}": to_wire(at_ms),
        f"hs_v2_latest_time_in_{stage_id}": str(stayed_ms),
        f"hs_v2_cumulative_time_in_{stage_id}": str(total_ms),
    }


def _since_creation(before: Values, at_ms: int) -> str:
    created = before.get("createdate")
    return str(at_ms - parse_instant(created)) if created else "0"


def owner_given(before: Values, owner_id: str | None, owners: Mapping[str, Owner], at_ms: int) -> Changes:
    """Calculated properties after an assignment, or after the owner was taken away."""
    owner = owners.get(owner_id or "")
    team = owner.primary_team if owner else None
    changes: Changes = {
        "hubspot_owner_assigneddate": to_wire(at_ms) if owner_id else None,
        "hubspot_team_id": team.id if team else None,
    }
    if owner_id and "hs_time_to_first_rep_assignment" not in before:
        changes["hs_time_to_first_rep_assignment"] = _since_creation(before, at_ms)
    return changes


def consequences(
    before: Values,
    changes: Mapping[str, str | None],
    pipelines: Mapping[str, Pipeline],
    owners: Mapping[str, Owner],
    at_ms: int,
) -> Changes:
    """Everything HubSpot adds to `changes` of its own accord."""
    added: Changes = {}
    stage_id = changes.get("hs_pipeline_stage")
    if stage_id and stage_id != before.get("hs_pipeline_stage"):
        pipeline_id = changes.get("hs_pipeline") or before.get("hs_pipeline", "")
        added |= stage_entered(before, stage_id, pipelines.get(pipeline_id), at_ms)
    if "hubspot_owner_id" in changes and changes["hubspot_owner_id"] != before.get("hubspot_owner_id"):
        added |= owner_given(before, changes["hubspot_owner_id"], owners, at_ms)
    return added


def customer_message(at_ms: int) -> Changes:
    """A message of the customer came in."""
    at = to_wire(at_ms)
    return {"hs_last_message_received_at": at, "last_reply_date": at, "hs_last_message_from_visitor": "true"}


def agent_message(before: Values, at_ms: int) -> Changes:
    """An agent wrote; the first time also sets the first-reply properties."""
    at = to_wire(at_ms)
    contacted = int(before.get("hs_num_times_contacted", "0")) + 1
    changes: Changes = {
        "hs_last_message_sent_at": at,
        "hs_last_message_from_visitor": "false",
        "hs_num_times_contacted": str(contacted),
    }
    if "hs_first_agent_message_sent_at" not in before:
        changes |= {"hs_first_agent_message_sent_at": at, "first_agent_reply_date": at}
        if "createdate" in before:
            changes["time_to_first_agent_reply"] = str(at_ms - parse_instant(before["createdate"]))
    return changes


def stage_properties(pipelines: Iterable[Pipeline]) -> list[tuple[str, str]]:
    """Names and types of the per-stage properties that exist because these pipelines do."""
    return [
        (f"hs_v2_{what}_{stage.id}", type_)
        for pipeline in pipelines
        for stage in pipeline.stages
        for what, type_ in _PER_STAGE
    ]


_PER_STAGE = (
    ("date_entered", "datetime"),
    ("date_exited", "datetime"),
    ("latest_time_in", "number"),
    ("cumulative_time_in", "number"),
)
