"""What is to be sent: tasks once for ever, property writes as they are wanted last."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hubspot_sla.ledger import outbox
from hubspot_sla.ledger.outbox import Kind, OutboxItem, State
from hubspot_sla.plan.records import RecordRef

if TYPE_CHECKING:
    from hubspot_sla.ledger.database import Ledger

AT = 1_795_420_800_000


def task(body: str = "first", ticket_id: str = "1") -> OutboxItem:
    return OutboxItem(f"task:{ticket_id}:resolution:1:breach", Kind.TASK, RecordRef.of(ticket_id), {"body": body})


def write(value: str, ticket_id: str = "1") -> OutboxItem:
    return OutboxItem(
        f"properties:{ticket_id}", Kind.PROPERTIES, RecordRef.of(ticket_id), {"changes": {"sla_status": value}}
    )


def put(ledger: Ledger, *parcels: OutboxItem, at: int = 1) -> None:
    with ledger.transaction() as db:
        outbox.put(db, parcels, run_id="r1", at=at)


def claim(ledger: Ledger, kind: Kind, limit: int = 100) -> list[OutboxItem]:
    with ledger.transaction() as db:
        return outbox.claim(db, kind, limit)


def settle(ledger: Ledger, parcel: OutboxItem, state: State) -> None:
    with ledger.transaction() as db:
        outbox.settle(db, parcel.key, state)


@pytest.mark.parametrize("state", State)
def test_a_task_is_queued_once_whatever_became_of_it(ledger: Ledger, state: State) -> None:
    put(ledger, task())
    settle(ledger, task(), state)
    put(ledger, task("again"))
    assert outbox.waiting(ledger.db) == {f"task/{state.value}": 1}
    assert outbox.task_keys(ledger.db, "tickets", ["1", "2"]) == {"1": {task().key}}


def test_a_newer_write_replaces_one_not_yet_sent(ledger: Ledger) -> None:
    put(ledger, write("running"))
    put(ledger, write("breached"))
    assert claim(ledger, Kind.PROPERTIES) == [write("breached")]


def test_a_refused_write_is_tried_again_when_it_is_wanted_again(ledger: Ledger) -> None:
    put(ledger, write("running"))
    settle(ledger, write("running"), State.REFUSED)
    assert outbox.pending(ledger.db, Kind.PROPERTIES) == 0
    put(ledger, write("running"))
    assert outbox.pending(ledger.db, Kind.PROPERTIES) == 1


def test_what_is_claimed_is_not_claimed_again(ledger: Ledger) -> None:
    put(ledger, task(ticket_id="1"), task(ticket_id="2"), task(ticket_id="3"))
    assert len(claim(ledger, Kind.TASK, 2)) == 2
    assert len(claim(ledger, Kind.TASK, 2)) == 1
    assert claim(ledger, Kind.TASK) == []


def test_the_oldest_parcels_go_first_and_kinds_apart(ledger: Ledger) -> None:
    put(ledger, write("late", "9"), at=1)
    put(ledger, write("later", "1"), task(), at=2)
    assert claim(ledger, Kind.PROPERTIES, 1) == [write("late", "9")]


@pytest.mark.parametrize("state", [State.CLAIMED, State.UNKNOWN])
def test_what_a_dead_worker_left_in_the_air_is_queued_again(ledger: Ledger, state: State) -> None:
    put(ledger, task(), write("running"))
    settle(ledger, task(), state)
    settle(ledger, write("running"), state)
    with ledger.transaction() as db:
        outbox.release_interrupted(db, now=0, grace_ms={})
    assert outbox.waiting(ledger.db) == {"properties/pending": 1, "task/pending": 1}


@pytest.mark.parametrize("state", [State.CONFIRMED, State.WITHDRAWN])
def test_what_is_settled_is_never_queued_again(ledger: Ledger, state: State) -> None:
    put(ledger, task())
    settle(ledger, task(), state)
    with ledger.transaction() as db:
        outbox.release_interrupted(db, now=0, grace_ms={})
        outbox.release_waited(db, AT + outbox.LONGEST_WAIT_MS)
        outbox.release_refused(db)
    assert outbox.waiting(ledger.db) == {f"task/{state}": 1}


def test_a_refused_parcel_waits_twice_as_long_each_time_up_to_a_day(ledger: Ledger) -> None:
    put(ledger, task())
    waits = []
    for _ in range(12):
        with ledger.transaction() as db:
            outbox.refuse(db, task().key, "no", AT)
        waits.append(ledger.db.execute("select again_at from outbox").fetchone()[0] - AT)
    assert waits[:3] == [outbox.FIRST_WAIT_MS, 2 * outbox.FIRST_WAIT_MS, 4 * outbox.FIRST_WAIT_MS]
    assert waits[-1] == outbox.LONGEST_WAIT_MS


def test_a_refused_parcel_is_queued_again_when_it_has_waited_or_something_was_mended(ledger: Ledger) -> None:
    put(ledger, task())
    with ledger.transaction() as db:
        outbox.refuse(db, task().key, "no", AT)
        outbox.release_waited(db, AT + outbox.FIRST_WAIT_MS - 1)
    assert outbox.waiting(ledger.db) == {"task/refused": 1}
    with ledger.transaction() as db:
        outbox.release_refused(db)
    assert outbox.waiting(ledger.db) == {"task/pending": 1}


def test_a_confirmed_write_leaves_nothing_behind(ledger: Ledger) -> None:
    put(ledger, write("running"))
    claim(ledger, Kind.PROPERTIES)
    put(ledger, write("met", "2"))
    with ledger.transaction() as db:
        outbox.done_with(db, [write("running").key])
    assert claim(ledger, Kind.PROPERTIES) == [write("met", "2")]


def test_a_write_that_was_replaced_while_it_was_in_the_air_is_sent_too(ledger: Ledger) -> None:
    put(ledger, write("running"))
    claim(ledger, Kind.PROPERTIES)
    put(ledger, write("met"))
    with ledger.transaction() as db:
        outbox.done_with(db, [write("running").key])
    assert claim(ledger, Kind.PROPERTIES) == [write("met")]
