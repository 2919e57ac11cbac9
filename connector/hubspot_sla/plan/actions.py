"""What to do about a record, as a list of values with stable keys.

The key names the deed, not the attempt: the same verdicts give the same keys in every run, so that the outbox
can refuse to do anything twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hubspot_sla.plan.records import RecordRef


def properties_key(record: RecordRef) -> str:
    """Of the one write of our properties that a record has waiting at most."""
    return f"properties:{record.key}"


@dataclass(frozen=True, slots=True)
class WriteProperties:
    """Set our own properties of this record; `before` is what HubSpot held."""

    record: RecordRef
    changes: Mapping[str, str]
    before: Mapping[str, str | None]

    @property
    def key(self) -> str:
        return properties_key(self.record)


@dataclass(frozen=True, slots=True)
class CreateTask:
    """Create one HubSpot task on the record, once and never again for this key. `rung` is the key of the rung that
    asks for it, here and below."""

    key: str
    record: RecordRef
    rung: str
    subject: str
    body: str
    due_at: int
    owner_id: str | None
    lead_id: str | None = None
    """For whom it is where HubSpot refuses the owner, as somebody who left."""


@dataclass(frozen=True, slots=True)
class SetProperties:
    """Set properties of a record that people own, once, because a rung says so: a reassignment among them."""

    key: str
    record: RecordRef
    rung: str
    changes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class AddNote:
    """Put a note on the record, once."""

    key: str
    record: RecordRef
    rung: str
    html: str
    at: int


@dataclass(frozen=True, slots=True)
class Notify:
    """Send a message through a channel of escalations.yaml, once. `facts` are what its template may name."""

    key: str
    record: RecordRef
    rung: str
    channel: str
    facts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class CompleteTask:
    """Mark a task of ours as done: its record was closed, its rung withdrawn, or the lateness waived."""

    record: RecordRef
    task_key: str
    task_id: str

    @property
    def key(self) -> str:
        return f"complete:{self.task_key}"


Action = WriteProperties | CreateTask | SetProperties | AddNote | Notify | CompleteTask


@dataclass(frozen=True, slots=True)
class PlannedRecord:
    """What planning needs to know of the record beside its verdicts."""

    ref: RecordRef
    subject: str
    owner_id: str | None
    closed_at: int | None
    """When it was closed; None while it is open."""


def property_writes(
    record: PlannedRecord,
    changes: Mapping[str, str],
    current_values: Mapping[str, str | None],
    *,
    go_live_at: int,
    backfill: bool,
) -> list[Action]:
    """At most one write. A record closed before go-live is written by a backfill only."""
    if not changes or is_left_alone(record, go_live_at=go_live_at, backfill=backfill):
        return []
    return [WriteProperties(record.ref, changes, {name: current_values.get(name) for name in changes})]


def is_left_alone(record: PlannedRecord, *, go_live_at: int, backfill: bool) -> bool:
    """Nothing is written to it, whatever it holds."""
    return not backfill and record.closed_at is not None and record.closed_at < go_live_at
