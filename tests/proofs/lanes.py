"""What a worker runs, by name: a proof is told which of them to run, and in which order."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from hubspot_sla.flows.runs import sync as syncing
from hubspot_sla.flows.runs.deadlines import next_at, watch
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


def giving_way(context: Context) -> Context:
    """The same, which gives way between any two pages to what is due then, as in the worker."""

    def is_due() -> bool:
        at = next_at(context)
        return at is not None and at <= context.now()

    return replace(context, urgent=is_due, do_urgent=partial(watch, context.within(inner=True)))


def _sync(context: Context) -> object:
    return syncing.sync(giving_way(context))


def _sweep(context: Context) -> object:
    return sweep(giving_way(context))


FAST = "sync"
LANES: dict[str, Lane] = {
    FAST: syncing.sync,
    "watch": watch,
    "slow lane": slow_lane,
    "sweep": sweep,
    "refresh": refresh,
    "backfill": _backfill,
    "sync giving way": _sync,
    "sweep giving way": _sweep,
}
CATCHING_UP = ("sync", "slow lane", "sweep", "refresh")
"""After these, in this order and with no fault in force, the ledger equals the portal."""
