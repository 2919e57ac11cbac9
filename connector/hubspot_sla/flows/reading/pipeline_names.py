"""The names of pipelines and stages, as they come whenever the portal's pipelines are read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.ledger.names import Named, stage_key
from hubspot_sla.plan.records import RecordRef

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hubspot_sla.hubspot.schema import Pipeline


def of_pipelines(object_type: str, pipelines: Iterable[Pipeline]) -> dict[Named, dict[str, str]]:
    """By kind and id. HubSpot's ids of pipelines are only known to be unique within an object type."""
    listed = {RecordRef(object_type, pipeline.id).key: pipeline for pipeline in pipelines}
    stages = {stage_key(id_, stage.id): stage.label for id_, pipeline in listed.items() for stage in pipeline.stages}
    return {Named.PIPELINE: {id_: pipeline.label for id_, pipeline in listed.items()}, Named.STAGE: stages}
