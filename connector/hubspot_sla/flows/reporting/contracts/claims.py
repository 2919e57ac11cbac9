"""Claims: which credits must be claimed, until when, with what evidence, and what was recorded of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Final

from hubspot_sla.clock.local_time import local_date
from hubspot_sla.contract.claims import ClaimState, business_days_left, claim_window, state_of
from hubspot_sla.contract.statement import State
from hubspot_sla.flows.reporting.contracts.claim_evidence import Proof, proofs_of
from hubspot_sla.flows.reporting.contracts.note_texts import of_objective
from hubspot_sla.flows.reporting.contracts.statement import drawn_windows, party_name
from hubspot_sla.flows.reporting.report import mappings_of
from hubspot_sla.ledger import contract_claims
from hubspot_sla.ledger.one_state import one_state

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Sequence

    from hubspot_sla.contract.claims import ClaimTerms, ClaimWindow
    from hubspot_sla.contract.statement import Line, Statement
    from hubspot_sla.contract.terms import Contract
    from hubspot_sla.flows.reporting.contracts.feed_files import FeedReader
    from hubspot_sla.flows.reporting.contracts.statement import Drawn
    from hubspot_sla.ledger.contract_claims import ClaimKey, ClaimRecord
    from hubspot_sla.measure.periods import Period
    from hubspot_sla.policy.mappings import Mappings

BACK_MS: Final = 400 * 86_400_000
"""How far back the ends of windows are looked at."""
_OPEN: Final = (ClaimState.OPEN, ClaimState.TO_COME, ClaimState.WAITS_FOR_REVIEW, ClaimState.FILED, ClaimState.ANSWERED)


@dataclass(frozen=True, slots=True)
class Claim:
    """One credit of one window that must be claimed. `entry` is the audit entry that its statement was sealed with,
    None where it is provisional. `proofs` are what it rests on, piece by piece. `days_left` are
    business days on the calendar that the claim names, else days. `due_on` is when an answer or the payment is due,
    `opens_on` the first day on which it can be filed.
    `payable` is what is paid of all credits of the window, None where that is all; `notes` say what is uncertain of
    figures that are provisional: a feed that is down."""

    contract: str
    party: str
    side: str
    period: str
    objective: str
    amount: str
    currency: str
    state: ClaimState
    last_day: date | None
    days_left: int | None
    in_business_days: bool
    evidence: str
    entry: int | None
    proofs: tuple[Proof, ...]
    due_on: date | None
    opens_on: date
    payable: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def records(self) -> tuple[str, ...]:
        """Those whose promises were broken, each once."""
        return tuple(dict.fromkeys(proof.record for proof in self.proofs if proof.record))

    @property
    def is_open(self) -> bool:
        return self.state in _OPEN

    def as_json(self) -> dict[str, object]:
        return {
            "contract": self.contract,
            "party": self.party,
            "side": self.side,
            "period": self.period,
            "objective": self.objective,
            "amount": self.amount,
            "currency": self.currency,
            "state": str(self.state),
            "last_day": _iso(self.last_day),
            "days_left": self.days_left,
            "in_business_days": self.in_business_days,
            "evidence": self.evidence or None,
            "entry": self.entry,
            "records": list(self.records),
            "proofs": [proof.as_json() for proof in self.proofs],
            "due_on": _iso(self.due_on),
            "opens_on": _iso(self.opens_on),
            "payable_of_period": self.payable,
            "notes": list(self.notes),
        }

    def row(self) -> list[object]:
        day = ("business day" if self.in_business_days else "day") + ("" if self.days_left == 1 else "s")
        left = "" if self.days_left is None else f"{self.days_left} {day}"
        standing = "provisional" if self.entry is None else f"sealed, entry {self.entry}"
        words = str(self.state).replace("_", " ")
        state = f"{words}, due {self.due_on}" if self.due_on else words
        money = f"{self.amount} {self.currency}"
        if self.payable is not None:
            money += f" ({self.payable} payable of the period)"
        plain = [self.contract, self.party, self.period, self.objective, money, state]
        return [*plain, _iso(self.last_day) or "", left, standing, self.evidence]


def claims(db: sqlite3.Connection, reader: FeedReader, now: int) -> list[Claim]:
    """Of the windows that ended within `BACK_MS`, the first to lapse first. Raises UsageProblem before `sla setup`."""
    with one_state(db):
        mappings = mappings_of(db)
        found = [
            claim
            for contract in mappings.contracts.ids
            for claim in claims_of(db, mappings, drawn_windows(db, mappings, contract, reader, now), now)
        ]
    return sorted(found, key=lambda each: (not each.is_open, each.last_day or date.max, each.contract, each.period))


def claims_of(
    db: sqlite3.Connection, mappings: Mappings, windows: Iterable[Drawn], now: int, only: Period | None = None
) -> Iterator[Claim]:
    """Those of the windows of one contract (`drawn_windows`); of one window with `only`."""
    reading = Reading(now, contract_claims.by_key(db))
    for drawn in windows:
        window = drawn.settled.statement.window
        if now - BACK_MS <= window.end_at <= now and only in (None, window):
            yield from _of_window(db, mappings, drawn, reading)


@dataclass(frozen=True)
class LookedAt:
    """One contract as of `now` (epoch ms): its windows are drawn, and its claims found, once and where they are asked
    for."""

    db: sqlite3.Connection
    mappings: Mappings
    reader: FeedReader
    now: int
    contract: str

    @cached_property
    def windows(self) -> Sequence[Drawn]:
        return drawn_windows(self.db, self.mappings, self.contract, self.reader, self.now)

    @cached_property
    def claims(self) -> Sequence[Claim]:
        return list(claims_of(self.db, self.mappings, self.windows, self.now))


@dataclass(frozen=True, slots=True)
class Reading:
    """What every window is looked at with."""

    now: int
    recorded: dict[ClaimKey, list[ClaimRecord]]


def _of_window(db: sqlite3.Connection, mappings: Mappings, drawn: Drawn, reading: Reading) -> Iterator[Claim]:
    terms, missed = drawn.settled.terms, drawn.settled.statement
    contract, window = terms.id, missed.window
    by_objective: dict[str, list[Line]] = {}
    for line in missed.lines:
        if line.state is State.MISSED and (line.money or line.points or line.days):
            by_objective.setdefault(line.objective, []).append(line)
    for objective in _claimed(reading, contract, window, terms):
        by_objective.setdefault(objective, [])  # what was filed is waited for, also where nothing is owed any more
    for objective, lines in by_objective.items():
        claim = _claim_terms(mappings, terms, objective)
        own = None if claim is None else claim_window(claim, window)
        if claim is None or own is None:
            continue
        records = reading.recorded.get((contract, window.start, objective), [])
        party = _party(db, drawn, reading.now)
        yield _claim(
            drawn, party, objective, lines, (claim, own), records, proofs_of(db, drawn, objective), reading.now
        )


def _claimed(reading: Reading, contract: str, window: Period, terms: Contract) -> Iterator[str]:
    """The objectives of which a claim for this window was recorded."""
    for objective in terms.objectives:
        if (contract, window.start, objective.id) in reading.recorded:
            yield objective.id


def _party(db: sqlite3.Connection, drawn: Drawn, now: int) -> str:
    """What it is called, or was when the window was closed."""
    sealed = "" if drawn.closing is None else drawn.closing.party_name
    return sealed or party_name(db, drawn.settled.written, now)


def _claim_terms(mappings: Mappings, sealed: Contract, objective: str) -> ClaimTerms | None:
    """As contracts.yaml says them now, because the day of a review may be written later; else as they were sealed."""
    versions = mappings.contracts.versions(sealed.id)
    now = next((each.terms for each in versions if each.terms.version == sealed.version), sealed)
    terms = now if any(each.id == objective for each in now.objectives) else sealed
    return terms.claim_of(terms.objective(objective))


def _claim(
    drawn: Drawn,
    party: str,
    objective: str,
    lines: Sequence[Line],
    asked: tuple[ClaimTerms, ClaimWindow],
    records: Sequence[ClaimRecord],
    proofs: tuple[Proof, ...],
    now: int,
) -> Claim:
    (claim, own), terms, newest = asked, drawn.settled.terms, records[-1] if records else None
    money = sum((line.money for line in lines), terms.currency.nothing)
    calendar = claim.closes.calendar if claim.closes is not None else None
    today, left = local_date(now, terms.zone), None
    state = state_of(own, newest.state if newest else None, now)
    if own.last_day is not None and state in (ClaimState.OPEN, ClaimState.TO_COME):
        left = (own.last_day - today).days
        left = left if calendar is None else business_days_left(calendar, today, own.last_day)
    return Claim(
        contract=terms.id,
        party=party,
        side=str(terms.party.side),
        period=drawn.settled.statement.window.name,
        objective=objective,
        amount=newest.amount if newest and newest.amount else str(money),
        currency=terms.currency.code,
        state=state,
        last_day=own.last_day,
        days_left=left,
        in_business_days=calendar is not None,
        evidence=_evidence(drawn, objective, claim),
        entry=None if drawn.closing is None else drawn.closing.entry,
        proofs=proofs,
        due_on=_due_on(claim, newest),
        opens_on=local_date(own.opens_at, terms.zone),
        payable=_payable(drawn.settled.statement),
        notes=_notes(drawn, objective),
    )


def _payable(statement: Statement) -> str | None:
    return str(statement.payable) if statement.payable < statement.owed else None


def _notes(drawn: Drawn, objective: str) -> tuple[str, ...]:
    """Nothing of figures that are sealed: they stay as they are."""
    if drawn.closing is not None:
        return ()
    return tuple(of_objective(drawn.notes, drawn.settled.written, objective))


def _evidence(drawn: Drawn, objective: str, claim: ClaimTerms) -> str:
    """What is asked for: of a closed window as the contract said it then."""
    terms = drawn.settled.terms
    sealed = None if drawn.closing is None else terms.claim_of(terms.objective(objective))
    return (sealed or claim).evidence


def _due_on(claim: ClaimTerms, newest: ClaimRecord | None) -> date | None:
    """The last day of the other side: to answer a claim that was filed, to pay one that was answered."""
    if newest is None or newest.state not in (ClaimState.FILED, ClaimState.ANSWERED):
        return None
    deadline = claim.answer if newest.state is ClaimState.FILED else claim.pay
    return None if deadline is None else deadline.last_day(newest.on)


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
