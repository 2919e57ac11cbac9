"""Recording a batch: facts, verdicts, deadlines, outbox and audit entries in one transaction, or none of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hubspot_sla.flows.judging import audit_entries, verdict_json
from hubspot_sla.ledger import (
    audit,
    companies,
    contacts,
    edits,
    facts,
    outbox,
    quarantine,
    records,
    rungs,
    state,
    sync_health,
    verdicts,
)
from hubspot_sla.ledger.audit import Entry
from hubspot_sla.ledger.outbox import Kind, OutboxItem
from hubspot_sla.ledger.quarantine import INVALID, JUDGING, READING, REJECTED
from hubspot_sla.plan.actions import AddNote, CompleteTask, CreateTask, Notify, SetProperties, WriteProperties
from hubspot_sla.plan.instants import wire
from hubspot_sla.plan.records import RecordRef

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator

    from hubspot_sla.flows.judging.decide import Decision
    from hubspot_sla.flows.reading.evaluate_page import Batch
    from hubspot_sla.ledger.database import Ledger
    from hubspot_sla.ledger.edits import Edit
    from hubspot_sla.plan.actions import Action

GONE = "the ticket is no longer in HubSpot"


@dataclass(slots=True)
class RunStats:
    """What a run has done so far; `as_json` is what `--json` prints."""

    tickets_seen: int = 0
    judged: int = 0
    verdicts_changed: int = 0
    breaches: int = 0
    properties_written: int = 0
    tasks_created: int = 0
    tasks_completed: int = 0
    notes_created: int = 0
    fields_written: int = 0
    notifications_sent: int = 0
    notifications_refused: int = 0
    quarantined: int = 0
    edits: int = 0
    gone: int = 0
    caught: int = 0
    calls: Counter[str] = field(default_factory=Counter)

    def summary(self) -> str:
        """One line for a log."""
        return (
            f"{self.tickets_seen} seen, {self.judged} judged, {self.verdicts_changed} verdicts changed,"
            f" {self.properties_written} tickets written, {self.tasks_created} tasks created,"
            f" {self.quarantined} quarantined, API calls: {self.calls.total()}"
        )

    def as_json(self) -> dict[str, object]:
        return {
            "tickets_seen": self.tickets_seen,
            "judged": self.judged,
            "verdicts_changed": self.verdicts_changed,
            "breaches": self.breaches,
            "tickets_written": self.properties_written,
            "tasks_created": self.tasks_created,
            "tasks_completed": self.tasks_completed,
            "notes_created": self.notes_created,
            "fields_written": self.fields_written,
            "notifications_sent": self.notifications_sent,
            "notifications_refused": self.notifications_refused,
            "quarantined": self.quarantined,
            "edits": self.edits,
            "gone": self.gone,
            "caught": self.caught,
            "calls": dict(sorted(self.calls.items())),
            "calls_total": self.calls.total(),
        }


def count(batch: Batch, stats: RunStats) -> None:
    stats.tickets_seen += batch.seen
    stats.judged += len(batch.decisions)
    stats.verdicts_changed += sum(decision.changed for decision in batch.decisions)
    stats.breaches += sum(decision.breaches for decision in batch.decisions)
    stats.quarantined += len(batch.failed) + len(batch.refused)
    stats.edits += len(batch.edits)
    stats.gone += len(batch.gone)
    stats.caught += len(batch.caught)


def write(ledger: Ledger, batch: Batch, *, run_id: str, at: int) -> None:
    """The whole batch, durable when this returns."""
    with ledger.transaction() as db:
        facts.remember(db, batch.object_type, batch.facts)
        companies.save(db, batch.companies)
        contacts.save(db, batch.object_type, batch.contacts)
        records.save(db, batch.rows)
        changed = {d.case.record.record_id: d.verdicts for d in batch.decisions if d.changed}
        verdicts.save(db, batch.object_type, changed)
        merged = {d.case.record.record_id: d.case.merged_into for d in batch.decisions if d.case.merged_into}
        outbox.hand_over(db, batch.object_type, merged)
        done = [decision.case.record for decision in batch.decisions if not decision.open]
        gone = batch.refs(batch.gone)
        outbox.withdraw_deeds(db, done, reason=outbox.CLOSED)
        rungs.save(db, (one for decision in batch.decisions for one in decision.climb.news), run_id=run_id)
        outbox.put(db, parcels(batch.decisions), run_id=run_id, at=at)
        audit.append(db, at=at, run_id=run_id, entries=_entries(batch))
        for step, reasons in ((JUDGING, batch.failed), (READING, batch.refused)):
            by_record = dict(zip(batch.refs(reasons), reasons.values(), strict=True))
            quarantine.put(db, by_record, step=step, run_id=run_id, at=at)
        for step in (JUDGING, READING):
            quarantine.release(db, (d.case.record for d in batch.decisions), step=step)
        edits.settle(db, batch.settled)
        edits.save(db, batch.edits)
        outbox.withdraw_all(db, gone, reason=GONE)
        rungs.cut_short(db, [*done, *gone])
        quarantine.forget(db, [*gone, *batch.refs(batch.let_go)])
        _note(db, batch, at)


def _note(db: sqlite3.Connection, batch: Batch, at: int) -> None:
    """What stands beside the tickets: where to go on, and how well the reading goes."""
    if batch.lag_ms:
        sync_health.lagged(db, batch.lag_ms, at)
    if batch.caught:
        sync_health.caught(db, len(batch.caught), at - min(batch.caught), at)
    if batch.shortened:
        sync_health.shortened(db, batch.shortened, at)
    for key, value in batch.after.items():
        if value is None:
            state.forget(db, key)
        else:
            state.write(db, key, value)


def parcels(decisions: Iterable[Decision]) -> Iterator[OutboxItem]:
    for decision in decisions:
        yield from map(_parcel, decision.actions)


KINDS: dict[type, Kind] = {
    WriteProperties: Kind.PROPERTIES,
    CreateTask: Kind.TASK,
    SetProperties: Kind.FIELDS,
    AddNote: Kind.NOTE,
    Notify: Kind.NOTIFICATION,
    CompleteTask: Kind.COMPLETION,
}


def _parcel(action: Action) -> OutboxItem:
    channel = action.channel if isinstance(action, Notify) else None
    return OutboxItem(action.key, KINDS[type(action)], action.record, verdict_json.of_action(action), channel)


def _entries(batch: Batch) -> Iterator[Entry]:
    for decision in batch.decisions:
        if decision.changed or decision.actions or decision.climb.news:
            yield Entry(
                "verdict" if decision.changed else "plan", audit_entries.of_decision(decision), decision.case.record
            )
    for edit in batch.edits:
        yield Entry("edit", _edit(edit), edit.record)
    for record_id, why in batch.gone.items():
        yield Entry("gone", {"why": why}, RecordRef(batch.object_type, record_id))
    for record in batch.refs(batch.returned):
        yield Entry("returned", {}, record)
    for step, word, reasons in ((JUDGING, INVALID, batch.failed), (READING, REJECTED, batch.refused)):
        for record_id, reason in reasons.items():
            body = {"what": step, "word": word, "reason": reason}
            yield Entry("quarantine", body, RecordRef(batch.object_type, record_id))


def _edit(edit: Edit) -> dict[str, object]:
    became = "respected" if edit.respected else "corrected"
    return {
        "name": edit.name,
        "ours": edit.ours,
        "theirs": edit.theirs,
        "seen_at": wire(edit.seen_at),
        "became": became,
    }
