"""What HubSpot shows of one goal of one ticket, and what is known of how it counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hubspot_sla.clock.calendar import Calendar
    from hubspot_sla.measure.comparison.terms import Standing, Terms


@dataclass(frozen=True, slots=True)
class Shown:
    """What the ticket's properties say; None where HubSpot shows nothing. Instants are epoch ms."""

    due_at: int | None
    elapsed_ms: int | None = None
    standing: Standing | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of HubSpot's own SLA, as it was inferred: `minutes` of open time on `calendar`, which stands still in the
    stages `paused_in` (ids). `edited_minutes` is what tickets have to which an edited rule was applied later."""

    calendar: Calendar
    minutes: int
    paused_in: frozenset[str] = frozenset()
    edited_minutes: int | None = None


@dataclass(frozen=True, slots=True)
class Theirs:
    """HubSpot's side of one goal. `rule` is None where too little is known of it. `first_reply_at`, `received_at` and
    `sent_at` are the messages that it goes by, `closed_stages` the ids of those it calls closed. `alone` is what the
    ticket is counted by without those that were merged into it, and `own_creation_at` when it was created, whatever
    creation HubSpot shows; None where none was merged. `edited_at` are the instants from
    which on another version of the mappings counted."""

    rule: Rule | None
    first_reply_at: int | None = None
    received_at: int | None = None
    sent_at: int | None = None
    closed_stages: frozenset[str] = frozenset()
    alone: Terms | None = None
    own_creation_at: int | None = None
    edited_at: frozenset[int] = frozenset()
    counts_pauses: bool = True
