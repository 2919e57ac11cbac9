"""Outages that cost less as one than apart, though the one is longer: each has its own most, its own hour begun or its
own place in a count."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations_with_replacement
from typing import TYPE_CHECKING, NamedTuple

from hubspot_sla.contract.measuring import Kind
from hubspot_sla.contract.money import Rounding
from hubspot_sla.contract.remedies import EachOutage, Reading
from hubspot_sla.contract.sample import MINUTE_MS, Sample

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubspot_sla.contract.remedies import Remedy
    from hubspot_sla.contract.terms import Objective
    from hubspot_sla.measure.periods import Period

MOST_OUTAGES = 50
"""So many are tried where they are counted."""


class Bridged(NamedTuple):
    """`apart` and `joined` are the lengths (ms) of two outages and of the one that takes their place, or numbers of
    outages; `pays` what each way costs in the unit of the remedy; with `is_time`, where outages are counted in whole
    steps, how long (ms) it counts as."""

    apart: tuple[Fraction, ...]
    joined: Fraction
    pays: tuple[Fraction, Fraction]
    is_time: bool = False


def bridged(objective: Objective, window: Period) -> Iterator[Bridged]:
    """The first pair that shows it, for each reason."""
    for remedy in objective.remedies:
        pair = _by_length(remedy, objective.least_outage_ms, window) if isinstance(remedy, EachOutage) else None
        if objective.measure.kind is Kind.OUTAGES:
            pair = _by_number(remedy, window)
        if pair is not None:
            yield pair
    if objective.remedies and (pair := _in_whole(objective)) is not None:
        yield pair


def _by_length(remedy: EachOutage, least_ms: int, window: Period) -> Bridged | None:
    lengths = {max(length, least_ms) for length in _lengths(remedy)}
    for one, other in combinations_with_replacement(sorted(lengths | {length + MINUTE_MS for length in lengths}), 2):
        joined = one + other + MINUTE_MS
        pays = _cost(remedy, one, other), _cost(remedy, joined)
        if joined < window.end_at - window.start_at and pays[1] < pays[0]:
            return Bridged((Fraction(one), Fraction(other)), Fraction(joined), pays)
    return None


def _lengths(remedy: EachOutage) -> set[int]:
    """At which something may change: a little beyond what is free, beyond each end of a band, and where the most of one
    is reached."""
    found = {remedy.after_ms + MINUTE_MS, remedy.after_ms + remedy.step_ms}
    if remedy.bands is not None:
        ends = {int(end) for band in remedy.bands.bands for end in band.span.ends}
        found |= ends | {end + MINUTE_MS for end in ends}
    elif remedy.most is not None and remedy.pay.value:
        steps = remedy.most / remedy.pay.value
        found |= {remedy.after_ms + int(number * remedy.step_ms) for number in (steps, steps.__ceil__())}
    return {length for length in found if length > 0}


def _cost(remedy: EachOutage, *lengths: int) -> Fraction:
    """Of outages of these lengths; what is free by its number is not."""
    return sum((remedy.value_of(length) for length in lengths if length > remedy.after_ms), Fraction(0))


def _by_number(remedy: Remedy, window: Period) -> Bridged | None:
    def cost(number: int) -> Fraction:
        on = (window.start,) * number
        dues = remedy.dues(Reading(Fraction(number), Sample(0, number, broken_on=on), window))
        return sum((due.pay.value or Fraction(0) for due in dues), Fraction(0))

    for number in range(1, MOST_OUTAGES):
        pays = cost(number + 1), cost(number)
        if pays[1] < pays[0]:
            return Bridged((Fraction(number + 1),), Fraction(number), pays)
    return None


def _in_whole(objective: Objective) -> Bridged | None:
    """Two that are rounded up become one that is so once."""
    if objective.whole is None or objective.whole[1] is Rounding.DOWN or objective.measure.kind is Kind.OUTAGES:
        return None
    step, rounding = objective.whole
    length = step // 4 + 1 if rounding is Rounding.UP else (step + 1) // 2
    joined = 2 * length + step // 10
    apart = 2 * step * rounding.of(Fraction(length, step))
    together = step * rounding.of(Fraction(joined, step))
    return Bridged((Fraction(length),) * 2, Fraction(joined), (Fraction(apart), Fraction(together)), is_time=True)
