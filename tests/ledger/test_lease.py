"""Two workers, one ledger: however one of them stands still, dies or comes back, only one ever writes."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from hubspot_sla.errors import AnotherWorkerActive, LeaseLost
from hubspot_sla.ledger import database, lease, state
from hubspot_sla.ledger.lease import Lease, this_process

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hubspot_sla.ledger.database import Ledger

WORKER = """
import sys
from pathlib import Path
from hubspot_sla.errors import SlaError
from hubspot_sla.ledger import database, state
try:
    with database.open_for_writing(Path(sys.argv[1])) as ledger:
        print("holds it", flush=True)
        for line in sys.stdin:
            with ledger.transaction() as db:
                state.write(db, "by", line.strip())
                if line == "hold\\n":
                    print("inside", flush=True)
                    sys.stdin.readline()
            print("wrote", flush=True)
except SlaError as error:
    print(type(error).__name__, error.exit_code, flush=True)
"""


class Worker:
    """A process that writes what it is told to, and says how that went."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def heard(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def told(self, line: str) -> str:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.heard()

    def stand_still(self) -> None:
        os.kill(self.process.pid, signal.SIGSTOP)
        os.waitpid(self.process.pid, os.WUNTRACED)

    def go_on(self) -> None:
        os.kill(self.process.pid, signal.SIGCONT)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@contextmanager
def another_worker(path: Path) -> Iterator[Worker]:
    with subprocess.Popen(
        [sys.executable, "-c", WORKER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        worker = Worker(process)
        try:
            yield worker
        finally:
            worker.kill()


def now() -> int:
    return database.wall_ms()


def when_it_has_ended() -> int:
    return now() + lease.LEASE_MS + 1


def written_by(path: Path) -> str | None:
    with database.open_for_reading(path) as ledger:
        return state.read(ledger.db, "by")


def write(ledger: Ledger, name: str) -> None:
    with ledger.transaction() as db:
        state.write(db, "by", name)


def test_while_one_lives_a_second_refuses_whatever_the_hour(path: Path) -> None:
    with another_worker(path) as first:
        assert first.heard() == "holds it"
        with pytest.raises(AnotherWorkerActive, match="process"):
            database.open_for_writing(path)
        assert first.told("first") == "wrote"


def test_who_stood_still_beyond_the_lease_cannot_write_when_it_wakes(path: Path) -> None:
    with another_worker(path) as first:
        assert first.heard() == "holds it"
        assert first.told("first") == "wrote"
        first.stand_still()
        with pytest.raises(AnotherWorkerActive):
            database.open_for_writing(path)
        with database.open_for_writing(path, wall=when_it_has_ended) as second:
            write(second, "second")
            first.go_on()
            assert first.told("too late") == "LeaseLost 75"
            write(second, "second again")
        assert written_by(path) == "second again"


def test_who_stands_still_in_the_middle_of_writing_is_not_taken_over(path: Path) -> None:
    with another_worker(path) as first:
        assert first.heard() == "holds it"
        assert first.told("hold") == "inside"
        first.stand_still()
        with pytest.raises(AnotherWorkerActive, match="in the middle of writing"):
            database.open_for_writing(path, wall=when_it_has_ended)
        first.go_on()
        assert first.told("") == "wrote"


def test_after_a_kill_the_next_starts_at_once(path: Path) -> None:
    with another_worker(path) as first:
        assert first.heard() == "holds it"
        first.kill()
    with database.open_for_writing(path) as second:
        write(second, "second")
        standing = lease.standing(second.db)
    assert standing is not None
    assert (standing.fence, standing.by_lock) == (2, True)


def test_a_third_lets_the_second_alone_though_the_lock_is_free(path: Path) -> None:
    """The second took over without the lock; then the first, which had it, died."""
    with another_worker(path) as first:
        assert first.heard() == "holds it"
        first.stand_still()
        with database.open_for_writing(path, wall=when_it_has_ended) as second:
            first.kill()
            with pytest.raises(AnotherWorkerActive):
                database.open_for_writing(path, wall=when_it_has_ended)
            write(second, "second")
            standing = lease.standing(second.db)
            assert standing is not None
            assert standing.by_lock  # it has taken the lock that came free
            with pytest.raises(AnotherWorkerActive):
                database.open_for_writing(path, wall=lambda: when_it_has_ended() + 10)


@contextmanager
def taken_over(path: Path) -> Iterator[tuple[Worker, Worker]]:
    """The first worker stands still, and its lease has ended; the second has taken over."""
    with another_worker(path) as first:
        assert first.heard() == "holds it"
        first.stand_still()
        with sqlite3.connect(path) as db:
            db.execute("update lease set ends_at = 1")
        db.close()
        with another_worker(path) as second:
            assert second.heard() == "holds it"
            yield first, second


@pytest.mark.parametrize("first_is", ["standing still", "dead"])
def test_after_a_kill_of_who_took_over_the_next_starts_at_once(path: Path, first_is: str) -> None:
    with taken_over(path) as (first, second):
        assert second.told("second") == "wrote"
        if first_is == "dead":
            first.kill()
        with pytest.raises(AnotherWorkerActive):
            database.open_for_writing(path)
        second.kill()
        with database.open_for_writing(path) as third:
            write(third, "third")
            if first_is == "standing still":
                first.go_on()
                assert first.told("too late") == "LeaseLost 75"
    assert written_by(path) == "third"
    assert not list(path.parent.glob("*.lock-*"))


def test_who_took_over_and_lives_is_let_alone_by_whoever_gets_the_first_lock(path: Path) -> None:
    with taken_over(path) as (first, second):
        first.kill()
        with pytest.raises(AnotherWorkerActive):
            database.open_for_writing(path)
        assert second.told("second") == "wrote"
    assert written_by(path) == "second"


def test_a_clean_end_gives_the_lease_back_also_without_the_lock(path: Path) -> None:
    with another_worker(path) as first:
        assert first.heard() == "holds it"
        first.stand_still()
        with database.open_for_writing(path, wall=when_it_has_ended) as second:
            write(second, "second")
        with database.open_for_writing(path, wall=when_it_has_ended) as third:
            write(third, "third")
    assert written_by(path) == "third"


def test_an_idle_worker_keeps_its_lease_and_seldom_writes_for_it(path: Path) -> None:
    clock = [1_000_000]
    with database.open_for_writing(path, wall=lambda: clock[0]) as ledger:
        before = ledger.db.total_changes
        for _ in range(60):
            clock[0] += 10_000
            ledger.renew()
            standing = lease.standing(ledger.db)
            assert standing is not None
            assert standing.ends_at - clock[0] >= lease.LEASE_MS - lease.RENEWED_AFTER_MS
        writes = ledger.db.total_changes - before
    assert 0 < writes <= 10


def test_a_transaction_renews_a_lease_and_a_rolled_back_one_does_not_pretend_to(path: Path) -> None:
    clock = [1_000_000]
    with database.open_for_writing(path, wall=lambda: clock[0]) as ledger:
        clock[0] += 200_000
        with pytest.raises(ZeroDivisionError), ledger.transaction():
            raise ZeroDivisionError
        ledger.still_ours()
        standing = lease.standing(ledger.db)
    assert standing is not None
    assert standing.ends_at == clock[0] + lease.LEASE_MS


def test_nothing_of_a_transaction_is_kept_once_the_lease_is_lost(path: Path) -> None:
    with database.open_for_writing(path) as ledger:
        write(ledger, "before")
        ledger.db.execute("update lease set fence = fence + 1, holder = 'somebody else'")
        with pytest.raises(LeaseLost, match="somebody else"):
            write(ledger, "after")
        with pytest.raises(LeaseLost):
            ledger.still_ours()
    assert written_by(path) == "before"


def test_a_clock_set_back_locks_nobody_out(path: Path) -> None:
    """A lease taken without the lock that seems to end in a year was written by a clock that was wrong."""
    with database.open_for_writing(path) as ledger:
        ledger.db.execute("update lease set by_lock = 0, ends_at = ?", (now() + 365 * 86_400_000,))
        ledger._held = None  # it dies
    with database.open_for_writing(path) as ledger:
        write(ledger, "next")
    assert written_by(path) == "next"


def test_a_reader_cannot_write(path: Path) -> None:
    with database.open_for_writing(path) as ledger:
        write(ledger, "writer")
    with database.open_for_reading(path) as reader, pytest.raises(Exception, match="may not be written"):
        write(reader, "reader")
    assert written_by(path) == "writer"


def test_a_dead_process_that_nobody_has_buried_has_left_its_lease_behind() -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    os.waitid(os.P_PID, dead.pid, os.WEXITED | os.WNOWAIT)  # it has ended, and stays a zombie until it is waited for
    held = Lease(fence=1, holder=f"process {dead.pid} on {socket.gethostname()}", by_lock=True, ends_at=10)
    assert held.left_behind()
    dead.wait()
    assert held.left_behind()
    assert not replace(held, holder=this_process()).left_behind()
