"""What a plan comes to: how many records and actions, by policy, status, tier and kind of action. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hubspot_sla.clock.verdict import RANK
from hubspot_sla.plan.actions import AddNote, CompleteTask, CreateTask, Notify, SetProperties, WriteProperties

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hubspot_sla.flows.judging.decide import Decision
    from hubspot_sla.plan.actions import Action

NO_POLICY, NO_TIER = "no policy", "no tier"
_KINDS: dict[type[Action], str] = {
    WriteProperties: "write properties",
    CreateTask: "create a task",
    SetProperties: "change a property by a rung",
    AddNote: "add a note",
    Notify: "send a notification",
    CompleteTask: "complete a task",
}


@dataclass(frozen=True, slots=True)
class PlanTotals:
    """Counts of the records that something would be done about, and in `actions` of what would be done. A record with
    several policies (SLA, OLA) counts once for each."""

    policies: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)
    tiers: Counter[str] = field(default_factory=Counter)
    actions: Counter[str] = field(default_factory=Counter)

    def add(self, decision: Decision, actions: Sequence[Action]) -> None:
        """`actions` are those of the decision that would be done."""
        if not actions:
            return
        self.actions.update(_KINDS[type(action)] for action in actions)
        policies = [policy.id for policy in decision.judgement.agreed[-1].policies]
        self.policies.update(policies or [NO_POLICY])
        self.tiers[decision.judgement.tier or NO_TIER] += 1
        worst = min((verdict.status for verdict in decision.judgement.verdicts), key=RANK.__getitem__, default=None)
        self.statuses[worst.value if worst else NO_POLICY] += 1

    def rows(self) -> Iterator[tuple[str, str, int]]:
        """(by what, of it, how many), the most frequent first."""
        groups = (("policy", self.policies), ("status", self.statuses), ("tier", self.tiers), ("action", self.actions))
        for name, counts in groups:
            yield from ((name, value, number) for value, number in counts.most_common())

    def as_json(self) -> dict[str, dict[str, int]]:
        return {
            "policy": dict(self.policies),
            "status": dict(self.statuses),
            "tier": dict(self.tiers),
            "action": dict(self.actions),
        }
