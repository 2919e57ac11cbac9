"""What a rung that fires asks for, as actions: for whom, in which words, under which keys."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hubspot_sla.clock.explain import title
from hubspot_sla.clock.promise import Kind
from hubspot_sla.clock.verdict import LATE
from hubspot_sla.plan.actions import AddNote, CreateTask, Notify, SetProperties
from hubspot_sla.plan.instants import wire
from hubspot_sla.plan.ladder import LEAD, OWNER, MakeTask, Reassign, SetValues, Tell, WriteNote, task_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from hubspot_sla.clock.verdict import Verdict
    from hubspot_sla.plan.actions import Action, Ticket
    from hubspot_sla.plan.escalation import Fired, Place

SUBJECT_LIMIT = 250
FIELDS = (
    "ticket_id", "subject", "url", "policy", "tier", "metric", "status", "started_at", "due_at", "breached_at",
    "rung", "level", "reached_at", "owner_id", "reason",
)  # fmt: skip
"""What a template of a notification may name."""


@dataclass(frozen=True, slots=True)
class People:
    """Owner ids: by the word that names somebody in escalations.yaml, and of each owner's lead. `any_lead` leads
    whoever has no lead of their own, and tickets without an owner."""

    ids: Mapping[str, str] = field(default_factory=dict)
    leads: Mapping[str, str] = field(default_factory=dict)
    any_lead: str | None = None

    def lead_of(self, owner_id: str | None) -> str | None:
        return self.leads.get(owner_id or "") or self.any_lead

    def chosen(self, to: str, owner_id: str | None) -> tuple[str | None, str]:
        """The owner id that is meant, and what is to be said where it is not the one that was asked for."""
        lead = self.lead_of(owner_id)
        if to == OWNER:
            if owner_id or lead is None:
                return owner_id, "" if owner_id else "The ticket has no owner."
            return lead, "The ticket has no owner, so this is for the lead."
        if to == LEAD:
            return (lead, "") if lead else (owner_id, "No lead is known for the owner.")
        return self.ids.get(to, to), ""


@dataclass(frozen=True, slots=True)
class Words:
    """What is said of the ticket: the paragraph, the whole story (made only where a note asks for it), its tier, its
    address in HubSpot ("" where that is not known), and the property that holds its owner."""

    reason: str
    story: Callable[[], str]
    tier: str
    url: str
    owner_property: str


@dataclass(frozen=True, slots=True)
class RungActions:
    """Turns rungs into actions for one ticket."""

    ticket: Ticket
    people: People
    words: Words

    def actions(self, fired: Iterable[Fired]) -> Iterator[Action]:
        """In the order of the rungs and of what each asks for."""
        for one in fired:
            yield from self._of_rung(one)

    def _of_rung(self, one: Fired) -> Iterator[Action]:
        seen: dict[str, int] = {}
        for step in one.place.rung.steps:
            kind = type(step).__name__ + (step.target if isinstance(step, Tell) else "")
            seen[kind] = seen.get(kind, 0) + 1
            more = "" if seen[kind] == 1 else f":also{seen[kind]}"
            action = self._of_step(one, step, more)
            if action is not None:
                yield action

    def _of_step(self, one: Fired, step: object, more: str) -> Action | None:
        ticket_id, rung = self.ticket.id, one.reached.key
        rest = rung.removeprefix("rung:") + more
        match step:
            case MakeTask():
                return self._task(one, step, more)
            case SetValues():
                return SetProperties(f"fields:{rest}:set", ticket_id, rung, dict(step.values))
            case Reassign():
                owner_id, _ = self.people.chosen(step.to, self.ticket.owner_id)
                if owner_id is None or owner_id == self.ticket.owner_id:
                    return None
                changes = {self.words.owner_property: owner_id}
                return SetProperties(f"fields:{rest}:owner", ticket_id, rung, changes)
            case WriteNote():
                return AddNote(f"note:{rest}", ticket_id, rung, self.words.story(), one.reached.at)
            case Tell():
                return Notify(f"notification:{rest}:{step.target}", ticket_id, rung, step.target, self._facts(one))
        return None

    def _task(self, one: Fired, step: MakeTask, more: str) -> CreateTask:
        place = one.place
        owner_id, remark = self.people.chosen(step.to, self.ticket.owner_id)
        key = task_key(self.ticket.id, place.verdict.clock.key, place.cycle.number, place.suffix) + more
        subject = f"{announced(place)} - {self.ticket.subject}"[:SUBJECT_LIMIT]
        body = f"{self.words.reason} {remark}".rstrip()
        return CreateTask(key, self.ticket.id, one.reached.key, subject, body, one.reached.at, owner_id)

    def _facts(self, one: Fired) -> dict[str, str]:
        cycle, words = one.place.cycle, self.words
        facts = {
            "ticket_id": self.ticket.id,
            "subject": self.ticket.subject,
            "url": words.url,
            "policy": cycle.promise.policy if cycle.promise else "",
            "tier": words.tier,
            "metric": title(one.place.verdict),
            "status": cycle.status.value,
            "started_at": wire(cycle.started_at),
            "due_at": wire(cycle.due_at),
            "breached_at": wire(cycle.breached_at),
            "rung": one.place.suffix,
            "level": str(one.reached.level),
            "reached_at": wire(one.reached.due_at),
            "owner_id": self.ticket.owner_id or "",
            "reason": words.reason,
        }
        return {name: facts[name] for name in FIELDS}


def announced(place: Place) -> str:
    """`SLA breached: resolution`, `OLA at risk (75%): time in Billing`, `SLA breached (+2h): resolution`."""
    late, rung = place.cycle.status in LATE, place.suffix
    what = ("breached" if rung == "breach" else f"breached ({rung})") if late else f"at risk ({rung})"
    kind, name = _titled(place.verdict)
    return f"{kind} {what}: {name}"


def _titled(verdict: Verdict) -> tuple[str, str]:
    name = title(verdict)
    if verdict.kind is Kind.SLA:
        return "SLA", f"{name[0].lower()}{name[1:]}"
    kind, _, rest = name.partition(": ")
    return kind, rest
