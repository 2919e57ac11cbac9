"""Whatever is written into conversations is read back as HubSpot would answer it, page by page, with its ticket.

The oracle keeps plain lists and looks through all of them for every question.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubspot_sandbox.server import serve
from proof import examples
from seeded import copied_portal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubspot_sandbox.server import Running

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
BASE = "/conversations/conversations/2026-09"
TOKEN = "pat-eu1-made-up"
MARA = "A-60003001"
WRITERS = ("V-7001", "E-x@y.example", MARA, "B-3100001", "L-3200001", "I-2900001", "S-hubspot")
CLIENTS = {"A-": "HUBSPOT", "V-": "HUBSPOT", "E-": "HUBSPOT", "I-": "INTEGRATION"}


@dataclass
class Model:
    """One thread as the oracle has it: (instant, type, author, what changed) in the order of writing."""

    id: str
    rows: list[tuple[datetime, str, str, str]] = field(default_factory=list)
    status: str = "OPEN"
    assigned: str = ""
    archived: bool = False

    def in_order(self) -> list[tuple[datetime, str, str, str]]:
        return sorted(self.rows, key=lambda row: row[0])

    def latest(self, *, incoming: bool | None = None) -> datetime | None:
        times = [
            at
            for at, kind, author, _ in self.rows
            if kind == "MESSAGE" and (incoming is None or author.startswith(("V-", "E-")) == incoming)
        ]
        return max(times, default=None)


acts = st.tuples(
    st.sampled_from(["thread", "write", "write", "write", "api", "comment", "assign", "status", "bin", "stage"]),
    st.integers(0, 5),
    st.sampled_from(WRITERS),
    st.integers(1, 40),
)


@pytest.fixture(scope="module")
def served() -> Iterator[Running]:
    portal = copied_portal(NOW, tickets=1)
    portal.clock.freeze()
    with serve(portal, token=TOKEN, enforce_limits=False) as running:
        yield running


@pytest.fixture(scope="module")
def caller(served):
    import requests

    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {TOKEN}"

        def call(method: str, path: str, **more: object) -> requests.Response:
            return session.request(method, served.url + path, timeout=10, **more)

        yield call


@examples(40)
@given(story=st.lists(acts, max_size=25), limit=st.integers(1, 7))
def test_what_was_written_is_read_back(served, caller, story, limit) -> None:
    served.clock.set(NOW)
    portal = served.portal
    ticket = portal.create("tickets", {"subject": "x", "hs_pipeline_stage": "1"}, at=NOW - timedelta(days=1))
    portal.associate("tickets", ticket, "contacts", "7001")
    threads = [Model(portal.start_thread(ticket, at=NOW))]
    for kind, number, writer, minute in story:
        _act(served, caller, ticket, threads, (kind, number, writer, NOW + timedelta(minutes=minute)))
    for thread in threads:
        assert _read(caller, thread, limit) == [_wire(row) for row in thread.in_order()]
        assert _read(caller, thread, limit, newest_first=True) == [_wire(row) for row in thread.in_order()[::-1]]
    _check_threads(caller, ticket, threads)
    _check_ticket(portal.read("tickets", ticket), threads)


def _act(served, caller, ticket: str, threads: list[Model], act: tuple[str, int, str, datetime]) -> None:
    kind, number, _, at = act
    thread, portal = threads[number % len(threads)], served.portal
    if kind == "thread" and len(threads) < 4:
        threads.append(Model(portal.start_thread(ticket, at=NOW)))
    elif kind == "bin":
        thread.archived = not thread.archived
        query = "" if thread.archived else "?archived=true"
        caller("PATCH", f"{BASE}/threads/{thread.id}{query}", json={"archived": thread.archived})
    elif kind == "stage":
        _move(portal, ticket, threads, at)
    elif not thread.archived:
        _write(served, caller, thread, act)


def _move(portal, ticket: str, threads: list[Model], at: datetime) -> None:
    closes = portal.read("tickets", ticket)["hs_is_closed"] == "false"
    portal.update("tickets", ticket, {"hs_pipeline_stage": "4" if closes else "1"}, at=at)
    if (portal.read("tickets", ticket)["hs_is_closed"] == "true") == closes:  # else a later move had the last word
        for thread in threads:
            _set_status(thread, "CLOSED" if closes else "OPEN", at, "S-hubspot")


def _set_status(thread: Model, status: str, at: datetime, author: str) -> None:
    if thread.status != status:
        thread.rows.append((at, "THREAD_STATUS_CHANGE", author, status))
        thread.status = status


def _write(served, caller, thread: Model, act: tuple[str, int, str, datetime]) -> None:
    kind, number, writer, at = act
    portal, path = served.portal, f"{BASE}/threads/{thread.id}"
    if kind == "write":
        portal.write_message(thread.id, writer, f"by {writer}", at=at)
        thread.rows.append((at, "MESSAGE", writer, ""))
        if writer.startswith(("V-", "E-")):
            _set_status(thread, "OPEN", at, "S-hubspot")
    elif kind == "api":
        served.clock.set(at)
        body = {
            "type": "MESSAGE",
            "text": "x",
            "senderActorId": MARA,
            "channelId": "1002",
            "channelAccountId": "750001",
        }
        assert caller("POST", f"{path}/messages", json=body).status_code == 201
        thread.rows.append((at, "MESSAGE", MARA, "api"))
    elif kind == "comment":
        portal.write_comment(thread.id, writer, "hm", at=at)
        thread.rows.append((at, "COMMENT", writer, ""))
    elif kind == "assign":
        assignee = ("", MARA, "B-3100001", "L-3200001")[number % 4]
        portal.assign_thread(thread.id, assignee, at=at)
        if thread.assigned != assignee:
            thread.rows.append((at, "ASSIGNMENT", "S-hubspot", f"{thread.assigned}>{assignee}"))
            thread.assigned = assignee
    elif kind == "status":
        status = ("OPEN", "CLOSED")[number % 2]
        portal.set_thread_status(thread.id, status, by=MARA, at=at)
        _set_status(thread, status, at, MARA)


def _read(caller, thread: Model, limit: int, *, newest_first: bool = False) -> list[tuple[object, ...]]:
    query = {
        "limit": limit,
        "archived": str(thread.archived).lower(),
        **({} if newest_first else {"sort": "createdAt"}),
    }
    path = f"{BASE}/threads/{thread.id}/messages"
    rows, after = [], None
    while True:
        body = caller("GET", path, params=query if after is None else {**query, "after": after}).json()
        assert len(body["results"]) <= limit
        rows += body["results"]
        if "paging" not in body:
            break
        after = body["paging"]["next"]["after"]
    assert len({row["id"] for row in rows}) == len(rows)
    return [_seen(row) for row in rows]


def _seen(row: dict[str, object]) -> tuple[object, ...]:
    changed = row.get("newStatus", "")
    if row["type"] == "ASSIGNMENT":
        changed = f"{row.get('assignedFrom', '')}>{row.get('assignedTo', '')}"
    return row["createdAt"], row["type"], row["createdBy"], row["client"]["clientType"], row.get("direction"), changed


def _wire(row: tuple[datetime, str, str, str]) -> tuple[object, ...]:
    at, kind, author, changed = row
    direction = ("INCOMING" if author.startswith(("V-", "E-")) else "OUTGOING") if kind == "MESSAGE" else None
    client = "INTEGRATION" if changed == "api" else CLIENTS.get(author[:2], "SYSTEM")
    return _text(at), kind, author, client, direction, "" if changed == "api" else changed


def _text(at: datetime | None) -> str | None:
    return None if at is None else f"{at:%Y-%m-%dT%H:%M:%SZ}"


def _check_threads(caller, ticket: str, threads: list[Model]) -> None:
    for archived in (False, True):
        query = {"associatedTicketId": ticket, "archived": str(archived).lower(), "association": "TICKET"}
        rows = caller("GET", f"{BASE}/threads", params=query).json()["results"]
        there = [thread for thread in threads if thread.archived == archived]
        assert [row["id"] for row in rows] == [thread.id for thread in there]
        for row, thread in zip(rows, there, strict=True):
            assert (row["status"], row.get("assignedTo", "")) == (thread.status, thread.assigned)
            assert row.get("latestMessageTimestamp") == _text(thread.latest())
            assert row.get("latestMessageReceivedTimestamp") == _text(thread.latest(incoming=True))
            assert row.get("latestMessageSentTimestamp") == _text(thread.latest(incoming=False))
    since = NOW + timedelta(minutes=20)
    query = {"latestMessageTimestampAfter": _text(since), "sort": "latestMessageTimestamp", "limit": 500}
    found = [row["id"] for row in caller("GET", f"{BASE}/threads", params=query).json()["results"]]
    later = [thread for thread in threads if not thread.archived and (thread.latest() or NOW) > since]
    ours = {thread.id for thread in threads}
    expected = sorted(later, key=lambda thread: (thread.latest() or NOW, int(thread.id)))
    assert [each for each in found if each in ours] == [thread.id for thread in expected]


def _check_ticket(values: dict[str, str], threads: list[Model]) -> None:
    received = [at for thread in threads if (at := thread.latest(incoming=True))]
    sent = [at for thread in threads if (at := thread.latest(incoming=False))]
    assert values.get("hs_last_message_received_at") == _text(max(received, default=None))
    assert values.get("hs_last_message_sent_at") == _text(max(sent, default=None))
    if max(received, default=NOW) != max(sent, default=NOW):
        from_visitor = max(received, default=NOW) > max(sent, default=NOW)
        assert values["hs_last_message_from_visitor"] == str(from_visitor).lower()
    outgoing = [
        row for thread in threads for row in thread.rows if row[1] == "MESSAGE" and not row[2].startswith(("V-", "E-"))
    ]
    assert values["hs_num_times_contacted"] == str(len(outgoing))
    assert ("hs_first_agent_message_sent_at" in values) == bool(outgoing)
