"""Records judged a second time as of their last judgement, from the ledger alone.

By the facts, the values of companies and contacts, the versions of the mappings and the go-live that were known then:
whatever has been learned since, the same verdicts and outcomes come out.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from hubspot_sla.clock.rules_number import CLOCK_RULES
from hubspot_sla.flows.context import versions_in_force
from hubspot_sla.flows.context.mappings_version import VersionsByType
from hubspot_sla.flows.judging import verdict_json
from hubspot_sla.flows.judging.judgement import judgement_of
from hubspot_sla.flows.judging.outcomes import outcomes_of
from hubspot_sla.flows.records.assemble import assemble
from hubspot_sla.ledger import audit, erasures, outcomes, records, verdicts
from hubspot_sla.ledger.audit_fields import parted
from hubspot_sla.ledger.outcomes import Judged
from hubspot_sla.plan.records import RecordRef

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Mapping, Sequence

    from hubspot_sla.flows.records.record_facts import RecordFacts
    from hubspot_sla.ledger.audit import GoLive
    from hubspot_sla.ledger.outcomes import Stored
    from hubspot_sla.ledger.verdicts import Body
    from hubspot_sla.measure.outcome import Outcome

PAGE: Final = 200


@dataclass(frozen=True, slots=True)
class JudgedAgain:
    """One record. `stored` are the outcomes that it has, None for none; `outcomes` those that the facts give, None
    where it was judged by older rules of the clock that said otherwise, or whose outcomes are there and stay.
    `reproduced`: the verdicts come out as they are in force, their wording aside."""

    record: RecordRef
    judged: Judged
    stored: Stored | None
    outcomes: tuple[Outcome, ...] | None = None
    reproduced: bool = True
    erased: bool = False
    """It rests on values that were removed on request, and its outcomes stay as they are."""

    @property
    def is_missing(self) -> bool:
        return self.stored is None

    @property
    def lacks_attribution(self) -> bool:
        """Whether some outcomes were written by a version that kept none."""
        return self.stored is not None and any(one.attribution is None for one in self.stored.outcomes)

    @property
    def differs(self) -> bool:
        """Whether others are stored than the facts give. What is not kept yet is no difference."""
        if self.stored is None or self.outcomes is None or self.stored.outcomes == self.outcomes:
            return False
        if len(self.stored.outcomes) != len(self.outcomes):
            return True
        pairs = zip(self.stored.outcomes, self.outcomes, strict=True)
        return any(
            before != (one if before.attribution is not None else replace(one, attribution=None))
            for before, one in pairs
        )


Page = list[JudgedAgain]


class JudgingAgain:
    """Judges the records of one ledger page by page, in the order of object type and id."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._versions = VersionsByType(versions_in_force.in_force(db))
        self._go_lives = audit.go_lives(db)
        self._erased = erasures.touched_records(db)

    def pages(self, after: RecordRef | None = None, *, incomplete_only: bool = False) -> Iterator[Page]:
        """All records past `after` that have verdicts; only those without outcomes, or with some that lack their
        attribution, where asked."""
        for object_type in records.object_types(self._db):
            if after is None or object_type >= after.object_type:
                last = after.record_id if after is not None and after.object_type == object_type else ""
                yield from self._pages_of(object_type, last, incomplete_only=incomplete_only)

    def _pages_of(self, object_type: str, last: str, *, incomplete_only: bool) -> Iterator[Page]:
        read = outcomes.incomplete_page if incomplete_only else verdicts.page
        while ids := read(self._db, object_type, last, PAGE):
            last = ids[-1]
            yield self._page(object_type, ids)

    def _page(self, object_type: str, ids: Sequence[str]) -> Page:
        stored = outcomes.load(self._db, object_type, ids)
        rules = verdicts.rules_of(self._db, object_type, ids)
        judged = {id_: stored[id_].judged if id_ in stored else self._last_judged(object_type, id_) for id_ in ids}
        present = {id_ for id_ in ids if rules[id_] == CLOCK_RULES}
        again = self._judged_again(
            object_type, {id_: judged[id_] for id_ in ids if id_ in present or id_ not in stored}
        )
        in_force = verdicts.load(self._db, object_type, ids)
        page = [
            self._one(RecordRef(object_type, id_), judged[id_], stored.get(id_), again.get(id_), in_force[id_])
            for id_ in ids
        ]
        return [
            result if result.reproduced or result.record.record_id in present else _left_to_its_rules(result)
            for result in page
        ]

    def _one(
        self,
        record: RecordRef,
        judged: Judged,
        stored: Stored | None,
        again: tuple[tuple[Outcome, ...], Mapping[str, Body]] | None,
        in_force: Mapping[str, Body],
    ) -> JudgedAgain:
        if again is None:
            return JudgedAgain(record, judged, stored)
        outcomes, bodies = again
        result = JudgedAgain(
            record, judged, stored, outcomes, reproduced=_without_texts(bodies) == _without_texts(in_force)
        )
        if (result.differs or not result.reproduced) and self._erased.get(record, 0) > judged.entry:
            return JudgedAgain(record, judged, stored, erased=True)
        return result

    def _judged_again(
        self, object_type: str, judged: Mapping[str, Judged]
    ) -> dict[str, tuple[tuple[Outcome, ...], dict[str, Body]]]:
        """By record id."""
        known = as_last_judged(self._db, object_type, judged)
        return {id_: self._of_record(facts, judged[id_]) for id_, facts in known.items()}

    def _of_record(self, record: RecordFacts, judged: Judged) -> tuple[tuple[Outcome, ...], dict[str, Body]]:
        versions = self._versions.of(record.ref.object_type)[: judged.mappings]
        judgement = judgement_of(record, versions, judged.at)
        outcomes = outcomes_of(record, judgement, versions, judged.at, go_live_known_at(self._go_lives, judged))
        return outcomes, {verdict.clock.key: verdict_json.of_verdict(verdict) for verdict in judgement.verdicts}

    def _last_judged(self, object_type: str, record_id: str) -> Judged:
        """Of a record without outcomes, what the audit log says: earlier versions noted no more."""
        entry = audit.newest(self._db, RecordRef(object_type, record_id), ("verdict", "plan"))
        if entry is None:
            at, seq = 0, 0
        else:
            seq, at = entry
        known = sum(version.effective_at <= at for version in self._versions.versions)
        return Judged(at, CLOCK_RULES, max(known, 1), seq)


def go_live_known_at(go_lives: Sequence[GoLive], judged: Judged) -> int:
    """What was known of the go-live (epoch ms) then; a ledger that was judged before it went live knew none."""
    place = bisect_right(go_lives, judged.entry, key=lambda go_live: go_live.entry) - 1
    return go_lives[place].at if place >= 0 else judged.at


def as_last_judged(db: sqlite3.Connection, object_type: str, judged: Mapping[str, Judged]) -> dict[str, RecordFacts]:
    """What was known of these records when they were last judged, by id; without those that are not there any more.
    Those that knew the same are assembled together."""
    ids_by_entry: defaultdict[int, list[str]] = defaultdict(list)
    for record_id, judged_before in judged.items():
        ids_by_entry[judged_before.entry].append(record_id)
    known: dict[str, RecordFacts] = {}
    for entry, ids in ids_by_entry.items():
        rows = records.load(db, object_type, ids).values()
        assembled = assemble(db, object_type, rows, known_until=entry).records
        known |= {id_: assembled[id_].facts for id_ in ids if id_ in assembled}
    return known


def _left_to_its_rules(result: JudgedAgain) -> JudgedAgain:
    """Older rules of the clock said otherwise, which is no mistake."""
    return JudgedAgain(result.record, result.judged, result.stored)


def _without_texts(bodies: Mapping[str, Body]) -> dict[str, Body]:
    """Verdicts without what is said for people, which a later version may word otherwise."""
    return {clock: parted(body)[0] for clock, body in bodies.items()}
