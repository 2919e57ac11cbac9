"""The commands one after the other, as a new user runs them, and what they print."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from cli.conftest import Command
    from flows.world import World


def test_from_setup_to_teardown(sla: Command, empty: World) -> None:
    first, second = empty.ticket(hs_ticket_priority="HIGH"), empty.ticket()
    assert sla.process("check", "--json").code == 0
    made = sla.process("setup", "--json").json
    assert isinstance(made, dict)
    assert "sla_status" in made["ticket_properties"]
    assert made["go_live_at"]
    planned = sla.process("plan", "--json").json
    assert isinstance(planned, dict)
    assert {action["key"] for action in planned["actions"]} == {f"properties:{first}", f"properties:{second}"}
    synced = sla.process("sync", "--json").json
    assert isinstance(synced, dict)
    assert synced["tickets_written"] == 2
    assert "nothing" not in sla.process("sync").out
    taken = sla.process("teardown", "--yes", "--json").json
    assert isinstance(taken, dict)
    assert set(taken["archived"]["tickets"]) == set(made["ticket_properties"])


def test_a_dry_run_of_setup_makes_nothing_and_binds_nothing(sla: Command, empty: World) -> None:
    ended = sla("setup", "--dry-run")
    assert ended.code == 0
    assert "would create  sla_status" in ended.out
    assert all(seen.method == "GET" for seen in empty.running.requests)
    assert empty.rows("select key from meta where key in ('portal', 'go_live_at', 'made')") == []
    assert empty.rows("select * from policy_versions") == []


def test_teardown_asks_first_and_does_nothing_when_told_no(sla: Command, live: World) -> None:
    ended = sla.process("teardown")
    assert ended.code == 130
    assert live.rows("select count(*) from meta where key = 'go_live_at'") == [(1,)]


def test_a_plan_reads_as_a_diff(live: World, sla: Command) -> None:
    ticket = live.ticket(hs_ticket_priority="LOW")
    ended = sla("plan")
    assert ended.code == 0
    assert f"ticket {ticket}\tsla_status\t(empty) -> running" in ended.out
    assert "1 ticket to write, 0 tasks to create. Nothing was written." in ended.out


def test_explain_tells_policy_tier_and_segments(live: World, sla: Command) -> None:
    ticket = live.portal.ids("tickets")[0]
    told = sla("explain", ticket)
    assert told.code == 0
    assert "SLA policy: support" in told.out
    assert "Customer tier: bronze" in told.out
    assert "not gold: " in told.out
    assert "late" in told.out
    assert "\trunning\tNew" in told.out
    body = sla("explain", ticket, "--json").json
    assert isinstance(body, dict)
    assert (body["policy"], body["tier"]["tier"]) == ("support", "bronze")
    reply = body["metrics"]["first_response"]
    assert (reply["status"], reply["due_at"]) == ("breached", "2026-11-23T09:01:00Z")
    assert [(one["state"], one.get("late")) for one in reply["segments"]] == [("running", None), ("running", True)]
    assert reply["segments"][0]["business_s"] == 3_600


def test_the_log_shows_what_was_done_to_a_ticket(live: World, sla: Command) -> None:
    ticket = live.portal.ids("tickets")[0]
    lines = sla("audit", "log", "--ticket", ticket).out.splitlines()
    assert [line.split("\t")[3] for line in lines] == ["verdict", "write", "verdict", "write", "task"]
    one = sla("audit", "log", "--json", "--last", "1", "--kind", "task").json
    assert isinstance(one, dict)
    assert one["body"]["task_id"] == live.tasks()[ticket][0]["hs_object_id"]
    verified = sla("audit", "verify", "--json").json
    assert isinstance(verified, dict)
    assert verified["whole"] is True


def test_init_twice_keeps_edits(sla: Command, empty: World) -> None:
    first = sla("init", "again", "--json").json
    assert isinstance(first, dict)
    assert {"mappings/policies.yaml", "mappings/tiers.csv", "jobs/sync.py", ".env.example"} <= set(first["copied"])
    edited = empty.folder / "again" / "mappings" / "policies.yaml"
    edited.write_text("# mine\n")
    (empty.folder / "again" / "jobs" / "sync.py").unlink()
    second = sla("init", "again", "--json").json
    assert isinstance(second, dict)
    assert second["copied"] == ["jobs/sync.py"]
    assert edited.read_text() == "# mine\n"


def test_a_dotenv_file_is_read_and_the_environment_wins(sla: Command, empty: World) -> None:
    (empty.folder / ".env").write_text("HUBSPOT_TOKEN=pat-wrong\nSLA_MAPPINGS=nowhere\n")
    assert sla("check").code == 0
    assert sla("setup", "--dry-run").code == 0


def test_the_demo_tells_a_story_whose_figures_agree(sla: Command) -> None:
    story = sla("demo", "--json").json
    assert isinstance(story, dict)
    assert story["planned_tickets"] == story["first_sync"]["tickets_written"] > 100
    assert story["first_sync"]["tasks_created"] == 0
    tasks = {(task["ticket"], task["subject"].split(" - ")[0]) for task in story["tasks"]}
    assert story["second_sync"]["tasks_created"] == len(story["tasks"]) >= len(story["newly_breached"]) > 0
    assert story["second_sync"]["breaches"] == len(story["newly_breached"])
    breached = {ticket for ticket, subject in tasks if subject.startswith(("SLA breached", "OLA breached"))}
    assert breached == {breach["ticket"] for breach in story["newly_breached"]}
    assert story["idle_sync"]["calls"] == {"search": 1}
    assert (story["idle_sync"]["calls_total"], story["idle_sync"]["tickets_written"]) == (1, 0)
    assert story["audit_chain_whole"] is True


def test_the_demo_ends_with_what_was_seen_in_fewer_than_sixty_lines(sla: Command) -> None:
    lines = sla("demo").out.splitlines()
    assert len(lines) < 60
    assert lines[-1].startswith("+--")
    assert any("promises broken in six hours" in line for line in lines[-7:])
    tables = [line for line in lines if line.split("\t")[0] in ("ticket", "property", "from")]
    assert len(tables) == 4
    assert any(line.split("\t")[2:3] == ["paused"] for line in lines)
    tier = next(line.split("\t")[1] for line in lines if line.startswith("sla_tier\t"))
    assert tier != "no tier"
    assert not re.search(r"\d\dT\d\d:\d\d|\d{4}-\d\d-\d\d", "\n".join(lines))
    narrow = [line for line in lines if "\t" not in line and not line.startswith("   Customer")]
    assert [line for line in narrow if len(line) > 80] == []  # so that it is as short on a terminal of 80 columns


def test_a_plan_works_before_setup_and_ends_with_totals(sla: Command, empty: World) -> None:
    empty.ticket(hs_ticket_priority="HIGH")
    ended = sla("plan")
    assert ended.code == 0
    assert "policy\tsupport\t1" in ended.out
    assert "action\twrite properties\t1" in ended.out
    assert ended.out.endswith("1 ticket to write, 0 tasks to create. Nothing was written.\n")
    totals = sla("plan", "--json").json["totals"]
    assert totals["status"] == {"running": 1}
    assert totals["tier"] == {"no tier": 1}
    assert not [*empty.folder.glob("ledger.db*")]


def test_a_dry_teardown_says_what_it_breaks_and_changes_nothing(sla: Command, live: World) -> None:
    ended = sla("teardown", "--dry-run")
    assert ended.code == 0
    assert "would archive  sla_status" in ended.out
    assert "1 open tasks would stay open" in ended.out
    assert "workflows" in ended.out
    assert sla("sync").code == 0
    assert sla("teardown", "--dry-run", "--json").json["open_tasks"] == 1


@pytest.mark.parametrize(("chosen", "status"), [("complete", "COMPLETED"), ("keep", "NOT_STARTED")])
def test_a_teardown_completes_or_keeps_open_tasks_as_asked(sla: Command, live: World, chosen: str, status: str) -> None:
    assert sla("teardown", "--yes", "--tasks", chosen).code == 0
    ((task,),) = live.tasks().values()
    assert task["hs_task_status"] == status
    assert sla("audit", "verify").code == 0
