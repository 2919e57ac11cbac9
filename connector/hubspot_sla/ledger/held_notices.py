"""Notices that a restored ledger does not send: what was reached before the restore may have been sent already.

A message to Slack, Teams, e-mail or a webhook cannot be found again, as tasks and notes can. So whoever restores a
backup may have all held that was reached until then. They are withdrawn with that reason, and their rungs stand as
reached.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hubspot_sla.ledger import state
from hubspot_sla.plan.instant_text import wire

if TYPE_CHECKING:
    import sqlite3

    from hubspot_sla.plan.actions import Notify

REASON: Final = "held: a backup was restored after it was reached, so it may have been sent before"
_WAITING: Final = "kind = 'notification' and state in ('pending', 'claimed', 'unknown', 'refused', 'held')"


def held_before(db: sqlite3.Connection) -> int | None:
    """Notices of what was reached before this instant (epoch ms) are held; None: none are."""
    return state.read_instant(db, state.HELD_BEFORE)


def is_held(notice: Notify, before: int | None) -> bool:
    return before is not None and notice.facts.get("reached_at", "") < wire(before)


def hold(db: sqlite3.Connection, before: int) -> int:
    """From now on; also everything that waits. How many waited."""
    state.write(db, state.HELD_BEFORE, before)
    return db.execute(f"update outbox set state = 'withdrawn', reason = ? where {_WAITING}", (REASON,)).rowcount


def withdraw(db: sqlite3.Connection) -> None:
    """Those among what was just queued that are to be held."""
    before = held_before(db)
    if before is not None:
        db.execute(
            "update outbox set state = 'withdrawn', reason = ? where kind = 'notification' and state = 'pending'"
            " and state in ('pending', 'claimed', 'unknown', 'refused') and json_extract(body, '$.reached_at') < ?",
            (REASON, wire(before)),
        )
