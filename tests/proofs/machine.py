"""A worker between people at work and a HubSpot with bad days, in any order that Hypothesis can think of.

People change tickets, write messages, merge, archive, edit the mappings; lanes run, fail, or die at any point at which
a process can die; time passes. Whatever happened, the checks hold.
"""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from flows.world import NOW, world
from hubspot_sla.errors import ComeBackLater
from hubspot_sla.flows.runs import sync as syncing
from proofs import checks, people
from proofs.lanes import CATCHING_UP, FAST, LANES
from proofs.small import small_world
from proofs.truth import truth
from proofs.wiring import virtual
from seeded import copied_portal

if TYPE_CHECKING:
    from collections.abc import Callable

    from flows.world import World
    from proofs.truth import Truth

PICK = st.integers(0, 30)
LONGEST_CADENCE = {"minutes": 61}
LONGEST_BACK_OFF = {"hours": 25, "seconds": 1}
TICK = {"seconds": 1}
"""Between any two things that people do: HubSpot's modification time tells them apart."""


class Stopped(BaseException):
    """The process ended here. Whatever it still tries ends too."""


class Dying:
    """Ends the process at the nth point that it passes."""

    def __init__(self, nth: int) -> None:
        self._left = nth

    def __call__(self, point: str) -> None:
        self._left -= 1
        if self._left <= 0:
            raise Stopped(point)


class Desk(RuleBasedStateMachine):
    """One portal with the people of a service desk, one ledger, one worker."""

    world: World

    def __init__(self) -> None:
        super().__init__()
        self._open = ExitStack()
        self._open.enter_context(small_world())
        folder = Path(self._open.enter_context(tempfile.TemporaryDirectory()))
        self.world = world(copied_portal(NOW, tickets=0), folder)
        self._open.callback(self.world.close)
        self.world.running.set_clock(NOW)
        self.archived: list[str] = []
        self.ever_due: set[str] = set()
        self.cursor: int | None = None
        self.bad = False

    @initialize()
    def go_live(self) -> None:
        """With a few tickets from the start."""
        self.world.set_up()
        self._run(FAST)
        for pick in range(4):
            self.create(pick, people.PRIORITIES[pick], 0)

    def teardown(self) -> None:
        try:
            self.catch_up()
        finally:
            self._open.close()

    # People.

    @rule(pick=PICK, priority=st.sampled_from(people.PRIORITIES), hours=st.sampled_from((0, 0, 0, 1, 30)))
    def create(self, pick: int, priority: str, hours: int) -> None:
        """A new ticket of some customer; now and then one that began elsewhere, hours ago."""
        companies = [None, *self.world.portal.ids("companies")]
        given = {"hs_ticket_priority": priority}
        if hours:
            given["createdate"] = str(self.world.portal.clock.now_ms() - hours * 3_600_000)
        self.world.ticket(company=companies[pick % len(companies)], **given)
        self._tick()

    @rule(pick=PICK, priority=st.sampled_from(people.PRIORITIES))
    def prioritise(self, pick: int, priority: str) -> None:
        self._change(pick, hs_ticket_priority=priority)

    @rule(pick=PICK, owner=st.sampled_from(people.OWNERS))
    def assign(self, pick: int, owner: str) -> None:
        self._change(pick, hubspot_owner_id=owner)

    @rule(pick=PICK, pipeline=st.sampled_from(sorted(people.STAGES)), stage=st.integers(0, 3))
    def move(self, pick: int, pipeline: str, stage: int) -> None:
        """To any stage of any pipeline: waiting, closed, open again."""
        self._change(pick, hs_pipeline=pipeline, hs_pipeline_stage=people.STAGES[pipeline][stage])

    @rule(pick=PICK)
    def flip(self, pick: int) -> None:
        """Closed by mistake and opened again, as if nothing had happened."""
        ticket = self._one(pick)
        if ticket is None:
            return
        held = self.world.portal.read("tickets", ticket)
        closed = people.STAGES.get(held["hs_pipeline"], ("",))[-1]
        self._change(pick, hs_pipeline_stage=closed)
        self._change(pick, hs_pipeline_stage=held["hs_pipeline_stage"])

    @rule(pick=PICK)
    def customer_writes(self, pick: int) -> None:
        self._to_one(pick, self.world.portal.receive_customer_message)

    @rule(pick=PICK)
    def agent_replies(self, pick: int) -> None:
        self._to_one(pick, self.world.portal.send_agent_message)

    @rule(pick=PICK, name=st.sampled_from(("sla_status", "sla_breached", "sla_next_due_at", "sla_tier")))
    def edit_ours(self, pick: int, name: str) -> None:
        """Somebody clears a property of ours."""
        self._change(pick, **{name: ""})

    @rule(pick=PICK, other=PICK)
    def merge(self, pick: int, other: int) -> None:
        primary, second = self._one(pick), self._one(other)
        if primary != second and primary is not None and second is not None:
            people.merge(self.world, primary, second)
            self._tick()

    @rule(pick=PICK)
    def archive(self, pick: int) -> None:
        ticket = self._one(pick)
        if ticket is not None:
            self.world.portal.archive("tickets", ticket)
            self.archived.append(ticket)
            self._tick()

    @precondition(lambda self: self.archived)
    @rule(pick=PICK)
    def restore(self, pick: int) -> None:
        people.restore(self.world, self.archived.pop(pick % len(self.archived)))
        self._tick()

    @rule(pick=PICK, tier=st.sampled_from(people.TIERS))
    def change_tier(self, pick: int, tier: str) -> None:
        companies = self.world.portal.ids("companies")[:25]
        self.world.portal.update("companies", companies[pick % len(companies)], {"customer_tier": tier})
        self._tick()

    @rule(which=st.integers(0, len(people.OTHER_POLICIES) - 1), as_of=st.sampled_from(people.AS_OF))
    def edit_mappings(self, which: int, as_of: str) -> None:
        self.world.edit("policies.yaml", lambda _: people.OTHER_POLICIES[which])
        for before in people.AS_OF:
            self.world.edit("tiers.yaml", lambda held, before=before: held.replace(before, as_of))
        self._tick()

    @rule(minutes=st.sampled_from((1, 7, 31, 45, 61, 130, 400, 1500, 4000)))
    def wait(self, minutes: int) -> None:
        self.world.advance(minutes=minutes)

    # HubSpot.

    @rule(fault=st.sampled_from(people.BAD_DAYS), seed=st.integers(0, 99))
    def bad_day(self, fault: dict[str, object], seed: int) -> None:
        self.world.running.faults.add(fault["fault"], seed=seed, **{key: fault[key] for key in fault if key != "fault"})
        self.bad = True

    @rule()
    def good_day(self) -> None:
        self.world.running.faults.clear()
        self.bad = False

    # The worker.

    @rule(lane=st.sampled_from(sorted(LANES)))
    def run(self, lane: str) -> None:
        try:
            self._run(lane)
        except ComeBackLater:
            assert self.bad, "nothing was wrong with HubSpot"

    @rule(lane=st.sampled_from(sorted(LANES)), nth=st.integers(1, 60))
    def die(self, lane: str, nth: int) -> None:
        try:
            self._run(lane, Dying(nth))
        except (ComeBackLater, Stopped):
            problems = checks.at_any_instant(self.world)
            assert not problems, "\n".join(problems)

    @rule()
    def look(self) -> None:
        """A dry run sends nothing and keeps nothing."""
        sent, kept = len(self.world.running.log.writes()), self.world.rows("select count(*) from audit")
        try:
            with virtual(self.world.settings(), self._now, writing=False) as context:
                list(syncing.plan(context))
        except ComeBackLater:
            assert self.bad, "nothing was wrong with HubSpot"
        assert len(self.world.running.log.writes()) == sent
        assert self.world.rows("select count(*) from audit") == kept

    @rule()
    def catch_up(self) -> None:
        """The bad day is over, and every lane runs to its end: now everything is as it should be.

        Twice, because a company that was read a moment ago is not read again, nor what was refused sent again."""
        self.good_day()
        self._run_all()
        refused = self.world.rows("select 1 from outbox where state = 'refused' and again_at is not null")
        self.world.advance(**(LONGEST_BACK_OFF if refused else LONGEST_CADENCE))
        self._run_all()
        problems = checks.at_any_instant(self.world) + checks.settled(self.world, self._truth(), self.ever_due)
        assert not problems, "\n".join(problems)

    @invariant()
    def cursor_never_goes_back(self) -> None:
        found = checks.cursor(self.world) if (self.world.folder / "ledger.db").exists() else None
        if found is not None:
            assert self.cursor is None or found >= self.cursor
            self.cursor = found

    def _run_all(self) -> None:
        """What is due is the same for all of them: no time passes in between."""
        for lane in CATCHING_UP:
            with virtual(self.world.settings(), self._now) as context:
                LANES[lane](context)
        self._truth()

    def _run(self, lane: str, passing: Callable[[str], None] = lambda _point: None) -> None:
        try:
            with virtual(self.world.settings(), self._now, passing) as context:
                LANES[lane](context)
        finally:
            self._truth()

    def _truth(self) -> dict[str, Truth]:
        """What is so; the tasks due now were due."""
        found = truth(self.world)
        self.ever_due |= {key for there in found.values() for key in there.task_keys}
        return found

    def _now(self) -> int:
        return self.world.portal.clock.now_ms()

    def _tick(self) -> None:
        self.world.advance(**TICK)

    def _one(self, pick: int) -> str | None:
        tickets = self.world.portal.ids("tickets")
        return tickets[pick % len(tickets)] if tickets else None

    def _change(self, pick: int, **properties: str) -> None:
        ticket = self._one(pick)
        if ticket is not None:
            self.world.change(ticket, **properties)
            self._tick()

    def _to_one(self, pick: int, what: Callable[[str], None]) -> None:
        ticket = self._one(pick)
        if ticket is not None:
            what(ticket)
            self._tick()
