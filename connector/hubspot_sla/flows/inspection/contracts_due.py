"""What must be thought of in time: reviews, renewals and the notice before them, ends of contracts, and claims."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING

from hubspot_sla.clock.local_time import local_date
from hubspot_sla.contract.claims import ClaimState
from hubspot_sla.contract.key_dates import upcoming
from hubspot_sla.flows.inspection.contract_rungs import Spot, rungs_at
from hubspot_sla.flows.reporting.contracts.claims import claims_of
from hubspot_sla.flows.reporting.contracts.occasions import END, claim_calendar, version_in_force
from hubspot_sla.flows.reporting.contracts.statement import drawn_windows, party_name
from hubspot_sla.flows.reporting.report import mappings_of
from hubspot_sla.ledger.one_state import one_state
from hubspot_sla.plan.contract_rungs import Place

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from hubspot_sla.contract.terms import Contract
    from hubspot_sla.flows.inspection.contract_rungs import ShownRung
    from hubspot_sla.flows.reporting.contracts.feed_files import FeedReader
    from hubspot_sla.policy.mappings import Mappings
    from hubspot_sla.policy.written_contracts import WrittenContract

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, order=True)
class DueDay:
    """The last day on which something can be done: give notice, hold a review, make a claim. `rungs` say it in time."""

    day: date
    contract: str
    party: str
    what: str
    rungs: tuple[ShownRung, ...] = field(default=(), compare=False)

    def row(self) -> list[str]:
        return [self.day.isoformat(), self.contract, self.party, self.what, "; ".join(map(str, self.rungs))]

    def as_json(self) -> dict[str, object]:
        own = [rung.as_json() for rung in self.rungs]
        facts = {"day": self.day.isoformat(), "contract": self.contract, "party": self.party, "what": self.what}
        return {**facts, "rungs": own}


@dataclass(frozen=True, slots=True)
class _Looking:
    """At what is due, with the rungs that hang on it."""

    db: sqlite3.Connection
    mappings: Mappings

    def due(self, spot: Spot, terms: Contract, party: str, what: str) -> DueDay:
        assert spot.day is not None  # noqa: S101 - every spot here is a day
        own = tuple(rungs_at(self.db, self.mappings, terms, spot))
        return DueDay(spot.day, terms.id, party, what, own)


def due_days(db: sqlite3.Connection, reader: FeedReader, now: int, days: int) -> list[DueDay]:
    """Those of the next `days` days, the first first; `reader` reads feeds. Raises UsageProblem before `sla setup`."""
    with one_state(db):
        mappings = mappings_of(db)
        looking = _Looking(db, mappings)
        found = [due for written in mappings.contracts.written for due in _dates(looking, written, now, days)]
        for contract in mappings.contracts.ids:
            found += _claims(looking, contract, reader, now, days)
    return sorted(set(found))


def _dates(looking: _Looking, written: WrittenContract, now: int, days: int) -> Iterator[DueDay]:
    terms, party = written.terms, party_name(looking.db, written, now)
    today = local_date(now, terms.zone)
    last = today + days * _DAY
    for each in written.dates:
        why = f" ({each.trigger})" if each.trigger else ""
        for day, notice in upcoming(each, today, last, terms.valid_to):
            if notice != day and today <= notice <= last:
                what = f"last day of notice for the {each.what} on {day}{why}"
                yield looking.due(Spot(Place.NOTICE_ENDS, each.what, day.isoformat(), notice), terms, party, what)
            if day <= last:
                yield looking.due(Spot(Place.DATE, each.what, day.isoformat(), day), terms, party, f"{each.what}{why}")
    if terms.valid_to is not None and today <= terms.valid_to - _DAY <= last:
        end = terms.valid_to - _DAY
        spot = Spot(Place.CONTRACT_ENDS, END, end.isoformat(), end)
        yield looking.due(spot, terms, party, f"last day of version {terms.version}")


def _claims(looking: _Looking, contract: str, reader: FeedReader, now: int, days: int) -> Iterator[DueDay]:
    """Claims that still can be made, and answers and payments that are due."""
    terms = version_in_force(looking.mappings.contracts.versions(contract), now).terms
    today = local_date(now, terms.zone)
    last = today + days * _DAY
    windows = drawn_windows(looking.db, looking.mappings, contract, reader, now)
    for claim in claims_of(looking.db, looking.mappings, windows, now):
        named = claim.objective, claim.period
        if claim.state is ClaimState.OPEN and claim.last_day is not None and claim.last_day <= last:
            spot = Spot(Place.CLAIM_CLOSES, *named, claim.last_day, claim_calendar(terms, claim.objective))
            yield looking.due(spot, terms, claim.party, f"last day to claim for {claim.objective} in {claim.period}")
        if claim.due_on is not None and today <= claim.due_on <= last:
            is_filed = claim.state is ClaimState.FILED
            awaited = "answer to" if is_filed else "payment of"
            what = f"last day for the {awaited} the claim for {claim.objective} in {claim.period}"
            place = Place.ANSWER_DUE if is_filed else Place.PAYMENT_DUE
            yield looking.due(Spot(place, *named, claim.due_on), terms, claim.party, what)
