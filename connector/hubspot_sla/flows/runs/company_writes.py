"""How contracts stand, written to companies by the road of every other write: decided here, recorded with the audit
entry that asks for it, and sent by the outbox. Only what differs from HubSpot's copy, or from what is on its way there,
is asked for: a day on which nothing changes writes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hubspot_sla.contract.terms import Side
from hubspot_sla.flows.context import versions_in_force
from hubspot_sla.flows.judging.audit_entries import planned
from hubspot_sla.flows.reading.company_properties import COMPANIES, NAMES
from hubspot_sla.flows.reporting.contracts.standing import company_values, contract_standings
from hubspot_sla.flows.sending.commit import outbox_item
from hubspot_sla.ledger import audit, outbox
from hubspot_sla.ledger.audit import Entry
from hubspot_sla.ledger.one_state import one_state
from hubspot_sla.plan.actions import WriteProperties
from hubspot_sla.plan.records import RecordRef

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping, Sequence

    from hubspot_sla.flows.context.context import Context
    from hubspot_sla.flows.reporting.contracts.feed_files import FeedReader
    from hubspot_sla.policy.mappings import Mappings

KIND: Final = "contract_states"
"""The kind of the audit entries that ask for them."""


@dataclass(frozen=True, slots=True)
class CompanyWrites:
    """`actions` are to be done; `unknown` are companies of contracts that HubSpot does not have. `is_asked` is false
    where contracts.yaml does not ask for these properties, `is_settled` true where HubSpot holds all that is wanted."""

    actions: Sequence[WriteProperties] = ()
    unknown: Sequence[str] = ()
    is_asked: bool = True
    is_settled: bool = False


def decide(context: Context, mappings: Mappings, reader: FeedReader, now: int) -> CompanyWrites:
    """What is to be written as of `now` (epoch ms). Nothing is recorded or written. Raises AccessDenied, and what
    HubSpot raises."""
    if not mappings.contracts.company_properties:
        return CompanyWrites(is_asked=False)
    db = context.ledger.db
    with one_state(db):
        standings = list(contract_standings(db, mappings, reader, now))
        of_contracts = _named(company_values(db, standings, now))
    ended = [id_ for id_ in _written_before(context) if id_ not in of_contracts]
    wanted_by_id = of_contracts | dict.fromkeys(ended, dict.fromkeys(NAMES.values(), ""))
    known = context.portal.customers.companies(wanted_by_id, tuple(NAMES.values()))
    queued = outbox.changes_waiting(db, COMPANIES, wanted_by_id)
    writes = (
        _write(id_, wanted, known[id_].properties, queued.get(id_))
        for id_, wanted in wanted_by_id.items()
        if id_ in known
    )
    actions = [write for write in writes if write is not None]
    unknown = [id_ for id_ in of_contracts if id_ not in known]
    return CompanyWrites(actions, unknown, is_settled=bool(known) and not (actions or queued))


def _written_before(context: Context) -> list[str]:
    """The companies that any version of the mappings has a contract with, and that were written to. Where none is in
    force any more, nothing is said."""
    db, customers = context.ledger.db, dict[str, None]()
    for version in versions_in_force.in_force(db, context.compiled):
        parties = (written.terms.party for written in version.mappings.contracts.written)
        customers |= dict.fromkeys(party.key for party in parties if party.side is Side.CUSTOMER)
    query = "select 1 from audit where record_id = ? and object_type = ? and kind = ? limit 1"
    return [id_ for id_ in customers if db.execute(query, (id_, COMPANIES, KIND)).fetchone() is not None]


def _named(values: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    """By HubSpot's names of the properties."""
    return {id_: {NAMES[key]: value for key, value in by_key.items()} for id_, by_key in values.items()}


def _write(
    company_id: str,
    wanted: Mapping[str, str],
    there: Mapping[str, str | None],
    queued: Mapping[str, str] | None,
) -> WriteProperties | None:
    """None where HubSpot holds what is wanted, or where just that is on its way there. What is on its way and not
    wanted any more is replaced, whatever HubSpot holds: it may arrive still."""
    changes = {
        name: value
        for name, value in wanted.items()
        if value != (there.get(name) or "") or (queued is not None and queued.get(name, value) != value)
    }
    if not changes or (queued is not None and changes == dict(queued)):
        return None
    return WriteProperties(RecordRef(COMPANIES, company_id), changes, {name: there.get(name) for name in changes})


def record(db: sqlite3.Connection, writes: Sequence[WriteProperties], *, run_id: str, at: int) -> None:
    """Put them into the outbox with an entry each, within the caller's transaction."""
    first = audit.next_number(db)
    outbox.put(db, [outbox_item(write, entry) for entry, write in enumerate(writes, first)], run_id=run_id, at=at)
    entries = [Entry(KIND, {"plan": [planned(write)]}, write.record) for write in writes]
    audit.append(db, at=at, run_id=run_id, entries=entries)


def refused(db: sqlite3.Connection, companies: Sequence[str]) -> dict[str, str]:
    """Why HubSpot last refused what waits for these companies, by company id."""
    keys = {RecordRef(COMPANIES, id_): id_ for id_ in companies}
    return {keys[item]: reason for item, reason in outbox.refused_writes(db, keys).items()}
