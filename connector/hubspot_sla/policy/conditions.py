"""When a policy applies. A condition answers with the reason why it does not hold, or with nothing."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OneOf:
    """The subject has one of the wanted values, compared exactly as HubSpot keeps them."""

    subject: str
    wanted: tuple[str, ...]

    def reason_against(self, value: str | None) -> str | None:
        """None: it holds. Otherwise a clause such as `tier is silver, not gold or platinum`."""
        if value in self.wanted:
            return None
        return f"{self.subject} is {value or 'not set'}, not {' or '.join(self.wanted)}"


@dataclass(frozen=True, slots=True)
class When:
    """All conditions of one policy; None where anything will do."""

    pipeline: OneOf | None = None
    priority: OneOf | None = None
    tier: OneOf | None = None

    def reason_against(self, pipeline: str, priority: str | None, tier: str | None) -> str | None:
        """The first condition that does not hold, in words; `pipeline` is its name in portal.yaml."""
        pairs = ((self.pipeline, pipeline), (self.priority, priority), (self.tier, tier))
        reasons = (condition.reason_against(value) for condition, value in pairs if condition)
        return next((reason for reason in reasons if reason), None)
