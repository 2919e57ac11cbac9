"""How large a ledger of real tickets is: every fortieth of a year in the suite, all of them in `make replay`."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from flows.world import TOKEN, World
from hubspot_sandbox.load import load_portal
from hubspot_sandbox.server import serve
from hubspot_sla.flows.installation import backup
from hubspot_sla.ledger import database
from proof import SCALE
from proofs.logs import part_of
from proofs.test_replay import END, INCIDENTS, mappings, needs_the_log

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MOST_BYTES = 90_000_000
"""Of 24,918 tickets."""
EMPTY_BYTES = 286_720
"""Of a ledger without tickets, which a part of them has too: a page or two for each table and index."""
MOST_BYTES_OF_ITS_OUTCOMES = 1_200
"""Of two clocks with one cycle each, with whose time it was, indexes included."""


def backed_up(log: Path, folder: Path, policies: Callable[[str], str] = str) -> Path:
    """The backup of a ledger that judged and wrote every ticket of a log once."""
    mappings(folder)
    with serve(load_portal(log, END), token=TOKEN, enforce_limits=False) as running:
        running.clock.freeze()
        world = World(running, folder)
        world.edit("policies.yaml", policies)
        world.set_up()
        assert world.sync(backfill=True).quarantined == 0
        with database.open_for_writing(folder / "ledger.db") as ledger:
            return backup.into_file(ledger, folder / "backup.db").path


@needs_the_log
def test_a_ledger_of_a_year_of_tickets_stays_small(tmp_path: Path) -> None:
    log = INCIDENTS if SCALE > 1 else part_of(INCIDENTS, tmp_path / "log", lambda number, _c, _m: number % 40 == 1)
    backup_file = backed_up(log, tmp_path)
    with sqlite3.connect(backup_file) as db:
        ((tickets,),) = db.execute("select count(*) from records")
    db.close()
    assert tickets > 600
    assert backup_file.stat().st_size <= EMPTY_BYTES + (MOST_BYTES - EMPTY_BYTES) * tickets / 24_918


@needs_the_log
def test_the_outcomes_of_a_ticket_with_two_clocks_stay_small(tmp_path: Path) -> None:
    log = part_of(INCIDENTS, tmp_path / "log", lambda number, _created, _modified: number % 60 == 1)
    two = backed_up(log, tmp_path, lambda text: text.replace("targets:\n", "targets:\n      first_response: 1bd\n"))
    with sqlite3.connect(two) as db:
        ((tickets,),) = db.execute("select count(*) from records")
        ((promised,),) = db.execute("select count(*) from outcomes where policy is not null")
        ((size,),) = db.execute(
            "select sum(pgsize) from dbstat join sqlite_master using (name)"
            " where tbl_name in ('outcomes', 'outcome_time')"
        )
    db.close()
    assert promised == 2 * tickets > 800
    assert size / tickets <= MOST_BYTES_OF_ITS_OUTCOMES
