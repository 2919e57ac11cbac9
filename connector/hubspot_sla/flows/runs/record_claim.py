"""Recording by hand what became of a claim: filed, answered, refused, paid. Each is appended to the ledger and covered
by the audit log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from hubspot_sla.clock.local_time import local_date
from hubspot_sla.contract.claims import ClaimState
from hubspot_sla.errors import UsageProblem
from hubspot_sla.flows.reporting.contracts.claims import claims_of
from hubspot_sla.flows.reporting.contracts.history import window_of
from hubspot_sla.flows.reporting.contracts.statement import drawn_windows, versions_of
from hubspot_sla.flows.reporting.query import period_of
from hubspot_sla.flows.reporting.report import mappings_of
from hubspot_sla.flows.runs.job_run import new_run_id
from hubspot_sla.ledger import audit, contract_claims
from hubspot_sla.ledger.audit import Entry
from hubspot_sla.ledger.contract_claims import ClaimRecord

if TYPE_CHECKING:
    from hubspot_sla.flows.reporting.contracts.claims import Claim
    from hubspot_sla.flows.reporting.contracts.feed_files import FeedReader
    from hubspot_sla.ledger.database import Ledger


@dataclass(frozen=True, slots=True)
class Asked:
    """What was recorded, by whom, at `now` (epoch ms). `state` is one of `contract.claims.RECORDED`; `objective` "" is
    the only one that can be claimed; `on` is a day, "" for today; `amount` "" for none."""

    contract: str
    period: str
    objective: str
    state: str
    by: str
    now: int
    on: str = ""
    amount: str = ""
    note: str = ""


def record(ledger: Ledger, asked: Asked, reader: FeedReader) -> Claim:
    """The claim as it stands then. UsageProblem: there is no such claim, no such day, no such amount, or a claim is
    filed before it opens or after it lapsed."""
    claim = _claim(ledger, asked, reader)
    terms = versions_of(ledger.db, mappings_of(ledger.db).contracts, claim.contract, asked.now)[0].terms
    on = _day(asked.on) if asked.on else local_date(asked.now, terms.zone)
    if on > local_date(asked.now, terms.zone):
        raise UsageProblem(f"{on} lies in the future", remedy="record what has happened")
    if asked.state == ClaimState.FILED and on < claim.opens_on:
        raise UsageProblem(f"the claim opens on {claim.opens_on}", remedy="say the day on which it was filed with --on")
    if asked.state == ClaimState.FILED and claim.last_day is not None and on > claim.last_day:
        remedy = "where it was filed in time, say the day with --on"
        raise UsageProblem(f"the claim closed on {claim.last_day}", remedy=remedy)
    start = window_of(
        mappings_of(ledger.db).contracts.versions(claim.contract),
        period_of(asked.period, None, None, terms.zone, asked.now),
    ).start
    with ledger.transaction() as db:
        said = ClaimRecord(
            *(claim.contract, start, claim.objective, ClaimState(asked.state), on, _amount(asked.amount), asked.note),
            *(asked.now, asked.by, audit.next_number(db)),
        )
        contract_claims.record(db, said)
        audit.append(db, at=asked.now, run_id=new_run_id(), entries=[_entry(said, claim.period)])
    return _claim(ledger, asked, reader)


def _claim(ledger: Ledger, asked: Asked, reader: FeedReader) -> Claim:
    """Raises UsageProblem."""
    mappings = mappings_of(ledger.db)
    versions = versions_of(ledger.db, mappings.contracts, asked.contract, asked.now)
    window = window_of(versions, period_of(asked.period, None, None, versions[0].terms.zone, asked.now))
    windows = drawn_windows(ledger.db, mappings, versions[0].terms.id, reader, asked.now)
    found = [
        claim
        for claim in claims_of(ledger.db, mappings, windows, asked.now, only=window)
        if asked.objective in ("", claim.objective)
    ]
    if len(found) == 1:
        return found[0]
    name = f"{versions[0].terms.id!r} in {window.name}"
    if not found:
        raise UsageProblem(f"nothing can be claimed of {name}", remedy="`sla contract claims --all` lists every claim")
    named = ", ".join(claim.objective for claim in found)
    raise UsageProblem(f"several credits can be claimed of {name}", remedy=f"name one with --objective: {named}")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageProblem(f"{text!r} is no day", remedy="write --on 2026-11-03") from None


def _amount(text: str) -> str:
    if not text:
        return ""
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal(-1)
    if not amount.is_finite() or amount < 0:
        raise UsageProblem(f"{text!r} is no amount", remedy="write --amount 50.00")
    return str(amount)


def _entry(said: ClaimRecord, period: str) -> Entry:
    body: dict[str, object] = {
        "contract": said.contract,
        "period": period,
        "objective": said.objective,
        "state": said.state.value,
        "on": said.on.isoformat(),
        "amount": said.amount,
        "by": said.recorded_by,
        "reason": said.note,
    }
    return Entry("claim", {name: value for name, value in body.items() if value != ""})
