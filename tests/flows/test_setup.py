"""Setup makes what is missing and remembers it; teardown takes back that and nothing else."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from flows.world import NOW, TOKEN, fail_after, pull_the_plug, set_up
from hubspot_sandbox import refusals
from hubspot_sandbox.account import Account
from hubspot_sandbox.object_types import NOTES, TASKS, TICKETS
from hubspot_sandbox.portal import Portal
from hubspot_sandbox.properties import Property
from hubspot_sandbox.seed import seeded_portal
from hubspot_sandbox.server import serve
from hubspot_sla.errors import MappingInvalid, Unreachable, UsageProblem
from hubspot_sla.flows.context.context import wired
from hubspot_sla.flows.runs.deadlines import watch
from hubspot_sla.flows.runs.refresh import refresh
from hubspot_sla.flows.runs.resend import send_waiting
from hubspot_sla.flows.runs.slow_lane import slow_lane
from hubspot_sla.flows.runs.sweep import sweep
from hubspot_sla.flows.runs.sync import sync
from hubspot_sla.ledger import database, outbox
from hubspot_sla.ledger.outbox import Kind, OutboxItem
from hubspot_sla.plan.properties import WRITTEN
from hubspot_sla.plan.records import RecordRef

if TYPE_CHECKING:
    from flows.world import World


def names(portal: Portal) -> set[str]:
    """Every active property of tickets, tasks and notes, and the groups of tickets."""
    catalogue = portal.catalogue(TICKETS)
    of_all = (catalogue, portal.catalogue(TASKS), portal.catalogue(NOTES))
    found = {one.name for each in of_all for one in each.listed()}
    return found | {f"group {group.name}" for group in catalogue.groups()}


OURS = {f"sla_{written.key}" for written in WRITTEN} | {"sla_task_key", "sla_note_key", "group sla"}


def test_setup_makes_every_property_we_write(empty: World) -> None:
    before = names(empty.portal)
    empty.set_up()
    assert names(empty.portal) - before == OURS


def test_the_mark_of_our_tasks_is_unique_where_the_portal_has_that(empty: World) -> None:
    empty.set_up()
    assert empty.portal.catalogue(TASKS).find("sla_task_key").unique


def test_a_portal_without_unique_properties_on_tasks_is_set_up_all_the_same(
    empty: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogue = empty.portal.catalogue(TASKS)
    create = type(catalogue).create

    def refusing(self: object, definition: Property, *more: object) -> object:
        if definition.unique:
            raise refusals.invalid("hasUniqueValue is not allowed for tasks")
        return create(self, definition, *more)

    monkeypatch.setattr(type(catalogue), "create", refusing)
    empty.set_up()
    assert not catalogue.find("sla_task_key").unique
    empty.sync()


def test_a_second_setup_makes_nothing_and_the_go_live_stays(empty: World) -> None:
    empty.set_up()
    went_live = empty.rows("select value from meta where key = 'go_live_at'")
    made, asked = names(empty.portal), len(empty.running.requests)
    empty.advance(days=1)
    empty.set_up()
    assert empty.rows("select value from meta where key = 'go_live_at'") == went_live
    assert names(empty.portal) == made
    assert all(seen.method == "GET" for seen in empty.running.requests_since(asked))


def test_teardown_takes_back_what_setup_made_and_nothing_else(empty: World) -> None:
    before = names(empty.portal)
    empty.set_up()
    empty.tear_down()
    assert names(empty.portal) == before
    with pytest.raises(UsageProblem, match="not set up"):
        empty.sync()


def test_teardown_leaves_a_property_that_was_there_before(empty: World) -> None:
    theirs = Property("sla_tier", "Tier", "string", "text", "ticketinformation")
    empty.portal.catalogue(TICKETS).define(theirs)
    empty.set_up()
    empty.tear_down()
    assert empty.portal.catalogue(TICKETS).find("sla_tier") == theirs


def test_teardown_leaves_a_group_in_which_somebody_put_a_property(empty: World) -> None:
    empty.set_up()
    empty.portal.catalogue(TICKETS).define(Property("theirs", "Theirs", "string", "text", "sla"))
    empty.tear_down()
    left = names(empty.portal)
    assert "theirs" in left
    assert left & OURS == {"group sla"}
    with pytest.raises(UsageProblem, match="not set up"):
        empty.sync()


def test_teardown_twice_is_harmless(empty: World) -> None:
    empty.set_up()
    empty.tear_down()
    assert empty.tear_down() == {"groups": [], "tickets": [], "tasks": [], "notes": []}


def test_after_teardown_setup_works_again_and_everything_is_written_anew(live: World) -> None:
    ticket = live.ticket()
    live.sync()
    before = live.held(ticket)
    live.tear_down()
    for id_ in live.portal.ids("tickets"):
        with live.portal.lock:
            record = live.portal.record(TICKETS, id_)
            for name in [name for name in record.values if name.startswith("sla_")]:
                del record.values[name]
    live.set_up()
    live.sync()
    assert live.held(ticket) == before
    live.require_whole_chain()


def test_a_breach_that_had_its_task_gets_none_after_teardown_and_setup(live: World) -> None:
    live.ticket(hs_ticket_priority="HIGH")
    live.advance(hours=2)
    live.sync()
    live.tear_down()
    live.set_up()
    live.advance(minutes=5)
    live.sync()
    assert len(live.task_keys()) == 1


@pytest.mark.parametrize("mutation", [1, 2, 3, 4])
def test_an_interrupted_setup_is_completed_and_can_be_taken_back(empty: World, mutation: int) -> None:
    """The group, the ticket properties, the task and the note property: each is made, and the answer never comes."""
    before = names(empty.portal)
    # Account, pipelines, owners, properties of tickets and companies; then of tickets, groups, of tasks and notes.
    reading = 9
    shown = (0, 1, 2, 3)[mutation - 1]  # reads until what was made before shows
    fail_after(empty.running, reading + mutation + shown, lambda: pull_the_plug(empty.running))
    with empty.impatient() as context, pytest.raises(Unreachable):
        set_up(context)
    assert len(names(empty.portal) - before) == (1, len(OURS) - 2, len(OURS) - 1, len(OURS))[mutation - 1]
    empty.serve_again()
    empty.set_up()
    assert names(empty.portal) - before == OURS
    empty.tear_down()
    assert names(empty.portal) == before


def test_labels_unknown_to_the_portal_stop_the_setup_before_anything_is_made(empty: World) -> None:
    before = names(empty.portal)
    empty.edit("portal.yaml", lambda text: text.replace("Waiting on us: open", "Waiting for us: open"))
    with pytest.raises(MappingInvalid) as refused:
        empty.set_up()
    assert "Waiting on us" in str(refused.value)
    assert any(problem.file == "portal.yaml" and problem.line and problem.column for problem in refused.value.problems)
    assert names(empty.portal) == before


def test_a_ledger_serves_one_portal(live: World) -> None:
    """Neither setup nor sync may write one portal's verdicts to another's tickets, which have the same ids."""
    live.ticket(hs_ticket_priority="HIGH")
    live.sync()
    waiting = OutboxItem(
        "properties:28100001", Kind.PROPERTIES, RecordRef.of("28100001"), {"changes": {"sla_status": "met"}}
    )
    with database.open_for_writing(live.folder / "ledger.db") as ledger, ledger.transaction() as db:
        outbox.put(db, [waiting], run_id="test", at=0)
        db.execute("update records set next_at = 1 where record_id = '28100001'")
    other = Portal(NOW + timedelta(hours=1), account=Account(portal_id=145_000_002))
    source = seeded_portal(NOW, tickets=0)
    other.set_pipelines(source.pipelines.values())
    token = TOKEN.replace("1111", "9999")
    with serve(other, token=token, enforce_limits=False) as running:
        live.running, ours = running, live.running
        settings_of_other = live.settings(token)
        assert settings_of_other.base_url == running.url
        for job in (sync, send_waiting, watch, slow_lane, refresh, sweep):
            with pytest.raises(UsageProblem, match="portal 145000001"), wired(settings_of_other) as context:
                job(context)
        assert {seen.path for seen in running.requests} == {"/account-info/2026-09/details"}
        live.running = ours
    assert live.rows("select count(*) from audit where kind = 'portal'") == [(0,)]


def test_a_new_token_of_the_same_portal_goes_on(live: World) -> None:
    token = TOKEN.replace("1111", "9999")
    live.running.access.grant(token)
    ticket = live.ticket()
    live.sync(token=token)
    assert live.held(ticket)["status"] == "running"
    asked = len(live.running.requests)
    live.sync(token=token)
    assert len(live.running.requests_since(asked)) == 1


def test_the_token_is_not_in_the_ledger(live: World) -> None:
    live.ticket()
    live.sync()
    content = b"".join(path.read_bytes() for path in live.folder.glob("ledger.db*"))
    assert TOKEN.encode() not in content
    assert TOKEN[-12:].encode() not in content
