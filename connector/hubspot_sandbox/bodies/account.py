"""What is asked of the account and its clock."""

from __future__ import annotations

from pydantic import Field

from hubspot_sandbox.bodies.body import Body


class TokenIn(Body):
    """The token somebody asks about."""

    token_key: str


class ClockIn(Body):
    """A move of the virtual clock."""

    now: str | None = None
    advance_s: float | None = Field(default=None, alias="advance_s")
    frozen: bool | None = None
