"""Messages that the worker reads of threads and activities: when, at what cost, and what they change."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from flows.conversation_desk import (
    AI_AGENT,
    BOT,
    MESSAGES,
    agent_of,
    calls_of,
    conversation,
    desk_of,
    explained,
    is_exact,
    overview,
    owner_of,
    status,
    sweep_of,
    verdicts,
)
from hubspot_sandbox.instants import to_ms
from hubspot_sandbox.object_types import TICKETS
from hubspot_sla.cli.explain import show
from hubspot_sla.ledger import database, missing_scopes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flows.world import World


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[World]:
    made = desk_of(tmp_path, MESSAGES)
    yield made
    made.close()


def test_a_bots_reply_is_no_first_response_and_a_persons_is(desk: World) -> None:
    ticket, thread = conversation(desk)
    desk.write_message(thread, BOT, "We got it.")
    desk.sync()
    assert verdicts(desk, ticket)["first_response"]["status"] == "running"
    desk.advance(minutes=2)
    desk.write_message(thread, agent_of(desk), "I look into it.")
    desk.sync()
    assert verdicts(desk, ticket)["first_response"]["status"] == "met"
    [(responder,)] = desk.rows(
        f"select first_responder_id from outcomes where record_id = '{ticket}' and clock = 'first_response'"
    )
    assert responder == owner_of(desk)
    [(name,)] = desk.rows(
        f"select first_responder from outcomes_named where record_id = '{ticket}' and metric = 'first_response'"
    )
    assert name not in (None, "", responder)


def test_every_cycle_is_exact_though_the_properties_showed_the_last_message_only(desk: World) -> None:
    ticket, thread = conversation(desk)
    agent = agent_of(desk)
    for _ in range(3):
        desk.advance(minutes=1)
        desk.write_message(thread, agent, "Like this?")
        desk.advance(minutes=1)
        desk.write_message(thread, text="No.")
    desk.sync()
    verdict = verdicts(desk, ticket)["next_response"]
    assert len(verdict["cycles"]) == 3
    assert "inferred" not in verdict
    assert not any("inferred" in cycle for cycle in verdict["cycles"])


def test_an_idle_tick_stays_at_one_call(desk: World) -> None:
    conversation(desk)
    desk.sync()
    desk.advance(minutes=5)
    desk.sync()
    assert len(calls_of(desk)) == 1


@pytest.mark.parametrize("known", [False, True], ids=["new tickets", "tickets that were read"])
def test_a_hundred_tickets_of_one_thread_cost_little_more_than_their_messages(desk: World, known: bool) -> None:
    conversations = [conversation(desk) for _ in range(100)]
    if known:
        desk.sync()
        desk.advance(minutes=10)
        for _, thread in conversations:
            desk.write_message(thread, text="Still down.")
    calls = calls_of(desk)
    assert len(calls) <= 113, calls
    assert sum(path.endswith("/threads") for path in calls) == 1


def test_the_sweep_costs_two_calls_for_each_open_ticket_of_one_thread(desk: World) -> None:
    conversations = [conversation(desk) for _ in range(20)]
    desk.sync()
    desk.advance(minutes=5)
    for _, thread in conversations:
        desk.write_comment(thread, agent_of(desk), "Ask Tobias?")
    before = len(desk.running.requests_since(0))
    sweep_of(desk)
    calls = [request.path for request in desk.running.requests_since(0)[before:]]
    of_messages = [path for path in calls if "/conversations/" in path]
    assert len(of_messages) <= 2 * 20 + 1, of_messages
    assert len(calls) - len(of_messages) <= 3, calls
    assert desk.rows("select count(*) from messages where kind = 'comment'") == [(20,)]


def test_a_reply_that_a_source_shows_late_changes_the_verdict_with_cause_and_before(desk: World) -> None:
    ticket, thread = conversation(desk, age=59)
    desk.sync()
    desk.advance(minutes=30)
    desk.sync()
    assert verdicts(desk, ticket)["first_response"]["status"] == "breached"
    desk.write_message(thread, agent_of(desk), "Done.", at=desk.now - timedelta(minutes=50))
    desk.sync()
    assert verdicts(desk, ticket)["first_response"]["status"] == "met"
    entry = desk.entries("verdict", ticket)[-1]
    assert entry["cause"] == "message source"
    assert entry["before"]["first_response"]["status"] == "breached"
    assert entry["after"]["first_response"]["status"] == "met"
    kept = desk.rows("select clock, status, cause from outcome_editions")
    assert kept == [("first_response", "breached", "message source")]
    desk.require_whole_chain()


def test_a_message_in_a_second_thread_is_found_by_the_list_though_no_property_moved(desk: World) -> None:
    ticket, thread = conversation(desk)
    other, busy = conversation(desk)
    second = desk.portal.start_thread(ticket)
    desk.sync()
    desk.advance(minutes=3)
    desk.write_message(thread, text="Again.")
    desk.write_message(second, agent_of(desk), "Hello", at=desk.now - timedelta(minutes=1))
    desk.write_message(busy, text="Me too.")
    desk.sync()
    assert verdicts(desk, ticket)["first_response"]["status"] == "met"
    assert verdicts(desk, other)["first_response"]["status"] == "running"


def test_an_assignment_alone_is_found_by_the_sweep(tmp_path: Path) -> None:
    desk = desk_of(tmp_path, MESSAGES)
    desk.edit("policies.yaml", lambda text: text.replace("{first_response", "{assignment: 2h, first_response"))
    desk.set_up()
    desk.sync()
    ticket, thread = conversation(desk)
    desk.sync()
    assert verdicts(desk, ticket)["assignment"]["status"] == "running"
    desk.advance(minutes=1)
    desk.assign_thread(thread, agent_of(desk))
    desk.sync()
    assert verdicts(desk, ticket)["assignment"]["status"] == "running"
    sweep_of(desk)
    assert verdicts(desk, ticket)["assignment"]["status"] == "met"
    desk.close()


def test_without_the_scope_the_properties_stand_in_and_doctor_can_name_it_once(desk: World) -> None:
    ticket, thread = conversation(desk)
    desk.running.faults.add("missing_scope", scopes=["conversations.read"], path="*conversations*")
    desk.write_message(thread, agent_of(desk), "Hello")
    stats = desk.sync()
    assert list(stats.resting) == ["messages"]
    assert verdicts(desk, ticket)["first_response"]["status"] == "met"
    with database.open_for_reading(desk.folder / "ledger.db") as ledger:
        assert list(missing_scopes.load(ledger.db)) == ["messages"]
    desk.running.faults.clear()
    desk.advance(minutes=1)
    desk.write_message(thread, text="Thanks.")
    desk.sync()
    with database.open_for_reading(desk.folder / "ledger.db") as ledger:
        assert missing_scopes.load(ledger.db) == {}


def test_no_text_and_no_address_enters_the_ledger(desk: World) -> None:
    _, thread = conversation(desk)
    desk.write_message(thread, "E-visitor@secret.example", "Call 555-0199")
    desk.write_message(thread, agent_of(desk), "Our answer is 42.")
    desk.sync()
    content = "\n".join(
        str(row)
        for table in ("facts", "message_reading", "actors", "names", "audit", "audit_texts", "messages")
        for row in desk.rows(f"select * from {table}")
    )
    for secret in ("It is down", "555-0199", "answer is 42", "secret.example"):
        assert secret not in content


def test_a_reply_from_a_colleagues_own_mailbox_is_an_answer(desk: World) -> None:
    ticket, thread = conversation(desk)
    desk.write_message(thread, "E-bob@ours.example", "I called you.")
    desk.sync()
    assert verdicts(desk, ticket)["first_response"]["status"] == "met"


def test_what_outcomes_are_computed_of_can_be_computed_again(desk: World) -> None:
    from hubspot_sla.flows.runs import rebuild_outcomes

    ticket, thread = conversation(desk)
    desk.write_message(thread, AI_AGENT, "Did you turn it off and on?")
    desk.sync()
    desk.advance(minutes=5)
    desk.write_message(thread, agent_of(desk), "Let me see.")
    desk.sync()
    assert verdicts(desk, ticket)["first_response"]["status"] == "met"
    with database.open_for_reading(desk.folder / "ledger.db") as ledger:
        done = rebuild_outcomes.compare(ledger)
    assert not done.differing
    assert not done.not_reproduced
    desk.require_whole_chain()


def test_a_ticket_that_needs_no_answer_has_clocks_that_are_not_applicable(tmp_path: Path) -> None:
    desk = desk_of(tmp_path, "messages: {sources: [], not_needed: {category: [BILLING_ISSUE]}}\n")
    ticket = desk.ticket(age=timedelta(minutes=90))
    desk.change(ticket, hs_ticket_priority="LOW")
    desk.sync()
    assert verdicts(desk, ticket)["first_response"]["status"] == "breached"
    desk.advance(minutes=1)
    desk.change(ticket, hs_ticket_category="BILLING_ISSUE")
    desk.sync()
    found = verdicts(desk, ticket)
    assert found["first_response"]["status"] == found["next_response"]["status"] == "not_applicable"
    assert found["first_response"]["reason"] == "no answer is needed: hs_ticket_category is BILLING_ISSUE"
    assert len(found["first_response"]["withdrawn"]) == 1
    assert found["resolution"]["status"] == "running"
    desk.close()


@pytest.mark.parametrize(
    ("property_", "value", "rule"),
    [
        ("hs_outbound_ticket", "true", "{hs_outbound_ticket: true}"),
        ("hs_copied_from_ticket", "28100001", "{hs_copied_from_ticket: {known: true}}"),
    ],
)
def test_tickets_that_we_opened_ourselves_and_copies_need_no_answer(
    tmp_path: Path, property_: str, value: str, rule: str
) -> None:
    desk = desk_of(tmp_path, f"messages: {{sources: [threads], not_needed: {rule}}}\n")
    ticket, _ = conversation(desk)
    other, _ = conversation(desk)
    with desk.portal.current():
        record = desk.portal.record(TICKETS, ticket)
        desk.portal.calculate(TICKETS, record, {property_: value}, to_ms(desk.now))
    desk.sync()
    assert (status(desk, ticket), status(desk, ticket, "next_response")) == ("not_applicable", "not_applicable")
    assert verdicts(desk, ticket)["first_response"]["reason"] == f"no answer is needed: {property_} is {value}"
    assert status(desk, other) == "running"
    desk.close()


def test_explain_shows_the_messages_by_time_with_who_and_why_the_others_do_not_count(
    desk: World, capsys: pytest.CaptureFixture[str]
) -> None:
    ticket, thread = conversation(desk)
    desk.write_message(thread, AI_AGENT, "Off and on?", at=desk.now - timedelta(minutes=20))
    desk.write_message(thread, BOT, "We got it.", at=desk.now - timedelta(minutes=10))
    desk.write_message(thread, agent_of(desk), "I look into it.")
    desk.sync()
    overview = explained(desk, ticket).messages
    assert overview is not None
    assert not overview.unread
    shown = [(who.split()[0], counts_as, why) for _, who, _, counts_as, why in overview.rows()]
    assert shown == [
        ("customer", "a customer's message", ""),
        ("ai", "nothing", "the AI agent sent it"),
        ("bot", "nothing", "a bot sent it"),
        ("person", "a reply", ""),
    ]
    show(explained(desk, ticket))
    assert "a bot sent it" in capsys.readouterr().out
    told = explained(desk, ticket).as_json()["messages"]
    assert isinstance(told, dict)
    assert [one.get("counts_as") for one in told["by_time"]] == ["customer", None, None, "reply"]


def test_a_message_that_a_thread_shows_late_is_looked_for_while_the_property_stands_in(desk: World) -> None:
    ticket, thread = conversation(desk)
    desk.sync()
    desk.advance(minutes=5)
    desk.running.faults.add("message_lag", lag_s=180)
    desk.write_message(thread, BOT, "We got it.", at=desk.now - timedelta(seconds=30))
    desk.sync()
    assert verdicts(desk, ticket)["first_response"]["status"] == "met"  # as far as the property can tell
    desk.advance(minutes=4)
    desk.sync()
    verdict = verdicts(desk, ticket)["first_response"]
    assert verdict["status"] == "running"
    assert desk.entries("verdict", ticket)[-1]["cause"] == "message source"
    desk.advance(minutes=9)
    assert len(calls_of(desk)) == 1


@pytest.mark.parametrize("ignored", [["latestMessageTimestampAfter", "sort"], ["latestMessageTimestampAfter"]])
def test_a_portal_that_ignores_the_instant_is_noticed_and_read_ticket_by_ticket(
    desk: World, ignored: list[str]
) -> None:
    """Without the instant HubSpot refuses to sort by it."""
    old, _ = conversation(desk, age=50)
    desk.sync()
    desk.advance(minutes=20)
    desk.running.faults.add("ignored_query", names=ignored)
    ticket, thread = conversation(desk)
    desk.write_message(thread, agent_of(desk), "Hello.")
    desk.sync()
    assert verdicts(desk, ticket)["first_response"]["status"] == "met"
    assert is_exact(desk, ticket)
    assert not overview(desk, ticket).unread
    assert verdicts(desk, old)["first_response"]["status"] == "breached"
    assert desk.rows("select count(*) from meta where key = 'threads_filter_ignored'") == [(1,)]


@pytest.mark.parametrize("fault", ["pages_out_of_order", "missing_fields"])
def test_odd_answers_leave_a_reason_and_the_other_tickets_go_on(desk: World, fault: str) -> None:
    ticket, thread = conversation(desk)
    if fault == "missing_fields":
        desk.running.faults.add(fault, fields=["createdAt"], types=["COMMENT"])
        desk.write_comment(thread, agent_of(desk), "Ask Tobias?")
    else:
        desk.running.faults.add(fault)
    desk.write_message(thread, agent_of(desk), "I look into it.")
    desk.sync()
    assert verdicts(desk, ticket)["first_response"]["status"] == "met"
    overview = explained(desk, ticket).messages
    assert overview is not None
    reasons = [why for *_, why in overview.rows() if why]
    assert reasons == (["it has no time"] if fault == "missing_fields" else [])


def test_an_unknown_actor_an_empty_thread_and_an_archived_one_stop_nobody(desk: World) -> None:
    ticket, thread = conversation(desk)
    other, its_thread = conversation(desk)
    desk.portal.start_thread(ticket)
    desk.write_message(thread, "X-77", "Who am I?")
    desk.write_message(its_thread, agent_of(desk), "Hello.")
    desk.sync()
    assert verdicts(desk, ticket)["first_response"]["status"] == "running"
    assert verdicts(desk, other)["first_response"]["status"] == "met"
    overview = explained(desk, ticket).messages
    assert overview is not None
    assert [why for *_, why in overview.rows() if why] == ["nobody can say who sent it (X-77)"]
    desk.portal.archive_thread(its_thread)
    desk.advance(minutes=1)
    sweep_of(desk)
    assert verdicts(desk, other)["first_response"]["status"] == "met"
    archived = explained(desk, other).messages
    assert archived is not None
    assert archived.unread == "a thread of it can no longer be read"


def test_a_ticket_with_forty_threads_and_one_with_a_thousand_messages_are_read_whole(desk: World) -> None:
    many_threads = desk.ticket(age=timedelta(minutes=10))
    for _ in range(40):
        desk.write_message(desk.portal.start_thread(many_threads), text="Down.")
    many_messages = desk.ticket(age=timedelta(minutes=30))
    desk.running.faults.add("many_messages", ticket=many_messages, count=1_000)
    desk.sync()
    desk.advance(minutes=1)
    desk.sync()
    sweep_of(desk)
    counts = dict(desk.rows("select record_id, count(distinct id) from messages group by record_id"))
    assert counts[many_threads] == 40
    assert counts[many_messages] == 1_000
