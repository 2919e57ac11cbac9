"""What is to be sent: tasks once for ever, property writes as they are wanted last."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hubspot_sla.ledger import outbox
from hubspot_sla.ledger.outbox import Kind, Parcel, State

if TYPE_CHECKING:
    from hubspot_sla.ledger.database import Ledger


def task(body: str = "first", ticket_id: str = "1") -> Parcel:
    return Parcel(f"task:{ticket_id}:resolution:1:breach", Kind.TASK, ticket_id, {"body": body})


def write(value: str, ticket_id: str = "1") -> Parcel:
    return Parcel(f"properties:{ticket_id}", Kind.PROPERTIES, ticket_id, {"changes": {"sla_status": value}})


def put(ledger: Ledger, *parcels: Parcel, at: int = 1) -> None:
    with ledger.transaction() as db:
        outbox.put(db, parcels, run_id="r1", at=at)


def claim(ledger: Ledger, kind: Kind, limit: int = 100) -> list[Parcel]:
    with ledger.transaction() as db:
        return outbox.claim(db, kind, limit)


def settle(ledger: Ledger, parcel: Parcel, state: State) -> None:
    with ledger.transaction() as db:
        outbox.settle(db, parcel.key, state)


@pytest.mark.parametrize("state", State)
def test_a_task_is_queued_once_whatever_became_of_it(ledger: Ledger, state: State) -> None:
    put(ledger, task())
    settle(ledger, task(), state)
    put(ledger, task("again"))
    assert outbox.waiting(ledger.db) == {f"task/{state.value}": 1}
    assert outbox.task_keys(ledger.db, ["1", "2"]) == {"1": {task().key}}


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


@pytest.mark.parametrize(
    ("state", "in_the_air"),
    [
        (State.CLAIMED, True),
        (State.UNKNOWN, True),
        (State.PENDING, False),
        (State.CONFIRMED, False),
        (State.REFUSED, False),
    ],
)
def test_tasks_without_an_outcome_are_in_the_air(ledger: Ledger, state: State, *, in_the_air: bool) -> None:
    put(ledger, task(), write("running"))
    settle(ledger, task(), state)
    settle(ledger, write("running"), state)
    assert outbox.interrupted(ledger.db) == ([task()] if in_the_air else [])


def test_claimed_writes_can_be_sent_again_and_claimed_tasks_cannot(ledger: Ledger) -> None:
    put(ledger, task(), write("running"))
    claim(ledger, Kind.TASK)
    claim(ledger, Kind.PROPERTIES)
    with ledger.transaction() as db:
        outbox.release_writes(db)
    assert outbox.waiting(ledger.db) == {"properties/pending": 1, "task/claimed": 1}


def test_a_confirmed_write_leaves_nothing_behind(ledger: Ledger) -> None:
    put(ledger, write("running"), write("met", "2"))
    with ledger.transaction() as db:
        outbox.done_with(db, [write("running").key])
    assert claim(ledger, Kind.PROPERTIES) == [write("met", "2")]
