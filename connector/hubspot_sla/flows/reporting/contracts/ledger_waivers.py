"""The waivers that promises of a ledger were judged by: granted in it, in waivers.yaml, or in a property of the
record."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from hubspot_sla.flows.context.mappings_version import VersionsByType
from hubspot_sla.flows.judging.judgement import judgement_of
from hubspot_sla.flows.records.assemble import assembled_facts
from hubspot_sla.flows.records.record_facts import timeline_of
from hubspot_sla.flows.records.waivers import stops_of, written_in
from hubspot_sla.flows.reporting.contracts.waiving import touches, unstopped
from hubspot_sla.flows.reporting.known_until import known_until
from hubspot_sla.ledger import outcomes, records, waivers
from hubspot_sla.ledger.sql import chunks
from hubspot_sla.plan.records import RecordRef

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from hubspot_sla.clock.waivers import StoppedInterval, Waiver
    from hubspot_sla.flows.context.mappings_version import Version
    from hubspot_sla.flows.records.record_facts import RecordFacts
    from hubspot_sla.flows.reporting.contracts.waiving import CycleKey, Unstopped, WaivedCycle
    from hubspot_sla.ledger.waivers import GrantedWaiver


class _Read(NamedTuple):
    """What of a record's timeline is kept."""

    at: int
    excuses: Sequence[Waiver] = ()
    stops: Sequence[StoppedInterval] = ()


class _Owned(NamedTuple):
    """A record with the ids of its companies."""

    ref: RecordRef
    companies: frozenset[str]


class LedgerWaivers:
    """Of one ledger, as of its last sync where that is not after `asked_at` (epoch ms). A record is read where one of
    its promises was waived, or late and open, or where a stop may concern it; and judged anew once for each set of
    reasons."""

    def __init__(self, db: sqlite3.Connection, versions: Sequence[Version], asked_at: int) -> None:
        every = (*waivers.every(db), *written_in(versions))
        stopping = [waiver for waiver in every if waiver.terms.stops and waiver.revoked_at is None]
        self._stops = [(waiver, stop) for waiver in stopping for stop in stops_of([waiver])]
        self._db, self._versions = db, VersionsByType(versions)
        self._asked_at = asked_at
        self._read: dict[RecordRef, _Read] = {}
        self._owned: dict[RecordRef, list[_Owned]] = {}
        self._judged: dict[tuple[RecordRef, frozenset[str]], Mapping[CycleKey, Unstopped]] = {}

    def of(self, ref: RecordRef) -> RecordWaiversOfLedger:
        return RecordWaiversOfLedger(self, ref)

    def read(self, ref: RecordRef) -> _Read:
        if ref not in self._read:
            facts, at = self._facts(ref)
            found = _Read(self._until)
            if facts is not None:
                timeline = timeline_of(facts, self._versions.of(ref.object_type))
                found = _Read(max(at, self._until), timeline.waivers, timeline.stopped)
            self._read[ref] = found
        return self._read[ref]

    def any_stop(self, started_at: int | None, over_at: int | None) -> bool:
        """Whether there is one of this time, whatever it concerns."""
        return any(touches(stop, started_at, over_at) for _, stop in self._stops)

    def may_stop(self, ref: RecordRef, cycle: WaivedCycle) -> bool:
        """Whether any stop can concern it: of the same time, and of this record or one that was merged into it, or of
        a company of theirs, or of a pipeline."""
        near = [waiver for waiver, stop in self._stops if touches(stop, cycle.started_at, cycle.over_at)]
        return any(_may_concern(waiver, one) for waiver in near for one in self._with_absorbed(ref))

    def without(self, ref: RecordRef, reasons: Collection[str]) -> Mapping[CycleKey, Unstopped]:
        key = ref, frozenset(reasons)
        if key not in self._judged:
            self._judged[key] = self._judge(ref, *self._facts(ref), reasons)
        return self._judged[key]

    def _judge(
        self, ref: RecordRef, facts: RecordFacts | None, judged_at: int, reasons: Collection[str]
    ) -> Mapping[CycleKey, Unstopped]:
        if facts is None:
            return {}
        at = max(judged_at, self._until)
        return unstopped(judgement_of(facts, self._versions.of(ref.object_type), at), reasons, at)

    def read_together(self, refs: Iterable[RecordRef]) -> None:
        """Find out how these records stand, with a few queries for all of them."""
        by_type: dict[str, list[str]] = {}
        for ref in dict.fromkeys(refs):
            if (ref, frozenset[str]()) not in self._judged:
                by_type.setdefault(ref.object_type, []).append(ref.record_id)
        for object_type, of_type in by_type.items():
            for ids in chunks(of_type):
                judged_at = outcomes.last_judged(self._db, object_type, ids)
                rows = records.load(self._db, object_type, ids)
                for id_, facts in assembled_facts(self._db, object_type, rows.values()).items():
                    ref = RecordRef(object_type, id_)
                    known = facts if id_ in judged_at else None
                    self._judged[ref, frozenset()] = self._judge(ref, known, judged_at.get(id_, 0), ())

    def as_they_stand(self, ref: RecordRef) -> Mapping[CycleKey, Unstopped]:
        """The cycles of a record by now: what is late and open is later than when it was judged last."""
        return self.without(ref, ())

    def _facts(self, ref: RecordRef) -> tuple[RecordFacts | None, int]:
        """And when it was judged; without any facts where it never was."""
        at = outcomes.last_judged(self._db, ref.object_type, [ref.record_id]).get(ref.record_id)
        rows = records.load(self._db, ref.object_type, [ref.record_id])
        if at is None:
            return None, 0
        return assembled_facts(self._db, ref.object_type, rows.values()).get(ref.record_id), at

    def _with_absorbed(self, ref: RecordRef) -> list[_Owned]:
        if ref not in self._owned:
            ids = [ref.record_id, *self._absorbed.get(ref, ())]
            rows = records.load(self._db, ref.object_type, ids).values()
            self._owned[ref] = [_Owned(row.ref, frozenset(id_ for id_, _ in row.companies or ())) for row in rows]
        return self._owned[ref]

    @cached_property
    def _until(self) -> int:
        known = known_until(self._db)
        return self._asked_at if known is None else min(known, self._asked_at)

    @cached_property
    def _absorbed(self) -> Mapping[RecordRef, Sequence[str]]:
        return records.absorbed(self._db)


@dataclass(frozen=True, slots=True)
class RecordWaiversOfLedger:
    """Of one record, read where they are asked for."""

    known: LedgerWaivers
    ref: RecordRef

    @property
    def at(self) -> int:
        return self.known.read(self.ref).at

    @property
    def excuses(self) -> Sequence[Waiver]:
        return self.known.read(self.ref).excuses

    def stops(self, cycle: WaivedCycle) -> Sequence[StoppedInterval]:
        return self.known.read(self.ref).stops if self.known.may_stop(self.ref, cycle) else ()

    def without(self, reasons: Collection[str], cycle: WaivedCycle) -> Unstopped | None:
        return self.known.without(self.ref, reasons).get(cycle.key)


def _may_concern(waiver: GrantedWaiver, one: _Owned) -> bool:
    scope = waiver.scope
    if scope.record_id:
        return (scope.object_type, scope.record_id) == one.ref
    if scope.company_id:
        return scope.company_id in one.companies
    return scope.object_type == one.ref.object_type
