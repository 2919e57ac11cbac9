"""Mappings that a ledger holds mean for ever what they meant when they were loaded.

`grammars/NAME/` keeps one stored version of each former grammar: the files as they were, and in `meaning.json` what
tickets, calendars, tiers and ladders came to under them on the day they were kept. `first` is that of November 2026.
A meaning is never written anew to make a test pass: a difference is a verdict that would change under a customer.
"""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hubspot_sla.flows.inspection.evaluate import Evaluated, Evaluator, offline_portal_ids
from hubspot_sla.flows.inspection.instants import parse_instant
from hubspot_sla.flows.records.ticket_file import Row, row_of
from hubspot_sla.policy.grammars import CURRENT, FIRST, grammar_of_version, version_of
from hubspot_sla.policy.loader import load, read_texts

if TYPE_CHECKING:
    from hubspot_sla.policy.mappings import Mappings

GRAMMARS = Path(__file__).parent / "grammars"
VERSIONS = sorted(path.parent for path in GRAMMARS.glob("*/*/meaning.json"))
ENDPOINT_ROWS = '[{"company_id": "3", "tier": "silver"}]'
NOW = "2026-12-01T12:00:00Z"
CREATED = "2026-11-23T09:00:00Z"  # a Monday
ALWAYS_TOLD = ("first_response", "resolution")
"""Of any other clock it was not said, when the first were kept, that nothing is promised for it."""
LIVE = ("pending", "running", "paused", "at_risk", "breached")


NUMBERS = {"first": FIRST}


def stored(folder: Path) -> Mappings:
    """The mappings as the ledger would load them."""
    texts = read_texts(folder)
    if "https://contracts.example/tiers" in texts["tiers.yaml"]:
        texts["https://contracts.example/tiers"] = ENDPOINT_ROWS
    return load(texts, grammar=NUMBERS[folder.parent.name], later_rules=False)


def ticket(number: int, pipeline: str, stages: list[tuple[str, str]], **more: Any) -> bytes:
    properties = {"createdate": CREATED, "hs_pipeline": pipeline, "hs_pipeline_stage": stages[-1][1]}
    history = [{"value": stage, "timestamp": f"2026-11-{at}Z"} for at, stage in reversed(stages)]
    body = {
        "id": str(number),
        "properties": {**properties, **more.get("properties", {})},
        "propertiesWithHistory": {"hs_pipeline_stage": history, **more.get("history", {})},
        "associations": {
            "companies": {
                "results": [
                    {"id": id_, "type": "ticket_to_company", "properties": {"country": "DE", "employees": "200"}}
                    for id_ in more.get("companies", ())
                ]
            },
            "contacts": {"results": [{"id": "9", "type": "ticket_to_contact", "properties": more.get("contact", {})}]},
        },
        "updatedAt": "2026-11-30T12:00:00Z",
    }
    return json.dumps(body).encode()


def tickets(pipeline: str) -> list[bytes]:
    """Every kind of life: answered, waiting, closed, reopened, with the bank, changing its priority."""
    opened = ("23T09:00:00", "New")
    priorities = [
        {"value": "URGENT", "timestamp": "2026-11-24T09:00:00Z"},
        {"value": "LOW", "timestamp": CREATED},
    ]
    everything = {
        "hs_ticket_priority": "HIGH",
        "hubspot_owner_id": "5566",
        "hubspot_team_id": "401",
        "source_type": "EMAIL",
        "hs_ticket_category": "BILLING_ISSUE",
        "impact": "3",
        "go_live_on": "2026-07-01",
        "size": "4",
    }
    lives: list[tuple[list[tuple[str, str]], dict[str, Any]]] = [
        ([opened], {}),
        ([opened], {"properties": {"hs_ticket_priority": "HIGH"}, "companies": ["1"]}),
        ([opened], {"properties": everything, "companies": ["2"], "contact": {"role": "CEO"}}),
        ([opened], {"properties": {"hs_ticket_priority": "total"}}),
        ([opened], {"properties": {"hs_ticket_priority": "property"}}),
        ([opened], {"properties": {"hs_ticket_priority": "URGENT"}, "history": {"hs_ticket_priority": priorities}}),
        ([opened, ("24T09:00:00", "Waiting on contact"), ("25T09:00:00", "Waiting on us")], {"companies": ["1"]}),
        ([opened, ("24T09:00:00", "With the bank"), ("26T10:00:00", "L2")], {"companies": ["2"]}),
        ([opened, ("23T12:00:00", "Closed"), ("25T12:00:00", "New")], {"companies": ["3"]}),
        ([opened, ("23T12:00:00", "Closed")], {"contact": {"vip_level": "gold"}}),
    ]
    return [ticket(number, pipeline, stages, **more) for number, (stages, more) in enumerate(lives)]


def of_verdicts(evaluated: Evaluated) -> dict[str, Any]:
    """The tier, and of each clock what the mappings decide: who promises it, and until when where it still runs."""
    body: dict[str, Any] = json.loads(json.dumps(evaluated.as_json()))
    clocks = {key: _of_clock(clock) for key, clock in sorted(body["metrics"].items())}
    told = {key: clock for key, clock in clocks.items() if clock[0] != "no_sla" or key in ALWAYS_TOLD}
    return {"tier": body["tier"]["tier"], **told}


def _of_clock(clock: dict[str, Any]) -> list[str | None]:
    due_at = clock.get("due_at") if clock["status"] in LIVE else None
    return [clock["status"], clock.get("policy"), clock.get("calendar"), due_at]


def meaning(mappings: Mappings) -> dict[str, Any]:
    """What these mappings come to, in words that do not depend on how they are compiled."""
    portal_ids = offline_portal_ids(mappings, None)
    evaluator = Evaluator(mappings, portal_ids, parse_instant("--now", NOW), {}, {})
    verdicts = {}
    for pipeline in mappings.portal.stages:
        for line in tickets(pipeline):
            row = row_of(1, line)
            assert isinstance(row, Row)
            evaluated = evaluator.of(row)
            assert isinstance(evaluated, Evaluated)
            verdicts[f"{pipeline} {row.ticket.id}"] = of_verdicts(evaluated)
    return {
        "verdicts": verdicts,
        "calendars": {name: _open_hours(mappings, name) for name in sorted(mappings.calendars)},
        "ladders": {
            name: [
                [rung.name, rung.level, rung.mark.side.value, rung.mark.times, len(rung.actions)]
                for rung in ladder.rungs
            ]
            for name, ladder in sorted(mappings.policy_set.escalations.ladders.items())
        },
    }


def _open_hours(mappings: Mappings, name: str) -> list[float]:
    """Of each month of 2026."""
    starts = [parse_instant("--now", f"{2026 + month // 12}-{month % 12 + 1:02}-01T00:00:00Z") for month in range(13)]
    calendar = mappings.calendars[name]
    return [calendar.elapsed(start, end) / 3_600_000 for start, end in pairwise(starts)]


def _told_then(now: dict[str, Any], then: dict[str, Any]) -> dict[str, Any]:
    """Without the clocks of which nothing was said on that day, because their target comes to nothing."""
    return {clock: told for clock, told in now.items() if clock in then or told[0] != "no_sla"}


@pytest.mark.parametrize("folder", VERSIONS, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_a_stored_version_means_what_it_meant_on_its_day(folder: Path) -> None:
    then = json.loads((folder / "meaning.json").read_text(encoding="utf-8"))
    now = meaning(stored(folder))
    now["verdicts"] = {
        ticket: _told_then(now["verdicts"][ticket], then["verdicts"][ticket]) for ticket in then["verdicts"]
    }
    assert now == then


def test_each_former_grammar_is_kept_with_the_starter_set_and_with_every_word() -> None:
    assert {path.name for path in VERSIONS if path.parent.name == "first"} == {"starter", "whole"}
    assert NUMBERS.keys() == {path.parent.name for path in VERSIONS}
    assert sorted(NUMBERS.values()) == list(range(FIRST, CURRENT))


def test_the_version_says_by_which_grammar_mappings_are_read() -> None:
    texts = read_texts(GRAMMARS / "first/starter")
    assert version_of(texts, FIRST).startswith("sha256:")
    assert version_of(texts) == f"g{CURRENT}:{version_of(texts, FIRST)}"
    assert [grammar_of_version(version_of(texts, number)) for number in (FIRST, CURRENT)] == [FIRST, CURRENT]
