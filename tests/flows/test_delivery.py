"""The outbox, sent several batches at a time: stopped anywhere, refused in part, answered out of order."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from flows.kept_worlds import again, kept
from flows.world import NOW, world
from hubspot_sla.errors import OutcomeUnknown, SlaError
from hubspot_sla.flows.context.context import wired
from hubspot_sla.flows.context.failpoints import Failpoint
from hubspot_sla.flows.runs import sync as syncing
from hubspot_sla.flows.sending import deliver
from hubspot_sla.flows.sending.commit import RunStats
from hubspot_sla.ledger import outbox
from hubspot_sla.ledger.outbox import Kind, OutboxItem
from hubspot_sla.plan.records import RecordRef
from seeded import copied_portal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from flows.kept_worlds import Kept
    from flows.world import World

STORM = 130
"""Two batches, the second of them not full."""
STEPS = [
    *((milestone, 1) for milestone in Failpoint),
    *((milestone, 2) for milestone in (Failpoint.RECORDED, Failpoint.CLAIMED, Failpoint.SENT, Failpoint.SETTLED)),
    (Failpoint.SENT, 4),
]


class Stopped(BaseException):
    """The process ends here, as far as the flows can tell."""


def stopping_at(milestone: Failpoint, nth: int) -> Callable[[Failpoint], None]:
    seen = 0

    def reached(now: Failpoint) -> None:
        nonlocal seen
        seen += now is milestone
        if seen == nth and now is milestone:
            raise Stopped

    return reached


def sync(world: World, reached: Callable[[Failpoint], None] = lambda _: None) -> RunStats:
    with wired(world.settings()) as context:
        return syncing.sync(replace(context, reached=reached))


@pytest.fixture(scope="module")
def rising(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    made = world(copied_portal(NOW, tickets=0), tmp_path_factory.mktemp("rising"))
    made.go_live()
    made.advance(minutes=1)
    for _ in range(STORM):
        made.ticket(hs_ticket_priority="HIGH")
    made.sync()
    made.advance(hours=1, seconds=2)
    return kept(made)


@pytest.fixture
def storm(rising: Kept, tmp_path: Path) -> Iterator[World]:
    """As many tickets that all are late at once, each with a write and a task to come."""
    made = again(rising, tmp_path)
    yield made
    made.close()


def require_storm_is_over(world: World) -> None:
    tasks = world.tasks()
    assert len(tasks) == STORM
    assert all(len(of_ticket) == 1 for of_ticket in tasks.values())
    assert {held["first_response_status"] for held in world.all_held().values()} == {"breached"}
    assert world.rows("select count(*) from audit where kind = 'task'") == [(STORM,)]
    assert world.rows("select distinct state from outbox") == [("confirmed",)]
    world.require_whole_chain()


def test_a_storm_is_sent_in_full_batches_and_looked_up_together(storm: World) -> None:
    stats = sync(storm)
    require_storm_is_over(storm)
    assert stats.calls["batch_update"] == 2
    assert stats.calls["batch_create"] == 2
    assert stats.calls["associations"] == 1
    assert (stats.properties_written, stats.tasks_created) == (STORM, STORM)


@pytest.mark.parametrize(("milestone", "nth"), STEPS)
def test_a_run_that_stops_anywhere_is_completed_by_the_next(storm: World, milestone: Failpoint, nth: int) -> None:
    try:
        sync(storm, stopping_at(milestone, nth))
    except Stopped:
        storm.require_whole_chain()
    sync(storm)
    require_storm_is_over(storm)


@pytest.mark.parametrize("lost", [1, 2])
def test_one_of_several_creates_in_the_air_is_lost_and_none_is_made_twice(storm: World, lost: int) -> None:
    storm.running.faults.add("commit_then_drop", route="batch_create", nth=lost)
    with pytest.raises(OutcomeUnknown):
        sync(storm)
    states = dict(storm.rows("select state, count(*) from outbox where kind = 'task' group by state"))
    assert states["unknown"] in (100, STORM - 100)
    assert states["unknown"] + states["confirmed"] + states.get("claimed", 0) == STORM
    sync(storm)
    require_storm_is_over(storm)


def test_what_was_answered_is_written_down_though_something_else_failed(storm: World) -> None:
    """The first create is refused for good; the answers to the writes in the air with it are not thrown away."""
    storm.running.faults.add("missing_scope", route="batch_create")
    with pytest.raises(SlaError):
        sync(storm)
    assert storm.rows("select count(*) from outbox where kind = 'properties'") == [(0,)]
    assert storm.rows("select count(*) from audit where kind = 'write'") == [(2 * STORM,)]


def test_a_task_for_a_ticket_that_is_gone_is_refused_and_the_others_are_made(live: World) -> None:
    kept = live.ticket()
    live.sync()
    body = {"subject": "late", "body": "why", "due_at": "2026-11-23T09:00:00Z", "owner_id": None}
    with wired(live.settings()) as context:
        with context.ledger.transaction() as db:
            parcels = [OutboxItem(f"task:{id_}", Kind.TASK, RecordRef.of(id_), body) for id_ in (kept, "999999")]
            outbox.put(db, parcels, run_id="r", at=context.now())
        deliver.finish(context, "r", RunStats())
    assert live.task_keys() == [f"task:{kept}"]
    assert dict(live.rows("select record_id, state from outbox")) == {kept: "confirmed", "999999": "refused"}


def test_a_ticket_is_not_judged_while_a_write_to_it_is_in_the_air(live: World) -> None:
    """So the newer write is never worked out from what the older one is about to change."""
    ids = [live.ticket() for _ in range(120)]
    order: list[str] = []
    with wired(live.settings()) as context:
        told = replace(context, reached=lambda milestone: order.append(milestone))
        with told.ledger.transaction() as db:
            parcels = [
                OutboxItem(f"properties:{id_}", Kind.PROPERTIES, RecordRef.of(id_), {"changes": {"sla_tier": "x"}})
                for id_ in ids
            ]
            outbox.put(db, parcels, run_id="r", at=told.now())
        with deliver.Delivery(told, "r", RunStats()) as delivery:
            delivery.go_on()
            assert Failpoint.SETTLED not in order
            (first,) = live.rows("select record_id from outbox where state = 'pending' limit 1")
            delivery.landed([RecordRef.of(str(first[0]))])
            assert Failpoint.SETTLED not in order
            (sent,) = live.rows("select record_id from outbox where state = 'claimed' limit 1")
            delivery.landed([RecordRef.of(str(sent[0]))])
            assert order[-1] == Failpoint.SETTLED
