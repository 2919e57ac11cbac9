"""Generated tickets of a desk with everything that mappings can look at, as lines of a file in HubSpot's shapes.

They move through the stages of two pipelines, wait, are closed, reopened and merged; priorities, owners, teams and
properties change; customers' tiers do; and people, bots and the AI agent write in their conversations.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING, Any, Final

from proofs.conversations import Conversation, conversation, rows, wire

if TYPE_CHECKING:
    from collections.abc import Iterator

UNTIL: Final = 14_400.0
"""The last instant at which something happens, in minutes after the beginning of `proofs.conversations`."""
PIPELINES: Final = {"0": ("1", "2", "3", "4", "5"), "9": ("91", "92", "93", "94")}
VALUES: Final[dict[str, tuple[str, ...]]] = {
    "hs_ticket_priority": ("", "LOW", "MEDIUM", "HIGH", "URGENT"),
    "hubspot_owner_id": ("", "7", "8"),
    "hubspot_team_id": ("", "401", "402"),
    "source_type": ("EMAIL", "CHAT", "PHONE"),
    "hs_ticket_category": ("", "BILLING_ISSUE", "FEATURE_REQUEST;BILLING_ISSUE", "FYI"),
    "close_reason": ("", "", "", "SPAM", "DUPLICATE", "DONE"),
    "excused": ("", "", "", "", "storm"),
    "region": ("", "north", "south"),
    "impact": ("", "1", "2", "3"),
    "urgency": ("", "HIGH", "LOW"),
    "blocked": ("", "true", "false"),
    "hours_promised": ("", "2", "30", "odd"),
    "planned_at": (wire(500), wire(3000), ""),
}
TIERS: Final = ("", "gold", "silver", "bronze", "platinum")
COUNTRIES: Final = ("", "DE", "US", "FR")


def lineage(seed: int) -> list[dict[str, Any]]:
    """The tickets of one conversation, always the same for the same seed: the survivor, then those merged into it."""
    random = Random(seed)  # noqa: S311 - a story, no secret
    made = _moved(conversation(random), float(random.randrange(0, 9 * 1440)))
    tickets = rows(made)
    names = {ticket["id"]: f"{seed}{ticket['id']}" for ticket in tickets}
    for ticket, created in zip(tickets, made.tickets, strict=True):
        ticket["id"] = names[ticket["id"]]
        merged = ticket["properties"].get("hs_merged_object_ids")
        if merged:
            ticket["properties"]["hs_merged_object_ids"] = ";".join(names[id_] for id_ in merged.split(";"))
        _live(ticket, created, random)
    return tickets


def _moved(made: Conversation, later: float) -> Conversation:
    """The same conversation, so many minutes later."""
    said = [replace(one, at=one.at + later) for one in made.said]
    escalated_at = None if made.escalated_at is None else made.escalated_at + later
    return Conversation([at + later for at in made.tickets], said, made.of_ticket, escalated_at)


def _live(ticket: dict[str, Any], created: float, random: Random) -> None:
    properties, history = ticket["properties"], ticket["propertiesWithHistory"]
    for name, versions in _histories(created, random).items():
        properties[name] = versions[0][1]
        history[name] = [{"value": value, "timestamp": wire(at), "sourceType": "CRM_UI"} for at, value in versions]
    newest = max(version["timestamp"] for versions in history.values() for version in versions)
    ticket["updatedAt"] = max(newest, ticket["updatedAt"])
    answers = [wire(at) for at in _instants(created, random, 2)]
    if answers:
        properties["hs_first_agent_message_sent_at"], properties["hs_last_message_sent_at"] = answers[0], answers[-1]
    ticket["associations"] = {
        "companies": {"results": [_company(random, place) for place in range(random.choice((0, 1, 1, 2)))]},
        "contacts": {"results": [_contact(random) for _ in range(random.choice((0, 1)))]},
    }


def _histories(created: float, random: Random) -> dict[str, list[tuple[float, str]]]:
    """By property (instant, value), the newest first."""
    pipeline = random.choice(("0", "0", "0", "9"))
    stages = [(created, PIPELINES[pipeline][0])]
    pipelines = [(created, pipeline)]
    for at in _instants(created, random, 6):
        if random.random() < 0.08:
            pipeline = "9" if pipeline == "0" else "0"
            pipelines.append((at, pipeline))
        stages.append((at, random.choice(PIPELINES[pipeline])))
    histories = {"hs_pipeline": pipelines, "hs_pipeline_stage": stages}
    for name, values in VALUES.items():
        if random.random() < 0.7:
            later = [(at, random.choice(values)) for at in _instants(created, random, 2)]
            histories[name] = [(created, random.choice(values)), *later]
    return {name: versions[::-1] for name, versions in histories.items()}


def _instants(created: float, random: Random, most: int) -> Iterator[float]:
    """In order, of minutes or of days; no two the same."""
    at = created
    for _ in range(random.randrange(most + 1)):
        at = round(at + random.choice((0.1, 5.0, 33.0, 130.0, 470.0, 1440.0, 2900.0)), 1)
        if at < UNTIL:
            yield at


def _company(random: Random, place: int) -> dict[str, Any]:
    tiers = [random.choice(TIERS) for _ in range(random.choice((1, 1, 2)))]
    versions = [
        {"value": tier, "timestamp": wire(at), "sourceType": "CRM_UI"}
        for tier, at in zip(tiers, (4000.0, -9000.0)[-len(tiers) :], strict=True)
    ]
    return {
        "id": str(random.randrange(21, 29)),
        "type": "ticket_to_company" if place == 0 else "ticket_to_company_unlabeled",
        "properties": {"customer_tier": tiers[0], "country": random.choice(COUNTRIES)},
        "propertiesWithHistory": {"customer_tier": versions},
        "updatedAt": wire(4000),
    }


def _contact(random: Random) -> dict[str, Any]:
    properties = {"vip_level": random.choice(TIERS[:3]), "role": random.choice(("CEO", "CTO", ""))}
    return {"id": str(random.randrange(51, 59)), "properties": properties, "updatedAt": wire(0)}
