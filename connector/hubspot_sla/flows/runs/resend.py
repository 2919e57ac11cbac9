"""What waits in the outbox, sent between two syncs: refused and patient long enough, or left by a run that ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.flows.context.run_result import NOTHING, Nothing
from hubspot_sla.flows.runs.sync_run import begun
from hubspot_sla.flows.sending import deliver
from hubspot_sla.ledger import outbox

if TYPE_CHECKING:
    from hubspot_sla.flows.context.context import Context
    from hubspot_sla.flows.sending.commit import RunStats


def send_waiting(context: Context) -> RunStats | Nothing:
    """Send what can be sent now. With nothing to send: no call, no row."""
    if not outbox.can_be_sent(context.ledger.db, context.now()):
        return NOTHING
    with begun(context, "deliver") as run:
        deliver.finish(context, run.id, run.stats)
    return run.stats
