"""Some days of a service desk, in chapters: what people do, and the lane that runs afterwards.

The same in every world: what a worker that was killed leaves behind is compared with what an undisturbed one does.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crash.victims import Order
from flows.world import NOW, POLICIES, TOKEN, set_up, world
from hubspot_sla.ledger import database, packed_properties, verdicts
from proofs import people
from proofs.lanes import LANES
from proofs.wiring import virtual
from seeded import copied_portal

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable
    from pathlib import Path

    from flows.world import World

LADDERS = POLICIES.replace("    targets:", "    ladder: standard\n    targets:")
"""After a breach a task, later one for the lead with a note, later a higher priority: escalations.yaml as it ships."""
OTHERS = LADDERS.replace("resolution: 6h", "resolution: 3h").replace("HIGH: 1h", "HIGH: 20m")
TICKETS = 24
"""Several pages of the list and batches of writes, by the sizes of `victims.py`."""


@dataclass(frozen=True, slots=True)
class Chapter:
    """`happens` before `lane` runs."""

    name: str
    lane: str
    happens: Callable[[World], None]


def begun(folder: Path, *, marked: bool = True) -> World:
    """Set up, not synced; `marked` where the portal lets us make the markers of tasks and notes."""
    made = world(copied_portal(NOW, tickets=TICKETS), folder, LADDERS)
    if not marked:
        made.running.faults.add("definitions_refused")
    made.running.set_clock(NOW)
    with virtual(made.settings(), made.portal.clock.now_ms) as context:
        set_up(context)
    return made


def open_tickets(of: World) -> list[str]:
    return [id_ for id_ in of.portal.ids("tickets") if of.portal.read("tickets", id_).get("hs_is_closed") != "true"]


def _nothing(_of: World) -> None:
    """The portal as it is found."""


def _a_morning(of: World) -> None:
    for number in range(12):
        of.ticket(company=of.portal.ids("companies")[number % 20], hs_ticket_priority=people.PRIORITIES[number % 4])
    of.advance(hours=9, seconds=1)
    for id_ in open_tickets(of)[:20:3]:
        of.portal.send_agent_message(id_)
    for id_ in open_tickets(of)[:20:5]:
        of.change(id_, hs_pipeline="0", hs_pipeline_stage="4")


def _a_day_later(of: World) -> None:
    of.advance(hours=26, seconds=1)
    for id_ in open_tickets(of)[:12]:
        of.change(id_, hs_ticket_priority="URGENT")
    for id_ in open_tickets(of)[4:8]:
        of.change(id_, sla_status="", sla_tier="")


def _tidying_up(of: World) -> None:
    of.advance(hours=2, seconds=1)
    first, second, third, fourth, *_ = open_tickets(of)
    people.merge(of, first, second)
    of.portal.archive("tickets", third)
    of.portal.receive_customer_message(fourth)


def _a_new_customer(of: World) -> None:
    of.advance(hours=1, seconds=1)
    of.portal.update("companies", of.portal.ids("companies")[25], {"customer_tier": "gold"})
    of.portal.associate("tickets", open_tickets(of)[-1], "companies", of.portal.ids("companies")[1], primary=True)


def _a_night(of: World) -> None:
    for number in range(12):
        of.ticket(company=of.portal.ids("companies")[number], hs_ticket_priority=people.PRIORITIES[number % 4])
    of.advance(minutes=1)
    _work(of, "sync")
    of.advance(hours=11, seconds=1)


def _work(of: World, lane: str) -> None:
    with virtual(of.settings(), of.portal.clock.now_ms) as context:
        LANES[lane](context)


def _unseen(of: World) -> None:
    """Changes that the fast lane was not there to see, an hour ago."""
    for id_ in open_tickets(of)[6:9]:
        of.change(id_, hs_ticket_priority="HIGH")
    of.advance(minutes=70, seconds=1)
    with of.running.faults.during("search_lag", lag_s=9000):
        _work(of, "sync")
    of.advance(minutes=70, seconds=1)


def _other_promises(of: World) -> None:
    of.advance(minutes=5, seconds=1)
    of.edit("policies.yaml", lambda _: OTHERS)


STORY = (
    Chapter("first", "sync", _nothing),
    Chapter("morning", "sync", _a_morning),
    Chapter("day", "sync giving way", _a_day_later),
    Chapter("night", "watch", _a_night),
    Chapter("unseen", "slow lane", _unseen),
    Chapter("tidy", "sweep giving way", _tidying_up),
    Chapter("customer", "refresh", _a_new_customer),
    Chapter("mappings", "sync", _other_promises),
)


def order(of: World, lane: str, point: str = "", nth: int = 0) -> Order:
    now = of.portal.clock.now_ms()
    return Order(lane, of.running.url, TOKEN, str(of.folder), now, point, nth)


State = dict[str, object]


def end_state(of: World) -> State:
    """What HubSpot shows and what the ledger has come to, each value under a name of its own; not how often it took."""
    with database.open_for_reading(of.folder / "ledger.db") as ledger:
        found = ledger.db.execute("select record_id, inputs, written, open, gone, next_at from records")
        rows = {row["record_id"]: {**dict(row), **_parsed(row)} for row in found}
        kept = verdicts.load(ledger.db, "tickets", rows)
    context = {"shown": of.all_held(), "row": rows, "verdict": kept}
    found = {
        (what, id_, name): each[name] for what, all_ in context.items() for id_, each in all_.items() for name in each
    }
    return {**found, "tasks": of.task_keys(), "done": of.completed_task_keys(), "notes": of.note_keys()}


def differences(found: State, expected: State) -> list[str]:
    """One line for each value that is not as it should be."""
    names = sorted({*found, *expected}, key=str)
    return [
        f"{name}: {found.get(name)!r}, not {expected.get(name)!r}"
        for name in names
        if found.get(name) != expected.get(name)
    ]


def _parsed(row: sqlite3.Row) -> dict[str, object]:
    return {"inputs": json.loads(row["inputs"]), "written": packed_properties.unpacked(row["written"])}
