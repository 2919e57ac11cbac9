"""What a contract makes of waivers that stop the clock: what was kept only because the clock stood still counts as it
would have been without, unless the contract names the reason."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from hubspot_sla.clock.segments import segments, spent
from hubspot_sla.clock.verdict import LATE
from hubspot_sla.flows.context.mappings_version import VersionsByType
from hubspot_sla.flows.judging.judgement import judgement_of, verdicts_on
from hubspot_sla.flows.records.assemble import assembled_facts
from hubspot_sla.flows.records.waivers import written_in
from hubspot_sla.flows.reporting.contracts.waived import WaivedPromise, is_whose
from hubspot_sla.ledger import outcomes, records, waivers

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

    from hubspot_sla.clock.segments import Spent
    from hubspot_sla.clock.verdict import Cycle
    from hubspot_sla.flows.context.mappings_version import Version
    from hubspot_sla.ledger.waivers import GrantedWaiver

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


class StoppedClocks:
    """The waivers of one ledger, and of waivers.yaml, that stop clocks. A record is judged anew without some of them,
    as of its last judgement, where any concerns it; once for each set of reasons."""

    def __init__(self, db: sqlite3.Connection, versions: Sequence[Version]) -> None:
        every = (*waivers.every(db), *written_in(versions))
        self._stops = [waiver for waiver in every if waiver.terms.stops and waiver.revoked_at is None]
        self._db, self._versions = db, VersionsByType(versions)
        self._judged: dict[tuple[str, str, frozenset[str]], dict[CycleKey, Unstopped]] = {}

    def of(self, promise: WaivedPromise, since: int | None, until: int | None) -> set[str]:
        """The reasons for which its clock may have stood still between `since` and `until` (epoch ms; None: it has not
        begun, or goes on)."""
        return {
            waiver.terms.reason
            for waiver in self._stops
            if _touches(waiver, since, until) and is_whose(waiver, promise)
        }

    def without(self, object_type: str, record_id: str, reasons: Iterable[str], cycle: CycleKey) -> Unstopped | None:
        """The cycle as if nothing had stopped a clock for these reasons; None: there is no such cycle then."""
        key = object_type, record_id, frozenset(reasons)
        if key not in self._judged:
            self._judged[key] = self._judge(*key)
        return self._judged[key].get(cycle)

    def _judge(self, object_type: str, record_id: str, reasons: frozenset[str]) -> dict[CycleKey, Unstopped]:
        rows = records.load(self._db, object_type, [record_id])
        facts = assembled_facts(self._db, object_type, rows.values()).get(record_id)
        at = outcomes.last_judged(self._db, object_type, [record_id]).get(record_id)
        if facts is None or at is None:
            return {}
        judgement = judgement_of(facts, self._versions.of(object_type), at)
        left = tuple(stop for stop in judgement.timeline.stopped if stop.why not in reasons)
        timeline = replace(judgement.timeline, stopped=left)
        found: dict[CycleKey, Unstopped] = {}
        for verdict in verdicts_on(timeline, judgement.promised, at, by_agent=judgement.by_agent):
            for cycle in verdict.cycles:
                if cycle.promise is not None and cycle.started_at is not None:
                    sums = spent(cycle, segments(timeline, cycle, at), at)
                    found[verdict.clock.key, cycle.number] = Unstopped.of(cycle, sums, at)
        return found


def _touches(waiver: GrantedWaiver, since: int | None, until: int | None) -> bool:
    """Whether its interval and the cycle have any time in common."""
    first, last = waiver.terms.since, waiver.terms.until
    if since is None or first is None or last is None:
        return False
    return since < last and (until is None or first < until)
