"""The ledger of a year of real tickets: a change of any value is found there too, in good time, and it stays small."""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import pytest

from flows.world import TOKEN, World
from hubspot_sandbox.load import load_portal
from hubspot_sandbox.server import serve
from hubspot_sla.flows.inspection import audit_replay
from hubspot_sla.ledger import append_only, audit_verification, database, row_proof
from hubspot_sla.ledger.covered_tables import PARTS, RECORD
from ledger.test_row_proof import is_progress, literal, others
from proof import SCALE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubspot_sla.ledger.covered_tables import Part

INCIDENTS = Path(__file__).parents[3] / "shared/data/incidents"
MAPPINGS = Path(__file__).parents[2] / "docs/tutorial/walkthrough/mappings"
SAMPLE = 20 * SCALE
"""How many values of each table are altered, and held against the seal of their record."""
WHOLE = 12
"""How many of all tables, and held against the whole chain."""
MOST_BYTES, MOST_S = 100_000_000, 20
CHAIN = ("audit", "audit_texts", "audit_tree", "row_seals")

pytestmark = [
    pytest.mark.skipif(not INCIDENTS.is_dir(), reason="the incident log is not part of this project"),
    pytest.mark.skipif(SCALE == 1, reason="takes minutes: PROOF_SCALE"),
]


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The ledger after one sync of all of it. SLA_YEAR names one that is there already."""
    folder = tmp_path_factory.mktemp("year")
    if made := os.environ.get("SLA_YEAR"):
        shutil.copy(made, folder / "ledger.db")
        yield folder / "ledger.db"
        return
    shutil.copytree(MAPPINGS, folder / "mappings")
    shutil.copyfile(INCIDENTS / "tiers.csv", folder / "mappings" / "tiers.csv")
    end = datetime(2017, 2, 20, tzinfo=UTC)
    portal = load_portal(INCIDENTS, end)
    portal.clock.freeze()
    made = World(serve(portal, token=TOKEN, enforce_limits=False), folder, end)
    made.running.set_clock(end)
    made.set_up()
    made.sync(backfill=True)
    made.running.close()
    yield folder / "ledger.db"


@pytest.fixture
def db(year: Path) -> Iterator[sqlite3.Connection]:
    """With nothing that guards it, and nothing that stays."""
    with closing(sqlite3.connect(year, isolation_level=None)) as opened:
        opened.row_factory = sqlite3.Row
        opened.execute("pragma ignore_check_constraints = on")
        opened.execute("begin")
        append_only.lift(opened)
        yield opened
        opened.execute("rollback")


def test_it_is_verified_in_good_time_and_stays_small(year: Path) -> None:
    with database.open_for_reading(year) as ledger:
        began = time.process_time()
        result = audit_verification.verify(ledger.db)
        took = time.process_time() - began
        records = ledger.db.execute("select count(*) from records").fetchone()[0]
    size = year.stat().st_size
    said = f"{records} records, {result.entries} entries: verified in {took:.1f} s of processor time, {size:,} bytes"
    print(said)  # noqa: T201 - for -rP
    assert result.why_not == ""
    assert (took < MOST_S, size < MOST_BYTES) == (True, True)


def test_every_recorded_verdict_comes_out_again(year: Path) -> None:
    with database.open_for_reading(year) as ledger:
        done = audit_replay.replay(ledger)
    print(done.summary())  # noqa: T201 - for -rP
    assert done.examples == []


def test_a_sample_of_altered_values_is_found(db: sqlite3.Connection) -> None:
    random = Random(SCALE)  # noqa: S311 - which rows, not a secret
    tried, unnoticed = 0, []
    for part in PARTS:
        for row, column, other in sampled(db, part, random):
            kind = row["object_type"] if part.kind == RECORD else part.kind
            if altered(db, part.table, row, column, other):
                tried += 1
                if not row_proof.of_subjects(db, kind, [str(row[part.id])]):
                    unnoticed.append((part.table, dict(row), column, other))
            db.execute("rollback to sample")
    print(f"{tried} values were altered")  # noqa: T201 - for -rP
    assert tried > SAMPLE
    assert unnoticed == []


def sampled(db: sqlite3.Connection, part: Part, random: Random) -> Iterator[tuple[sqlite3.Row, str, object]]:
    """Rows of a part, of each a column that is covered, and another value of it."""
    where = part.where.format(row="")
    total = db.execute(f"select count(*) from {part.table} where {where}").fetchone()[0]
    names = [row["name"] for row in db.execute(f"pragma table_info({part.table})") if row["name"] not in part.left_out]
    for _ in range(SAMPLE if total else 0):
        query = f"select * from {part.table} where {where} limit 1 offset {random.randrange(total)}"
        row, column = db.execute(query).fetchone(), random.choice(names)
        if column != part.id and column != "object_type" and not is_progress(part.table, column, row):
            yield row, column, random.choice(list(others(row[column])))


def altered(db: sqlite3.Connection, table: str, row: sqlite3.Row, column: str, other: object) -> bool:
    """False: SQLite itself does not take it, or it hides nothing."""
    db.execute("savepoint sample")
    if (table, column, other) == ("records", "next_at", 0):
        return False
    keys = [each["name"] for each in db.execute(f"pragma table_info({table})") if each["pk"]]
    where = " and ".join(f"{name} = {literal(row[name])}" for name in keys)
    try:
        return db.execute(f"update {table} set {column} = ? where {where}", (other,)).rowcount == 1
    except sqlite3.IntegrityError:
        return False


def test_a_sample_of_altered_entries_and_seals_is_found_by_the_whole_chain(db: sqlite3.Connection) -> None:
    random = Random(SCALE)  # noqa: S311 - as above
    for number in range(WHOLE):
        table = CHAIN[number % len(CHAIN)]
        total = db.execute(f"select count(*) from {table}").fetchone()[0]
        row = db.execute(f"select * from {table} limit 1 offset {random.randrange(total)}").fetchone()
        column = random.choice([name for name in row.keys() if (table, name) != ("row_seals", "hints")])  # noqa: SIM118
        if altered(db, table, row, column, next(iter(others(row[column])))):
            with suppress(sqlite3.OperationalError, TypeError, ValueError, LookupError):  # `require_whole` says so
                assert not audit_verification.verify(db).whole, (table, dict(row), column)
        db.execute("rollback to sample")
