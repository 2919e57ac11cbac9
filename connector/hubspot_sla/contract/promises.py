"""Promises that a contract counts, one by one, and the sample that they make together."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from hubspot_sla.clock.local_time import local_date
from hubspot_sla.contract.measuring import Kind
from hubspot_sla.contract.sample import Sample
from hubspot_sla.contract.statement import Observed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import tzinfo


class Result(StrEnum):
    """How a promise counts."""

    KEPT = "kept"
    BROKEN = "broken"
    LEFT_OUT = "left_out"


@dataclass(frozen=True, slots=True)
class CountedPromise:
    """One cycle of one clock of a record. `counted_at` is epoch ms; `lasted_ms` None: it has not stopped. `reason` says
    why it is left out; `key` is the value of the objective's dimension, None where it has none."""

    object_type: str
    record_id: str
    clock: str
    cycle: int
    counted_at: int
    result: Result
    late_ms: int
    lasted_ms: int | None
    reason: str = ""
    key: str | None = None


def observed(promises: Sequence[CountedPromise], kind: Kind, zone: tzinfo, *, only_late: bool) -> Observed:
    """Days are in `zone`. What is left out counts as broken where nothing is."""
    left_out = Counter(promise.reason for promise in promises if promise.result is Result.LEFT_OUT)
    counted = [promise for promise in promises if promise.result is not Result.LEFT_OUT]
    excluded = tuple(sorted(left_out.items()))
    sample = _sample(counted, kind, zone, excluded, only_late=only_late)
    if not excluded:
        return Observed(sample)
    return Observed(sample, _sample(promises, kind, zone, (), only_late=only_late))


def _sample(
    promises: Sequence[CountedPromise],
    kind: Kind,
    zone: tzinfo,
    excluded: tuple[tuple[str, int], ...],
    *,
    only_late: bool,
) -> Sample:
    broken = [promise for promise in promises if promise.result is not Result.KEPT]
    return Sample(
        good=len(promises) - len(broken),
        bad=len(broken),
        lengths_ms=tuple(sorted(_lengths(promises, kind, only_late=only_late))),
        broken_on=tuple(sorted(local_date(promise.counted_at, zone) for promise in broken)),
        excluded=excluded,
    )


def _lengths(promises: Iterable[CountedPromise], kind: Kind, *, only_late: bool) -> Iterable[int]:
    """How long they took, of a percentile or a mean; else how late they were."""
    for promise in promises:
        if kind in (Kind.PERCENTILE, Kind.MEAN):
            if promise.lasted_ms is not None:
                yield promise.lasted_ms
        elif promise.result is not Result.KEPT:
            if promise.late_ms or not only_late:
                yield promise.late_ms
        elif not only_late:
            yield 0
