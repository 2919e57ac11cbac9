"""`sla jobs` and `sla run`: the folder of jobs by hand."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from cli.conftest import Command
    from flows.world import World

JOB = '"""{name}: a test."""\ndef when(scheduler):\n    return scheduler.every(2).hours\ndef run(parts):\n    {body}\n'


def job(world: World, name: str, body: str) -> Path:
    path = world.folder / "jobs" / f"{name}.py"
    path.write_text(JOB.format(name=name, body=body))
    return path


def test_the_list_shows_schedules_runs_and_problems(live: World, sla: Command) -> None:
    (live.folder / "jobs" / "broken.py").write_text("1 / 0\n")
    sla("run", "verify_audit")
    listed = sla("jobs", "--json")
    assert listed.code == 2
    assert isinstance(listed.json, list)
    rows = {row["job"]: row for row in listed.json}
    assert rows["broken"]["problem"] == "broken.py:1: ZeroDivisionError: division by zero"
    assert rows["broken"]["schedule"] is None
    assert rows["sync"]["schedule"] == "every minute"
    assert rows["verify_audit"]["schedule"] == "every day at 03:30"
    assert rows["verify_audit"]["last_error"] is None
    assert rows["verify_audit"]["last_started_at"] is not None
    assert rows["verify_audit"]["next_at"] > rows["verify_audit"]["last_started_at"]
    assert rows["watch"]["schedule"] == "whenever something is due"
    assert "skipped" not in rows["watch"]


def test_the_next_deadline_is_the_next_run_of_the_watch(live: World, sla: Command) -> None:
    live.ticket()
    live.sync()
    ((deadline,),) = live.rows("select min(next_at) from records where next_at > 0")
    listed = sla("jobs", "--json").json
    assert isinstance(listed, list)
    (watch,) = [row for row in listed if row["job"] == "watch"]
    from hubspot_sla.plan.instant_text import wire

    assert isinstance(deadline, int)
    assert watch["next_at"] == wire(deadline)


def test_the_list_needs_neither_ledger_nor_token(empty: World, sla: Command) -> None:
    listed = sla("jobs", token="", SLA_LEDGER="nowhere.db")
    assert listed.code == 0
    assert "sync\tevery minute\twhen the worker runs" in listed.out


def test_a_job_run_by_hand_says_what_it_did_and_is_recorded(live: World, sla: Command) -> None:
    ended = sla("run", "verify_audit")
    assert ended.code == 0
    assert "chain whole" in ended.out
    assert live.rows("select command, ended_at is not null from runs where command = 'verify_audit'") == [
        ("verify_audit", 1)
    ]


def test_the_main_job_is_one_row_of_the_ledger_and_its_audit_entries_carry_the_same_id(
    live: World, sla: Command
) -> None:
    before = live.rows("select count(*) from runs")
    live.ticket()
    assert sla("run", "sync", "--json").code == 0
    ((count,),) = before
    assert isinstance(count, int)
    assert live.rows("select count(*) from runs") == [(count + 1,)]
    assert live.rows(
        "select count(*) from audit where run_id = (select id from runs order by started_at desc limit 1)"
    ) > [(0,)]


def test_a_job_with_nothing_to_do_leaves_no_trace(live: World, sla: Command) -> None:
    before = live.rows("select count(*) from runs")
    asked = len(live.running.requests)
    for name in ("watch", "deliver"):
        assert sla("run", name).out == "nothing to do\n"
    assert live.rows("select count(*) from runs") == before
    assert live.running.requests_since(asked) == []


@pytest.mark.parametrize(
    ("body", "code", "said"),
    [
        ("from hubspot_sla.errors import Unreachable; raise Unreachable('nobody there')", 75, "nobody there"),
        ("return {}['of its own']", 2, "KeyError: 'of its own'"),
        ("import sys; sys.exit(9)", 2, "SystemExit"),
    ],
)
def test_a_job_that_fails_ends_with_its_exit_code_and_is_recorded(
    live: World, sla: Command, body: str, code: int, said: str
) -> None:
    path = job(live, "odd", body)
    ended = sla("run", "odd")
    assert ended.code == code
    assert said in ended.err
    if code == 2:
        assert f"{path}:5" in ended.err
    ((outcome,),) = live.rows("select outcome from runs where command = 'odd'")
    assert '"error"' in str(outcome)
    listed = sla("jobs").out
    assert "failed: " in listed


@pytest.mark.parametrize("command", ["sync", "run sync"])
def test_what_a_command_of_cron_logs_names_its_run_and_no_secret(live: World, sla: Command, command: str) -> None:
    """Not what Python does with a warning for which nobody has set up a log."""
    secret = "/services/T000/XXXXSECRETXXXX"
    (live.folder / "mappings" / "escalations.yaml").write_text(
        "channels: {oncall: {webhook: {url_env: ONCALL}}}\n"
        "ladders: {default: {rungs: [{at: breach, do: [{notify: oncall}]}]}}\n"
    )
    live.sync()
    live.ticket(hs_ticket_priority="HIGH", company="5015", hubspot_owner_id="3002")
    live.sync()
    live.advance(hours=9)
    ended = sla(*command.split(), ONCALL=f"http://127.0.0.1:1{secret}")
    assert ended.code == 0
    (line,) = map(json.loads, ended.err.splitlines())
    assert line["message"] == "channel oncall: it cannot be reached"
    assert live.rows(f"select command from runs where id = '{line['run']}'") == [("sync",)]
    assert line["correlation_id"]
    assert "XXXX" not in ended.err


def test_a_slip_is_met_with_the_nearest_job_and_a_broken_one_with_its_reason(live: World, sla: Command) -> None:
    ended = sla("run", "synk")
    assert ended.code == 2
    assert "did you mean sync?" in ended.err
    (live.folder / "jobs" / "broken.py").write_text("import not_a_module_of_anybody\n")
    assert "not_a_module_of_anybody" in sla("run", "broken").err


def test_a_job_with_quarantined_rows_ends_with_1(live: World, sla: Command) -> None:
    ticket = live.ticket()
    live.running.faults.add("poison_rows", route="batch_update", ids=[ticket])
    ended = sla("run", "sync")
    assert ended.code == 1
    assert "1 quarantined" in ended.out
