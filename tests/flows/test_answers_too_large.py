"""An answer that hits a limit tells nothing of what was done: it is looked for, and never made twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hubspot_sla.bounded_http import Bounds
from hubspot_sla.errors import OutcomeUnknown
from hubspot_sla.flows.context import learned
from hubspot_sla.flows.context.context import Context
from hubspot_sla.flows.runs import sync as syncing
from hubspot_sla.hubspot.current_time import ClockMode
from hubspot_sla.hubspot.portal import Portal
from hubspot_sla.hubspot.transport import Transport
from hubspot_sla.ledger import database

if TYPE_CHECKING:
    from flows.world import World

LARGEST = 200_000


def sync(world: World) -> None:
    settings = world.settings()
    transport = Transport(
        settings.base_url,
        settings.needed_token(),
        bounds=Bounds(largest=LARGEST),
        clock=ClockMode.HUBSPOT,
        sleep=lambda _: None,
    )
    with database.open_for_writing(settings.ledger) as ledger, Portal(transport) as portal:
        learned.take_up(ledger.db, transport, settings.share)
        syncing.sync(Context(settings, ledger, portal))


@pytest.mark.parametrize("fault", ["huge_body", "gzip_bomb"])
def test_a_task_whose_answer_was_too_large_is_found_and_not_made_again(live: World, fault: str) -> None:
    ticket = live.ticket()
    sync(live)
    live.advance(hours=5)
    with live.running.faults.during(fault, bytes=5 * LARGEST, route="batch_create"), pytest.raises(OutcomeUnknown):
        sync(live)
    assert len(live.portal.tasks_of(ticket)) == 1
    assert live.rows("select state from outbox where kind = 'task'") == [("unknown",)]
    live.advance(minutes=10)
    sync(live)
    assert live.rows("select state from outbox where kind = 'task'") == [("confirmed",)]
    assert len(live.portal.tasks_of(ticket)) == 1


def test_a_ticket_too_large_to_be_read_is_set_aside_and_keeps_no_other_from_being_judged(live: World) -> None:
    live.edit("portal.yaml", lambda text: text + "report: {dimensions: [content]}\n")
    sync(live)
    small = [live.ticket(content="short") for _ in range(5)]
    large = live.ticket()
    for number in range(4):
        live.advance(minutes=1)
        live.change(large, content=f"{number}" + "x" * 60_000)
    sync(live)
    assert [live.held(ticket)["status"] for ticket in small] == ["running"] * 5
    ((record, reason),) = live.rows("select record_id, reason from quarantine")
    assert record == large
    assert f"larger than {LARGEST:,} bytes" in str(reason)
