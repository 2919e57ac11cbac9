"""`sla plan --save` and `sla sync --plan`: exactly what was planned is sent, or nothing."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import stat
import subprocess
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from cli.conftest import SLA
from flows.test_sweep import merge
from flows.world import TOKEN, environment, fail_after

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cli.conftest import Command, Ended
    from flows.world import World


@pytest.fixture
def due(empty: World) -> World:
    """Live, with a ticket an hour late and its breach not seen yet, one that is new, and one long since written."""
    empty.go_live()
    empty.advance(minutes=1)
    empty.ticket(hs_ticket_priority="HIGH", company="5015", hubspot_owner_id="3002")
    empty.ticket(hs_ticket_priority="LOW")
    empty.sync()
    empty.advance(hours=9)
    empty.ticket(hs_ticket_priority="HIGH", company="5021")
    return empty


def late(world: World) -> str:
    return world.portal.ids("tickets")[0]


def new(world: World) -> str:
    return world.portal.ids("tickets")[-1]


def saved(sla: Command, *more: str) -> dict[str, Any]:
    ended = sla("plan", "--save", "plan.json", *more)
    assert ended.code == 0, ended.err
    return content(sla)


def content(sla: Command) -> dict[str, Any]:
    plan: dict[str, Any] = orjson.loads(file_of(sla).read_bytes())["plan"]
    return plan


def file_of(sla: Command) -> Path:
    return sla._world.folder / "plan.json"


def rewritten(sla: Command, change: Callable[[dict[str, Any]], object], *, seal: bool = True) -> None:
    """The file as somebody forges it; with a checksum that fits, where wanted."""
    document = orjson.loads(file_of(sla).read_bytes())
    change(document["plan"])
    if seal:
        body = orjson.dumps(document["plan"], option=orjson.OPT_SORT_KEYS)
        document["checksum"] = hashlib.sha256(body).hexdigest()
    file_of(sla).write_bytes(orjson.dumps(document))


def killed_at_its_first_write(world: World, *arguments: str) -> None:
    """HubSpot has done it, and the process never learns of it."""
    with subprocess.Popen(
        [SLA, *arguments],
        env=environment(world),
        cwd=world.folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        before = world.running.request_log.end
        fail_after(world.running, 1, lambda: os.kill(process.pid, signal.SIGKILL), kind="batch_update")
        assert process.wait(60) == -signal.SIGKILL
    world.running.request_log.end = before


def everything_sent(world: World) -> object:
    return world.all_held(), world.tasks(), world.note_keys()


def refused(sla: Command, *, saying: str) -> Ended:
    """The plan is not carried out, and leaves no trace."""
    before, rows = everything_sent(sla._world), sla._world.rows("select count(*) from audit")
    ended = sla("sync", "--plan", "plan.json")
    assert ended.code == 2, ended.out + ended.err
    assert saying in ended.err
    assert everything_sent(sla._world) == before
    assert sla._world.rows("select count(*) from audit") == rows
    assert sla._world.rows("select count(*) from runs where command = 'sync --plan'") == [(0,)]
    return ended


def test_what_was_planned_is_sent_to_the_letter(due: World, sla: Command) -> None:
    plan = saved(sla)
    assert {one["record_id"] for one in plan["records"]} >= {late(due), new(due)}
    due.advance(minutes=3)
    ended = sla("sync", "--plan", "plan.json")
    assert ended.code == 0, ended.err
    for record in plan["records"]:
        for action in record["actions"]:
            if action["key"].startswith("properties:"):
                held = due.portal.read("tickets", record["record_id"])
                assert {name: held.get(name, "") for name in action["changes"]} == action["changes"]
    planned = [a for one in plan["records"] for a in one["actions"] if a["key"].startswith("task:")]
    tasks = [task for tasks in due.tasks().values() for task in tasks]
    assert sorted((a["key"], a["subject"], a["owner_id"]) for a in planned) == sorted(
        (task["sla_task_key"], task["hs_task_subject"], task.get("hubspot_owner_id")) for task in tasks
    )
    assert sla("audit", "verify").code == 0
    assert sla("outcomes", "rebuild", "--check").code == 0
    assert "0 tickets to write, 0 tasks to create" in sla("plan").out
    assert sla("sync").code == 0


def test_the_file_is_its_owners_alone_and_holds_no_token(due: World, sla: Command) -> None:
    due.change(late(due), subject=f"my token is {TOKEN}")
    saved(sla)
    assert stat.S_IMODE(file_of(sla).stat().st_mode) == 0o600
    assert TOKEN not in file_of(sla).read_text()
    file_of(sla).chmod(0o644)
    saved(sla)
    assert stat.S_IMODE(file_of(sla).stat().st_mode) == 0o600
    assert not list(due.folder.glob(".plan*"))
    assert sla("sync", "--plan", "plan.json").code == 0


def test_it_holds_the_portal_the_mappings_and_the_state_of_each_record(due: World, sla: Command) -> None:
    plan = saved(sla)
    assert plan["portal_id"] == due.portal.account.portal_id
    assert plan["mappings"] == due.rows("select version from policy_versions order by seq desc limit 1")[0][0]
    assert plan["made_at"].startswith(f"{due.now:%Y-%m-%dT%H:%M:}")
    states = {one["record_id"]: one["state"] for one in plan["records"]}
    assert states[new(due)]["next_at"] is not None


def reply(world: World) -> None:
    world.portal.send_agent_message(late(world), at=world.now)


CHANGES: dict[str, tuple[Callable[[World], object], str]] = {
    "a property": (lambda w: w.change(late(w), hs_ticket_priority="LOW"), "ticket {late}: HubSpot changed it at"),
    "a property that is not mapped": (lambda w: w.change(late(w), content="?"), "ticket {late}: HubSpot changed it at"),
    "one of ours": (lambda w: w.change(late(w), sla_status="met"), "ticket {late}: HubSpot changed it at"),
    "an owner": (lambda w: w.change(new(w), hubspot_owner_id="3001"), "ticket {new}: HubSpot changed it at"),
    "a reply": (reply, "ticket {late}: HubSpot shows other values of it"),
    "closed": (lambda w: w.change(late(w), hs_pipeline_stage="4"), "ticket {late}: HubSpot changed it at"),
    "archived": (lambda w: w.portal.archive("tickets", late(w)), "ticket {late}: HubSpot no longer shows it"),
    "merged": (lambda w: merge(w, late(w), new(w)), "ticket {new}: HubSpot no longer shows it"),
    "another company": (
        lambda w: w.portal.associate("tickets", new(w), "companies", "5015", primary=False, at=w.now),
        "ticket {new}: its companies or contacts are not what they were",
    ),
    "the tier of its company": (
        lambda w: w.portal.update("companies", "5021", {"customer_tier": "bronze"}, at=w.now),
        "ticket {new}: its companies or contacts are not what they were",
    ),
    "a deadline": (lambda w: w.advance(hours=1), "ticket {new}: a deadline has passed at 2026-11-23T"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_whatever_changes_in_hubspot_makes_it_stale(
    due: World, sla: Command, change: tuple[Callable[[World], object], str]
) -> None:
    do, saying = change
    names = {"late": late(due), "new": new(due)}
    saved(sla)
    due.advance(seconds=1)
    do(due)
    refused(sla, saying=saying.format(**names))


def test_a_ticket_that_is_new_since_is_not_in_it_and_left_to_the_next_sync(due: World, sla: Command) -> None:
    saved(sla)
    due.advance(seconds=1)
    later = due.ticket(hs_ticket_priority="HIGH")
    assert sla("sync", "--plan", "plan.json").code == 0
    assert later not in due.tasks()
    assert "status" not in due.held(later)
    assert sla("sync").code == 0
    assert due.held(later)["status"] == "running"


def test_another_sync_makes_it_stale(due: World, sla: Command) -> None:
    saved(sla)
    assert sla("sync").code == 0
    ended = sla("sync", "--plan", "plan.json", "--json")
    assert ended.code == 2
    assert f"ticket {late(due)}: the ledger knows something else about it" in str(ended.error["reasons"])
    assert ended.error["kind"] == "PlanStale"


def test_it_is_carried_out_once(due: World, sla: Command) -> None:
    saved(sla)
    assert sla("sync", "--plan", "plan.json").code == 0
    refused_again = sla("sync", "--plan", "plan.json")
    assert refused_again.code == 2
    assert len(due.task_keys()) == len(set(due.task_keys()))


def test_edited_mappings_make_it_stale_and_a_comment_is_an_edit(due: World, sla: Command) -> None:
    saved(sla)
    due.edit("policies.yaml", lambda text: f"# later\n{text}")
    refused(sla, saying="the mappings are not those that it was made with")


def test_a_restored_ledger_makes_it_stale(due: World, sla: Command) -> None:
    ledger = due.folder / "ledger.db"
    shutil.copy(ledger, due.folder / "before.db")
    assert sla("sync").code == 0
    due.advance(hours=1, minutes=1)
    saved(sla)
    for path in due.folder.glob("ledger.db*"):
        path.unlink()
    shutil.copy(due.folder / "before.db", ledger)
    refused(sla, saying="the ledger knows something else about it")


def test_what_waits_in_the_outbox_is_part_of_it(due: World, sla: Command) -> None:
    saved(sla)
    killed_at_its_first_write(due, "sync")
    ended = sla("sync", "--plan", "plan.json")
    assert ended.code == 2
    assert "what waits in the outbox is not what it was" in ended.err
    plan = saved(sla)
    assert plan["queued"]
    assert sla("sync", "--plan", "plan.json").code == 0
    assert len(due.task_keys()) == len(set(due.task_keys()))


def test_another_portal_is_refused(due: World, sla: Command) -> None:
    saved(sla)
    rewritten(sla, lambda plan: plan.update(portal_id=42))
    refused(sla, saying="it is for portal 42, and the token is of portal")


def test_another_version_of_the_program_is_refused(due: World, sla: Command) -> None:
    saved(sla)
    rewritten(sla, lambda plan: plan.update(program="0.0.1"))
    refused(sla, saying="it was made by version 0.0.1 of hubspot-sla")


FORGERIES: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "another value": (
        lambda plan: plan["records"][0]["actions"][0].update(changes={"sla_status": "met"}),
        "something else would be done about it",
    ),
    "one action fewer": (lambda plan: plan["records"][0]["actions"].pop(), "something else would be done about it"),
    "twice": (lambda plan: plan["records"].append(plan["records"][0]), "it names a record twice"),
    "a record that is not there": (
        lambda plan: plan["records"].append({**plan["records"][0], "record_id": "999"}),
        "ticket 999: HubSpot no longer shows it",
    ),
    "what is no id": (
        lambda plan: plan["records"].append({**plan["records"][0], "record_id": "../x"}),
        "",
    ),
    "another object type": (
        lambda plan: plan["records"].append({**plan["records"][0], "object_type": "contacts"}),
        "it names records of contacts, and the mappings do not",
    ),
    "from the future": (lambda plan: plan.update(made_at="2031-01-01T00:00:00Z"), "which is still to come"),
    "a deadline further off": (
        lambda plan: [one["state"].update(next_at="2031-01-01T00:00:00Z") for one in plan["records"]],
        "something else would be done about it",
    ),
    "older than it is": (lambda plan: plan.update(made_at="2026-11-23T08:02:00Z"), "it"),
}


@pytest.mark.parametrize("forgery", FORGERIES.values(), ids=FORGERIES)
def test_a_forged_file_sends_nothing_though_its_checksum_fits(
    due: World, sla: Command, forgery: tuple[Callable[[dict[str, Any]], object], str]
) -> None:
    change, saying = forgery
    saved(sla)
    rewritten(sla, change)
    refused(sla, saying=saying)


DAMAGES: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "it is not JSON"),
    "text": (b"tickets\n", "it is not JSON"),
    "a number": (b"7", "is no plan of `sla plan --save`"),
    "another document": (b'{"plan": {}, "actions": []}', "is no plan of `sla plan --save`"),
    "a later form": (b'{"plan": {"format": "hubspot-sla plan 9"}}', "in a form that this version does not know"),
    "nested deeply": (b'{"plan": {"format": "hubspot-sla plan 1", "a": ' + b"[" * 600 + b"]" * 600 + b"}}", "altered"),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_file_that_is_no_plan_is_refused_before_anything_is_asked(
    due: World, sla: Command, damage: tuple[bytes, str]
) -> None:
    file_of(sla).write_bytes(damage[0])
    calls = len(due.running.requests)
    refused(sla, saying=damage[1])
    assert len(due.running.requests) == calls


def test_an_altered_byte_a_folder_and_a_missing_file_are_refused(due: World, sla: Command) -> None:
    saved(sla)
    rewritten(sla, lambda plan: plan.update(backfill=True), seal=False)
    refused(sla, saying="its checksum does not fit")
    rewritten(sla, lambda plan: plan.update(backfill="yes"))
    refused(sla, saying="is no plan: backfill")
    file_of(sla).unlink()
    refused(sla, saying="there is no file plan.json")
    file_of(sla).mkdir()
    refused(sla, saying="plan.json is no file")


def test_no_other_file_is_replaced_by_a_plan(due: World, sla: Command) -> None:
    before = (due.folder / "ledger.db").read_bytes()
    for name in ("ledger.db", "mappings", "/dev/null", "nowhere/plan.json"):
        ended = sla("plan", "--save", name)
        assert (ended.code, ended.out) == (2, "")
        assert "is no plan" in ended.err or "there is no folder" in ended.err
    assert (due.folder / "ledger.db").read_bytes() == before


def test_a_plan_and_a_backfill_are_not_asked_for_together(due: World, sla: Command) -> None:
    saved(sla)
    assert sla("sync", "--backfill", "--plan", "plan.json").code == 2


def test_a_plan_of_a_backfill_writes_what_was_closed_before(empty: World, sla: Command) -> None:
    old = empty.ticket(age=timedelta(days=2))
    empty.change(old, hs_pipeline_stage="4")
    empty.advance(minutes=1)
    empty.set_up()
    empty.sync()
    assert saved(sla)["records"] == []
    assert saved(sla, "--backfill")["backfill"] is True
    assert sla("sync", "--plan", "plan.json").code == 0
    assert empty.held(old)["status"]


def test_a_plan_from_before_setup_holds_after_it(empty: World, sla: Command) -> None:
    ticket = empty.ticket(hs_ticket_priority="HIGH", company="5015")
    plan = saved(sla)
    assert [one["record_id"] for one in plan["records"]] == [ticket]
    assert not (empty.folder / "ledger.db").exists()
    ended = sla("sync", "--plan", "plan.json")
    assert (ended.code, ended.err) == (2, "error: this portal is not set up yet\n  run `sla setup` first\n")
    empty.advance(seconds=5)
    assert sla("setup").code == 0
    assert sla("sync", "--plan", "plan.json").code == 0
    assert empty.held(ticket)["status"] == "running"
    assert sla("outcomes", "rebuild", "--check").code == 0
    assert "0 tickets to write, 0 tasks" in sla("plan").out


def test_edited_mappings_come_into_force_with_the_plan_that_was_made_with_them(due: World, sla: Command) -> None:
    assert sla("sync").code == 0
    due.advance(minutes=2)
    due.edit("policies.yaml", lambda text: text.replace("resolution: {HIGH: 8h", "resolution: {HIGH: 5h"))
    plan = saved(sla)
    assert plan["records"]
    due.advance(minutes=1)
    assert sla("sync", "--plan", "plan.json").code == 0
    assert due.rows("select count(*) from policy_versions") == [(2,)]
    assert sla("outcomes", "rebuild", "--check").code == 0
    assert sla("audit", "verify").code == 0
    assert "0 tickets to write, 0 tasks" in sla("plan").out


def test_a_kill_in_the_middle_is_completed_by_the_next_sync_and_nothing_twice(due: World, sla: Command) -> None:
    saved(sla)
    killed_at_its_first_write(due, "sync", "--plan", "plan.json")
    assert sla("sync", "--plan", "plan.json").code == 2
    due.advance(minutes=2)
    assert sla("sync").code == 0
    assert len(due.task_keys()) == len(set(due.task_keys()))
    assert due.held(late(due))["status"] == "breached"
    assert due.held(new(due))["status"] == "running"


def test_nothing_to_do_is_a_plan_too(due: World, sla: Command) -> None:
    assert sla("sync").code == 0
    assert saved(sla)["records"] == []
    ended = sla("sync", "--plan", "plan.json")
    assert ended.code == 0
    assert "0 tickets written, 0 tasks created" in ended.out


CONTRACTS = """\
company_properties: true
contracts:
  - id: acme
    customer: "5015"
    owner: "3002"
    currency: EUR
    valid_from: 2026-01-01
    fees: {support: 1000}
    objectives:
      - id: answers
        measure: {attainment: first_response}
        promised: 90%
        credit: {bands: [{below: 90%, pays: 5%}]}
"""
LADDER = "contracts:\n  - rungs: [{at: below, do: [{task: owner}]}, {at: date, do: [{task: owner}]}]\n"
BELOW = "task:contract:acme:answers:2026-11:below"


@pytest.fixture
def missed(empty: World) -> World:
    """A contract is missed so far, and nothing of it is done yet."""
    for name, text in (("contracts.yaml", CONTRACTS), ("escalations.yaml", LADDER)):
        (empty.folder / "mappings" / name).write_text(text, encoding="utf-8")
    empty.set_up()
    empty.ticket(hs_ticket_priority="HIGH", company="5015", hubspot_owner_id="3002")
    empty.sync()
    empty.advance(hours=9)
    empty.sync()
    return empty


def contract_tasks(world: World) -> list[str]:
    return [key for task in world._all("tasks") if "contract:" in (key := task.get("sla_task_key") or "")]


def test_what_contracts_come_to_is_in_the_plan_and_is_sent_with_it_once(missed: World, sla: Command) -> None:
    rungs, companies = saved(sla)["contracts"]
    assert (rungs["contract"], [action["key"] for action in rungs["actions"]]) == ("acme", [BELOW])
    assert [action["key"] for action in companies["actions"]] == ["properties:companies:5015"]
    assert contract_tasks(missed) == []
    missed.advance(minutes=3)
    ended = sla("sync", "--plan", "plan.json")
    assert ended.code == 0, ended.err
    assert contract_tasks(missed) == [BELOW]
    assert missed.portal.read("companies", "5015")["sla_contract_state"] == "below"
    assert sla("run", "contract_states").code == 0
    assert contract_tasks(missed) == [BELOW]
    assert len(missed.entries("contract_rungs")) == len(missed.entries("contract_states")) == 1
    missed.require_whole_chain()
    again = sla("sync", "--plan", "plan.json")
    assert again.code == 2
    assert "contract acme: what is to be done is not what it was" in again.err


def test_a_plan_is_not_sent_once_a_contract_stands_otherwise(missed: World, sla: Command) -> None:
    saved(sla)
    rewritten(sla, lambda plan: plan["contracts"].pop())
    refused(sla, saying="properties of companies: what is to be done is not what it was")
    (missed.folder / "mappings" / "contracts.yaml").write_text(CONTRACTS + SOON, encoding="utf-8")
    saved(sla)
    missed.advance(days=3)
    refused(sla, saying="contract acme: other rungs are reached by now")


SOON = "    dates: [{what: review, on: 2026-11-26}]\n"
