"""From a judgement to the rungs it reaches: which ladder was in force when, on which conditions, and who is meant."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hubspot_sla.clock.pauses import Pauses
from hubspot_sla.flows.records.record_facts import in_force
from hubspot_sla.plan.clock_ran_ahead import corrected_rungs
from hubspot_sla.plan.escalation import Escalation, EscalationInputs, escalate, level_and_last_at
from hubspot_sla.plan.escalation_actions import RungActions
from hubspot_sla.plan.ladder import LadderChange
from hubspot_sla.plan.rung_context import People, Words
from hubspot_sla.policy.ladders import ANYBODY
from hubspot_sla.policy.policy_set import in_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubspot_sla.clock.promise import Clock
    from hubspot_sla.flows.context.mappings_version import Version
    from hubspot_sla.flows.judging.agreements import Agreement
    from hubspot_sla.flows.judging.judgement import Judgement
    from hubspot_sla.flows.judging.judging_context import JudgingContext
    from hubspot_sla.flows.records.assemble import AlreadyDone
    from hubspot_sla.plan.actions import Action, PlannedRecord
    from hubspot_sla.plan.escalation import Objection
    from hubspot_sla.plan.ladder import Ladder, Rung
    from hubspot_sla.plan.rung_context import RungWording

Ladders = dict["Clock", list[LadderChange]]


def escalation_of(
    record: PlannedRecord, judgement: Judgement, done: AlreadyDone, judging: JudgingContext, *, gone: bool = False
) -> Escalation:
    """The rungs that one record has reached by now and that were not settled before. Nothing more is reached on a
    record that is closed, in the recycle bin or merged into another."""
    if gone or record.closed_at is not None or judgement.timeline.merged is not None:
        level, last_at = level_and_last_at(judgement.verdicts, done.rungs)
        return Escalation(level=level, last_at=last_at)
    settled, withdrawn = corrected_rungs(done.rungs, judging.correction, judging.now)
    inputs = EscalationInputs(
        record.ref,
        Pauses.at(judgement.timeline, judging.now),
        settled,
        done.task_keys,
        judging.go_live_at,
        judging.now,
        objection(judgement, judging.versions),
        judging.rules_since,
    )
    escalation = escalate(inputs, judgement.verdicts, ladders_of(judgement.agreed))
    return replace(escalation, news=(*withdrawn, *escalation.news), withdrawn=withdrawn) if withdrawn else escalation


def ladders_of(agreed: Sequence[Agreement]) -> Ladders:
    """For each clock that anything was ever promised for, the ladders in force, only where they changed."""
    ladders_by_clock: Ladders = {}
    for agreement in agreed:
        for clock, ladder in agreement.terms.ladders.items():
            changes = ladders_by_clock.setdefault(clock, [])
            if not changes or changes[-1].ladder != ladder:
                changes.append(LadderChange(agreement.at, ladder))
    return ladders_by_clock


def objection(judgement: Judgement, versions: Sequence[Version]) -> Objection:
    """The conditions of rungs, asked of the ticket as it was at the rung's instant."""

    def reason_against(ladder: Ladder, rung: Rung, at: int) -> str | None:
        version = versions[in_force(versions, at)]
        condition = version.mappings.policy_set.escalations.conditions.get((ladder.name, rung.name))
        if condition is None:
            return None
        agreement = next(
            (agreement_then for agreement_then in reversed(judgement.agreed) if agreement_then.at <= at),
            judgement.agreed[0],
        )
        return condition.reason_against(in_words(agreement.subject, version.portal_ids), at)

    return reason_against


def actions(
    escalation: Escalation, record: PlannedRecord, wording: RungWording, judging: JudgingContext
) -> list[Action]:
    """What the rungs that fire now ask for."""
    if not escalation.fired:
        return []
    words = Words(wording, judging.url_of(record.ref), judging.current.mappings.portal.properties.owner)
    return list(RungActions(record, people_of(judging.current), words).actions(escalation.fired))


def people_of(version: Version) -> People:
    """Everybody whom escalations.yaml names, by the ids that they were found under in the portal."""
    ids = version.portal_ids.owners
    leads = version.mappings.policy_set.escalations.leads
    known = {ids.get(who, who): ids.get(lead, lead) for who, lead in leads.items() if who != ANYBODY}
    top = leads.get(ANYBODY)
    return People(ids, known, ids.get(top, top) if top is not None else None)
