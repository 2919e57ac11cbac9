"""`sla audit replay`, as it is typed."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cli.conftest import Command
    from flows.world import World


def test_it_says_how_many_verdicts_came_out_again_and_ends_with_4_where_one_does_not(live: World, sla: Command) -> None:
    ticket = live.ticket(hs_ticket_priority="HIGH")
    live.sync()
    told = sla("audit", "replay")
    assert (told.code, told.out.strip()) == (0, "2 verdicts of 1 entries computed again, 0 differ")
    found = sla("audit", "replay", "--json")
    assert isinstance(found.json, dict)
    assert (found.json["records"], found.json["differing"]) == (1, 0)
    with sqlite3.connect(live.folder / "ledger.db") as db:
        db.execute("update facts set value = 'LOW' where name = 'hs_ticket_priority'")
    db.close()
    told = sla("audit", "replay")
    assert told.code == 4
    assert f"{ticket} first_response at entry" in told.err
    assert "sla audit verify" in told.err


def test_an_empty_ledger_has_nothing_to_compute(live: World, sla: Command) -> None:
    assert sla("audit", "replay").out.strip() == "0 verdicts of 0 entries computed again, 0 differ"
