"""A scope that only a part of the work needs: that part rests and is tried again, the rest goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hubspot_sla.errors import AccessDenied, ScopeMissing, Unreachable
from hubspot_sla.flows.inspection.doctor import examine
from hubspot_sla.flows.runs import sync as syncing
from hubspot_sla.flows.worker.worker import is_fatal

if TYPE_CHECKING:
    from flows.world import World
    from hubspot_sla.flows.sending.commit import RunStats


VERSIONS = ["2026-09", "2026-03"]


def synced(of: World, version: str = "2026-09") -> RunStats:
    with of.impatient(version) as context:
        return syncing.sync(context)


def resting(of: World) -> list[str]:
    """What the doctor says of it."""
    found = examine(of.settings(), round(of.now.timestamp() * 1000))
    return [one.message for one in found if one.check == "resting" and one.level == "warn"]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("shape", ["errors", "context"])
@pytest.mark.parametrize("path", ["*/tasks/batch/create", "*/associations/*/tickets/tasks/batch/read"])
def test_tasks_wait_for_their_scope_while_flags_and_notes_are_written(
    live: World, path: str, shape: str, version: str
) -> None:
    ticket = live.ticket(hs_ticket_priority="HIGH")
    live.sync()
    live.advance(hours=1, seconds=2)
    scopes = ["crm.objects.contacts.write"]
    missing = live.running.faults.add("missing_scope", path=path, scopes=scopes, shape=shape)
    stats = synced(live, version)
    assert live.held(ticket)["breached"] == "true"
    assert live.tasks() == {}
    assert stats.exit_code == 3
    assert "crm.objects.contacts.write" in stats.resting["task"]
    assert live.rows("select state from outbox where kind = 'task'") == [("refused",)]
    assert any("task" in line and scopes[0] in line for line in resting(live))
    live.advance(minutes=1)
    synced(live, version)
    assert resting(live)
    live.running.faults.remove(missing.id)
    live.advance(minutes=6)
    stats = synced(live, version)
    assert (stats.exit_code, stats.tasks_created) == (0, 1)
    assert len(live.tasks()[ticket]) == 1
    assert resting(live) == []


@pytest.mark.parametrize("version", VERSIONS)
def test_without_the_scope_for_companies_new_tickets_wait_and_the_known_ones_go_on(live: World, version: str) -> None:
    company = live.portal.ids("companies")[0]
    known = live.ticket(company=company, hs_ticket_priority="HIGH")
    live.sync()
    scopes = ["crm.objects.companies.read"]
    missing = [
        live.running.faults.add("missing_scope", path=path, scopes=scopes)
        for path in ("*/companies/batch/read", "*/associations/*/companies/*")
    ]
    live.advance(hours=1, seconds=2)
    live.change(known, subject="Still on fire")
    new = live.ticket(company=company, hs_ticket_priority="HIGH")
    stats = synced(live, version)
    assert stats.exit_code == 3
    assert live.held(known)["breached"] == "true"
    assert live.held(new) == {}
    ((reason,),) = (live.rows("select reason from quarantine where record_id = '" + new + "'"),)
    assert scopes[0] in str(reason)
    assert any(line.startswith("customers: ") and scopes[0] in line for line in resting(live))
    for fault in missing:
        live.running.faults.remove(fault.id)
    live.advance(minutes=6)
    assert synced(live, version).exit_code == 0
    assert live.held(new)["status"] == "running"
    assert resting(live) == []


@pytest.mark.parametrize("version", VERSIONS)
def test_what_is_denied_for_another_reason_than_a_scope_rests_by_its_own_name(live: World, version: str) -> None:
    ticket = live.ticket(hs_ticket_priority="HIGH")
    live.sync()
    live.advance(hours=1, seconds=2)
    denied = live.running.faults.add("access_denied", path="*/tasks/batch/create")
    stats = synced(live, version)
    assert live.held(ticket)["breached"] == "true"
    assert (live.tasks(), stats.exit_code) == ({}, 3)
    (line,) = resting(live)
    assert line.startswith("task: ")
    assert "not for want of a scope: The user does not have permission" in line
    assert "USER_DOES_NOT_HAVE_PERMISSIONS" in line
    assert "missing" not in line
    live.running.faults.remove(denied.id)
    live.advance(minutes=6)
    assert (synced(live, version).exit_code, len(live.tasks()[ticket]), resting(live)) == (0, 1, [])


@pytest.mark.parametrize("version", VERSIONS)
def test_tickets_that_are_denied_for_another_reason_than_a_scope_are_tried_again(live: World, version: str) -> None:
    ticket = live.ticket(hs_ticket_priority="HIGH")
    denied = live.running.faults.add("access_denied", path="*/tickets/search")
    with pytest.raises(AccessDenied, match="permission") as raised:
        synced(live, version)
    assert (raised.value.exit_code, is_fatal(raised.value)) == (3, False)
    live.running.faults.remove(denied.id)
    assert synced(live, version).exit_code == 0
    assert live.held(ticket)["status"] == "running"


def test_a_403_that_comes_once_changes_nothing(live: World) -> None:
    live.ticket(hs_ticket_priority="HIGH")
    live.sync()
    live.advance(hours=1, seconds=2)
    for fault, route in (("edge_refused", "*/tasks/batch/create"), ("missing_scope", "*/tickets/batch/update")):
        live.running.faults.add(fault, path=route, times=1)
    live.running.faults.add("unauthorized", path="*/tickets/search", times=1)
    stats = synced(live)
    assert (stats.tasks_created, stats.exit_code, stats.quarantined) == (1, 0, 0)


@pytest.mark.parametrize("version", VERSIONS)
def test_account_info_answered_by_the_edge_is_trouble_and_no_verdict_on_the_token(live: World, version: str) -> None:
    live.ticket()
    live.running.faults.add("unauthorized", path="*/tickets/search")
    live.running.faults.add("edge_refused", path="*/account-info/*")
    with pytest.raises(Unreachable) as raised:
        synced(live, version)
    assert raised.value.exit_code == 75


def test_without_the_scope_for_tickets_nothing_goes_on(live: World) -> None:
    live.ticket()
    live.running.faults.add("missing_scope", route="batch_update", scopes=["tickets"])
    with pytest.raises(ScopeMissing) as raised:
        synced(live)
    assert raised.value.exit_code == 3
