"""The ledger as it stood at the instant of a report: what was known by then, judged as of then.

Whatever was open is judged as of that instant, so that no figure depends on when each record was last looked at; what
was judged later is judged again by what the audit log covered by then. So a report of the instant of an earlier sync is
the report that was made then. Only what nobody can tell any more is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hubspot_sla.clock.rules_number import CLOCK_RULES
from hubspot_sla.errors import UsageProblem
from hubspot_sla.flows.context.mappings_version import VersionsByType
from hubspot_sla.flows.context.versions_in_force import in_force
from hubspot_sla.flows.judging.judgement import judgement_of
from hubspot_sla.flows.judging.outcomes import outcomes_of
from hubspot_sla.flows.records.as_recorded import row_as_recorded, with_contacts
from hubspot_sla.flows.records.assemble import assemble
from hubspot_sla.ledger import audit, erasures, known_by, outcomes_as_of, records
from hubspot_sla.ledger.audit_references import Reference
from hubspot_sla.ledger.outcomes import Judged
from hubspot_sla.ledger.sql import chunks
from hubspot_sla.plan.instant_text import wire
from hubspot_sla.plan.records import RecordRef
from hubspot_sla.policy.object_words import singular_of

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping, Sequence

    from hubspot_sla.flows.context.mappings_version import Version
    from hubspot_sla.ledger.known_by import Told
    from hubspot_sla.ledger.records import RecordRow
    from hubspot_sla.measure.outcome import Outcome

REMEDY: Final = (
    "a closed month keeps its figures (`sla period list`);"
    " `sla explain TICKET --at INSTANT` says what was known of one ticket"
)


def versions_by(db: sqlite3.Connection, at: int) -> list[Version]:
    """The versions of the mappings that were known at `at` (epoch ms), oldest first. UsageProblem: none was."""
    versions = in_force(db)[: known_by.versions(db, known_by.newest_entry(db, at))]
    if not versions:
        raise UsageProblem(f"at {wire(at)} this portal was not set up yet", remedy="name a later instant")
    return versions


def stand(db: sqlite3.Connection, at: int, *, earlier: bool) -> None:
    """Within a transaction that is rolled back: show outcomes, names and closed months as they stood at `at` (epoch
    ms). UsageProblem: `earlier` than the last sync was asked for, and of some record nobody can tell any more what was
    known. Otherwise such a record counts as it was last judged."""
    stale = outcomes_as_of.stale(db, at)
    if not stale and not earlier:
        return
    entry = known_by.newest_entry(db, at)
    if earlier:
        _require_that_it_can_be_told(db, at, entry)
    outcomes_as_of.show(db, at, entry)
    versions = in_force(db)[: max(known_by.versions(db, entry), 1)]
    anew = _Anew(db, at, entry, VersionsByType(versions), earlier, erasures.touched_records(db))
    for object_type, later in stale.items():
        for ids in chunks(later):
            anew.give(object_type, {id_: later[id_] for id_ in ids})


def _require_that_it_can_be_told(db: sqlite3.Connection, at: int, entry: int) -> None:
    why = ""
    if any(change.entry > entry and change.before != CLOCK_RULES for change in audit.rules_changes(db)):
        why = "it was judged by older rules of the clock then"
    elif known_by.is_of_first_form(db, entry):
        why = "an earlier version wrote the audit log then, which does not say when each value was seen"
    if why:
        raise UsageProblem(f"no report can be made as of {wire(at)}: {why}", remedy=REMEDY)


@dataclass(frozen=True, slots=True)
class _Anew:
    """Gives outcomes as of `at`, by what entry number `entry` and those before it covered."""

    db: sqlite3.Connection
    at: int
    entry: int
    versions: VersionsByType
    earlier: bool
    erased: Mapping[RecordRef, int]

    def give(self, object_type: str, later: Mapping[str, bool]) -> None:
        """Of these records; those that are True were judged later than `at`."""
        judged_later = [id_ for id_, is_later in later.items() if is_later]
        told = known_by.last_told(self.db, object_type, judged_later, self.entry)
        rows = records.load(
            self.db, object_type, [id_ for id_, is_later in later.items() if not is_later or id_ in told]
        )
        kept = {id_ for id_ in rows if self.erased.get(RecordRef(object_type, id_), 0) > self.entry}
        for id_ in kept:
            self._require_later(object_type, id_, "it rests on values that were erased since")
        anew = self._outcomes(object_type, {id_: row for id_, row in rows.items() if id_ not in kept}, told)
        unknown = [id_ for id_ in judged_later if id_ not in told]
        known = len(self.versions.of(object_type))
        judged = Judged(self.at, CLOCK_RULES, known, self.entry)
        outcomes_as_of.replace(self.db, object_type, [*anew, *unknown], anew, judged)

    def _outcomes(
        self, object_type: str, rows: Mapping[str, RecordRow], told: Mapping[str, Told]
    ) -> dict[str, Sequence[Outcome]]:
        references = {
            id_: Reference.of(said.entry, RecordRef(object_type, id_), said.body) for id_, said in told.items()
        }
        as_known = [
            row_as_recorded(row, references[id_], told[id_].body) if id_ in told else row for id_, row in rows.items()
        ]
        known = assemble(self.db, object_type, as_known, known_until=self.entry).records
        versions, go_live_at = self.versions.of(object_type), known_by.go_live_at(self.db, self.entry)
        found: dict[str, Sequence[Outcome]] = {}
        for id_ in rows:
            facts = known[id_].facts
            if id_ in references:
                facts = with_contacts(self.db, facts, references[id_])
            try:
                judgement = judgement_of(facts, versions, self.at)
                live_at = self.at if go_live_at is None else go_live_at
                found[id_] = outcomes_of(facts, judgement, versions, self.at, live_at)
            except (ValueError, ArithmeticError) as error:
                self._require_later(object_type, id_, str(error))
        return found

    def _require_later(self, object_type: str, id_: str, why: str) -> None:
        """UsageProblem: an earlier instant than the last sync was asked for."""
        if self.earlier:
            record = RecordRef(object_type, id_)
            raise UsageProblem(
                f"no report can be made as of {wire(self.at)}: {singular_of(object_type)} {record.key} cannot be judged"
                f" as of then: {why}",
                remedy=REMEDY,
            )
