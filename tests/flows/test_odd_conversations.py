"""Conversations in which it is hard to tell who answered, and when."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from flows.conversation_desk import (
    AI_AGENT,
    BOT,
    CONNECTED,
    EVERY_SOURCE,
    MESSAGES,
    agent_of,
    conversation,
    desk_of,
    is_exact,
    log_activity,
    overview,
    owner_of,
    reasons,
    responders,
    status,
    sweep_of,
    verdicts,
)
from hubspot_sla.flows.records.message_recognition import kept_id

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flows.world import World

FORWARDED = "it was forwarded to HubSpot, which answers nobody"
NOT_SHOWN = "no thread shows a message that its properties tell of"
GONE = "a thread of it can no longer be read"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[World]:
    made = desk_of(tmp_path, MESSAGES)
    yield made
    made.close()


@pytest.fixture
def desk_of_every_source(tmp_path: Path) -> Iterator[World]:
    made = desk_of(tmp_path, EVERY_SOURCE)
    yield made
    made.close()


def test_a_forwarded_mail_answers_nobody(desk_of_every_source: World) -> None:
    desk = desk_of_every_source
    ticket, _ = conversation(desk)
    log_activity(desk, ticket, "emails", hs_email_direction="FORWARDED_EMAIL", hubspot_owner_id=owner_of(desk))
    desk.sync()
    assert status(desk, ticket) == "running"
    assert reasons(desk, ticket) == [FORWARDED]


def test_a_call_that_is_connected_after_it_was_logged_is_found_by_the_sweep(desk_of_every_source: World) -> None:
    desk = desk_of_every_source
    ticket, _ = conversation(desk)
    call = log_activity(desk, ticket, "calls", hs_call_status="IN_PROGRESS", hubspot_owner_id=owner_of(desk))
    desk.sync()
    assert reasons(desk, ticket) == ["the call was not connected"]
    desk.advance(minutes=5)
    desk.portal.update("calls", call, {"hs_call_status": "COMPLETED", "hs_call_disposition": CONNECTED}, at=desk.now)
    sweep_of(desk)
    assert status(desk, ticket) == "met"
    assert desk.entries("verdict", ticket)[-1]["cause"] == "message source"


def test_a_thread_that_is_refused_by_itself_stops_no_other(desk: World) -> None:
    ticket, thread = conversation(desk)
    other, its_thread = conversation(desk)
    desk.write_message(thread, agent_of(desk), "Hello.")
    desk.write_message(its_thread, agent_of(desk), "Hello.")
    desk.running.faults.add("access_denied", path=f"*/threads/{thread}/messages")
    desk.sync()
    assert not overview(desk, other).unread
    assert is_exact(desk, other)
    assert overview(desk, ticket).unread == "HubSpot does not let one of its threads be read"
    assert status(desk, ticket) == "met"  # as the property tells
    desk.running.faults.clear()
    desk.advance(minutes=1)
    sweep_of(desk)
    assert not overview(desk, ticket).unread
    assert is_exact(desk, ticket)


@pytest.mark.parametrize("field", ["id", "threadAssociations", "senders", "type", "latestMessageTimestamp", "client"])
def test_an_answer_without_a_field_stops_no_run(desk: World, field: str) -> None:
    ticket, thread = conversation(desk)
    desk.write_message(thread, agent_of(desk), "Hello.")
    desk.running.faults.add("missing_fields", fields=[field])
    stats = desk.sync()
    assert status(desk, ticket) == "met"
    assert not stats.quarantined
    assert bool(overview(desk, ticket).unread) == (field in ("id", "type"))


def test_a_ticket_that_was_merged_before_its_thread_was_read_is_known_whole(desk: World) -> None:
    first, _ = conversation(desk)
    desk.sync()
    desk.advance(minutes=1)
    second, thread = conversation(desk)
    desk.write_message(thread, agent_of(desk), "Hello.", at=desk.now - timedelta(minutes=3))
    desk.running.faults.add("merge_records", primary=first, ids=[second])
    desk.sync()
    [survivor] = desk.portal.ids("tickets")
    desk.sync()
    assert len(overview(desk, survivor).rows()) == 3
    assert not overview(desk, survivor).unread
    assert is_exact(desk, survivor)
    assert status(desk, survivor) == "met"


def test_a_ticket_made_of_a_conversation_in_which_we_had_written_ends_as_merged_too(desk: World) -> None:
    first, _ = conversation(desk)
    second, thread = conversation(desk)
    desk.write_message(thread, agent_of(desk), "Shall I open a ticket?", at=desk.now - timedelta(minutes=31))
    desk.sync()
    desk.advance(minutes=1)
    desk.running.faults.add("merge_records", primary=first, ids=[second])
    desk.sync()
    assert status(desk, second) == "merged"


def test_a_bot_on_a_merged_ticket_answers_no_more_than_before(desk: World) -> None:
    first, _ = conversation(desk)
    second, thread = conversation(desk)
    desk.write_message(thread, BOT, "We got it.", at=desk.now - timedelta(minutes=3))
    desk.sync()
    desk.advance(minutes=1)
    desk.running.faults.add("merge_records", primary=first, ids=[second])
    desk.sync()
    desk.advance(minutes=1)
    desk.write_message(thread, BOT, "Still on it.")
    desk.sync()
    [survivor] = desk.portal.ids("tickets")
    assert status(desk, survivor) == "running"
    assert not overview(desk, survivor).unread
    assert is_exact(desk, survivor)


def test_what_is_deleted_after_a_merge_answers_no_more(desk: World) -> None:
    first, _ = conversation(desk)
    second, thread = conversation(desk)
    message = desk.write_message(thread, agent_of(desk), "Oh, the wrong window.", at=desk.now - timedelta(minutes=3))
    desk.sync()
    desk.advance(minutes=1)
    desk.running.faults.add("merge_records", primary=first, ids=[second])
    desk.sync()
    desk.sync()
    [survivor] = desk.portal.ids("tickets")
    assert status(desk, survivor) == "met"
    desk.portal.delete_message(thread, message)
    desk.advance(minutes=1)
    sweep_of(desk)
    assert status(desk, survivor) == "running"


def test_a_reply_that_was_deleted_answers_nobody_though_the_property_tells_of_it(desk: World) -> None:
    ticket, thread = conversation(desk)
    message = desk.write_message(thread, agent_of(desk), "Oh, the wrong window.")
    desk.portal.delete_message(thread, message)
    desk.sync()
    assert status(desk, ticket) == "running"
    assert reasons(desk, ticket) == ["it was deleted"]


def test_a_colleague_without_an_address_in_the_message_is_recognised_each_time(desk: World) -> None:
    contact = desk.portal.create("contacts", {"email": "bob@ours.example"}, at=desk.now)
    tickets = [conversation(desk) for _ in range(2)]
    desk.running.faults.add("missing_fields", fields=["senders"])
    for _, thread in tickets:
        desk.write_message(thread, f"V-{contact}", "I called you.")
        desk.sync()
        desk.advance(minutes=1)
    assert [status(desk, ticket) for ticket, _ in tickets] == ["met", "met"]


def test_a_colleague_who_is_known_by_the_address_in_an_id_alone_is_recognised(desk: World) -> None:
    ticket, thread = conversation(desk)
    desk.running.faults.add("missing_fields", fields=["senders"])
    desk.write_message(thread, "E-bob@ours.example", "I called you.")
    desk.sync()
    assert status(desk, ticket) == "met"
    assert "bob" not in str(desk.rows("select * from facts"))


def test_a_thread_that_is_moved_to_another_ticket_answers_there(desk: World) -> None:
    left, thread = conversation(desk)
    ticket, _ = conversation(desk)
    desk.sync()
    desk.advance(minutes=1)
    desk.portal.move_thread(thread, ticket)
    desk.write_message(thread, agent_of(desk), "Hello.")
    desk.sync()
    assert (status(desk, left), status(desk, ticket)) == ("running", "met")
    assert not overview(desk, ticket).unread
    sweep_of(desk)
    assert overview(desk, left).unread == GONE


def test_a_thread_that_is_gone_makes_no_answer_of_a_bots_message_in_another(desk: World) -> None:
    ticket, archived = conversation(desk)
    thread = desk.portal.start_thread(ticket)
    desk.write_message(thread, text="And the lamp.")
    desk.sync()
    desk.portal.archive_thread(archived)
    desk.advance(minutes=1)
    sweep_of(desk)
    for run in (sweep_of, lambda desk: desk.sync()):
        desk.advance(minutes=1)
        desk.write_message(thread, BOT, "We got it.")
        run(desk)
        assert status(desk, ticket) == "running"
        assert overview(desk, ticket).unread == GONE
    facts = desk.rows("select count(*) from facts")
    desk.advance(minutes=1)
    sweep_of(desk)
    assert desk.rows("select count(*) from facts") == facts


def test_a_message_that_no_thread_shows_leaves_its_reason_until_it_does(desk: World) -> None:
    ticket, thread = conversation(desk)
    desk.sync()
    desk.running.faults.add("message_lag", lag_s=30 * 60)
    desk.advance(minutes=2)
    desk.write_message(thread, agent_of(desk), "Hello.")
    desk.sync()
    desk.advance(minutes=15)
    desk.sync()
    assert overview(desk, ticket).unread == NOT_SHOWN
    assert status(desk, ticket) == "met"
    desk.running.faults.clear()
    sweep_of(desk)
    assert not overview(desk, ticket).unread
    assert is_exact(desk, ticket)


def test_who_answered_first_is_known_once_the_thread_is_read(desk: World) -> None:
    ticket, thread = conversation(desk)
    desk.running.faults.add("missing_scope", scopes=["conversations.read"], path="*conversations*")
    desk.write_message(thread, agent_of(desk), "Hello.")
    desk.sync()
    assert set(responders(desk, ticket).values()) == {None}
    desk.running.faults.clear()
    desk.advance(minutes=1)
    sweep_of(desk)
    assert set(responders(desk, ticket).values()) == {owner_of(desk)}
    assert is_exact(desk, ticket)


def test_a_ticket_that_was_closed_while_its_thread_could_not_be_read_is_read_by_the_sweep(desk: World) -> None:
    ticket, thread = conversation(desk)
    desk.write_message(thread, BOT, "We got it.")
    desk.running.faults.add("missing_scope", scopes=["conversations.read"], path="*conversations*")
    desk.sync()
    assert status(desk, ticket) == "met"  # as far as the property can tell
    desk.change(ticket, hs_pipeline_stage="4")
    desk.advance(minutes=1)
    desk.sync()
    desk.running.faults.clear()
    sweep_of(desk)
    assert status(desk, ticket) == "not_applicable"  # closed without a person's reply
    assert is_exact(desk, ticket)
    assert not overview(desk, ticket).unread


def test_a_ticket_that_was_closed_before_any_sync_saw_it_is_read_by_the_sweep(desk: World) -> None:
    ticket, thread = conversation(desk)
    desk.write_message(thread, BOT, "We got it.", at=desk.now - timedelta(minutes=20))
    desk.change(ticket, hs_pipeline_stage="4")
    sweep_of(desk)
    assert status(desk, ticket) == "not_applicable"
    assert is_exact(desk, ticket)
    assert not overview(desk, ticket).unread


def test_who_wrote_the_first_note_did_not_answer_first_where_a_reply_came_before(tmp_path: Path) -> None:
    desk = desk_of(tmp_path, "messages: {sources: [notes], notes: answer}\n")
    ticket, thread = conversation(desk)
    desk.write_message(thread, agent_of(desk), "Hello.", at=desk.now - timedelta(minutes=10))
    log_activity(desk, ticket, "notes", hs_note_body="I know it.", hubspot_owner_id=owner_of(desk))
    desk.sync()
    assert status(desk, ticket) == "met"
    assert responders(desk, ticket)["first_response"] is None
    desk.close()


def test_bot_then_ai_agent_then_a_person_each_have_their_own_part(tmp_path: Path) -> None:
    policies = """\
policies:
  - {id: people, calendar: always, starts_in: handover, targets: {first_response: 1h, next_response: 1h}}
  - {id: ai, agreement: ai, calendar: always, targets: {first_response: 5m, next_response: 5m}}
"""
    desk = desk_of(tmp_path, "messages: {sources: [threads], ai_agent: separate}\n", policies)
    ticket, thread = conversation(desk)
    desk.write_message(thread, BOT, "We got it.", at=desk.now - timedelta(minutes=28))
    desk.write_message(thread, AI_AGENT, "Off and on?", at=desk.now - timedelta(minutes=27))
    desk.sync()
    assert (status(desk, ticket, "ai:first_response"), status(desk, ticket)) == ("met", "pending")
    desk.advance(minutes=2)
    desk.portal.escalate(ticket, at=desk.now)
    desk.sync()
    assert (status(desk, ticket, "ai:next_response"), status(desk, ticket)) == ("not_applicable", "running")
    desk.advance(minutes=2)
    desk.write_message(thread, agent_of(desk), "I look into it.")
    desk.sync()
    verdict = verdicts(desk, ticket)["first_response"]
    assert (verdict["started_at"], verdict["stopped_at"]) == ("2026-11-23T10:02:00Z", "2026-11-23T10:04:00Z")
    answered = responders(desk, ticket)
    assert (answered["ai:first_response"], answered["first_response"]) == (AI_AGENT, owner_of(desk))
    desk.close()


def test_whatsapp_leaves_no_number_in_the_ledger(desk: World) -> None:
    ticket = desk.ticket(age=timedelta(minutes=30))
    thread = desk.portal.start_thread(ticket, channel_id="1007")
    desk.write_message(thread, "E-+491701234567", "Hallo")
    desk.write_message(thread, "+491701234567", "Hallo")
    desk.sync()
    assert len(overview(desk, ticket).rows()) == 2
    for table in ("facts", "message_reading", "actors", "names", "audit_texts", "messages"):
        assert "1701234567" not in str(desk.rows(f"select * from {table}"))


@pytest.mark.parametrize(
    ("actor", "kept"),
    [("A-7", "A-7"), ("E-a@b.c", "E"), ("V-12", "V-12"), ("V-+49", "V"), ("+491701", ""), ("491701", ""), ("", "")],
)
def test_an_id_that_may_be_an_address_is_not_kept(actor: str, kept: str) -> None:
    assert kept_id(actor) == kept
