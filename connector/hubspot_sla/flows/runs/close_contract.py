"""Closing a window of a contract: what entered its statement is sealed into the audit chain. From then on its statement
is final, and drawn from that seal alone.

Sealed are the promises by their instants, the rows of feeds, and by the number of the version of the mappings the
terms: fees, plan, exclusions and the contract's version. A worker may be running: rows are only appended.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from hubspot_sla.contract.statement import Why
from hubspot_sla.errors import NotYetPossible, UsageProblem
from hubspot_sla.flows.context import versions_in_force
from hubspot_sla.flows.reporting.contracts.evidence import seen_since, span_of
from hubspot_sla.flows.reporting.contracts.frozen_months import disagreements
from hubspot_sla.flows.reporting.contracts.history import (
    settled_through,
    settling_any,
    settling_in,
    window_of,
    windows_after,
    windows_through,
)
from hubspot_sla.flows.reporting.contracts.sealed import SealedStatements, statements_through
from hubspot_sla.flows.reporting.contracts.sealed_evidence import feed_text
from hubspot_sla.flows.reporting.contracts.sealed_twice import sealed_twice
from hubspot_sla.flows.reporting.contracts.statement import (
    feeds_named,
    ledger_evidence,
    party_name,
    versions_of,
)
from hubspot_sla.flows.reporting.query import period_of
from hubspot_sla.flows.runs.close_period import require_known
from hubspot_sla.flows.runs.job_run import new_run_id
from hubspot_sla.ledger import audit, contract_closings
from hubspot_sla.ledger import versions as ledger_versions
from hubspot_sla.ledger.audit import Entry
from hubspot_sla.ledger.contract_closings import ContractClosing
from hubspot_sla.plan.instant_text import wire

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence

    from hubspot_sla.contract.statement import Line, Statement
    from hubspot_sla.flows.reporting.contracts.feed_files import FeedReader
    from hubspot_sla.flows.reporting.contracts.history import Settled
    from hubspot_sla.flows.reporting.contracts.ledger_evidence import LedgerEvidence
    from hubspot_sla.flows.runs.close_period import Asked
    from hubspot_sla.ledger.contract_closings import PromisesByWindow
    from hubspot_sla.ledger.database import Ledger
    from hubspot_sla.measure.periods import Period
    from hubspot_sla.policy.mappings import Mappings
    from hubspot_sla.policy.written_contracts import WrittenContract


_FILE: Final = "contracts.yaml"


@dataclass(frozen=True)
class _Window:
    """One window of one contract, with what was sealed of it before."""

    db: sqlite3.Connection
    mappings: Mappings
    mappings_number: int
    versions: Sequence[WrittenContract]
    window: Period
    sealed: SealedStatements

    @property
    def contract(self) -> str:
        return self.versions[0].terms.id


def close(ledger: Ledger, contract: str, period: str, reader: FeedReader, asked: Asked) -> ContractClosing:
    """The first edition of a window. UsageProblem: there is no such window, it is closed already, not begun, not the
    next one, or a fee of it is missing. NotYetPossible: it has not ended, or not everything in it is known."""
    _read_feeds(ledger.db, contract, reader, asked.now)
    with ledger.transaction() as db:
        found = _window(db, contract, period, asked.now)
        _require_next(found, asked.now)
        return _closed(found, reader, asked)


def restate(ledger: Ledger, contract: str, period: str, reader: FeedReader, asked: Asked) -> ContractClosing:
    """A further edition of a closed window. UsageProblem: it is not closed, or nothing has changed since.
    NotYetPossible: not everything in it is known."""
    _read_feeds(ledger.db, contract, reader, asked.now)
    with ledger.transaction() as db:
        found = _window(db, contract, period, asked.now)
        last = found.sealed.newest(found.window)
        if last is None:
            remedy = f"`sla contract close {found.contract} --period {found.window.name}` makes its first edition"
            raise UsageProblem(f"{found.window.name} of {found.contract!r} is not closed", remedy=remedy)
        return _closed(found, reader, asked, last)


def _read_feeds(db: sqlite3.Connection, contract: str, reader: FeedReader, now: int) -> None:
    """Before the transaction: nobody waits for an address while the ledger is locked."""
    known = versions_in_force.in_force(db)
    if known:
        contracts = known[-1].mappings.contracts
        reader.read(contracts.feeds, feeds_named(versions_of(db, contracts, contract, now)))


def _window(db: sqlite3.Connection, contract: str, period: str, now: int) -> _Window:
    known = versions_in_force.in_force(db)
    if not known:
        raise UsageProblem("no mappings are in force yet", remedy="run `sla setup` first")
    mappings = known[-1].mappings
    versions = versions_of(db, mappings.contracts, contract, now)
    named = period_of(period, None, None, versions[0].terms.zone, now)
    sealed = SealedStatements.of(db, versions[0].terms.id)
    return _Window(db, mappings, len(known), versions, window_of(versions, named), sealed)


def _require_next(found: _Window, now: int) -> None:
    window, name = found.window, f"{found.window.name} of {found.contract!r}"
    again = found.sealed.newest(window)
    if again is not None:
        raise UsageProblem(
            f"{name} was closed on {wire(again.closed_at)} by {again.closed_by} (edition {again.edition})",
            remedy=f"`sla contract restate {found.contract} --period {window.name} --reason WHY` makes another edition",
        )
    if window.start_at > now:
        raise UsageProblem(f"{name} lies in the future", remedy="close a window that has ended")
    if window.end_at > now:
        raise NotYetPossible(f"{name} ends at {wire(window.end_at)}", remedy="close it after that")
    if found.sealed.editions and (due := next_window(found.versions, found.sealed)) != window:
        last = found.sealed.editions[-1]
        after = window.start > last.start
        raise UsageProblem(
            f"{last.period} is the last closed window of {found.contract!r}, and {window.name} is not the next",
            remedy=f"close {due.name} first" if after and due else f"windows before {last.period} stay open",
        )


def next_window(versions: Sequence[WrittenContract], sealed: SealedStatements) -> Period | None:
    """The window after the last closed one; None: the contract has ended, or nothing of it is closed."""
    if not sealed.editions:
        return None
    last = sealed.editions[-1]
    terms = versions[0].terms
    until = terms.window.holding(last.end + timedelta(days=366 * 2), terms.zone)
    return next((each for each in windows_through(versions, until) if each.start >= last.end), None)


def _closed(found: _Window, reader: FeedReader, asked: Asked, last: ContractClosing | None = None) -> ContractClosing:
    db, window = found.db, found.window
    before = found.sealed.newest_before(window)
    settling = settling_any(found.versions, _open_windows(found, before))
    by_promises = any(source.feed is None for each in settling for source in each.sources.values())
    unknown = require_known(db, window.end_at, asked) if by_promises else []
    known = ledger_evidence(db, found.mappings, settling, reader, window.end_at, as_kept=False, asked_at=asked.now)
    evidence, problems = known.evidence, known.problems
    if problems and not asked.with_unknown:
        remedy = "mend the feed, or close with --with-unknown: it counts as it is, and not where it cannot be read"
        raise NotYetPossible("; ".join(problems), remedy=remedy)
    evidence = replace(evidence, unknown=frozenset(unknown))
    past = () if before is None else statements_through(found.sealed.settled(before))
    settled = settled_through(evidence, found.versions, window, past)
    _require_fees(settled, found.contract)
    if last is not None and _is_unchanged(found, last, settled):
        remedy = f"`sla contract statement {found.contract} --period {window.name}` shows it"
        raise UsageProblem(f"nothing in {window.name} has changed since edition {last.edition}", remedy=remedy)
    closing = ContractClosing(
        contract=found.contract,
        period=window.name,
        edition=1 if last is None else last.edition + 1,
        start=window.start,
        end=window.end,
        zone=str(window.zone),
        mappings=found.mappings_number,
        version=settled.terms.version,
        party=settled.terms.party.key,
        party_name=party_name(db, settled.written, asked.now),
        before=None if before is None else before.number,
        closed_at=asked.now,
        closed_by=asked.by,
        reason=asked.reason,
        unknown=tuple(unknown),
        notes=(
            *problems,
            *disagreements(evidence, found.versions, window),
            *sealed_twice(evidence, found.versions, window),
        ),
        owed=str(settled.statement.owed),
        payable=str(settled.statement.payable),
        entry=audit.next_number(db),
    )
    promises, feeds = _entering(evidence, found, before)
    number = contract_closings.close(db, closing, promises, feeds)
    entry = _entry(closing, settled, sum(map(len, promises.values())))
    audit.append(db, at=asked.now, run_id=new_run_id(), entries=[entry])
    return replace(closing, number=number)


def _open_windows(found: _Window, before: ContractClosing | None) -> Iterator[Period]:
    """This one, and those before it that are not sealed themselves."""
    return windows_after(found.versions, None if before is None else before.start, found.window)


def _require_fees(settled: Settled, contract: str) -> None:
    """Nothing is final that a missing fee leaves open."""
    missing = list(settled.statement.missing)
    if any(part.why is Why.CAP_UNKNOWN for part in settled.statement.withheld):
        missing.append("the contract does not say a fee that a cap rests on")
    if missing:
        remedy = f"write the fee of {contract} in contracts.yaml, and run a sync"
        raise UsageProblem(f"{settled.statement.window.name} is not whole: {'; '.join(missing)}", remedy=remedy)


def _is_unchanged(found: _Window, last: ContractClosing, now: Settled) -> bool:
    """In its figures, in those that it stands on, and in what contracts.yaml says."""
    before, texts = found.sealed.settled(last), [each.texts.get(_FILE) for each in ledger_versions.every(found.db)]
    is_same_text = texts[last.mappings - 1] == texts[found.mappings_number - 1]
    return is_same_text and before.statement == now.statement and before.past == now.past


def _entering(
    evidence: LedgerEvidence, found: _Window, before: ContractClosing | None
) -> tuple[PromisesByWindow, dict[str, str]]:
    """The promises of this window, and of those before it that are not sealed themselves; and the rows of feeds that
    bear on them."""
    promises: PromisesByWindow = {}
    since: dict[str, int] = {}
    for at in _open_windows(found, before):
        settling = settling_in(found.versions, at)
        assert settling is not None  # noqa: S101 - `windows_through` gives no others
        written, terms = settling
        for objective in terms.objectives:
            span = span_of(terms, objective, at)
            source = written.sources[objective.id]
            if span is not None and source.feed is None:
                promises[at.start, objective.id] = evidence.promises(written, objective, at, span)
            elif span is not None and source.feed is not None:
                first = seen_since(terms, span)
                since[source.feed] = min(first, since.get(source.feed, first))
    feeds = {
        name: feed_text(evidence.feeds[name], first, found.window.end_at)
        for name, first in since.items()
        if name in evidence.feeds
    }
    return promises, feeds


def _entry(closing: ContractClosing, settled: Settled, promises: int) -> Entry:
    """Its digest covers the rows; the figures stand in the chain itself."""
    statement = settled.statement
    body: dict[str, object] = {
        "contract": closing.contract,
        "period": closing.period,
        "edition": closing.edition,
        "from": closing.start.isoformat(),
        "to": closing.end.isoformat(),
        "zone": closing.zone,
        "mappings": closing.mappings,
        "version": closing.version,
        "currency": settled.terms.currency.code,
        "owed": closing.owed,
        "payable": closing.payable,
        "promises": promises,
        "lines": [_line(line) for line in statement.lines],
        "fees": _bases(statement),
        "plan_name": settled.written.plan,
        "unknown": [record.key for record in closing.unknown],
        "by": closing.closed_by,
        "reason": closing.reason,
    }
    return Entry("contract", {name: value for name, value in body.items() if value not in ("", [])})


def _line(line: Line) -> list[object]:
    """Objective, key, state, the exact figure, the credit."""
    return [line.objective, line.key, line.state.value, _text(line.measured), str(line.money)]


def _text(figure: object) -> str | None:
    return None if figure is None else str(figure)


def _bases(statement: Statement) -> list[list[object]]:
    """Objective, key and the base of each share that was paid."""
    return [
        [line.objective, line.key, str(credit.base)]
        for line in statement.lines
        for credit in line.credits
        if credit.base is not None
    ]
