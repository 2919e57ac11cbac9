"""Waivers granted or revoked since the last run: the records that they concern are judged again.

`sla waive` only appends to the ledger, beside a worker that may be running. Whoever holds the lease finds what is new
here, at the beginning of each run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.flows.context import versions_in_force
from hubspot_sla.flows.reading import policy_versions
from hubspot_sla.flows.records.waivers import written_in
from hubspot_sla.hubspot.objects.table import profile_of
from hubspot_sla.ledger import records, state, waivers

if TYPE_CHECKING:
    import sqlite3

    from hubspot_sla.flows.context.context import Context
    from hubspot_sla.flows.reading.policy_versions import Candidate
    from hubspot_sla.ledger.database import Ledger
    from hubspot_sla.ledger.waivers import WaiverScope


def take_effect(ledger: Ledger) -> None:
    """Have the records of new waivers and revocations judged again by the next sync; nothing where none is new."""
    newest = waivers.newest_entry(ledger.db)
    noted = state.read_instant(ledger.db, state.WAIVERS) or 0
    if newest <= noted:
        return
    with ledger.transaction() as db:
        for waiver in waivers.changed_since(db, noted):
            _judge_again(db, waiver.scope)
        state.write(db, state.WAIVERS, newest)


def _judge_again(db: sqlite3.Connection, scope: WaiverScope) -> None:
    """Of a record also those that it was merged into."""
    if scope.record_id:
        lineage = (
            "with recursive line (id) as (select ? union select merged_into from records, line"
            " where record_id = line.id and object_type = ? and merged_into is not null) select id from line"
        )
        bound = (scope.object_type, scope.record_id, scope.object_type)
        records.judge_again(db, f"object_type = ? and record_id in ({lineage})", bound)
    elif scope.company_id:
        linked = "exists (select 1 from json_each(companies) where json_extract(value, '$[0]') = ?)"
        records.judge_again(db, f"companies is not null and {linked}", (scope.company_id,))
    else:
        been_there = "select 1 from facts where name = ? and value = ? and facts.object_type = records.object_type"
        bound = (scope.object_type, profile_of(scope.object_type).pipeline, scope.pipeline_id)
        records.judge_again(
            db, f"object_type = ? and exists ({been_there} and facts.record_id = records.record_id)", bound
        )


def adopt(context: Context, new: Candidate, run_id: str) -> None:
    """Have edited mappings come into force, and closed records too judged again for what waivers.yaml grants or revokes
    by them."""
    before = versions_in_force.in_force(context.ledger.db, context.compiled)
    policy_versions.adopt(context, new, run_id)
    known = before[-1].mappings.waivers if before else ()
    if set(known) == set(new.version.mappings.waivers):
        return
    with context.ledger.transaction() as db:
        for waiver in written_in([*before, new.version]):
            if new.version.effective_at in (waiver.terms.granted_at, waiver.revoked_at):
                _judge_again(db, waiver.scope)
