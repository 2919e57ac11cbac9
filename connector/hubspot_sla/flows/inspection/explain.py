"""Why one ticket's verdicts are what they are, told from the ledger alone, and checked against what was recorded."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hubspot_sla.clock.defects import SKEW_MS
from hubspot_sla.clock.pauses import Pauses
from hubspot_sla.clock.segments import segments
from hubspot_sla.errors import UsageProblem
from hubspot_sla.flows.context.mappings_version import versions_of
from hubspot_sla.flows.context.versions_in_force import in_force
from hubspot_sla.flows.inspection import editions
from hubspot_sla.flows.inspection.messages_overview import MessagesOverview, messages_overview
from hubspot_sla.flows.inspection.no_task import NoTask
from hubspot_sla.flows.inspection.rung_overview import RungOverview
from hubspot_sla.flows.inspection.waivers import as_json as waiver_as_json
from hubspot_sla.flows.judging import escalate, explanations, verdict_json
from hubspot_sla.flows.judging.judgement import closed_at_of, judgement_of
from hubspot_sla.flows.judging.judging_context import JudgingContext
from hubspot_sla.flows.judging.wording import teller_of
from hubspot_sla.flows.records.assemble import assemble
from hubspot_sla.flows.records.record_facts import waivers_of
from hubspot_sla.ledger import erasures, outcomes, records, state
from hubspot_sla.ledger.audit_fields import parted
from hubspot_sla.plan.actions import PlannedRecord
from hubspot_sla.plan.escalation import cancelled
from hubspot_sla.plan.instant_text import wire
from hubspot_sla.policy.object_words import singular_of
from hubspot_sla.render.plain import clock_line
from hubspot_sla.render.story import urgency

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from hubspot_sla.clock.segments import Segment
    from hubspot_sla.clock.verdict import Verdict
    from hubspot_sla.flows.context.mappings_version import Version
    from hubspot_sla.flows.judging.judgement import Judgement
    from hubspot_sla.flows.records.assemble import AlreadyDone, AssembledRecord
    from hubspot_sla.ledger.outcome_editions import Edition
    from hubspot_sla.ledger.waivers import GrantedWaiver
    from hubspot_sla.plan.records import RecordRef
    from hubspot_sla.render.story import ClockText, Teller


@dataclass(frozen=True, slots=True)
class MetricExplanation:
    """One metric: its verdict now, what is said of it, and how its time was spent; `task` says why there is no task of
    it, where it was promised and there is none.

    `recorded` is the verdict the ledger holds where it differs from the one computed now: time has passed
    since the last sync, or somebody altered the file.
    """

    verdict: Verdict
    text: ClockText
    line: str
    task: str
    segments: Sequence[Segment]
    recorded: verdict_json.Body | None
    editions: Sequence[Edition] = ()
    """What its outcomes were before they were restated, the oldest first."""


@dataclass(frozen=True, slots=True)
class Explanation:
    record: RecordRef
    subject: str
    judgement: Judgement
    metrics: Sequence[MetricExplanation]
    escalation: RungOverview
    now: int
    teller: Teller
    gone_at: int | None = None
    """Since when the ticket has been archived in HubSpot."""
    waivers: Sequence[GrantedWaiver] = ()
    """Those that concern it, the oldest first."""
    messages: MessagesOverview | None = None
    """None: the mappings name no source of messages."""
    erased: bool = False
    """Values that it rests on were removed on request: what was recorded counts, where it is otherwise."""

    def as_json(self) -> dict[str, object]:
        last = self.judgement.agreed[-1]
        return {
            "record": self.record.key,
            "subject": self.subject,
            "gone": None if self.gone_at is None else wire(self.gone_at),
            "tier": {"tier": last.tier.tier, "source": last.tier.source, "why": last.tier.why},
            **explanations.policies(last),
            "version": last.version.mappings.version,
            "erased": self.erased,
            "waivers": [waiver_as_json(waiver) for waiver in self.waivers],
            **self.escalation.as_json(),
            **({} if self.messages is None else {"messages": self.messages.as_json()}),
            "metrics": {metric.verdict.clock.key: self._metric_json(metric) for metric in self.metrics},
        }

    def _metric_json(self, metric: MetricExplanation) -> dict[str, object]:
        return {
            **explanations.explained_verdict(self.judgement, metric.verdict, self.now),
            "sentence": metric.line,
            "no_task": metric.task or None,
            "recorded": metric.recorded,
            "editions": [editions.as_json(edition) for edition in metric.editions],
        }


def explain(db: sqlite3.Connection, record: RecordRef, now: int, known: Sequence[Version] | None = None) -> Explanation:
    """The whole story of one record as of `now` (epoch ms). `known` are the versions of the mappings, where they
    were met before. UsageProblem: the ledger has never seen it."""
    object_type, record_id = record
    row = records.load(db, object_type, [record_id]).get(record_id)
    if row is None:
        word = singular_of(object_type)
        raise UsageProblem(f"the ledger has never seen {word} {record.key}", remedy="check the id, or run `sla sync`")
    assembled = assemble(db, object_type, [row]).records[record_id]
    now = _not_before_the_last_judgement(db, record, now)
    versions = versions_of(in_force(db) if known is None else known, object_type)
    judgement = judgement_of(assembled.facts, versions, now)
    judging = JudgingContext(versions, {}, state.read_instant(db, state.GO_LIVE) or now, now)
    teller = teller_of(judgement, judging.current, now)
    overview = _escalation(assembled, judgement, judging)
    tasks = NoTask(teller, record, judging.go_live_at, assembled.done.task_keys, overview, judgement)
    by_urgency = sorted(judgement.verdicts, key=urgency)
    earlier = editions.by_clock(db, record)
    erased = erasures.touched_records(db).get(record, 0) > _last_entry(db, record)
    return Explanation(
        record,
        row.inputs.get(assembled.facts.profile.title) or "",
        judgement,
        [
            replace(
                _metric(verdict, judgement, assembled.done, tasks, now, erased=erased),
                editions=earlier.get(verdict.clock.key, ()),
            )
            for verdict in by_urgency
        ],
        overview,
        now,
        teller,
        assembled.facts.archived_at,
        waivers_of(assembled.facts, versions),
        messages_overview(db, assembled.facts, versions, judgement.timeline.created_at, now),
        erased,
    )


def _not_before_the_last_judgement(db: sqlite3.Connection, record: RecordRef, now: int) -> int:
    """The offset to HubSpot's clock differs a little from one answer to the next: nothing is explained as of an instant
    before that by which it was judged."""
    judged = outcomes.load(db, record.object_type, [record.record_id]).get(record.record_id)
    return now if judged is None or judged.judged.at > now + SKEW_MS else max(now, judged.judged.at)


def _last_entry(db: sqlite3.Connection, record: RecordRef) -> int:
    """The number of the entry by which it was last judged."""
    judged = outcomes.load(db, record.object_type, [record.record_id]).get(record.record_id)
    return 0 if judged is None else judged.judged.entry


def _metric(
    verdict: Verdict, judgement: Judgement, done: AlreadyDone, tasks: NoTask, now: int, *, erased: bool
) -> MetricExplanation:
    recorded, computed = done.verdicts.get(verdict.clock.key), verdict_json.of_verdict(verdict)
    differs = recorded != computed and not (erased and recorded and parted(recorded)[0] == parted(computed)[0])
    text = tasks.teller.clock(verdict)
    return MetricExplanation(
        verdict,
        text,
        clock_line(text, tasks.teller.texts),
        tasks.why(verdict),
        segments(judgement.timeline, verdict.cycle, now),
        recorded if recorded is not None and differs else None,
    )


def _escalation(assembled: AssembledRecord, judgement: Judgement, judging: JudgingContext) -> RungOverview:
    record, done = assembled.facts, assembled.done
    planned = PlannedRecord(record.ref, "", None, closed_at_of(judgement.timeline))
    escalation = escalate.escalation_of(planned, judgement, done, judging, gone=record.gone)
    ladders = escalate.ladders_of(judgement.agreed)
    return RungOverview(
        sorted(done.rungs.values(), key=lambda rung: (rung.at, rung.due_at, rung.level)),
        sorted(escalation.coming, key=lambda coming: (coming.at, coming.rung.level)),
        list(
            cancelled(
                judgement.verdicts, ladders, done.rungs, Pauses.at(judgement.timeline, judging.now), judging.go_live_at
            )
        ),
    )
