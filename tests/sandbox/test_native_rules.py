"""HubSpot's own SLAs by rules: who they apply to, in which hours, and what a pause does to a due instant."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from hubspot_sandbox.native_hours import OperatingHours
from hubspot_sandbox.native_sla import Goals, SlaRule
from hubspot_sandbox.portal import API
from hubspot_sandbox.seed import seeded_portal

if TYPE_CHECKING:
    from hubspot_sandbox.portal import Portal

FRIDAY = datetime(2026, 10, 23, 12, tzinfo=UTC)  # 14:00 in Berlin; clocks go back on Sunday the 25th
BERLIN = OperatingHours("Europe/Berlin", dict.fromkeys(range(5), (9 * 60, 17 * 60)))
CLOSE_AT, CLOSE_STATUS = "hs_time_to_close_sla_at", "hs_time_to_close_sla_status"


@pytest.fixture
def portal() -> Portal:
    portal = seeded_portal(FRIDAY, tickets=0)
    portal.clock.freeze()
    return portal


def created(portal: Portal, priority: str = "HIGH") -> str:
    return portal.create("tickets", {"subject": "Late", "hs_pipeline_stage": "1", "hs_ticket_priority": priority})


def at(portal: Portal, ticket: str, name: str = CLOSE_AT) -> str | None:
    return portal.read("tickets", ticket).get(name)


def test_the_first_rule_that_applies_gives_the_goal(portal: Portal) -> None:
    portal.set_native_sla(
        [
            SlaRule("11", Goals(close=60), {"hs_ticket_priority": ["URGENT", "HIGH"]}),
            SlaRule("12", Goals(close=240), {"hs_pipeline": ["0"]}),
        ]
    )
    tickets = {priority: created(portal, priority) for priority in ("HIGH", "LOW")}
    assert at(portal, tickets["HIGH"]) == "2026-10-23T13:00:00Z"
    assert at(portal, tickets["LOW"]) == "2026-10-23T16:00:00Z"
    assert at(portal, tickets["LOW"], "hs_applied_sla_rule_config_id") == "12"
    portal.update("tickets", tickets["LOW"], {"hs_ticket_priority": "URGENT"})
    assert at(portal, tickets["LOW"]) == "2026-10-23T13:00:00Z"


def test_a_ticket_that_no_rule_is_for_has_no_due_instant(portal: Portal) -> None:
    portal.set_native_sla([SlaRule("1", Goals(close=60), {"hs_ticket_priority": ["URGENT"]})])
    assert at(portal, created(portal)) is None


def test_hours_run_in_their_zone_and_over_a_change_of_clocks(portal: Portal) -> None:
    portal.set_native_sla([SlaRule("1", Goals(first_response=180, close=240), hours=BERLIN)])
    ticket = created(portal)
    assert at(portal, ticket, "hs_time_to_first_response_sla_at") == "2026-10-23T15:00:00Z", "due at closing"
    assert at(portal, ticket) == "2026-10-26T09:00:00Z", "an hour after opening on Monday, in winter time"


def test_a_pause_lengthens_the_due_instant_when_it_ends(portal: Portal) -> None:
    portal.set_native_sla([SlaRule("1", Goals(close=240, due_soon=0), hours=BERLIN, paused_in=frozenset({"2"}))])
    ticket = created(portal)
    portal.clock.advance(timedelta(hours=1))
    portal.update("tickets", ticket, {"hs_pipeline_stage": "2"})
    portal.clock.advance(timedelta(days=4))
    portal.catch_up()
    assert (at(portal, ticket), at(portal, ticket, CLOSE_STATUS)) == ("2026-10-26T09:00:00Z", "0")
    portal.update("tickets", ticket, {"hs_pipeline_stage": "3"})
    assert at(portal, ticket) == "2026-10-27T16:00:00Z", "three hours were left at 14:00 in Berlin"


def test_a_goal_that_was_fulfilled_keeps_what_it_was_fulfilled_against(portal: Portal) -> None:
    portal.set_native_sla(Goals(first_response=60, close=600))
    ticket = created(portal)
    portal.clock.advance(timedelta(minutes=10))
    portal.send_agent_message(ticket)
    portal.set_native_sla(Goals(first_response=5, close=500))
    values = portal.read("tickets", ticket)
    assert values["hs_time_to_first_response_sla_at"] == "2026-10-23T13:00:00Z"
    assert values["hs_time_to_first_response_sla_status"] == "3"
    assert values[CLOSE_AT] == "2026-10-23T20:20:00Z", "an open goal follows the rule of today"


def test_rules_that_come_later_count_only_the_pauses_before_a_goal_was_fulfilled(portal: Portal) -> None:
    ticket = created(portal)
    portal.clock.advance(timedelta(minutes=10))
    portal.send_agent_message(ticket)
    portal.update("tickets", ticket, {"hs_pipeline_stage": "2"})
    portal.clock.advance(timedelta(hours=2))
    portal.update("tickets", ticket, {"hs_pipeline_stage": "3"})
    portal.set_native_sla([SlaRule("1", Goals(first_response=60, close=600), paused_in=frozenset({"2"}))])
    values = portal.read("tickets", ticket)
    assert values["hs_time_to_first_response_sla_at"] == "2026-10-23T13:00:00Z"
    assert values[CLOSE_AT] == "2026-10-24T00:00:00Z"


OFFICE_RULE = SlaRule("1", Goals(first_response=60, close=240), hours=BERLIN, paused_in=frozenset({"2"}))
ELAPSED = "hs_time_to_close_in_operating_hours"


def waited(portal: Portal) -> str:
    """Closed after two hours, one of which it waited."""
    ticket = created(portal)
    for stage in ("2", "3", "4"):
        if stage != "2":
            portal.clock.advance(timedelta(hours=1))
        portal.update("tickets", ticket, {"hs_pipeline_stage": stage})
    return ticket


def test_how_long_a_goal_took_is_told_once_it_is_fulfilled(portal: Portal) -> None:
    portal.set_native_sla([OFFICE_RULE])
    ticket = waited(portal)
    assert at(portal, ticket, ELAPSED) == str(2 * 3_600_000)
    portal.update("tickets", ticket, {"hs_pipeline_stage": "3"})
    assert at(portal, ticket, ELAPSED) is None, "it was reopened"


def test_a_switch_takes_the_pauses_out_of_that(portal: Portal) -> None:
    portal.behaviour = replace(portal.behaviour, native_elapsed_counts_pauses=False)
    portal.set_native_sla([OFFICE_RULE])
    assert at(portal, waited(portal), ELAPSED) == str(3_600_000)


def test_what_the_api_makes_has_no_clock_where_a_switch_says_so(portal: Portal) -> None:
    portal.set_native_sla([OFFICE_RULE])
    values = {"subject": "Late", "hs_pipeline_stage": "1"}
    assert at(portal, portal.create("tickets", values, source=API)) is not None
    portal.behaviour = replace(portal.behaviour, native_sla_counts_what_the_api_makes=False)
    assert at(portal, portal.create("tickets", values, source=API)) is None
    assert at(portal, portal.create("tickets", values)) is not None


def test_due_instants_lose_their_milliseconds_where_a_switch_says_so(portal: Portal) -> None:
    portal.set_native_sla(Goals(close=60))
    portal.clock.advance(timedelta(milliseconds=250))
    assert at(portal, created(portal)) == "2026-10-23T13:00:00.250Z"
    portal.behaviour = replace(portal.behaviour, native_due_in_whole_seconds=True)
    assert at(portal, created(portal)) == "2026-10-23T13:00:00Z"


def test_an_edit_is_applied_to_open_tickets_which_show_it_or_to_new_ones_alone(portal: Portal) -> None:
    portal.set_native_sla(Goals(close=60))
    done, open_one = created(portal), created(portal)
    portal.update("tickets", done, {"hs_pipeline_stage": "4"})
    portal.clock.advance(timedelta(minutes=1))
    portal.set_native_sla(Goals(close=120), new_only=True)
    assert at(portal, open_one) == "2026-10-23T13:00:00Z"
    assert at(portal, created(portal)) == "2026-10-23T14:01:00Z"
    portal.set_native_sla(Goals(close=180))
    assert at(portal, open_one) == "2026-10-23T15:00:00Z"
    assert at(portal, open_one, "hs_retroactive_sla_update_at") == "2026-10-23T12:01:00Z"
    assert at(portal, done, "hs_retroactive_sla_update_at") is None
