"""Deadlines: what time alone has changed is judged and written when it changes, not at the next poll.

Due instants are known in advance. The worker sleeps until the earliest and calls this: the records concerned, and no
others, are read again by their ids (a search might not show yet what was done in time), judged, recorded and written,
properties before tasks. Edited mappings wait for the next sync.

One instant serves a whole run: by it the records are chosen and judged. So a record that was chosen because it is late
is judged late, whatever the answers to this run teach about HubSpot's clock. A record of which HubSpot returns nothing
waits in the quarantine and is asked for again later; no other one is put off.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.flows.context import versions_in_force
from hubspot_sla.flows.context.run_result import NOTHING, Nothing
from hubspot_sla.flows.runs.sync_run import begun, surveyor
from hubspot_sla.ledger import records, state

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hubspot_sla.flows.context.context import Context
    from hubspot_sla.flows.context.mappings_version import Version
    from hubspot_sla.flows.reading.batch import Batch
    from hubspot_sla.flows.runs.sync_run import Before
    from hubspot_sla.flows.sending.commit import RunStats


def next_at(context: Context) -> int | None:
    """The earliest deadline of any record (epoch ms)."""
    return records.next_deadline(context.ledger.db)


def watch(context: Context) -> RunStats | Nothing:
    """Judge and write every record whose deadline has come. With none due: no call, no row.

    Raises what HubSpot or the ledger raise; whatever was recorded until then stands.
    """
    db = context.ledger.db
    with context.ledger.telling_damage():
        now, go_live_at = context.now(), state.read_instant(db, state.GO_LIVE)
        due = records.due(db, now)
        if not due or go_live_at is None:
            return NOTHING
        versions = versions_in_force.in_force(db, context.compiled)
        with begun(context, "watch") as run:
            run.carry_out(lambda before: _evaluate(context, versions, go_live_at, before, now, due))
        return run.stats


def _evaluate(
    context: Context,
    versions: Sequence[Version],
    go_live_at: int,
    before: Before,
    now: int,
    due: Mapping[str, Sequence[str]],
) -> Iterator[Batch]:
    for object_type in versions[-1].mappings.object_types:
        if object_type in due:
            evaluator = surveyor(context, versions, object_type, go_live_at, before=before, now=lambda: now)
            yield from evaluator.evaluate_deadlines(due[object_type])
