"""The daily job that looks at contracts: rungs that they reach fire, and how they stand is written to companies. Only
what differs from HubSpot's copy is written; without the scope for it the properties rest, and everything else goes
on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hubspot_sla.errors import AccessDenied
from hubspot_sla.flows.context import versions_in_force
from hubspot_sla.flows.context.run_result import NOTHING
from hubspot_sla.flows.reading.company_properties import COMPANIES, NAMES, RESTS
from hubspot_sla.flows.reporting.contracts.feed_files import FeedReader
from hubspot_sla.flows.reporting.contracts.standing import company_values, contract_standings
from hubspot_sla.flows.reporting.report import one_state
from hubspot_sla.flows.runs import contract_rungs
from hubspot_sla.flows.runs.job_run import new_run_id
from hubspot_sla.hubspot.batches import BATCH, chunks
from hubspot_sla.ledger import audit, missing_scopes
from hubspot_sla.ledger.audit import Entry
from hubspot_sla.plan.records import RecordRef

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hubspot_sla.flows.context.context import Context
    from hubspot_sla.hubspot.writes import Changes, Written


def write_states(context: Context) -> object:
    """What fired and what was written, in words. A company that HubSpot does not know, or refuses to change, is
    named."""
    fired = contract_rungs.fire(context)
    written = _write_properties(context)
    return "; ".join(said for said in (fired, written) if said) or NOTHING


def _write_properties(context: Context) -> str:
    versions = versions_in_force.in_force(context.ledger.db, context.compiled)
    mappings = versions[-1].mappings if versions else None
    if mappings is None or not mappings.contracts.company_properties:
        return ""
    now, reader = context.now(), FeedReader(context.settings.mappings, context.settings.secret)
    with one_state(context.ledger.db):
        standings = list(contract_standings(context.ledger.db, mappings, reader, now))
        values = company_values(context.ledger.db, standings, now)
    done = _Done()
    try:
        changes, done.unknown = _differing(context, values)
        for ids in chunks(changes, BATCH):
            _write(context, {id_: changes[id_] for id_ in ids}, done)
    except AccessDenied as denied:
        with context.ledger.transaction() as db:
            missing_scopes.note(db, RESTS, str(denied))
        return "; ".join([*done.said(), f"the {RESTS} rest: {denied}"])
    with context.ledger.transaction() as db:
        if done.refused and not done.updated:
            missing_scopes.note(db, RESTS, next(iter(done.refused.values())))
        elif len(done.unknown) < len(values):
            missing_scopes.end(db, RESTS)
    return "; ".join(done.said())


@dataclass(slots=True)
class _Done:
    """What became of the companies so far."""

    updated: int = 0
    refused: dict[str, str] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)

    def said(self) -> list[str]:
        number = self.updated
        companies = "1 company" if number == 1 else f"{number} companies"
        said = [f"wrote how the contracts of {companies} stand"] if number else []
        said += [f"company {id_} was refused: {reason}" for id_, reason in self.refused.items()]
        return said + [f"HubSpot has no company {id_}" for id_ in self.unknown]


def _write(context: Context, changes: Changes, done: _Done) -> None:
    """One page: what HubSpot took is in the audit log before the next page is sent, whatever becomes of that."""
    written = context.portal.companies.update(changes)
    with context.ledger.transaction() as db:
        audit.append(db, at=context.now(), run_id=new_run_id(), entries=list(_entries(changes, written)))
    done.updated += len(written.updated)
    left_out = {id_: next(iter(reasons.values())) for id_, reasons in written.left_out.items()}
    done.refused |= {**written.rejected, **left_out, **dict.fromkeys(written.missing, "it is not there")}


def _differing(context: Context, values: Mapping[str, Mapping[str, str]]) -> tuple[Changes, list[str]]:
    """What is to be written by company id, by HubSpot's names; and the companies that it does not know."""
    known = context.portal.customers.companies(values, tuple(NAMES.values()))
    changes: dict[str, dict[str, str]] = {}
    for company_id, by_key in values.items():
        if company_id in known:
            there = known[company_id].properties
            wanted = {NAMES[key]: value for key, value in by_key.items()}
            differing = {name: value for name, value in wanted.items() if value != (there.get(name) or "")}
            if differing:
                changes[company_id] = differing
    return changes, [company_id for company_id in values if company_id not in known]


def _entries(changes: Changes, written: Written) -> list[Entry]:
    """What landed of each company."""
    return [
        Entry(
            "company_write",
            {"key": f"contract_state:{id_}", "changes": _landed(changes[id_], written.left_out.get(id_, {}))},
            RecordRef(COMPANIES, id_),
        )
        for id_ in written.updated
    ]


def _landed(changes: Mapping[str, str], left_out: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in changes.items() if name not in left_out}
