"""Which outcomes of a page are restated: what stands of each record is held against what was decided now.

Only records of which an outcome that had come to its end means something else are looked at more closely; they are
assembled once more, as they were known when that outcome was written.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from hubspot_sla.flows.judging.restatements import WrittenBefore, changed, restatements
from hubspot_sla.flows.records.assemble import assemble
from hubspot_sla.flows.records.hubspot_facts import shortened
from hubspot_sla.flows.records.message_facts import only_properties
from hubspot_sla.ledger import erasures, outcomes, periods, records

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping, Sequence

    from hubspot_sla.flows.judging.decide import Decision
    from hubspot_sla.flows.judging.judging_context import JudgingContext
    from hubspot_sla.flows.records.record_facts import RecordFacts
    from hubspot_sla.ledger.facts import Fact
    from hubspot_sla.ledger.outcomes import Stored


def with_restatements(
    db: sqlite3.Connection,
    object_type: str,
    decisions: Mapping[str, Decision],
    judging: JudgingContext,
    newly_read: Mapping[str, Sequence[Fact]],
) -> dict[str, Decision]:
    """The same decisions, by record id, each with what it restates. Nothing of them may be in the ledger yet;
    `newly_read` are the facts that HubSpot has just shown."""
    stored = outcomes.load(db, object_type, decisions)
    frozen = periods.frozen_cycles(db, object_type, stored)
    changes = {id_: changed(stored[id_], decisions[id_], frozen[id_]) for id_ in stored}
    differing = {id_: stored[id_] for id_, cycles in changes.items() if cycles}
    erased = erasures.touched_records(db) if differing else {}
    before = {
        id_: WrittenBefore(
            stored[id_],
            record,
            changes[id_],
            shortened(only_properties(newly_read.get(id_, ())), record.facts).keys(),
            erased.get(record.ref, 0) > stored[id_].judged.entry,
        )
        for id_, record in _known_before(db, object_type, differing).items()
    }
    return {
        id_: replace(decision, restated=restatements(before[id_], decision, judging)) if id_ in before else decision
        for id_, decision in decisions.items()
    }


def _known_before(db: sqlite3.Connection, object_type: str, stored: Mapping[str, Stored]) -> dict[str, RecordFacts]:
    """By record id, the records as they were known when these outcomes were written."""
    ids_by_entry: defaultdict[int, list[str]] = defaultdict(list)
    for record_id, of_record in stored.items():
        ids_by_entry[of_record.judged.entry].append(record_id)
    known: dict[str, RecordFacts] = {}
    for entry, ids in ids_by_entry.items():
        known |= _assembled(db, object_type, ids, entry)
    return known


def _assembled(db: sqlite3.Connection, object_type: str, ids: Iterable[str], entry: int) -> dict[str, RecordFacts]:
    rows = records.load(db, object_type, ids)
    assembled = assemble(db, object_type, rows.values(), known_until=entry).records
    return {id_: assembled[id_].facts for id_ in rows}
