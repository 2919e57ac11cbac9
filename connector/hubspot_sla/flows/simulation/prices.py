"""What a suggested target would have cost in credits: the windows of each contract settled with the cycles of one group
as that target keeps or breaks them."""

from __future__ import annotations

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
    from collections.abc import Iterator, Mapping
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
    from hubspot_sla.flows.simulation.needed import Needs
    from hubspot_sla.measure.outcome import Outcome
    from hubspot_sla.plan.records import RecordRef
    from hubspot_sla.policy.written_contracts import Contracts


class PricedLike(NamedTuple):
    """What an objective counts alike, on the day its clock started. `number` is the place of the contract's version in
    its file, `key` the value of the objective's dimension."""

    number: int
    objective: str
    day: date
    key: str | None


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


def priced_as(contracts: ContractPromises, ref: RecordRef, outcome: Outcome, cycle: Cycle) -> Iterator[PricedLike]:
    """Of every objective that counts it, and whose credit rests on how many promises are broken."""
    if cycle.started_at is None:
        return
    for counting in contracts.counting(ref, outcome):
        if can_be_expected(counting.objective):
            day = local_date(cycle.started_at, counting.written.terms.zone)
            yield PricedLike(counting.written.number, counting.objective.id, day, counting.key(ref, outcome))


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
    needs: Mapping[PricedLike, Needs],
    target_ms: int,
    now: int,
    names: Names,
    since: int | None = None,
) -> list[TargetPrice]:
    """By contract; only windows that are over by `now`, begin after `since` (epoch ms) and in which something was
    judged count. Where a fee is not known there is no price."""
    counts: Counts = {}
    for like, of_like in needs.items():
        sample = of_like.sample()
        kept = sample.met(target_ms)
        for result, number in ((Result.KEPT, kept), (Result.BROKEN, sample.judged(target_ms) - kept)):
            if number:
                counts[DayKey(like.number, like.objective, like.day, result, "", like.key)] = Alike(number)
    numbers = {like.number for like in needs}
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
