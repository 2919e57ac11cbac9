"""Deadlines: what time alone has changed is judged and written when it changes, not at the next poll.

Due instants are known in advance. The worker sleeps until the earliest and calls this: the tickets concerned, and no
others, are read again by their ids (a search might not show yet what was done in time), judged, recorded and written,
properties before tasks. Edited mappings wait for the next sync.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from hubspot_sla.flows import binding, deliver, journal, policies, run
from hubspot_sla.flows.jobs import NOTHING, Nothing
from hubspot_sla.flows.journal import Tally
from hubspot_sla.flows.sync import surveyor_of
from hubspot_sla.ledger import notes, runs, tickets

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

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
        if not binding.is_familiar(parts):
            binding.bind_portal(parts)
        tally = Tally()
        _recorded(parts, tally, lambda run_id: _judge(parts, due, go_live_at, run_id, tally))
        if not parts.stopping():
            _postpone(parts, now)
        return tally


def _recorded(parts: Parts, tally: Tally, work: Callable[[str], None]) -> None:
    """The work as one run, with its row in the ledger."""
    run_id, calls_before = run.new_id(), Counter(parts.portal.transport.calls)
    with parts.ledger.transaction() as db:
        runs.begin(db, run_id, "watch", parts.now())
    try:
        work(run_id)
    finally:
        tally.calls = Counter(parts.portal.transport.calls) - calls_before
        with parts.ledger.transaction() as db:
            runs.end(db, run_id, parts.now(), tally.as_json())


def _judge(parts: Parts, due: Sequence[str], go_live_at: int, run_id: str, tally: Tally) -> None:
    surveyor = surveyor_of(parts, policies.in_force(parts.ledger.db), go_live_at)
    for batch in surveyor.of_deadlines(due):
        journal.write(parts.ledger, batch, run_id=run_id, at=parts.now())
        journal.count(batch, tally)
        deliver.flush(parts, run_id, tally, full_batches_only=True)
        if parts.stopping():
            break
    deliver.flush(parts, run_id, tally)


def _postpone(parts: Parts, now: int) -> None:
    """What is still due by the time at which this began is what HubSpot would not tell us of."""
    stuck = tickets.due(parts.ledger.db, now)
    if stuck:
        with parts.ledger.transaction() as db:
            tickets.postpone(db, stuck, now + UNREADABLE_MS)
