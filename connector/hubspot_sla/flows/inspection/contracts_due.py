"""What must be thought of in time: reviews, renewals and the notice before them, ends of contracts, and claims."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from hubspot_sla.clock.local_time import local_date
from hubspot_sla.contract.claims import claim_window
from hubspot_sla.contract.statement import State
from hubspot_sla.errors import UsageProblem
from hubspot_sla.flows.reporting.contracts.statement import Asked, drawn_window, party_name
from hubspot_sla.flows.reporting.report import mappings_of, one_state

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from hubspot_sla.flows.reporting.contracts.feed_files import FeedReader
    from hubspot_sla.policy.contracts import WrittenContract
    from hubspot_sla.policy.mappings import Mappings

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
        found = [due for written in mappings.contracts.written for due in _of(db, mappings, written, reader, now, days)]
    return sorted(set(found))


def _of(
    db: sqlite3.Connection, mappings: Mappings, written: WrittenContract, reader: FeedReader, now: int, days: int
) -> Iterator[DueDay]:
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
    if terms.valid_from <= today and (terms.valid_to is None or today < terms.valid_to):
        yield from _claims(db, mappings, written, reader, now, last)


def _claims(
    db: sqlite3.Connection, mappings: Mappings, written: WrittenContract, reader: FeedReader, now: int, last: date
) -> Iterator[DueDay]:
    """Of the four windows before the one that runs: a claim that still can be made."""
    terms = written.terms
    today = local_date(now, terms.zone)
    window = terms.window.holding(today, terms.zone)
    for _ in range(4):
        window = terms.window.holding(window.start - _DAY, terms.zone)
        named = f"{window.start:%Y-%m}"
        try:
            settled = drawn_window(db, mappings, Asked(terms.id, named, reader, now)).settled
        except UsageProblem:  # the contract had not begun
            return
        for line in settled.statement.lines:
            claim = settled.terms.claim_of(settled.terms.objective(line.objective))
            own = None if claim is None or line.state is not State.MISSED else claim_window(claim, window)
            if own is not None and own.last_day is not None and today <= own.last_day <= last:
                what = f"last day to claim for {line.objective} in {window.name}"
                yield DueDay(own.last_day, terms.id, party_name(db, written, now), what)
