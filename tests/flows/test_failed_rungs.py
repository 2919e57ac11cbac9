"""Rungs that HubSpot would not carry out, or that nobody needs any more: shown with the reason, and the next fires."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from channels.receivers import Answer
from flows.test_rung_deeds import late_ticket, loud, receiver, sync
from hubspot_sla.flows.inspection.status import status
from hubspot_sla.ledger import database

if TYPE_CHECKING:
    from channels.receivers import Receiver
    from flows.world import World

__all__ = ["loud", "receiver"]

REFUSED = [
    ("task", {"path": "*/tasks/batch/create", "property": "hs_task_subject"}),
    ("note", {"path": "*/notes/batch/create", "property": "hs_note_body"}),
]  # fmt: skip


def told(of: World, rung: str = "breach") -> tuple[str, str]:
    ((state, reason),) = of.rows(f"select state, coalesce(reason, '') from rungs where rung = '{rung}'")
    return str(state), str(reason)


def shown(of: World) -> tuple[int, str]:
    with database.open_for_reading(of.folder / "ledger.db") as ledger:
        found = status(ledger.db, int(of.now.timestamp() * 1000), 0)
    return found.rungs.failed, found.rungs.last_failed


@pytest.mark.parametrize(("what", "where"), REFUSED, ids=[case[0] for case in REFUSED])
def test_a_rung_whose_deed_hubspot_refuses_is_shown_as_failed_and_the_next_fires(
    loud: World, receiver: Receiver, what: str, where: dict[str, str]
) -> None:
    ticket = late_ticket(loud)
    with loud.running.faults.during("poison_rows", **where):
        sync(loud, receiver)
    state, reason = told(loud)
    assert state == "failed"
    assert reason.startswith(f"its {what} was refused: ")
    assert shown(loud)[0] == 1
    assert shown(loud)[1].startswith(f"ticket {ticket}, loud breach: its {what} was refused")
    assert len(receiver.received) == 2
    loud.advance(minutes=61)
    sync(loud, receiver)
    assert loud.portal.read("tickets", ticket)["hs_ticket_priority"] == "URGENT"


@pytest.mark.parametrize(("what", "where"), REFUSED, ids=[case[0] for case in REFUSED])
def test_what_lands_after_all_mends_its_rung(loud: World, receiver: Receiver, what: str, where: dict[str, str]) -> None:
    late_ticket(loud)
    with loud.running.faults.during("poison_rows", **where):
        sync(loud, receiver)
    loud.advance(minutes=6)
    sync(loud, receiver)
    assert told(loud) == ("fired", ""), what
    assert shown(loud) == (0, "")


def test_a_rung_is_not_mended_while_another_of_its_deeds_is_refused(loud: World, receiver: Receiver) -> None:
    receiver.always("/slack", Answer(410, body=b"channel_is_archived"))
    late_ticket(loud)
    with loud.running.faults.during("poison_rows", path="*/tasks/batch/create", property="hs_task_subject"):
        sync(loud, receiver)
    loud.advance(minutes=6)
    sync(loud, receiver)
    assert len(loud.task_keys()) == 1
    assert told(loud)[0] == "failed"


def test_a_field_that_hubspot_does_not_let_a_rung_set_is_shown_with_the_reason(loud: World, receiver: Receiver) -> None:
    late_ticket(loud)
    sync(loud, receiver)
    loud.advance(minutes=61)
    with loud.running.faults.during("poison_rows", route="batch_update", property="hs_ticket_priority"):
        sync(loud, receiver)
    state, reason = told(loud, "+1h")
    assert (state, reason.startswith("its fields was refused: ")) == ("failed", False)
    assert reason.startswith("a property was refused: ")
    loud.advance(minutes=6)
    sync(loud, receiver)
    assert told(loud, "+1h") == ("fired", "")


def test_a_task_for_an_owner_who_has_left_fails_its_rung_only(loud: World, receiver: Receiver) -> None:
    ticket = late_ticket(loud)
    loud.running.faults.add("poison_rows", path="*/tasks/batch/create", property="hubspot_owner_id", value="3001")
    for _ in range(3):
        sync(loud, receiver)
        loud.advance(minutes=61)
    assert told(loud)[0] == "failed"
    assert told(loud, "+1h") == ("fired", "")
    assert loud.portal.read("tickets", ticket)["hubspot_owner_id"] == "3002"


def test_what_was_not_sent_before_the_ticket_closed_is_told_on_its_rung(loud: World, receiver: Receiver) -> None:
    receiver.always("/slack", Answer(503))
    ticket = late_ticket(loud)
    sync(loud, receiver)
    assert told(loud) == ("fired", "")
    loud.change(ticket, hs_pipeline_stage="4")
    loud.advance(minutes=1)
    sync(loud, receiver)
    assert told(loud) == ("fired", "not all of it was done: the ticket was closed before it was sent")
    assert shown(loud) == (0, "")


def test_what_was_refused_stays_failed_when_its_ticket_is_closed(loud: World, receiver: Receiver) -> None:
    ticket = late_ticket(loud)
    with loud.running.faults.during("poison_rows", path="*/tasks/batch/create", property="hs_task_subject"):
        sync(loud, receiver)
    loud.change(ticket, hs_pipeline_stage="4")
    loud.advance(minutes=1)
    sync(loud, receiver)
    assert loud.rows("select state from outbox where kind = 'task'") == [("withdrawn",)]
    assert told(loud)[0] == "failed"


def test_what_was_not_sent_before_a_teardown_is_told_on_its_rung(loud: World, receiver: Receiver) -> None:
    receiver.always("/slack", Answer(503))
    late_ticket(loud)
    sync(loud, receiver)
    loud.tear_down()
    assert told(loud) == ("fired", "not all of it was done: torn down before it was sent")
