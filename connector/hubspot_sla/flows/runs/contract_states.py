"""The daily job that looks at contracts: what their feeds say is kept, rungs that they reach fire, and how they stand
is written to companies. Without the scope for that the properties rest, and everything else goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.errors import AccessDenied
from hubspot_sla.flows.context import versions_in_force
from hubspot_sla.flows.context.failpoints import Failpoint
from hubspot_sla.flows.context.run_result import NOTHING, Nothing
from hubspot_sla.flows.reading.company_properties import RESTS
from hubspot_sla.flows.reporting.contracts.feed_files import FeedReader
from hubspot_sla.flows.runs import company_writes, contract_rungs, keep_feeds, resend
from hubspot_sla.flows.runs.job_run import new_run_id
from hubspot_sla.ledger import missing_scopes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubspot_sla.flows.context.context import Context
    from hubspot_sla.flows.runs.company_writes import CompanyWrites
    from hubspot_sla.flows.sending.commit import RunStats
    from hubspot_sla.policy.mappings import Mappings


def write_states(context: Context) -> object:
    """What fired and what was written, in words. A company that HubSpot does not know, or refuses to change, is
    named."""
    versions = versions_in_force.in_force(context.ledger.db, context.compiled)
    if not versions:
        return NOTHING
    mappings, reader = versions[-1].mappings, FeedReader(context.settings.mappings, context.settings.secret)
    keep_feeds.keep(context.ledger, mappings, reader, context.now())
    fired = contract_rungs.fire(context, reader)
    written = _write_properties(context, mappings, reader)
    return "; ".join(said for said in (fired, written) if said) or NOTHING


def _write_properties(context: Context, mappings: Mappings, reader: FeedReader) -> str:
    try:
        writes = company_writes.decide(context, mappings, reader, context.now())
    except AccessDenied as denied:
        with context.ledger.transaction() as db:
            missing_scopes.note(db, RESTS, str(denied))
        return f"the {RESTS} rest: {denied}"
    if not writes.is_asked:
        return ""
    if writes.actions:
        with context.ledger.transaction() as db:
            company_writes.record(db, writes.actions, run_id=new_run_id(), at=context.now())
        context.reached(Failpoint.RECORDED)
    done = resend.send_waiting(context)
    _note_resting(context, writes, done)
    return "; ".join(_said(context, writes, done))


def _note_resting(context: Context, writes: CompanyWrites, done: RunStats | Nothing) -> None:
    """Where HubSpot took nothing of what was asked for, as where the properties were never made, its reason stays until
    it takes something."""
    number = 0 if isinstance(done, Nothing) else done.companies_written
    reasons = _refused(context, writes)
    with context.ledger.transaction() as db:
        if number or writes.is_settled:
            missing_scopes.end(db, RESTS)
        elif reasons:
            missing_scopes.note(db, RESTS, next(iter(reasons.values())))


def _refused(context: Context, writes: CompanyWrites) -> dict[str, str]:
    return company_writes.refused(context.ledger.db, [write.record.record_id for write in writes.actions])


def _said(context: Context, writes: CompanyWrites, done: RunStats | Nothing) -> Iterator[str]:
    number = 0 if isinstance(done, Nothing) else done.companies_written
    if number:
        yield f"wrote how the contracts of {'1 company' if number == 1 else f'{number} companies'} stand"
    resting = {} if isinstance(done, Nothing) else done.resting
    if RESTS in resting:
        yield f"the {RESTS} rest: {resting[RESTS]}"
    else:
        yield from (f"company {id_} was refused: {reason}" for id_, reason in _refused(context, writes).items())
    yield from (f"HubSpot has no company {id_}" for id_ in writes.unknown)
