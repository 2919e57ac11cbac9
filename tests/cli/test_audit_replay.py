"""`sla audit replay`, as it is typed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from altered import alter

if TYPE_CHECKING:
    from cli.conftest import Command
    from flows.world import World


def test_it_says_how_many_verdicts_came_out_again_and_ends_with_4_where_one_does_not(live: World, sla: Command) -> None:
    ticket = live.ticket(hs_ticket_priority="HIGH")
    live.sync()
    told = sla("audit", "replay")
    assert told.code == 0
    assert re.fullmatch(r"[1-9]\d* verdicts of [1-9]\d* entries computed again, 0 differ", told.out.strip())
    found = sla("audit", "replay", "--json")
    assert isinstance(found.json, dict)
    assert (found.json["differing"], found.json["examples"]) == (0, [])
    alter(live.folder / "ledger.db", "update facts set value = 'LOW' where name = 'hs_ticket_priority'")
    told = sla("audit", "replay")
    assert told.code == 4
    assert f"{ticket} first_response at entry" in told.err
    assert "sla audit verify" in told.err
