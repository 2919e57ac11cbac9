"""What HubSpot itself keeps of the stages of a record, whatever its object type: which one it is in, and since when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from hubspot_sandbox.instants import parse_instant, to_wire
from hubspot_sandbox.refusals import BadValue

if TYPE_CHECKING:
    from hubspot_sandbox.object_types import ObjectType
    from hubspot_sandbox.pipelines import Pipeline, Stage

Values = Mapping[str, str]
Changes = dict[str, str | None]


def stage_problem(
    kind: ObjectType, before: Values, changes: Mapping[str, str | None], pipelines: Mapping[str, Pipeline]
) -> BadValue | None:
    """Why the record may not be in the stage it would have: a stage belongs to one pipeline."""
    if kind.stage not in changes and kind.pipeline not in changes:
        return None
    after = {**before, **changes}
    pipeline = pipelines.get(after.get(kind.pipeline) or "")
    stage_id = after.get(kind.stage) or ""
    if pipeline is None or not (stage_id or kind.stage in kind.required) or pipeline.stage(stage_id):
        return None
    allowed = ", ".join(stage.id for stage in pipeline.stages)
    return BadValue(
        kind.stage,
        "INVALID_OPTION",
        f"{stage_id} was not one of the allowed options: [{allowed}] of pipeline {pipeline.id}",
    )


def new_stage(
    kind: ObjectType, before: Values, changes: Mapping[str, str | None], pipelines: Mapping[str, Pipeline]
) -> Stage | None:
    """The stage that these changes move the record to; None: they do not, or there is no such stage."""
    stage_id = changes.get(kind.stage)
    if not stage_id or stage_id == before.get(kind.stage):
        return None
    pipeline = pipelines.get(changes.get(kind.pipeline) or before.get(kind.pipeline, ""))
    return pipeline.stage(stage_id) if pipeline else None


def stage_entered(kind: ObjectType, before: Values, stage_id: str, at_ms: int) -> Changes:
    """Calculated properties after a move to a stage."""
    entered = "hs_v2_date_entered_current_stage", "hs_v2_time_in_current_stage", f"hs_v2_date_entered_{stage_id}"
    return stage_left(kind, before, at_ms) | dict.fromkeys(entered, to_wire(at_ms))


def stage_left(kind: ObjectType, before: Values, at_ms: int) -> Changes:
    """When the stage it was in was left, and how long it was in it, this time and in all (milliseconds)."""
    stage_id = before.get(kind.stage)
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
