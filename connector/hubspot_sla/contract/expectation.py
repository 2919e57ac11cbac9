"""What a window that still runs is likely to come to: the expected credit over how many open promises will be broken.

Bands are not linear, so this is no credit of an expected figure: every number of misses has its chance, worked out by
dynamic programming in exact fractions, and its own settlement. Open promises are taken to be kept or broken
independently of each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from itertools import product
from operator import mul
from typing import TYPE_CHECKING, Final, NamedTuple

from hubspot_sla.contract.chances import number_of
from hubspot_sla.contract.length_expectation import OpenLength, length_samples
from hubspot_sla.contract.lines import line_of
from hubspot_sla.contract.measuring import Kind
from hubspot_sla.contract.remedies import EachLate
from hubspot_sla.contract.sample import Sample
from hubspot_sla.contract.settlement import NOTHING_OBSERVED, settled
from hubspot_sla.contract.statement import Observed
from hubspot_sla.contract.windows import covered

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date
    from decimal import Decimal

    from hubspot_sla.contract.statement import Statement
    from hubspot_sla.contract.terms import Contract, Objective
    from hubspot_sla.measure.periods import Period

MOST_SETTLEMENTS: Final = 2000
"""Of more ways in which a window may end that come to something else, nothing is said."""

Line = tuple[str, str | None]
"""An objective and the value of its dimension, as evidence has them."""


class OpenPromise(NamedTuple):
    """One that comes due in the window: the chance of being broken, in `chances.PARTS`, and the day it comes due."""

    broken: int
    on: date


@dataclass(frozen=True, slots=True)
class Expected:
    """Of what is payable: the `mean` over all ways in which the window may end, and the least and the most that has
    any chance. `missing` says which fee that rests on is not said: then none of it is whole."""

    mean: Fraction
    least: Decimal
    most: Decimal
    missing: tuple[str, ...] = ()


def can_be_expected(objective: Objective) -> bool:
    """Whether its credit rests on how many promises are broken alone, not on how long they take."""
    by_number = objective.measure.kind in (Kind.ATTAINMENT, Kind.MISSES)
    return by_number and not any(isinstance(remedy, EachLate) for remedy in objective.remedies)


def misses(promises: Sequence[OpenPromise]) -> list[Fraction]:
    """The chance of 0, 1, 2 ... of them being broken. Exact; they sum to 1."""
    return number_of([promise.broken for promise in promises])


def expected(
    contract: Contract,
    window: Period,
    evidence: Mapping[Line, Observed],
    past: Sequence[Statement],
    to_come: Mapping[Line, Sequence[OpenPromise] | Sequence[OpenLength]],
) -> Expected | None:
    """`evidence` and `past` as of `settled`; `to_come` are the open promises of objectives that `can_be_expected`, and
    those with their lengths of objectives of which `lengths_can_be_expected` says so.
    None: there are more than `MOST_SETTLEMENTS` ways that come to something else."""
    ways = [
        [(line, *way) for way in _ways(contract, window, evidence, past, line, promises)]
        for line, promises in to_come.items()
    ]
    if reduce(mul, map(len, ways), 1) > MOST_SETTLEMENTS:
        return None
    mean, amounts, missing = Fraction(0), [], dict[str, None]()
    for combined in product(*ways):
        observed = {line: observed for line, observed, _ in combined}
        statement = settled(contract, window, {**evidence, **observed}, past)
        payable, missing = statement.payable, missing | dict.fromkeys(statement.missing)
        mean += reduce(mul, (chance for _, _, chance in combined), Fraction(1)) * Fraction(payable)
        amounts.append(payable)
    return Expected(mean, min(amounts), max(amounts), tuple(missing))


def _ways(
    contract: Contract,
    window: Period,
    evidence: Mapping[Line, Observed],
    past: Sequence[Statement],
    of: Line,
    promises: Sequence[OpenPromise] | Sequence[OpenLength],
) -> list[tuple[Observed, Fraction]]:
    """How one line may end, with the chance of each; what comes to the same is one way."""
    objective = contract.objective(of[0])
    own = contract.window_of(objective).ending_with(window)
    part = None if own is None else covered(own, contract.valid_from, contract.valid_to)
    so_far = evidence.get(of, NOTHING_OBSERVED)
    if part is None:
        return [(so_far, Fraction(1))]
    found: dict[object, tuple[Observed, Fraction]] = {}
    for sample, chance in _samples(objective, so_far.sample, promises):
        observed = Observed(sample)
        line = line_of(contract, objective, of[1], part, observed, past)
        comes_to = line.state, line.money, line.points, line.days, line.missing
        first, before = found.get(comes_to, (observed, Fraction(0)))
        found[comes_to] = first, before + chance
    return list(found.values())


def _samples(
    objective: Objective, so_far: Sample, promises: Sequence[OpenPromise] | Sequence[OpenLength]
) -> Iterator[tuple[Sample, Fraction]]:
    """What may have been observed at the end of the window, with the chance of each."""
    lengths = [promise for promise in promises if isinstance(promise, OpenLength)]
    if lengths:
        yield from length_samples(objective, so_far, lengths)
        return
    by_number = [promise for promise in promises if isinstance(promise, OpenPromise)]
    days = sorted(promise.on for promise in by_number)
    for number, chance in enumerate(misses(by_number)):
        if chance:
            yield so_far + Sample(len(days) - number, number, broken_on=tuple(days[:number])), chance
