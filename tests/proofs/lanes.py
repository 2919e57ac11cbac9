"""What a worker runs, by name: a proof is told which of them to run, and in which order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.flows import sync as syncing

if TYPE_CHECKING:
    from collections.abc import Callable

    from hubspot_sla.flows.parts import Parts

    Lane = Callable[[Parts], object]


def _everything(parts: Parts) -> object:
    """Every ticket, read by the list endpoint."""
    return syncing.sync(parts, backfill=True)


FAST, SWEEP = "sync", "sweep"
LANES: dict[str, Lane] = {FAST: syncing.sync, "everything": _everything}
CATCHING_UP = ("sync", "everything")
"""After these, in this order and with no fault in force, the ledger equals the portal."""
