"""Pipelines: read, made, changed, replaced, deleted, and the trail of all that."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hubspot_sandbox import pipeline_rules, refusals
from hubspot_sandbox.bodies.body import read
from hubspot_sandbox.bodies.pipelines import PipelineIn, PipelinePatchIn, StageIn
from hubspot_sandbox.json_views import Answer, Json, audit_json, pipeline_json
from hubspot_sandbox.object_types import TICKETS
from hubspot_sandbox.pipelines import Audited, Pipeline, Stage
from hubspot_sandbox.routes.call import SEPTEMBER

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hubspot_sandbox.routes.call import Call

_EDITOR_USER_ID = 61_000_001
_FIRST_OWN_ID = 900_000_001


def list_pipelines(call: Call) -> Answer:
    """All pipelines of tickets; there is no paging."""
    return Answer(200, {"results": [pipeline_json(one) for one in pipelines_of(call).values()]})


def get_pipeline(call: Call) -> Answer:
    """One pipeline."""
    return Answer(200, pipeline_json(pipeline_named(call)))


def create_pipeline(call: Call) -> Answer:
    """A new one with its stages; ids are taken as they are sent."""
    _check_kind(call)
    asked = read(PipelineIn, call.body)
    pipeline_id = asked.pipeline_id or fresh_id(call)
    made = Pipeline(pipeline_id, asked.label, _stages(call, asked), asked.display_order, call.now_ms, call.now_ms)
    pipeline_rules.check_pipeline(made, pipelines_of(call).values())
    keep(call, made)
    note(call, made.id, "CREATE", pipeline_json(made))
    return Answer(201, pipeline_json(made))


def update_pipeline(call: Call) -> Answer:
    """Another label or place. It moves the modification time of every stage."""
    known = pipeline_named(call)
    asked = read(PipelinePatchIn, call.body)
    changed = replace(
        known,
        label=known.label if asked.label is None else asked.label,
        display_order=known.display_order if asked.display_order is None else asked.display_order,
        stages=tuple(replace(stage, updated_ms=call.now_ms) for stage in known.stages),
        updated_ms=call.now_ms,
    )
    return _changed(call, changed)


def replace_pipeline(call: Call) -> Answer:
    """Other contents: stages named stay, those without an id are new, those left out are deleted."""
    known = pipeline_named(call)
    asked = read(PipelineIn, call.body)
    stages = _stages(call, asked, known)
    gone = [one.id for one in known.stages if one.id not in {stage.id for stage in stages}]
    check_references(call, gone)
    changed = Pipeline(known.id, asked.label, stages, asked.display_order, known.created_ms, call.now_ms)
    return _changed(call, changed)


def delete_pipeline(call: Call) -> Answer:
    """For good. The 2026-09 edition refuses while a ticket is in it; the others only when told to look."""
    known = pipelines_of(call).get(call.params["pipeline_id"])
    if known is None:
        raise refusals.not_found(f"Pipeline {call.params['pipeline_id']} does not exist")
    check_references(call, [one.id for one in known.stages])
    call.portal.set_pipelines(one for one in call.portal.pipelines.values() if one.id != known.id)
    note(call, known.id, "DELETE", pipeline_json(known))
    return Answer(204)


def audit_pipeline(call: Call) -> Answer:
    """What was done to a pipeline, newest first; one that was deleted still has its trail."""
    return audited(call, call.params["pipeline_id"])


def audited(call: Call, identifier: str) -> Answer:
    """The trail of a pipeline or stage."""
    portal_id = call.portal.account.portal_id
    return Answer(200, {"results": [audit_json(one, portal_id) for one in call.portal.pipeline_trail.of(identifier)]})


def pipelines_of(call: Call) -> dict[str, Pipeline]:
    """Only tickets have pipelines here."""
    return call.portal.pipelines if call.kind is TICKETS else {}


def pipeline_named(call: Call) -> Pipeline:
    """The pipeline the path names, or `Refused` 404."""
    pipeline_id = call.params["pipeline_id"]
    pipeline = pipelines_of(call).get(pipeline_id)
    if pipeline is None:
        raise refusals.not_found(f"Pipeline {pipeline_id} does not exist")
    return pipeline


def check_references(call: Call, stage_ids: list[str]) -> None:
    """Raises `Refused` 400 while a ticket is in one of the stages, where the edition looks at that."""
    if call.version == SEPTEMBER or call.flag("validateReferencesBeforeDelete"):
        pipeline_rules.check_unused(call.portal, stage_ids)


def keep(call: Call, pipeline: Pipeline) -> None:
    """Put a pipeline in place, new or changed."""
    call.portal.set_pipelines({**call.portal.pipelines, pipeline.id: pipeline}.values())


def note(call: Call, identifier: str, action: str, raw: Json) -> None:
    """Leave a trace."""
    message = f"{action.capitalize()}d by an app"
    call.portal.pipeline_trail.note(Audited(identifier, action, call.now_ms, _EDITOR_USER_ID, message, raw))


def fresh_id(call: Call, taken: Iterable[str] = ()) -> str:
    """A number no pipeline or stage has as its id."""
    used = set(taken) | set(call.portal.pipelines)
    used |= {stage.id for one in call.portal.pipelines.values() for stage in one.stages}
    number = _FIRST_OWN_ID
    while str(number) in used:
        number += 1
    return str(number)


def _changed(call: Call, pipeline: Pipeline) -> Answer:
    others = [one for one in pipelines_of(call).values() if one.id != pipeline.id]
    pipeline_rules.check_pipeline(pipeline, others)
    keep(call, pipeline)
    note(call, pipeline.id, "UPDATE", pipeline_json(pipeline))
    return Answer(200, pipeline_json(pipeline))


def _stages(call: Call, asked: PipelineIn, known: Pipeline | None = None) -> tuple[Stage, ...]:
    made: list[Stage] = []
    for one in asked.stages:
        stage_id = one.stage_id or fresh_id(call, [*(stage.id for stage in made), asked.pipeline_id or ""])
        made.append(_stage(call, one, stage_id, known))
    return pipeline_rules.settled(made)


def _stage(call: Call, asked: StageIn, stage_id: str, known: Pipeline | None) -> Stage:
    before = known.stage(stage_id) if known else None
    created_ms = before.created_ms if before else call.now_ms
    closed = pipeline_rules.closed(asked.metadata, otherwise=before is not None and before.closed)
    return Stage(stage_id, asked.label, closed, asked.display_order, created_ms, call.now_ms)


def _check_kind(call: Call) -> None:
    if call.kind is not TICKETS:
        raise refusals.invalid(f"Object type {call.kind.type_id} does not support pipelines here")
