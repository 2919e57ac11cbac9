"""Every clock of one kind of promise as it was at an instant, by what had been seen by an audit entry."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from hubspot_sla.clock.promise import Clock
from hubspot_sla.clock.promise import Kind as OfPromise
from hubspot_sla.clock.verdict import LATE, Status
from hubspot_sla.flows.context.mappings_version import VersionsByType
from hubspot_sla.flows.context.versions_in_force import in_force
from hubspot_sla.flows.judging.judgement import judgement_of
from hubspot_sla.flows.judging.outcomes import outcomes_of
from hubspot_sla.flows.records.assemble import assemble
from hubspot_sla.flows.records.hubspot_facts import SHOWN
from hubspot_sla.flows.runs.judged_again import PAGE, go_live_known_at
from hubspot_sla.ledger import audit, forecast_rows, known_by, records
from hubspot_sla.ledger.outcomes import Judged
from hubspot_sla.measure.prospects import Kind, Life

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Sequence

    from hubspot_sla.flows.context.mappings_version import Version
    from hubspot_sla.flows.judging.judgement import Judgement
    from hubspot_sla.flows.records.record_facts import RecordFacts
    from hubspot_sla.measure.outcome import Outcome
    from hubspot_sla.measure.prospects import Past, Prospect
    from hubspot_sla.plan.records import RecordRef

_JUDGED = frozenset({Status.MET, *LATE})
RUNNING = frozenset({Status.RUNNING, Status.AT_RISK})
PAUSED = Status.PAUSED


class SeenClock(NamedTuple):
    """One cycle that was not over."""

    record: RecordRef
    outcome: Outcome


class JudgedThen(NamedTuple):
    """One record as of an instant, by what was known then."""

    record: RecordRef
    judgement: Judgement
    outcomes: Sequence[Outcome]


@dataclass(frozen=True, slots=True)
class Seen:
    """`lives` of all cycles that had begun; `open` are those that were not over and not late."""

    lives: Sequence[Life]
    open: Sequence[SeenClock]


def life_of(outcome: Outcome) -> Life | None:
    """None of what is excluded, or did not begin."""
    if outcome.excluded is not None or outcome.when.started_at is None:
        return None
    is_late = outcome.status in LATE if outcome.status in _JUDGED else None
    return Life(kind_of(outcome), outcome.when.elapsed_ms, outcome.when.stopped_at is not None, is_late)


def prospect_of(past: Past, outcome: Outcome) -> Prospect | None:
    """Of a clock that runs or stands still; None: it is like nothing before, or has no target."""
    target_ms = outcome.promised.target_ms
    if target_ms is None:
        return None
    of_state = past.prospect if outcome.status in RUNNING else past.prospect_of_paused
    return of_state(kind_of(outcome), outcome.when.elapsed_ms, target_ms)


def kind_of(outcome: Outcome) -> Kind:
    metric = str(Clock.of(outcome.clock).metric)
    return Kind(metric, outcome.promised.policy or "", outcome.who.priority or "")


class SeenClocks:
    """Of one ledger; of promises to customers where no other kind is asked for."""

    def __init__(self, db: sqlite3.Connection, kind: OfPromise = OfPromise.SLA) -> None:
        self._db, self._kind = db, kind
        self._versions = VersionsByType(in_force(db))
        self._go_lives = audit.go_lives(db)

    def at(self, at: int, entry: int) -> Seen:
        """As of `at` (epoch ms): what had happened by then, and was covered by audit entry `entry` or one before. What
        was over by then, and not judged since, is taken from its outcomes."""
        lives = [
            Life(Kind(metric, policy, priority), elapsed_ms, bool(reached), _is_late(Status(status)))
            for metric, policy, priority, elapsed_ms, reached, status in forecast_rows.ended(
                self._db, at, entry, self._kind.value
            )
        ]
        open_: list[SeenClock] = []
        refs = forecast_rows.records_to_judge(self._db, at, entry, self._kind.value)
        outcomes = ((record, one) for record, _, several in self.judged(refs, at, entry) for one in several)
        for record, outcome in outcomes:
            life = life_of(outcome)
            if life is None or Clock.of(outcome.clock).kind is not self._kind:
                continue
            lives.append(life)
            if outcome.status in RUNNING or outcome.status is PAUSED:
                open_.append(SeenClock(record, outcome))
        return Seen(lives, open_)

    def judged(self, refs: Sequence[RecordRef], at: int, entry: int) -> Iterator[JudgedThen]:
        """The judgement on each record as of `at`, by what was known by audit entry `entry`; `refs` are in the order of
        object types. One that nothing was known of, or that went into another, is left out."""
        for object_type, of_type in groupby(refs, key=lambda ref: ref.object_type):
            ids = [ref.record_id for ref in of_type]
            number = max(known_by.versions(self._db, entry), 1)
            versions = self._versions.of(object_type)[:number]
            for first in range(0, len(ids), PAGE):
                yield from self._page(object_type, ids[first : first + PAGE], versions, at, entry)

    def _page(
        self, object_type: str, ids: Iterable[str], versions: Sequence[Version], at: int, entry: int
    ) -> Iterator[JudgedThen]:
        rows = records.load(self._db, object_type, ids)
        go_live_at = go_live_known_at(self._go_lives, Judged(at, 0, 0, entry))
        for id_, assembled in assemble(self._db, object_type, rows.values(), known_until=entry).records.items():
            if id_ not in rows:
                continue  # it went into another one
            known = happened_by(assembled.facts, at)
            if known.facts:
                judgement = judgement_of(known, versions, at)
                yield JudgedThen(known.ref, judgement, outcomes_of(known, judgement, versions, at, go_live_at))


def happened_by(record: RecordFacts, at: int) -> RecordFacts:
    """Without what came later. A value that HubSpot showed without its history may have been there before."""
    return replace(
        record,
        facts=[fact for fact in record.facts if fact.at <= at or fact.source == SHOWN],
        absorbed=tuple(happened_by(absorbed, at) for absorbed in record.absorbed),
    )


def _is_late(status: Status) -> bool | None:
    return status in LATE if status in _JUDGED else None
