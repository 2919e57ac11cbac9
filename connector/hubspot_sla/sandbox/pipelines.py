"""Pipelines of tickets and their stages."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage; `closed` is HubSpot's ticketState. HubSpot's own stages were created at epoch 0."""

    id: str
    label: str
    closed: bool = False
    display_order: int = 0
    created_ms: int = 0
    updated_ms: int = 0


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A pipeline and its stages in order."""

    id: str
    label: str
    stages: tuple[Stage, ...]
    display_order: int = 0
    created_ms: int = 0
    updated_ms: int = 0

    def stage(self, stage_id: str) -> Stage | None:
        """The stage of that id."""
        return next((stage for stage in self.stages if stage.id == stage_id), None)
