"""What HubSpot changes by itself on a ticket."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hubspot_sandbox.refusals import Refused


@pytest.fixture
def ticket(portal, now) -> str:
    return portal.create("tickets", {"subject": "One", "hs_pipeline_stage": "1"}, at=now - timedelta(hours=8))


def _move(portal, ticket, stage, at) -> dict[str, str]:
    portal.update("tickets", ticket, {"hs_pipeline_stage": stage}, at=at)
    return portal.read("tickets", ticket)


def test_closing_sets_the_close_dates_and_reopening_clears_one_of_them(portal, ticket, now) -> None:
    closed = _move(portal, ticket, "4", now - timedelta(hours=2))
    assert closed["hs_is_closed"] == "true"
    assert closed["closed_date"] == closed["hs_last_closed_date"] == "2026-11-23T07:00:00Z"
    reopened = _move(portal, ticket, "3", now - timedelta(hours=1))
    assert reopened["hs_is_closed"] == "false"
    assert "closed_date" not in reopened
    assert reopened["hs_last_closed_date"] == "2026-11-23T07:00:00Z"
    assert reopened["hs_ticket_reopened_at"] == "2026-11-23T08:00:00Z"
    assert [version.value for version in portal.history("tickets", ticket, "closed_date")] == [
        "",
        "2026-11-23T07:00:00Z",
    ]


def test_each_stage_remembers_when_it_was_entered(portal, ticket, now) -> None:
    moved = _move(portal, ticket, "2", now - timedelta(hours=1))
    assert moved["hs_v2_date_entered_1"] == "2026-11-23T01:00:00Z"
    assert moved["hs_v2_date_entered_2"] == moved["hs_v2_date_entered_current_stage"] == "2026-11-23T08:00:00Z"


def test_a_ticket_made_in_a_closed_stage_is_closed(portal, now) -> None:
    made = portal.create("tickets", {"subject": "Done", "hs_pipeline_stage": "4"}, at=now)
    assert portal.read("tickets", made)["closed_date"] == "2026-11-23T09:00:00Z"


def test_a_move_to_another_pipeline_needs_a_stage_of_it(portal, ticket) -> None:
    with pytest.raises(Refused, match="not one of the allowed options"):
        portal.update("tickets", ticket, {"hs_pipeline": "204880101"})
    portal.update("tickets", ticket, {"hs_pipeline": "204880101", "hs_pipeline_stage": "981230004"})
    assert portal.read("tickets", ticket)["hs_is_closed"] == "true"


def test_messages_change_their_properties_but_not_the_modification_time(portal, ticket, now) -> None:
    before = portal.read("tickets", ticket)["hs_lastmodifieddate"]
    portal.receive_customer_message(ticket, now - timedelta(hours=7))
    portal.send_agent_message(ticket, now - timedelta(hours=6))
    portal.receive_customer_message(ticket, now - timedelta(hours=5))
    portal.send_agent_message(ticket, now - timedelta(hours=4))
    values = portal.read("tickets", ticket)
    assert values["hs_last_message_received_at"] == "2026-11-23T04:00:00Z"
    assert values["hs_last_message_sent_at"] == "2026-11-23T05:00:00Z"
    assert values["hs_first_agent_message_sent_at"] == "2026-11-23T03:00:00Z"
    assert values["time_to_first_agent_reply"] == str(2 * 3_600_000)
    assert values["hs_last_message_from_visitor"] == "false"
    assert len(portal.history("tickets", ticket, "hs_last_message_sent_at")) == 2
    assert values["hs_lastmodifieddate"] == before


def test_an_owner_brings_a_team_and_a_date(portal, ticket, now) -> None:
    portal.update("tickets", ticket, {"hubspot_owner_id": "3005"}, at=now)
    values = portal.read("tickets", ticket)
    assert (values["hubspot_team_id"], values["hubspot_owner_assigneddate"]) == ("402", "2026-11-23T09:00:00Z")
    portal.update("tickets", ticket, {"hubspot_owner_id": ""}, at=now)
    assert "hubspot_team_id" not in portal.read("tickets", ticket)


def test_a_change_told_late_takes_its_place_in_the_history(portal, ticket, now) -> None:
    portal.update("tickets", ticket, {"hs_ticket_priority": "HIGH"}, at=now)
    portal.update("tickets", ticket, {"hs_ticket_priority": "LOW"}, at=now - timedelta(hours=1))
    values = [version.value for version in portal.history("tickets", ticket, "hs_ticket_priority")]
    assert values == ["HIGH", "LOW"]
    assert portal.read("tickets", ticket)["hs_ticket_priority"] == "HIGH"


def test_a_value_that_stays_the_same_is_no_new_version(portal, ticket, now) -> None:
    portal.update("tickets", ticket, {"subject": "One"}, at=now)
    assert len(portal.history("tickets", ticket, "subject")) == 1
    assert portal.read("tickets", ticket)["hs_lastmodifieddate"] == "2026-11-23T09:00:00Z"
