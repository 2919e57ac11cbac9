"""Remedies: what a figure is worth, before it is made money. A new one is one class here and one form in
`policy.remedy_documents`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING, Protocol

from hubspot_sla.clock.intervals import common, merged

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from hubspot_sla.contract.sample import Sample
    from hubspot_sla.contract.spans import Span
    from hubspot_sla.measure.periods import Period

NONE = Fraction(0)


class Unit(StrEnum):
    """What is owed: a share of the base, the base of so many days, money, points, days of extension."""

    SHARE = "share"
    FEE_DAYS = "fee_days"
    MONEY = "money"
    POINTS = "points"
    DAYS = "days"


@dataclass(frozen=True, slots=True)
class Pay:
    """So much of a unit; `value` None where a contract says that something is owed, and not how much."""

    unit: Unit
    value: Fraction | None


@dataclass(frozen=True, slots=True)
class Reading:
    """What a remedy looks at. `compared` is the figure, `paid` how often this objective has paid in the window
    before."""

    compared: Fraction
    sample: Sample
    window: Period
    paid: int = 0


@dataclass(frozen=True, slots=True)
class Due:
    """What one remedy says: `band` is the number of the band reached; `on` the day whose fee counts, None for the
    window's."""

    pay: Pay
    band: int | None = None
    on: date | None = None


class Remedy(Protocol):
    """What every remedy can do."""

    @property
    def unit(self) -> Unit: ...

    def dues(self, reading: Reading) -> tuple[Due, ...]:
        """Nothing where nothing is owed."""
        ...


@dataclass(frozen=True, slots=True)
class Band:
    """`span` of the figure pays `pay`."""

    span: Span
    pay: Pay
    name: str = ""


@dataclass(frozen=True, slots=True)
class Bands:
    """The band that the figure lies in. Where it lies in several, because lower bounds are left out, the worst wins."""

    bands: tuple[Band, ...]

    @property
    def unit(self) -> Unit:
        return self.bands[0].pay.unit

    def dues(self, reading: Reading) -> tuple[Due, ...]:
        reached = self.reached(reading.compared)
        return () if reached is None else (Due(self.bands[reached].pay, band=reached),)

    def reached(self, value: Fraction) -> int | None:
        """The number of the band."""
        numbers = [number for number, band in enumerate(self.bands) if value in band.span]
        return max(numbers, key=lambda number: self.bands[number].pay.value or NONE, default=None)


class Steps(StrEnum):
    """How a difference is counted."""

    EXACT = "exact"
    FULL = "full"  # every full step
    STARTED = "started"  # every step that has begun


@dataclass(frozen=True, slots=True)
class Linear:
    """`pay` for each `step` by which the figure is worse than `start`."""

    start: Fraction
    step: Fraction
    pay: Pay
    higher_is_better: bool
    steps: Steps = Steps.EXACT

    @property
    def unit(self) -> Unit:
        return self.pay.unit

    def dues(self, reading: Reading) -> tuple[Due, ...]:
        worse = self.start - reading.compared if self.higher_is_better else reading.compared - self.start
        if worse <= 0 or not self.step:  # contracts that are in force for long may have a step of nothing
            return ()
        number = counted(worse / self.step, self.steps)
        return (Due(times(self.pay, number)),) if number else ()


@dataclass(frozen=True, slots=True)
class EachMiss:
    """`pay` for every broken promise after the first `free` ones."""

    pay: Pay
    free: int = 0

    @property
    def unit(self) -> Unit:
        return self.pay.unit

    def dues(self, reading: Reading) -> tuple[Due, ...]:
        number = reading.sample.bad - self.free
        return (Due(times(self.pay, Fraction(number))),) if number > 0 else ()


@dataclass(frozen=True, slots=True)
class EachLate:
    """`pay` for every `step_ms` that each broken promise was late beyond `after_ms`, each counted by itself; `most` for
    one promise. With `bands` each pays what the band of its lateness says, instead."""

    step_ms: int
    pay: Pay
    steps: Steps = Steps.EXACT
    most: Fraction | None = None
    after_ms: int = 0
    bands: Bands | None = None

    @property
    def unit(self) -> Unit:
        return self.pay.unit

    def dues(self, reading: Reading) -> tuple[Due, ...]:
        each = [self.value_of(length_ms) for length_ms in self.lengths(reading.sample) if length_ms > self.after_ms]
        total = sum(each, NONE)
        return (Due(Pay(self.unit, total)),) if total else ()

    def lengths(self, sample: Sample) -> Sequence[int]:
        """How late each promise was (ms)."""
        return sample.lengths_ms

    def value_of(self, length_ms: int) -> Fraction:
        """Of one that is longer than what is free of it."""
        if self.bands is not None:
            reached = self.bands.reached(Fraction(length_ms))
            value = NONE if reached is None else self.bands.bands[reached].pay.value or NONE
        else:
            number = counted(Fraction(length_ms - self.after_ms, self.step_ms), self.steps)
            value = number * (self.pay.value or NONE)
        return value if self.most is None else min(value, self.most)


@dataclass(frozen=True, slots=True)
class EachOutage(EachLate):
    """The same for how long each outage of all users was, after the first `free` ones; those that touch are one."""

    free: int = 0

    def lengths(self, sample: Sample) -> Sequence[int]:
        return [end - start for start, end in merged(sample.down)[self.free :]]


@dataclass(frozen=True, slots=True)
class EachNth:
    """`pay` for every `n`-th broken promise within the window, on the fee of that promise's day. What has paid within
    the window before is not paid again."""

    n: int
    pay: Pay

    @property
    def unit(self) -> Unit:
        return self.pay.unit

    def dues(self, reading: Reading) -> tuple[Due, ...]:
        days = sorted(reading.sample.broken_on)
        owed = range(reading.paid + 1, len(days) // self.n + 1)
        return tuple(Due(self.pay, on=days[number * self.n - 1]) for number in owed)


@dataclass(frozen=True, slots=True)
class TimeDown:
    """`factor` times the fee of the time down beyond `allowed`, a share of the window."""

    factor: Fraction
    allowed: Fraction = NONE
    unit: Unit = Unit.SHARE

    def dues(self, reading: Reading) -> tuple[Due, ...]:
        sample = reading.sample
        beyond = sample.down_ms - self.allowed * sample.total_ms
        return (Due(Pay(self.unit, self.factor * beyond / sample.total_ms)),) if beyond > 0 else ()


@dataclass(frozen=True, slots=True)
class SlicesDown:
    """The fee, `factor` times, of every slice (an hour, a day, of `slice_ms` from the window's start) in which more
    than `over_ms` was down."""

    slice_ms: int
    over_ms: int
    factor: Fraction = Fraction(1)
    unit: Unit = Unit.SHARE

    def dues(self, reading: Reading) -> tuple[Due, ...]:
        share = Fraction(sum(end - start for start, end in self.down(reading)), reading.sample.total_ms or 1)
        return (Due(Pay(self.unit, self.factor * share)),) if share else ()

    def down(self, reading: Reading) -> list[tuple[int, int]]:
        """The slices, each cut off where the window ends."""
        start_at, end_at, found = reading.window.start_at, reading.window.end_at, []
        numbers = {
            number
            for start, end in reading.sample.down
            for number in range((start - start_at) // self.slice_ms, (end - 1 - start_at) // self.slice_ms + 1)
        }
        for number in sorted(numbers):
            start = start_at + number * self.slice_ms
            one = (start, min(start + self.slice_ms, end_at))
            if sum(until - at for at, until in common(reading.sample.down, [one])) > self.over_ms:
                found.append(one)
        return found


def counted(number: Fraction, steps: Steps) -> Fraction:
    """How many steps a number of them counts as."""
    if steps is Steps.FULL:
        return Fraction(number.__floor__())
    return Fraction(number.__ceil__()) if steps is Steps.STARTED else number


def times(pay: Pay, number: Fraction) -> Pay:
    return Pay(pay.unit, None if pay.value is None else pay.value * number)
