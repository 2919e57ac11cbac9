"""HubSpot's time as far as it is known without asking it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from hubspot_sla.ledger import state

if TYPE_CHECKING:
    import sqlite3


def wall_now() -> int:
    """Epoch ms by the local clock alone."""
    return time.time_ns() // 1_000_000


def local_now(db: sqlite3.Connection) -> int:
    """Epoch ms: the local clock, corrected by the offset to HubSpot's that the last run saw."""
    return wall_now() + (state.read_instant(db, state.OFFSET) or 0)
