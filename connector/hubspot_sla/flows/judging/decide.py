"""From one record's facts to what should happen about it. Pure: the decision is a value; a dry run prints it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubspot_sla.clock.rules_number import CLOCK_RULES
from hubspot_sla.clock.verdict import LATE, Verdict
from hubspot_sla.flows.judging import escalate, verdict_json
from hubspot_sla.flows.judging.judgement import Judgement, closed_at_of, judgement_of
from hubspot_sla.flows.judging.outcomes import outcomes_of
from hubspot_sla.flows.judging.wording import Wording, tier_of
from hubspot_sla.plan import actions
from hubspot_sla.plan.actions import PlannedRecord
from hubspot_sla.plan.completions import completions
from hubspot_sla.plan.escalation import is_after
from hubspot_sla.plan.properties import WORDED, desired, difference, is_open, spoken_for

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hubspot_sla.flows.judging.judging_context import JudgingContext
    from hubspot_sla.flows.records.assemble import AlreadyDone
    from hubspot_sla.flows.records.record_facts import RecordFacts
    from hubspot_sla.measure.outcome import Outcome
    from hubspot_sla.measure.restatement import Restated
    from hubspot_sla.plan.actions import Action
    from hubspot_sla.plan.clock_ran_ahead import ClockCorrection
    from hubspot_sla.plan.escalation import Escalation


@dataclass(frozen=True, slots=True)
class Decision:
    """What should happen about one record as of `at`. `verdicts` is what is kept; `changed` says it is news;
    `escalation` which rungs were reached; `breaches` how many promises were found broken that were not when the record
    was last judged, without those broken before go-live; `mappings` is the number of the newest version of the mappings
    that was known, `rules_before` that of the clock's rules which the verdicts before were given by (None: there were
    none); `correction` that of the clock where the verdicts before may rest on one that ran ahead;
    `shown_late`: a source of messages shows now what it did not show when the record was last judged."""

    record: RecordFacts
    judgement: Judgement
    verdicts: Mapping[str, verdict_json.Body]
    before: Mapping[str, verdict_json.Body]
    actions: Sequence[Action]
    open: bool
    next_at: int | None
    at: int
    escalation: Escalation
    breaches: int
    mappings: int
    outcomes: Sequence[Outcome]
    rules_before: int | None = None
    shown_late: bool = False
    correction: ClockCorrection | None = None
    restated: Sequence[Restated] = ()
    """Outcomes that had come to their end and are others now, though neither time nor a later event changed them."""

    @property
    def changed(self) -> bool:
        return self.verdicts != self.before

    @property
    def by_other_rules(self) -> bool:
        """Whether the verdicts before were given by other rules of the clock."""
        return self.rules_before not in (None, CLOCK_RULES)


def decide(record: RecordFacts, done: AlreadyDone, judging: JudgingContext) -> Decision:
    """What the facts of one record ask for, less what is so already."""
    judgement = judgement_of(record, judging.versions, judging.now)
    verdicts = judgement.verdicts
    planned = PlannedRecord(
        record.ref,
        record.inputs.get(record.profile.title) or f"{record.profile.singular} {record.ref.record_id}",
        record.inputs.get(judging.current.mappings.portal.properties.owner),
        closed_at_of(judgement.timeline),
    )
    escalation = escalate.escalation_of(planned, judgement, done, judging, gone=record.gone)
    bodies = {verdict.clock.key: verdict_json.of_verdict(verdict) for verdict in verdicts}
    return Decision(
        record=record,
        judgement=judgement,
        verdicts=bodies,
        before=done.verdicts,
        actions=[]
        if record.gone
        else _actions(planned, record, judgement, escalation, done, judging, unchanged=bodies == done.verdicts),
        open=not record.gone and (is_open(verdicts) or planned.closed_at is None),
        next_at=None if record.gone else _next_at(verdicts, escalation, judging),
        at=judging.now,
        escalation=escalation,
        breaches=sum(_new_breaches(verdict, done.verdicts, judging.go_live_at) for verdict in verdicts),
        mappings=len(judging.versions),
        outcomes=outcomes_of(record, judgement, judging.versions, judging.now, judging.go_live_at),
        rules_before=done.rules,
        correction=judging.correction,
    )


def _actions(
    record: PlannedRecord,
    facts: RecordFacts,
    judgement: Judgement,
    escalation: Escalation,
    done: AlreadyDone,
    judging: JudgingContext,
    *,
    unchanged: bool,
) -> list[Action]:
    """What is to be done. For a record that is left alone it is not even worked out what it would hold."""
    standing = {**done.rungs, **{rung.key: rung for rung in escalation.news}}
    of_tasks = completions(record, judgement.verdicts, standing.values(), done.unfinished_tasks)
    if actions.is_left_alone(record, go_live_at=judging.go_live_at, backfill=judging.backfill):
        return list(of_tasks)
    wording, written = Wording(facts, judgement, judging), done.written
    spoken_of = spoken_for(judgement.verdicts)
    wanted = desired(
        judgement.verdicts,
        tier=judgement.tier if spoken_of is None else tier_of(judgement, spoken_of),
        reason=wording.record_text,
        level=escalation.level,
        escalated_at=escalation.last_at,
        more=judging.more_clocks,
    )
    if record.closed_at is not None and unchanged and not judging.backfill:
        wanted = _without_new_wording(wanted, judging.names, {**written, **done.replaced})
    changes = difference({judging.names[key]: value for key, value in wanted.items() if key in judging.names}, written)
    of_rungs = escalate.actions(escalation, record, wording, judging)
    return [
        *actions.property_writes(record, changes, written, go_live_at=judging.go_live_at, backfill=judging.backfill),
        *of_tasks,
        *(action for action in of_rungs if action.key not in done.task_keys),
    ]


def _without_new_wording(
    wanted: Mapping[str, str], names: Mapping[str, str], written: Mapping[str, str | None]
) -> dict[str, str]:
    """What is closed and judged as before keeps its text: a new wording, or another language, is no news about it."""
    kept = {key: written.get(names.get(key, "")) for key in WORDED}
    return {key: kept.get(key) or value for key, value in wanted.items()}


def _new_breaches(verdict: Verdict, before: Mapping[str, verdict_json.Body], go_live_at: int) -> int:
    earlier = before.get(verdict.clock.key, {})
    late = {cycle.number for cycle in verdict.cycles if cycle.status in LATE and is_after(cycle, go_live_at)}
    return len(late - verdict_json.late_cycles(earlier)) if late else 0


def _next_at(verdicts: Sequence[Verdict], escalation: Escalation, judging: JudgingContext) -> int | None:
    """The earliest instant at which any verdict changes by itself, a rung is reached, or mappings come into force that
    were read by a clock that has gone back since; always after now, so no tick repeats itself."""
    instants = (escalation.next_at, *(verdict.cycle.next_at for verdict in verdicts))
    coming = [at for at in instants if at is not None]
    coming += [version.effective_at for version in judging.versions[-1:] if version.effective_at > judging.now]
    return max(min(coming), judging.now + 1) if coming else None
