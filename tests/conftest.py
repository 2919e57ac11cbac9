"""No test leaves this machine: a connection to anything but loopback fails at once. And what a test printed or logged
can always be sent from one process of the suite to another. Generated cases are the same each time, so that a red run
is the fault of a change and not of luck or of a busy machine; with PROOF_SCALE they are others each time. The folders
of tests lie in memory where there is room for them: a ledger waits for its disk at each commit, and they are many."""

from __future__ import annotations

import gc
import os
import shutil
import socket
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from coverage import Coverage
from hypothesis import HealthCheck, settings

from hubspot_sla.ledger import database
from new_ledgers import copied
from proof import SCALE

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

os.environ["SLA_CACHE"] = "off"  # what a test finds, no earlier one has kept
settings.register_profile("suite", derandomize=SCALE == 1, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")

MEMORY = Path("/dev/shm")  # noqa: S108 # folders in it are made by pytest, for their owner alone
ENOUGH = 1 << 30
"""Bytes. A test's folder goes when it has passed, so what lies there at once is far less."""

LOOPBACK = ("127.0.0.1", "::1", "localhost")


def _has_room(folder: Path) -> bool:
    """For folders of tests, some of which run what they have put there."""
    if not os.access(folder, os.W_OK | os.X_OK):
        return False
    may_run = not os.statvfs(folder).f_flag & getattr(os, "ST_NOEXEC", 0)
    return may_run and shutil.disk_usage(folder).free >= ENOUGH


if "TMPDIR" not in os.environ and _has_room(MEMORY):
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


@pytest.fixture(autouse=True)
def only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Guards `connect` of this process; sockets without a host, such as pipes, pass."""
    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, _guarded(getattr(socket.socket, name)))


@pytest.fixture(autouse=True)
def new_ledgers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Copies of one. A module whose tests are of migrations has a fixture of this name that does nothing."""
    monkeypatch.setattr(database, "_migrate", copied)


def _guarded(real: Callable[..., object]) -> Callable[..., object]:
    def connect(self: socket.socket, address: object) -> object:
        if isinstance(address, tuple) and address[0] not in LOOPBACK:
            raise AssertionError(f"a test tried to reach {address}")
        return real(self, address)

    return connect


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Half a million objects of modules and tests stay to the end: nobody looks through them for garbage, again and
    again."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.collect()
        gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A lone surrogate in a captured line has no UTF-8: the process that ran the test could not report it, and died."""
    report = yield
    report.sections = [(title, _sendable(text)) for title, text in report.sections]
    shown = report.longreprtext
    if shown != _sendable(shown):
        report.longrepr = _sendable(shown)
    return report


def pytest_sessionfinish() -> None:
    """`make coverage`: a process of the suite has ten seconds to end, and on a busy machine is killed before it has
    written what it measured. The one that hands out the tests has measured nothing."""
    measuring = Coverage.current()
    if measuring is not None and "PYTEST_XDIST_WORKER" in os.environ:
        measuring.save()


def _sendable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()
