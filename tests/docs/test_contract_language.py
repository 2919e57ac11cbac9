"""docs/reference/contract-language.md: every block loads and fulfils its schema, and its worked tickets come out so."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from hubspot_sla.flows.inspection.evaluate import Evaluated, Evaluator, offline_portal_ids
from hubspot_sla.flows.inspection.instants import parse_instant
from hubspot_sla.flows.records.ticket_file import Row, row_of
from hubspot_sla.policy.json_schema import schema_of
from hubspot_sla.policy.loader import load

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubspot_sla.policy.mappings import Mappings

TEXT = (Path(__file__).parents[2] / "docs/reference/contract-language.md").read_text(encoding="utf-8")
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


@dataclass(frozen=True)
class Clause:
    number: int
    words: str
    block: str


def clauses() -> list[Clause]:
    found = re.findall(r"^\*\*(\d+)\.\*\* (.*?)\n\n```yaml\n(.*?)```", TEXT, re.DOTALL | re.MULTILINE)
    return [Clause(int(number), words, block) for number, words, block in found]


CLAUSES = clauses()
SHARED = re.findall(r"```yaml\n(.*?)```", TEXT[: TEXT.index("## Response")], re.DOTALL)


def by_file(block: str) -> dict[str, str]:
    """The text of each file that a block stands for."""
    texts: dict[str, str] = {}
    for part in re.split(r"^(?=\w+:)", block, flags=re.MULTILINE):
        if part.strip():
            name = FILES[part.partition(":")[0]]
            texts[name] = texts.get(name, "") + part
    return texts


def mappings_of(clause: Clause) -> Mappings:
    texts = {name: text for block in SHARED for name, text in by_file(block).items()}
    for name, text in by_file(clause.block).items():
        own = text.partition("\n")[2] if name == "calendars" else text
        texts[name] = texts[name] + own if name in ("calendars", "portal") else own
    return load({f"{name}.yaml": text for name, text in texts.items()})


@cache
def validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(schema_of(name))


def as_an_editor_reads_it(value: object) -> object:
    """YAML 1.2 knows no dates: they are text."""
    if isinstance(value, dict):
        return {str(key): as_an_editor_reads_it(one) for key, one in value.items()}
    if isinstance(value, list):
        return [as_an_editor_reads_it(one) for one in value]
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


# tickets


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


def examples() -> Iterator[tuple[Clause, str, str]]:
    for clause in CLAUSES:
        for told, expected in re.findall(r"^# (.*) => (.*)$", clause.block, re.MULTILINE):
            yield clause, told, expected


EXAMPLES = list(examples())


@pytest.mark.parametrize("clause", CLAUSES, ids=lambda clause: str(clause.number))
def test_every_clause_loads_and_fulfils_its_schema(clause: Clause) -> None:
    assert mappings_of(clause).policy_set.policies
    for name, text in by_file(clause.block).items():
        whole = text if name != "portal" else "".join(by_file(block).get("portal", "") for block in SHARED) + text
        content = as_an_editor_reads_it(YAML(typ="safe", pure=True).load(whole))
        assert [error.message for error in validator(name).iter_errors(content)] == []


@pytest.mark.parametrize(
    ("clause", "told", "expected"),
    EXAMPLES,
    ids=[f"{clause.number}-{place}" for place, (clause, _, _) in enumerate(EXAMPLES)],
)
def test_every_worked_ticket_comes_out_as_the_document_says(clause: Clause, told: str, expected: str) -> None:
    found = judged(mappings_of(clause), Ticket(told))
    for assertion in expected.split(", "):
        due = re.fullmatch(r"(.*) due (\d{4}-\d\d-\d\d \d\d:\d\d)", assertion)
        if due:
            at = found[due[1]].get("due_at")
            shown = at and datetime.fromisoformat(at).astimezone(BERLIN).strftime("%Y-%m-%d %H:%M")
            assert (shown, found[due[1]]["status"] in ("met", "missed")) == (due[2], False), found[due[1]]
        else:
            key, _, status = assertion.rpartition(" ")
            assert found[key]["status"] == status, found[key]


def test_there_are_a_hundred_clauses_and_most_have_a_worked_ticket() -> None:
    numbers = [int(number) for number in re.findall(r"^\*\*(\d+)\.\*\*", TEXT, re.MULTILINE)]
    assert numbers == [clause.number for clause in CLAUSES] == list(range(1, len(CLAUSES) + 1))
    assert len(CLAUSES) >= 100
    assert len({clause.number for clause, _, _ in EXAMPLES}) == len(CLAUSES)
