"""From a judgement to the rungs it reaches: which ladder was in force when, on which conditions, and who is meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.clock.pauses import Pauses
from hubspot_sla.flows.judging import audit_entries
from hubspot_sla.flows.records.ticket_facts import in_force
from hubspot_sla.plan import escalation as climbing
from hubspot_sla.plan.escalation import Climb, Wall
from hubspot_sla.plan.escalation_actions import RungActions
from hubspot_sla.plan.ladder import LadderChange
from hubspot_sla.plan.properties import NO_TIER
from hubspot_sla.plan.rung_context import People, Words
from hubspot_sla.policy.ladders import ANYBODY
from hubspot_sla.policy.policy_set import in_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubspot_sla.clock.promise import Clock
    from hubspot_sla.flows.judging.agreements import Agreement
    from hubspot_sla.flows.judging.decide import Judgement, Standing, Terms
    from hubspot_sla.flows.records.ticket_facts import Version
    from hubspot_sla.plan.actions import Action, Ticket
    from hubspot_sla.plan.escalation import Objection
    from hubspot_sla.plan.ladder import Ladder, Rung

Ladders = dict["Clock", list[LadderChange]]


def climb(ticket: Ticket, judgement: Judgement, standing: Standing, terms: Terms, *, gone: bool = False) -> Climb:
    """The rungs that one ticket has reached by now and that were not settled before. A ticket that is closed, in the
    recycle bin or merged into another climbs no further."""
    if gone or ticket.closed_at is not None or judgement.timeline.merged is not None:
        return Climb((), (), (), *climbing.standing(judgement.verdicts, standing.rungs))
    wall = Wall(
        ticket.id,
        Pauses.at(judgement.timeline, terms.now),
        standing.rungs,
        standing.tasks,
        terms.go_live_at,
        terms.now,
        objection(judgement, terms.versions),
    )
    return climbing.climb(wall, judgement.verdicts, ladders_of(judgement.agreed))


def ladders_of(agreed: Sequence[Agreement]) -> Ladders:
    """For each clock that anything was ever promised for, the ladders in force, only where they changed."""
    found: Ladders = {}
    for agreement in agreed:
        policy_set = agreement.version.mappings.policy_set
        for policy in (match.policy for match in agreement.matches.values() if match.policy):
            for promise in policy.promised(agreement.subject):
                ladder = policy_set.ladder(policy, promise.metric)
                changes = found.setdefault(promise.clock, [])
                if not changes or changes[-1].ladder != ladder:
                    changes.append(LadderChange(agreement.at, ladder))
    return found


def objection(judgement: Judgement, versions: Sequence[Version]) -> Objection:
    """The conditions of rungs, asked of the ticket as it was at the rung's instant."""

    def reason_against(ladder: Ladder, rung: Rung, at: int) -> str | None:
        version = versions[in_force(versions, at)]
        condition = version.mappings.policy_set.escalations.conditions.get((ladder.name, rung.name))
        if condition is None:
            return None
        agreement = next((one for one in reversed(judgement.agreed) if one.at <= at), judgement.agreed[0])
        return condition.reason_against(in_words(agreement.subject, version.portal_ids), at)

    return reason_against


def actions(climb: Climb, ticket: Ticket, judgement: Judgement, terms: Terms, reason: str) -> list[Action]:
    """What the rungs that fire now ask for."""
    if not climb.fired:
        return []
    words = Words(
        reason,
        lambda: audit_entries.told_story(judgement.timeline, judgement.verdicts, terms.now),
        judgement.tier or NO_TIER,
        f"{terms.link}{ticket.id}" if terms.link else "",
        terms.current.mappings.portal.properties.owner,
    )
    return list(RungActions(ticket, people_of(terms.current), words).actions(climb.fired))


def people_of(version: Version) -> People:
    """Everybody whom escalations.yaml names, by the ids that they were found under in the portal."""
    ids = version.portal_ids.owners
    leads = version.mappings.policy_set.escalations.leads
    known = {ids.get(who, who): ids.get(lead, lead) for who, lead in leads.items() if who != ANYBODY}
    top = leads.get(ANYBODY)
    return People(ids, known, ids.get(top, top) if top is not None else None)
