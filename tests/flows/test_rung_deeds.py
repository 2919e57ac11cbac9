"""What rungs ask for, from the mappings to the portal and to the people: notes, fields, completions, notifications."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from channels.receivers import Answer, Receiver
from flows.world import TOKEN, environment, fail_after
from hubspot_sandbox.object_types import NOTES
from hubspot_sla.errors import OutcomeUnknown, Unreachable
from hubspot_sla.flows.context.context import wired
from hubspot_sla.flows.runs import sync as syncing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flows.world import World
    from hubspot_sla.flows.sending.commit import RunStats

ESCALATIONS = """\
targets:
  oncall: {slack: {url_env: ONCALL_URL}, title: "{policy}: {subject}"}
  hook: {webhook: {url_env: HOOK_URL, secret_env: HOOK_SECRET}}
ladders:
  loud:
    rungs:
      - {at: breach, do: [{task: owner}, {note: explanation}, {notify: oncall}, {notify: hook}]}
      - {at: +1h, do: [{set: {hs_ticket_priority: URGENT}}, {reassign: "3002"}]}
"""
OWNER, OTHER = "3001", "3002"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


@pytest.fixture
def loud(live: World) -> World:
    """Each breach of the support policy climbs the loud ladder."""
    (live.folder / "mappings" / "escalations.yaml").write_text(ESCALATIONS, encoding="utf-8")
    live.edit(
        "policies.yaml", lambda text: text.replace("    calendar: always\n", "    calendar: always\n    ladder: loud\n")
    )
    live.sync()
    live.advance(minutes=1)
    return live


def variables(receiver: Receiver) -> dict[str, str]:
    return {
        "ONCALL_URL": f"{receiver.url}/slack",
        "HOOK_URL": f"{receiver.url}/hook",
        "HOOK_SECRET": "a passphrase",
    }


def sync(of: World, receiver: Receiver) -> RunStats:
    with wired(replace(of.settings(TOKEN), variables=variables(receiver))) as context:
        return syncing.sync(context)


def late_ticket(of: World) -> str:
    ticket = of.ticket(hs_ticket_priority="HIGH", hubspot_owner_id=OWNER, subject="Fire & <smoke>")
    of.advance(minutes=61)
    return ticket


def notes_of(of: World) -> list[dict[str, str]]:
    return [of.portal.read("notes", id_) for id_ in of.portal.ids(NOTES.name)]


def test_a_breach_makes_a_task_and_a_note_and_tells_two_targets(loud: World, receiver: Receiver) -> None:
    ticket = late_ticket(loud)
    stats = sync(loud, receiver)
    assert (stats.tasks_created, stats.notes_created, stats.notifications_sent) == (1, 1, 2)
    (note,) = notes_of(loud)
    assert note["sla_note_key"].startswith(f"note:{ticket}:")
    assert "First response" in note["hs_note_body"]
    (slack,) = receiver.of("/slack")
    assert slack.json["text"] == "support: Fire &amp; &lt;smoke&gt;"
    (hook,) = receiver.of("/hook")
    assert hook.json["messages"][0]["ticket_id"] == ticket
    assert "webhook-signature" in {name.lower() for name in hook.headers}
    loud.require_whole_chain()


def test_nothing_of_it_happens_twice(loud: World, receiver: Receiver) -> None:
    late_ticket(loud)
    for _ in range(3):
        sync(loud, receiver)
        loud.advance(minutes=1)
    assert len(notes_of(loud)) == len(loud.task_keys()) == 1
    assert len(receiver.received) == 2


def test_a_later_rung_sets_fields_of_people_once(loud: World, receiver: Receiver) -> None:
    ticket = late_ticket(loud)
    sync(loud, receiver)
    loud.advance(minutes=61)
    assert sync(loud, receiver).fields_written == 2
    held = loud.portal.read("tickets", ticket)
    assert (held["hs_ticket_priority"], held["hubspot_owner_id"]) == ("URGENT", OTHER)
    loud.advance(minutes=1)
    loud.change(ticket, hubspot_owner_id=OWNER)
    loud.advance(minutes=5)
    sync(loud, receiver)
    assert loud.portal.read("tickets", ticket)["hubspot_owner_id"] == OWNER


def test_closing_a_ticket_completes_its_open_task(loud: World, receiver: Receiver) -> None:
    ticket = late_ticket(loud)
    sync(loud, receiver)
    loud.change(ticket, hs_pipeline_stage="4")
    loud.advance(minutes=1)
    assert sync(loud, receiver).tasks_completed == 1
    (task,) = loud.tasks()[ticket]
    assert task["hs_task_status"] == "COMPLETED"
    loud.advance(minutes=1)
    assert sync(loud, receiver).tasks_completed == 0


def test_a_task_that_somebody_deleted_needs_no_completion(loud: World, receiver: Receiver) -> None:
    ticket = late_ticket(loud)
    sync(loud, receiver)
    (task_id,) = loud.portal.ids("tasks")
    loud.portal.archive("tasks", task_id)
    loud.change(ticket, hs_pipeline_stage="4")
    loud.advance(minutes=1)
    stats = sync(loud, receiver)
    assert (stats.tasks_completed, stats.quarantined) == (0, 0)
    assert loud.rows("select state from outbox where kind = 'completion'") == [("confirmed",)]


def test_a_note_whose_answer_was_lost_is_made_once(loud: World, receiver: Receiver) -> None:
    late_ticket(loud)
    loud.running.faults.add("commit_then_drop", path="*/notes/batch/create", times=1)
    with pytest.raises(OutcomeUnknown):
        sync(loud, receiver)
    loud.advance(minutes=1)
    sync(loud, receiver)
    assert len(notes_of(loud)) == 1
    assert loud.rows("select state from outbox where kind = 'note'") == [("confirmed",)]


def test_a_refused_note_is_quarantined_and_made_after_setup(loud: World, receiver: Receiver) -> None:
    late_ticket(loud)
    loud.running.faults.add("poison_rows", path="*/notes/batch/create", property="hs_note_body", times=1)
    sync(loud, receiver)
    assert loud.rows("select step from quarantine") == [("note",)]
    assert len(receiver.received) == 2
    loud.set_up()
    loud.advance(minutes=1)
    sync(loud, receiver)
    assert len(notes_of(loud)) == 1
    assert loud.rows("select step from quarantine") == []


def test_a_rung_whose_target_is_gone_is_recorded_as_failed_and_the_next_still_fires(
    loud: World, receiver: Receiver
) -> None:
    receiver.always("/slack", Answer(410, body=b"channel_is_archived"))
    ticket = late_ticket(loud)
    stats = sync(loud, receiver)
    assert (stats.notifications_sent, stats.notifications_refused) == (1, 1)
    ((state, reason),) = loud.rows("select state, reason from rungs")
    assert state == "failed"
    assert "channel_is_archived" in str(reason)
    loud.advance(minutes=61)
    sync(loud, receiver)
    assert loud.portal.read("tickets", ticket)["hs_ticket_priority"] == "URGENT"


def test_people_are_told_although_hubspot_takes_nothing(loud: World, receiver: Receiver) -> None:
    late_ticket(loud)
    with loud.impatient() as context, loud.running.faults.during("server_error", route="batch_update"):
        told = replace(context, settings=replace(context.settings, variables=variables(receiver)))
        with pytest.raises(Unreachable):
            syncing.sync(told)
    assert len(receiver.received) == 2
    sync(loud, receiver)
    assert len(receiver.received) == 2
    assert len(notes_of(loud)) == 1


def test_no_secret_reaches_the_ledger(loud: World, receiver: Receiver) -> None:
    receiver.always("/slack", Answer(500, body=f"{receiver.url}/slack is down".encode()))
    late_ticket(loud)
    sync(loud, receiver)
    kept = b"".join(path.read_bytes() for path in loud.folder.glob("ledger.db*"))
    assert receiver.url.encode() not in kept
    assert b"a passphrase" not in kept


@pytest.mark.parametrize("request_number", range(3, 10))
def test_a_process_killed_at_any_request_of_a_rung_makes_each_thing_once(
    loud: World, receiver: Receiver, request_number: int
) -> None:
    """After HubSpot did what was asked, before we heard of it."""
    ticket = late_ticket(loud)
    with subprocess.Popen(
        [sys.executable, "-c", "from hubspot_sla.cli.main import main; main(['sync', '--json'])"],
        env=environment(loud) | variables(receiver),
        cwd=loud.folder,
        stdout=subprocess.DEVNULL,
    ) as process:
        fail_after(loud.running, request_number, lambda: os.kill(process.pid, signal.SIGKILL))
        process.wait(60)
    sync(loud, receiver)
    assert len(loud.tasks()[ticket]) == len(notes_of(loud)) == 1
    assert {len({got.body for got in receiver.of(path)}) for path in ("/slack", "/hook")} == {1}
    loud.require_whole_chain()
