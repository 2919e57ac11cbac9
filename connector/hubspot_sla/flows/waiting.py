"""What waits in the outbox, sent between two syncs: refused and patient long enough, or left by a run that ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.flows.run import begun
from hubspot_sla.flows.running.jobs import NOTHING, Nothing
from hubspot_sla.flows.sending import deliver
from hubspot_sla.ledger import outbox

if TYPE_CHECKING:
    from hubspot_sla.flows.journal import Tally
    from hubspot_sla.flows.parts import Parts


def send_waiting(parts: Parts) -> Tally | Nothing:
    """Send what can be sent now. With nothing to send: no call, no row."""
    if not outbox.can_be_sent(parts.ledger.db, parts.now()):
        return NOTHING
    with begun(parts, "deliver") as run:
        deliver.finish(parts, run.id, run.tally)
    return run.tally
