"""HubSpot's time as far as it is known without asking it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from hubspot_sla.hubspot.current_time import ClockMode, offset_in_use
from hubspot_sla.hubspot.server_clock import EARLIEST_MS, LATEST_MS
from hubspot_sla.ledger import state

if TYPE_CHECKING:
    import sqlite3


def wall_now() -> int:
    """Epoch ms by the local clock alone."""
    return time.time_ns() // 1_000_000


def local_now(db: sqlite3.Connection, mode: ClockMode) -> int:
    """Epoch ms: the local clock, corrected by the offset to HubSpot's that the last run saw, as far as `mode` says."""
    return wall_now() + offset_in_use(kept_offset(db), mode)


def kept_offset(db: sqlite3.Connection) -> int:
    """HubSpot's clock minus the local one as the last run saw it; 0 where it saw none, or none that can be."""
    offset_ms = state.read_instant(db, state.OFFSET) or 0
    return offset_ms if EARLIEST_MS <= wall_now() + offset_ms < LATEST_MS else 0
