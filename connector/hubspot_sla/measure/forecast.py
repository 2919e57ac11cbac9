"""The forecast of a period: what was judged so far, and what the open clocks are likely to come to.

The chance of an open clock is read from how long the portal's own cycles of its kind have taken, given that it has
already taken as long as it has.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from hubspot_sla.measure.attainment import Counts
    from hubspot_sla.measure.survival import Survival

ENOUGH: Final = 20
"""So many ended cycles a curve needs; with fewer the next wider group of cycles is asked."""


class OpenClock(NamedTuple):
    """`groups` are names of curves, the narrowest first. `elapsed_ms` of business time so far, of `target_ms`."""

    groups: Sequence[str]
    elapsed_ms: int
    target_ms: int


@dataclass(frozen=True, slots=True)
class Forecast:
    """`expected_met` of `expected_judged` at the end of the period. `from_ended` is how many ended cycles the chances
    rest on. `to_come` clocks are still to come due; of them `without_history` are like nothing that ever ended: they
    come due too, but have no chance, and stand outside what is expected."""

    expected_met: float
    expected_judged: int
    from_ended: int
    without_history: int
    to_come: int

    @property
    def attainment(self) -> float | None:
        return self.expected_met / self.expected_judged if self.expected_judged else None


def chance_met(curve: Survival, elapsed_ms: int, target_ms: int) -> float | None:
    """That a cycle ends within its target, having run for `elapsed_ms`; None where none was ever open so long."""
    if elapsed_ms > target_ms:
        return 0.0
    still_open = curve.longer_than(elapsed_ms)
    return 1 - curve.longer_than(target_ms) / still_open if still_open else None


_ROUNDING: Final = 1e-9
"""What two shares of one curve may differ by though they are the same; no two of a million cycles come so near."""


def turns_at(curve: Survival, elapsed_ms: int, target_ms: int) -> int:
    """How long a clock has run (ms of business time, `elapsed_ms` at least) when being late becomes likelier than not,
    if it has not stopped by then: where the share that takes longer is less than twice the share that takes longer than
    the target; as likely as not is not yet. The target itself at the latest: then it is late."""
    enough = 2 * curve.longer_than(target_ms) * (1 - _ROUNDING)
    if curve.longer_than(elapsed_ms) < enough:
        return min(elapsed_ms, target_ms)
    later = (ms for ms, above in zip(curve.at_ms, curve.above, strict=True) if ms > elapsed_ms and above < enough)
    return min(next(later, target_ms), target_ms)


def groups_of(metric: str, policy: str, priority: str) -> tuple[str, str, str]:
    """The names of curves that a cycle belongs to, the narrowest first; "" for no policy and no priority."""
    return f"{metric}|{policy}|{priority}", f"{metric}|{policy}", metric


def likely(clock: OpenClock, curves: Mapping[str, Survival]) -> tuple[str, float] | None:
    """The curve that the chance of being met is read from, and that chance; None: it is like nothing that ever
    ended."""
    return next(((group, chance) for group, chance in _chances(clock, curves) if chance is not None), None)


def forecast(so_far: Counts, open_clocks: Iterable[OpenClock], curves: Mapping[str, Survival]) -> Forecast:
    """`open_clocks` are those that come due before the period ends."""
    met, judged, without_history, to_come = float(so_far.met), so_far.judged, 0, 0
    used: set[str] = set()
    for clock in open_clocks:
        to_come += 1
        chosen = likely(clock, curves)
        if chosen is None:
            without_history += 1
            continue
        used.add(chosen[0])
        met, judged = met + chosen[1], judged + 1
    return Forecast(met, judged, sum(curves[group].ended for group in used), without_history, to_come)


def _chances(clock: OpenClock, curves: Mapping[str, Survival]) -> Iterator[tuple[str, float | None]]:
    """By the curves that rest on enough, the narrowest group first; then by any."""
    few: list[str] = []
    for group in clock.groups:
        if group in curves:
            if curves[group].ended < ENOUGH:
                few.append(group)
            else:
                yield group, chance_met(curves[group], clock.elapsed_ms, clock.target_ms)
    for group in few:
        yield group, chance_met(curves[group], clock.elapsed_ms, clock.target_ms)
