"""A merge goes on with the clocks of the tickets it merged."""

from __future__ import annotations

from clock.tickets import CREATED, always, at, judged, ticket
from hubspot_sla.clock.merged_timeline import joined
from hubspot_sla.clock.metrics import Metric
from hubspot_sla.clock.timeline import Message, Role, StageChange, Timeline
from hubspot_sla.clock.verdict import Status

MERGED = Timeline(at("11-23 12:00"), (StageChange(at("11-23 12:00"), Role.OPEN, "Desk"),))


def test_the_survivor_of_a_merge_counts_from_the_oldest_creation() -> None:
    verdict = judged(joined(MERGED, [ticket()]), always(4), "11-23 13:00")
    assert (verdict.cycle.started_at, verdict.cycle.due_at) == (CREATED, at("11-23 14:00"))


def test_a_reply_on_a_merged_ticket_answers_the_survivor() -> None:
    one = joined(MERGED, [ticket(replies=("11-23 11:00",))])
    assert judged(one, always(4, Metric.FIRST_RESPONSE), "11-23 13:00").cycle.stopped_at == at("11-23 11:00")


def test_pauses_before_the_merge_are_those_of_the_oldest_ticket() -> None:
    one = joined(MERGED, [ticket(("11-23 11:00", Role.WAITING))])
    assert judged(one, always(4), "11-23 13:00").cycle.due_at == at("11-23 15:00")


def test_cycles_that_stopped_before_the_merge_move_over() -> None:
    talk = ticket(replies=("11-23 10:10", "11-23 11:00"), customers=("11-23 10:30",))
    verdict = judged(joined(MERGED, [talk]), always(2, Metric.NEXT_RESPONSE), "11-23 13:00")
    assert (verdict.status, verdict.cycle.started_at) == (Status.MET, at("11-23 10:30"))


def test_a_message_copied_by_the_merge_counts_once() -> None:
    copied = Timeline(MERGED.created_at, MERGED.stages, agent_messages=(Message(at("11-23 11:00"), "copy"),))
    one = joined(copied, [ticket(replies=("11-23 11:00",))])
    assert [said.at for said in one.agent_messages] == [at("11-23 11:00")]


def test_an_absorbed_ticket_that_cannot_be_told_adds_its_messages_only() -> None:
    odd = Timeline(None, customer_messages=(Message(at("11-23 11:00")),), defects=("the ticket has no creation time",))
    one = joined(ticket(), [odd])
    assert (one.created_at, one.defects, len(one.customer_messages)) == (CREATED, (), 1)


def test_nothing_absorbed_changes_nothing() -> None:
    assert joined(MERGED, []) is MERGED
