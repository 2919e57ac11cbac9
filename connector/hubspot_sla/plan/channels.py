"""Where notifications go, as escalations.yaml says it. No secret is in here: only the names of the variables."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hubspot_sla.clock.calendar import Calendar


class TargetKind(StrEnum):
    SLACK = "slack"
    TEAMS = "teams"
    WEBHOOK = "webhook"
    EMAIL = "email"


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `count` in any `per_ms`; what exceeds it becomes one digest."""

    count: int
    per_ms: int


@dataclass(frozen=True, slots=True)
class Quiet:
    """Nobody is told while `calendar` is open; with `outside`, while it is not."""

    calendar: Calendar
    outside: bool

    def holds_at(self, at: int) -> bool:
        return self.calendar.is_open(at) is not self.outside


@dataclass(frozen=True, slots=True)
class Target:
    """`url_env` and `secret_env` name variables of the environment; `to` are addresses of mail. `title` and `template`
    hold `{field}` for each of `plan.steps.FIELDS`; "" stands for the one that comes with the kind."""

    name: str
    kind: TargetKind
    url_env: str = ""
    secret_env: str = ""
    to: tuple[str, ...] = ()
    at_most: Rate | None = None
    quiet: Quiet | None = None
    title: str = ""
    template: str = ""

    @property
    def variables(self) -> tuple[str, ...]:
        """The variables that must be set for it to work."""
        return tuple(name for name in (self.url_env, self.secret_env) if name)
