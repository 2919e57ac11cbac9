"""What a stage of a pipeline means to the clocks."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StageRule:
    """`role` is open, waiting or closed; it is held by a team or a vendor, or by nobody in particular; `closing` says
    why a ticket that comes there was closed."""

    role: str
    team: str | None = None
    vendor: str | None = None
    closing: str | None = None
