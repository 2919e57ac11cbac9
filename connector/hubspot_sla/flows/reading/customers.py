"""Who the records are for: the companies and contacts behind them, read only where the mappings look at them.

None and not answered are different values: a record whose companies could not be read keeps those it had.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hubspot_sla.errors import AccessDenied
from hubspot_sla.flows.records import hubspot_facts
from hubspot_sla.ledger import companies, contacts
from hubspot_sla.ledger.companies import CompanyRow
from hubspot_sla.ledger.contacts import ContactRow

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from hubspot_sla.hubspot.customers import Company, Contact
    from hubspot_sla.hubspot.customers import Customers as Source
    from hubspot_sla.ledger.records import RecordRow
    from hubspot_sla.ledger.value_history import History
    from hubspot_sla.policy.mappings import Mappings

CUSTOMERS = "customers"
"""What rests where the token may not read companies or contacts."""
COMPANY_AGE_MS = 60 * 60_000
"""A company is read again when a ticket of it changes and the last look is older than this."""


@dataclass(frozen=True, slots=True)
class Customers:
    """Reads for one set of mappings, as of `now` (epoch ms)."""

    db: sqlite3.Connection
    source: Source
    mappings: Mappings
    now: int

    def companies(self, rows: Sequence[RecordRow], age_ms: int | None = COMPANY_AGE_MS) -> dict[str, CompanyRow]:
        """Companies of these tickets that are unknown or were last read longer ago than `age_ms`; None: all."""
        property_names = self.mappings.company_properties
        wanted = dict.fromkeys(id_ for row in rows for id_, _ in row.companies or ())
        if not property_names or not wanted:
            return {}
        known = companies.load(self.db, wanted)
        since = {} if age_ms is None else _needed_since(rows, self.now - age_ms)
        stale = [
            id_
            for id_ in wanted
            if age_ms is None or id_ not in known or _is_old(known[id_], since[id_], property_names)
        ]
        if not stale:
            return {}
        companies_by_id = self.source.companies(stale, property_names, property_names)
        read = {id_: CompanyRow(id_, {}, self.now) for id_ in stale}
        read |= {
            id_: CompanyRow(id_, _history(company, property_names), self.now, company.name)
            for id_, company in companies_by_id.items()
        }
        return {id_: companies.merged(row, known.get(id_)) for id_, row in read.items()}

    def contacts(self, object_type: str, record_ids: Collection[str]) -> dict[str, list[ContactRow]]:
        """The contacts of these records, by record id, where the mappings look at any property of theirs."""
        property_names = self.mappings.contact_properties
        if not property_names or not record_ids:
            return {}
        named = self.source.contacts_of(object_type, record_ids)
        contacts_by_id = self.source.contacts(
            {id_ for ids in named.values() for id_ in ids}, property_names, property_names
        )
        known = contacts.ever_linked(self.db, object_type, named)
        return {
            record_id: contacts.merged(
                [
                    ContactRow(id_, _history(contacts_by_id[id_], property_names))
                    for id_ in ids
                    if id_ in contacts_by_id
                ],
                known[record_id],
            )
            for record_id, ids in named.items()
        }


@dataclass(frozen=True, slots=True)
class CustomersRead:
    """What was read of some records' customers. `withheld` are the records that cannot be judged without what the token
    may not read, with the reason; `missing_scope` is that reason, "" where nothing is missing."""

    companies: Mapping[str, CompanyRow]
    contacts: Mapping[str, list[ContactRow]]
    withheld: Mapping[str, str] = field(default_factory=dict)
    missing_scope: str = ""


def read_customers(
    customers: Customers,
    object_type: str,
    rows: Sequence[RecordRow],
    is_known: Callable[[str], bool],
    age_ms: int | None = COMPANY_AGE_MS,
) -> CustomersRead:
    """The companies and contacts of these records; companies that were read less than `age_ms` ago are not read again,
    None: all are. Where the token may not read them, a record goes on with those that the ledger knows, and one that
    the ledger has never judged is withheld: without them it might get another tier. Raises AccessDenied where nothing
    at all can go on without the scope."""
    withheld: dict[str, str] = {}
    company_rows: Mapping[str, CompanyRow] = {}
    contact_rows: Mapping[str, list[ContactRow]] = {}
    reasons: list[str] = []
    try:
        company_rows = customers.companies(rows, age_ms)
    except AccessDenied as missing:
        reason = reason_to_rest(missing)
        reasons.append(reason)
        known = companies.load(customers.db, {id_ for row in rows for id_, _ in row.companies or ()})
        unknown = [row.id for row in rows if any(id_ not in known for id_, _ in row.companies or ())]
        withheld |= dict.fromkeys(unknown, reason)
    try:
        contact_rows = customers.contacts(object_type, [row.id for row in rows])
    except AccessDenied as missing:
        reason = reason_to_rest(missing)
        reasons.append(reason)
        withheld |= {row.id: reason for row in rows if not is_known(row.id)}
    return CustomersRead(company_rows, contact_rows, withheld, "; ".join(reasons))


def reason_to_rest(missing: AccessDenied) -> str:
    """Why a part of the work rests. Raises the error itself where nothing can go on without the scope."""
    if missing.essential:
        raise missing
    return str(missing)


def _needed_since(rows: Iterable[RecordRow], oldest: int) -> dict[str, int]:
    """Company id to the instant since which it must have been read: a tier that was new when a ticket of it was
    created must not be overlooked because the company was read a moment before."""
    since: dict[str, int] = {}
    for row in rows:
        created_at = hubspot_facts.created_at(row.inputs, row.object_type)
        for id_, _ in row.companies or ():
            since[id_] = max(since.get(id_, oldest), created_at or oldest)
    return since


def _is_old(row: CompanyRow, oldest: int, property_names: Sequence[str]) -> bool:
    """Read too long ago, or before the mappings looked at all of these properties."""
    return row.seen_at < oldest or any(name not in row.history for name in property_names)


def _history(record: Company | Contact, names: Iterable[str]) -> History:
    ordered = {
        name: hubspot_facts.oldest_first(record.history.get(name, []), record.properties.get(name)) for name in names
    }
    return {name: [(entry.at_ms, entry.value or None) for entry in entries] for name, entries in ordered.items()}
