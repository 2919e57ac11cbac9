"""Two connections read one state of the ledger, or the second one is not used."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from hubspot_sla.ledger import database, one_state
from hubspot_sla.ledger.one_state import TRIES, one_state_twice

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hubspot_sla.ledger.database import Ledger


def seen(db: sqlite3.Connection) -> list[int]:
    return [row[0] for row in db.execute("select number from written order by number")]


@pytest.fixture
def other(path: Path, ledger: Ledger) -> Iterator[sqlite3.Connection]:
    """Whoever else writes: a worker."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("create table written (number integer)")
        yield db


@pytest.fixture
def between(monkeypatch: pytest.MonkeyPatch, other: sqlite3.Connection) -> Iterator[list[int]]:
    """Numbers that are written one by one, each when the second connection is about to begin."""
    numbers: list[int] = []

    def write(statement: str) -> None:
        if statement == "begin" and numbers:
            other.execute("insert into written values (?)", (numbers.pop(0),))

    class Second(sqlite3.Connection):
        def __init__(self, *args: object, **options: object) -> None:
            super().__init__(*args, **options)  # type: ignore[arg-type]
            self.set_trace_callback(write)

    plain = sqlite3.connect

    def connect(address: str, **options: object) -> sqlite3.Connection:
        return Second(address, **options) if "uri" in options else plain(address, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(one_state.sqlite3, "connect", connect)
    yield numbers
    assert not numbers


def test_both_read_what_stood_there_when_they_began(path: Path, other: sqlite3.Connection) -> None:
    other.execute("insert into written values (1)")
    with database.open_for_reading(path) as reading, one_state_twice(reading.db, 0) as second:
        assert second is not None
        other.execute("insert into written values (2)")
        assert seen(reading.db) == seen(second) == [1]
    with database.open_for_reading(path) as reading:
        assert seen(reading.db) == [1, 2]


def test_who_writes_between_the_beginnings_makes_both_begin_again(path: Path, between: list[int]) -> None:
    between += range(TRIES - 1)
    with database.open_for_reading(path) as reading, one_state_twice(reading.db, 0) as second:
        assert second is not None
        assert seen(reading.db) == seen(second) == list(range(TRIES - 1))


def test_where_somebody_always_writes_the_first_reads_alone(
    path: Path, other: sqlite3.Connection, between: list[int]
) -> None:
    between += range(TRIES)
    with database.open_for_reading(path) as reading, one_state_twice(reading.db, 0) as second:
        assert second is None
        before = seen(reading.db)
        other.execute("insert into written values (99)")
        assert seen(reading.db) == before == list(range(TRIES))


def test_of_few_outcomes_and_of_a_ledger_in_no_file_one_connection_reads(path: Path, ledger: Ledger) -> None:
    with database.open_for_reading(path) as reading, one_state_twice(reading.db, 1) as second:
        assert second is None
        assert reading.db.in_transaction
    with database.in_memory(path) as nowhere, one_state_twice(nowhere.db, 0) as second:
        assert second is None
        assert nowhere.db.in_transaction


def test_the_second_writes_nothing(path: Path, other: sqlite3.Connection) -> None:
    with database.open_for_reading(path) as reading, one_state_twice(reading.db, 0) as second:
        assert second is not None
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            second.execute("insert into written values (1)")


def test_what_somebody_is_about_to_write_is_not_thrown_away(ledger: Ledger) -> None:
    with ledger.transaction() as db:
        with pytest.raises(sqlite3.OperationalError, match="within a transaction"), one_state_twice(db, 0):
            pass
        assert db.in_transaction
