"""What an action of a rung works with: the rung that fires, its ticket, and who is meant by `owner` and `lead`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from hubspot_sla.clock.explain import title
from hubspot_sla.plan.instant_text import wire

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hubspot_sla.clock.rungs import Mark
    from hubspot_sla.clock.verdict import Cycle, Verdict
    from hubspot_sla.plan.actions import Action, PlannedRecord

OWNER, LEAD = "owner", "lead"
"""People named by their part in a ticket: its owner, and the lead of that owner."""

FIELDS = (
    "ticket_id", "subject", "url", "policy", "tier", "metric", "status", "started_at", "due_at", "breached_at",
    "rung", "level", "reached_at", "owner_id", "reason",
    "company", "owner", "lateness", "since", "due", "promised", "headline", "summary", "details",
)  # fmt: skip
"""What a template may name. The first two lines are for programs too: English words, ids, instants in UTC. The last one
is for people: names, and texts in the language of portal.yaml."""


@dataclass(frozen=True, slots=True)
class People:
    """Owner ids: by the word that names somebody in escalations.yaml, and of each owner's lead. `any_lead` leads every
    owner who has no lead of their own, and tickets without an owner."""

    ids: Mapping[str, str] = field(default_factory=dict)
    leads: Mapping[str, str] = field(default_factory=dict)
    any_lead: str | None = None

    def lead_of(self, owner_id: str | None) -> str | None:
        return self.leads.get(owner_id or "") or self.any_lead

    def chosen(self, to: str, owner_id: str | None) -> tuple[str | None, str]:
        """The owner id that is meant, and a remark where it is not the one that was asked for."""
        lead = self.lead_of(owner_id)
        if to == OWNER:
            if owner_id or lead is None:
                return owner_id, "" if owner_id else "The ticket has no owner."
            return lead, "The ticket has no owner, so this is for the lead."
        if to == LEAD:
            return (lead, "") if lead else (owner_id, "No lead is known for the owner.")
        return self.ids.get(to, to), ""


class RungWording(Protocol):
    """What is said of a rung that fires, in the language of the readers. No key depends on any of it."""

    def reason(self, rung: FiredRung) -> str:
        """The text that the record holds."""

    def task(self, rung: FiredRung, remark: str) -> tuple[str, str]:
        """Subject and body of a task, as plain text. `remark` says why it is for somebody else ("": it is not)."""

    def note(self, rung: FiredRung) -> str:
        """A note, as HTML."""

    def fields(self, rung: FiredRung) -> Mapping[str, str]:
        """The values of FIELDS that are for people."""

    def tier(self, rung: FiredRung) -> str:
        """The tier by which the clock was promised."""


@dataclass(frozen=True, slots=True)
class Words:
    """`url` is the record's address in HubSpot ("" where that is not known), `owner_property` holds its owner."""

    wording: RungWording
    url: str
    owner_property: str


@dataclass(frozen=True, slots=True)
class FiredRung:
    """A rung that fires now. `key` is the rung's own, `suffix` its name with the number of its repetition; `due_at` is
    the rung's instant, `at` when it was seen (epoch ms); `mark` is its place on the ladder, reached for the `nth` time.
    `repeat` tells equal actions of one rung apart: "" for the first, then `:also2` and so on; it is part of their keys,
    and begins with `:again` and an instant where the rung was withdrawn before."""

    key: str
    suffix: str
    level: int
    due_at: int
    at: int
    verdict: Verdict
    cycle: Cycle
    record: PlannedRecord
    people: People
    words: Words
    mark: Mark
    nth: int = 1
    repeat: str = ""

    @property
    def key_rest(self) -> str:
        """What the keys of its actions hold after their kind."""
        return self.key.removeprefix("rung:") + self.repeat

    def facts(self) -> dict[str, str]:
        """The value of each of FIELDS."""
        cycle = self.cycle
        values = {
            "ticket_id": self.record.ref.key,
            "subject": self.record.subject,
            "url": self.words.url,
            "policy": cycle.promise.policy if cycle.promise else "",
            "tier": self.words.wording.tier(self),
            "metric": title(self.verdict.clock),
            "status": cycle.status.value,
            "started_at": wire(cycle.started_at),
            "due_at": wire(cycle.due_at),
            "breached_at": wire(cycle.breached_at),
            "rung": self.suffix,
            "level": str(self.level),
            "reached_at": wire(self.due_at),
            "owner_id": self.record.owner_id or "",
            "reason": self.words.wording.reason(self),
            **self.words.wording.fields(self),
        }
        return {name: values[name] for name in FIELDS}


class RungAction(Protocol):
    """One thing that a rung asks for. Values with equality: a ladder that asks for something else is another ladder."""

    @property
    def word(self) -> str:
        """Its key under `do:` in escalations.yaml."""

    @property
    def people(self) -> tuple[str, ...]:
        """Whom it names: `owner`, `lead`, or somebody by e-mail or owner id."""

    @property
    def properties(self) -> tuple[tuple[str, str], ...]:
        """The ticket properties that it sets, with their values, as far as the mappings say them."""

    @property
    def channels(self) -> tuple[str, ...]:
        """The channels that it notifies."""

    def planned(self, rung: FiredRung) -> Action | None:
        """The action to take; None where there is nothing to do."""
