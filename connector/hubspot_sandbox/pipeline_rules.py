"""What HubSpot checks and does when somebody edits a pipeline: labels, ids, order, and one closed stage at least.

As seen on live accounts: two stages never share a place (the later one goes behind it and all are numbered anew),
labels are compared without case and surrounding spaces, ids are taken as sent, and what is deleted is gone for good.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hubspot_sandbox import refusals
from hubspot_sandbox.object_types import TICKETS
from hubspot_sandbox.property_index import EXACT
from hubspot_sandbox.refusals import Refused

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hubspot_sandbox.object_types import ObjectType
    from hubspot_sandbox.pipelines import Pipeline, Stage
    from hubspot_sandbox.portal import Portal

LONGEST_PIPELINE_ID, LONGEST_STAGE_ID = 36, 100
_STATES = ("OPEN", "CLOSED")
_MOST_IDS_NAMED = 100


def check_pipeline(pipeline: Pipeline, others: Iterable[Pipeline]) -> None:
    """Raises `Refused` for a pipeline that cannot stand beside the others."""
    _check_order(pipeline.display_order)
    if len(pipeline.id) > LONGEST_PIPELINE_ID or any(len(stage.id) > LONGEST_STAGE_ID for stage in pipeline.stages):
        raise Refused(500, "internal error")  # the live API does no better
    for other in others:
        _check_beside(pipeline, other)
    if not pipeline.stages:
        raise refusals.invalid("Pipeline must have at least one stage")
    if _twice(_plain(stage.label) for stage in pipeline.stages):
        raise refusals.invalid("Stage labels must be unique within a pipeline")
    if _twice(stage.id for stage in pipeline.stages):
        raise refusals.invalid("Stage IDs must be unique within a pipeline")
    check_closed(pipeline.stages)


def _check_beside(pipeline: Pipeline, other: Pipeline) -> None:
    if other.id == pipeline.id:
        raise refusals.invalid(f"There's another pipeline {other.label} with pipelineId {other.id}")
    if _plain(other.label) == _plain(pipeline.label):
        raise refusals.invalid(f"An active pipeline with label {pipeline.label} already exists")
    shared_ids = [stage.id for stage in pipeline.stages if other.stage(stage.id)]
    if shared_ids:
        raise Refused(
            409,
            f"Stage IDs: [{', '.join(shared_ids)}] already exist in another pipeline.",
            category="CONFLICT",
            sub_category="PipelineError.STAGE_ID_EXISTS_IN_ANOTHER_PIPELINE",
            context={"stageIds": shared_ids},
        )


def check_stage(stage: Stage, beside: Iterable[Stage], elsewhere: Iterable[Pipeline]) -> None:
    """Raises `Refused` for a stage that cannot stand beside those of its own pipeline, or of another."""
    _check_order(stage.display_order)
    if len(stage.id) > LONGEST_STAGE_ID:
        raise Refused(500, "internal error")
    if any(_plain(other.label) == _plain(stage.label) for other in beside):
        raise refusals.invalid(
            f"A stage with label {stage.label} already exists", sub_category="PipelineError.STAGE_LABEL_EXISTS"
        )
    if any(other.id == stage.id for other in beside) or any(other.stage(stage.id) for other in elsewhere):
        raise Refused(400, f"A pipeline is already using stage id {stage.id}")


def check_closed(stages: Iterable[Stage]) -> None:
    """A pipeline of tickets keeps a closed stage; where records are won or lost that is not asked."""
    if not any(stage.closed or stage.probability for stage in stages):
        raise refusals.invalid(
            "A ticket pipeline must have at least one closed stage",
            sub_category="PipelineError.MISSING_CLOSED_STAGE",
        )


def check_unused(portal: Portal, kind: ObjectType, stage_ids: Sequence[str]) -> None:
    """Raises `Refused` 400 naming the records in these stages; what is in the recycle bin does not count."""
    index = portal.table(kind).index(kind.stage, EXACT)
    ids_by_stage = {stage_id: ids for stage_id in stage_ids if (ids := index.having([stage_id]))}
    if not ids_by_stage:
        return
    record_ids = [str(record_id) for ids in ids_by_stage.values() for record_id in ids]
    stages, records = ", ".join(ids_by_stage), ", ".join(record_ids[:_MOST_IDS_NAMED])
    raise refusals.invalid(
        f"Stage IDs: [{stages}] are being referenced by object IDs: [{records}]",
        sub_category="PipelineError.STAGE_ID_IN_USE",
        context={"stageIds": [f"[{stages}]"], "objectIds": [f"[{records}]"]},
    )


def state(kind: ObjectType, metadata: Mapping[str, str], before: Stage | None = None) -> tuple[bool, str]:
    """Whether a stage's metadata calls it closed, and its probability of winning ("" for tickets); what is not said
    stays. Raises `Refused` 400 for a state there is not."""
    if kind is not TICKETS:
        return _likelihood(metadata.get("probability") or (before.probability if before else ""))
    ticket_state = metadata.get("ticketState")
    if ticket_state is None:
        return before is not None and before.closed, ""
    if ticket_state not in _STATES:
        raise _bad_metadata(f"ticketState {ticket_state} is not one of {', '.join(_STATES)}")
    return ticket_state == "CLOSED", ""


def _likelihood(probability: str) -> tuple[bool, str]:
    """What is certain to be won, or to be lost, is closed."""
    try:
        number = float(probability)
    except ValueError:
        number = -1.0
    if not 0.0 <= number <= 1.0:
        raise _bad_metadata(f"probability {probability or 'null'} is not a number from 0.0 to 1.0")
    return number in (0.0, 1.0), str(number)


def _bad_metadata(message: str) -> Refused:
    return refusals.invalid(message, sub_category="PipelineError.INVALID_PIPELINE_STAGE_METADATA")


def placed(stages: Iterable[Stage], stage: Stage) -> tuple[Stage, ...]:
    """The stages with this one at its place, in order; at a taken place it goes behind the one that has it."""
    others = sorted((other for other in stages if other.id != stage.id), key=_place)
    taken = any(other.display_order == stage.display_order for other in others)
    ordered = sorted([*others, stage], key=lambda other: (other.display_order, other is stage))
    return renumbered(ordered) if taken else tuple(ordered)


def renumbered(stages: Iterable[Stage]) -> tuple[Stage, ...]:
    """The stages in this order, numbered from nought."""
    return tuple(replace(stage, display_order=place) for place, stage in enumerate(stages))


def settled(stages: Sequence[Stage]) -> tuple[Stage, ...]:
    """Stages sent together, in order; where two claim one place, all are numbered anew."""
    ordered = sorted(stages, key=_place)
    return renumbered(ordered) if _twice(str(stage.display_order) for stage in ordered) else tuple(ordered)


def _place(stage: Stage) -> int:
    return stage.display_order


def _check_order(display_order: int) -> None:
    if display_order < 0:
        raise refusals.invalid(f"displayOrder must not be negative, and is {display_order}")


def _plain(label: str) -> str:
    return label.strip().casefold()


def _twice(values: Iterable[str]) -> bool:
    listed = list(values)
    return len(set(listed)) < len(listed)
