"""The chances of the promises that are open, as `sla forecast` has them: as of the last sync, by what ended before its
month. Those of vendors too, by what vendors promised before."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from hubspot_sla.clock.local_time import local_date
from hubspot_sla.clock.promise import Clock
from hubspot_sla.flows.inspection.seen_clocks import RUNNING, SeenClocks, kind_of
from hubspot_sla.flows.reporting.query import zone_of
from hubspot_sla.flows.reporting.report import SYNC
from hubspot_sla.ledger import known_by, runs
from hubspot_sla.measure.periods import month_of
from hubspot_sla.measure.prospects import Past

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from hubspot_sla.clock.promise import Kind as OfPromise
    from hubspot_sla.measure.outcome import Outcome
    from hubspot_sla.plan.records import RecordRef
    from hubspot_sla.policy.mappings import Mappings

Cycle = tuple["RecordRef", str, int]
"""A record, the key of a clock and the number of the cycle."""


class Chance(NamedTuple):
    """Of one promise that runs: that it is `late` in the end, and how long it may take, in lengths (ms of business
    time) with their shares. It rests on so many that `ended`."""

    late: float
    ends: Sequence[tuple[int, float]]
    target_ms: int
    ended: int


@dataclass
class ChancesOfOpen:
    """Of one ledger, worked out for a kind of promise when it is first asked for."""

    db: sqlite3.Connection
    mappings: Mappings
    _known: dict[OfPromise, dict[Cycle, Chance]] = field(default_factory=dict)

    def of(self, cycle: Cycle) -> Chance | None:
        """None: it stands still, or is like nothing that ever ended."""
        kind = Clock.of(cycle[1]).kind
        if kind not in self._known:
            self._known[kind] = self._of_kind(kind)
        return self._known[kind].get(cycle)

    def _of_kind(self, kind: OfPromise) -> dict[Cycle, Chance]:
        good = runs.last_success(self.db, SYNC)
        if good is None or good.ended_at is None:
            return {}
        zone, seen = zone_of(self.mappings), SeenClocks(self.db, kind)
        entry = known_by.newest_entry(self.db, good.ended_at)
        month = month_of(local_date(good.ended_at, zone), zone)
        past = Past.of(seen.at(month.start_at, entry).lives)
        found: dict[Cycle, Chance] = {}
        for record, outcome in seen.at(good.ended_at, entry).open:
            chance = _chance(past, outcome) if outcome.status in RUNNING else None
            if chance is not None:
                found[record, outcome.clock, outcome.cycle] = chance
        return found


def _chance(past: Past, outcome: Outcome) -> Chance | None:
    kind, elapsed_ms, target_ms = kind_of(outcome), outcome.when.elapsed_ms, outcome.promised.target_ms
    if target_ms is None:
        return None
    prospect, ends = past.prospect(kind, elapsed_ms, target_ms), past.ends(kind, elapsed_ms, target_ms)
    if prospect is None or not ends:
        return None
    return Chance(prospect.chance, ends, target_ms, prospect.ended)
