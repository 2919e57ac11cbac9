"""What HubSpot itself changes on a deal when somebody changes its stage or owner."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sandbox.instants import to_wire
from hubspot_sandbox.object_types import DEALS
from hubspot_sandbox.stage_effects import new_stage, stage_entered
from hubspot_sandbox.ticket_effects import owner_changed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hubspot_sandbox.account import Owner
    from hubspot_sandbox.pipelines import Pipeline
    from hubspot_sandbox.stage_effects import Changes, Values

_WON = "1.0"


def consequences(
    before: Values,
    changes: Mapping[str, str | None],
    pipelines: Mapping[str, Pipeline],
    owners: Mapping[str, Owner],
    at_ms: int,
) -> Changes:
    """Everything HubSpot adds to `changes` of its own accord. Closing sets the close date, unless somebody does."""
    added: Changes = {}
    stage = new_stage(DEALS, before, changes, pipelines)
    if stage is not None:
        added |= stage_entered(DEALS, before, stage.id, at_ms)
        added["hs_is_closed"] = str(stage.closed).lower()
        added["hs_is_closed_won"] = str(stage.closed and stage.probability == _WON).lower()
        if stage.closed and before.get("hs_is_closed") != "true" and "closedate" not in changes:
            added["closedate"] = to_wire(at_ms)
    return added | owner_changed(before, changes, owners, at_ms)
