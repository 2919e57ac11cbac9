"""HubSpot's own SLA beside the ledger where messages decide: the next response, and what a bot or an outsider wrote."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from flows.conversation_desk import BOT, MESSAGES, agent_of, desk_of, owner_of
from hubspot_sandbox.instants import to_ms
from hubspot_sandbox.native_sla import Goals
from hubspot_sla.clock.metrics import Metric
from hubspot_sla.flows.inspection.native.compare import compared
from hubspot_sla.measure.comparison.cause import in_words
from hubspot_sla.measure.comparison.terms import Standing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flows.world import World
    from hubspot_sla.flows.inspection.native.compare import ComparedGoal


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[World]:
    made = desk_of(tmp_path, MESSAGES)
    made.portal.set_native_sla(Goals(first_response=60, next_response=60, close=24 * 60))
    yield made
    made.close()


def conversation(desk: World, *said: tuple[int, str]) -> str:
    """A ticket two hours old, and who wrote how many minutes ago ("": the customer)."""
    ticket = desk.ticket(age=timedelta(hours=2), hubspot_owner_id=owner_of(desk))
    thread = desk.portal.start_thread(ticket, at=desk.now - timedelta(hours=2))
    for minutes, actor in said:
        desk.write_message(thread, actor, "…", at=desk.now - timedelta(minutes=minutes))
    return ticket


def goals(desk: World) -> dict[Metric, ComparedGoal]:
    """Of the one ticket there is, once it is synced."""
    desk.advance(minutes=1)
    desk.sync()
    with desk.impatient() as context:
        comparison = compared(context, to_ms(desk.now) - 24 * 3_600_000)
    return {goal.metric: goal for goal in comparison.goals}


def causes(desk: World) -> dict[Metric, str]:
    return {metric: in_words(goal.causes) for metric, goal in goals(desk).items()}


def test_a_question_that_waits_is_due_at_the_same_instant(desk: World) -> None:
    conversation(desk, (115, ""), (100, agent_of(desk)), (30, ""))
    assert causes(desk) == dict.fromkeys((Metric.FIRST_RESPONSE, Metric.NEXT_RESPONSE, Metric.RESOLUTION), "agree")


def test_a_customer_who_writes_twice_starts_hubspots_clock_anew(desk: World) -> None:
    conversation(desk, (115, ""), (100, agent_of(desk)), (50, ""), (30, ""))
    goal = goals(desk)[Metric.NEXT_RESPONSE]
    assert in_words(goal.causes) == "start"
    assert goal.compared.shown.due_at is not None
    assert goal.compared.ours.due_at == goal.compared.shown.due_at - 20 * 60_000


def test_an_answer_of_a_bot_ends_hubspots_clock_and_not_ours(desk: World) -> None:
    conversation(desk, (115, ""), (110, BOT))
    goal = goals(desk)[Metric.FIRST_RESPONSE]
    assert in_words(goal.causes) == "stop"
    assert (goal.compared.ours.standing, goal.compared.shown.standing) == (Standing.OPEN, Standing.ON_TIME)
    assert (goal.our_status, goal.their_status) == ("breached", "Completed on time")


def test_an_answer_of_a_bot_to_a_later_question_is_one_too(desk: World) -> None:
    conversation(desk, (115, ""), (100, agent_of(desk)), (50, ""), (40, BOT))
    assert causes(desk)[Metric.NEXT_RESPONSE] == "stop"
