"""The waivers of one promise to a contract, whoever asks: which excuse its lateness, for which its clock stood still,
and how it would have been without. All of it as the record was judged: by the waivers of its timeline, those of
companies, properties and records that were merged into it included."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from hubspot_sla.clock.promise import Clock
from hubspot_sla.clock.segments import segments, spent
from hubspot_sla.clock.verdict import LATE
from hubspot_sla.clock.waivers import concerns
from hubspot_sla.flows.judging.judgement import verdicts_on

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from hubspot_sla.clock.segments import Spent
    from hubspot_sla.clock.verdict import Cycle
    from hubspot_sla.clock.waivers import StoppedInterval, Waiver
    from hubspot_sla.flows.judging.judgement import Judgement

CycleKey = tuple[str, int]
"""The key of a clock and the number of its cycle."""


class Unstopped(NamedTuple):
    """One cycle as it would have been: `late_ms` and `lasted_ms` in business time, `wall` the same two on the wall."""

    is_broken: bool
    late_ms: int
    lasted_ms: int
    wall: tuple[int, int] = (0, 0)

    @classmethod
    def of(cls, cycle: Cycle, sums: Spent, now: int) -> Unstopped:
        """A cycle that has begun."""
        return cls(cycle.status in LATE, sums.late_ms, sums.elapsed_ms, wall_of(cycle, sums, now))

    def on_the_wall(self) -> Unstopped:
        return Unstopped(self.is_broken, *self.wall, self.wall)


def wall_of(cycle: Cycle, sums: Spent, now: int) -> tuple[int, int]:
    """How late a cycle was and how long it lasted, on the wall."""
    over_at = now if cycle.over_at is None else cycle.over_at
    return sums.late_by_ms, 0 if cycle.started_at is None else max(over_at - cycle.started_at, 0)


class WaivedCycle(NamedTuple):
    """What waivers are held against. Instants are epoch ms, None for what has not happened; `over_at` is when it
    stopped or ended."""

    clock: Clock
    number: int
    started_at: int | None
    over_at: int | None
    breached_at: int | None

    @property
    def key(self) -> CycleKey:
        return self.clock.key, self.number


class RecordWaivers(Protocol):
    """Those of one record as of `at` (epoch ms)."""

    @property
    def at(self) -> int: ...

    @property
    def excuses(self) -> Sequence[Waiver]: ...

    def stops(self, cycle: WaivedCycle) -> Sequence[StoppedInterval]:
        """At least those that concern this cycle."""
        ...

    def without(self, reasons: Collection[str], cycle: WaivedCycle) -> Unstopped | None:
        """The cycle as if nothing had stopped a clock for these reasons; None: there is no such cycle then."""
        ...


@dataclass(frozen=True, slots=True)
class CycleWaivers:
    """Those of one cycle; `on_the_wall`: its lengths are."""

    record: RecordWaivers
    cycle: WaivedCycle
    on_the_wall: bool = False

    def excusing(self) -> set[str]:
        """The reasons of those that excuse its lateness."""
        return {waiver.why for waiver in self.record.excuses if self._stands(waiver) and self._covers(waiver)}

    def stopping(self) -> set[str]:
        """The reasons for which its clock may have stood still."""
        return {stop.why for stop in self.record.stops(self.cycle) if self._stands(stop) and self._touches(stop)}

    def without(self, reasons: Collection[str]) -> Unstopped | None:
        """As if nothing had stopped its clock for these reasons; None: there is no such cycle then."""
        found = self.record.without(reasons, self.cycle)
        return found.on_the_wall() if found is not None and self.on_the_wall else found

    def _stands(self, waiver: Waiver | StoppedInterval) -> bool:
        return waiver.at <= self.record.at and waiver.revoked_at is None and concerns(waiver, self.cycle.clock)

    def _touches(self, stop: StoppedInterval) -> bool:
        return touches(stop, self.cycle.started_at, self.cycle.over_at)

    def _covers(self, waiver: Waiver) -> bool:
        """Of one that expired, only what was over by then: as the clock has it."""
        over_at, at = self.cycle.over_at, self.cycle.breached_at
        if waiver.expires_at is not None and waiver.expires_at <= (self.record.at if over_at is None else over_at):
            return False
        if at is None:
            return waiver.since is None and waiver.until is None
        return (waiver.since is None or waiver.since <= at) and (waiver.until is None or at < waiver.until)


def touches(stop: StoppedInterval, started_at: int | None, over_at: int | None) -> bool:
    """Whether the interval and a cycle have any time in common."""
    if started_at is None:
        return False
    return started_at < stop.until and (over_at is None or stop.since < over_at)


class _NoRecord:
    """No record at all."""

    at, excuses = 0, ()

    def stops(self, cycle: WaivedCycle) -> Sequence[StoppedInterval]:  # noqa: ARG002 - there are none
        return ()

    def without(self, reasons: Collection[str], cycle: WaivedCycle) -> Unstopped | None:  # noqa: ARG002 - the same
        return None


NO_WAIVERS: Final = CycleWaivers(_NoRecord(), WaivedCycle(Clock.of("resolution"), 1, None, None, None))
"""Of a cycle that no waiver can concern."""


def unstopped(
    judgement: Judgement, reasons: Collection[str], at: int, clock: Clock | None = None
) -> Mapping[CycleKey, Unstopped]:
    """The cycles of a record as of `at` (epoch ms) as if nothing had stopped a clock for these reasons: those of one
    clock, or of all."""
    left = tuple(stop for stop in judgement.timeline.stopped if stop.why not in reasons)
    timeline = replace(judgement.timeline, stopped=left)
    promised = judgement.promised if clock is None else {clock: judgement.promised[clock]}
    found: dict[CycleKey, Unstopped] = {}
    for verdict in verdicts_on(timeline, promised, at, by_agent=judgement.by_agent):
        for cycle in verdict.cycles:
            if cycle.promise is not None and cycle.started_at is not None:
                sums = spent(cycle, segments(timeline, cycle, at), at)
                found[verdict.clock.key, cycle.number] = Unstopped.of(cycle, sums, at)
    return found
