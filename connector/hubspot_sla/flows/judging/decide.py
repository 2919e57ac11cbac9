"""From one ticket's case to what should happen about it. Pure: the decision is a value; a dry run prints it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hubspot_sla.clock.explain import sentence
from hubspot_sla.clock.judge import judge_all
from hubspot_sla.clock.stays import closed_intervals
from hubspot_sla.clock.verdict import LATE, Status, Verdict
from hubspot_sla.flows.judging import escalate, verdict_json
from hubspot_sla.flows.judging.agreements import Agreement, agreements, in_force_by, promised
from hubspot_sla.flows.records.hubspot_facts import SUBJECT
from hubspot_sla.flows.records.ticket_facts import TicketFacts, Version, timeline_of
from hubspot_sla.plan import actions
from hubspot_sla.plan.escalation import is_after
from hubspot_sla.plan.properties import desired, difference, is_open

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence, Set

    from hubspot_sla.clock.timeline import Timeline
    from hubspot_sla.plan.actions import Action
    from hubspot_sla.plan.escalation import Climb
    from hubspot_sla.plan.ladder import Reached


@dataclass(frozen=True, slots=True)
class Terms:
    """What a decision depends on beside the ticket: the same for a whole run. `link` is the address of any ticket in
    HubSpot up to its id."""

    versions: Sequence[Version]
    names: Mapping[str, str]
    go_live_at: int
    now: int
    backfill: bool = False
    link: str = ""

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
    """What should happen about one ticket as of `at`. `verdicts` is what is kept; `changed` says it is news;
    `climb` which rungs were reached; `breaches` how many promises were found broken that were not when the ticket was
    last judged, without those broken before go-live."""

    case: TicketFacts
    judgement: Judgement
    verdicts: Mapping[str, verdict_json.Body]
    before: Mapping[str, verdict_json.Body]
    actions: Sequence[Action]
    open: bool
    next_at: int | None
    at: int
    climb: Climb
    breaches: int

    @property
    def changed(self) -> bool:
        return self.verdicts != self.before


def judgement_of(case: TicketFacts, versions: Sequence[Version], now: int) -> Judgement:
    """Judge every clock of one ticket as of `now`. For a closed ticket the agreements are those that had begun when it
    was closed: no later edit of the mappings changes what it shows."""
    timeline = timeline_of(case, versions)
    agreed = agreements(case, versions)
    closed_at = None if case.gone else closed_at_of(timeline)
    begun_by = now if closed_at is None else min(now, closed_at)
    return Judgement(timeline, in_force_by(agreed, begun_by), judge_all(timeline, promised(agreed), now))


@dataclass(frozen=True, slots=True)
class Standing:
    """What is so already: our properties as HubSpot holds them, the verdicts in force, the tasks ever asked for, the
    rungs ever reached, and the ids of the tasks that nobody has completed yet."""

    held: Mapping[str, str | None]
    verdicts: Mapping[str, verdict_json.Body]
    tasks: Set[str]
    rungs: Mapping[str, Reached] = field(default_factory=dict)
    unfinished: Mapping[str, str] = field(default_factory=dict)


def decide(case: TicketFacts, standing: Standing, terms: Terms) -> Decision:
    """What the facts of one ticket ask for, less what is so already."""
    judgement = judgement_of(case, terms.versions, terms.now)
    verdicts = judgement.verdicts
    ticket = actions.Ticket(
        case.ticket_id,
        case.inputs.get(SUBJECT) or f"ticket {case.ticket_id}",
        case.inputs.get(terms.current.mappings.portal.properties.owner),
        closed_at_of(judgement.timeline),
    )
    climb = escalate.climb(ticket, judgement, standing, terms, gone=case.gone)
    return Decision(
        case=case,
        judgement=judgement,
        verdicts={verdict.clock.key: verdict_json.of_verdict(verdict) for verdict in verdicts},
        before=standing.verdicts,
        actions=[] if case.gone else _planned(ticket, judgement, climb, standing, terms),
        open=not case.gone and (is_open(verdicts) or ticket.closed_at is None),
        next_at=None if case.gone else _next_at(verdicts, climb, terms.now),
        at=terms.now,
        climb=climb,
        breaches=sum(_new_breaches(verdict, standing.verdicts, terms.go_live_at) for verdict in verdicts),
    )


def _planned(
    ticket: actions.Ticket, judgement: Judgement, climb: Climb, standing: Standing, terms: Terms
) -> list[Action]:
    """What is to be done. A ticket that is left alone has not climbed either: what it would hold is not worked out."""
    done = actions.completions(ticket, standing.unfinished)
    if actions.is_left_alone(ticket, go_live_at=terms.go_live_at, backfill=terms.backfill):
        return done
    reason, verdicts, held = summary(judgement), judgement.verdicts, standing.held
    wanted = desired(verdicts, tier=judgement.tier, reason=reason, level=climb.level, escalated_at=climb.last_at)
    changes = difference({terms.names[key]: value for key, value in wanted.items()}, held)
    asked = escalate.actions(climb, ticket, judgement, terms, reason)
    return [
        *actions.property_writes(ticket, changes, held, go_live_at=terms.go_live_at, backfill=terms.backfill),
        *done,
        *(action for action in asked if action.key not in standing.tasks),
    ]


def _new_breaches(verdict: Verdict, before: Mapping[str, verdict_json.Body], go_live_at: int) -> int:
    told = before.get(verdict.clock.key, {})
    late = {cycle.number for cycle in verdict.cycles if cycle.status in LATE and is_after(cycle, go_live_at)}
    return len(late - verdict_json.late_cycles(told)) if late else 0


def summary(judgement: Judgement) -> str:
    """The paragraph a support team reads on the ticket. True until the verdicts change."""
    last = judgement.agreed[-1]
    if last.match.policy is None and all(verdict.status is Status.NO_SLA for verdict in judgement.verdicts):
        return f"No policy applies. Tier: {last.tier.why}."
    sentences = " ".join(sentence(verdict) for verdict in judgement.verdicts)
    return f"{sentences} Tier: {last.tier.why}."


def closed_at_of(timeline: Timeline) -> int | None:
    """Since when the ticket is closed; None while it is open."""
    closed = closed_intervals(timeline)
    return closed[-1].start if closed and closed[-1].end is None else None


def _next_at(verdicts: Sequence[Verdict], climb: Climb, now: int) -> int | None:
    """The earliest instant at which any verdict changes by itself, or a rung is reached; always after `now`, so no tick
    repeats itself."""
    coming = [at for at in (climb.next_at, *(verdict.cycle.next_at for verdict in verdicts)) if at is not None]
    return max(min(coming), now + 1) if coming else None
