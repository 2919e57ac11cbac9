"""Deadlines: what time alone has changed is judged and written when it changes, not at the next poll.

Due instants are known in advance. The worker sleeps until the earliest and calls this: the tickets concerned, and no
others, are read again by their ids (a search might not show yet what was done in time), judged, recorded and written,
properties before tasks. Edited mappings wait for the next sync.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hubspot_sla.flows import policies
from hubspot_sla.flows.run import begun, surveyor
from hubspot_sla.flows.running.jobs import NOTHING, Nothing
from hubspot_sla.ledger import notes, tickets

if TYPE_CHECKING:
    from hubspot_sla.flows.journal import Tally
    from hubspot_sla.flows.parts import Parts

UNREADABLE_MS: Final = 5 * 60_000
"""A ticket that HubSpot would not tell us of is asked for again so much later."""


def next_at(parts: Parts) -> int | None:
    """The earliest deadline of any ticket (epoch ms)."""
    return tickets.next_deadline(parts.ledger.db)


def watch(parts: Parts) -> Tally | Nothing:
    """Judge and write every ticket whose deadline has come. With none due: no call, no row.

    Raises what HubSpot or the ledger raise; whatever was recorded until then stands.
    """
    db = parts.ledger.db
    with parts.ledger.telling_damage():
        now, go_live_at = parts.now(), notes.read_instant(db, notes.GO_LIVE)
        due = tickets.due(db, now)
        if not due or go_live_at is None:
            return NOTHING
        versions = policies.in_force(db, parts.compiled)
        with begun(parts, "watch") as run:
            run.carry_out(lambda before: surveyor(parts, versions, go_live_at, before=before).of_deadlines(due))
        if not parts.stopping():
            _postpone(parts, now)
        return run.tally


def _postpone(parts: Parts, now: int) -> None:
    """What is still due by the time at which this began is what HubSpot would not tell us of."""
    stuck = tickets.due(parts.ledger.db, now)
    if stuck:
        with parts.ledger.transaction() as db:
            tickets.postpone(db, stuck, now + UNREADABLE_MS)
