"""The loop: one file a job, none of which can stop the others."""

from __future__ import annotations

import logging
from dataclasses import replace
from threading import Event, Timer
from typing import TYPE_CHECKING

import pytest

from hubspot_sla.errors import ComeBackLater, LedgerDamaged, ScopeMissing, TokenRejected, UsageProblem
from hubspot_sla.flows.context.context import wired
from hubspot_sla.flows.runs.sweep import sweep
from hubspot_sla.flows.worker.job_files import discover
from hubspot_sla.flows.worker.stop import Stop
from hubspot_sla.flows.worker.worker import Worker
from hubspot_sla.ledger import database, runs, state

if TYPE_CHECKING:
    from pathlib import Path

    from flows.world import World

JOB = '''\
"""{name}: a test."""
def when(scheduler):
    return scheduler.every(1).hours
def run(parts):
    {body}
'''


class Napless(Event):
    """Wants the end as soon as there is nothing to do."""

    def wait(self, timeout: float | None = None) -> bool:
        self.set()
        return super().wait(timeout)


def job(folder: Path, name: str, body: str) -> None:
    (folder / f"{name}.py").write_text(JOB.format(name=name, body=body))


@pytest.fixture
def jobs(tmp_path: Path) -> Path:
    folder = tmp_path / "own jobs"
    folder.mkdir()
    return folder


STARTERS = (
    "backup",
    "check_outcomes",
    "close_period",
    "contract_close",
    "contract_states",
    "deliver",
    "keep_head",
    "refresh",
    "replay_audit",
    "report_daily",
    "report_monthly",
    "report_weekly",
    "slow_lane",
    "sweep",
    "sync",
    "verify_audit",
)
"""Those that run at once in a new ledger; `watch` waits for a deadline."""


def run(world: World, folder: Path) -> dict[str, int]:
    """Every job once: the first nap is the last."""
    loaded, _ = discover(folder)
    with wired(world.settings()) as context:
        worker = Worker(context, loaded, Napless())
        worker.run()
    return worker.rounds


def test_the_starter_jobs_sync_and_verify(live: World, caplog: pytest.LogCaptureFixture) -> None:
    ticket = live.ticket()
    with caplog.at_level(logging.INFO, "hubspot_sla.worker"):
        assert run(live, live.folder / "jobs") == dict.fromkeys(STARTERS, 1)
    assert live.held(ticket)["status"] == "running"
    assert "chain whole" in caplog.text


def test_a_new_file_is_a_new_job(live: World) -> None:
    job(live.folder / "jobs", "a_third", "return 'done'")
    assert set(run(live, live.folder / "jobs")) == {"a_third", *STARTERS}


def test_a_raising_job_does_not_stop_the_others(live: World, jobs: Path, caplog: pytest.LogCaptureFixture) -> None:
    job(jobs, "a", "raise KeyError('of its own')")
    job(jobs, "b", "from hubspot_sla.errors import Unreachable; raise Unreachable('nobody there', remedy='wait')")
    job(jobs, "c", "import sys; sys.exit(3)")
    job(jobs, "d", "return 'fine'")
    with caplog.at_level(logging.INFO, "hubspot_sla.worker"):
        assert run(live, jobs) == {"a": 1, "b": 1, "c": 1, "d": 1}
    assert "job a failed" in caplog.text
    assert "nobody there - wait" in caplog.text
    assert "job d: fine" in caplog.text


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("def when(", "SyntaxError"),
        ("import not_a_module_of_anybody", "not_a_module_of_anybody"),
        ("def run(parts): ...", "must define"),
        ("import sys; sys.exit('bye')", "bye"),
    ],
)
def test_a_broken_file_is_named_and_skipped(jobs: Path, text: str, reason: str) -> None:
    (jobs / "broken.py").write_text(text)
    job(jobs, "good", "pass")
    loaded, broken = discover(jobs)
    assert [one.name for one in loaded] == ["good"]
    assert [one.name for one in broken] == ["broken"]
    assert reason in broken[0].reason


@pytest.mark.parametrize("name", ["json", "schedule", "hubspot_sla", "requests"])
def test_a_file_with_the_name_of_a_module_is_refused(jobs: Path, name: str) -> None:
    job(jobs, name, "pass")
    _, (broken,) = discover(jobs)
    assert "name of a Python module" in broken.reason


def test_a_job_may_say_its_next_instant_in_place_of_a_schedule(jobs: Path) -> None:
    (jobs / "odd.py").write_text("def next_at(parts): ...\ndef run(parts): ...\n")
    (found,), _ = discover(jobs)
    assert found.when is None
    assert found.next_at is not None


def test_a_folder_without_jobs_is_a_mistake_of_usage(tmp_path: Path, jobs: Path) -> None:
    for folder in (jobs, tmp_path / "missing"):
        with pytest.raises(UsageProblem):
            discover(folder)


@pytest.mark.parametrize(
    "when", ["None", "scheduler.every(1).fortnights", "scheduler.every().day.at('25 o clock')", "{}['x']"]
)
def test_a_job_without_a_usable_schedule_is_named_and_skipped(live: World, jobs: Path, when: str) -> None:
    job(jobs, "other", "pass")
    (jobs / "odd.py").write_text(f"def when(scheduler):\n    return {when}\ndef run(parts): ...\n")
    loaded, _ = discover(jobs)
    with wired(live.settings()) as context:
        (broken,) = Worker(context, loaded, Event()).broken
    assert broken.name == "odd"
    assert "when()" in broken.reason


def test_a_refused_token_ends_the_worker(live: World, jobs: Path) -> None:
    job(jobs, "a", "return parts.portal.schema.account()")
    job(jobs, "b", "raise AssertionError('must not run any more')")
    loaded, _ = discover(jobs)
    with wired(live.settings("pat-unknown")) as context, pytest.raises(TokenRejected):
        Worker(context, loaded, Event()).run()


@pytest.mark.parametrize("fault", ["edge_refused", "unauthorized", "missing_scope"])
@pytest.mark.parametrize("version", ["2026-09", "2026-03"])
def test_one_refusal_of_each_kind_of_request_is_no_verdict(live: World, fault: str, version: str) -> None:
    ticket = live.ticket(hs_ticket_priority="HIGH", company="5015")
    live.sync()
    live.advance(hours=2)
    for route in ("search", "batch_read", "batch_update", "batch_create", "associations", "list", "properties"):
        live.running.faults.add(fault, route=route, times=1)
    loaded, _ = discover(live.folder / "jobs")
    with live.impatient(version) as context:
        worker = Worker(context, loaded, Napless())
        worker.run()
    assert {name: record.error for name, record in worker.records.items() if record.error} == {}
    assert live.held(ticket)["breached"] == "true"
    assert len(live.tasks()[ticket]) == 1


def test_a_scope_that_only_a_part_of_the_work_needs_leaves_the_worker_running(live: World, jobs: Path) -> None:
    job(jobs, "a", "return parts.portal.owners.every()")
    job(jobs, "b", "return parts.portal.schema.account().portal_id")
    live.running.faults.add("missing_scope", route="owners", scopes=["crm.objects.owners.read"])
    loaded, _ = discover(jobs)
    with live.impatient() as context:
        worker = Worker(context, loaded, Napless())
        worker.run()
    assert "crm.objects.owners.read" in (worker.records["a"].error or "")
    assert worker.records["b"].runs == 1


def test_without_the_scope_for_tickets_the_worker_ends(live: World) -> None:
    live.running.faults.add("missing_scope", route="search", scopes=["tickets"])
    loaded, _ = discover(live.folder / "jobs")
    with live.impatient() as context, pytest.raises(ScopeMissing):
        Worker(context, loaded, Napless()).run()


def test_damage_in_the_ledger_ends_the_worker(live: World) -> None:
    for _ in range(200):
        live.ticket()
    live.sync()
    ledger = live.folder / "ledger.db"
    content = ledger.read_bytes()
    ledger.write_bytes(content[:8192] + b"\xa5" * (len(content) - 8192))
    with pytest.raises(LedgerDamaged):
        run(live, live.folder / "jobs")


def test_a_job_s_trouble_with_a_database_of_its_own_is_its_own(live: World, jobs: Path) -> None:
    job(jobs, "a", "import sqlite3; raise sqlite3.DatabaseError('of its own')")
    assert run(live, jobs) == {"a": 1}


@pytest.mark.parametrize("error", ["LeaseLost", "AnotherWorkerActive"])
def test_a_lost_lease_ends_the_worker_and_nothing_is_written_any_more(live: World, jobs: Path, error: str) -> None:
    job(jobs, "a", f"from hubspot_sla import errors; raise errors.{error}('somebody else')")
    before = live.rows("select count(*) from runs")
    loaded, _ = discover(jobs)
    with wired(live.settings()) as context, pytest.raises(ComeBackLater):
        Worker(context, loaded, Event()).run()
    if error == "LeaseLost":
        assert live.rows("select count(*) from runs") == before


def test_who_wants_the_end_is_heard_before_and_during_a_nap() -> None:
    stop = Stop()
    assert not stop.wait(0)
    Timer(0.01, stop.set).start()
    assert stop.wait(3600)
    assert stop.wait(3600)
    assert stop.is_set()


def turns_due(world: World) -> list[str]:
    """What a worker that starts now would do at once."""
    loaded, _ = discover(world.folder / "jobs")
    with wired(world.settings()) as context:
        worker = Worker(context, loaded, Napless())
        return [turn.job.name for turn in worker.timetable.due(context.now())]


def test_a_sweep_that_was_stopped_is_done_when_the_worker_starts_again(live: World) -> None:
    live.ticket()
    live.sync()
    run(live, live.folder / "jobs")
    assert "sweep" not in turns_due(live)
    with wired(live.settings()) as context:
        sweep(replace(context, stopping=lambda: True))
    assert "sweep" in turns_due(live)
    run(live, live.folder / "jobs")
    assert "sweep" not in turns_due(live)


def test_a_sweep_that_was_killed_is_done_when_the_worker_starts_again(live: World) -> None:
    run(live, live.folder / "jobs")
    with wired(live.settings()) as context, context.ledger.transaction() as db:
        runs.begin(db, "killed", "sweep", context.now())
    assert "sweep" in turns_due(live)


def test_after_a_night_without_a_worker_what_comes_often_goes_before_what_was_missed(live: World) -> None:
    """A sweep of a large portal takes long: until it is through nobody would look for news."""
    run(live, live.folder / "jobs")
    live.advance(hours=24)
    with database.open_for_writing(live.folder / "ledger.db") as ledger, ledger.transaction() as db:
        state.write(db, state.OFFSET, (state.read_instant(db, state.OFFSET) or 0) + 24 * 3_600_000)
    due = turns_due(live)
    assert due.index("sync") < due.index("refresh") < due.index("sweep")
