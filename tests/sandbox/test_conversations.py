"""Conversations that are stored: many threads a ticket, every kind of entry, in step with the ticket's properties."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hubspot_sandbox.behaviour import Behaviour
from hubspot_sandbox.conversation_model import CHANNEL_ACCOUNTS
from hubspot_sandbox.object_types import TICKETS
from hubspot_sandbox.seed import seeded_portal
from hubspot_sandbox.server import serve

BASES = ("/conversations/v3/conversations", "/conversations/conversations/2026-09")
MARA, BOT, AI = "A-60003001", "B-3100001", "L-3200001"


@pytest.fixture(params=BASES)
def base(request) -> str:
    return str(request.param)


@pytest.fixture
def ticket(portal, now) -> str:
    properties = {"subject": "Help", "hs_pipeline_stage": "1", "hubspot_owner_id": "3001"}
    made = portal.create("tickets", properties, at=now - timedelta(hours=9))
    portal.associate("tickets", made, "contacts", "7001")
    return made


@pytest.fixture
def thread(portal, ticket, now) -> str:
    return portal.start_thread(ticket, at=now - timedelta(hours=8))


@pytest.fixture
def entries(http, base):
    def read(thread: str, **query: object) -> list[dict[str, object]]:
        path = f"{base}/threads/{thread}/messages"
        return http.get(path, **{"sort": "createdAt", "limit": 500, **query}).json()["results"]

    return read


def test_a_ticket_has_many_threads_and_each_tells_who_wrote_what(
    portal, http, base, ticket, thread, entries, now
) -> None:
    chat = portal.start_thread(ticket, channel_id="1000", at=now - timedelta(hours=7))
    portal.write_message(thread, text="It is <down>.", at=now - timedelta(hours=6))
    portal.write_message(thread, AI, "On and off?", at=now - timedelta(hours=5))
    portal.assign_thread(thread, MARA, at=now - timedelta(hours=4))
    portal.write_comment(thread, MARA, "Ask Tobias?", at=now - timedelta(hours=3))
    portal.write_message(thread, MARA, "Fixed.", at=now - timedelta(hours=2), client="INTEGRATION", app_id=77)
    portal.set_thread_status(thread, "CLOSED", by=MARA, at=now - timedelta(hours=1))
    rows = http.get(f"{base}/threads", associatedTicketId=ticket, association="TICKET").json()["results"]
    assert [row["id"] for row in rows] == sorted([thread, chat])
    assert {row["threadAssociations"]["associatedTicketId"] for row in rows} == {ticket}
    row = next(row for row in rows if row["id"] == thread)
    assert (row["status"], row["assignedTo"], row["closedAt"]) == ("CLOSED", MARA, "2026-11-23T08:00:00Z")
    assert (row["latestMessageTimestamp"], row["latestMessageReceivedTimestamp"]) == (
        "2026-11-23T07:00:00Z",
        "2026-11-23T03:00:00Z",
    )
    rows = entries(thread)
    assert [(entry["type"], entry["createdBy"], entry["client"]["clientType"]) for entry in rows] == [
        ("MESSAGE", "V-7001", "HUBSPOT"),
        ("MESSAGE", AI, "SYSTEM"),
        ("ASSIGNMENT", "S-hubspot", "SYSTEM"),
        ("COMMENT", MARA, "HUBSPOT"),
        ("MESSAGE", MARA, "INTEGRATION"),
        ("THREAD_STATUS_CHANGE", MARA, "HUBSPOT"),
    ]
    assert (rows[0]["direction"], rows[0]["richText"]) == ("INCOMING", "<p>It is &lt;down&gt;.</p>")
    assert rows[1]["senders"] == [{"actorId": AI, "senderField": "FROM"}]
    assert rows[2]["assignedTo"] == MARA
    assert "assignedFrom" not in rows[2]
    assert rows[4]["client"]["integrationAppId"] == 77
    assert rows[5]["newStatus"] == "CLOSED"
    assert all("direction" not in entry for entry in rows if entry["type"] != "MESSAGE")


def test_a_message_moves_its_ticket_and_comments_and_assignments_do_not(portal, ticket, thread, now) -> None:
    before = portal.read("tickets", ticket)
    portal.write_comment(thread, MARA, "hm", at=now - timedelta(hours=5))
    portal.assign_thread(thread, BOT, at=now - timedelta(hours=5))
    commented = portal.read("tickets", ticket)
    assert {name for name in commented if commented[name] != before.get(name)} == {
        "hs_latest_message_is_thread_comment"
    }
    portal.write_message(thread, at=now - timedelta(hours=4))
    portal.write_message(thread, BOT, at=now - timedelta(hours=3))
    portal.write_message(thread, MARA, at=now - timedelta(hours=2))
    after = portal.read("tickets", ticket)
    assert after["hs_last_message_received_at"] == after["last_reply_date"] == "2026-11-23T05:00:00Z"
    assert after["hs_last_message_sent_at"] == "2026-11-23T07:00:00Z"
    assert after["hs_first_agent_message_sent_at"] == "2026-11-23T06:00:00Z"
    assert (after["hs_num_times_contacted"], after["hs_last_message_from_visitor"]) == ("2", "false")
    assert after["hs_lastmodifieddate"] == before["hs_lastmodifieddate"]


def test_only_people_send_the_first_agent_message_where_the_portal_is_so(now) -> None:

    portal = seeded_portal(now, tickets=1, behaviour=Behaviour(machines_send_the_first_agent_message=False))
    ticket = portal.create("tickets", {"subject": "x", "hs_pipeline_stage": "1"}, at=now)
    thread = portal.start_thread(ticket)
    portal.write_message(thread, AI, at=now + timedelta(hours=1))
    assert "hs_first_agent_message_sent_at" not in portal.read("tickets", ticket)
    portal.write_message(thread, MARA, at=now + timedelta(hours=2))
    first = portal.read("tickets", ticket)
    assert first["hs_first_agent_message_sent_at"] == "2026-11-23T11:00:00Z"
    assert (first["hs_first_agent_message_sent_by"], first["time_to_first_agent_reply"]) == ("3001", "7200000")


def test_what_is_told_to_a_ticket_goes_into_the_thread_written_to_last(portal, ticket, thread, entries, now) -> None:
    other = portal.start_thread(ticket, at=now - timedelta(hours=7))
    portal.write_message(other, at=now - timedelta(hours=6))
    portal.write_message(thread, at=now - timedelta(hours=5))
    portal.send_agent_message(ticket, now - timedelta(hours=4))
    portal.receive_customer_message(ticket, now - timedelta(hours=3))
    assert [entry["createdBy"] for entry in entries(thread)] == ["V-7001", MARA, "V-7001"]
    assert len(entries(other)) == 1
    assert portal.read("tickets", ticket)["hs_last_message_received_at"] == "2026-11-23T06:00:00Z"


def test_closing_a_ticket_closes_its_threads_and_a_customer_opens_them_again(
    portal, ticket, thread, entries, now
) -> None:
    portal.write_message(thread, at=now - timedelta(hours=6))
    portal.update("tickets", ticket, {"hs_pipeline_stage": "4"}, at=now - timedelta(hours=5))
    portal.write_message(thread, text="Still down", at=now - timedelta(hours=4))
    portal.update("tickets", ticket, {"hs_pipeline_stage": "3"}, at=now - timedelta(hours=3))
    changes = [entry for entry in entries(thread) if entry["type"] == "THREAD_STATUS_CHANGE"]
    assert [(entry["newStatus"], entry["createdBy"]) for entry in changes] == [
        ("CLOSED", "S-hubspot"),
        ("OPEN", "S-hubspot"),
    ]


def test_a_thread_read_off_its_ticket_is_stored_with_its_ids_once_somebody_writes(
    portal, http, base, ticket, entries, now
) -> None:
    portal.receive_customer_message(ticket, now - timedelta(hours=4))
    [derived] = portal.threads_of(ticket)
    before = entries(derived)
    portal.write_message(derived, MARA, "Hello", at=now - timedelta(hours=3))
    assert portal.threads_of(ticket) == [derived]
    assert entries(derived)[:1] == before
    assert [entry["createdBy"] for entry in entries(derived)] == ["V-7001", MARA]
    since = {"latestMessageTimestampAfter": "2026-11-23T05:59:59Z", "associatedTicketId": ticket}
    [row] = http.get(f"{base}/threads", **since).json()["results"]
    assert (row["id"], row["latestMessageTimestamp"]) == (derived, "2026-11-23T06:00:00Z")


@pytest.mark.parametrize("keeps", [False, True])
def test_threads_of_both_tickets_are_the_survivors(now, talk, keeps, base) -> None:

    portal = seeded_portal(now, tickets=1, behaviour=Behaviour(merges_keep_the_primary_id=keeps))
    first, second = (portal.create("tickets", {"subject": "x", "hs_pipeline_stage": "1"}, at=now) for _ in range(2))
    stored = portal.start_thread(first)
    portal.write_message(stored, MARA, at=now + timedelta(minutes=5))
    portal.receive_customer_message(second, now + timedelta(minutes=7))
    [derived] = portal.threads_of(second)
    with serve(portal, token="pat-eu1-made-up", enforce_limits=False) as served:
        http = talk(served)
        body = {"primaryObjectId": first, "objectIdToMerge": second}
        survivor = http.post("/crm/v3/objects/tickets/merge", body).json()["id"]
        rows = http.get(f"{base}/threads", associatedTicketId=survivor, association="TICKET").json()["results"]
    assert [row["id"] for row in rows] == [stored, derived]
    assert {row["threadAssociations"]["associatedTicketId"] for row in rows} == {survivor}


def test_messages_are_paged_by_time_whatever_order_they_came_in(portal, http, base, thread, now) -> None:
    for minutes in (5, 3, 9, 1, 7, 3):
        portal.write_message(thread, at=now - timedelta(minutes=minutes))
    path = f"{base}/threads/{thread}/messages"
    for sort, ordered in (("createdAt", sorted), ("-createdAt", lambda rows: sorted(rows, reverse=True))):
        ids, times = [], []
        answer = http.get(path, limit=2, sort=sort).json()
        while True:
            ids += [row["id"] for row in answer["results"]]
            times += [row["createdAt"] for row in answer["results"]]
            if "paging" not in answer:
                break
            answer = http.session.get(answer["paging"]["next"]["link"], timeout=5).json()
        assert len(ids) == len(set(ids)) == 6
        assert times == ordered(times)


def test_lists_are_filtered_and_sorted_as_documented(portal, http, base, ticket, thread, now) -> None:
    portal.write_message(thread, at=now + timedelta(minutes=5))
    lone = portal.start_thread(None, channel_id="1007")
    since = {"latestMessageTimestampAfter": "2026-11-23T09:00:00Z", "sort": "latestMessageTimestamp"}
    assert [row["id"] for row in http.get(f"{base}/threads", **since).json()["results"]] == [thread]
    both = {**since, "associatedTicketId": ticket}
    assert [row["id"] for row in http.get(f"{base}/threads", **both).json()["results"]] == [thread]
    assert http.get(f"{base}/threads", sort="latestMessageTimestamp").status_code == 400
    assert http.get(f"{base}/threads", sort="subject").status_code == 400
    first = http.get(f"{base}/threads", limit=2).json()["results"]
    assert [row["id"] for row in first] == [thread, lone]
    assert "latestMessageTimestamp" not in first[1]
    assert http.get(f"{base}/threads/{lone}/messages").json() == {"results": []}


def test_an_archived_thread_is_found_only_by_those_who_ask_for_it(portal, http, base, ticket, thread) -> None:
    portal.write_message(thread)
    assert http.send("DELETE", f"{base}/threads/{thread}").status_code == 204
    assert http.get(f"{base}/threads/{thread}").status_code == 404
    assert http.get(f"{base}/threads/{thread}/messages").status_code == 404
    assert http.get(f"{base}/threads", associatedTicketId=ticket).json()["results"] == []
    archived = http.get(f"{base}/threads", associatedTicketId=ticket, archived="true").json()["results"]
    assert [(row["id"], row["archived"]) for row in archived] == [(thread, True)]
    assert len(http.get(f"{base}/threads/{thread}/messages", archived="true").json()["results"]) == 1
    restored = http.send("PATCH", f"{base}/threads/{thread}?archived=true", json={"archived": False})
    assert (restored.status_code, restored.json()["archived"]) == (200, False)
    assert http.get(f"{base}/threads/{thread}").status_code == 200


def test_an_agent_writes_through_the_api(portal, http, base, ticket, thread) -> None:
    body = {
        "type": "MESSAGE",
        "text": "We are on it.",
        "senderActorId": MARA,
        "channelId": "1002",
        "channelAccountId": CHANNEL_ACCOUNTS["1002"],
        "recipients": [
            {"actorId": "V-7001", "deliveryIdentifiers": [{"type": "HS_EMAIL_ADDRESS", "value": "a@b.example"}]}
        ],
        "attachments": [],
    }
    path = f"{base}/threads/{thread}/messages"
    made = http.post(path, body)
    assert made.status_code == 201
    assert made.json()["client"] == {"clientType": "INTEGRATION", "integrationAppId": 2900001}
    assert made.json()["recipients"][0]["deliveryIdentifier"]["value"] == "a@b.example"
    assert http.session.get(made.headers["Location"], timeout=5).json() == made.json()
    assert portal.read("tickets", ticket)["hs_first_agent_message_sent_by"] == "3001"
    comment = http.post(path, {"type": "COMMENT", "text": "inside", "attachments": []}).json()
    assert (comment["type"], comment["createdBy"]) == ("COMMENT", "I-2900001")
    for wrong in ({"senderActorId": "V-7001"}, {"senderActorId": "A-1"}, {"channelAccountId": "1"}, {"type": "FAX"}):
        assert http.post(path, body | wrong).status_code == 400
    assert http.post(f"{base}/threads/1/messages", body).status_code == 404


def test_a_thread_is_assigned_and_closed_through_the_api(portal, http, base, ticket, thread, entries) -> None:
    path = f"{base}/threads/{thread}"
    assert http.send("PUT", f"{path}/assignee", json={"actorId": AI}).json()["assignedTo"] == AI
    assert http.send("PUT", f"{path}/assignee", json={"actorId": MARA}).json()["assignedTo"] == MARA
    assert http.send("DELETE", f"{path}/assignee").status_code == 204
    assert http.send("PUT", f"{path}/assignee", json={"actorId": "V-7001"}).status_code == 400
    assert http.send("PATCH", path, json={"status": "CLOSED"}).json()["status"] == "CLOSED"
    assert http.send("PATCH", path, json={"status": "SHUT"}).status_code == 400
    rows = [(entry.get("assignedFrom"), entry.get("assignedTo"), entry.get("newStatus")) for entry in entries(thread)]
    assert rows == [(None, AI, None), (AI, MARA, None), (MARA, None, None), (None, None, "CLOSED")]
    assert portal.read("tickets", ticket)["hubspot_owner_id"] == "3001"


def test_every_kind_of_actor_is_resolved(portal, http, base) -> None:
    portal.add_actor("B-9", "LLM", "Aria")
    inputs = [MARA, BOT, AI, "I-2900001", "V-7001", "E-x@y.example", "S-hubspot", "B-9", "B-10"]
    answer = http.post(f"{base}/actors/batch/read", {"inputs": inputs}).json()
    kinds = ["AGENT", "BOT", "LLM", "INTEGRATOR", "VISITOR", "EMAIL", "SYSTEM", "LLM"]
    assert [row["type"] for row in answer["results"]] == kinds
    assert answer["errors"][0]["context"] == {"ids": ["B-10"]}


def test_channels_and_their_accounts_are_known(http, base) -> None:
    channels = http.get(f"{base}/channels").json()
    assert channels["total"] == len(channels["results"]) == len(CHANNEL_ACCOUNTS)
    accounts = http.get(f"{base}/channel-accounts", channelId="1002").json()["results"]
    assert [row["id"] for row in accounts] == [CHANNEL_ACCOUNTS["1002"]]
    assert http.get(f"{base}/channel-accounts/{accounts[0]['id']}").json() == accounts[0]
    assert http.get(f"{base}/channels/{accounts[0]['channelId']}").json()["name"] == "Email"
    assert http.get(f"{base}/channels/9").status_code == http.get(f"{base}/channel-accounts/9").status_code == 404


def test_writing_asks_for_its_own_scope(running, talk, base, portal, ticket, thread) -> None:
    running.access.grant("reader", ["conversations.read"])
    reader = talk(running, "reader")
    assert reader.get(f"{base}/threads/{thread}").status_code == 200
    refused = reader.send("PATCH", f"{base}/threads/{thread}", json={"status": "CLOSED"})
    assert refused.json()["errors"][0]["context"] == {"requiredGranularScopes": ["conversations.write"]}


def test_a_hand_over_of_the_ai_agent_shows_on_the_ticket(portal, ticket, now) -> None:
    portal.escalate(ticket, at=now)
    values = portal.read("tickets", ticket)
    assert (values["hs_customer_agent_ticket_status"], values["hs_customer_agent_escalated_time"]) == (
        "ESCALATED",
        "2026-11-23T09:00:00Z",
    )
    assert values[TICKETS.modified] == "2026-11-23T09:00:00Z"
