"""The statements of a contract, window by window from its first day on: each stands on those before it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubspot_sla.contract.settlement import settled
from hubspot_sla.contract.versions import settling
from hubspot_sla.errors import UsageProblem
from hubspot_sla.flows.reporting.contracts.evidence import observed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date

    from hubspot_sla.contract.statement import Statement
    from hubspot_sla.contract.terms import Contract
    from hubspot_sla.flows.reporting.contracts.evidence import Evidence
    from hubspot_sla.measure.periods import Period
    from hubspot_sla.policy.written_contracts import WrittenContract


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
    if settling_in(versions, window) is None:
        remedy = f"it begins on {first.isoformat()}"
        raise UsageProblem(f"{terms.id!r} is not valid in {window.name}", remedy=remedy)
    return window


def settling_in(versions: Sequence[WrittenContract], window: Period) -> tuple[WrittenContract, Contract] | None:
    """The version that settles a window, and its terms as they hold for all the time that the contract is valid; None:
    it is not valid then."""
    terms = settling([each.terms for each in versions], window)
    if terms is None:
        return None
    return next(each for each in versions if each.terms.valid_from == terms.valid_from), terms


def windows_through(versions: Sequence[WrittenContract], last: Period) -> Iterator[Period]:
    """From the first in which the contract is valid on, up to `last`; those in which it is not are left out."""
    first = versions[0].terms
    window = first.window.holding(min(each.terms.valid_from for each in versions), first.zone)
    while window.start <= last.start:
        if settling_in(versions, window) is not None:
            yield window
        window = first.window.holding(window.end, first.zone)


def windows_after(versions: Sequence[WrittenContract], start: date | None, last: Period) -> Iterator[Period]:
    """Those of `windows_through` after the one that begins on `start`; all for None."""
    return (each for each in windows_through(versions, last) if start is None or each.start > start)


def settling_any(versions: Sequence[WrittenContract], windows: Iterable[Period]) -> list[WrittenContract]:
    """The versions that settle any of these windows: others have no say in them."""
    numbers = {found[0].number for found in (settling_in(versions, each) for each in windows) if found is not None}
    return [each for each in versions if each.number in numbers]


def settled_through(
    evidence: Evidence, versions: Sequence[WrittenContract], window: Period, past: Sequence[Statement] = ()
) -> Settled:
    """`window` is one of `window_of`. `past` are the statements of all windows before some one; without them the
    contract is settled from its first day on."""
    every = list(past)
    for at in windows_after(versions, past[-1].window.start if past else None, window):
        one = settled_window(evidence, versions, at, every)
        if at == window:
            return one
        every.append(one.statement)
    raise UsageProblem(f"{versions[0].terms.id!r} has no window {window.name}")


def settled_window(
    evidence: Evidence, versions: Sequence[WrittenContract], window: Period, past: Sequence[Statement]
) -> Settled:
    """`window` is one of `windows_through`; `past` are the statements of those before it, oldest first."""
    settling_then = settling_in(versions, window)
    assert settling_then is not None  # noqa: S101 - `windows_through` gives no others
    written, terms = settling_then
    statement = settled(terms, window, observed(evidence, written, terms, window), past)
    return Settled(written, terms, statement, tuple(past))
