"""What HubSpot calculates on a ticket over time: stage times, times to close and assign, its own SLA fields."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hubspot_sandbox.native_sla import Goals

HOUR_MS = 3_600_000


@pytest.fixture
def ticket(portal, now) -> str:
    return portal.create("tickets", {"subject": "One", "hs_pipeline_stage": "1"}, at=now - timedelta(hours=8))


def _sla(running, ticket: str) -> dict[str, str | None]:
    names = [
        *(
            f"hs_time_to_{goal}_sla_{part}"
            for goal in ("first_response", "next_response", "close")
            for part in ("at", "status")
        ),
        "hs_most_relevant_sla_status",
        "hs_most_relevant_sla_type",
    ]
    running.portal.catch_up()
    values = running.portal.read("tickets", ticket)
    return {name.removeprefix("hs_").replace("time_to_", ""): values.get(name) for name in names}


def test_a_stage_that_was_left_says_when_and_how_long_it_lasted(portal, ticket, now) -> None:
    for hours, stage in ((6, "2"), (5, "1"), (2, "3")):
        portal.update("tickets", ticket, {"hs_pipeline_stage": stage}, at=now - timedelta(hours=hours))
    values = portal.read("tickets", ticket)
    assert values["hs_v2_date_exited_1"] == "2026-11-23T07:00:00Z"
    assert values["hs_v2_latest_time_in_1"] == str(3 * HOUR_MS)
    assert values["hs_v2_cumulative_time_in_1"] == str(5 * HOUR_MS)
    assert "hs_v2_date_exited_3" not in values


def test_the_per_stage_properties_are_defined(http) -> None:
    for name, type_ in (("hs_v2_date_exited_4", "datetime"), ("hs_v2_cumulative_time_in_4", "number")):
        assert http.get(f"/crm/v3/properties/tickets/{name}").json()["type"] == type_


def test_the_time_to_close_goes_with_the_closing(portal, ticket, now) -> None:
    portal.update("tickets", ticket, {"hs_pipeline_stage": "4"}, at=now - timedelta(hours=2))
    assert portal.read("tickets", ticket)["time_to_close"] == str(6 * HOUR_MS)
    portal.update("tickets", ticket, {"hs_pipeline_stage": "1"}, at=now - timedelta(hours=1))
    assert "time_to_close" not in portal.read("tickets", ticket)


def test_the_first_owner_counts(portal, ticket, now) -> None:
    portal.update("tickets", ticket, {"hubspot_owner_id": "3001"}, at=now - timedelta(hours=7))
    portal.update("tickets", ticket, {"hubspot_owner_id": "3002"}, at=now - timedelta(hours=1))
    assert portal.read("tickets", ticket)["hs_time_to_first_rep_assignment"] == str(HOUR_MS)


def test_without_goals_there_are_no_sla_fields(running, ticket) -> None:
    running.advance(timedelta(days=30))
    assert set(_sla(running, ticket).values()) == {None}


def test_native_slas_move_with_time_and_leave_the_modification_time_alone(running, http, portal, now) -> None:
    portal.set_native_sla(Goals(first_response=60, next_response=120, close=600, due_soon=30))
    ticket = portal.create("tickets", {"subject": "Due", "hs_pipeline_stage": "1"}, at=now)
    before = portal.read("tickets", ticket)["hs_lastmodifieddate"]
    sla = _sla(running, ticket)
    assert (sla["first_response_sla_at"], sla["first_response_sla_status"]) == ("2026-11-23T10:00:00Z", "0")
    assert (sla["most_relevant_sla_type"], sla["most_relevant_sla_status"]) == ("TIME_TO_RESPOND", "active_sla")
    running.advance(timedelta(minutes=30))
    assert _sla(running, ticket)["first_response_sla_status"] == "2"
    running.advance(timedelta(hours=9))
    asked = {"filterGroups": [{"filters": [{"propertyName": "hs_object_id", "operator": "EQ", "value": ticket}]}]}
    names = ["hs_time_to_first_response_sla_status", "hs_time_to_close_sla_status", "hs_lastmodifieddate"]
    [row] = http.post("/crm/v3/objects/tickets/search", {**asked, "properties": names}).json()["results"]
    assert [row["properties"][name] for name in names] == ["1", "2", before]
    history = portal.history("tickets", ticket, "hs_time_to_first_response_sla_status")
    assert [(version.value, version.at_ms - int(now.timestamp() * 1000)) for version in history] == [
        ("1", HOUR_MS + 1),
        ("2", HOUR_MS // 2),
        ("0", 0),
    ]


def test_replies_complete_goals_on_time_or_late_and_begin_cycles(running, portal, now) -> None:
    portal.set_native_sla(Goals(first_response=60, next_response=30, close=600))
    ticket = portal.create("tickets", {"subject": "Due", "hs_pipeline_stage": "1"}, at=now)
    portal.send_agent_message(ticket, now + timedelta(minutes=20))
    running.advance(timedelta(minutes=20))
    assert _sla(running, ticket)["first_response_sla_status"] == "3"
    portal.receive_customer_message(ticket, now + timedelta(minutes=25))
    sla = _sla(running, ticket)
    assert (sla["next_response_sla_at"], sla["most_relevant_sla_type"]) == (
        "2026-11-23T09:55:00Z",
        "TIME_TO_NEXT_RESPONSE",
    )
    running.advance(timedelta(hours=1))
    assert _sla(running, ticket)["next_response_sla_status"] == "1"
    portal.send_agent_message(ticket)
    assert _sla(running, ticket)["next_response_sla_status"] == "4"
    portal.update("tickets", ticket, {"hs_pipeline_stage": "4"})
    sla = _sla(running, ticket)
    assert (sla["close_sla_status"], sla["most_relevant_sla_status"]) == ("3", "sla_completed_on_time")
