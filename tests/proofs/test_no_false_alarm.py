"""What we ourselves do is never taken for an alteration: whatever is synced, waived, erased, torn down, restored or cut
off in whatever order, `sla audit verify` finds nothing after each step."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule, run_state_machine_as_test

from flows.world import set_up
from hubspot_sla.errors import ComeBackLater, NotYetPossible, UsageProblem
from hubspot_sla.flows.context import portal_binding
from hubspot_sla.flows.inspection.proven_rows import problems_of
from hubspot_sla.flows.installation import backup, restore, setup
from hubspot_sla.flows.runs import close_period, forget, rebuild_outcomes, waive
from hubspot_sla.hubspot.current_time import ClockMode
from hubspot_sla.ledger import audit_verification, database
from hubspot_sla.ledger.waivers import WaiverTerms
from hubspot_sla.plan.records import RecordRef
from proof import PARTS, SCALE, SUITE
from proofs import checks
from proofs.lanes import LANES
from proofs.machine import PICK, Desk, Dying, Stopped
from proofs.wiring import virtual

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from hubspot_sla.ledger.database import Ledger

HOUR_MS = 3_600_000


class Sealed(Desk):
    """The desk, and what an admin does beside it."""

    is_set_up = True

    def teardown(self) -> None:
        try:
            self.good_day()
            self.set_up_again()
            self._run_all()
            self.nothing_was_altered()
            with database.open_for_reading(self.world.folder / "ledger.db") as ledger:
                assert list(checks.replayed(ledger)) == []
                known = ledger.db.execute("select object_type, record_id from records").fetchall()
                assert [found for record in known for found in problems_of(ledger.db, RecordRef(*record))] == []
        finally:
            self._open.close()

    @invariant()
    def nothing_was_altered(self) -> None:
        if not (self.world.folder / "ledger.db").exists():
            return
        with database.open_for_reading(self.world.folder / "ledger.db") as ledger:
            assert audit_verification.verify(ledger.db).why_not == ""

    @rule()
    def catch_up(self) -> None:
        self.good_day()
        self.set_up_again()
        self._run_all()

    @precondition(lambda self: self.is_set_up)
    @rule(lane=st.sampled_from(sorted(LANES)), nth=st.integers(1, 60))
    def die(self, lane: str, nth: int) -> None:
        with suppress(ComeBackLater, Stopped):
            self._run(lane, Dying(nth))

    @precondition(lambda self: self.is_set_up)
    @rule(lane=st.sampled_from(sorted(LANES)))
    def run(self, lane: str) -> None:
        with suppress(ComeBackLater):
            self._run(lane)

    @rule()
    def look(self) -> None:
        """Nothing is kept of it."""

    @invariant()
    def cursor_never_goes_back(self) -> None:
        """It does where a backup is put back."""

    # The admin.

    @rule(pick=PICK, hours=st.sampled_from((None, 2, 40)), stops=st.booleans(), wide=st.booleans())
    def waive(self, pick: int, hours: int | None, stops: bool, wide: bool) -> None:
        now = self._now()
        over = {"since": now - 30 * HOUR_MS, "until": now + HOUR_MS} if wide else {}
        until = None if hours is None or wide else now + hours * HOUR_MS
        terms = WaiverTerms("an outage", "Ada", now, expires_at=until, stops=stops and wide, **over)
        asked = waive.Asked(pipeline="Support Pipeline") if wide else waive.Asked(record=self._one(pick) or "1")
        with self._ledger() as ledger, suppress(UsageProblem):
            waive.grant(ledger, asked, terms)

    @rule(pick=PICK)
    def revoke(self, pick: int) -> None:
        standing = self.world.rows("select id from waivers where id not in (select waiver from waiver_revocations)")
        if standing:
            with self._ledger() as ledger:
                waive.revoke(ledger, int(str(standing[pick % len(standing)][0])), self._now(), "Bob", "by mistake")

    @rule(pick=PICK, whose=st.sampled_from(("ticket", "company", "owner")))
    def forget(self, pick: int, whose: str) -> None:
        column, table = {"ticket": ("record_id", "records"), "company": ("id", "companies")}.get(
            whose, ("distinct owner_id", "outcomes where owner_id is not null")
        )
        ids = [str(row[0]) for row in self.world.rows(f"select {column} from {table} order by 1")]
        if ids:
            asked = forget.Asked(**{whose: ids[pick % len(ids)]})
            with self._ledger() as ledger, suppress(UsageProblem):
                forget.forget(ledger, asked, self._now(), self.world.folder / "backups")

    @rule()
    def rebuild_the_outcomes(self) -> None:
        with self._ledger() as ledger:
            rebuild_outcomes.rebuild(ledger)

    @rule(name=st.sampled_from(("2026-11", "2026-12")), again=st.booleans())
    def close_a_month(self, name: str, again: bool) -> None:
        asked = close_period.Asked("Ada", self._now(), with_unknown=True, reason="it changed")
        with self._ledger() as ledger, suppress(UsageProblem, NotYetPossible):
            (close_period.restate if again else close_period.close)(ledger, name, asked)

    @precondition(lambda self: self.is_set_up and not self.bad)
    @rule()
    def tear_down(self) -> None:
        with virtual(self.world.settings(), self._now) as context:
            portal_binding.bind_portal(context)
            setup.tear_down(context)
        self.is_set_up = False

    @precondition(lambda self: not self.is_set_up and not self.bad)
    @rule()
    def set_up_again(self) -> None:
        if not self.is_set_up:
            with virtual(self.world.settings(), self._now) as context:
                set_up(context)
            self.is_set_up = True

    @precondition(lambda self: self.is_set_up)
    @rule(name=st.sampled_from(("one", "two")))
    def back_up(self, name: str) -> None:
        with self._ledger() as ledger:
            backup.into_file(ledger, self.world.folder / f"{name}.db", force=True)

    @precondition(lambda self: self.is_set_up)
    @rule(name=st.sampled_from(("one", "two")), hold=st.booleans())
    def put_a_backup_back(self, name: str, hold: bool) -> None:
        kept = self.world.folder / f"{name}.db"
        if kept.exists():
            restore.restore(self.world.folder / "ledger.db", kept, ClockMode.HUBSPOT, hold=hold)

    def _ledger(self) -> AbstractContextManager[Ledger]:
        return database.open_for_writing(self.world.folder / "ledger.db")


@pytest.mark.parametrize("part", PARTS)
def test_whatever_we_do_ourselves_is_no_alteration(part: int) -> None:
    run_state_machine_as_test(
        Sealed,
        settings=settings(
            max_examples=1 if SCALE == 1 else 6 * SCALE // len(PARTS),
            stateful_step_count=5 if SCALE == 1 else 50,
            deadline=None,
            derandomize=SCALE == 1,
            phases=SUITE if SCALE == 1 else (*SUITE, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        ),
    )
