"""`sla worker` as a process: it runs what is in the folder, names what it cannot, and ends when asked to."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import requests

from cli.conftest import SLA
from flows.test_worker import STARTERS
from flows.world import environment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cli.conftest import Command
    from flows.world import World


@contextmanager
def started(world: World, **variables: str) -> Iterator[tuple[subprocess.Popen[str], Iterable[str]]]:
    """`sla worker` and what it says, line by line; one that does not end is ended after a minute."""
    with subprocess.Popen(
        [SLA, "worker"], env=environment(world) | variables, cwd=world.folder, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        patience = threading.Timer(60, process.kill)
        patience.start()
        try:
            yield process, process.stderr
        except BaseException:
            process.kill()  # or a failed assertion would wait for a worker that nobody ends
            raise
        finally:
            patience.cancel()


def test_the_worker_runs_its_jobs_and_ends_cleanly_on_sigterm(live: World) -> None:
    ticket = live.ticket()
    (live.folder / "jobs" / "broken.py").write_text("def when(:\n")
    said: list[str] = []
    with started(live) as (process, lines):
        for line in lines:
            said.append(line)
            if "job verify_audit:" in line:
                os.kill(process.pid, signal.SIGTERM)
        assert process.wait(timeout=30) == 0
    told = "".join(said)
    assert "broken.py:1: SyntaxError" in told
    assert "job sync: " in told
    ran = ", ".join(f"1 x {name}" for name in STARTERS)
    assert f"stopped after {ran}" in told
    assert "Traceback" not in told
    assert live.held(ticket)["status"] == "running"


def test_a_worker_with_a_wrong_token_ends_with_3(live: World, sla: Command) -> None:
    assert sla.process("worker", token="pat-eu1-99999999-0000-0000-0000-000000000000").code == 3


def test_the_error_that_ends_a_worker_is_a_json_line_like_the_others(live: World, sla: Command) -> None:
    ended = sla.process("worker", token="pat-eu1-99999999-0000-0000-0000-000000000000")
    assert ended.code == 3
    *_, last = (json.loads(line) for line in ended.err.splitlines())
    assert last["level"] == "error"
    assert last["message"].startswith("the worker ends with exit code 3: ")


def test_a_killed_worker_is_seen_at_once_by_status_and_doctor(live: World, sla: Command) -> None:
    with started(live) as (process, lines):
        for line in lines:
            if "job verify_audit:" in line:
                while_it_ran = sla("status").out
                process.kill()
        process.wait(timeout=30)
    assert f"process {process.pid} on" in _state("worker", while_it_ran)
    ended = sla("status")
    assert ended.code == 75
    first, remedy, *_ = ended.out.splitlines()
    assert first.startswith("NOT working: last sync ")
    assert f"process {process.pid} on" in first
    assert first.endswith("was killed or crashed")
    assert "start `sla worker` again" in remedy
    finding = next(line for line in sla("doctor").out.splitlines() if line.startswith("warn\tlease"))
    assert f"process {process.pid} on" in finding
    live.sync()
    assert sla("status").code == 0


def _state(what: str, printed: str) -> str:
    return next(line for line in printed.splitlines() if line.startswith(f"{what}\t"))


def test_a_worker_whose_files_are_all_broken_ends_with_2(live: World, sla: Command) -> None:
    for path in (live.folder / "jobs").glob("*.py"):
        path.write_text("def when(:\n")
    ended = sla.process("worker")
    assert ended.code == 2
    assert "SyntaxError" in ended.err


HANGS = '''\
"""Takes for ever, whatever it is asked."""
import logging, threading

def when(scheduler):
    return scheduler.every(1).minutes

def run(parts):
    for line, done in (("begun", lambda: True), ("asked", parts.stopping), ("never", lambda: False)):
        while not done():
            threading.Event().wait(0.01)
        logging.getLogger("hubspot_sla").warning("hanging: %s", line)
'''


def test_a_second_sigterm_ends_the_worker_at_once(live: World) -> None:
    (live.folder / "jobs" / "zz_hangs.py").write_text(HANGS)
    with started(live) as (process, lines):
        for line in lines:
            if "hanging: begun" in line or "hanging: asked" in line:
                os.kill(process.pid, signal.SIGTERM)
        assert process.wait(timeout=30) == -signal.SIGTERM
    assert live.rows("select count(*) from runs where command = 'zz_hangs'") == [(0,)]
    live.sync()  # nothing is left behind that keeps the next one out


def test_metrics_and_health_are_served_and_the_heartbeat_is_sent_while_the_worker_runs(live: World) -> None:
    from ops.test_endpoint import Listener

    listener = Listener()
    told: dict[str, str] = {}
    with started(live, SLA_METRICS="127.0.0.1:0", SLA_HEARTBEAT_URL=listener.url, SLA_LOG="json") as (process, lines):
        logged = []
        for line in lines:
            logged.append(json.loads(line))
            if port := re.search(r"metrics and health on 127.0.0.1:(\d+)", line):
                told["url"] = f"http://127.0.0.1:{port[1]}"
            if "job verify_audit:" in line:
                told["health"] = requests.get(f"{told['url']}/healthz", timeout=5).text
                told["metrics"] = requests.get(f"{told['url']}/metrics", timeout=5).text
                os.kill(process.pid, signal.SIGTERM)
        assert process.wait(timeout=30) == 0
    listener.shutdown()
    listener.server_close()
    assert json.loads(told["health"])["working"] is True
    assert 'sla_job_runs_total{job="sync"} 1.0' in told["metrics"]
    assert listener.pinged == ["/ping/s3cret"]
    (synced,) = [line for line in logged if line["message"].startswith("job sync:")]
    assert synced["correlation_id"]
    assert live.rows(f"select command from runs where id = '{synced['run']}'") == [("sync",)]
    assert all(line["run"] for line in logged)
    assert "s3cret" not in json.dumps(logged)


def test_a_port_in_use_ends_the_worker_with_2(live: World, sla: Command) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = sla("worker", SLA_METRICS=str(port))
    assert ended.code == 2
    assert f"cannot serve metrics on 127.0.0.1:{port}" in ended.err


def test_a_worker_is_refused_a_ledger_that_another_one_has(live: World, sla: Command) -> None:
    from hubspot_sla.flows.context.context import wired

    with wired(live.settings()):
        assert sla.process("worker").code == 75
