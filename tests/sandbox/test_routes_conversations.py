"""Conversations: the threads of tickets somebody wrote on."""

from __future__ import annotations

from datetime import timedelta

import pytest

BASES = ("/conversations/v3/conversations", "/conversations/conversations/2026-09")


@pytest.fixture(params=BASES)
def base(request) -> str:
    return str(request.param)


@pytest.fixture
def ticket(portal, now) -> str:
    properties = {"subject": "Help", "hs_pipeline_stage": "1", "hubspot_owner_id": "3001", "source_type": "CHAT"}
    made = portal.create("tickets", properties, at=now - timedelta(hours=5))
    portal.associate("tickets", made, "contacts", "7001")
    for hours, incoming in ((4, True), (3, False), (2, True)):
        write = portal.receive_customer_message if incoming else portal.send_agent_message
        write(made, now - timedelta(hours=hours))
    return made


@pytest.fixture
def thread(http, base, ticket) -> dict[str, object]:
    [row] = http.get(f"{base}/threads", associatedTicketId=ticket, association="TICKET").json()["results"]
    return row


def test_a_ticket_somebody_wrote_on_has_one_thread(thread, ticket, portal) -> None:
    assert thread["threadAssociations"] == {"associatedTicketId": ticket}
    assert (thread["status"], thread["associatedContactId"]) == ("OPEN", "7001")
    assert thread["assignedTo"] == f"A-{portal.owners['3001'].user_id}"
    assert thread["latestMessageReceivedTimestamp"] == thread["latestMessageTimestamp"] == "2026-11-23T07:00:00Z"
    assert thread["latestMessageSentTimestamp"] == "2026-11-23T06:00:00Z"
    assert thread["originalChannelId"] == "1000"


def test_its_messages_come_newest_first_and_by_the_page(http, base, thread) -> None:
    path = f"{base}/threads/{thread['id']}/messages"
    messages = http.get(path).json()["results"]
    assert [message["direction"] for message in messages] == ["INCOMING", "OUTGOING", "INCOMING"]
    assert messages[0]["createdAt"] == "2026-11-23T07:00:00Z"
    assert [message["senders"][0]["actorId"][:2] for message in messages] == ["V-", "A-", "V-"]
    first = http.get(path, limit=2, sort="createdAt").json()
    rest = http.session.get(first["paging"]["next"]["link"], timeout=5).json()
    assert [row["id"] for row in first["results"] + rest["results"]] == [message["id"] for message in messages[::-1]]
    assert http.get(f"{path}/{messages[0]['id']}").json() == messages[0]
    assert http.get(f"{path}/{messages[0]['id']}/original-content").json()["text"] == "Customer: Help"
    assert http.get(f"{path}/none").status_code == 404


def test_threads_are_paged_and_chosen(http, base, portal, ticket) -> None:
    thread_ids: list[str] = []
    answer = http.get(f"{base}/threads", limit=4).json()
    while "paging" in answer:
        thread_ids += [row["id"] for row in answer["results"]]
        answer = http.session.get(answer["paging"]["next"]["link"], timeout=5).json()
    thread_ids += [row["id"] for row in answer["results"]]
    assert len(thread_ids) == len(set(thread_ids)) > 4
    closed = http.get(f"{base}/threads", threadStatus="CLOSED", limit=500).json()["results"]
    assert {row["status"] for row in closed} == {"CLOSED"}
    assert all("closedAt" in row for row in closed)
    later = http.get(f"{base}/threads", latestMessageTimestampAfter="2026-11-23T06:59:59Z").json()["results"]
    times = [row["latestMessageTimestamp"] for row in later]
    assert times == sorted(times)
    assert min(times) >= "2026-11-23T07:00:00Z"
    by_contact = http.get(f"{base}/threads", associatedContactId="7001", limit=500).json()["results"]
    assert {row["associatedContactId"] for row in by_contact} == {"7001"}
    assert http.get(f"{base}/threads", inboxId="1").json()["results"] == []


def test_a_ticket_nobody_wrote_on_has_none(http, base, portal) -> None:
    silent = portal.create("tickets", {"subject": "Silent", "hs_pipeline_stage": "1"})
    assert http.get(f"{base}/threads", associatedTicketId=silent).json() == {"results": []}
    assert http.get(f"{base}/threads/{5_000_000_000 + int(silent)}").status_code == 404


def test_inboxes_and_actors_are_known(http, base, portal, thread) -> None:
    [inbox] = http.get(f"{base}/inboxes").json()["results"]
    assert inbox["id"] == thread["inboxId"]
    assert http.get(f"{base}/inboxes/{inbox['id']}").json() == inbox
    agent = http.get(f"{base}/actors/{thread['assignedTo']}").json()
    assert (agent["type"], agent["email"]) == ("AGENT", portal.owners["3001"].email)
    batch = http.post(f"{base}/actors/batch/read", {"inputs": ["V-7001", "A-1", "E-x@y.example"]})
    assert [row["type"] for row in batch.json()["results"]] == ["VISITOR", "EMAIL"]
    assert batch.json()["errors"][0]["context"] == {"ids": ["A-1"]}


def test_reading_conversations_asks_for_their_scope(running, talk, base) -> None:
    running.access.grant("narrow", ["tickets"])
    answer = talk(running, "narrow").get(f"{base}/threads")
    assert answer.json()["errors"][0]["context"] == {"requiredGranularScopes": ["conversations.read"]}
