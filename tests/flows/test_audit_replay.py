"""Every recorded verdict comes out again of what was known when it was recorded."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

import altered
from hubspot_sla.clock.rules_number import CLOCK_RULES
from hubspot_sla.errors import ReplayDiffers
from hubspot_sla.flows.inspection import audit_replay
from hubspot_sla.ledger import audit, database
from hubspot_sla.ledger.audit import Entry

if TYPE_CHECKING:
    from flows.world import World
    from hubspot_sla.flows.inspection.audit_replay import Replayed


def replayed(world: World) -> Replayed:
    with database.open_for_reading(world.folder / "ledger.db") as ledger:
        return audit_replay.replay(ledger)


def alter(world: World, statement: str) -> None:
    altered.alter(world.folder / "ledger.db", statement)


@pytest.fixture
def judged(live: World) -> World:
    """A ticket that was late, went on, and was closed; each was judged when it was seen."""
    ticket = live.ticket(age=timedelta(hours=3), hs_ticket_priority="HIGH")
    live.sync()
    live.advance(hours=6)
    live.change(ticket, hs_ticket_priority="LOW")
    live.sync()
    live.change(ticket, hs_pipeline_stage="4")
    live.sync()
    return live


def test_what_was_recorded_at_any_time_comes_out_of_what_was_known_then(judged: World) -> None:
    done = replayed(judged)
    assert (done.records, done.differing, done.older_rules, done.first_form) == (1, 0, 0, 0)
    assert done.entries >= 2
    assert done.verdicts >= 2 * done.entries
    audit_replay.require_same(done)


def test_a_value_learned_later_changes_nothing_of_what_was_recorded_before(judged: World) -> None:
    before = replayed(judged)
    company = judged.portal.create("companies", {"name": "Bolt", "customer_tier": "gold"}, at=judged.now)
    ticket = str(judged.rows("select record_id from records")[0][0])
    judged.portal.associate("tickets", ticket, "companies", company, primary=True, at=judged.now)
    judged.advance(minutes=5)
    judged.sync()
    after = replayed(judged)
    assert after.differing == 0
    assert after.entries >= before.entries


@pytest.mark.parametrize(
    "statement",
    [
        "update facts set value = '4' where name = 'hs_pipeline_stage' and value = '1'",
        "delete from facts where name = 'hs_pipeline_stage'",
        "delete from records",
    ],
    ids=["a stage altered", "stages removed", "the record removed"],
)
def test_an_altered_row_on_which_verdicts_rest_is_named(judged: World, statement: str) -> None:
    alter(judged, statement)
    done = replayed(judged)
    assert done.differing > 0
    with pytest.raises(ReplayDiffers, match="resolution at entry"):
        audit_replay.require_same(done)


def test_verdicts_by_older_rules_of_the_clock_are_computed_and_counted_apart(judged: World) -> None:
    now = int(judged.now.timestamp() * 1000)
    with database.open_for_writing(judged.folder / "ledger.db") as ledger, ledger.transaction() as db:
        entry = Entry("rules", {"from": CLOCK_RULES - 1, "to": CLOCK_RULES})
        audit.append(db, at=now, run_id="r", entries=[entry])
    done = replayed(judged)
    assert (done.verdicts, done.differing, done.older_differing) == (0, 0, 0)
    assert done.older_rules > 0
    assert "by older rules of the clock" in done.summary()
    alter(judged, "delete from facts where name = 'hs_pipeline_stage'")
    done = replayed(judged)
    assert done.older_differing > 0
    audit_replay.require_same(done)
