"""What the worker asks of its ledger between two jobs, with a million open deadlines in it.

    uv run python benchmarks/idle.py [--tickets 1000000] [--rounds 2000]

The ledger is a real one, filled by plain SQL. Measured: the next deadline, what is due (nothing is), whether anything
waits to be sent. A scan of the table stands beside them for comparison.
"""

from __future__ import annotations

import argparse
import time
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from hubspot_sla.ledger import database, outbox, records

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

NOW = 1_795_000_000_000
COLUMNS = "object_type, record_id, fingerprint, updated_at, companies, written, inputs, open, next_at"
ROW = (
    f"insert into records ({COLUMNS})"
    " values ('tickets', ?, 'f', 0, '[]', '{}', '{\"subject\":\"Printer on fire\"}', 1, ?)"
)


def main() -> None:
    parser = argparse.ArgumentParser(description="Microseconds of an idle round, by the size of the ledger.")
    parser.add_argument("--tickets", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=2000)
    arguments = parser.parse_args()
    print(f"{'open deadlines':>15} {'next deadline':>14} {'due':>8} {'to send':>8} {'scan':>12}   microseconds, median")
    for count in (1000, arguments.tickets):
        with TemporaryDirectory() as folder, database.open_for_writing(Path(folder) / "ledger.db") as ledger:
            with ledger.transaction() as db:
                db.executemany(ROW, ((str(n), NOW + 60_000 + n * 37 % 86_400_000) for n in range(count)))
            told = [
                microseconds(partial(records.next_deadline, ledger.db), arguments.rounds),
                microseconds(partial(records.due, ledger.db, NOW), arguments.rounds),
                microseconds(partial(outbox.can_be_sent, ledger.db, NOW), arguments.rounds),
                microseconds(partial(scan, ledger.db), 3),
            ]
            print(f"{count:>15,} {told[0]:>14.1f} {told[1]:>8.1f} {told[2]:>8.1f} {told[3]:>12,.0f}")


def scan(db: sqlite3.Connection) -> object:
    return db.execute("select min(next_at) from records not indexed where next_at > 0").fetchone()


def microseconds(ask: Callable[[], object], rounds: int) -> float:
    spent = []
    for _ in range(rounds):
        begun = time.perf_counter_ns()
        ask()
        spent.append((time.perf_counter_ns() - begun) / 1000)
    return median(spent)


if __name__ == "__main__":
    main()
