"""Processes that run a lane and are killed at a point of it.

Starting Python and importing the SDK takes longer than the lane itself. So one process does that once, and forks for
each order it reads, a JSON line: a victim that does what a fresh process would, with a connection and a ledger of its
own. What is imported only when it is needed would be imported by each victim anew: one that ended of itself says which
modules it had, and the process imports them for the next. `Nursery` is the side of the test.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self

import requests

from hubspot_sla.errors import ComeBackLater
from hubspot_sla.flows.context.loaded_mappings import load_mappings
from hubspot_sla.flows.context.settings import Settings
from hubspot_sla.flows.runs.contract_states import write_states
from hubspot_sla.hubspot.credentials import Token
from hubspot_sla.hubspot.current_time import ClockMode
from hubspot_sla.policy import loader
from proofs.lanes import LANES
from proofs.small import compiled_once, small_world
from proofs.wiring import virtual

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

COMPLETED, DEFERRED = 0, 75
IN_FLIGHT = 8
SIZES = {"PAGE": 20, "BATCH": 20, "BATCH_WITH_HISTORY": 10, "ASSOCIATION_BATCH": 200, "LOCAL_BATCH": 100}
"""A fifth of what a process asks for at once, so that a fifth of the tickets fill as many pages and batches."""
KILLED = -signal.SIGKILL
CONTRACT_STATES = "contract states"
JOBS = {**LANES, CONTRACT_STATES: write_states}
_TESTS = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Order:
    """Run `lane` against `url` in `folder` at `now`, and die when `point` is passed for the `nth` time (0: never).
    `variables` are those that targets of notifications name. With `stops`, an address, it says so there and stands
    still (SIGSTOP) in place of dying."""

    lane: str
    url: str
    token: str
    folder: str
    now: int
    point: str = ""
    nth: int = 0
    variables: Mapping[str, str] = field(default_factory=dict)
    stops: str = ""


@dataclass(frozen=True, slots=True)
class End:
    """How a victim ended, after how long, and how often it had passed which point; a killed one no longer tells."""

    code: int
    lived_s: float = 0.0
    passed: dict[str, int] = field(default_factory=dict)


class Nursery:
    """A context manager; one victim at a time."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "crash.victims"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=_TESTS,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(_TESTS), os.environ.get("PYTHONPATH", "")])},
        )

    def run(self, order: Order, born: Callable[[int], None] = lambda _pid: None) -> End:
        """`born` is told the victim's process id before it does anything."""
        born(int(self._told({**asdict(order)})))
        began = time.monotonic()
        told = json.loads(self._told({}))
        return End(told["code"], time.monotonic() - began, told["passed"])

    def _told(self, line: dict[str, object]) -> bytes:
        self._process.stdin.write(json.dumps(line).encode() + b"\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, "the nursery has died"
        return answer

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.stdin.close()
        self._process.wait(timeout=10)
        self._process.stdout.close()


def main() -> None:
    """Read an order, fork, tell the id; read a line, let the victim begin, tell how it ended."""
    for line in sys.stdin.buffer:
        order = Order(**json.loads(line))
        with compiled_once():
            load_mappings(loader.read_texts(Path(order.folder) / "mappings"))
        go_read, go_write = os.pipe()
        said_read, said_write = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(go_write)
            os.close(said_read)
            os._exit(_victim(order, go_read, said_write))
        os.close(go_read)
        os.close(said_write)
        _tell(str(pid))
        sys.stdin.buffer.readline()
        with suppress(BrokenPipeError):  # killed before it began
            os.write(go_write, b"!")
        os.close(go_write)
        with os.fdopen(said_read, "rb") as said:
            report = json.loads(said.read() or b'{"passed": {}, "modules": []}')
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        _tell(json.dumps({"code": code, "passed": report["passed"]}))
        _import(report["modules"])


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _import(modules: list[str]) -> None:
    """Those of the SDK, which are many and without effect."""
    for name in modules:
        if name.startswith("hubspot.") and name not in sys.modules:
            importlib.import_module(name)


def _end_or_stop(told: str) -> None:
    if told:
        requests.post(told, json={}, timeout=10)
    os.kill(os.getpid(), signal.SIGSTOP if told else signal.SIGKILL)


def _victim(order: Order, go: int, said: int) -> int:
    os.read(go, 1)
    passed: Counter[str] = Counter()

    def passing(point: str) -> None:
        passed[point] += 1
        if point == order.point and passed[point] == order.nth:
            _end_or_stop(order.stops)

    folder = Path(order.folder)
    settings = Settings(
        Token(order.token),
        base_url=order.url,
        mappings=folder / "mappings",
        jobs=folder / "jobs",
        ledger=folder / "ledger.db",
        variables=order.variables,
        clock=ClockMode.HUBSPOT,
    )
    try:
        with small_world(SIZES), virtual(settings, lambda: order.now, passing, in_flight=IN_FLIGHT) as context:
            JOBS[order.lane](context)
    except ComeBackLater:
        return DEFERRED
    with os.fdopen(said, "wb") as report:
        report.write(json.dumps({"passed": passed, "modules": sorted(sys.modules)}).encode())
    return COMPLETED


if __name__ == "__main__":
    main()
