"""Conversations that a file holds are served, and replayed, as HubSpot would."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import orjson
import pytest

from hubspot_sandbox.load import LoadError, load_portal
from hubspot_sandbox.server import serve
from proofs.logs import written_down
from seeded import copied_portal

if TYPE_CHECKING:
    from pathlib import Path

    from hubspot_sandbox.portal import Portal

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
ROOT = "/conversations/conversations/2026-09"


@pytest.fixture
def made() -> Portal:
    """A ticket with a thread of every kind of entry but a welcome."""
    portal = copied_portal(NOW, tickets=0)
    ticket = portal.create("tickets", {"subject": "Down", "hs_pipeline": "0", "hs_pipeline_stage": "1"}, at=NOW)
    thread, person = portal.start_thread(ticket, at=NOW), _person(portal)
    portal.add_actor("B-9", "LLM", "Aria")
    portal.write_message(thread, text="It is down.", at=NOW + timedelta(minutes=1))
    portal.write_message(thread, "B-9", "Off and on?", at=NOW + timedelta(minutes=2))
    portal.assign_thread(thread, person, at=NOW + timedelta(minutes=3))
    portal.write_comment(thread, person, "Ask Tobias?", at=NOW + timedelta(minutes=4))
    portal.write_message(thread, person, "Done.", client="INTEGRATION", app_id=7, at=NOW + timedelta(minutes=5))
    portal.set_thread_status(thread, "CLOSED", at=NOW + timedelta(minutes=6))
    return portal


def _person(portal: Portal) -> str:
    return f"A-{min(owner.user_id for owner in portal.owners.values())}"


def answers(portal: Portal, talk) -> list[object]:
    """Threads, their entries and their actors as HubSpot shows them."""
    with serve(portal, token="t", enforce_limits=False) as running:
        http = talk(running, "t")
        threads = http.get(f"{ROOT}/threads?association=TICKET").json()["results"]
        entries = [http.get(f"{ROOT}/threads/{thread['id']}/messages").json()["results"] for thread in threads]
        actors = [http.get(f"{ROOT}/actors/{id_}").json() for id_ in ("B-9", _person(portal))]
    return [threads, entries, actors]


def test_conversations_are_served_as_they_were_written_down(made: Portal, tmp_path: Path, talk) -> None:
    loaded = load_portal(written_down(made, tmp_path / "log", conversations_since=NOW))
    assert answers(loaded, talk) == answers(made, talk)


def test_replayed_they_come_entry_by_entry_and_end_as_the_log_says(made: Portal, tmp_path: Path, talk) -> None:
    replayed = load_portal(written_down(made, tmp_path / "log", conversations_since=NOW), NOW, replay=True)
    replayed.clock.freeze()
    [ticket] = replayed.ids("tickets")
    assert replayed.threads_of(ticket) == []
    replayed.clock.set(NOW + timedelta(minutes=3, seconds=30))
    _, [entries], _ = answers(replayed, talk)
    assert [entry["type"] for entry in entries] == ["ASSIGNMENT", "MESSAGE", "MESSAGE"]
    assert replayed.read("tickets", ticket)["hs_last_message_sent_at"] == "2026-11-23T08:02:00Z"
    replayed.clock.set(NOW + timedelta(minutes=10))
    assert answers(replayed, talk) == answers(made, talk)


def test_a_new_thread_takes_no_id_that_a_file_brought_along(made: Portal, tmp_path: Path) -> None:
    loaded = load_portal(written_down(made, tmp_path / "log", conversations_since=NOW))
    [ticket] = loaded.ids("tickets")
    assert loaded.start_thread(ticket) not in made.threads_of(ticket)


def test_a_malformed_entry_is_named_with_its_file_and_line(tmp_path: Path) -> None:
    row = {"id": "1", "threads": [{"id": "5", "messages": [{"type": "MESSAGE", "createdAt": "soon"}]}]}
    (tmp_path / "tickets.jsonl").write_bytes(orjson.dumps(row))
    with pytest.raises(LoadError, match=r"tickets\.jsonl:1: threads\.0\.messages\.0\.createdAt"):
        load_portal(tmp_path)


def test_what_is_logged_on_a_ticket_is_served_and_replayed_too(made: Portal, tmp_path: Path) -> None:
    [ticket] = made.ids("tickets")
    at = NOW + timedelta(minutes=2)
    for kind in ("emails", "calls", "notes"):
        activity = made.create(kind, {"hs_timestamp": at.isoformat(), "hubspot_owner_id": "3001"}, at=at)
        made.associate("tickets", ticket, kind, activity, at=at)
    log = written_down(made, tmp_path / "log", conversations_since=NOW)
    replayed = load_portal(log, NOW, replay=True)
    replayed.clock.freeze()
    assert replayed.ids("emails") == []
    replayed.clock.set(NOW + timedelta(minutes=10))
    for portal in (load_portal(log), replayed):
        told = portal.read("tickets", ticket)
        assert told["hs_last_email_activity"] == "2026-11-23T08:02:00Z"
        for kind in ("emails", "calls", "notes"):
            assert portal.ids(kind) == made.ids(kind)
    assert replayed.read("tickets", ticket)["hs_lastmodifieddate"] >= "2026-11-23T08:02:00"
