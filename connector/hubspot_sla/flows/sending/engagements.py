"""Tasks and notes: each searched for before it is made, a thousand records a call, and made once.

The look and the check that the ledger is still ours come last before the sending, in the thread that holds the ledger.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Final

from hubspot_sla.flows.context.failpoints import Failpoint
from hubspot_sla.flows.judging import verdict_json
from hubspot_sla.flows.judging.audit_entries import of_item
from hubspot_sla.flows.reading import policy_versions
from hubspot_sla.flows.sending.unknown_outcome import OBJECT_TYPES, grace_ms
from hubspot_sla.hubspot import wire_time
from hubspot_sla.hubspot.batches import ASSOCIATION_BATCH
from hubspot_sla.hubspot.html_text import as_html
from hubspot_sla.hubspot.notes import NewNote
from hubspot_sla.hubspot.objects.table import profile_of
from hubspot_sla.hubspot.tasks import OWNER_REFUSED, NewTask, OwnerRefused
from hubspot_sla.language.texts import texts_of
from hubspot_sla.ledger import audit, markers, outbox, quarantine, records, rungs, validation_rules
from hubspot_sla.ledger.outbox import Kind, OutboxItem, State, rung_of
from hubspot_sla.plain_text import removed
from hubspot_sla.plan.actions import CompleteTask
from hubspot_sla.plan.contract_rungs import CONTRACTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hubspot_sla.flows.context.context import Context
    from hubspot_sla.flows.sending.commit import RunStats
    from hubspot_sla.hubspot.engagements import Created, Engagement, Markers
    from hubspot_sla.plan.records import RecordRef

TASK_PRIORITY: Final = "HIGH"
NOT_UNIQUE: Final = (
    "the party has no company in HubSpot, and this portal keeps no unique key on tasks, so none is made that hangs on"
    " nothing: notify a channel instead"
)
"""Without a record to look on and a key to read by nobody could tell whether the task is there."""


@dataclass(frozen=True, slots=True)
class EngagementDelivery:
    """A `DeliveryKind` of what must be on its record once. `what` names it in audit entries and in quarantine."""

    what: ClassVar[str]

    context: Context
    run_id: str
    stats: RunStats
    marked: bool = field(init=False)
    """Whether they carry their key in a marker property; else as a reference in their text."""
    language: str = field(init=False)
    at_once: int = ASSOCIATION_BATCH

    def __post_init__(self) -> None:
        """Read now, in the thread that holds the ledger: `send` is called in another."""
        marked = markers.is_marked(self.context.ledger.db, OBJECT_TYPES[self.kind])
        object.__setattr__(self, "marked", marked)
        object.__setattr__(self, "language", policy_versions.language(self.context))

    @property
    @abstractmethod
    def kind(self) -> Kind:
        """Which items it sends."""

    @abstractmethod
    def look(self, records_by_key: Mapping[str, RecordRef]) -> Markers:
        """Those that are there already; the records are of one object type."""

    @abstractmethod
    def is_same(self, engagement: Engagement, item: OutboxItem, *, edited: bool) -> bool:
        """Whether what carries no key reads as this item would; with `edited` whatever became of its text."""

    @abstractmethod
    def send(self, items: Sequence[OutboxItem]) -> Created:
        """One batch to HubSpot."""

    @abstractmethod
    def count(self, made: int) -> None:
        """So many more were made."""

    def next_for(self, made: Sequence[tuple[OutboxItem, str]]) -> Sequence[OutboxItem]:  # noqa: ARG002 - most need nothing
        """What is to be sent because these are on their records, each with its id."""
        return ()

    def wanted(self, items: Sequence[OutboxItem]) -> Sequence[OutboxItem]:
        """Those whose records have none with their key; of records that cannot be read nothing is known, so none is
        made. Raises LeaseLost."""
        object_type = items[0].record.object_type
        if object_type == CONTRACTS and not markers.is_unique(self.context.ledger.db, OBJECT_TYPES[self.kind]):
            self._settle(items, {}, {item.key: NOT_UNIQUE for item in items})
            return ()
        there = self.look({item.key: item.record for item in items})
        unread = [item for item in items if item.record.record_id in there.unread]
        ids = self._ids(items, there)
        if unread:
            self._unknown(unread, f"the {profile_of(object_type).singular}'s {self.what}s could not be read")
        if ids:
            self._settle([item for item in items if item.key in ids], ids, {})
        self.context.reached(Failpoint.LOOKED)
        missing = [item for item in items if item.record.record_id not in there.unread and item.key not in ids]
        wanted = self._of_open_records(missing)
        if wanted:
            self.context.ledger.still_ours()
        return wanted

    def _ids(self, items: Sequence[OutboxItem], there: Markers) -> dict[str, str]:
        """The id of each that is there, by key. One may be there whose key cannot be read any more, because the marker
        went or somebody edited the text: it is known by what else it says, each by one item, and none that the outbox
        knows as another's."""
        ids = {item.key: id_ for item in items if (id_ := there.id_of(item.key))}
        nameless = [item for item in items if item.key not in ids]
        if not any(there.anonymous.get(item.record.record_id) for item in nameless):
            return ids
        db = self.context.ledger.db
        maybe_sent = outbox.maybe_sent(db, [item.key for item in nameless])
        taken = {*ids.values(), *outbox.result_ids(db, self.kind, {item.record for item in nameless})}
        for item in nameless:
            edited = item.key in maybe_sent
            candidates = there.anonymous.get(item.record.record_id, ())
            same = (
                engagement.id
                for engagement in candidates
                if engagement.id not in taken and self.is_same(engagement, item, edited=edited)
            )
            if id_ := next(same, None):
                ids[item.key] = id_
                taken.add(id_)
        return ids

    def _of_open_records(self, missing: Sequence[OutboxItem]) -> Sequence[OutboxItem]:
        """What may have been on its way when its record was closed or its rung withdrawn, and did not arrive, is
        withdrawn now."""
        closed = self._closed(item.record for item in missing)
        taken_back = rungs.withdrawn(self.context.ledger.db, map(rung_of, missing))
        if closed or taken_back:
            with self.context.ledger.transaction() as db:
                for item in missing:
                    if item.record in closed:
                        outbox.settle(db, item.key, State.WITHDRAWN, reason=outbox.CLOSED)
                    elif rung_of(item) in taken_back:
                        outbox.settle(db, item.key, State.WITHDRAWN, reason=outbox.TAKEN_BACK)
                rungs.cut_short(db, closed)
        return [item for item in missing if item.record not in closed and rung_of(item) not in taken_back]

    def _closed(self, about: Iterable[RecordRef]) -> set[RecordRef]:
        return records.closed(self.context.ledger.db, about)

    def settle(self, items: Sequence[OutboxItem], outcome: Created) -> None:
        """Neither created nor rejected means that HubSpot said nothing of it: the next run looks for it."""
        self._settle(items, outcome.created, outcome.reasons)
        object_type = OBJECT_TYPES[items[0].kind]
        with self.context.ledger.transaction() as db:
            validation_rules.note(db, object_type, outcome.rules, self.context.now())
            if outcome.no_marker:
                markers.lose(db, object_type, outcome.no_marker)
        self.count(len(outcome.created))

    def lost(self, items: Sequence[OutboxItem]) -> None:
        wait_ms = grace_ms(self.context, items[0].kind)
        self._unknown(items, "no answer came back", self.context.now() + wait_ms if wait_ms else None)

    def _unknown(self, items: Iterable[OutboxItem], reason: str, again_at: int | None = None) -> None:
        with self.context.ledger.transaction() as db:
            for item in items:
                outbox.settle(db, item.key, State.UNKNOWN, reason=reason, again_at=again_at)

    def _settle(self, items: Sequence[OutboxItem], made: Mapping[str, str], rejected: Mapping[str, str]) -> None:
        by_key = {item.key: item for item in items}
        refused = {by_key[key].record: reason for key, reason in rejected.items()}
        at = self.context.now()
        with self.context.ledger.transaction() as db:
            for key in by_key.keys() - made.keys() - rejected.keys():
                outbox.settle(db, key, State.UNKNOWN, reason="HubSpot's answer does not mention it")
            for key, id_ in made.items():
                outbox.settle(db, key, State.CONFIRMED, result_id=id_)
                rungs.mended(db, rung_of(by_key[key]))
            for key, reason in rejected.items():
                outbox.refuse(db, key, reason, at)
                rungs.failed(db, rung_of(by_key[key]), f"its {self.what} was refused: {reason}")
            quarantine.release(db, (by_key[key].record for key in made), step=self.what)
            quarantine.put(db, refused, step=self.what, run_id=self.run_id, at=at)
            noted = [(by_key[key], {f"{self.what}_id": id_}, self.what) for key, id_ in made.items()]
            noted += [(by_key[key], {"reason": reason}, "refused") for key, reason in rejected.items()]
            entries = [of_item(kind, item, **more) for item, more, kind in noted]
            audit.append(db, at=at, run_id=self.run_id, entries=entries)
            outbox.put(db, self.next_for([(by_key[key], id_) for key, id_ in made.items()]), run_id=self.run_id, at=at)
        self.stats.quarantined += len(refused)


@dataclass(frozen=True, slots=True)
class TaskDelivery(EngagementDelivery):
    """Tasks."""

    what = "task"
    kind: Kind = Kind.TASK

    def look(self, records_by_key: Mapping[str, RecordRef]) -> Markers:
        return self.context.portal.tasks.there(records_by_key)

    def is_same(self, engagement: Engagement, item: OutboxItem, *, edited: bool) -> bool:
        return self.context.portal.tasks.is_same(engagement, _new_task(item, self.language), edited=edited)

    def send(self, items: Sequence[OutboxItem]) -> Created:
        return self.context.portal.tasks.create([_new_task(item, self.language) for item in items], marked=self.marked)

    def count(self, made: int) -> None:
        self.stats.tasks_created += made

    def next_for(self, made: Sequence[tuple[OutboxItem, str]]) -> Sequence[OutboxItem]:
        """A task that was found, or made, after its record was closed or its rung withdrawn is completed as the others
        were."""
        closed = self._closed(item.record for item, _ in made)
        taken_back = rungs.withdrawn(self.context.ledger.db, (rung_of(item) for item, _ in made))
        over = [(item, id_) for item, id_ in made if item.record in closed or rung_of(item) in taken_back]
        completions = [CompleteTask(item.record, item.key, id_) for item, id_ in over]
        return [
            OutboxItem(completion.key, Kind.COMPLETION, completion.record, verdict_json.of_action(completion))
            for completion in completions
        ]


@dataclass(frozen=True, slots=True)
class NoteDelivery(EngagementDelivery):
    """Notes with the explanation."""

    what = "note"
    kind: Kind = Kind.NOTE

    def look(self, records_by_key: Mapping[str, RecordRef]) -> Markers:
        return self.context.portal.notes.there(records_by_key)

    def is_same(self, engagement: Engagement, item: OutboxItem, *, edited: bool) -> bool:
        return self.context.portal.notes.is_same(engagement, _new_note(item), edited=edited)

    def send(self, items: Sequence[OutboxItem]) -> Created:
        return self.context.portal.notes.create([_new_note(item) for item in items], marked=self.marked)

    def count(self, made: int) -> None:
        self.stats.notes_created += made


def _new_task(item: OutboxItem, language: str) -> NewTask:
    body, texts = item.body, texts_of(language)
    owner, lead = body["owner_id"], body.get("lead_id")
    return NewTask(
        key=item.key,
        record=item.record,
        subject=removed(str(body["subject"])),
        body=removed(str(body["body"])),
        due_at_ms=_instant(item, "due_at"),
        owner_id=None if owner is None else str(owner),
        priority=TASK_PRIORITY,
        deputy_id=None if lead is None else str(lead),
        refused=OwnerRefused(texts.text(OWNER_REFUSED.for_lead), texts.text(OWNER_REFUSED.for_nobody)),
    )


def _new_note(item: OutboxItem) -> NewNote:
    """Earlier versions asked for notes in plain text."""
    body = item.body
    html = removed(str(body["html"])) if "html" in body else as_html(removed(str(body["body"])))
    return NewNote(item.key, item.record, html, _instant(item, "at"))


def _instant(item: OutboxItem, name: str) -> int:
    at = wire_time.parse(str(item.body[name]))
    if at is None:
        raise ValueError(f"the outbox holds no {name} for {item.key}")
    return at
