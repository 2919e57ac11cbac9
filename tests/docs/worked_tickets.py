"""Tickets worked by hand: blocks of YAML as in docs/reference/contract-language.md, what happened to a ticket, and what
its clocks say a moment later. Instants are in Berlin time."""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from hubspot_sla.flows.inspection.evaluate import Evaluated, Evaluator, offline_portal_ids
from hubspot_sla.flows.inspection.instants import parse_instant
from hubspot_sla.flows.records.ticket_file import Row, row_of
from hubspot_sla.policy.loader import load

if TYPE_CHECKING:
    from hubspot_sla.policy.mappings import Mappings

TEXT = (Path(__file__).parents[2] / "docs/reference/contract-language.md").read_text(encoding="utf-8")
SHARED = re.findall(r"```yaml\n(.*?)```", TEXT[: TEXT.index("## Response")], re.DOTALL)
"""The portal, the calendars and the tiers that all blocks share."""
BERLIN = ZoneInfo("Europe/Berlin")
FILES = {
    "pipelines": "portal",
    "calendars": "calendars",
    "ranks": "tiers",
    "sources": "tiers",
    "closing": "portal",
    "metrics": "policies",
    "policies": "policies",
    **dict.fromkeys(("leads", "channels", "ladders"), "escalations"),
}
"""Which file a top-level key belongs to."""


def by_file(block: str) -> dict[str, str]:
    """The text of each file that a block stands for."""
    texts: dict[str, str] = {}
    for part in re.split(r"^(?=\w+:)", block, flags=re.MULTILINE):
        if part.strip():
            name = FILES[part.partition(":")[0]]
            texts[name] = texts.get(name, "") + part
    return texts


def mappings_of(block: str) -> Mappings:
    texts = {name: text for shared in SHARED for name, text in by_file(shared).items()}
    for name, text in by_file(block).items():
        own = text.partition("\n")[2] if name == "calendars" else text
        texts[name] = texts[name] + own if name in ("calendars", "portal") else own
    return load({f"{name}.yaml": text for name, text in texts.items()})


def instant(text: str) -> str:
    """`2026-11-23 10:00` in Berlin, as HubSpot writes it."""
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=BERLIN).isoformat()


class Ticket:
    """What an example says of a ticket: `2026-11-23 10:00 New; priority=HIGH; 2026-11-23 11:00 reply`."""

    def __init__(self, told: str) -> None:
        self.history: dict[str, list[dict[str, str]]] = {}
        self.company: dict[str, str] = {}
        self.contact: dict[str, str] = {}
        first, *facts = told.split(";")
        self.created_at = self.now = instant(first[:16])
        self.happened(self.created_at, first[16:].strip())
        for fact in facts:
            dated = re.match(r"\s*(\d{4}-\d\d-\d\d \d\d:\d\d) (.*)", fact)
            if dated:
                self.now = instant(dated[1])
            self.happened(self.now if dated else self.created_at, (dated[2] if dated else fact).strip())

    def happened(self, at: str, what: str) -> None:
        name, equals, value = what.partition("=")
        match what:
            case "owner":
                self.changed("hubspot_owner_id", at, "5")
            case "reply":
                self.changed("hs_last_message_sent_at", at, at)
                if "hs_first_agent_message_sent_at" not in self.history:
                    self.changed("hs_first_agent_message_sent_at", at, at)
            case "customer":
                self.changed("hs_last_message_received_at", at, at)
            case "note":
                return
            case _ if name.startswith("company."):
                self.company[name.removeprefix("company.")] = value
            case _ if name.startswith("contact."):
                self.contact[name.removeprefix("contact.")] = value
            case _ if equals:
                self.changed("hs_ticket_priority" if name == "priority" else name, at, value)
            case _:
                self.changed("hs_pipeline_stage", at, what)

    def changed(self, name: str, at: str, value: str) -> None:
        self.history.setdefault(name, []).insert(0, {"value": value, "timestamp": at})

    def row(self) -> Row:
        links = [("companies", "ticket_to_company", self.company), ("contacts", "ticket_to_contact", self.contact)]
        body = {
            "id": "1",
            "properties": {
                "createdate": self.created_at,
                "hs_pipeline": "Support",
                **{name: changes[0]["value"] for name, changes in self.history.items()},
            },
            "propertiesWithHistory": self.history,
            "associations": {
                name: {"results": [{"id": "7", "type": type_, "properties": properties}]}
                for name, type_, properties in links
            },
        }
        row = row_of(1, json.dumps(body).encode())
        assert isinstance(row, Row)
        return row


def judged(mappings: Mappings, ticket: Ticket) -> dict[str, Any]:
    """What its clocks say a moment after the last thing that happened, by key."""
    now = parse_instant("--now", ticket.now) + 1
    evaluator = Evaluator(mappings, offline_portal_ids(mappings, None), now, {}, {})
    evaluated = evaluator.of(ticket.row())
    assert isinstance(evaluated, Evaluated), evaluated
    found: dict[str, Any] = json.loads(json.dumps(evaluated.as_json()))["metrics"]
    return found


def worked_in(block: str) -> list[tuple[str, str]]:
    """What happened to each ticket of a block, and what is said of its clocks."""
    return re.findall(r"^# (.*) => (.*)$", block, re.MULTILINE)


def assert_says(found: dict[str, Any], expected: str) -> None:
    """`first_response met, resolution due 2026-11-23 14:00`."""
    for assertion in expected.split(", "):
        due = re.fullmatch(r"(.*) due (\d{4}-\d\d-\d\d \d\d:\d\d)", assertion)
        if due:
            at = found[due[1]].get("due_at")
            shown = at and datetime.fromisoformat(at).astimezone(BERLIN).strftime("%Y-%m-%d %H:%M")
            assert (shown, found[due[1]]["status"] in ("met", "missed")) == (due[2], False), found[due[1]]
        else:
            key, _, status = assertion.rpartition(" ")
            assert found[key]["status"] == status, found[key]
