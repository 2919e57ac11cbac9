"""The statements of a contract, window by window from its first day on: each stands on those before it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubspot_sla.contract.settlement import settled
from hubspot_sla.contract.versions import settling
from hubspot_sla.errors import UsageProblem
from hubspot_sla.flows.reporting.contracts.evidence import observed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubspot_sla.contract.statement import Statement
    from hubspot_sla.contract.terms import Contract
    from hubspot_sla.flows.reporting.contracts.evidence import Sources
    from hubspot_sla.measure.periods import Period
    from hubspot_sla.policy.contracts import WrittenContract


@dataclass(frozen=True, slots=True)
class Settled:
    """The statement that was asked for, by the version that settles it, after those before it, oldest first."""

    written: WrittenContract
    terms: Contract
    statement: Statement
    past: tuple[Statement, ...]


def window_of(versions: Sequence[WrittenContract], named: Period) -> Period:
    """The window of the contract that holds the period a person named. Raises UsageProblem for one that lies in
    several, or in which the contract is not valid."""
    terms = versions[0].terms
    first = min(each.terms.valid_from for each in versions)
    window = terms.window.holding(named.start, terms.zone)
    if named.end > window.end:
        remedy = f"name one of its windows: {window.name}"
        raise UsageProblem(f"{named.name} is more than one window of {terms.id!r}", remedy=remedy)
    if settling([each.terms for each in versions], window) is None:
        remedy = f"it begins on {first.isoformat()}"
        raise UsageProblem(f"{terms.id!r} is not valid in {window.name}", remedy=remedy)
    return window


def settled_through(sources: Sources, versions: Sequence[WrittenContract], window: Period) -> Settled:
    """`window` is one of `window_of`."""
    first = versions[0].terms
    at = first.window.holding(min(each.terms.valid_from for each in versions), first.zone)
    past: list[Statement] = []
    while True:
        terms = settling([each.terms for each in versions], at)
        if terms is not None:
            written = next(each for each in versions if each.terms.valid_from == terms.valid_from)
            statement = settled(terms, at, observed(sources, written, terms, at), past)
            if at == window:
                return Settled(written, terms, statement, tuple(past))
            past.append(statement)
        if at.start > window.start:
            raise UsageProblem(f"{first.id!r} has no window {window.name}")
        at = first.window.holding(at.end, first.zone)
