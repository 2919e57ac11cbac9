"""Pipelines: read, made, changed, replaced, deleted, and the trail of all that."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hubspot_sandbox import pipeline_rules, refusals
from hubspot_sandbox.bodies.body import read
from hubspot_sandbox.bodies.pipelines import PipelineIn, PipelinePatchIn, StageIn
from hubspot_sandbox.json_views import Answer, Json, audit_json, pipeline_json
from hubspot_sandbox.pipelines import Audited, Pipeline, Stage
from hubspot_sandbox.routes.call import SEPTEMBER

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hubspot_sandbox.routes.call import Call

_EDITOR_USER_ID = 61_000_001
_FIRST_OWN_ID = 900_000_001


def list_pipelines(call: Call) -> Answer:
    """All pipelines of a type; there is no paging."""
    return Answer(200, {"results": [pipeline_json(pipeline) for pipeline in pipelines_of(call).values()]})


def get_pipeline(call: Call) -> Answer:
    """One pipeline."""
    return Answer(200, pipeline_json(pipeline_named(call)))


def create_pipeline(call: Call) -> Answer:
    """A new one with its stages; ids are taken as they are sent."""
    _check_kind(call)
    body = read(PipelineIn, call.body)
    pipeline_id = body.pipeline_id or fresh_id(call)
    pipeline = Pipeline(pipeline_id, body.label, _stages(call, body), body.display_order, call.now_ms, call.now_ms)
    pipeline_rules.check_pipeline(pipeline, pipelines_of(call).values())
    keep(call, pipeline)
    note(call, pipeline.id, "CREATE", pipeline_json(pipeline))
    return Answer(201, pipeline_json(pipeline))


def update_pipeline(call: Call) -> Answer:
    """Another label or place. It moves the modification time of every stage."""
    before = pipeline_named(call)
    changes = read(PipelinePatchIn, call.body)
    changed = replace(
        before,
        label=before.label if changes.label is None else changes.label,
        display_order=before.display_order if changes.display_order is None else changes.display_order,
        stages=tuple(replace(stage, updated_ms=call.now_ms) for stage in before.stages),
        updated_ms=call.now_ms,
    )
    return _changed(call, changed)


def replace_pipeline(call: Call) -> Answer:
    """Other contents: stages named stay, those without an id are new, those left out are deleted."""
    before = pipeline_named(call)
    body = read(PipelineIn, call.body)
    stages = _stages(call, body, before)
    removed_ids = [stage.id for stage in before.stages if stage.id not in {stage.id for stage in stages}]
    check_references(call, removed_ids)
    changed = Pipeline(before.id, body.label, stages, body.display_order, before.created_ms, call.now_ms)
    return _changed(call, changed)


def delete_pipeline(call: Call) -> Answer:
    """For good. The 2026-09 edition refuses while a record is in it; the others only when told to look."""
    pipeline = pipelines_of(call).get(call.params["pipeline_id"])
    if pipeline is None:
        raise refusals.not_found(f"Pipeline {call.params['pipeline_id']} does not exist")
    check_references(call, [other.id for other in pipeline.stages])
    call.portal.set_pipelines([other for other in pipelines_of(call).values() if other.id != pipeline.id], call.kind)
    note(call, pipeline.id, "DELETE", pipeline_json(pipeline))
    return Answer(204)


def audit_pipeline(call: Call) -> Answer:
    """What was done to a pipeline, newest first; one that was deleted still has its trail."""
    return audited(call, call.params["pipeline_id"])


def audited(call: Call, identifier: str) -> Answer:
    """The trail of a pipeline or stage."""
    portal_id = call.portal.account.portal_id
    return Answer(
        200, {"results": [audit_json(entry, portal_id) for entry in call.portal.pipeline_trail.of(identifier)]}
    )


def pipelines_of(call: Call) -> dict[str, Pipeline]:
    """By id; only tickets and deals have any here."""
    return call.portal.pipelines_of(call.kind)


def pipeline_named(call: Call) -> Pipeline:
    """The pipeline the path names, or `Refused` 404."""
    pipeline_id = call.params["pipeline_id"]
    pipeline = pipelines_of(call).get(pipeline_id)
    if pipeline is None:
        raise refusals.not_found(f"Pipeline {pipeline_id} does not exist")
    return pipeline


def check_references(call: Call, stage_ids: list[str]) -> None:
    """Raises `Refused` 400 while a record is in one of the stages, where the edition looks at that."""
    if call.version == SEPTEMBER or call.flag("validateReferencesBeforeDelete"):
        pipeline_rules.check_unused(call.portal, call.kind, stage_ids)


def keep(call: Call, pipeline: Pipeline) -> None:
    """Put a pipeline in place, new or changed."""
    call.portal.set_pipelines({**pipelines_of(call), pipeline.id: pipeline}.values(), call.kind)


def note(call: Call, identifier: str, action: str, raw: Json) -> None:
    """Leave a trace."""
    message = f"{action.capitalize()}d by an app"
    call.portal.pipeline_trail.note(Audited(identifier, action, call.now_ms, _EDITOR_USER_ID, message, raw))


def fresh_id(call: Call, taken: Iterable[str] = ()) -> str:
    """A number no pipeline or stage has as its id."""
    used = set(taken) | set(pipelines_of(call))
    used |= {stage.id for pipeline in pipelines_of(call).values() for stage in pipeline.stages}
    number = _FIRST_OWN_ID
    while str(number) in used:
        number += 1
    return str(number)


def _changed(call: Call, pipeline: Pipeline) -> Answer:
    others = [other for other in pipelines_of(call).values() if other.id != pipeline.id]
    pipeline_rules.check_pipeline(pipeline, others)
    keep(call, pipeline)
    note(call, pipeline.id, "UPDATE", pipeline_json(pipeline))
    return Answer(200, pipeline_json(pipeline))


def _stages(call: Call, body: PipelineIn, before: Pipeline | None = None) -> tuple[Stage, ...]:
    stages: list[Stage] = []
    for stage_body in body.stages:
        stage_id = stage_body.stage_id or fresh_id(call, [*(stage.id for stage in stages), body.pipeline_id or ""])
        stages.append(_stage(call, stage_body, stage_id, before))
    return pipeline_rules.settled(stages)


def _stage(call: Call, body: StageIn, stage_id: str, pipeline: Pipeline | None) -> Stage:
    before = pipeline.stage(stage_id) if pipeline else None
    created_ms = before.created_ms if before else call.now_ms
    closed, probability = pipeline_rules.state(call.kind, body.metadata, before)
    return Stage(stage_id, body.label, closed, body.display_order, created_ms, call.now_ms, probability)


def _check_kind(call: Call) -> None:
    if not call.kind.stage:
        raise refusals.invalid(f"Object type {call.kind.type_id} does not support pipelines here")
