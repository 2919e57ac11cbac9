"""What contracts come to on each side of a simulation: every window settled anew, as if its mappings had held all
along. Nothing is summed across currencies."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from hubspot_sla.clock.local_time import local_date
from hubspot_sla.contract.promises import CountedPromise
from hubspot_sla.contract.statement import Statement
from hubspot_sla.contract.terms import Side
from hubspot_sla.errors import UsageProblem
from hubspot_sla.flows.reporting.contracts.history import settled_window, windows_through
from hubspot_sla.flows.reporting.contracts.other_forms import other_forms
from hubspot_sla.flows.reporting.contracts.statement import feeds_named
from hubspot_sla.flows.simulation.alike import by_objective
from hubspot_sla.flows.simulation.credited import Credited, Credits, Sum
from hubspot_sla.flows.simulation.tally import AFTER, BEFORE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hubspot_sla.contract.terms import Objective
    from hubspot_sla.feeds.availability_file import Availability
    from hubspot_sla.flows.reporting.contracts.feed_files import FeedReader
    from hubspot_sla.flows.reporting.contracts.history import Settled
    from hubspot_sla.flows.reporting.outcome_values import Names
    from hubspot_sla.flows.simulation.alike import Alike, DayKey, Times
    from hubspot_sla.flows.simulation.credited import Readers
    from hubspot_sla.flows.simulation.source import Source
    from hubspot_sla.flows.simulation.tally import Tally, Wanted
    from hubspot_sla.measure.periods import Period
    from hubspot_sla.policy.written_contracts import Contracts, WrittenContract


@dataclass(frozen=True)
class TalliedEvidence:
    """What was tallied of one side, and its feeds."""

    until: int
    counts: Mapping[tuple[int, str], Sequence[tuple[DayKey, Alike]]]
    feeds: Mapping[str, Availability] = field(default_factory=dict)

    def promises(
        self,
        written: WrittenContract,
        objective: Objective,
        window: Period,  # noqa: ARG002 - the span says all
        span: Period,
    ) -> list[CountedPromise]:
        found: list[CountedPromise] = []
        for key, alike in self.counts.get((written.number, objective.id), ()):
            if span.start <= key.day < span.end:
                found.extend(_promises(key, alike, span))
        return found

    def feed(self, name: str) -> Availability | None:
        return self.feeds.get(name)

    def seen_until(self, name: str) -> int:  # noqa: ARG002 - each feed is read now, or not at all
        return self.until


def _promises(key: DayKey, alike: Alike, span: Period) -> Iterator[CountedPromise]:
    """Which records they were of makes no difference to a statement, so those with equal times are one object."""
    at = type(span)(key.day, span.end, span.zone).start_at
    made: dict[Times, CountedPromise] = {}
    for times in alike.times():
        if times not in made:
            made[times] = CountedPromise("", "", "", 0, at, key.result, *times, reason=key.reason, key=key.key)
        yield made[times]


def credits_of(source: Source, tally: Tally, wanted: Wanted, readers: Readers) -> Credits:
    """Of every window in which a contract is valid, up to the one that runs at the instant of the simulation."""
    rows: dict[_Key, dict[str, Sum]] = {}
    notes: dict[str, None] = {}
    for side, reader in ((BEFORE, readers.before), (AFTER, readers.after)):
        simulated = source.before if side == BEFORE else source.after
        contracts = simulated.version.mappings.contracts
        counts = by_objective(tally.credited[side])
        problems = wanted.contracts[side].problems
        for contract in contracts.ids:
            feeds, missing = _feeds(contracts, contract, reader)
            missing += (f"{contract}: {problem}" for problem in problems.get(contract, ()))
            notes |= dict.fromkeys(missing)
            evidence = TalliedEvidence(source.request.now, counts, feeds)
            for key, summed in _sums(evidence, contracts.versions(contract), source.request.since, missing).items():
                rows.setdefault(key, {})[side] = summed
    if rows and source.request.since is not None:
        notes["credits are of windows that begin after --since, as if there had been none before"] = None
    credited = [_credited(key, sides, source.names) for key, sides in rows.items()]
    return Credits(credited, list(notes))


class _Key(NamedTuple):
    contract: str
    side: Side
    party: str
    currency: str


def _credited(key: _Key, sides: Mapping[str, Sum], names: Names) -> Credited:
    shown = names.shown("customer", key.party) if key.side is Side.CUSTOMER else key.party
    return Credited(key.contract, key.party, shown, key.side, key.currency, sides.get(BEFORE), sides.get(AFTER))


def _feeds(contracts: Contracts, contract: str, reader: FeedReader | None) -> tuple[dict[str, Availability], list[str]]:
    """Those that can be read, and what is to be said of the others."""
    versions = contracts.versions(contract)
    named = feeds_named(versions)
    if not named:
        return {}, []
    if reader is None:
        return {}, [f"{contract}: the feeds {', '.join(named)} are not read: what they measure is not measured"]
    try:
        feeds, problems = reader.read(contracts.feeds, named)
    except UsageProblem as problem:
        return {}, [f"{contract}: {problem}"]
    return feeds, [*problems, *other_forms(versions, feeds)]


def _sums(
    evidence: TalliedEvidence, versions: Sequence[WrittenContract], since: int | None, missing: Sequence[str]
) -> dict[_Key, Sum]:
    """A later version may have another currency."""
    by_key: dict[_Key, list[Statement]] = {}
    for settled in settled_windows(evidence, versions, since):
        terms = settled.terms
        key = _Key(terms.id, terms.party.side, terms.party.key, terms.currency.code)
        by_key.setdefault(key, []).append(settled.statement)
    return {key: _sum(statements, missing) for key, statements in by_key.items()}


def _sum(statements: Sequence[Statement], missing: Sequence[str]) -> Sum:
    """Of one currency."""
    fees = (text for statement in statements for text in statement.missing)
    return Sum(
        len(statements),
        sum(line.sample.number for statement in statements for line in statement.lines),
        sum((statement.owed for statement in statements), Decimal(0)),
        sum((statement.payable for statement in statements), Decimal(0)),
        tuple(dict.fromkeys((*missing, *fees))),
    )


def settled_windows(
    evidence: TalliedEvidence, versions: Sequence[WrittenContract], since: int | None
) -> Iterator[Settled]:
    """Each stands on those before it, from the first that begins after `since` on."""
    terms, past = versions[0].terms, list[Statement]()
    last = terms.window.holding(local_date(evidence.until, terms.zone), terms.zone)
    for window in windows_through(versions, last):
        if since is None or window.start_at >= since:
            settled = settled_window(evidence, versions, window, past)
            past.append(settled.statement)
            yield settled
