"""SIGKILL between every pair of steps of the job that fires rungs of contracts: each task is made once all the same."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from channels.receivers import Receiver
from crash import story
from crash.victims import COMPLETED, CONTRACT_STATES, KILLED, Nursery
from flows.world import NOW, set_up, world
from proof import SCALE
from proofs.wiring import virtual
from seeded import copied_portal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crash.victims import Order
    from flows.world import World

CONTRACTS = """\
contracts:
  - id: acme
    customer: "5004"
    owner: "3001"
    currency: EUR
    valid_from: 2026-01-01
    objectives: [{id: answers, measure: {attainment: first_response}, promised: 90%}]
    dates: [{what: review, on: 2026-12-01, every_months: 1}]
  - id: hoster
    vendor: Hoster
    owner: "3002"
    currency: EUR
    valid_from: 2026-01-01
    objectives: [{id: answers, measure: {attainment: first_response}, promised: 90%}]
    dates: [{what: review, on: 2026-12-01, every_months: 1}]
"""
ESCALATIONS = """\
channels:
  hook: {webhook: {url_env: HOOK_URL}}
contracts:
  - rungs: [{at: date, before: {days: 10}, do: [{task: owner}, {notify: hook}]}]
"""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


@pytest.fixture
def desk(tmp_path: object) -> Iterator[World]:
    made = world(copied_portal(NOW, tickets=0), tmp_path)
    folder = made.folder / "mappings"
    (folder / "contracts.yaml").write_text(CONTRACTS, encoding="utf-8")
    (folder / "escalations.yaml").write_text(ESCALATIONS, encoding="utf-8")
    made.edit(
        "portal.yaml", lambda text: text.replace("Waiting on us: open", "Waiting on us: {role: open, vendor: Hoster}")
    )
    made.running.set_clock(NOW)
    with virtual(made.settings(), made.portal.clock.now_ms) as context:
        set_up(context)
    yield made
    made.close()


def order(of: World, receiver: Receiver, lane: str, point: str = "", nth: int = 0) -> Order:
    return replace(story.order(of, lane, point, nth), variables={"HOOK_URL": f"{receiver.url}/hook"})


def finished(of: World, nursery: Nursery, receiver: Receiver) -> None:
    """The next processes; the last one after whatever HubSpot may be at work on has waited."""
    for lane in (CONTRACT_STATES, "sync", "sync"):
        of.advance(minutes=2)
        assert nursery.run(order(of, receiver, lane)).code == COMPLETED


def next_review(of: World) -> str:
    """So many days later that the next month's review is near, and was not looked at yet."""
    ahead = (of.now.replace(day=1).month % 12) + 1
    while of.now.month != ahead or of.now.day != 25:
        of.advance(days=1)
    return f"{of.now.year + of.now.month // 12}-{of.now.month % 12 + 1:02}-01"


def problems(of: World, receiver: Receiver, day: str) -> list[str]:
    """Whatever is not there exactly once."""
    keys = [f"contract:{contract}:review:{day}:date-10d" for contract in ("acme", "hoster")]
    fired = [(key, "fired") for key in keys]
    made = [key for key in of.task_keys() if f":{day}:" in key]
    told = {got.headers["webhook-id"] for got in receiver.of("/hook") if f":{day}:" in got.json["messages"][0]["key"]}
    found = {
        "tasks": (sorted(made), [f"task:{key}" for key in keys]),
        "ids told": (len(told), 2),
        "rungs": (of.rows(f"select key, state from rungs where key like '%:{day}:%' order by key"), fired),
        "outbox": (of.rows(f"select distinct state from outbox where key like '%:{day}:%'"), [("confirmed",)]),
        "audit": (of.rows("select count(*) from audit where kind = 'contract_rungs'")[0][0] % 2, 0),
    }
    return [f"{what}: {is_}, not {wanted}" for what, (is_, wanted) in found.items() if is_ != wanted]


@pytest.mark.skipif(SCALE == 1, reason="tests/flows/test_contract_rungs.py stops the job where most can go wrong")
def test_a_rung_of_a_contract_fires_once_wherever_the_process_is_killed(desk: World, receiver: Receiver) -> None:
    """At every point that an undisturbed process passes, each time it is passed."""
    with Nursery() as nursery:
        assert nursery.run(order(desk, receiver, "sync")).code == COMPLETED
        day = next_review(desk)
        calm = nursery.run(order(desk, receiver, CONTRACT_STATES))
        finished(desk, nursery, receiver)
        assert problems(desk, receiver, day) == []
        points = [(point, nth) for point, times in sorted(calm.passed.items()) for nth in range(1, times + 1)]
        assert len(points) > 20
        for point, nth in points:
            day = next_review(desk)
            killed = nursery.run(order(desk, receiver, CONTRACT_STATES, point, nth))
            assert killed.code == KILLED, (point, nth)
            finished(desk, nursery, receiver)
            assert problems(desk, receiver, day) == [], (point, nth)
    desk.require_whole_chain()
