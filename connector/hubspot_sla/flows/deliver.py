"""The outbox, sent: batches of a hundred, each settled with its audit entries before the next.

Property writes can be repeated, so an interrupted one is simply sent again. A task cannot, and HubSpot has no
idempotency key: so none is ever created without looking first whether its ticket has it, by a marker property. That
finds the one whose answer was lost, and the one that a restored ledger has forgotten.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.errors import HubSpotError, OutcomeUnknown
from hubspot_sla.flows import outgoing, outgoing_completions, outgoing_fields, outgoing_notes
from hubspot_sla.hubspot import wire_time
from hubspot_sla.hubspot.engagements import Created
from hubspot_sla.hubspot.tasks import NewTask
from hubspot_sla.ledger import audit, outbox, quarantine, tickets
from hubspot_sla.ledger.audit import Entry
from hubspot_sla.ledger.outbox import Kind, Parcel, State

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hubspot_sla.flows.journal import Tally
    from hubspot_sla.flows.parts import Parts

BATCH = 100
WRITING, TASK = "writing", "task"
TASK_PRIORITY = "HIGH"


def resume(parts: Parts) -> None:
    """Queue again what an earlier run left in the air. It is sent once this run knows how its tickets stand now."""
    with parts.ledger.transaction() as db:
        outbox.release_interrupted(db)


def finish(parts: Parts, run_id: str, tally: Tally) -> None:
    """Send all that is left, with what was refused before and has waited long enough."""
    with parts.ledger.transaction() as db:
        outbox.release_waited(db, parts.now())
    try:
        flush(parts, run_id, tally)
    except HubSpotError:
        outgoing.flush(parts, run_id, tally)  # people are told all the more when HubSpot cannot be
        raise
    outgoing.flush(parts, run_id, tally)


def flush(parts: Parts, run_id: str, tally: Tally, *, full_batches_only: bool = False) -> None:
    """Send what is pending: all of it, or as long as batches are full."""
    for kind, send in KINDS:
        while outbox.pending(parts.ledger.db, kind) >= (BATCH if full_batches_only else 1):
            with parts.ledger.transaction() as db:
                claimed = outbox.claim(db, kind, BATCH)
            send(parts, claimed, run_id, tally)


def _send_properties(parts: Parts, parcels: Sequence[Parcel], run_id: str, tally: Tally) -> None:
    changes = {parcel.ticket_id: _changes(parcel) for parcel in parcels}
    by_ticket = {parcel.ticket_id: parcel for parcel in parcels}
    written = parts.portal.tickets.update(changes)
    refused = {**written.rejected, **dict.fromkeys(written.missing, "HubSpot no longer knows this ticket")}
    at = parts.now()
    with parts.ledger.transaction() as db:
        tickets.written(db, {id_: (updated_at, changes[id_]) for id_, updated_at in written.updated.items()})
        outbox.done_with(db, (by_ticket[id_].key for id_ in written.updated))
        for id_, reason in refused.items():
            outbox.refuse(db, by_ticket[id_].key, reason, at)
        quarantine.release(db, written.updated, what=WRITING)
        quarantine.put(db, refused, what=WRITING, run_id=run_id, at=at)
        audit.append(
            db,
            at=at,
            run_id=run_id,
            entries=[
                *(_wrote(by_ticket[id_], updated_at) for id_, updated_at in written.updated.items()),
                *(Entry("refused", {**by_ticket[id_].body, "reason": why}, id_) for id_, why in refused.items()),
            ],
        )
    tally.properties_written += len(written.updated)
    tally.quarantined += len(refused)


def _wrote(parcel: Parcel, updated_at: int) -> Entry:
    return Entry("write", {**parcel.body, "updated_at": wire_time.to_wire(updated_at)}, parcel.ticket_id)


def _changes(parcel: Parcel) -> Mapping[str, str]:
    changes = parcel.body["changes"]
    if not isinstance(changes, dict):
        raise TypeError(f"the outbox holds no changes for {parcel.key}")
    return changes


def _send_tasks(parts: Parts, parcels: Sequence[Parcel], run_id: str, tally: Tally) -> None:
    there = parts.portal.tasks.find_markers(parcel.ticket_id for parcel in parcels)
    by_key = {parcel.key: parcel for parcel in parcels if parcel.ticket_id not in there.unread}
    arrived = {key: task_id for key, task_id in there.ids.items() if key in by_key}
    missing = [parcel for key, parcel in by_key.items() if key not in arrived]
    _settle_unread(parts, [parcel for parcel in parcels if parcel.key not in by_key])
    created = _create(parts, missing)
    _settle_tasks(parts, by_key, {**arrived, **created.created}, created.rejected, run_id, tally)
    tally.tasks_created += len(created.created)


def _create(parts: Parts, missing: Sequence[Parcel]) -> Created:
    if not missing:
        return Created({}, {})
    try:
        return parts.portal.tasks.create([_new_task(parcel) for parcel in missing])
    except OutcomeUnknown:
        with parts.ledger.transaction() as db:
            for parcel in missing:
                outbox.settle(db, parcel.key, State.UNKNOWN, reason="no answer came back")
        raise


def _settle_unread(parts: Parts, parcels: Sequence[Parcel]) -> None:
    """Nothing is known of these tickets' tasks, so nothing is sent: the next run looks again."""
    with parts.ledger.transaction() as db:
        for parcel in parcels:
            outbox.settle(db, parcel.key, State.UNKNOWN, reason="the ticket's tasks could not be read")


def _settle_tasks(
    parts: Parts,
    by_key: Mapping[str, Parcel],
    created: Mapping[str, str],
    rejected: Mapping[str, str],
    run_id: str,
    tally: Tally,
) -> None:
    """Neither created nor rejected means that HubSpot said nothing of it: the next run looks for it."""
    at = parts.now()
    refused = {by_key[key].ticket_id: reason for key, reason in rejected.items()}
    with parts.ledger.transaction() as db:
        for key in by_key.keys() - created.keys() - rejected.keys():
            outbox.settle(db, key, State.UNKNOWN, reason="HubSpot's answer does not mention it")
        for key, task_id in created.items():
            outbox.settle(db, key, State.CONFIRMED, result_id=task_id)
        for key, reason in rejected.items():
            outbox.refuse(db, key, reason, at)
        quarantine.release(db, (by_key[key].ticket_id for key in created), what=TASK)
        quarantine.put(db, refused, what=TASK, run_id=run_id, at=at)
        audit.append(
            db,
            at=at,
            run_id=run_id,
            entries=[
                *(Entry("task", {**by_key[k].body, "task_id": id_}, by_key[k].ticket_id) for k, id_ in created.items()),
                *(Entry("refused", {**by_key[k].body, "reason": r}, by_key[k].ticket_id) for k, r in rejected.items()),
            ],
        )
    tally.quarantined += len(refused)


def _new_task(parcel: Parcel) -> NewTask:
    body = parcel.body
    owner = body["owner_id"]
    due_at = wire_time.parse(str(body["due_at"]))
    if due_at is None:
        raise ValueError(f"the outbox holds no due time for {parcel.key}")
    return NewTask(
        key=parcel.key,
        ticket_id=parcel.ticket_id,
        subject=str(body["subject"]),
        body=str(body["body"]),
        due_at_ms=due_at,
        owner_id=None if owner is None else str(owner),
        priority=TASK_PRIORITY,
    )


KINDS = (
    (Kind.PROPERTIES, _send_properties),
    (Kind.TASK, _send_tasks),
    (Kind.FIELDS, outgoing_fields.send),
    (Kind.NOTE, outgoing_notes.send),
    (Kind.COMPLETION, outgoing_completions.send),
)
"""What goes to HubSpot, the most urgent first: a breach is flagged before anything else is done about it."""
