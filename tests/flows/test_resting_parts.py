"""A scope that only a part of the work needs: that part rests and is tried again, the rest goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hubspot_sla.errors import ScopeMissing
from hubspot_sla.flows.runs import sync as syncing

if TYPE_CHECKING:
    from flows.world import World
    from hubspot_sla.flows.sending.commit import RunStats


def synced(of: World) -> RunStats:
    with of.impatient() as context:
        return syncing.sync(context)


@pytest.mark.parametrize("path", ["*/tasks/batch/create", "*/associations/*/tickets/tasks/batch/read"])
def test_tasks_wait_for_their_scope_while_flags_and_notes_are_written(live: World, path: str) -> None:
    ticket = live.ticket(hs_ticket_priority="HIGH")
    live.sync()
    live.advance(hours=1, seconds=2)
    missing = live.running.faults.add("missing_scope", path=path, scopes=["crm.objects.contacts.write"])
    stats = synced(live)
    assert live.held(ticket)["breached"] == "true"
    assert live.tasks() == {}
    assert stats.exit_code == 3
    assert "crm.objects.contacts.write" in stats.resting["task"]
    assert live.rows("select state from outbox where kind = 'task'") == [("refused",)]
    live.running.faults.remove(missing.id)
    live.advance(minutes=6)
    stats = synced(live)
    assert (stats.exit_code, stats.tasks_created) == (0, 1)
    assert len(live.tasks()[ticket]) == 1


def test_without_the_scope_for_tickets_nothing_goes_on(live: World) -> None:
    live.ticket()
    live.running.faults.add("missing_scope", route="batch_update", scopes=["tickets"])
    with pytest.raises(ScopeMissing) as raised:
        synced(live)
    assert raised.value.exit_code == 3
