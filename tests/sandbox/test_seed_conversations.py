"""The invented conversations, read over HTTP: each tells of one way in which an answer may be hard to recognise."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from hubspot_sandbox.seed import seeded_portal
from hubspot_sandbox.seed_conversations import AI_AGENT, BOT, HUBSPOT, STORIES
from hubspot_sandbox.server import serve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubspot_sandbox.portal import Portal
    from hubspot_sandbox.server import Running

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
BASE = "/conversations/conversations/2026-09"
TOKEN = "pat-eu1-made-up"


@pytest.fixture(scope="module")
def seeded() -> Portal:
    return seeded_portal(NOW, tickets=3, conversations=2)


@pytest.fixture(scope="module")
def served(seeded: Portal) -> Iterator[Running]:
    with serve(seeded, token=TOKEN, enforce_limits=False) as running:
        yield running


@pytest.fixture
def conversation(served, seeded, talk):
    """The entries of a story, thread by thread, and the properties of its ticket."""
    http = talk(served)

    def of(subject: str) -> tuple[list[list[dict[str, object]]], dict[str, str]]:
        ticket = min(each for each in seeded.ids("tickets") if seeded.read("tickets", each)["subject"] == subject)
        threads = http.get(f"{BASE}/threads", associatedTicketId=ticket).json()["results"]
        paths = [f"{BASE}/threads/{row['id']}/messages" for row in threads]
        return [http.get(path, sort="createdAt").json()["results"] for path in paths], seeded.read("tickets", ticket)

    return of


def _authors(entries: list[dict[str, object]]) -> list[str]:
    return [str(entry["createdBy"])[:2] for entry in entries if entry["type"] == "MESSAGE"]


def test_every_story_is_there_twice_and_nothing_happens_after_now(seeded) -> None:
    threads = [thread for ticket in seeded.ids("tickets") for thread in seeded.threads_of(ticket)]
    assert len(seeded.ids("tickets")) == 3 + 2 * len(STORIES)
    assert len(threads) > 2 * len(STORIES)
    assert all(
        thread.latest_ms is None or thread.latest_ms <= NOW.timestamp() * 1000
        for thread in seeded.conversations.from_id(0)
    )


def test_an_auto_reply_comes_first(conversation) -> None:
    [entries], values = conversation("Auto-reply first, then a person")
    assert _authors(entries) == ["V-", "S-", "A-"]
    assert (entries[1]["createdBy"], entries[1]["client"]["clientType"]) == (HUBSPOT, "SYSTEM")
    assert values["hs_first_agent_message_sent_at"] == entries[1]["createdAt"]


def test_an_app_answers_in_the_name_of_an_agent(conversation) -> None:
    [entries], _ = conversation("An app answers in the name of an agent")
    assert [entry["client"]["clientType"] for entry in entries] == ["HUBSPOT", "INTEGRATION", "INTEGRATION", "HUBSPOT"]
    assert _authors(entries) == ["V-", "A-", "I-", "A-"]


def test_the_ai_agent_hands_over(conversation) -> None:
    [entries], values = conversation("The AI agent hands over")
    assert entries[0]["type"] == "WELCOME_MESSAGE"
    assigned = [entry["assignedTo"] for entry in entries if entry["type"] == "ASSIGNMENT"]
    assert [assigned[0], assigned[1][:2]] == [AI_AGENT, "A-"]
    assert _authors(entries) == ["V-", "L-", "V-", "L-", "A-"]
    assert values["hs_customer_agent_ticket_status"] == "ESCALATED"
    assert entries[-3]["createdAt"] < values["hs_customer_agent_escalated_time"] < entries[-1]["createdAt"]


def test_the_ai_agent_solves_it_and_a_bot_asks_first(conversation) -> None:
    [entries], values = conversation("The AI agent solves it")
    assert (_authors(entries), values["hs_is_closed"]) == (["V-", "L-", "V-"], "true")
    assert entries[-1]["newStatus"] == "CLOSED"
    [entries], _ = conversation("A bot asks first")
    assert [entry["createdBy"] for entry in entries if entry["type"] == "MESSAGE"][1] == BOT


def test_the_owner_answers_from_a_personal_mailbox(conversation, served, talk) -> None:
    [entries], values = conversation("Answered from a personal mailbox")
    assert _authors(entries) == ["V-"]
    assert "hs_first_agent_message_sent_at" not in values
    http = talk(served)
    ticket = values["hs_object_id"]
    rows = http.get(f"/crm/v4/objects/tickets/{ticket}/associations/emails").json()["results"]
    body = {
        "inputs": [{"id": str(row["toObjectId"])} for row in rows],
        "properties": ["hs_email_direction", "hs_email_from_email", "hs_email_headers", "hs_timestamp"],
    }
    read = http.post("/crm/objects/2026-09/emails/batch/read", body).json()["results"]
    emails = sorted((row["properties"] for row in read), key=lambda row: row["hs_timestamp"])
    assert [row["hs_email_direction"] for row in emails] == ["EMAIL", "INCOMING_EMAIL", "INCOMING_EMAIL"]
    assert emails[0]["hs_email_from_email"] == "mara.home@mail.example"
    assert ["Auto-Submitted" in row["hs_email_headers"] for row in emails] == [False, True, False]
    assert values["hs_last_email_activity"] == emails[-1]["hs_timestamp"]


def test_comments_calls_and_notes_are_no_messages(conversation) -> None:
    [entries], values = conversation("Colleagues comment, nobody answers yet")
    assert [entry["type"] for entry in entries] == ["MESSAGE", "COMMENT", "COMMENT", "MESSAGE"]
    assert values["hs_first_agent_message_sent_at"] == entries[-1]["createdAt"]
    threads, values = conversation("Settled on the phone")
    assert (threads, "hs_last_message_sent_at" in values) == ([], False)


def test_a_thread_is_opened_again_by_the_customer(conversation) -> None:
    [entries], _ = conversation("Closed, and opened again by the customer")
    statuses = [(entry["newStatus"], entry["createdBy"][:2]) for entry in entries if "newStatus" in entry]
    assert statuses == [("CLOSED", "A-"), ("OPEN", "S-"), ("CLOSED", "A-")]


def test_a_ticket_has_three_threads_and_a_merged_one_those_of_both(conversation) -> None:
    threads, _ = conversation("One ticket, three threads")
    assert [len(entries) for entries in threads] == [2, 2, 1]
    assert {entry["channelId"] for entries in threads for entry in entries} == {"1002", "1000", "1007"}
    threads, values = conversation("The same question again")
    assert [len(entries) for entries in threads] == [2, 2]
    assert len(values["hs_merged_object_ids"].split(";")) == 2


def test_a_failed_message_and_a_move_between_inboxes_are_told(conversation) -> None:
    [entries], _ = conversation("Nobody answers")
    assert (entries[1]["status"], entries[2]["type"]) == ({"statusType": "FAILED"}, "THREAD_INBOX_CHANGE")


def test_the_same_instant_makes_the_same_conversations_and_leaves_the_other_tickets() -> None:
    first, again = (seeded_portal(NOW, tickets=5, conversations=1) for _ in range(2))
    assert list(first.conversations.from_id(0)) == list(again.conversations.from_id(0))
    plain = seeded_portal(NOW, tickets=5)
    assert [first.read("tickets", each) for each in plain.ids("tickets")] == [
        plain.read("tickets", each) for each in plain.ids("tickets")
    ]
    earlier = seeded_portal(NOW - timedelta(hours=1), tickets=5, conversations=1)
    assert len(earlier.conversations) == len(first.conversations)
