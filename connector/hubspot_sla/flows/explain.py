"""Why one ticket's verdicts are what they are, told from the ledger alone, and checked against what was recorded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubspot_sla.clock.explain import sentence
from hubspot_sla.clock.segments import segments
from hubspot_sla.errors import UsageProblem
from hubspot_sla.flows import record, telling
from hubspot_sla.flows.case import Case
from hubspot_sla.flows.customers import contact_views, views
from hubspot_sla.flows.decide import judgement_of
from hubspot_sla.flows.observe import SUBJECT
from hubspot_sla.flows.policies import in_force
from hubspot_sla.ledger import companies, contacts, facts, tickets, verdicts
from hubspot_sla.plan.instants import wire

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from hubspot_sla.clock.segments import Segment
    from hubspot_sla.clock.verdict import Verdict
    from hubspot_sla.flows.decide import Judgement


@dataclass(frozen=True, slots=True)
class MetricExplanation:
    """One metric: its verdict now, the sentence, and how its time was spent.

    `recorded` is the verdict the ledger holds where it differs from the one computed now: time has passed
    since the last sync, or somebody altered the file.
    """

    verdict: Verdict
    sentence: str
    segments: Sequence[Segment]
    recorded: record.Body | None


@dataclass(frozen=True, slots=True)
class Explanation:
    ticket_id: str
    subject: str
    judgement: Judgement
    metrics: Sequence[MetricExplanation]
    now: int
    gone_at: int | None = None
    """Since when the ticket has been archived in HubSpot."""

    def as_json(self) -> dict[str, object]:
        last = self.judgement.agreed[-1]
        return {
            "ticket": self.ticket_id,
            "subject": self.subject,
            "gone": None if self.gone_at is None else wire(self.gone_at),
            "tier": {"tier": last.tier.tier, "source": last.tier.source, "why": last.tier.why},
            **telling.policies(last),
            "version": last.version.mappings.version,
            "metrics": {told.verdict.clock.key: self._metric_json(told) for told in self.metrics},
        }

    def _metric_json(self, told: MetricExplanation) -> dict[str, object]:
        return {
            **telling.told_verdict(self.judgement, told.verdict, self.now),
            "sentence": told.sentence,
            "recorded": told.recorded,
        }


def explain(db: sqlite3.Connection, ticket_id: str, now: int) -> Explanation:
    """The whole story of one ticket as of `now` (epoch ms). UsageProblem: the ledger has never seen it."""
    row = tickets.load(db, [ticket_id]).get(ticket_id)
    if row is None:
        raise UsageProblem(f"the ledger has never seen ticket {ticket_id}", remedy="check the id, or run `sla sync`")
    company_rows = companies.load(db, [id_ for id_, _ in row.companies or ()])
    known = facts.recall(db, [ticket_id]).get(ticket_id, [])
    asked = contact_views(contacts.load(db, [ticket_id])[ticket_id])
    case = Case(ticket_id, row.inputs, known, views(row.companies or (), company_rows), asked)
    judgement = judgement_of(case, in_force(db), now)
    recorded = verdicts.load(db, [ticket_id]).get(ticket_id, {})
    return Explanation(
        ticket_id,
        row.inputs.get(SUBJECT) or "",
        judgement,
        [
            MetricExplanation(
                verdict,
                sentence(verdict),
                segments(judgement.timeline, verdict, now),
                _differing(recorded.get(verdict.clock.key), record.of_verdict(verdict)),
            )
            for verdict in judgement.verdicts
        ],
        now,
        case.archived_at,
    )


def _differing(recorded: record.Body | None, computed: record.Body) -> record.Body | None:
    return recorded if recorded is not None and recorded != computed else None
