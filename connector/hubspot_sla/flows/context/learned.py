"""What one run learns of the portal beside its content, for the next run: its time, its quota, the count of its day."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from hubspot_sla.flows.context import quota_share
from hubspot_sla.ledger import state, versions

if TYPE_CHECKING:
    import sqlite3

    from hubspot_sla.hubspot.quota_share import Share
    from hubspot_sla.hubspot.transport import Transport


def take_up(db: sqlite3.Connection, transport: Transport, share: Share) -> None:
    """Have the transport go on from where the ledger's last run left it."""
    agreed_ms = state.read_instant(db, state.CLOCKS_AGREED)
    transport.assume_time(state.read_instant(db, state.OFFSET) or 0, _reached(db), agreed_ms)
    transport.day = quota_share.day_of(db, transport, share)


def _reached(db: sqlite3.Connection) -> int | None:
    """The latest instant by which this ledger's runs acted: as of which they judged, or put mappings in force."""
    known = [state.read_instant(db, state.JUDGED_UNTIL), versions.latest_effective_at(db)]
    return max((at for at in known if at is not None), default=None)


def keep(db: sqlite3.Connection, transport: Transport) -> None:
    """What HubSpot's answers told beside their content, for whoever looks without asking it."""
    state.write(db, state.OFFSET, transport.offset_ms)
    if transport.agreed_ms is not None:
        state.write(db, state.CLOCKS_AGREED, transport.agreed_ms)
    quota_share.keep(db, transport)
    left = transport.quota
    if left.daily is not None:
        quota = {"daily": left.daily, "left": left.daily_left, "at": transport.now_ms()}
        state.write(db, state.QUOTA, orjson.dumps(quota).decode())
