"""SIGKILL between every pair of steps of one rung that asks for everything: each thing is done once all the same."""

from __future__ import annotations

import os
import signal
from concurrent.futures import Future
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from channels.receivers import Answer, Receiver
from crash import story
from crash.victims import COMPLETED, KILLED, Nursery
from flows.world import NOW, set_up, world
from proof import SCALE
from proofs.wiring import virtual
from seeded import copied_portal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crash.victims import Order
    from flows.world import World

ESCALATIONS = """\
targets:
  hook: {webhook: {url_env: HOOK_URL}}
ladders:
  default:
    rungs:
      - at: breach
        do: [{task: owner}, {note: explanation}, {set: {hs_ticket_priority: LOW}}, {reassign: "3002"}, {notify: hook}]
"""
POLICIES = """\
policies:
  - id: support
    when: {pipeline: Support Pipeline}
    calendar: always
    targets: {first_response: 1h}
"""
WITH_MARKERS, WITHOUT_MARKERS = WAYS = ("with markers", "without markers")
"""Whether the portal lets us make the properties that hold the keys of tasks and notes."""
STEPS = ("task", "note", "fields", "fields", "notification")
OWNER, OTHER = "3001", "3002"


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    with Nursery() as made:
        yield made


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


@pytest.fixture(scope="module", params=WAYS)
def desk(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, nursery: Nursery, receiver: Receiver
) -> Iterator[World]:
    """One portal for all: each kill has a ticket of its own. The portals of both ways give the same ids, so what was
    received from the one before is forgotten."""
    receiver.received.clear()
    made = world(copied_portal(NOW, tickets=0), tmp_path_factory.mktemp("desk"), POLICIES)
    if request.param == WITHOUT_MARKERS:
        made.running.faults.add("definitions_refused")
    (made.folder / "mappings/escalations.yaml").write_text(ESCALATIONS, encoding="utf-8")
    made.running.set_clock(NOW)
    with virtual(made.settings(), made.portal.clock.now_ms) as context:
        set_up(context)
    assert nursery.run(order(made, receiver)).code == COMPLETED
    yield made
    made.close()


def order(of: World, receiver: Receiver, point: str = "", nth: int = 0) -> Order:
    return replace(story.order(of, "sync", point, nth), variables={"HOOK_URL": f"{receiver.url}/hook"})


def late_ticket(of: World) -> str:
    """Whatever came before is out of the way; this one's first response is late by a minute."""
    of.advance(minutes=10)
    ticket = of.ticket(hs_ticket_priority="HIGH", hubspot_owner_id=OWNER)
    of.advance(minutes=61)
    return ticket


def finished(of: World, nursery: Nursery, receiver: Receiver) -> None:
    """The next process; and another after whatever it leaves alone, as HubSpot may be at work on it, has waited."""
    of.advance(minutes=2)
    assert nursery.run(order(of, receiver)).code == COMPLETED
    if of.rows("select 1 from outbox where state = 'unknown'"):
        of.advance(minutes=2)
        assert nursery.run(order(of, receiver)).code == COMPLETED


def problems(of: World, receiver: Receiver, ticket: str) -> list[str]:
    """Whatever is not there exactly once."""
    held = {name: of.portal.history("tickets", ticket, name) for name in ("hs_ticket_priority", "hubspot_owner_id")}
    mine = [got for got in receiver.of("/hook") if got.json["messages"][0]["ticket_id"] == ticket]
    rows = of.rows(f"select kind, state from outbox where record_id = '{ticket}'")
    done = of.rows(
        f"select kind from audit where record_id = '{ticket}' and kind in ('task', 'note', 'fields', 'notification')"
    )
    found = {
        "tasks": (len(of.portal.tasks_of(ticket)), 1),
        "notes": (sum(key.startswith(f"note:{ticket}:") for key in of.note_keys()), 1),
        "priorities": ([one.value for one in held["hs_ticket_priority"]], ["LOW", "HIGH"]),
        "owners": ([one.value for one in held["hubspot_owner_id"]], [OTHER, OWNER]),
        "ids told": (len({got.headers["webhook-id"] for got in mine}), 1),
        "bodies told": (len({got.body for got in mine}), 1),
        "rungs": (of.rows(f"select state from rungs where record_id = '{ticket}'"), [("fired",)]),
        "outbox": (sorted(rows), sorted((kind, "confirmed") for kind in STEPS)),
        "audit": (sorted(kind for (kind,) in done), sorted(STEPS)),
    }
    return [f"{what}: {is_}, not {wanted}" for what, (is_, wanted) in found.items() if is_ != wanted]


def test_a_rung_is_climbed_once_wherever_the_process_is_killed(
    desk: World, nursery: Nursery, receiver: Receiver, request: pytest.FixtureRequest
) -> None:
    """At every kind of point that an undisturbed process passes: the first time, and each fourth after it. Without
    markers at every eighth point: what differs between the two ways lies in what is asked of HubSpot. `make crash`
    kills at every point, each time it is passed."""
    ticket = late_ticket(desk)
    calm = nursery.run(order(desk, receiver))
    finished(desk, nursery, receiver)
    assert problems(desk, receiver, ticket) == []
    points = [(point, nth) for point, times in sorted(calm.passed.items()) for nth in range(1, times + 1)]
    assert len(points) > 40
    if SCALE == 1:
        without_markers = request.node.callspec.params["desk"] == WITHOUT_MARKERS
        points = points[::12] if without_markers else [(point, nth) for point, nth in points if nth % 6 == 1]
    for point, nth in points:
        ticket = late_ticket(desk)
        killed = nursery.run(order(desk, receiver, point, nth))
        assert killed.code == KILLED, (point, nth)
        finished(desk, nursery, receiver)
        assert problems(desk, receiver, ticket) == [], (point, nth)
    desk.require_whole_chain()


def test_a_target_that_has_it_before_the_process_dies_gets_it_under_the_same_id(
    desk: World, nursery: Nursery, receiver: Receiver
) -> None:
    ticket, pid, before = late_ticket(desk), Future[int](), len(receiver.of("/hook"))
    receiver.answers("/hook", Answer(before=lambda: os.kill(pid.result(timeout=10), signal.SIGKILL)))
    assert nursery.run(order(desk, receiver), pid.set_result).code == KILLED
    finished(desk, nursery, receiver)
    assert len(receiver.of("/hook")) == before + 2
    assert problems(desk, receiver, ticket) == []
