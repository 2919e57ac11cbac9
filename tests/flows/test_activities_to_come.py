"""What is logged on a ticket and has not happened yet, and meetings, of which that is usual."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from flows.conversation_desk import CONNECTED, desk_of, log_activity, owner_of, reasons, responders, status, sweep_of

if TYPE_CHECKING:
    from pathlib import Path

    from flows.world import World

SOURCES = "messages:\n  sources: [emails, calls, notes, meetings]\n"
HELD = {"hs_meeting_outcome": "COMPLETED"}


def logged(desk: World, kind: str, *, ahead: timedelta = timedelta(), **properties: str) -> tuple[str, str]:
    """A ticket, and an activity of its owner on it."""
    ticket = desk.ticket(age=timedelta(minutes=1))
    at = (desk.now + ahead).isoformat()
    return ticket, log_activity(desk, ticket, kind, hs_timestamp=at, hubspot_owner_id=owner_of(desk), **properties)


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("emails", {"hs_email_direction": "EMAIL"}),
        ("calls", {"hs_call_disposition": CONNECTED}),
        ("notes", {}),
        ("meetings", HELD),
    ],
)
def test_what_is_planned_counts_once_it_has_happened_and_leaves_the_clocks_alone_until_then(
    tmp_path: Path, kind: str, more: dict[str, str]
) -> None:
    rules = "  notes: answer\n  meetings: answer\n"
    desk = desk_of(tmp_path, SOURCES + rules)
    ticket, _ = logged(desk, kind, ahead=timedelta(minutes=30), **more)
    desk.sync()
    assert status(desk, ticket) == "running"
    assert reasons(desk, ticket) == ["it is dated in the future"]
    desk.advance(minutes=40)
    desk.change(ticket, subject="Talked about it")
    desk.sync()
    assert status(desk, ticket) == "met"
    assert reasons(desk, ticket) == []
    desk.require_whole_chain()
    desk.close()


@pytest.mark.parametrize(
    "unsent",
    [
        {"hs_email_direction": "DRAFT_EMAIL"},
        {"hs_email_direction": "EMAIL", "hs_email_status": "SCHEDULED"},
        {"hs_email_direction": "EMAIL", "hs_email_status": "SENDING"},
    ],
)
def test_a_mail_that_was_not_sent_answers_nobody_until_it_is(tmp_path: Path, unsent: dict[str, str]) -> None:
    desk = desk_of(tmp_path, SOURCES)
    ticket, mail = logged(desk, "emails", **unsent)
    desk.sync()
    assert status(desk, ticket) == "running"
    assert reasons(desk, ticket) == ["it has not been sent"]
    desk.advance(minutes=5)
    desk.portal.update("emails", mail, {"hs_email_direction": "EMAIL", "hs_email_status": "SENT"}, at=desk.now)
    desk.change(ticket, subject="Sent")
    desk.sync()
    assert status(desk, ticket) == "met"
    desk.close()


@pytest.mark.parametrize(
    ("rule", "first_response", "updates"), [("", "running", 2), ("answer", "met", 2), ("ignore", "running", 1)]
)
def test_a_meeting_that_took_place_is_an_update_or_what_the_policy_says(
    tmp_path: Path, rule: str, first_response: str, updates: int
) -> None:
    desk = desk_of(tmp_path, SOURCES + (f"  meetings: {rule}\n" if rule else ""))
    ticket, _ = logged(desk, "meetings", **HELD)
    desk.sync()
    assert status(desk, ticket) == first_response
    assert len(desk.rows(f"select * from outcomes where record_id = '{ticket}' and clock = 'update'")) == updates
    if rule == "answer":
        assert responders(desk, ticket)["first_response"] == owner_of(desk)
    desk.close()


def test_a_meeting_of_which_nobody_says_that_it_took_place_counts_for_nothing(tmp_path: Path) -> None:
    desk = desk_of(tmp_path, SOURCES + "  meetings: answer\n")
    ticket, meeting = logged(desk, "meetings", hs_meeting_outcome="SCHEDULED")
    missed, _ = logged(desk, "meetings", hs_meeting_outcome="NO_SHOW")
    desk.sync()
    assert [status(desk, ticket), status(desk, missed)] == ["running", "running"]
    assert reasons(desk, ticket) == ["nobody says that the meeting took place"]
    desk.advance(minutes=5)
    desk.portal.update("meetings", meeting, HELD, at=desk.now)
    sweep_of(desk)
    assert status(desk, ticket) == "met"
    desk.close()
