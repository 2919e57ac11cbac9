"""Pipelines and stages."""

from __future__ import annotations

from pydantic import Field

from hubspot_sandbox.bodies.body import Body, Text


class StageIn(Body):
    """A stage that is being made or replaced."""

    label: str
    display_order: int
    metadata: dict[str, Text] = Field(default_factory=dict)
    stage_id: str | None = None


class StagePatchIn(Body):
    """What may change of a stage; None leaves it alone."""

    label: str | None = None
    display_order: int | None = None
    metadata: dict[str, Text | None] = Field(default_factory=dict)


class PipelineIn(Body):
    """A pipeline that is being made or replaced. In a replacement, stages are known by their `stage_id`."""

    label: str
    display_order: int
    stages: list[StageIn] = Field(default_factory=list)
    pipeline_id: str | None = None


class PipelinePatchIn(Body):
    """What may change of a pipeline; None leaves it alone."""

    label: str | None = None
    display_order: int | None = None
