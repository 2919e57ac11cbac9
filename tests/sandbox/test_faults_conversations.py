"""Conversations on HubSpot's bad days: refused, late, in no order, in part, and changed by colleagues."""

from __future__ import annotations

from datetime import timedelta

import pytest

BASE = "/conversations/conversations/2026-09"
MARA, BOT = "A-60003001", "B-3100001"
ACCOUNT = "/account-info/v3/details"


@pytest.fixture
def ticket(portal, now) -> str:
    made = portal.create("tickets", {"subject": "Help", "hs_pipeline_stage": "1"}, at=now - timedelta(hours=9))
    portal.associate("tickets", made, "contacts", "7001")
    return made


@pytest.fixture
def thread(portal, ticket, now) -> str:
    made = portal.start_thread(ticket, at=now - timedelta(hours=8))
    for minutes in range(40, 0, -5):
        portal.write_message(made, BOT if minutes % 10 else "", at=now - timedelta(minutes=minutes))
    return made


@pytest.fixture
def faults(running):
    yield running.faults
    running.faults.clear()


def _all(http, path: str, **query: object) -> list[dict[str, object]]:
    answer = http.get(path, **query).json()
    rows = answer["results"]
    while "paging" in answer:
        answer = http.session.get(answer["paging"]["next"]["link"], timeout=5).json()
        rows += answer["results"]
    return rows


@pytest.mark.parametrize("shape", ["errors", "context"])
def test_a_scope_taken_away_is_named_in_both_shapes(faults, http, thread, shape) -> None:
    faults.add("missing_scope", scopes=["conversations.read"], shape=shape, route="conversation*", after=1)
    assert http.get(f"{BASE}/threads/{thread}").status_code == 200
    refused = http.get(f"{BASE}/threads/{thread}/messages")
    assert (refused.status_code, refused.json()["category"]) == (403, "MISSING_SCOPES")
    body = refused.json()
    named = body["context"] if shape == "context" else body["errors"][0]["context"]
    assert named == {"requiredGranularScopes": ["conversations.read"]}
    assert http.get(ACCOUNT).status_code == 200


def test_a_plan_without_conversations_refuses_them_and_nothing_else(faults, http, thread) -> None:
    faults.add("plan_without", route="conversation*")
    refused = http.get(f"{BASE}/threads")
    assert (refused.status_code, refused.json()["category"]) == (403, "FORBIDDEN")
    assert "does not have access to this feature" in refused.json()["message"]
    assert http.get(ACCOUNT).status_code == 200


def test_entries_show_later_than_they_say(faults, http, running, portal, ticket, thread, now) -> None:
    faults.add("message_lag", lag_s=600)
    path = f"{BASE}/threads/{thread}"
    assert len(_all(http, f"{path}/messages")) == 7
    assert http.get(path).json()["latestMessageTimestamp"] == "2026-11-23T08:50:00Z"
    assert portal.read("tickets", ticket)["hs_last_message_sent_at"] == "2026-11-23T08:55:00Z"
    since = {"latestMessageTimestampAfter": "2026-11-23T08:50:00Z", "associatedTicketId": ticket}
    assert http.get(f"{BASE}/threads", **since).json()["results"] == []
    running.advance(timedelta(minutes=5))
    assert len(_all(http, f"{path}/messages", limit=3)) == 8
    assert [row["id"] for row in http.get(f"{BASE}/threads", **since).json()["results"]] == [thread]
    newest = _all(http, f"{path}/messages")[0]["id"]
    running.advance(timedelta(minutes=-5))
    assert http.get(f"{path}/messages/{newest}").status_code == 404


def test_entries_that_are_late_by_chance_overtake_each_other(faults, http, thread) -> None:
    faults.add("message_lag", lag_s=0, jitter_s=2400, seed=3)
    shown = [row["createdAt"] for row in _all(http, f"{BASE}/threads/{thread}/messages", sort="createdAt")]
    faults.clear()
    times = [row["createdAt"] for row in _all(http, f"{BASE}/threads/{thread}/messages", sort="createdAt")]
    assert set(shown) < set(times)
    assert shown != times[: len(shown)]


def test_pages_come_out_of_order_and_hold_everything_once(faults, http, thread) -> None:
    path = f"{BASE}/threads/{thread}/messages"
    ordered = [row["id"] for row in _all(http, path)]
    faults.add("pages_out_of_order", seed=1)
    mixed = [row["id"] for row in _all(http, path, limit=3)]
    assert mixed != ordered
    assert sorted(mixed) == sorted(ordered)
    threads = [row["id"] for row in _all(http, f"{BASE}/threads", limit=5)]
    assert len(threads) == len(set(threads)) > 5
    assert http.get(f"{BASE}/threads/{thread}").json()["id"] == thread


def test_a_filter_is_ignored(faults, http, thread) -> None:
    since = {"latestMessageTimestampAfter": "2030-01-01T00:00:00Z", "sort": "latestMessageTimestamp"}
    assert http.get(f"{BASE}/threads", **since).json()["results"] == []
    faults.add("ignored_query")
    rows = _all(http, f"{BASE}/threads", **since)
    assert thread in [row["id"] for row in rows]
    assert [int(row["id"]) for row in rows] == sorted(int(row["id"]) for row in rows)


def test_entries_come_without_their_time(faults, http, portal, thread) -> None:
    portal.write_comment(thread, MARA, "hm")
    faults.add("missing_fields", fields=["createdAt", "updatedAt"], types=["COMMENT"])
    rows = _all(http, f"{BASE}/threads/{thread}/messages")
    assert {row["type"]: "createdAt" in row for row in rows} == {"COMMENT": False, "MESSAGE": True}
    assert all("id" in row for row in rows)


def test_some_entries_come_without_a_field_and_always_the_same(faults, http, thread) -> None:
    faults.add("missing_fields", share=0.5, seed=5)
    path = f"{BASE}/threads/{thread}/messages"
    lacking = [row["id"] for row in _all(http, path) if "createdAt" not in row]
    assert 0 < len(lacking) < 8
    assert lacking == [row["id"] for row in _all(http, path) if "createdAt" not in row]


def test_actors_are_unknown(faults, http, thread) -> None:
    faults.add("unknown_actors", ids=["B-*"])
    answer = http.post(f"{BASE}/actors/batch/read", {"inputs": [BOT, MARA]}).json()
    assert [row["id"] for row in answer["results"]] == [MARA]
    assert answer["errors"][0]["context"] == {"ids": [BOT]}
    assert http.get(f"{BASE}/actors/{BOT}").status_code == 404
    faults.clear()
    assert http.get(f"{BASE}/actors/{BOT}").json()["type"] == "BOT"


def test_somebody_archives_the_threads_of_a_ticket(faults, http, ticket, thread) -> None:
    faults.add("archive_threads", ticket=ticket, after=1)
    assert http.get(f"{BASE}/threads/{thread}").status_code == 200
    assert http.get(f"{BASE}/threads/{thread}/messages").status_code == 404
    assert http.get(f"{BASE}/threads", associatedTicketId=ticket).json()["results"] == []
    faults.add("archive_threads", ids=[thread, "1", "x"])
    assert http.get(f"{BASE}/threads", associatedTicketId=ticket).status_code == 200


def test_a_thread_without_messages_is_listed(faults, http, portal, ticket) -> None:
    faults.add("empty_thread", ticket=ticket)
    [row] = http.get(f"{BASE}/threads", associatedTicketId=ticket).json()["results"]
    assert "latestMessageTimestamp" not in row
    assert http.get(f"{BASE}/threads/{row['id']}/messages").json() == {"results": []}


def test_ten_thousand_messages_are_paged_through(faults, http, ticket, portal) -> None:
    faults.add("many_messages", ticket=ticket)
    faults.add("many_messages", ticket="1", times=1)
    [row] = http.get(f"{BASE}/threads", associatedTicketId=ticket).json()["results"]
    rows = _all(http, f"{BASE}/threads/{row['id']}/messages", limit=500, sort="createdAt")
    assert len({row["id"] for row in rows}) == 10_000
    times = [row["createdAt"] for row in rows]
    assert rows[-1]["createdAt"] == "2026-11-23T09:00:00Z"
    assert len(set(times)) == 10_000
    assert portal.read("tickets", ticket)["hs_num_times_contacted"] == "5000"


def test_faults_of_conversations_leave_everything_else_alone(faults, http, thread) -> None:
    before = http.get("/crm/objects/2026-09/tickets", limit=3).json()
    for name in ("message_lag", "pages_out_of_order", "ignored_query", "missing_fields", "unknown_actors"):
        faults.add(name)
    assert http.get("/crm/objects/2026-09/tickets", limit=3).json() == before
    body = {"type": "COMMENT", "text": "hm"}
    assert http.post(f"{BASE}/threads/{thread}/messages", body).status_code == 201
