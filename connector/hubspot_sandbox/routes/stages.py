"""The stages of a pipeline: read, made, changed, replaced, deleted, and the trail of all that."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hubspot_sandbox import pipeline_rules
from hubspot_sandbox.bodies.body import read
from hubspot_sandbox.bodies.pipelines import StageIn, StagePatchIn
from hubspot_sandbox.json_views import Answer, stage_json
from hubspot_sandbox.pipelines import Pipeline, Stage
from hubspot_sandbox.refusals import invalid, no_such_record
from hubspot_sandbox.routes.pipelines import (
    audited,
    check_references,
    fresh_id,
    keep,
    note,
    pipeline_named,
    pipelines_of,
)

if TYPE_CHECKING:
    from hubspot_sandbox.routes.call import Call


def list_stages(call: Call) -> Answer:
    """The stages of one pipeline."""
    return Answer(200, {"results": [stage_json(stage) for stage in pipeline_named(call).stages]})


def get_stage(call: Call) -> Answer:
    """One stage."""
    _, stage = _named(call)
    return Answer(200, stage_json(stage))


def create_stage(call: Call) -> Answer:
    """A new one, at its place; at a taken place it goes behind the one that has it."""
    pipeline = pipeline_named(call)
    body = read(StageIn, call.body)
    stage_id = body.stage_id or fresh_id(call)
    closed, probability = pipeline_rules.state(call.kind, body.metadata)
    stage = Stage(stage_id, body.label, closed, body.display_order, call.now_ms, call.now_ms, probability)
    pipeline_rules.check_stage(stage, pipeline.stages, pipelines_of(call).values())
    return _kept(call, pipeline, stage, "CREATE", 201)


def update_stage(call: Call) -> Answer:
    """Another label, place or state; what is not sent stays."""
    pipeline, before = _named(call)
    changes = read(StagePatchIn, call.body)
    metadata = {name: value for name, value in changes.metadata.items() if value is not None}
    closed, probability = pipeline_rules.state(call.kind, metadata, before)
    changed = replace(
        before,
        label=before.label if changes.label is None else changes.label,
        display_order=before.display_order if changes.display_order is None else changes.display_order,
        closed=closed,
        updated_ms=call.now_ms,
        probability=probability,
    )
    return _changed(call, pipeline, changed)


def replace_stage(call: Call) -> Answer:
    """All of it but the id."""
    pipeline, before = _named(call)
    body = read(StageIn, call.body)
    closed, probability = pipeline_rules.state(call.kind, body.metadata, before)
    changed = Stage(before.id, body.label, closed, body.display_order, before.created_ms, call.now_ms, probability)
    return _changed(call, pipeline, changed)


def delete_stage(call: Call) -> Answer:
    """For good. One that is not there, or in another pipeline, is fine and stays as it is."""
    pipeline = pipelines_of(call).get(call.params["pipeline_id"])
    stage = pipeline.stage(call.params["stage_id"]) if pipeline else None
    if pipeline is None or stage is None:
        return Answer(204)
    check_references(call, [stage.id])
    others = tuple(other for other in pipeline.stages if other.id != stage.id)
    if not others:
        raise invalid("Pipeline must have at least one stage")
    pipeline_rules.check_closed(others)
    keep(call, replace(pipeline, stages=others, updated_ms=call.now_ms))
    note(call, stage.id, "DELETE", stage_json(stage))
    return Answer(204)


def audit_stage(call: Call) -> Answer:
    """What was done to a stage, newest first."""
    return audited(call, call.params["stage_id"])


def _changed(call: Call, pipeline: Pipeline, stage: Stage) -> Answer:
    beside = [other for other in pipeline.stages if other.id != stage.id]
    pipeline_rules.check_stage(stage, beside, ())
    pipeline_rules.check_closed([*beside, stage])
    return _kept(call, pipeline, stage, "UPDATE", 200)


def _kept(call: Call, pipeline: Pipeline, stage: Stage, action: str, status: int) -> Answer:
    stages = pipeline_rules.placed(pipeline.stages, stage)
    changed = replace(pipeline, stages=stages, updated_ms=call.now_ms)
    keep(call, changed)
    shown_json = stage_json(changed.stage(stage.id) or stage)
    note(call, stage.id, action, shown_json)
    return Answer(status, shown_json)


def _named(call: Call) -> tuple[Pipeline, Stage]:
    pipeline = pipeline_named(call)
    stage = pipeline.stage(call.params["stage_id"])
    if stage is None:
        raise no_such_record()
    return pipeline, stage
