"""From one ticket's case to what should happen about it. Pure: the decision is a value; a dry run prints it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubspot_sla.clock.explain import sentence
from hubspot_sla.clock.judge import judge_all
from hubspot_sla.clock.spells import closed_spells
from hubspot_sla.clock.verdict import Status, Verdict
from hubspot_sla.flows import record
from hubspot_sla.flows.agree import Agreement, agreements, in_force_by, promised
from hubspot_sla.flows.case import Case, Version, timeline_of
from hubspot_sla.flows.observe import SUBJECT
from hubspot_sla.plan import actions
from hubspot_sla.plan.properties import desired, difference, is_open

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence, Set

    from hubspot_sla.clock.timeline import Timeline
    from hubspot_sla.plan.actions import Action


@dataclass(frozen=True, slots=True)
class Terms:
    """What a decision depends on beside the ticket: the same for a whole run."""

    versions: Sequence[Version]
    names: Mapping[str, str]
    go_live_at: int
    now: int
    backfill: bool = False

    @property
    def current(self) -> Version:
        return self.versions[-1]


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdicts on one ticket and all they came from. `agreed` are the agreements that have begun."""

    timeline: Timeline
    agreed: Sequence[Agreement]
    verdicts: tuple[Verdict, ...]

    @property
    def tier(self) -> str | None:
        return self.agreed[-1].tier.tier


@dataclass(frozen=True, slots=True)
class Decision:
    """What should happen about one ticket as of `at`. `verdicts` is what is kept; `changed` says it is news."""

    case: Case
    judgement: Judgement
    verdicts: Mapping[str, record.Body]
    before: Mapping[str, record.Body]
    actions: Sequence[Action]
    open: bool
    next_at: int | None
    at: int

    @property
    def changed(self) -> bool:
        return self.verdicts != self.before


def judgement_of(case: Case, versions: Sequence[Version], now: int) -> Judgement:
    """Judge every clock of one ticket as of `now`."""
    timeline = timeline_of(case, versions)
    agreed = agreements(case, versions)
    return Judgement(timeline, in_force_by(agreed, now), judge_all(timeline, promised(agreed), now))


@dataclass(frozen=True, slots=True)
class Standing:
    """What is so already: our properties as HubSpot holds them, the verdicts in force, the tasks ever asked for."""

    held: Mapping[str, str | None]
    verdicts: Mapping[str, record.Body]
    tasks: Set[str]


def decide(case: Case, standing: Standing, terms: Terms) -> Decision:
    """What the facts of one ticket ask for, less what is so already."""
    judgement = judgement_of(case, terms.versions, terms.now)
    verdicts = judgement.verdicts
    reason = summary(judgement)
    ticket = actions.Ticket(
        case.ticket_id,
        case.inputs.get(SUBJECT) or f"ticket {case.ticket_id}",
        case.inputs.get(terms.current.mappings.portal.properties.owner),
        _closed_at(judgement.timeline),
    )
    wanted = desired(verdicts, tier=judgement.tier, reason=reason)
    held = standing.held
    changes = difference({terms.names[key]: value for key, value in wanted.items()}, held)
    tasks = actions.breach_tasks(ticket, verdicts, go_live_at=terms.go_live_at, now=terms.now, reason=reason)
    planned = [
        *actions.property_writes(ticket, changes, held, go_live_at=terms.go_live_at, backfill=terms.backfill),
        *(task for task in tasks if task.key not in standing.tasks),
    ]
    return Decision(
        case=case,
        judgement=judgement,
        verdicts={verdict.clock.key: record.of_verdict(verdict) for verdict in verdicts},
        before=standing.verdicts,
        actions=[] if case.gone else planned,
        open=not case.gone and (is_open(verdicts) or ticket.closed_at is None),
        next_at=None if case.gone else _next_at(verdicts, terms.now),
        at=terms.now,
    )


def summary(judgement: Judgement) -> str:
    """The paragraph a support team reads on the ticket. True until the verdicts change."""
    last = judgement.agreed[-1]
    if last.match.policy is None and all(verdict.status is Status.NO_SLA for verdict in judgement.verdicts):
        return f"No policy applies. Tier: {last.tier.why}."
    sentences = " ".join(sentence(verdict) for verdict in judgement.verdicts)
    return f"{sentences} Tier: {last.tier.why}."


def _closed_at(timeline: Timeline) -> int | None:
    spells = closed_spells(timeline)
    return spells[-1].start if spells and spells[-1].end is None else None


def _next_at(verdicts: Sequence[Verdict], now: int) -> int | None:
    """The earliest instant at which any verdict changes by itself; always after `now`, so no tick repeats itself."""
    coming = [verdict.next_at for verdict in verdicts if verdict.next_at is not None]
    return max(min(coming), now + 1) if coming else None
