"""Generated conversations, told twice: to the worker in HubSpot's shapes, to the oracle in plain words.

A conversation has people, a bot, the AI agent, an integration and customers writing into several threads, comments,
assignments, automatic messages, replies from outside the help desk, calls, notes, meetings and logged e-mails; some of
its tickets were merged.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from hubspot_sla.hubspot.wire_time import to_wire

if TYPE_CHECKING:
    from random import Random

BEGAN = datetime(2026, 11, 23, 8, tzinfo=UTC)
MINUTE = 60_000
PEOPLE = ("A-101", "A-102")
AUTHORS = (*PEOPLE, "A-101", "L-1", "L-1", "B-1", "I-1", "S-1", "V-1", "V-1", "V-2", "E-ann@customer.example", "X-9")
TYPES = {"A": "AGENT", "L": "LLM", "B": "BOT", "I": "INTEGRATOR", "S": "SYSTEM", "V": "VISITOR", "E": "EMAIL"}
AT_HOME = "bob@ours.example"
"""A colleague who answers from a mailbox that is not the help desk's."""
MARKER = "[automatic reply]"
ACTIVITIES = ("email", "call", "note", "meeting")
CONNECTED = "f240bbac-87c9-4f6e-bf70-924b57d47db7"


@dataclass(frozen=True)
class Said:
    """One thing that happened: `at` in minutes after the beginning, `what` in HubSpot's words or `call`, `note`,
    `email`, `meeting`."""

    number: int
    at: float
    what: str
    author: str = ""
    incoming: bool = False
    thread: int = 0
    automatic: bool = False
    from_home: bool = False
    failed: bool = False
    typed: bool = True
    assigned_to: str = ""
    connected: bool = True
    deleted: bool = False
    forwarded: bool = False


@dataclass
class Conversation:
    """`tickets` are the minutes at which each was created: the first survives, the others were merged into it.
    `of_ticket` says on which of them each thing happened."""

    tickets: list[float]
    said: list[Said] = field(default_factory=list)
    of_ticket: list[int] = field(default_factory=list)
    escalated_at: float | None = None


def conversation(random: Random) -> Conversation:
    """One that a random generator makes up."""
    tickets = [float(random.randrange(0, 40)) for _ in range(random.choice((1, 1, 1, 2, 3)))]
    made = Conversation(tickets)
    at = float(random.randrange(-5, 30))
    for number in range(random.randrange(0, 16)):
        at = round(at + random.choice((0.0, 0.1, 0.5, 1.0, 2.0, 7.0, 31.0)), 1)  # no two instants within a millisecond
        ticket = random.randrange(len(tickets))
        made.said.append(_said(random, number, at, ticket))
        made.of_ticket.append(ticket)
    if random.random() < 0.15:
        made.escalated_at = float(random.randrange(0, 90))
    return made


def _said(random: Random, number: int, at: float, ticket: int) -> Said:
    what = random.choices(
        (
            "MESSAGE",
            "COMMENT",
            "ASSIGNMENT",
            "THREAD_STATUS_CHANGE",
            "WELCOME_MESSAGE",
            "call",
            "note",
            "meeting",
            "email",
        ),
        (12, 2, 3, 1, 1, 1, 1, 1, 2),
    )[0]
    author = random.choice(AUTHORS)
    incoming = author[0] in "VE" or (author[0] in "IX" and random.random() < 0.5)
    if what == "email":
        author, incoming = ("", False) if random.random() < 0.5 else ("E-ann@customer.example", True)
    return Said(
        number=number,
        at=at,
        what=what,
        author=author,
        incoming=incoming,
        thread=10 * ticket + random.randrange(2),
        automatic=what in ("MESSAGE", "email") and random.random() < 0.1,
        from_home=what == "MESSAGE" and author[0] in "VE" and random.random() < 0.15,
        failed=what in ("MESSAGE", "email") and random.random() < 0.07,
        typed=random.random() < 0.7,
        assigned_to=random.choice(("", "A-101", "A-102", "L-1", "B-1")) if what == "ASSIGNMENT" else "",
        connected=random.random() < 0.6,
        deleted=what == "MESSAGE" and random.random() < 0.04,
        forwarded=what == "email" and random.random() < 0.1,
    )


def wire(minutes: float) -> str:
    """An instant as HubSpot writes it."""
    return to_wire(ms(minutes))


def ms(minutes: float) -> int:
    """Epoch ms of so many minutes after the beginning."""
    return int((BEGAN + timedelta(minutes=minutes)).timestamp() * 1000)


def rows(made: Conversation) -> list[dict[str, Any]]:
    """The tickets as lines of a file, in HubSpot's shapes: the survivor first."""
    tickets = [_ticket(made, place, created) for place, created in enumerate(made.tickets)]
    for said, place in zip(made.said, made.of_ticket, strict=True):
        _add(tickets[place], said)
    return tickets


def _ticket(made: Conversation, place: int, created: float) -> dict[str, Any]:
    oldest = min(made.tickets) if place == 0 else created
    properties = {"createdate": wire(oldest), "hs_pipeline": "0", "hs_pipeline_stage": "1"}
    if place == 0 and len(made.tickets) > 1:
        properties["hs_merged_object_ids"] = ";".join(str(100 + other) for other in range(1, len(made.tickets)))
    if place == 0 and made.escalated_at is not None:
        properties["hs_customer_agent_escalated_time"] = wire(made.escalated_at)
    history = [{"value": "1", "timestamp": wire(created), "sourceType": "CRM_UI"}]
    actors = [{"id": id_, "type": TYPES[id_[0]]} for id_ in dict.fromkeys(AUTHORS) if id_[0] in TYPES]
    return {
        "id": str(100 + place),
        "properties": properties,
        "propertiesWithHistory": {"hs_pipeline_stage": history},
        "updatedAt": wire(created),
        "threads": [],
        "actors": actors,
        "emails": [],
        "calls": [],
        "notes": [],
        "meetings": [],
    }


def _add(ticket: dict[str, Any], said: Said) -> None:
    if said.what in ACTIVITIES:
        ticket[f"{said.what}s"].append({"id": str(said.number), "properties": _activity(said)})
        return
    thread = next((one for one in ticket["threads"] if one["id"] == str(said.thread)), None)
    if thread is None:
        thread = {"id": str(said.thread), "messages": []}
        ticket["threads"].append(thread)
    thread["messages"].insert(0, _message(said))


def _message(said: Said) -> dict[str, Any]:
    address = AT_HOME if said.from_home else "ann@customer.example"
    message: dict[str, Any] = {
        "id": f"m{said.number:04}",
        "type": said.what,
        "createdAt": wire(said.at),
        "createdBy": said.author,
        "client": {"clientType": "HUBSPOT" if said.typed else "INTEGRATION"},
        "senders": [{"actorId": said.author, "deliveryIdentifier": {"type": "HS_EMAIL_ADDRESS", "value": address}}],
        "archived": said.deleted,
    }
    if said.what == "MESSAGE":
        message |= {
            "direction": "INCOMING" if said.incoming else "OUTGOING",
            "status": {"statusType": "FAILED" if said.failed else "SENT"},
            "text": f"{MARKER} I am out" if said.automatic else "Hello",
            "channelId": "1002",
        }
    if said.what == "ASSIGNMENT":
        message |= {"senders": [], **({"assignedTo": said.assigned_to} if said.assigned_to else {})}
    return message


def _activity(said: Said) -> dict[str, str]:
    properties = {"hs_timestamp": wire(said.at)}
    if said.what == "email":
        direction = "INCOMING_EMAIL" if said.incoming else "EMAIL"
        properties["hs_email_direction"] = "FORWARDED_EMAIL" if said.forwarded else direction
        properties["hs_email_status"] = "BOUNCED" if said.failed else "SENT"
        properties["hs_email_subject"] = MARKER if said.automatic else "Re: printer"
        properties |= {} if said.incoming else {"hubspot_owner_id": "7"}
    if said.what == "call":
        properties |= {"hubspot_owner_id": "7", "hs_call_disposition": CONNECTED if said.connected else "busy"}
    if said.what == "meeting":
        properties |= {"hubspot_owner_id": "7", "hs_meeting_outcome": "COMPLETED" if said.connected else "NO_SHOW"}
    if said.what == "note":
        properties |= {"hubspot_owner_id": "7"} if said.typed else {"hs_object_source": "INTEGRATION"}
    return properties
