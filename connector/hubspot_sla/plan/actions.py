"""What to do about a ticket's verdicts, as a list of values with stable keys.

The key names the deed, not the attempt: the same verdicts give the same keys in every run, so that the outbox
can refuse to do anything twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubspot_sla.clock.explain import title
from hubspot_sla.clock.promise import Kind
from hubspot_sla.clock.verdict import LATE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hubspot_sla.clock.promise import Clock
    from hubspot_sla.clock.verdict import Cycle, Verdict


@dataclass(frozen=True, slots=True)
class WriteProperties:
    """Set these ticket properties; `before` is what HubSpot held."""

    ticket_id: str
    changes: Mapping[str, str]
    before: Mapping[str, str | None]

    @property
    def key(self) -> str:
        return f"properties:{self.ticket_id}"


@dataclass(frozen=True, slots=True)
class CreateTask:
    """Create one HubSpot task on the ticket, once and never again for this key."""

    ticket_id: str
    clock: Clock
    cycle: int
    subject: str
    body: str
    due_at: int
    owner_id: str | None

    @property
    def key(self) -> str:
        return f"task:{self.ticket_id}:{self.clock.key}:{self.cycle}:breach"


Action = WriteProperties | CreateTask


@dataclass(frozen=True, slots=True)
class Ticket:
    """What planning needs to know of the ticket beside its verdicts."""

    id: str
    subject: str
    owner_id: str | None
    closed_at: int | None
    """When it was closed; None while it is open."""


def property_writes(
    ticket: Ticket,
    changes: Mapping[str, str],
    held: Mapping[str, str | None],
    *,
    go_live_at: int,
    backfill: bool,
) -> list[Action]:
    """At most one write. A ticket closed before go-live is written by a backfill only."""
    if not changes or (ticket.closed_at is not None and ticket.closed_at < go_live_at and not backfill):
        return []
    return [WriteProperties(ticket.id, changes, {name: held.get(name) for name in changes})]


def breach_tasks(
    ticket: Ticket, verdicts: Sequence[Verdict], *, go_live_at: int, now: int, reason: str
) -> list[Action]:
    """One task for each promise broken after go-live, in each cycle of its clock.

    None for a ticket already closed (nothing is left to do on it), and none for a clock that stopped or became
    late before go-live: a first sync of an old portal floods nobody.
    """
    if ticket.closed_at is not None:
        return []
    return [
        CreateTask(
            ticket.id,
            verdict.clock,
            cycle.number,
            f"{_breached(verdict)} - {ticket.subject}"[:250],
            reason,
            now,
            ticket.owner_id,
        )
        for verdict in verdicts
        for cycle in _late(verdict)
        if _after(cycle, go_live_at)
    ]


def _late(verdict: Verdict) -> Iterator[Cycle]:
    return (cycle for cycle in verdict.every_cycle if cycle.status in LATE)


def _breached(verdict: Verdict) -> str:
    """`SLA breached: resolution`, `OLA breached: time in Billing`."""
    name = title(verdict)
    if verdict.kind is Kind.SLA:
        return f"SLA breached: {name[0].lower()}{name[1:]}"
    kind, _, rest = name.partition(": ")
    return f"{kind} breached: {rest}"


def _after(cycle: Cycle, go_live_at: int) -> bool:
    instants = (cycle.breached_at, cycle.stopped_at, cycle.ended_at)
    return all(at is None or at >= go_live_at for at in instants)
