"""`sla worker` as a process: it runs what is in the folder, names what it cannot, and ends when asked to."""

from __future__ import annotations

import os
import signal
import subprocess
from typing import TYPE_CHECKING

from cli.conftest import SLA
from flows.world import environment

if TYPE_CHECKING:
    from cli.conftest import Command
    from flows.world import World


def test_the_worker_runs_its_jobs_and_ends_cleanly_on_sigterm(live: World) -> None:
    ticket = live.ticket()
    (live.folder / "jobs" / "broken.py").write_text("def when(:\n")
    said: list[str] = []
    with subprocess.Popen(
        [SLA, "worker"], env=environment(live), cwd=live.folder, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            said.append(line)
            if "job verify_audit:" in line:
                os.kill(process.pid, signal.SIGTERM)
        assert process.wait(timeout=30) == 0
    told = "".join(said)
    assert "job broken is skipped: SyntaxError" in told
    assert "job sync: " in told
    assert "stopped after 1 x backup, 1 x sync, 1 x verify_audit" in told
    assert "Traceback" not in told
    assert live.held(ticket)["status"] == "running"


def test_the_list_of_jobs_shows_purposes_and_problems(live: World, sla: Command) -> None:
    (live.folder / "jobs" / "broken.py").write_text("1 / 0\n")
    listed = sla.process("worker", "--list", "--json").json
    assert isinstance(listed, list)
    assert [(row["job"], bool(row["purpose"]), bool(row["problem"])) for row in listed] == [
        ("backup", True, False),
        ("sync", True, False),
        ("verify_audit", True, False),
        ("broken", False, True),
    ]


def test_a_worker_with_a_wrong_token_ends_with_3(live: World, sla: Command) -> None:
    assert sla.process("worker", token="pat-eu1-99999999-0000-0000-0000-000000000000").code == 3


def test_a_worker_whose_files_are_all_broken_ends_with_2(live: World, sla: Command) -> None:
    for path in (live.folder / "jobs").glob("*.py"):
        path.write_text("def when(:\n")
    ended = sla.process("worker")
    assert ended.code == 2
    assert "SyntaxError" in ended.err
