"""The arithmetic of the second program: shares, ranks, curves by SciPy, and a record's time, each instant once."""

from __future__ import annotations

import json
import math
from collections import Counter
from typing import TYPE_CHECKING, Any

from scipy.stats import CensoredData, binomtest, ecdf

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from scipy.stats._survival import EmpiricalDistributionFunction

Row = dict[str, Any]
HOUR = 3_600_000


def ms(at: datetime) -> int:
    return int(at.timestamp()) * 1000


def share(met: int, judged: int) -> float | None:
    return round(met / judged, 6) if judged else None


def wilson(met: int, judged: int) -> str | None:
    if not judged:
        return None
    found = binomtest(met, judged).proportion_ci(method="wilson")
    return f"{found.low:.6f}..{found.high:.6f}"


def tenths(value: float) -> str:
    """Rounded to tenths, halves up."""
    return f"{math.floor(value * 10 + 0.5 + 1e-9) / 10:,.1f}"


def rank(values: Iterable[int], percent: int) -> float | None:
    """The nearest rank by counting: the first value that enough do not exceed. In seconds."""
    ordered = sorted(values)
    return next((value / 1000 for place, value in enumerate(ordered, 1) if 100 * place >= percent * len(ordered)), None)


def mean(values: Sequence[int]) -> float | None:
    """In seconds, to a whole ms, halves up."""
    return math.floor(sum(values) / len(values) + 0.5) / 1000 if values else None


def month_back(end: datetime, back: int) -> datetime:
    """The midnight at which the month begins so many before that of `end`."""
    number = (end.year * 12 + end.month - 1) - back
    return end.replace(year=number // 12, month=number % 12 + 1)


def attained(rows: Iterable[Row]) -> tuple[int, int, int]:
    """Met, judged, excluded."""
    counted = Counter("excluded" if row["excluded"] is not None else row["status"] for row in rows)
    judged = counted["met"] + counted["missed"] + counted["breached"]
    return counted["met"], judged, counted["excluded"]


def change(now: tuple[int, ...], before: tuple[int, ...]) -> float | None:
    """In percentage points of attainment."""
    if not (now[1] and before[1]):
        return None
    return round((now[0] * before[1] - before[0] * now[1]) / (now[1] * before[1]), 6)


def curve_of(rows: Iterable[Row]) -> EmpiricalDistributionFunction:
    lengths: dict[bool, list[int]] = {True: [], False: []}
    for row in rows:
        lengths[row["reached"]].append(row["elapsed_ms"])
    return ecdf(CensoredData(uncensored=lengths[True], right=lengths[False])).sf


def median(rows: Sequence[Row]) -> float | str:
    """Where at most half are still open, in seconds."""
    if not rows:
        return ""
    curve = curve_of(rows)
    points = zip(curve.quantiles, curve.probabilities, strict=True)
    return next((float(at) / 1000 for at, above in points if above <= 0.5 + 1e-12), "not reached")


def add(sums: list[int], holder: str, length: int, *, is_late: bool) -> None:
    if holder != "closed_hours":
        sums[0] += length
        sums[1] += length if is_late else 0
    sums[2] += length


def spans(row: Row) -> Iterable[tuple[int, int, str, str, bool, int]]:
    """Start, end, holder, its name, whether late, and the business time, as they are kept beside the outcome."""
    holders, numbers = json.loads(row["spans"])
    at = row["started_at"]
    for place in range(0, len(numbers), 3):
        length, business, code = numbers[place : place + 3]
        yield at, at + length, *holders[code // 2], bool(code % 2), business
        at += length


def instants(cycles: Sequence[list[tuple[int, int, str, str, bool, int]]]) -> Iterable[tuple[Any, ...]]:
    """Of each stretch of a record's time the first cycle that has it: holder, name, late, business and wall ms. All
    are cut at the same instants."""
    first: dict[tuple[int, int], tuple[Any, ...]] = {}
    for spans in reversed(cycles):
        for start, end, holder, name, late, business in spans:
            if end > start:
                first[start, end] = (holder, name, late, business, end - start)
    return [found for found in first.values() if found[0]]
