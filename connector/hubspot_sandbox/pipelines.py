"""Pipelines, their stages, and the trail of what was done to them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage; `closed` is HubSpot's ticketState, or `isClosed` where records are won or lost: there `probability` says
    how likely winning is, from 0.0 to 1.0. HubSpot's own stages were created at epoch 0."""

    id: str
    label: str
    closed: bool = False
    display_order: int = 0
    created_ms: int = 0
    updated_ms: int = 0
    probability: str = ""


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


class Audited(NamedTuple):
    """One thing somebody did to a pipeline or a stage; `action` is CREATE, UPDATE or DELETE."""

    identifier: str
    action: str
    at_ms: int
    user_id: int
    message: str
    raw: dict[str, object]


@dataclass(slots=True)
class AuditTrail:
    """What was done to pipelines and stages, oldest first."""

    _entries: list[Audited] = field(default_factory=list)

    def note(self, entry: Audited) -> None:
        """Remember one."""
        self._entries.append(entry)

    def of(self, identifier: str) -> list[Audited]:
        """Everything done to one pipeline or stage, newest first."""
        return [entry for entry in reversed(self._entries) if entry.identifier == identifier]
