"""The verdicts on one record as they were known at an instant, beside what is known now of that instant.

Both are judged by the versions of the mappings that were in force then, with the calendar data that these have kept. So
where they differ, something was learned since; and that is named.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubspot_sla.clock.rules_number import CLOCK_RULES
from hubspot_sla.errors import UsageProblem
from hubspot_sla.flows.context.mappings_version import versions_of
from hubspot_sla.flows.context.versions_in_force import in_force
from hubspot_sla.flows.inspection.learned_since import Learned, learned, waivers_since
from hubspot_sla.flows.inspection.tier_rows import TierRow, tier_rows
from hubspot_sla.flows.judging import explanations, verdict_json
from hubspot_sla.flows.judging.judgement import judgement_of
from hubspot_sla.flows.judging.wording import teller_of
from hubspot_sla.flows.records.assemble import assemble
from hubspot_sla.flows.records.known_at import known_at, known_now_of
from hubspot_sla.flows.records.record_facts import waivers_of
from hubspot_sla.ledger import audit, erasures, records
from hubspot_sla.ledger.audit_fields import parted
from hubspot_sla.plan.instant_text import wire
from hubspot_sla.render.plain import clock_line
from hubspot_sla.render.story import urgency

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping, Sequence

    from hubspot_sla.clock.verdict import Verdict
    from hubspot_sla.flows.context.mappings_version import Version
    from hubspot_sla.flows.judging.judgement import Judgement
    from hubspot_sla.flows.judging.verdict_json import Body
    from hubspot_sla.flows.records.known_at import KnownAt
    from hubspot_sla.flows.records.record_facts import RecordFacts
    from hubspot_sla.plan.records import RecordRef
    from hubspot_sla.render.story import Teller


@dataclass(frozen=True, slots=True)
class View:
    """A judgement as of the instant, and a line for each of its clocks, what is late first."""

    judgement: Judgement
    lines: Mapping[str, str]
    teller: Teller

    def bodies(self) -> dict[str, Body]:
        """The verdicts as they are recorded, by clock, without their texts."""
        return {verdict.clock.key: parted(verdict_json.of_verdict(verdict))[0] for verdict in self.judgement.verdicts}

    def as_json(self, at: int) -> dict[str, object]:
        last = self.judgement.agreed[-1]
        return {
            "tier": {"tier": last.tier.tier, "source": last.tier.source, "why": last.tier.why},
            **explanations.policies(last),
            "metrics": {verdict.clock.key: self._metric(verdict, at) for verdict in self.judgement.verdicts},
        }

    def _metric(self, verdict: Verdict, at: int) -> dict[str, object]:
        explained = explanations.explained_verdict(self.judgement, verdict, at)
        return {**explained, "sentence": self.lines[verdict.clock.key]}


@dataclass(frozen=True, slots=True)
class Difference:
    """A clock of which something else is known now; `then` and `now` are its lines, "" where there was no clock."""

    clock: str
    then: str
    now: str


@dataclass(frozen=True, slots=True)
class ExplanationAt:
    """`then`, as it was known at `at` (epoch ms), and `now`, what is known now of that instant. `recorded` are the
    verdicts that stood in the ledger, by clock, and `unrecorded` the clocks that were known to be otherwise; `why_not`
    says why nothing of that was recorded. `rows` are those of tables of tiers about its customers."""

    record: RecordRef
    subject: str
    at: int
    known: KnownAt
    version: str
    then: View
    now: View
    differences: Sequence[Difference]
    learned: Sequence[Learned]
    recorded: Mapping[str, Body]
    unrecorded: Sequence[str]
    why_not: str
    rows: Sequence[TierRow]

    def as_json(self) -> dict[str, object]:
        judged_at = self.known.judged_at
        return {
            "record": self.record.key,
            "subject": self.subject,
            "at": wire(self.at),
            "mappings": self.known.mappings,
            "version": self.version,
            "judged_at": None if judged_at is None else wire(judged_at),
            "entry": self.known.entry,
            "then": self.then.as_json(self.at),
            "now": self.now.as_json(self.at),
            "differences": [
                {"clock": one.clock, "then": one.then or None, "now": one.now or None} for one in self.differences
            ],
            "learned": [one.as_json() for one in self.learned],
            "recorded": dict(self.recorded),
            "unrecorded": list(self.unrecorded),
            "unrecorded_because": self.why_not or None,
            "tier_rows": [row.as_json() for row in self.rows],
        }


def explain_at(db: sqlite3.Connection, record: RecordRef, at: int, now: int) -> ExplanationAt:
    """As of `at`; `now` is the present (both epoch ms). UsageProblem: the record was not known then, or `at` lies
    ahead."""
    if at > now:
        raise UsageProblem(f"--at {wire(at)} lies ahead", remedy="nobody knows yet what will be known then")
    object_type, record_id = record
    known = known_at(db, record, at)
    every = versions_of(in_force(db), object_type)
    versions = every[: max(known.mappings, 1)]
    row = records.load(db, object_type, [record_id])[record_id]
    present = assemble(db, object_type, [row]).records[record_id].facts
    of_then = known_now_of(present, known.record, at)
    then, today = _view(known.record, versions, at), _view(of_then, versions, at)
    recorded = {clock: parted(body)[0] for clock, body in known.recorded.items()}
    computed = then.bodies()
    unrecorded = [clock for clock in {**computed, **recorded} if computed.get(clock) != recorded.get(clock)]
    waivers = waivers_since(waivers_of(known.record, versions), waivers_of(present, every))
    return ExplanationAt(
        record,
        row.inputs.get(present.profile.title) or "",
        at,
        known,
        versions[-1].mappings.version,
        then,
        today,
        _differences(then, today),
        [*learned(db, known.record, of_then, known.entry), *waivers],
        known.recorded,
        unrecorded,
        _why_not(db, known, at) if unrecorded else "",
        tier_rows(versions, [company.id for company in known.record.companies]),
    )


def _view(record: RecordFacts, versions: Sequence[Version], at: int) -> View:
    judgement = judgement_of(record, versions, at)
    teller = teller_of(judgement, versions[-1], at)
    by_urgency = sorted(judgement.verdicts, key=urgency)
    lines = {verdict.clock.key: clock_line(teller.clock(verdict), teller.texts) for verdict in by_urgency}
    return View(judgement, lines, teller)


def _differences(then: View, now: View) -> list[Difference]:
    before, after = then.bodies(), now.bodies()
    return [
        Difference(clock, then.lines.get(clock, ""), now.lines.get(clock, ""))
        for clock in {**now.lines, **then.lines}
        if before.get(clock) != after.get(clock)
    ]


def _why_not(db: sqlite3.Connection, known: KnownAt, at: int) -> str:
    """Why the verdicts that were known are not those that stood in the ledger."""
    if known.judged_at is None:
        return "it had not been judged yet"
    if erasures.touched_records(db).get(known.record.ref, 0) > known.entry:
        return "it rests on values that were erased since, so what was recorded counts"
    if any(change.entry > known.entry and change.before != CLOCK_RULES for change in audit.rules_changes(db)):
        return "it was judged by older rules of the clock"
    if known.judged_at < at:
        return f"it had last been judged {wire(known.judged_at)}"
    return "the ledger does not give what it recorded: `sla audit verify` tells whether it was altered"
