"""Fields of records that people own, set once because a rung says so: a priority, an owner.

The fields are read before they are set: what somebody changed since the rung was decided stays as it is. Setting a
value may be repeated until HubSpot has confirmed it; from then on the field is the people's again. A refused one waits
and is tried again like any other, alone: an owner who was deactivated keeps no priority from being set. A record may
have several: what was asked for last holds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from hubspot_sla.flows.judging.audit_entries import of_item
from hubspot_sla.flows.sending.properties import changes_of, gone
from hubspot_sla.hubspot import wire_time
from hubspot_sla.hubspot.batches import BATCH
from hubspot_sla.hubspot.writes import Written
from hubspot_sla.ledger import audit, outbox, quarantine, rungs, validation_rules
from hubspot_sla.ledger.outbox import Kind, OutboxItem, State, rung_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hubspot_sla.flows.context.context import Context
    from hubspot_sla.flows.sending.commit import RunStats
    from hubspot_sla.hubspot.record_rows import CrmRecord
    from hubspot_sla.ledger.audit import Entry

FIELDS: Final = "fields"


@dataclass(frozen=True, slots=True)
class FieldDelivery:
    """A `DeliveryKind`. Those of one record go as one write."""

    context: Context
    run_id: str
    stats: RunStats
    kind: Kind = Kind.FIELDS
    at_once: int = BATCH

    def wanted(self, items: Sequence[OutboxItem]) -> Sequence[OutboxItem]:
        """Without what a person has changed since: that wins, and what is left of an item is sent."""
        names = {name for item in items for name in changes_of(item)}
        read = self.context.portal.of(items[0].record.object_type).read(
            {item.record.record_id for item in items}, sorted(names), sorted(names)
        )
        self._refuse(items, {row.id: row.reason for row in read.bad})
        tickets = {ticket.id: ticket for ticket in read.rows}
        sent = {item.record: outbox.values_sent(self.context.ledger.db, item.record) for item in items}
        to_send: list[OutboxItem] = []
        for item in [item for item in items if item.record.record_id not in {row.id for row in read.bad}]:
            ticket = tickets.get(item.record.record_id)  # absent: HubSpot's answer to the write says so
            theirs = {} if ticket is None else persons_changes(item, ticket, sent[item.record])
            if theirs:
                self._give_way(item, theirs)
            if rest := {name: value for name, value in changes_of(item).items() if name not in theirs}:
                to_send.append(replace(item, body={**item.body, "changes": rest}))
        return to_send

    def _refuse(self, items: Sequence[OutboxItem], reasons: Mapping[str, str]) -> None:
        """What cannot be read now is read again when it has waited."""
        if reasons:
            unread = [item for item in items if item.record.record_id in reasons]
            self.settle(unread, Written({}, dict(reasons), ()))

    def _give_way(self, item: OutboxItem, theirs: Mapping[str, str]) -> None:
        """Somebody's values stay. Nothing left to set: the item is withdrawn."""
        reason = f"somebody changed {', '.join(theirs)} before it was set"
        with self.context.ledger.transaction() as db:
            if theirs.keys() >= changes_of(item).keys():
                outbox.settle(db, item.key, State.WITHDRAWN, reason=reason)
                rungs.cut_short(db, [item.record])
            entry = of_item("withdrawn", item, reason=reason, theirs=dict(theirs))
            audit.append(db, at=self.context.now(), run_id=self.run_id, entries=[entry])

    def send(self, items: Sequence[OutboxItem]) -> Written:
        changes: dict[str, dict[str, str]] = {}
        for item in items:
            changes.setdefault(item.record.record_id, {}).update(changes_of(item))
        return self.context.portal.of(items[0].record.object_type).update(changes)

    def settle(self, items: Sequence[OutboxItem], outcome: Written) -> None:
        object_type = items[0].record.object_type
        reasons = {**outcome.rejected, **dict.fromkeys(outcome.missing, gone(object_type))}
        failed = [(item, reasons[item.record.record_id]) for item in items if item.record.record_id in reasons]
        at = self.context.now()
        entries: list[Entry] = []
        with self.context.ledger.transaction() as db:
            for item in (item for item in items if item.record.record_id in outcome.updated):
                done, left_out = _parts(item, outcome.left_out.get(item.record.record_id, {}))
                if not left_out:
                    outbox.settle(db, item.key, State.CONFIRMED)
                    rungs.mended(db, rung_of(item))
                    entries.append(of_item(FIELDS, item))
                    continue
                failed.append((item, next(iter(left_out.values()))))
                if done:
                    outbox.narrow(db, item, done, {name: changes_of(item)[name] for name in left_out})
                    entries.append(of_item(FIELDS, item, landed=done))
            for item, reason in failed:
                outbox.refuse(db, item.key, reason, at)
                rungs.failed(db, rung_of(item), f"a property was refused: {reason}")
            by_record = {item.record: reason for item, reason in failed}
            landed = {item.record for item in items if item.record.record_id in outcome.updated}
            quarantine.release(db, landed - by_record.keys(), step=FIELDS)
            quarantine.put(db, by_record, step=FIELDS, run_id=self.run_id, at=at)
            self.stats.fields_written += len(entries)
            self.stats.quarantined += len(by_record)
            entries += [of_item("refused", item, reason=why) for item, why in failed]
            audit.append(db, at=at, run_id=self.run_id, entries=entries)
            validation_rules.note(db, object_type, outcome.rules, at)

    def lost(self, items: Sequence[OutboxItem]) -> None:
        """Does not happen: an update is repeated until it is answered or given up. They stay claimed."""


def _parts(item: OutboxItem, refused: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """The values of an item that HubSpot took, and the reasons against the others, each by property."""
    changes = changes_of(item)
    return (
        {name: value for name, value in changes.items() if name not in refused},
        {name: refused[name] for name in changes if name in refused},
    )


def persons_changes(item: OutboxItem, ticket: CrmRecord, sent: Mapping[str, set[str]]) -> dict[str, str]:
    """The values of properties of this item that somebody else has set since it was decided; `sent` are the values that
    rungs gave the ticket, by property. An item of an earlier version does not say what was known: it is sent."""
    before = item.body.get("before")
    known = before if isinstance(before, dict) else {}
    known_at = wire_time.parse(str(item.body["known_at"])) if "known_at" in item.body else None
    theirs: dict[str, str] = {}
    for name, ours in changes_of(item).items():
        value = ticket.properties.get(name) or ""
        if value == ours or value in sent.get(name, ()):
            continue
        newest = next(iter(ticket.history.get(name, ())), None)
        is_later = newest is not None and known_at is not None and newest.at_ms > known_at
        if value != known[name] if name in known else is_later:
            theirs[name] = value
    return theirs
