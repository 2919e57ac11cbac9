"""Logged e-mails, calls and notes are read where a policy counts them, and when something says that there are any."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from flows.conversation_desk import (
    CONNECTED,
    calls_of,
    conversation,
    desk_of,
    explained,
    log_activity,
    overview,
    owner_of,
    status,
    sweep_of,
)
from hubspot_sla.cli.explain import show
from hubspot_sla.flows.runs.sync import sync
from hubspot_sla.ledger import database, missing_scopes

if TYPE_CHECKING:
    from pathlib import Path

    from flows.world import World

SOURCES = "messages: {sources: [emails, calls, notes]}\n"
KINDS = ("emails", "calls", "notes")


def policies(targets: str, more: str = "") -> str:
    return f"policies:\n  - {{id: support, calendar: always, {more}targets: {{{targets}}}}}\n"


def busy_ticket(desk: World) -> str:
    """With a sent e-mail, a call that was connected, and a note."""
    ticket, _ = conversation(desk)
    log_activity(desk, ticket, "emails", hs_email_direction="EMAIL", hubspot_owner_id=owner_of(desk))
    log_activity(desk, ticket, "calls", hs_call_disposition=CONNECTED, hubspot_owner_id=owner_of(desk))
    log_activity(desk, ticket, "notes", hs_note_body="I know it.", hubspot_owner_id=owner_of(desk))
    return ticket


def read_in(calls: list[str]) -> set[str]:
    return {kind for kind in KINDS if any(kind in path for path in calls)}


@pytest.mark.parametrize(
    ("targets", "more", "read"),
    [
        ("assignment: 1h", "", set()),
        ("resolution: 24h", "resume_on_customer_message: false, ", set()),
        ("resolution: 24h", "", {"emails"}),  # a customer's mail ends a wait
        ("first_response: 1h", "", {"emails", "calls"}),
        ("next_response: 1h", "", {"emails", "calls"}),
        ("update: 4h", "", {"emails", "calls", "notes"}),
        ("update: 4h", "valid_to: 2026-11-01, ", set()),
    ],
)
def test_only_those_that_a_clock_in_force_counts_are_read(
    tmp_path: Path, targets: str, more: str, read: set[str], capsys: pytest.CaptureFixture[str]
) -> None:
    desk = desk_of(tmp_path, SOURCES, policies(targets, more))
    ticket = busy_ticket(desk)
    assert read_in(calls_of(desk)) == read
    before = len(desk.running.requests_since(0))
    sweep_of(desk)
    assert read_in([request.path for request in desk.running.requests_since(0)[before:]]) == read
    not_needed = [kind for kind in KINDS if kind not in read]
    assert overview(desk, ticket).not_needed == not_needed
    show(explained(desk, ticket))
    assert (f"no policy counts them: {', '.join(not_needed)}." in capsys.readouterr().out) == bool(not_needed)
    desk.close()


def test_a_clock_that_is_promised_later_has_the_notes_read_by_the_next_sweep(tmp_path: Path) -> None:
    desk = desk_of(tmp_path, SOURCES, policies("first_response: 1h"))
    ticket = busy_ticket(desk)
    desk.sync()
    desk.edit("policies.yaml", lambda text: text.replace("first_response: 1h", "first_response: 1h, update: 4h"))
    desk.advance(minutes=30)
    desk.set_up()
    desk.sync()
    assert desk.rows("select count(*) from messages where kind = 'note'") == [(0,)]
    sweep_of(desk)
    assert desk.rows("select count(*) from messages where kind = 'note'") == [(1,)]
    assert status(desk, ticket, "update") == "running"
    desk.close()


def test_an_idle_ticket_costs_no_call_for_its_activities_and_a_changed_one_does(tmp_path: Path) -> None:
    desk = desk_of(tmp_path, SOURCES, policies("update: 4h"))
    ticket = busy_ticket(desk)
    desk.sync()
    desk.advance(minutes=5)
    desk.sync()
    assert read_in(calls_of(desk)) == set()
    log_activity(desk, ticket, "notes", hs_note_body="And more.", hubspot_owner_id=owner_of(desk))
    assert read_in(calls_of(desk)) == set(KINDS)
    assert desk.rows("select count(*) from messages where kind = 'note'") == [(2,)]
    desk.close()


@pytest.mark.parametrize("version", ["2026-09", "2026-03"])
def test_a_kind_that_may_not_be_read_is_named_and_the_others_are_read(tmp_path: Path, version: str) -> None:
    desk = desk_of(tmp_path, SOURCES, policies("update: 4h"))
    busy_ticket(desk)
    desk.running.faults.add("missing_scope", scopes=["sales-email-read"], path="*/emails/*")
    with desk.impatient(version) as context:
        stats = sync(context)
    assert list(stats.resting) == ["logged emails"]
    assert desk.rows("select kind from messages order by kind") == [("call",), ("note",)]
    desk.running.faults.clear()
    desk.advance(minutes=1)
    sweep_of(desk)
    assert desk.rows("select kind from messages order by kind") == [("call",), ("email",), ("note",)]
    with database.open_for_reading(desk.folder / "ledger.db") as ledger:
        assert missing_scopes.load(ledger.db) == {}
    desk.close()
