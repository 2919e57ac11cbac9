"""Logs to be replayed: folders of files as HubSpot answers, part of a real one or a portal written down."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import orjson

from hubspot_sandbox import conversation_json, json_views
from hubspot_sandbox.actors import actor_json
from hubspot_sandbox.conversations import messages_of, threads_of
from hubspot_sandbox.instants import to_ms
from hubspot_sandbox.object_types import COMPANIES, TICKETS
from hubspot_sandbox.portal_activities import LOGGED
from hubspot_sla.hubspot.activities import PROPERTIES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime
    from pathlib import Path

    from hubspot_sandbox.portal import Portal

TOLD = (
    "hs_pipeline",
    "hs_pipeline_stage",
    "hs_ticket_priority",
    "hubspot_owner_id",
    "hs_first_agent_message_sent_at",
    "first_agent_reply_date",
    "hs_last_message_received_at",
    "hs_last_message_sent_at",
)
"""The properties whose history is written down."""


def part_of(log: Path, folder: Path, wanted: Callable[[int, str, str], bool]) -> Path:
    """A folder with those tickets of a log of which `wanted` (number, created, last modified) says so."""
    folder.mkdir()
    for path in log.glob("*.json"):
        (folder / path.name).write_bytes(path.read_bytes())
    for path in log.glob("*.jsonl.gz"):
        with gzip.open(path, "rb") as whole, (folder / path.stem).open("wb") as part:
            part.writelines(line for number, line in enumerate(whole) if _is(orjson.loads(line), number, wanted))
    return folder


def every_twelfth(log: Path, folder: Path) -> Path:
    """A folder with the second ticket of a log, and every twelfth after it."""
    return part_of(log, folder, lambda number, _created, _modified: number % 12 == 1)


def _is(body: dict[str, str], number: int, wanted: Callable[[int, str, str], bool]) -> bool:
    return wanted(number, body["createdAt"], body["updatedAt"])


def written_down(portal: Portal, folder: Path, *, conversations_since: datetime | None = None) -> Path:
    """A portal as files: pipelines, owners, companies, and tickets with their histories. With `conversations_since` the
    tickets made since then, with their threads and what is logged on them."""
    folder.mkdir()
    with portal.current():
        _answer(folder / "pipelines.json", map(json_views.pipeline_json, portal.pipelines.values()))
        _answer(folder / "owners.json", map(json_views.owner_json, portal.owners.values()))
        named = json_views.selection(portal, COMPANIES, ["name", "customer_tier"], ["customer_tier"])
        companies = [json_views.record_json(portal, COMPANIES, one, named) for one in portal.table(COMPANIES)]
        _answer(folder / "companies.json", companies)
        told = json_views.selection(portal, TICKETS, ["subject", *TOLD], TOLD)
        tickets = [
            json_views.record_json(portal, TICKETS, one, told)
            | {"associations": json_views.associations_json(portal, TICKETS, one, [COMPANIES])}
            | (_conversations(portal, one.id) | _activities(portal, one.id) if conversations_since else {})
            for one in portal.table(TICKETS)
            if conversations_since is None or one.created_ms >= to_ms(conversations_since)
        ]
    (folder / "tickets.jsonl").write_bytes(b"\n".join(map(orjson.dumps, tickets)))
    return folder


def _conversations(portal: Portal, ticket_id: int) -> dict[str, object]:
    """The threads of a ticket with their entries, newest first, and those who wrote them."""
    threads, actors = [], set()
    for thread in threads_of(portal, ticket_id):
        entries = messages_of(portal, thread)[::-1]
        threads.append(
            conversation_json.thread_json(thread, with_ticket=True)
            | {"messages": [conversation_json.message_json(thread, entry) for entry in entries]}
        )
        actors |= {entry.author.actor for entry in entries} | {entry.assigned_to for entry in entries}
    known = [found for actor in sorted(actors) if (found := actor_json(portal, actor)) is not None]
    return {"threads": threads, "actors": known}


def _activities(portal: Portal, ticket_id: int) -> dict[str, object]:
    """What is logged on a ticket, as far as it is read."""
    logged: dict[str, object] = {}
    for kind in LOGGED:
        named = json_views.selection(portal, kind, PROPERTIES[kind.name])
        ids = sorted(portal.links.of(TICKETS, ticket_id, kind))
        rows = (json_views.record_json(portal, kind, portal.record(kind, id_), named) for id_ in ids)
        logged[kind.name] = [{key: row[key] for key in ("id", "createdAt", "properties")} for row in rows]
    return logged


def _answer(path: Path, results: Iterable[object]) -> None:
    path.write_bytes(orjson.dumps({"results": list(results)}))
