"""Replay: a log is served as it was at the sandbox's instant, and goes on as the clock moves."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests

from hubspot_sandbox.instants import to_wire
from hubspot_sandbox.load import load_portal
from hubspot_sandbox.server import serve
from proof import SCALE
from proofs.logs import every_twelfth

INCIDENTS = Path(__file__).parents[3] / "shared/data/incidents"
PIPELINES = {
    "results": [
        {
            "id": "9",
            "label": "Work",
            "stages": [
                {"id": "91", "label": "New", "metadata": {"ticketState": "OPEN"}},
                {"id": "92", "label": "Done", "metadata": {"ticketState": "CLOSED"}},
            ],
        }
    ]
}
OWNERS = {"results": [{"id": "7", "teams": [{"id": "70", "name": "Seven"}]}]}


def _at(day: int, hour: int = 8) -> datetime:
    return datetime(2026, 1, day, hour, tzinfo=UTC)


def _past(*pairs: tuple[str, datetime]) -> list[dict[str, str]]:
    """A history, newest first as HubSpot answers it, from the oldest on."""
    return [{"value": value, "timestamp": at.isoformat(), "sourceType": "CRM_UI"} for value, at in pairs][::-1]


ONE = {
    "id": "45",
    "properties": {
        "subject": "Printer",
        "createdate": "2026-01-05T08:00:00Z",
        "hs_lastmodifieddate": "2026-01-09T08:00:00Z",
        "hs_pipeline": "9",
        "hs_pipeline_stage": "92",
        "hs_is_closed": "true",
        "closed_date": "2026-01-08T09:00:00Z",
        "hs_first_agent_message_sent_at": "2026-01-06T12:00:00Z",
    },
    "propertiesWithHistory": {
        "hs_pipeline_stage": _past(("91", _at(5)), ("92", _at(6)), ("91", _at(7)), ("92", _at(8))),
        "hs_ticket_priority": _past(("LOW", _at(5)), ("HIGH", _at(7, 12))),
        "hubspot_owner_id": _past(("7", _at(6, 9)), ("", _at(7, 9))),
    },
    "associations": {"companies": {"results": [{"id": "3", "type": "ticket_to_company"}]}},
}
OTHER = {
    "id": "50",
    "properties": {"subject": "Later", "createdate": "2026-01-07T08:00:00Z", "hs_pipeline": "9"},
    "propertiesWithHistory": {"hs_pipeline_stage": _past(("91", _at(7)))},
}


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    (tmp_path / "pipelines.json").write_text(json.dumps(PIPELINES))
    (tmp_path / "owners.json").write_text(json.dumps(OWNERS))
    (tmp_path / "companies.json").write_text('{"results": [{"id": "3", "properties": {"name": "Three"}}]}')
    (tmp_path / "tickets.jsonl").write_text(f"{json.dumps(ONE)}\n{json.dumps(OTHER)}\n")
    return tmp_path


def _replayed(directory, now):
    portal = load_portal(directory, now, replay=True)
    portal.clock.freeze()
    portal.clock.set(now)
    return portal


def test_a_log_is_served_as_it_was_at_the_instant(directory) -> None:
    portal = _replayed(directory, _at(6, 10))
    assert portal.ids("tickets") == ["45"]
    values = portal.read("tickets", "45")
    assert (values["hs_pipeline_stage"], values["hs_is_closed"], values["closed_date"]) == (
        "92",
        "true",
        "2026-01-06T08:00:00Z",
    )
    assert (values["hubspot_owner_id"], values["hubspot_team_id"]) == ("7", "70")
    assert values["hs_lastmodifieddate"] == "2026-01-06T09:00:00Z"
    assert values["hs_ticket_priority"] == "LOW"
    assert "hs_first_agent_message_sent_at" not in values
    assert [ticket.value for ticket in portal.history("tickets", "45", "hs_pipeline_stage")] == ["92", "91"]


def test_a_ticket_that_is_not_made_yet_is_not_there(directory, talk) -> None:
    with serve(_replayed(directory, _at(6)), token="t", enforce_limits=False) as running:
        http = talk(running, "t")
        assert http.get("/crm/v3/objects/tickets/50").status_code == 404
        made = http.post("/crm/v3/objects/tickets", {"properties": {"subject": "Ours", "hs_pipeline_stage": "91"}})
        assert int(made.json()["id"]) > 50
        running.set_clock(_at(7))
        assert http.get("/crm/v3/objects/tickets/50").json()["createdAt"] == "2026-01-07T08:00:00Z"


def test_moving_the_clock_brings_the_changes_with_their_own_instants(directory) -> None:
    portal = _replayed(directory, _at(5))
    portal.clock.set(_at(7, 10))
    values = portal.read("tickets", "45")
    assert (values["hs_is_closed"], values["hs_ticket_reopened_at"]) == ("false", "2026-01-07T08:00:00Z")
    assert values["hs_last_closed_date"] == "2026-01-06T08:00:00Z"
    assert "closed_date" not in values
    assert "hubspot_owner_id" not in values
    assert values["hs_first_agent_message_sent_at"] == "2026-01-06T12:00:00Z"
    assert values["hs_lastmodifieddate"] == "2026-01-07T09:00:00Z"
    times = [to_wire(ticket.at_ms) for ticket in portal.history("tickets", "45", "hubspot_owner_id")]
    assert times == ["2026-01-07T09:00:00Z", "2026-01-06T09:00:00Z"]


def test_a_message_comes_without_a_bump_of_the_modification_time(directory) -> None:
    portal = _replayed(directory, _at(6, 10))
    before = portal.read("tickets", "45")["hs_lastmodifieddate"]
    portal.clock.set(_at(6, 13))
    values = portal.read("tickets", "45")
    assert values["hs_first_agent_message_sent_at"] == "2026-01-06T12:00:00Z"
    assert values["hs_lastmodifieddate"] == before


def test_in_the_end_a_replayed_log_is_the_loaded_one(directory) -> None:
    portal, loaded = _replayed(directory, _at(5)), load_portal(directory)
    for day in range(6, 12):
        portal.clock.set(_at(day))
        portal.catch_up()
    assert len(portal.replay) == 0
    for ticket in ("45", "50"):
        assert portal.read("tickets", ticket) == loaded.read("tickets", ticket)
    assert portal.read("tickets", "45")["closed_date"] == "2026-01-08T09:00:00Z"
    assert portal.read("tickets", "45")["hs_lastmodifieddate"] == "2026-01-09T08:00:00Z"
    assert portal.read("tickets", "45")["hs_primary_company_name"] == "Three"


def test_what_clients_write_survives(directory, talk) -> None:
    with serve(_replayed(directory, _at(6)), token="t", enforce_limits=False) as running:
        http = talk(running, "t")
        body = {"properties": {"content": "Ours", "hs_ticket_priority": "MEDIUM"}}
        http.send("PATCH", "/crm/v3/objects/tickets/45", json=body)
        running.set_clock(_at(7))
        values = running.portal.read("tickets", "45")
        assert (values["content"], values["hs_ticket_priority"]) == ("Ours", "MEDIUM")
        running.set_clock(_at(8))
        values = running.portal.read("tickets", "45")
        assert (values["content"], values["hs_ticket_priority"]) == ("Ours", "HIGH")
        assert [ticket.value for ticket in running.portal.history("tickets", "45", "hs_ticket_priority")] == [
            "HIGH",
            "MEDIUM",
            "LOW",
        ]
        assert {write.type for write in running.log.writes()} == {"tickets"}
        assert len(running.log.writes()) == 1


def test_another_process_moves_the_clock_and_finds_what_changed(directory, talk) -> None:
    with serve(_replayed(directory, _at(6)), token="t", enforce_limits=False) as running:
        requests.post(f"{running.url}/sandbox/clock", json={"advance_s": 86_400}, timeout=5)
        since = {"propertyName": "hs_lastmodifieddate", "operator": "GT", "value": "2026-01-06T12:00:00Z"}
        answer = talk(running, "t").post("/crm/v3/objects/tickets/search", {"filterGroups": [{"filters": [since]}]})
        assert {row["id"] for row in answer.json()["results"]} == {"45", "50"}


def test_time_that_runs_by_itself_brings_changes_too(directory, talk) -> None:
    portal = load_portal(directory, _at(7) - timedelta(milliseconds=1), replay=True)
    with serve(portal, token="t", enforce_limits=False) as running:
        http = talk(running, "t")
        answers = (http.get("/crm/v3/objects/tickets/50").status_code for _ in range(1_000))
        assert 200 in answers


def test_a_record_a_client_archived_is_left_alone(directory) -> None:
    portal = _replayed(directory, _at(6))
    portal.archive("tickets", "45")
    portal.clock.set(_at(20))
    assert portal.ids("tickets") == ["50"]


def test_a_clock_set_back_takes_nothing_back(directory) -> None:
    portal = _replayed(directory, _at(8))
    portal.clock.set(_at(5))
    assert portal.ids("tickets") == ["45", "50"]


def test_without_an_instant_it_begins_with_the_first_ticket(directory) -> None:
    portal = load_portal(directory, replay=True)
    assert portal.clock.now().replace(microsecond=0) == _at(5)
    assert portal.ids("tickets") == ["45"]


def test_changes_of_one_minute_follow_each_other_as_the_log_has_them(directory) -> None:
    past = _past(("91", _at(5)), ("92", _at(6)), ("91", _at(6)), ("92", _at(6)))
    (directory / "tickets.jsonl").write_text(
        json.dumps({**OTHER, "propertiesWithHistory": {"hs_pipeline_stage": past}})
    )
    portal = load_portal(directory)
    assert [ticket.value for ticket in portal.history("tickets", "50", "hs_pipeline_stage")] == ["92", "91", "92", "91"]


def test_records_of_other_types_come_from_files_of_their_names(directory) -> None:
    task = {
        "id": "900",
        "properties": {"hs_task_subject": "Call", "hs_timestamp": "2026-01-08T08:00:00Z"},
        "createdAt": "2026-01-06T10:00:00Z",
        "associations": {"tickets": {"results": [{"id": "45", "type": "task_to_ticket"}]}},
    }
    (directory / "tasks.jsonl").write_text(json.dumps(task))
    (directory / "contacts.jsonl").write_text('{"id": "8", "properties": {"email": "a@b.example"}}')
    portal = _replayed(directory, _at(6, 9))
    assert (portal.ids("tasks"), portal.ids("contacts")) == ([], ["8"])
    portal.clock.set(_at(6, 11))
    assert [task["hs_task_subject"] for task in portal.tasks_of("45")] == ["Call"]


@pytest.mark.skipif(not INCIDENTS.is_dir(), reason=f"needs the incident log in {INCIDENTS}")
def test_a_year_of_incidents_ends_as_the_log_says(tmp_path: Path) -> None:
    """Of every twelfth one; `make replay` replays them all."""
    now = datetime(2016, 11, 1, tzinfo=UTC)
    log, tickets = (INCIDENTS, 24_918) if SCALE > 1 else (every_twelfth(INCIDENTS, tmp_path / "log"), 2_077)
    portal = load_portal(log, now, replay=True)
    portal.clock.freeze()
    portal.clock.set(now)
    assert 0.8 * tickets < len(portal.ids("tickets")) < tickets
    while len(portal.replay):
        portal.clock.advance(timedelta(days=1))
        portal.catch_up()
    assert len(portal.ids("tickets")) == tickets
    stages = [ticket.value for ticket in portal.history("tickets", "47", "hs_pipeline_stage")]
    assert stages == ["1008", "1007", "1003", "1002", "1001"]
    assert portal.clock.now() < datetime(2017, 2, 20, tzinfo=UTC)
