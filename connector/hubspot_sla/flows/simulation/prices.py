"""What a suggested target would have cost in credits: the windows of each contract settled with the cycles of one group
as that target keeps or breaks them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from hubspot_sla.clock.local_time import local_date
from hubspot_sla.contract.expectation import can_be_expected
from hubspot_sla.contract.price import NoPrice, price
from hubspot_sla.contract.promises import Result
from hubspot_sla.contract.terms import Side
from hubspot_sla.flows.simulation.alike import Alike, DayKey, by_objective
from hubspot_sla.flows.simulation.credits import TalliedEvidence, settled_windows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date
    from decimal import Decimal
    from fractions import Fraction

    from hubspot_sla.clock.verdict import Cycle
    from hubspot_sla.contract.money import Currency
    from hubspot_sla.contract.price import Price
    from hubspot_sla.contract.statement import Statement
    from hubspot_sla.contract.terms import Contract
    from hubspot_sla.flows.reporting.outcome_values import Names
    from hubspot_sla.flows.simulation.alike import Counts
    from hubspot_sla.flows.simulation.contract_promises import ContractPromises
    from hubspot_sla.measure.outcome import Outcome
    from hubspot_sla.plan.records import RecordRef
    from hubspot_sla.policy.written_contracts import Contracts


class PricedCycle(NamedTuple):
    """One cycle that an objective counts, on the day its clock started. `needed_ms` is the least target that keeps it,
    None where none does; `late_up_to_ms` the longest with which one that is open is late, None where it is over."""

    number: int
    objective: str
    day: date
    key: str | None
    needed_ms: int | None
    late_up_to_ms: int | None

    def result(self, target_ms: int) -> Result | None:
        """None: this target would not judge it yet."""
        if self.late_up_to_ms is not None:
            return Result.BROKEN if target_ms <= self.late_up_to_ms else None
        return Result.KEPT if self.needed_ms is not None and self.needed_ms <= target_ms else Result.BROKEN


@dataclass(frozen=True, slots=True)
class TargetPrice:
    """What a target would have cost a window of one contract; `why_not` where that cannot be said. `promises` are those
    that were judged in these windows."""

    contract: str
    party: str
    side: Side
    money_of: Currency
    promises: int
    found: Price | None
    why_not: str = ""

    @property
    def currency(self) -> str:
        return self.money_of.code

    def money(self, amount: Fraction) -> Decimal:
        """To the smallest coin."""
        return self.money_of.rounded(amount)


def priced_cycles(
    contracts: ContractPromises,
    ref: RecordRef,
    outcome: Outcome,
    cycle: Cycle,
    needed_ms: int | None,
    late_up_to_ms: int | None,
) -> Iterator[PricedCycle]:
    """Of every objective that counts it, and whose credit rests on how many promises are broken."""
    if cycle.started_at is None:
        return
    for counting in contracts.counting(ref, outcome):
        if can_be_expected(counting.objective):
            day = local_date(cycle.started_at, counting.written.terms.zone)
            key = counting.key(ref, outcome)
            number = counting.written.number
            yield PricedCycle(number, counting.objective.id, day, key, needed_ms, late_up_to_ms)


@dataclass(slots=True)
class _Windows:
    """What is payable of each window under one contract; `missing` is what would have to be known first."""

    terms: Contract
    amounts: list[Decimal] = field(default_factory=list)
    promises: int = 0
    missing: dict[str, None] = field(default_factory=dict)

    def add(self, statement: Statement, judged: int) -> None:
        self.amounts.append(statement.payable)
        self.promises += judged
        self.missing |= dict.fromkeys(statement.missing)


def target_prices(
    contracts: Contracts,
    cycles: Sequence[PricedCycle],
    target_ms: int,
    now: int,
    names: Names,
    since: int | None = None,
) -> list[TargetPrice]:
    """By contract; only windows that are over by `now`, begin after `since` (epoch ms) and in which something was
    judged count. Where a fee is not known there is no price."""
    counts: Counts = defaultdict(Alike)
    for one in cycles:
        result = one.result(target_ms)
        if result is not None:
            counts[DayKey(one.number, one.objective, one.day, result, "", one.key)].count(None)
    numbers = {one.number for one in cycles}
    evidence = TalliedEvidence(now, by_objective(counts))
    found = []
    for contract in contracts.ids:
        versions = contracts.versions(contract)
        if numbers.isdisjoint(each.number for each in versions):
            continue
        by_terms: dict[tuple[str, str], _Windows] = {}
        for settled in settled_windows(evidence, versions, since):
            terms, statement = settled.terms, settled.statement
            judged = sum(line.sample.number for line in statement.lines)
            if judged and statement.window.end_at <= now:
                key = terms.party.key, terms.currency.code
                by_terms.setdefault(key, _Windows(terms)).add(statement, judged)
        terms = versions[-1].terms
        found += [_priced(one, names) for one in by_terms.values() or [_Windows(terms)]]
    return found


def _priced(windows: _Windows, names: Names) -> TargetPrice:
    terms, party = windows.terms, windows.terms.party
    shown = names.shown("customer", party.key) if party.side is Side.CUSTOMER else party.key
    about = terms.id, shown, party.side, terms.currency, windows.promises
    if windows.missing:
        return TargetPrice(*about, None, "; ".join(windows.missing))
    try:
        return TargetPrice(*about, price(windows.amounts))
    except NoPrice as why:
        return TargetPrice(*about, None, str(why))
