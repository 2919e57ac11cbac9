"""Engagements of the first edition."""

from __future__ import annotations

from pydantic import Field

from hubspot_sandbox.bodies.body import Body


class EngagementHeadIn(Body):
    """What the first edition of engagements tells of every kind alike. The type is set once."""

    type: str = ""
    owner_id: int | None = None
    timestamp: int | None = None


class EngagementIn(Body):
    """An engagement of the first edition, or changes to one."""

    engagement: EngagementHeadIn = EngagementHeadIn()
    associations: dict[str, list[int]] = Field(default_factory=dict)
    metadata: dict[str, object] = Field(default_factory=dict)
