"""The names of pipelines and stages, as they come whenever the portal's pipelines are read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.ledger.names import Named, stage_key

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hubspot_sla.hubspot.schema import Pipeline


def of_pipelines(pipelines: Iterable[Pipeline]) -> dict[Named, dict[str, str]]:
    """By kind and id."""
    listed = list(pipelines)
    stages = {stage_key(one.id, stage.id): stage.label for one in listed for stage in one.stages}
    return {Named.PIPELINE: {one.id: one.label for one in listed}, Named.STAGE: stages}
