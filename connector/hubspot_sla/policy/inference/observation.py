"""What is observed: one due instant that HubSpot's own SLA gave a ticket, and what the ticket did until then."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hubspot_sla.clock.metrics import Metric

    WithoutDue = Mapping[tuple[str, str, Metric], int]
    """How many tickets of a pipeline and a priority have no due instant of a metric that every ticket has when there is
    a goal for it: first response and resolution."""

StageKey = tuple[str, str]
"""Ids of a pipeline and of a stage in it."""
MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class Stay:
    """A time that a ticket spent in one stage and has left, in epoch ms."""

    stage: StageKey
    from_ms: int
    to_ms: int


@dataclass(frozen=True, slots=True)
class Observation:
    """A native due instant, all in epoch ms. `priority` is the one in force when the goal was fulfilled, or now; ""
    where there was none. `rule` is HubSpot's id of the rule that was applied last, "" where it says none. `stays` end
    with the goal. `note` says what else happened to the ticket that may explain an odd instant."""

    ticket_id: str
    metric: Metric
    pipeline: str
    priority: str
    rule: str
    start_ms: int
    due_ms: int
    stays: tuple[Stay, ...] = ()
    note: str = ""
