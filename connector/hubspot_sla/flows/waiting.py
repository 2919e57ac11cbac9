"""What waits in the outbox, sent between two syncs: refused and patient long enough, or left by a run that ended."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from hubspot_sla.flows import deliver, run
from hubspot_sla.flows.jobs import NOTHING, Nothing
from hubspot_sla.flows.journal import Tally
from hubspot_sla.ledger import outbox, runs

if TYPE_CHECKING:
    from hubspot_sla.flows.parts import Parts


def send_waiting(parts: Parts) -> Tally | Nothing:
    """Send what can be sent now. With nothing to send: no call, no row."""
    if not outbox.can_be_sent(parts.ledger.db, parts.now()):
        return NOTHING
    run_id, tally, calls_before = run.new_id(), Tally(), Counter(parts.portal.transport.calls)
    with parts.ledger.transaction() as db:
        runs.begin(db, run_id, "deliver", parts.now())
    try:
        deliver.finish(parts, run_id, tally)
    finally:
        tally.calls = Counter(parts.portal.transport.calls) - calls_before
        with parts.ledger.transaction() as db:
            runs.end(db, run_id, parts.now(), tally.as_json())
    return tally
