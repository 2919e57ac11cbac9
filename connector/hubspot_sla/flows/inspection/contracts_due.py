"""What must be thought of in time: reviews, renewals and the notice before them, ends of contracts, and claims."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from hubspot_sla.clock.local_time import local_date
from hubspot_sla.contract.claims import ClaimState
from hubspot_sla.flows.reporting.contracts.claims import claims_of
from hubspot_sla.flows.reporting.contracts.statement import party_name
from hubspot_sla.flows.reporting.report import mappings_of, one_state

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from hubspot_sla.flows.reporting.contracts.feed_files import FeedReader
    from hubspot_sla.policy.mappings import Mappings
    from hubspot_sla.policy.written_contracts import WrittenContract

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, order=True)
class DueDay:
    """The last day on which something can be done: give notice, hold a review, make a claim."""

    day: date
    contract: str
    party: str
    what: str


def due_days(db: sqlite3.Connection, reader: FeedReader, now: int, days: int) -> list[DueDay]:
    """Those of the next `days` days, the first first; `reader` reads feeds. Raises UsageProblem before `sla setup`."""
    with one_state(db):
        mappings = mappings_of(db)
        found = [due for written in mappings.contracts.written for due in _dates(db, written, now, days)]
        for contract in mappings.contracts.ids:
            found += _claims(db, mappings, contract, reader, now, days)
    return sorted(set(found))


def _dates(db: sqlite3.Connection, written: WrittenContract, now: int, days: int) -> Iterator[DueDay]:
    terms, party = written.terms, party_name(db, written, now)
    today = local_date(now, terms.zone)
    last = today + days * _DAY
    for each in written.dates:
        why = f" ({each.trigger})" if each.trigger else ""
        for day in each.occurrences(today, last + 400 * _DAY):
            notice = each.notice.before(day)
            if notice != day and today <= notice <= last:
                yield DueDay(notice, terms.id, party, f"last day of notice for the {each.what} on {day}{why}")
            if day <= last:
                yield DueDay(day, terms.id, party, f"{each.what}{why}")
    if terms.valid_to is not None and today <= terms.valid_to - _DAY <= last:
        yield DueDay(terms.valid_to - _DAY, terms.id, party, f"last day of version {terms.version}")


def _claims(
    db: sqlite3.Connection, mappings: Mappings, contract: str, reader: FeedReader, now: int, days: int
) -> Iterator[DueDay]:
    """Claims that still can be made, and answers and payments that are due."""
    today = local_date(now, mappings.contracts.versions(contract)[0].terms.zone)
    last = today + days * _DAY
    for claim in claims_of(db, mappings, contract, reader, now):
        if claim.state is ClaimState.OPEN and claim.last_day is not None and claim.last_day <= last:
            what = f"last day to claim for {claim.objective} in {claim.period}"
            yield DueDay(claim.last_day, claim.contract, claim.party, what)
        if claim.due_on is not None and today <= claim.due_on <= last:
            awaited = "answer to" if claim.state is ClaimState.FILED else "payment of"
            what = f"last day for the {awaited} the claim for {claim.objective} in {claim.period}"
            yield DueDay(claim.due_on, claim.contract, claim.party, what)
