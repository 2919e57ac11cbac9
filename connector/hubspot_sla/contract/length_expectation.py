"""What a figure of lengths may come to in a window that runs: a percentile of how long promises take, or how late they
are in the mean. Nothing is drawn at random.

Every open promise ends by itself, after one of a few lengths that have a chance each. A percentile exceeds a figure
where enough promises do, so the chance of each band is exact. A mean goes by the sum: it is added up in `CELLS` cells,
each length being split between the two cells that it lies between, so that the expected sum is kept.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Final, NamedTuple

from hubspot_sla.contract.chances import PARTS, number_of
from hubspot_sla.contract.measuring import Kind
from hubspot_sla.contract.remedies import Bands, Linear

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from hubspot_sla.contract.sample import Sample
    from hubspot_sla.contract.terms import Objective

CELLS: Final = 1000
"""Of the sum of lengths, up to what is beyond every band."""
_SPLITS: Final = 64
"""Into so many parts a chance is split between two cells."""


_BY_THE_MEAN: Final = (Bands, Linear)
_ALLOWED: Final = {Kind.PERCENTILE: (Bands,), Kind.MEAN: _BY_THE_MEAN, Kind.MEAN_LATENESS: _BY_THE_MEAN}


class OpenLength(NamedTuple):
    """One that comes due in the window: how long it may take, or how late it may be (ms), each with its chance in
    `PARTS`. They sum to `PARTS`."""

    ends: tuple[tuple[int, int], ...]


def lengths_can_be_expected(objective: Objective) -> bool:
    """Whether its credit rests on such a figure alone, and on nothing that each promise owes by itself."""
    allowed = _ALLOWED.get(objective.measure.kind)
    return allowed is not None and all(isinstance(remedy, allowed) for remedy in objective.remedies)


def length_samples(
    objective: Objective, so_far: Sample, promises: Sequence[OpenLength]
) -> Iterator[tuple[Sample, Fraction]]:
    """One sample for each figure that makes a difference, with its chance; the lengths in it stand for all that come to
    the same figure."""
    if not promises:
        yield so_far, Fraction(1)
        return
    number = len(so_far.lengths_ms) + len(promises)
    whole = replace(so_far, good=so_far.good + len(promises))
    of_kind = _percentiles if objective.measure.kind is Kind.PERCENTILE else _sums
    for lengths, chance in of_kind(objective, so_far.lengths_ms, promises, number):
        if chance:
            yield replace(whole, lengths_ms=lengths), chance


def _percentiles(
    objective: Objective, fixed: Sequence[int], promises: Sequence[OpenLength], number: int
) -> Iterator[tuple[tuple[int, ...], Fraction]]:
    """By the figures between which nothing changes: how likely it is that the percentile lies there."""
    beyond = number - -(-objective.measure.rank * number // 100) + 1
    cuts = sorted(set(_cuts(objective)))
    above = Fraction(1)
    for cut in cuts:
        longer = [sum(parts for ms, parts in promise.ends if ms > cut) for promise in promises]
        enough = beyond - sum(ms > cut for ms in fixed)
        exceeds = sum(number_of(longer)[max(enough, 0) :], Fraction(0))
        yield (cut,) * number, above - exceeds
        above = exceeds
    yield (cuts[-1] + 1 if cuts else 0,) * number, above


def _cuts(objective: Objective) -> Iterator[int]:
    """Whole ms at which a figure begins to compare otherwise, and the one before: bounds may be open or closed, and a
    figure that is rounded reaches them earlier."""
    step = objective.measure.step or Fraction(0)
    for bound in _bounds(objective):
        for at in {bound, bound - step, bound - step / 2, bound + step / 2, bound + step}:
            yield from (at.__floor__() - 1, at.__floor__())


def _bounds(objective: Objective) -> Iterator[Fraction]:
    if objective.promised is not None:
        yield from objective.promised.ends
    for remedy in objective.remedies:
        if isinstance(remedy, Bands):
            for band in remedy.bands:
                yield from band.span.ends


def _sums(
    objective: Objective, fixed: Sequence[int], promises: Sequence[OpenLength], number: int
) -> Iterator[tuple[tuple[int, ...], Fraction]]:
    """By the sum of all lengths, in cells; all that lies beyond every band is one."""
    so_far, most = sum(fixed), sum(max(ms for ms, _ in promise.ends) for promise in promises)
    last = most
    if not any(isinstance(remedy, Linear) for remedy in objective.remedies):
        last = min(most, max(_beyond_bands(objective, number) - so_far, 0))
    cell = max(1, -(-last // CELLS))
    cells = -(-last // cell) + (len(promises) if last == most else 1)
    for at, chance in _summed((_in_cells(promise, cell) for promise in promises), cells).items():
        yield (so_far + at * cell, *(0,) * (number - 1)), Fraction(chance, (PARTS * _SPLITS) ** len(promises))


def _beyond_bands(objective: Objective, number: int) -> int:
    """A sum of so many lengths whose mean lies beyond every bound."""
    highest = max(_bounds(objective), default=Fraction(0)) + (objective.measure.step or 0)
    return int(highest * number) + number


def _in_cells(promise: OpenLength, cell: int) -> dict[int, int]:
    found: defaultdict[int, int] = defaultdict(int)
    for ms, parts in promise.ends:
        at, rest = divmod(ms, cell)
        further = (2 * rest * _SPLITS + cell) // (2 * cell)
        found[at] += parts * (_SPLITS - further)
        found[at + 1] += parts * further
    return {at: parts for at, parts in found.items() if parts}


def _summed(promises: Iterable[dict[int, int]], last: int) -> dict[int, int]:
    sums = {0: 1}
    for by_cell in promises:
        more: defaultdict[int, int] = defaultdict(int)
        for at, weight in sums.items():
            for cell, parts in by_cell.items():
                more[min(at + cell, last)] += weight * parts
        sums = more
    return sums
