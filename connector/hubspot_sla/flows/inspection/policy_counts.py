"""How many tickets each policy applies to, and which values of theirs have no target."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from hubspot_sla.clock.promise import Kind
from hubspot_sla.plain_text import counted
from hubspot_sla.policy.message_codes import Code
from hubspot_sla.policy.targets import NoTarget

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubspot_sla.errors import Problem
    from hubspot_sla.flows.inspection.evaluate import Evaluated
    from hubspot_sla.policy.policy_set import Policy, PolicySet


@dataclass(frozen=True, slots=True, order=True)
class WithoutTarget:
    """Why a clock has no target under a policy that applies."""

    policy: str
    clock: str
    reason: str

    def __str__(self) -> str:
        return f"policy {self.policy}, {self.clock}: {self.reason}"


@dataclass(slots=True)
class PolicyCounts:
    """By policy id: the tickets it promises anything to, and those it applies to and promises nothing. `without_target`
    are values that have no target, with one ticket each; a ticket may be promised something on other clocks."""

    promised: Counter[str] = field(default_factory=Counter)
    nothing_promised: Counter[str] = field(default_factory=Counter)
    without_target: Counter[WithoutTarget] = field(default_factory=Counter)
    examples: dict[WithoutTarget, str] = field(default_factory=dict)

    def add(self, evaluated: Evaluated) -> bool:
        """Whether the customer is promised anything on this ticket."""
        to_customer = False
        for policy in evaluated.agreement.policies:
            promised = self._count(policy, evaluated)
            to_customer = to_customer or (promised and policy.kind is Kind.SLA)
        return to_customer

    def _count(self, policy: Policy, evaluated: Evaluated) -> bool:
        subject = evaluated.agreement.subject_in_words
        answers = {clock: target.promise(subject) for clock, target in policy.targets.items()}
        missing = {clock: answer for clock, answer in answers.items() if isinstance(answer, NoTarget)}
        for clock, answer in missing.items():
            if not answer.odd:
                value = WithoutTarget(policy.id, clock.key, answer.reason)
                self.without_target[value] += 1
                self.examples.setdefault(value, evaluated.row.ticket.id)
        promised = len(missing) < len(answers)
        (self.promised if promised else self.nothing_promised)[policy.id] += 1
        return promised

    def as_json(self, policy_set: PolicySet) -> dict[str, object]:
        return {
            "policies": [
                {
                    "policy": policy.id,
                    "tickets": self.promised[policy.id],
                    "nothing_promised": self.nothing_promised[policy.id],
                }
                for policy in policy_set.policies
            ],
            "without_target": [
                {**asdict(value), "count": count, "example": self.examples[value]}
                for value, count in self.without_target.most_common()
            ],
        }

    def warnings(self, policy_set: PolicySet, now: int) -> Iterator[Problem]:
        """Policies in force that promise nothing to any ticket of the portal."""
        for policy in policy_set.policies:
            if self.promised[policy.id] or not policy.in_force_at(now):
                continue
            number = self.nothing_promised[policy.id]
            message = f"policy {policy.id!r} applies to no ticket of the portal"
            remedy = "read its `when` again, or the policies above it"
            if number:
                applies = f"policy {policy.id!r} applies to {counted(number, 'ticket')} of the portal"
                message = f"{applies}, and promises nothing to any"
                remedy = "read its targets again: none has their values"
            yield policy_set.document.problem(
                ("policies", policy.number, "id"), message, remedy, code=Code.POLICY_WITHOUT_TICKETS
            )
