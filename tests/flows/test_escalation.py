"""Ladders from the mappings to the portal when not all goes as planned: late workers, other targets, storms, nights."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from flows.test_ladders import parcels, settled
from flows.test_rung_deeds import notes_of, receiver, sync

if TYPE_CHECKING:
    from channels.receivers import Receiver
    from flows.world import World

__all__ = ["receiver"]

ESCALATIONS = """\
targets:
  hook: {webhook: {url_env: HOOK_URL}}
  calm: {webhook: {url_env: ONCALL_URL}, at_most: 3 per 1h}
  office: {webhook: {url_env: ONCALL_URL}, quiet: {outside: berlin}}
ladders:
  tall:
    late: LATE
    rungs:
      - {at: 50%, do: [{task: owner}]}
      - {at: breach, do: [{task: owner}, {notify: TARGET}]}
      - {at: +1h, do: [{task: owner}, {note: explanation}]}
      - {at: +2h, every: 2h, times: 2, do: [{task: owner}]}
"""
POLICIES = """\
policies:
  - id: support
    when: {pipeline: Support Pipeline}
    calendar: always
    targets: {first_response: {HIGH: 1h, default: 4h}}
    ladder: tall
"""
CLOCK = "first_response:1:tall:"


def with_ladder(of: World, late: str = "once", target: str = "hook") -> World:
    """Set up with the ladder in force, synced, and a minute gone."""
    text = ESCALATIONS.replace("LATE", late).replace("TARGET", target)
    (of.folder / "mappings/escalations.yaml").write_text(text, encoding="utf-8")
    (of.folder / "mappings/policies.yaml").write_text(POLICIES, encoding="utf-8")
    of.go_live()
    of.advance(minutes=1)
    return of


def states(of: World) -> dict[str, str]:
    return {key.removeprefix(CLOCK): state for key, state in settled(of).items()}


LATE = [
    ("once", {"50%": "skipped", "breach": "skipped", "+1h": "skipped", "+2h": "fired"}),
    ("fire", {"50%": "fired", "breach": "fired", "+1h": "fired", "+2h": "fired"}),
    ("skip", {"50%": "skipped", "breach": "skipped", "+1h": "skipped", "+2h": "skipped"}),
]


@pytest.mark.parametrize(("late", "expected"), LATE, ids=[case[0] for case in LATE])
def test_a_worker_that_was_down_makes_up_for_it_as_the_ladder_says(
    empty: World, receiver: Receiver, late: str, expected: dict[str, str]
) -> None:
    """Down from before the first rung until half an hour after the fourth."""
    with_ladder(empty, late)
    ticket = empty.ticket(hs_ticket_priority="HIGH")
    sync(empty, receiver)
    empty.advance(hours=3, minutes=30)
    sync(empty, receiver)
    assert states(empty) == expected
    fired = [name for name, state in expected.items() if state == "fired"]
    assert empty.task_keys() == sorted(f"task:{ticket}:first_response:1:{name}" for name in fired)
    assert len(receiver.received) == ("breach" in fired)
    assert len(notes_of(empty)) == ("+1h" in fired)
    empty.advance(hours=1, minutes=30)
    sync(empty, receiver)
    assert states(empty) == {**expected, "+2h:2": "fired"}, "what comes on time fires whatever was missed"


def test_a_longer_target_dates_anew_what_has_not_fired_and_fires_nothing_twice(
    empty: World, receiver: Receiver
) -> None:
    with_ladder(empty)
    ticket = empty.ticket(hs_ticket_priority="HIGH")
    sync(empty, receiver)
    empty.advance(minutes=30)
    sync(empty, receiver)
    assert states(empty) == {"50%": "fired"}
    empty.change(ticket, hs_ticket_priority="LOW")
    for minutes in (31, 60, 60):
        empty.advance(minutes=minutes)
        sync(empty, receiver)
    assert states(empty) == {"50%": "fired"}, "half of four hours is reached, but that rung has fired"
    empty.advance(minutes=60)
    sync(empty, receiver)
    assert states(empty) == {"50%": "fired", "breach": "fired"}
    assert len(receiver.received) == 1


def test_a_shorter_target_reaches_its_rungs_at_the_change(empty: World, receiver: Receiver) -> None:
    with_ladder(empty)
    ticket = empty.ticket(hs_ticket_priority="LOW")
    sync(empty, receiver)
    empty.advance(hours=3)
    sync(empty, receiver)
    assert states(empty) == {"50%": "fired"}, "an hour late, and the highest"
    empty.change(ticket, hs_ticket_priority="HIGH")
    changed_at = int(empty.now.timestamp() * 1000)
    empty.advance(minutes=1)
    sync(empty, receiver)
    assert states(empty) == {"50%": "fired", "breach": "fired"}
    assert empty.rows("select due_at from rungs where rung = 'breach'") == [(changed_at,)]


def test_an_answer_cancels_what_was_not_reached(empty: World, receiver: Receiver) -> None:
    with_ladder(empty)
    ticket = empty.ticket(hs_ticket_priority="HIGH")
    sync(empty, receiver)
    empty.advance(minutes=30)
    sync(empty, receiver)
    empty.portal.send_agent_message(ticket, empty.now)
    for _ in range(3):
        empty.advance(hours=2)
        sync(empty, receiver)
    assert states(empty) == {"50%": "fired"}
    assert receiver.received == []
    assert empty.rows(f"select next_at from records where record_id = '{ticket}'") == [(None,)]


def test_a_closed_ticket_climbs_no_further_and_its_tasks_are_completed_also_those_of_a_worker_that_was_down(
    empty: World, receiver: Receiver
) -> None:
    with_ladder(empty)
    ticket = empty.ticket(hs_ticket_priority="HIGH")
    sync(empty, receiver)
    empty.advance(minutes=61)
    sync(empty, receiver)
    empty.advance(hours=1)
    empty.change(ticket, hs_pipeline_stage="4")
    empty.advance(hours=5)
    sync(empty, receiver)
    assert "+1h" not in states(empty), "it was reached before the closing, and nobody needs it any more"
    assert {task["hs_task_status"] for task in empty.tasks()[ticket]} == {"COMPLETED"}


def test_a_storm_of_breaches_becomes_a_digest_and_every_task_is_made(empty: World, receiver: Receiver) -> None:
    with_ladder(empty, target="calm")
    tickets = [empty.ticket(hs_ticket_priority="HIGH", subject=f"Fire {number}") for number in range(12)]
    sync(empty, receiver)
    empty.advance(minutes=61)
    sync(empty, receiver)
    told = [got.json for got in receiver.of("/slack")]
    assert [len(one["messages"]) for one in told] == [1, 1, 10]
    assert {message["ticket_id"] for one in told for message in one["messages"]} == set(tickets)
    assert sum(key.endswith(":breach") for key in empty.task_keys()) == len(tickets)
    empty.advance(minutes=90)
    sync(empty, receiver)
    assert len(receiver.of("/slack")) == 3


def test_what_is_reached_in_quiet_hours_is_told_in_the_morning_and_tasks_do_not_wait(
    empty: World, receiver: Receiver
) -> None:
    with_ladder(empty, target="office")
    empty.advance(hours=12)
    ticket = empty.ticket(hs_ticket_priority="HIGH")
    sync(empty, receiver)
    empty.advance(minutes=61)
    sync(empty, receiver)
    assert f"task:{ticket}:first_response:1:breach" in empty.task_keys()
    assert receiver.received == []
    empty.advance(hours=11)
    sync(empty, receiver)
    assert [got.json["messages"][0]["ticket_id"] for got in receiver.of("/slack")] == [ticket]


def test_what_waited_for_the_morning_is_not_told_of_a_ticket_that_was_closed_at_night(
    empty: World, receiver: Receiver
) -> None:
    with_ladder(empty, target="office")
    empty.advance(hours=12)
    ticket = empty.ticket(hs_ticket_priority="HIGH")
    sync(empty, receiver)
    empty.advance(minutes=61)
    sync(empty, receiver)
    empty.change(ticket, hs_pipeline_stage="4")
    empty.advance(hours=11)
    sync(empty, receiver)
    assert receiver.received == []
    assert parcels(empty, "notification")
