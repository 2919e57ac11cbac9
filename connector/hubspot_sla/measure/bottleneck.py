"""Bottlenecks: in whose hands the time of late cycles went."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from hubspot_sla.measure.whose_time import Holder

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hubspot_sla.measure.whose_time import HolderSpan


class HeldTime(NamedTuple):
    """Time of late cycles with one holder, in ms; `late`: after the breach. Of closed hours, time on the wall."""

    holder: Holder
    name: str
    late: bool
    ms: int


@dataclass(frozen=True, slots=True)
class Bottleneck:
    """`business_ms` with this holder, of it `late_ms` after the breach. Closed hours have none: they are nobody's
    business time. `share` is that of all business time of late cycles; None where there is none."""

    holder: Holder
    name: str
    business_ms: int
    late_ms: int
    wall_ms: int
    share: Fraction | None


def bottlenecks(times: Iterable[HeldTime]) -> list[Bottleneck]:
    """The most business time first. `times` are those of late cycles: missed, or late and still open."""
    wall: Counter[tuple[Holder, str]] = Counter()
    late: Counter[tuple[Holder, str]] = Counter()
    for time in times:
        wall[time.holder, time.name] += time.ms
        if time.late:
            late[time.holder, time.name] += time.ms
    total = sum(ms for (holder, _), ms in wall.items() if holder is not Holder.CLOSED_HOURS)
    rows = [_row(holder, name, wall[holder, name], late[holder, name], total) for holder, name in wall]
    return sorted(rows, key=lambda row: (-row.business_ms, row.holder, row.name))


def each_instant_once(records: Iterable[Iterable[Iterable[HolderSpan]]]) -> list[HeldTime]:
    """The time of records, each with the spans of several late cycles. An instant of several of them counts for the
    first: in its hands, and late as it was then. The spans of one record are cut alike."""
    times: Counter[tuple[Holder, str, bool]] = Counter()
    for cycles in records:
        seen: set[int] = set()
        for spans in cycles:
            for start, end, holder, name, late, business_ms in spans:
                if start not in seen and end > start:
                    seen.add(start)
                    if holder is not None:
                        times[holder, name, late] += business_ms
                        times[Holder.CLOSED_HOURS, "", late] += end - start - business_ms
    return [HeldTime(*key, ms) for key, ms in sorted(times.items()) if ms]


def _row(holder: Holder, name: str, wall_ms: int, late_ms: int, total: int) -> Bottleneck:
    if holder is Holder.CLOSED_HOURS:
        return Bottleneck(holder, name, 0, 0, wall_ms, None)
    return Bottleneck(holder, name, wall_ms, late_ms, wall_ms, Fraction(wall_ms, total) if total else None)
