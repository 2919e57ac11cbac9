"""Why one ticket's verdicts are what they are, told from the ledger alone, and checked against what was recorded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubspot_sla.clock.explain import sentence
from hubspot_sla.clock.segments import segments
from hubspot_sla.errors import UsageProblem
from hubspot_sla.flows.judging import audit_entries, escalate, verdict_json
from hubspot_sla.flows.judging.decide import Standing, Terms, closed_at_of, judgement_of
from hubspot_sla.flows.reading.customers import contact_views, views
from hubspot_sla.flows.reading.policy_versions import in_force
from hubspot_sla.flows.records.hubspot_facts import SUBJECT
from hubspot_sla.flows.records.record_facts import RecordFacts
from hubspot_sla.ledger import companies, contacts, facts, outbox, records, rungs, state, verdicts
from hubspot_sla.plan.actions import PlannedRecord
from hubspot_sla.plan.escalation import cancelled
from hubspot_sla.plan.instants import wire

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from hubspot_sla.clock.segments import Segment
    from hubspot_sla.clock.verdict import Cycle, Verdict
    from hubspot_sla.flows.judging.decide import Judgement
    from hubspot_sla.plan.escalation import Place
    from hubspot_sla.plan.ladder import Reached, Rung
    from hubspot_sla.plan.records import RecordRef


@dataclass(frozen=True, slots=True)
class MetricExplanation:
    """One metric: its verdict now, the sentence, and how its time was spent.

    `recorded` is the verdict the ledger holds where it differs from the one computed now: time has passed
    since the last sync, or somebody altered the file.
    """

    verdict: Verdict
    sentence: str
    segments: Sequence[Segment]
    recorded: verdict_json.Body | None


@dataclass(frozen=True, slots=True)
class Escalation:
    """The rungs of one ticket: those reached, oldest first; those to come, with their instants; those that will not be
    reached any more, because their clocks are over."""

    reached: Sequence[Reached]
    coming: Sequence[Place]
    cancelled: Sequence[tuple[Verdict, Cycle, Rung]]

    def as_json(self) -> dict[str, object]:
        return {
            "rungs": [verdict_json.of_rung(one) for one in self.reached],
            "coming": [
                {
                    "clock": place.verdict.clock.key,
                    "cycle": place.cycle.number,
                    "ladder": place.ladder.name,
                    "rung": place.suffix,
                    "at": wire(place.at),
                }
                for place in self.coming
            ],
            "cancelled": [
                {"clock": verdict.clock.key, "cycle": cycle.number, "rung": rung.name}
                for verdict, cycle, rung in self.cancelled
            ],
        }


@dataclass(frozen=True, slots=True)
class Explanation:
    record: RecordRef
    subject: str
    judgement: Judgement
    metrics: Sequence[MetricExplanation]
    escalation: Escalation
    now: int
    gone_at: int | None = None
    """Since when the ticket has been archived in HubSpot."""

    def as_json(self) -> dict[str, object]:
        last = self.judgement.agreed[-1]
        return {
            "record": self.record.key,
            "subject": self.subject,
            "gone": None if self.gone_at is None else wire(self.gone_at),
            "tier": {"tier": last.tier.tier, "source": last.tier.source, "why": last.tier.why},
            **audit_entries.policies(last),
            "version": last.version.mappings.version,
            **self.escalation.as_json(),
            "metrics": {told.verdict.clock.key: self._metric_json(told) for told in self.metrics},
        }

    def _metric_json(self, told: MetricExplanation) -> dict[str, object]:
        return {
            **audit_entries.told_verdict(self.judgement, told.verdict, self.now),
            "sentence": told.sentence,
            "recorded": told.recorded,
        }


def explain(db: sqlite3.Connection, record: RecordRef, now: int) -> Explanation:
    """The whole story of one record as of `now` (epoch ms). UsageProblem: the ledger has never seen it."""
    object_type, record_id = record
    row = records.load(db, object_type, [record_id]).get(record_id)
    if row is None:
        raise UsageProblem(f"the ledger has never seen ticket {record.key}", remedy="check the id, or run `sla sync`")
    company_rows = companies.load(db, [id_ for id_, _ in row.companies or ()])
    known = facts.recall(db, object_type, [record_id]).get(record_id, [])
    asked = contact_views(contacts.load(db, object_type, [record_id])[record_id])
    case = RecordFacts(record, row.inputs, known, views(row.companies or (), company_rows), asked)
    versions = in_force(db)
    judgement = judgement_of(case, versions, now)
    recorded = verdicts.load(db, object_type, [record_id]).get(record_id, {})
    return Explanation(
        record,
        row.inputs.get(SUBJECT) or "",
        judgement,
        [
            MetricExplanation(
                verdict,
                sentence(verdict),
                segments(judgement.timeline, verdict.cycle, now),
                _differing(recorded.get(verdict.clock.key), verdict_json.of_verdict(verdict)),
            )
            for verdict in judgement.verdicts
        ],
        _escalation(db, record, judgement, Terms(versions, {}, state.read_instant(db, state.GO_LIVE) or now, now)),
        now,
        case.archived_at,
    )


def _escalation(db: sqlite3.Connection, record: RecordRef, judgement: Judgement, terms: Terms) -> Escalation:
    object_type, record_id = record
    kept = rungs.load(db, object_type, [record_id]).get(record_id, {})
    standing = Standing({}, {}, outbox.task_keys(db, object_type, [record_id]).get(record_id, set()), kept)
    ticket = PlannedRecord(record, "", None, closed_at_of(judgement.timeline))
    climbed = escalate.climb(ticket, judgement, standing, terms)
    ladders = escalate.ladders_of(judgement.agreed)
    return Escalation(
        sorted(kept.values(), key=lambda one: (one.at, one.due_at, one.level)),
        sorted(climbed.coming, key=lambda place: (place.at, place.rung.level)),
        list(cancelled(judgement.verdicts, ladders, kept)),
    )


def _differing(recorded: verdict_json.Body | None, computed: verdict_json.Body) -> verdict_json.Body | None:
    return recorded if recorded is not None and recorded != computed else None
