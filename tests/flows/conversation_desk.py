"""A desk at which the worker reads conversations, and what came of it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import orjson

from flows.world import NOW, TOKEN, world
from hubspot_sla.flows.context.context import wired
from hubspot_sla.flows.inspection.explain import explain
from hubspot_sla.flows.runs.sweep import sweep
from hubspot_sla.ledger import database
from hubspot_sla.plan.records import RecordRef
from seeded import copied_portal

if TYPE_CHECKING:
    from pathlib import Path

    from flows.world import World
    from hubspot_sla.flows.inspection.explain import Explanation
    from hubspot_sla.flows.inspection.messages_overview import MessagesOverview

AGENT, AI_AGENT, BOT = "A-60003001", "L-3200001", "B-3100001"
CONNECTED = "f240bbac-87c9-4f6e-bf70-924b57d47db7"
POLICIES = """\
policies:
  - id: support
    when: {pipeline: Support Pipeline}
    calendar: always
    targets: {first_response: 1h, next_response: 1h, update: 4h, resolution: 24h}
"""
MESSAGES = """\
messages:
  sources: [threads]
  outside_domains: [ours.example]
"""
EVERY_SOURCE = """\
messages:
  sources: [threads, emails, calls, notes]
  outside_domains: [ours.example]
"""


def desk_of(folder: Path, messages: str, policies: str = POLICIES) -> World:
    """Set up, synced once without tickets, two hours ago."""
    made = world(copied_portal(NOW, tickets=0), folder, policies)
    made.edit("portal.yaml", lambda text: text + messages)
    made.go_live()
    made.advance(hours=2)
    return made


def agent_of(desk: World) -> str:
    """The actor of a person who works here."""
    owner = min(desk.portal.owners.values(), key=lambda one: one.user_id)
    return f"A-{owner.user_id}"


def owner_of(desk: World) -> str:
    """The owner id of that person."""
    return min(desk.portal.owners.values(), key=lambda one: one.user_id).id


def verdicts(desk: World, ticket: str) -> dict[str, dict[str, Any]]:
    rows = desk.rows(f"select clock, body from verdicts where record_id = '{ticket}'")
    return {str(clock): orjson.loads(str(body)) for clock, body in rows}


def status(desk: World, ticket: str, clock: str = "first_response") -> str:
    return str(verdicts(desk, ticket)[clock]["status"])


def sweep_of(desk: World) -> None:
    with wired(desk.settings(TOKEN)) as context:
        sweep(context)


def calls_of(desk: World) -> list[str]:
    """The paths of the next sync."""
    before = len(desk.running.requests_since(0))
    desk.sync()
    return [request.path for request in desk.running.requests_since(0)[before:]]


def conversation(desk: World, *, age: int = 30) -> tuple[str, str]:
    """A ticket half an hour old, and its thread, in which the customer has written."""
    ticket = desk.ticket(age=timedelta(minutes=age))
    thread = desk.portal.start_thread(ticket, at=desk.now - timedelta(minutes=age))
    desk.write_message(thread, text="It is down.", at=desk.now - timedelta(minutes=age - 1))
    return ticket, thread


def log_activity(desk: World, ticket: str, kind: str, **properties: str) -> str:
    """An e-mail, call, note or meeting on a ticket, logged now."""
    id_ = desk.portal.create(kind, {"hs_timestamp": desk.now.isoformat(), **properties}, at=desk.now)
    desk.portal.associate("tickets", ticket, kind, id_, at=desk.now)
    return id_


def explained(desk: World, ticket: str) -> Explanation:
    with database.open_for_reading(desk.folder / "ledger.db") as ledger:
        return explain(ledger.db, RecordRef("tickets", ticket), int(desk.now.timestamp() * 1000))


def overview(desk: World, ticket: str) -> MessagesOverview:
    """The messages as `sla explain` shows them."""
    found = explained(desk, ticket).messages
    assert found is not None
    return found


def reasons(desk: World, ticket: str) -> list[str]:
    """Why those messages that do not count do not."""
    return [why for *_, why in overview(desk, ticket).rows() if why]


def is_exact(desk: World, ticket: str) -> bool:
    """Whether no clock of a ticket rests on a message that may have hidden others."""
    return not any(
        cycle.get("inferred")
        for verdict in verdicts(desk, ticket).values()
        for cycle in (verdict, *verdict.get("cycles", ()))
    )


def responders(desk: World, ticket: str) -> dict[str, object]:
    """Who answered first, by clock, as the outcomes say."""
    rows = desk.rows(f"select clock, first_responder_id from outcomes where record_id = '{ticket}'")
    return {str(clock): responder for clock, responder in rows}
