"""What a worker runs, by name: a proof is told which of them to run, and in which order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.flows.runs import sync as syncing
from hubspot_sla.flows.runs.deadlines import watch
from hubspot_sla.flows.runs.refresh import refresh
from hubspot_sla.flows.runs.slow_lane import slow_lane
from hubspot_sla.flows.runs.sweep import sweep

if TYPE_CHECKING:
    from collections.abc import Callable

    from hubspot_sla.flows.context.context import Context

    Lane = Callable[[Context], object]


def _backfill(context: Context) -> object:
    """Every ticket, read by the list endpoint as if for the first time."""
    return syncing.sync(context, backfill=True)


FAST = "sync"
LANES: dict[str, Lane] = {
    FAST: syncing.sync,
    "watch": watch,
    "slow lane": slow_lane,
    "sweep": sweep,
    "refresh": refresh,
    "backfill": _backfill,
}
CATCHING_UP = ("sync", "slow lane", "sweep", "refresh")
"""After these, in this order and with no fault in force, the ledger equals the portal."""
