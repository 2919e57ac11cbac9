"""Recording a batch: facts, verdicts, deadlines, outbox and audit entries in one transaction, or none of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from hubspot_sla.clock.rules_number import CLOCK_RULES
from hubspot_sla.errors import AccessDenied
from hubspot_sla.flows.judging import audit_entries, verdict_json
from hubspot_sla.ledger import (
    audit,
    companies,
    contacts,
    edits,
    facts,
    held_notices,
    message_reading,
    missing_scopes,
    names,
    outbox,
    outcome_editions,
    outcomes,
    quarantine,
    records,
    rungs,
    state,
    sync_health,
    verdicts,
)
from hubspot_sla.ledger.audit import Entry
from hubspot_sla.ledger.names import Named
from hubspot_sla.ledger.outbox import Kind, OutboxItem
from hubspot_sla.ledger.outcomes import Judged
from hubspot_sla.ledger.quarantine import INVALID, JUDGING, READING, REJECTED
from hubspot_sla.plain_text import counted
from hubspot_sla.plan.actions import AddNote, CompleteTask, CreateTask, Notify, SetProperties, WriteProperties
from hubspot_sla.plan.instant_text import wire
from hubspot_sla.plan.records import RecordRef

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Mapping

    from hubspot_sla.errors import WrongInput
    from hubspot_sla.flows.judging.decide import Decision
    from hubspot_sla.flows.reading.batch import Batch
    from hubspot_sla.ledger.database import Ledger
    from hubspot_sla.ledger.edits import Edit
    from hubspot_sla.plan.actions import Action

NO_NUMBERS: Mapping[RecordRef | None, int] = MappingProxyType({})
NOT_READ: Mapping[RecordRef, int] = MappingProxyType({})
GONE = "the ticket is no longer in HubSpot"


@dataclass(slots=True)
class RunStats:
    """What a run has done so far; `as_json` is what `--json` prints."""

    tickets_seen: int = 0
    judged: int = 0
    verdicts_changed: int = 0
    breaches: int = 0
    properties_written: int = 0
    companies_written: int = 0
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
    unranked: Counter[str] = field(default_factory=Counter)
    """Records by a tier that `ranks` lacks."""
    resting: dict[str, str] = field(default_factory=dict)
    """What HubSpot denies to the token and waits, mostly for a scope, with what HubSpot says."""
    refused: WrongInput | None = None
    """Why edited mappings did not come into force, where the run went by those before the edit."""

    @property
    def exit_code(self) -> int:
        """What a command ends with: 3 where something is denied to the token, 2 where edited mappings are refused, 1
        where rows were quarantined."""
        if self.resting:
            return AccessDenied.exit_code
        return self.refused.exit_code if self.refused else 1 if self.quarantined else 0

    def summary(self) -> str:
        """One line for a log."""
        companies = f" companies written: {self.companies_written}," if self.companies_written else ""
        return (
            f"{self.tickets_seen} seen, {self.judged} judged, {self.verdicts_changed} verdicts changed,"
            f" {counted(self.properties_written, 'ticket')} written,{companies}"
            f" {counted(self.tasks_created, 'task')} created,"
            f" {self.quarantined} quarantined, API calls: {self.calls.total()}"
        )

    def as_json(self) -> dict[str, object]:
        return {
            "tickets_seen": self.tickets_seen,
            "judged": self.judged,
            "verdicts_changed": self.verdicts_changed,
            "breaches": self.breaches,
            "tickets_written": self.properties_written,
            "companies_written": self.companies_written,
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
            "unranked_tiers": dict(sorted(self.unranked.items())),
            "calls": dict(sorted(self.calls.items())),
            "calls_total": self.calls.total(),
            "resting": dict(self.resting),
        }


def count(batch: Batch, stats: RunStats) -> None:
    stats.tickets_seen += batch.seen
    stats.judged += len(batch.decisions)
    stats.verdicts_changed += sum(decision.changed for decision in batch.decisions)
    stats.breaches += sum(decision.breaches for decision in batch.decisions)
    stats.quarantined += len(batch.failed) + len(batch.refused)
    stats.edits += len(batch.edits)
    stats.unranked.update(
        unranked
        for decision in batch.decisions
        if decision.open and (unranked := decision.judgement.agreed[-1].tier.unranked)
    )
    stats.gone += len(batch.gone)
    stats.caught += len(batch.caught)
    stats.resting.update({part: reason for part, reason in batch.resting.items() if reason})


def write(ledger: Ledger, batch: Batch, *, run_id: str, at: int) -> None:
    """The whole batch, durable when this returns."""
    with ledger.transaction() as db:
        ledger.expect(batch.object_type, [row.id for row in batch.rows])
        first = audit.next_number(db)
        entries = list(_entries(db, batch))
        numbers = {entry.record: number for number, entry in enumerate(entries, first) if entry.kind in audit.DECIDED}
        facts.remember(db, batch.object_type, batch.facts, first)
        companies.save(db, batch.companies, first)
        contacts.save(db, batch.object_type, batch.contacts, first)
        records.save(db, batch.rows)
        _save_messages(db, batch, at)
        _save_verdicts(db, batch)
        merged = {d.record.ref.record_id: d.record.merged_into for d in batch.decisions if d.record.merged_into}
        outbox.hand_over(db, batch.object_type, merged)
        gone, back = batch.refs(batch.gone), batch.refs(batch.returned)
        done = [
            decision.record.ref for decision in batch.decisions if not decision.open and decision.record.ref not in gone
        ]
        outbox.ask_again(db, back, reason=GONE)
        rungs.made_whole(db, back, GONE)
        outbox.withdraw_deeds(db, done, reason=outbox.CLOSED)
        outbox.withdraw_deeds_of_rungs(
            db, [rung for decision in batch.decisions for rung in decision.escalation.withdrawn]
        )
        rungs.save(db, (rung for decision in batch.decisions for rung in decision.escalation.news), run_id=run_id)
        known_at = {row.ref: row.updated_at for row in batch.rows}
        outbox.put(db, outbox_items(batch.decisions, numbers, known_at), run_id=run_id, at=at)
        held_notices.withdraw(db)
        for decision in batch.decisions:
            if decision.restated:
                entry = numbers[decision.record.ref]
                outcome_editions.keep(db, decision.record.ref, decision.restated, at=decision.at, entry=entry)
        newest = audit.append(db, at=at, run_id=run_id, entries=entries)
        _save_outcomes(db, batch, newest)
        for step, reasons in ((JUDGING, batch.failed), (READING, batch.refused)):
            by_record = dict(zip(batch.refs(reasons), reasons.values(), strict=True))
            quarantine.put(db, by_record, step=step, run_id=run_id, at=at)
        for step in (JUDGING, READING):
            quarantine.release(db, (d.record.ref for d in batch.decisions), step=step)
        edits.settle(db, batch.settled_edits)
        edits.save(db, batch.edits)
        outbox.withdraw_all(db, gone, reason=GONE)
        rungs.cut_short(db, [*done, *gone])
        quarantine.forget(db, [*gone, *batch.refs(batch.let_go)])
        _note(db, batch, at)


def _save_messages(db: sqlite3.Connection, batch: Batch, at: int) -> None:
    """How far messages were read, and what was learned of those who wrote them."""
    messages = batch.messages
    message_reading.save(db, batch.object_type, messages.readings)
    message_reading.save_actors(db, messages.actor_kinds, at)
    names.remember(db, Named.OWNER, messages.actor_names, at)


def _save_verdicts(db: sqlite3.Connection, batch: Batch) -> None:
    by_id = {decision.record.ref.record_id: decision for decision in batch.decisions}
    changed = {id_: decision.verdicts for id_, decision in by_id.items() if decision.changed}
    verdicts.save(db, batch.object_type, changed, rules=CLOCK_RULES)
    confirmed = [id_ for id_, decision in by_id.items() if decision.by_other_rules and not decision.changed]
    verdicts.confirm(db, batch.object_type, confirmed, rules=CLOCK_RULES)


def _save_outcomes(db: sqlite3.Connection, batch: Batch, newest_entry: int) -> None:
    by_id = {decision.record.ref.record_id: decision for decision in batch.decisions}
    judged = {id_: Judged(decision.at, CLOCK_RULES, decision.mappings, newest_entry) for id_, decision in by_id.items()}
    outcomes.save(db, batch.object_type, {id_: decision.outcomes for id_, decision in by_id.items()}, judged)


def _note(db: sqlite3.Connection, batch: Batch, at: int) -> None:
    """What stands beside the tickets: where to go on, and how well the reading goes."""
    judged_until = max((decision.at for decision in batch.decisions), default=0)
    if judged_until > (state.read_instant(db, state.JUDGED_UNTIL) or 0):
        state.write(db, state.JUDGED_UNTIL, judged_until)
    for part, reason in batch.resting.items():
        if reason:
            missing_scopes.note(db, part, reason)
        else:
            missing_scopes.end(db, part)
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


def outbox_items(
    decisions: Iterable[Decision],
    numbers: Mapping[RecordRef | None, int] = NO_NUMBERS,
    known_at: Mapping[RecordRef, int] = NOT_READ,
) -> Iterator[OutboxItem]:
    """What is to be sent; `numbers` are those of the audit entries that ask for it, `known_at` when the records had
    last changed in HubSpot as they were read (epoch ms), both by record."""
    for decision in decisions:
        for action in decision.actions:
            item = outbox_item(action, numbers.get(decision.record.ref))
            if isinstance(action, SetProperties):
                basis = _basis(action, decision, known_at.get(action.record))
                item = replace(item, body={**item.body, **basis})
            yield item


def _basis(action: SetProperties, decision: Decision, known_at: int | None) -> dict[str, object]:
    """What a decision to set properties knew of them: a person may change them before it is sent."""
    inputs = decision.record.inputs
    before = {name: inputs[name] or "" for name in action.changes if name in inputs}
    return verdict_json.without_none(
        {"before": before or None, "known_at": None if known_at is None else wire(known_at)}
    )


KINDS: dict[type, Kind] = {
    WriteProperties: Kind.PROPERTIES,
    CreateTask: Kind.TASK,
    SetProperties: Kind.FIELDS,
    AddNote: Kind.NOTE,
    Notify: Kind.NOTIFICATION,
    CompleteTask: Kind.COMPLETION,
}


def outbox_item(action: Action, entry: int | None) -> OutboxItem:
    """One thing to send; `entry` is the number of the audit entry that asks for it."""
    channel = action.channel if isinstance(action, Notify) else None
    body = verdict_json.of_action(action)
    return OutboxItem(action.key, KINDS[type(action)], action.record, body, channel, entry)


def _entries(db: sqlite3.Connection, batch: Batch) -> Iterator[Entry]:
    """All that the log is to hold of a batch which has not been written yet."""
    yield from map(audit_entries.of_company, companies.with_news(db, batch.companies))
    decided = {decision.record.ref.record_id: decision for decision in batch.decisions}
    noted = {
        id_: decision
        for id_, decision in decided.items()
        if decision.changed or decision.actions or decision.escalation.news or decision.restated
    }
    yield from map(audit_entries.of_decision, noted.values())
    record_ids = dict.fromkeys(
        [
            *facts.with_news(db, batch.object_type, batch.facts),
            *contacts.with_news(db, batch.object_type, batch.contacts),
        ]
    )
    for record_id in [id_ for id_ in record_ids if id_ not in noted]:
        case = decided[record_id].record if record_id in decided else None
        of_record = (contact.id for contact in batch.contacts.get(record_id, ()))
        yield audit_entries.of_facts(RecordRef(batch.object_type, record_id), case, of_record)
    for edit in batch.edits:
        yield Entry("edit", _edit(edit), edit.record)
    for record_id, why in batch.gone.items():
        yield Entry("gone", {"became": why}, RecordRef(batch.object_type, record_id))
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
