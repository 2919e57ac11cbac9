"""A month is closed, and then people change its past in any order that Hypothesis can think of: merges, replies that
show late, corrected tiers, waivers, edits. What was frozen stays; what is restated is what the facts give.
"""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from flows.world import NOW, world
from hubspot_sla.errors import NotYetPossible, UsageProblem
from hubspot_sla.flows.context import versions_in_force
from hubspot_sla.flows.context.mappings_version import versions_of
from hubspot_sla.flows.inspection.why_moved import why_moved
from hubspot_sla.flows.judging.judgement import judgement_of
from hubspot_sla.flows.judging.outcomes import outcomes_of
from hubspot_sla.flows.records.assemble import assemble
from hubspot_sla.flows.reporting.outcome_values import names_in
from hubspot_sla.flows.reporting.query import period_of
from hubspot_sla.flows.reporting.selection import Selection
from hubspot_sla.flows.reporting.where import parsed_where
from hubspot_sla.flows.runs import close_period, waive
from hubspot_sla.flows.runs.close_period import Asked
from hubspot_sla.flows.runs.judged_again import JudgingAgain
from hubspot_sla.ledger import database, outcomes, periods, records, state
from hubspot_sla.ledger.waivers import WaiverTerms
from hubspot_sla.measure.restatement import RestatementCause, is_settled, key_of, means_the_same
from hubspot_sla.measure.standing import JUDGED, Standing, counted_at, standing
from hubspot_sla.plan.records import TICKETS
from proofs import checks, people
from proofs.lanes import LANES
from proofs.small import small_world
from proofs.wiring import virtual
from seeded import copied_portal

if TYPE_CHECKING:
    import sqlite3

    from flows.world import World
    from hubspot_sla.flows.records.record_facts import RecordFacts
    from hubspot_sla.ledger.outcomes import Stored
    from hubspot_sla.ledger.periods import RecordCycle
    from hubspot_sla.measure.outcome import Outcome

MONTH = "2026-11"
PICK = st.integers(0, 30)
THEN = st.sampled_from(("sync", "sync", "sweep", "refresh", ""))
"""What runs after something has happened; mostly something does."""
FROZEN = "select * from period_outcomes order by id", "select * from periods order by id"


class ClosedMonth(RuleBasedStateMachine):
    """One portal, one ledger, and November closed on the first of December."""

    world: World

    def __init__(self) -> None:
        super().__init__()
        self._open = ExitStack()
        self._open.enter_context(small_world())
        folder = Path(self._open.enter_context(tempfile.TemporaryDirectory()))
        self.world = world(copied_portal(NOW, tickets=0), folder)
        self._open.callback(self.world.close)
        self.world.running.set_clock(NOW)
        self.frozen: list[list[tuple[object, ...]]] = [[], []]

    @initialize()
    def close_november(self) -> None:
        self.world.go_live()
        self.world.edit("tiers.yaml", lambda text: text.replace(*people.AS_OF))
        companies = self.world.portal.ids("companies")
        tickets = []
        for pick in range(6):
            tickets.append(self.world.ticket(company=companies[pick], hs_ticket_priority=people.PRIORITIES[pick % 4]))
            self.world.advance(minutes=1)
        self.run("sync")
        self.world.advance(minutes=20)
        self.world.portal.send_agent_message(tickets[0], self.world.now)
        self.world.change(tickets[1], hs_pipeline_stage="4")
        self.run("sync")
        self.world.advance(days=8)
        self.world.change(tickets[2], hs_pipeline_stage="4")
        self.run("sync")
        with self._ledger() as ledger:
            close_period.close(ledger, MONTH, Asked("Ada", self._now()))
        self._freeze()

    def teardown(self) -> None:
        try:
            if self.frozen[0]:
                self.run("refresh")
                self.run("sync")
                self.restate()
                self.world.require_whole_chain()
                with database.open_for_reading(self.world.folder / "ledger.db") as ledger:
                    assert [*checks.replayed(ledger), *checks.known_then(ledger.db, step=5)] == []
                    require_whole_difference(ledger.db)
                assert not self.world.rows("select 1 from outcomes where excluded is null and status = 'waived'")
        finally:
            self._open.close()

    # People.

    @rule(pick=PICK, hours=st.sampled_from((1, 30, 150, 185, 191)), lane=THEN)
    def a_reply_shows_late(self, pick: int, hours: int, lane: str) -> None:
        self.world.portal.send_agent_message(self._ticket(pick), self.world.now - timedelta(hours=hours))
        self._then(lane)

    @rule(pick=PICK, lane=THEN)
    def reply(self, pick: int, lane: str) -> None:
        self.world.portal.send_agent_message(self._ticket(pick), self.world.now)
        self._then(lane)

    @rule(pick=PICK, other=PICK, lane=THEN)
    def merge(self, pick: int, other: int, lane: str) -> None:
        one, two = self._ticket(pick), self._ticket(other)
        if one != two and len(self.world.portal.ids("tickets")) > 2:
            people.merge(self.world, one, two)
        self._then(lane)

    @rule(pick=PICK, priority=st.sampled_from(people.PRIORITIES), lane=THEN)
    def prioritise(self, pick: int, priority: str, lane: str) -> None:
        self.world.change(self._ticket(pick), hs_ticket_priority=priority)
        self._then(lane)

    @rule(pick=PICK, stage=st.sampled_from(people.STAGES["0"]), lane=THEN)
    def move(self, pick: int, stage: str, lane: str) -> None:
        self.world.change(self._ticket(pick), hs_pipeline_stage=stage)
        self._then(lane)

    @rule(pick=PICK, tier=st.sampled_from(people.TIERS), hours=st.sampled_from((0, 40, 300)), lane=THEN)
    def correct_a_tier(self, pick: int, tier: str, hours: int, lane: str) -> None:
        company = self.world.portal.ids("companies")[pick % 6]
        at = self.world.now - timedelta(hours=hours)
        self.world.portal.update("companies", company, {"customer_tier": tier}, at=at)
        self._then(lane)

    @rule(pick=PICK, minutes=st.sampled_from((None, 90)), lane=THEN)
    def waive(self, pick: int, minutes: int | None, lane: str) -> None:
        until = None if minutes is None else self._now() + minutes * 60_000
        with self._ledger() as ledger:
            try:
                terms = WaiverTerms("agreed", "Ada", self._now(), expires_at=until)
                waive.grant(ledger, waive.Asked(record=self._ticket(pick)), terms)
            except UsageProblem:
                pass  # no sync has seen this ticket
        self._then(lane)

    @rule(pick=PICK, lane=THEN)
    def revoke(self, pick: int, lane: str) -> None:
        standing = self.world.rows("select id from waivers where id not in (select waiver from waiver_revocations)")
        if standing:
            with self._ledger() as ledger:
                number = int(str(standing[pick % len(standing)][0]))
                waive.revoke(ledger, number, self._now(), "Bob", "by mistake")
        self._then(lane)

    @rule(which=st.integers(0, len(people.OTHER_POLICIES) - 1), lane=THEN)
    def edit_mappings(self, which: int, lane: str) -> None:
        self.world.edit("policies.yaml", lambda _: people.OTHER_POLICIES[which])
        self._then(lane)

    @rule(minutes=st.sampled_from((31, 130, 1500)))
    def wait(self, minutes: int) -> None:
        self.world.advance(minutes=minutes)

    # The worker, and whoever asks for a new edition.

    @rule(lane=st.sampled_from(("sync", "sync", "refresh", "sweep")))
    def run(self, lane: str) -> None:
        """One lane, whose every change of a settled outcome must be accounted for."""
        self.world.advance(seconds=1)
        before = self._stored()
        count = len(self._editions())
        with virtual(self.world.settings(), self._now) as context:
            LANES[lane](context)
        self._require_editions(before, self._editions()[count:])
        self.world.advance(seconds=1)

    @rule()
    def restate(self) -> None:
        with self._ledger() as ledger:
            try:
                close_period.restate(ledger, MONTH, Asked("Ada", self._now(), reason="the past changed"))
            except NotYetPossible:
                return  # a waiver waits for the next sync
            except UsageProblem:
                pass  # nothing has changed
            closed = periods.editions(ledger.db, MONTH)[-1]
            fresh, newest = self._fresh(ledger.db, closed.since, closed.until), periods.frozen(ledger.db, closed)
        assert fresh.keys() == newest.keys()
        assert all(means_the_same(fresh[cycle], newest[cycle]) for cycle in fresh)
        self._freeze()

    @invariant()
    def what_is_frozen_stays(self) -> None:
        for kept, query in zip(self.frozen, FROZEN, strict=True):
            assert self.world.rows(query)[: len(kept)] == kept if kept else True

    def _then(self, lane: str) -> None:
        self.world.advance(seconds=1)
        if lane:
            self.run(lane)

    def _fresh(self, db: sqlite3.Connection, since: int, until: int) -> dict[RecordCycle, Outcome]:
        """The cycles of the month, computed again from facts alone."""
        found: dict[RecordCycle, Outcome] = {}
        for page in JudgingAgain(db).pages():
            for result in page:
                assert result.outcomes is not None
                assert not result.differs
                for outcome in result.outcomes:
                    at = counted_at(outcome.when.due_at, outcome.when.breached_at)
                    if at is not None and since <= at < until:
                        found[(result.record, *key_of(outcome))] = outcome
        return found

    def _require_editions(self, before: dict[str, Stored], editions: list[tuple[object, ...]]) -> None:
        """What is known now of then, where it is not what was recorded then, must have made an edition."""
        kept = {(record_id, clock, cycle) for record_id, clock, cycle, _ in editions}
        assert {str(cause) for *_, cause in editions} <= {cause.value for cause in RestatementCause}
        with database.open_for_reading(self.world.folder / "ledger.db") as ledger:
            now = outcomes.load(ledger.db, TICKETS, before)
            for record_id, stored in before.items():
                if record_id not in now or now[record_id] == stored:
                    continue
                present = {key_of(outcome): outcome for outcome in now[record_id].outcomes}
                then = self._known_now_of_then(ledger.db, record_id, stored)
                for outcome in stored.outcomes:
                    key = key_of(outcome)
                    if not is_settled(outcome) or means_the_same(outcome, present.get(key)):
                        assert (record_id, *key) not in kept or not is_settled(outcome) or key not in present
                    elif not means_the_same(outcome, then.get(key)):
                        assert (record_id, *key) in kept, (record_id, key, outcome, present.get(key))

    def _known_now_of_then(self, db: sqlite3.Connection, record_id: str, stored: Stored) -> dict[object, Outcome]:
        rows = records.load(db, TICKETS, [record_id])
        facts = _until(assemble(db, TICKETS, rows.values()).records[record_id].facts, stored.judged.at)
        versions = versions_of(versions_in_force.in_force(db), TICKETS)[: stored.judged.mappings]
        judgement = judgement_of(facts, versions, stored.judged.at)
        go_live_at = state.read_instant(db, state.GO_LIVE) or 0
        return {key_of(one): one for one in outcomes_of(facts, judgement, versions, stored.judged.at, go_live_at)}

    def _stored(self) -> dict[str, Stored]:
        with database.open_for_reading(self.world.folder / "ledger.db") as ledger:
            ids = [str(row["record_id"]) for row in ledger.db.execute("select record_id from records")]
            return outcomes.load(ledger.db, TICKETS, ids)

    def _editions(self) -> list[tuple[object, ...]]:
        return self.world.rows("select record_id, clock, cycle, cause from outcome_editions order by id")

    def _freeze(self) -> None:
        self.frozen = [self.world.rows(query) for query in FROZEN]

    def _ledger(self) -> database.Ledger:
        return database.open_beside(self.world.folder / "ledger.db")

    def _now(self) -> int:
        return self.world.portal.clock.now_ms()

    def _ticket(self, pick: int) -> str:
        tickets = self.world.portal.ids("tickets")
        return tickets[pick % len(tickets)]


def require_whole_difference(db: sqlite3.Connection) -> None:
    """Why December is not November: whatever people did, the parts sum to the difference of the figures that stand; so
    do those of some of the promises and of all others."""
    before, after = (period_of(name, None, None, close_period.zone(db), None) for name in (MONTH, "2026-12"))
    try:
        found = why_moved(db, before, after)
    except UsageProblem:
        return  # nothing came due in one of them
    assert sum(found.parts.values()) == found.difference
    assert found.as_recorded == 0
    due = periods.due_between(db, after.start_at, after.end_at).cycles.values()
    stands = [standing(outcome.status, outcome.excluded) for outcome in due]
    assert (found.after.met, found.after.judged) == (stands.count(Standing.MET), sum(each in JUDGED for each in stands))
    names = names_in(db, versions_in_force.in_force(db)[-1])
    for where in ("priority: [HIGH, URGENT]", "not: {priority: [HIGH, URGENT]}"):
        try:
            some = why_moved(db, before, after, selection=Selection(parsed_where(where), names, ()))
        except UsageProblem:
            continue
        assert sum(some.parts.values()) == some.difference
        assert some.after.judged <= found.after.judged


def _until(facts: RecordFacts, at: int) -> RecordFacts:
    """Only what speaks of the time up to an instant."""
    return replace(
        facts,
        facts=[fact for fact in facts.facts if fact.at <= at],
        absorbed=tuple(_until(absorbed, at) for absorbed in facts.absorbed),
    )
