"""As of when everything in a ledger is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hubspot_sla.ledger import outcomes, runs

if TYPE_CHECKING:
    import sqlite3

SYNC: Final = "sync"


def known_until(db: sqlite3.Connection) -> int | None:
    """The instant (epoch ms) of its last sync, or of a judgement since; None before the first."""
    good = runs.last_success(db, SYNC)
    known = [at for at in (good.ended_at if good else None, outcomes.newest_judgement(db)) if at is not None]
    return max(known, default=None)
